//! What is said of a run as a whole: its version, its command, and what the options keep from view.

use super::rows::{Row, Rows};
use crate::evidence::{GapReason, StartTls};
use crate::formats::json;
use crate::gathered::Gathered;
use crate::source::Span;

/// What is said of a run as a whole.
#[derive(Default)]
pub(super) struct Run {
    pub(super) version: Option<String>,
    pub(super) command: Option<String>,
    /// The machine that it ran on.
    pub(super) vantage: Option<String>,
    /// Why the run may not have been able to offer every version and suite.
    pub(super) limited: Option<(GapReason, &'static str)>,
    /// The words by which it is not limited: the command, or the test of SSL 2.0.
    pub(super) unlimited: Vec<Span>,
    /// Whether the run stopped at the first suite of each list.
    pub(super) fast: bool,
    /// Whether the targets stand in a file, each with options of its own.
    pub(super) mass: bool,
}

const SSL_NATIVE: &str =
    "the scan ran with --ssl-native: its own OpenSSL may not be able to offer old versions and every suite";
const NO_COMMAND: &str =
    "the report does not say with which options the scan ran: --ssl-native and --fast leave versions and suites out";
const MASS: &str = "the targets stand in a file, where each can have options of its own: --ssl-native and --fast leave versions and suites out";
const MAYBE_NATIVE: &str = "the report carries no command and no test of SSL 2.0 that was made: the scan may have run with --ssl-native, whose OpenSSL may not be able to offer old versions and every suite";

impl Run {
    /// A run of the pretty form.
    pub(super) fn of_pretty(root: json::Value<'_>) -> Self {
        let text = |key| root.only(key).filter(|value| value.is_complete()).and_then(|value| value.as_str());
        let command = text("Invocation").map(|command| command.trim().to_owned());
        let words = command.as_deref().unwrap_or_default().split_whitespace();
        let given: Vec<String> = words.map(|word| option(word).0).filter(|name| !name.is_empty()).gathered();
        let has = |options: &[&str]| given.iter().any(|name| options.contains(&name.as_str()));
        let mass = has(&["file", "iL", "mode"]);
        let limited = match &command {
            None => Some((GapReason::Truncated, NO_COMMAND)),
            Some(_) if has(&["ssl-native", "native"]) => Some((GapReason::ClientLimited, SSL_NATIVE)),
            Some(_) if mass => Some((GapReason::ClientLimited, MASS)),
            Some(_) => None,
        };
        Self {
            // `at` is `MACHINE:PATH of its OpenSSL`.
            vantage: text("at")
                .as_deref()
                .and_then(|at| Some(at.split_once(':')?.0.trim().to_owned()))
                .filter(|machine| is_named(machine)),
            version: text("version").map(|version| version.trim().trim_end_matches("from").trim().to_owned()),
            limited,
            unlimited: root.get("Invocation").map(json::Value::span).into_iter().gathered(),
            fast: has(&["fast"]),
            mass,
            command,
        }
    }

    /// A run of the flat form, which carries no command. No OpenSSL since 1.1.0 can offer SSL 2.0, and the one that
    /// testssl.sh brings along can offer everything: where SSL 2.0 was tested, nothing was left out.
    pub(super) fn of_flat(rows: &Rows<'_>) -> Self {
        let mut found = rows.all("SSLv2").peekable();
        let tested = found.peek().is_some() && found.all(super::versions::is_answered);
        Self {
            limited: (!tested).then_some((GapReason::ClientLimited, MAYBE_NATIVE)),
            unlimited: rows.all("SSLv2").map(Row::span).gathered(),
            ..Self::default()
        }
    }

    /// The protocol that the command gives to `-t` or `--starttls`; `--mx` asks mail exchangers.
    pub(super) fn starttls(&self) -> Option<StartTls> {
        let mut words = self.command.as_deref()?.split_whitespace();
        while let Some(word) = words.next() {
            let (name, value) = option(word);
            match name.as_str() {
                "mx" => return Some(StartTls::Smtp),
                "t" | "starttls" => {
                    return value
                        .or_else(|| words.next())
                        .and_then(|name| StartTls::from_name(&name.to_ascii_lowercase()));
                }
                _ => {}
            }
        }
        None
    }
}

/// Whether a machine's name tells it from others. Systems come with a name of their own, which many machines keep.
fn is_named(machine: &str) -> bool {
    const KEPT: [&str; 12] = [
        "alpine",
        "archlinux",
        "buildkitsandbox",
        "debian",
        "fedora",
        "kali",
        "linux",
        "nixos",
        "opensuse",
        "raspberrypi",
        "ubuntu",
        "vagrant",
    ];
    let name = machine.split('.').next().unwrap_or_default().to_ascii_lowercase();
    !name.is_empty() && name != "localhost" && !KEPT.contains(&name.as_str())
}

/// The name of an option, without its hyphens and with `-` for `_`, and the value behind its `=`. No name for what
/// is no option. Only long options are taken in any case: `-t` is not `-T`.
fn option(word: &str) -> (String, Option<&str>) {
    let Some(rest) = word.trim_matches(['"', '\'', '\\']).strip_prefix('-') else { return (String::new(), None) };
    let (name, value) = rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(value)));
    let short = !name.starts_with('-');
    let name = name.trim_start_matches('-').replace('_', "-");
    (if short { name } else { name.to_ascii_lowercase() }, value)
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn names_that_systems_come_with_tell_no_machine_from_another() {
        for (machine, expected) in [
            ("scanner-1", true),
            ("3f2a9c0b1d4e", true),
            ("ubuntu-build.example.test", true),
            ("", false),
            ("localhost", false),
            ("localhost.localdomain", false),
            ("kali", false),
            ("Ubuntu.lan", false),
        ] {
            assert_eq!(is_named(machine), expected, "{machine}");
        }
    }
}
