//! What can be said of a service before anything is seen of it.

use super::endpoint::{Endpoint, SuiteClass};
use super::endpoint_key::{EndpointKey, Flow, Transport};
use super::observed::{Basis, Enumerated, Fact, Gap, GapReason, Observed, Rest};

impl EndpointKey {
    /// The flow that the service belongs to, by how TLS starts and by its port.
    #[must_use]
    pub fn flow(&self) -> Observed<Flow> {
        const SUBMISSION: u16 = 587;
        match self.transport {
            Transport::StartTls(protocol) if protocol.is_mail_transfer() && self.port != SUBMISSION => {
                Observed::Known(Fact::new(Flow::ServiceToOther, Basis::Computed, []))
            }
            Transport::Unstated => Observed::missing(GapReason::NotReportedByFormat, "how TLS starts is not stated"),
            _ => Observed::Known(Fact::new(Flow::ClientToService, Basis::Computed, [])),
        }
    }
}

impl Endpoint {
    /// An endpoint of which nothing is known, for this reason.
    #[must_use]
    pub fn unseen(key: EndpointKey, gap: &Gap) -> Self {
        Self {
            flow: key.flow(),
            key,
            tls: Observed::NotObserved(gap.clone()),
            versions: Enumerated::unseen(gap),
            suites: Vec::new(),
            suite_classes: Vec::new(),
            groups: Enumerated::unseen(gap),
            signature_schemes: Enumerated::unseen(gap),
            chains: Vec::new(),
            chains_rest: Rest::Gap(gap.clone()),
            client_certificate: Observed::NotObserved(gap.clone()),
            dh_parameters: Vec::new(),
            secure_renegotiation: Observed::NotObserved(gap.clone()),
            compression: Observed::NotObserved(gap.clone()),
            attacks: Vec::new(),
            features: Vec::new(),
            application_protocols: Vec::new(),
        }
    }
}

impl<T> Enumerated<T> {
    /// A list of which nothing is known, for this reason.
    #[must_use]
    pub fn unseen(gap: &Gap) -> Self {
        Self { accepted: Vec::new(), refused: Vec::new(), unasked: Vec::new(), rest: Rest::Gap(gap.clone()) }
    }
}

impl SuiteClass {
    /// The classes of a suite of SSL 2.0, by its name: `SSL_CK_RC4_128_EXPORT40_WITH_MD5`. These suites are not those of
    /// later versions.
    pub fn of_ssl2(name: &str) -> impl Iterator<Item = Self> {
        const KINDS: [(&str, SuiteClass); 6] = [
            ("EXPORT", SuiteClass::Export),
            ("_RC4_", SuiteClass::Low),
            ("_RC2_", SuiteClass::Low),
            ("_DES_64_", SuiteClass::Low),
            ("_IDEA_", SuiteClass::TripleDesOrIdea),
            ("_DES_192_", SuiteClass::TripleDesOrIdea),
        ];
        KINDS.iter().filter(move |(kind, _)| name.contains(kind)).map(|(_, class)| *class)
    }
}
