//! What an alert is about that names no reason: the offer is halved until each value that causes it stands alone.
//!
//! OpenSSL 3 at security level 1 ends every handshake of TLS 1.0 with internal_error, after it has chosen a suite. Whether
//! another suite would do cannot be told from that: of a list, only what was refused or failed alone is off.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason, RefusalKind};
use tokio::task::JoinSet;

use super::Refused;
use super::elimination::{Care, Kind, Step};
use crate::scan::connect::Prober;

/// unsupported_certificate, illegal_parameter, internal_error: the handshake cannot be had with what was offered.
/// unknown_psk_identity is none of them: with another name it could.
const fn is_final(alert: u8) -> bool {
    matches!(alert, 43 | 47 | 80)
}

/// More takes too long to be gentle.
const MOST: usize = 400;

/// Halves `values`: one that is chosen, or the refusal of each.
pub(super) async fn narrow<T: Copy + PartialEq + Ord + Send + Sync + 'static>(
    prober: &Arc<Prober>,
    kind: &Arc<Kind<T>>,
    values: &[T],
) -> Step<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let mut open = halves(&sorted);
    let mut all: Option<Refused> = None;
    let mut asked = 0;
    while !open.is_empty() {
        asked += open.len();
        if asked > MOST {
            let detail = format!("{}: too many values fail one by one", kind.purpose);
            return Step::Unclear(Gap::new(GapReason::Failed, detail));
        }
        let mut next = Vec::new();
        for (part, step) in ask_all(prober, kind, open).await {
            let refused = match step {
                Step::Refused(refused) => refused,
                Step::Failed(code, number, gap) if part.len() == 1 => {
                    match kind.ask(prober, &part, "alone, again", Care::Alone).await {
                        Step::Failed(again, second, _) if again == code && is_final(code) => {
                            Refused { how: RefusalKind::Alert(code), numbers: vec![number, second] }
                        }
                        Step::Chosen(value, exchange) => return Step::Chosen(value, exchange),
                        _ => return Step::Unclear(gap),
                    }
                }
                Step::Failed(..) => {
                    next.extend(halves(&part));
                    continue;
                }
                other => return other,
            };
            match &mut all {
                // The one that stands alone says how.
                Some(known) => {
                    if matches!(refused.how, RefusalKind::Alert(code) if is_final(code)) {
                        known.how = refused.how;
                    }
                    known.numbers.extend(refused.numbers);
                }
                None => all = Some(refused),
            }
        }
        open = next;
    }
    match all {
        Some(refused) => Step::Refused(refused),
        None => Step::Unclear(Gap::new(GapReason::NotAttempted, format!("{}: nothing to offer", kind.purpose))),
    }
}

fn halves<T: Copy>(values: &[T]) -> Vec<Vec<T>> {
    let (first, second) = values.split_at(values.len() / 2);
    [first, second].into_iter().filter(|half| !half.is_empty()).map(<[T]>::to_vec).collect()
}

/// Asks for each of these lists, side by side.
async fn ask_all<T: Copy + PartialEq + Ord + Send + Sync + 'static>(
    prober: &Arc<Prober>,
    kind: &Arc<Kind<T>>,
    lists: Vec<Vec<T>>,
) -> Vec<(Vec<T>, Step<T>)> {
    let mut tasks = JoinSet::new();
    for list in lists {
        let (prober, kind) = (Arc::clone(prober), Arc::clone(kind));
        tasks.spawn(async move {
            let step = kind.ask(&prober, &list, "halved", Care::Firm).await;
            (list, step)
        });
    }
    tasks.join_all().await
}
