//! The outcome of each scan command: a result, or why there is none.

use crate::evidence::{Gap, GapReason};
use crate::formats::json;
use crate::formats::service::whole;
use crate::source::Span;

/// What the scan commands of one target came to.
#[derive(Clone, Copy)]
pub(super) enum Commands<'d> {
    /// 5 and later: an object for each command, with its status.
    Attempts(json::Value<'d>),
    /// 3 and 4: results and errors apart.
    Apart { results: Option<json::Value<'d>>, errors: Option<json::Value<'d>> },
    /// None was run.
    Nothing,
}

/// The result of a command that was completed.
#[derive(Clone, Copy)]
pub(super) struct Completed<'d> {
    /// What it found.
    pub(super) result: json::Value<'d>,
    /// Where it is said that it was completed.
    pub(super) words: Span,
}

impl<'d> Completed<'d> {
    /// A flag of the result, if it was read whole.
    pub(super) fn flag(self, key: &str) -> Option<(bool, Span)> {
        let value = whole(self.result.get(key)?)?;
        Some((value.as_bool()?, value.span()))
    }
}

impl<'d> Commands<'d> {
    /// The commands of one element of `server_scan_results`.
    pub(super) fn of(result: json::Value<'d>) -> Self {
        let object = |key| result.get(key).filter(|value| value.kind() == json::Kind::Object);
        if let Some(attempts) = object("scan_result") {
            return Self::Attempts(attempts);
        }
        match (object("scan_commands_results"), object("scan_commands_errors")) {
            (None, None) => Self::Nothing,
            (results, errors) => Self::Apart { results, errors },
        }
    }

    /// What a command found; otherwise why it did not.
    pub(super) fn completed(self, name: &str) -> Result<Completed<'d>, Gap> {
        match self {
            Self::Attempts(attempts) => match attempts.get(name) {
                None if attempts.is_truncated() => Err(cut_off(name, attempts)),
                attempt => attempted(attempt, name),
            },
            Self::Apart { results, errors } => {
                if let Some(result) = results.and_then(|results| results.get(name)) {
                    return Ok(Completed { result, words: result.span() });
                }
                match errors.and_then(|errors| errors.get(name)) {
                    Some(error) => Err(failed(name, error.get("reason").unwrap_or(error))),
                    None => match results.into_iter().chain(errors).find(|part| part.is_truncated()) {
                        Some(part) => Err(cut_off(name, part)),
                        None => Err(not_scheduled(name, None)),
                    },
                }
            }
            Self::Nothing => Err(not_scheduled(name, None)),
        }
    }
}

fn attempted<'d>(attempt: Option<json::Value<'d>>, name: &str) -> Result<Completed<'d>, Gap> {
    let Some(attempt) = attempt else { return Err(not_scheduled(name, None)) };
    let status = attempt.get("status").and_then(whole);
    let text = status.and_then(json::Value::as_str).unwrap_or_default();
    let words = status.unwrap_or(attempt).span();
    match text.as_ref() {
        "COMPLETED" => match attempt.get("result").filter(|result| result.kind() == json::Kind::Object) {
            Some(result) => Ok(Completed { result, words }),
            None => Err(Gap::new(GapReason::Truncated, format!("the result of `{name}` is not there")).at([words])),
        },
        "ERROR" => Err(failed(name, attempt.get("error_reason").unwrap_or(attempt))),
        "NOT_SCHEDULED" => Err(not_scheduled(name, Some(words))),
        _ => Err(Gap::new(GapReason::Unsupported, format!("how `{name}` ended is not known: `{text}`")).at([words])),
    }
}

fn not_scheduled(name: &str, words: Option<Span>) -> Gap {
    Gap::new(GapReason::NotAttempted, format!("sslyze did not run `{name}`")).at(words)
}

/// What may stand behind the end of a report that was cut.
fn cut_off(name: &str, part: json::Value<'_>) -> Gap {
    Gap::new(GapReason::Truncated, format!("the report breaks off before `{name}`")).at([part.span()])
}

fn failed(name: &str, why: json::Value<'_>) -> Gap {
    let text = why.as_str().unwrap_or_default();
    let reason = match text.as_ref() {
        "CLIENT_CERTIFICATE_NEEDED" => GapReason::ClientLimited,
        "CONNECTIVITY_ISSUE" => GapReason::Blocked,
        _ => GapReason::Failed,
    };
    Gap::new(reason, format!("`{name}` of sslyze failed: `{text}`")).at([why.span()])
}
