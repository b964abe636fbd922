//! What a refusal of a version has to be laid beside before it counts: the control.

use intransit::evidence::{Gap, GapReason, RefusalKind};
use intransit::iana::ProtocolVersion as V;

use super::Refused;
use super::versions::State;
use crate::scan::connect::{Exchange, Offer, Prober, Verdict};

/// The alert of a server that does not have the version, and nothing else against the offer.
pub(super) const PROTOCOL_VERSION: u8 = 70;

/// The version that was answered before and, unless it failed, after everything else.
pub(super) struct Control {
    pub(super) version: V,
    pub(super) numbers: Vec<usize>,
    pub(super) failure: Option<String>,
}

impl Control {
    pub(super) fn missing(&self, version: V, failure: &str) -> Gap {
        let detail = format!("{version} was refused, and the control after it proves nothing: {failure}");
        Gap::new(GapReason::Blocked, detail)
    }
}

/// Whether a refusal of this kind speaks of the version. Beside TLS 1.3, of which a hello differs in more than the
/// version, only an alert that names the version does; SSL 3.0 has neither groups nor signature schemes that could be
/// the reason.
pub(super) fn proves(kind: &RefusalKind, version: V, control: V) -> bool {
    let may_be_groups = version == V::TLS1_3 || (control == V::TLS1_3 && version != V::SSL3);
    !may_be_groups || *kind == RefusalKind::Alert(PROTOCOL_VERSION)
}

pub(super) fn about_groups(version: V, kind: &RefusalKind, control: V) -> Gap {
    let how = match kind {
        RefusalKind::Alert(code) => crate::scan::describe::alert(*code),
        _ => "the end of the connection".to_owned(),
    };
    let detail = format!(
        "{version} was answered with {how}, beside {control} that was accepted: groups or signature schemes may be the \
         reason as well as the version"
    );
    Gap::new(GapReason::Failed, detail)
}

pub(super) fn state_of_ssl2(exchange: &Exchange, control: &Control) -> State {
    match (exchange.verdict(), &control.failure) {
        (Verdict::Ssl2, _) => State::Accepted(vec![exchange.number]),
        (Verdict::Refused(how), None) => {
            let numbers = control.numbers.iter().copied().chain([exchange.number]).collect();
            State::Refused(Refused { how, numbers })
        }
        (Verdict::Refused(_), Some(failure)) => State::Unknown(control.missing(V::SSL2, failure)),
        (Verdict::Inconclusive(gap), _) => State::Unknown(gap),
        (Verdict::Accepted(_), _) => State::Unknown(Gap::new(GapReason::Failed, "TLS was answered to SSL 2.0")),
    }
}

/// The one of all offers of SSL 2.0 that says most, and the others.
pub(super) async fn ssl2_again(prober: &Prober, first: Exchange, is_brief: bool) -> (Exchange, Vec<Exchange>) {
    if is_brief || !matches!(first.verdict(), Verdict::Refused(_)) {
        return (first, Vec::new());
    }
    let again = || prober.ask_firmly(Offer::Ssl2, "versions, again");
    let (once, twice) = tokio::join!(Box::pin(again()), Box::pin(again()));
    let (last, other) = if matches!(once.verdict(), Verdict::Refused(_)) { (twice, once) } else { (once, twice) };
    (last, vec![first, other])
}
