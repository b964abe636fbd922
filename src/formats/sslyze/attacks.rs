//! Known attacks, renegotiation and compression: what sslyze concluded.

use super::command::Commands;
use crate::evidence::{AttackTest, Basis, Fact, Gap, GapReason, Observed};
use crate::formats::json;
use crate::formats::service::whole;
use crate::gathered::Gathered;

/// Command, flag, the usual name of the attack, CVE, and the value of the flag that means vulnerable.
const FLAGS: [(&str, &str, &str, &[&str], bool); 5] = [
    ("heartbleed", "is_vulnerable_to_heartbleed", "Heartbleed", &["CVE-2014-0160"], true),
    ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection", "CCS injection", &["CVE-2014-0224"], true),
    (
        "session_renegotiation",
        "is_vulnerable_to_client_renegotiation_dos",
        "client-initiated renegotiation",
        &["CVE-2011-1473"],
        true,
    ),
    // 3 and 4 say only that it is possible.
    (
        "session_renegotiation",
        "accepts_client_renegotiation",
        "client-initiated renegotiation",
        &["CVE-2011-1473"],
        true,
    ),
    ("tls_fallback_scsv", "supports_fallback_scsv", "downgrade without TLS_FALLBACK_SCSV", &[], false),
];

/// The tests for known attacks that were run.
pub(super) fn attacks(commands: Commands<'_>) -> Vec<AttackTest> {
    let mut tests: Vec<AttackTest> = Vec::new();
    for (command, key, name, cve, bad) in FLAGS {
        let vulnerable = match commands.completed(command) {
            Ok(completed) => match completed.flag(key) {
                Some((value, words)) => Observed::Known(Fact::new(value == bad, Basis::ToolSays, [words])),
                None => Observed::NotObserved(no_answer(command).at([completed.words])),
            },
            Err(gap) if gap.reason == GapReason::NotAttempted => continue,
            Err(gap) => Observed::NotObserved(gap),
        };
        let cve = cve.iter().map(|id| (*id).to_owned()).gathered();
        let test = AttackTest { name: name.to_owned(), cve, vulnerable };
        match tests.iter_mut().find(|known| known.name == name) {
            Some(known) if known.vulnerable.fact().is_none() => *known = test,
            Some(_) => {}
            None => tests.push(test),
        }
    }
    tests.extend(robot(commands));
    tests
}

fn robot(commands: Commands<'_>) -> Option<AttackTest> {
    let vulnerable = match commands.completed("robot") {
        Ok(completed) => {
            let value = completed.result.get("robot_result").and_then(whole);
            let text = value.and_then(json::Value::as_str).unwrap_or_default();
            let words = value.map_or(completed.words, json::Value::span);
            match text.as_ref() {
                "VULNERABLE_STRONG_ORACLE" | "VULNERABLE_WEAK_ORACLE" => {
                    Observed::Known(Fact::new(true, Basis::ToolSays, [words]))
                }
                "NOT_VULNERABLE_NO_ORACLE" | "NOT_VULNERABLE_RSA_NOT_SUPPORTED" => {
                    Observed::Known(Fact::new(false, Basis::ToolSays, [words]))
                }
                _ => Observed::NotObserved(
                    Gap::new(GapReason::Failed, format!("sslyze says `{text}` of ROBOT")).at([words]),
                ),
            }
        }
        Err(gap) if gap.reason == GapReason::NotAttempted => return None,
        Err(gap) => Observed::NotObserved(gap),
    };
    Some(AttackTest { name: "ROBOT".to_owned(), cve: vec!["CVE-2017-13099".to_owned()], vulnerable })
}

/// Whether secure renegotiation is signalled.
pub(super) fn secure_renegotiation(commands: Commands<'_>) -> Observed<bool> {
    answer(commands, "session_renegotiation", "supports_secure_renegotiation")
}

/// Whether TLS compression is taken.
pub(super) fn compression(commands: Commands<'_>) -> Observed<bool> {
    answer(commands, "tls_compression", "supports_compression")
}

fn answer(commands: Commands<'_>, command: &str, key: &str) -> Observed<bool> {
    match commands.completed(command) {
        Ok(completed) => match completed.flag(key) {
            Some((value, words)) => Observed::Known(Fact::new(value, Basis::ToolSays, [words])),
            None => Observed::NotObserved(no_answer(command).at([completed.words])),
        },
        Err(gap) => Observed::NotObserved(gap),
    }
}

fn no_answer(command: &str) -> Gap {
    Gap::new(GapReason::Unsupported, format!("the result of `{command}` has no answer that is known here"))
}
