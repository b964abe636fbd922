//! What readers of scan reports share: how a service is named, and an endpoint of which nothing is known yet.

use std::net::IpAddr;

use super::json;
use crate::evidence::{
    Basis, Endpoint, EndpointKey, Enumerated, Fact, Flow, Gap, GapReason, Observed, Rest, SuiteClass, Transport,
};
use crate::letters::lower_case;

/// A host as keys hold it: lower case, without brackets and final dot; an address in its usual spelling.
pub(super) fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['[', ']']).trim_end_matches('.');
    (!text.is_empty()).then(|| address(text).unwrap_or_else(|| lower_case(text)))
}

/// An address in its usual spelling: `2606:4700:3034::6815:286f` for `2606:4700:3034:0:0:0:6815:286f`.
pub(super) fn address(text: &str) -> Option<String> {
    text.trim().trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|address| address.to_string())
}

/// The flow that a service belongs to, by how TLS starts and by its port.
pub(super) fn flow(key: &EndpointKey) -> Observed<Flow> {
    const SUBMISSION: u16 = 587;
    match key.transport {
        Transport::StartTls(protocol) if protocol.is_mail_transfer() && key.port != SUBMISSION => {
            Observed::Known(Fact::new(Flow::ServiceToOther, Basis::Computed, []))
        }
        Transport::Unstated => Observed::missing(GapReason::NotReportedByFormat, "how TLS starts is not stated"),
        _ => Observed::Known(Fact::new(Flow::ClientToService, Basis::Computed, [])),
    }
}

/// An endpoint of which nothing is known, for this reason.
pub(super) fn unseen(key: EndpointKey, gap: &Gap) -> Endpoint {
    Endpoint {
        flow: flow(&key),
        key,
        tls: Observed::NotObserved(gap.clone()),
        versions: nothing(gap),
        suites: Vec::new(),
        suite_classes: Vec::new(),
        groups: nothing(gap),
        signature_schemes: nothing(gap),
        chains: Vec::new(),
        chains_rest: Rest::Gap(gap.clone()),
        client_certificate: Observed::NotObserved(gap.clone()),
        dh_parameters: Vec::new(),
        secure_renegotiation: Observed::NotObserved(gap.clone()),
        compression: Observed::NotObserved(gap.clone()),
        attacks: Vec::new(),
    }
}

/// A list of which nothing is known, for this reason.
pub(super) fn nothing<T>(gap: &Gap) -> Enumerated<T> {
    Enumerated { accepted: Vec::new(), refused: Vec::new(), rest: Rest::Gap(gap.clone()) }
}

/// The value itself, if all of it was read.
pub(super) fn whole(value: json::Value<'_>) -> Option<json::Value<'_>> {
    value.is_complete().then_some(value)
}

/// The kinds of a suite of SSL 2.0, by its name: `SSL_CK_RC4_128_EXPORT40_WITH_MD5`. They are not those of later versions.
pub(super) fn ssl2_classes(name: &str) -> impl Iterator<Item = SuiteClass> {
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
