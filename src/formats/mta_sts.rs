//! The policy that a domain serves for MTA-STS ([RFC 8461 §3.2](https://www.rfc-editor.org/rfc/rfc8461#section-3.2)).
//!
//! The file does not name its domain: the address in the command above it does, or its supplier.

use super::Sink;
use super::exhibits::{Made, push};
use crate::evidence::{Attribute, Completion, GapReason, SubjectKind};
use crate::letters::beginning;
use crate::source::Span;

pub(super) const ID: &str = "mta-sts-policy";
pub(super) const COMMANDS: &[&str] = &["curl -sv https://mta-sts.DOMAIN/.well-known/mta-sts.txt"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "the domain, unless the address stands above it; the time",
    "whether senders can fetch it over TLS with a certificate that they trust",
    "the TXT record that tells senders of it, and the mail servers of the domain",
];

const ADDRESS: &str = "https://mta-sts.";
const PATH: &str = "/.well-known/mta-sts.txt";

/// Whether a line begins a policy.
pub(super) fn starts(line: &str) -> bool {
    pair(line).is_some_and(|(key, value)| key == "version" && value == "STSv1")
}

/// `key: value`, without quoting before it.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().trim_start_matches(['>', '<', '|', ' ']);
    let (key, value) = line.split_once(':')?;
    let is_key =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    is_key.then(|| (key, value.trim()))
}

/// Reads the policies between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let text = sink.source.text();
    let mut at = start;
    // Where the command of the next policy may stand.
    let mut above = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.get(start..end).unwrap_or_default().split_inclusive('\n') {
        if starts(line) && !lines.is_empty() {
            policy(above, &std::mem::take(&mut lines), sink);
            above = at;
        }
        if starts(line) || !lines.is_empty() && pair(line).is_some() {
            lines.push((at, line));
        } else if !lines.is_empty() {
            policy(above, &std::mem::take(&mut lines), sink);
            above = at;
        }
        at += line.len();
    }
    if !lines.is_empty() {
        policy(above, &lines, sink);
    }
}

fn policy(above: usize, lines: &[(usize, &str)], sink: &mut Sink<'_>) {
    let source = sink.source;
    let Some((first, _)) = lines.first() else { return };
    let whole = lines.last().map_or(*first, |(at, line)| at + line.trim_end().len());
    let whole = source.span(*first, whole);
    let served = domain(source.text().get(above..*first).unwrap_or_default());
    let declared = sink.declared.host.as_deref().map(|host| host.strip_prefix("mta-sts.").unwrap_or(host));
    let name = served.as_ref().map(|(domain, _)| *domain).or(declared).map(str::to_ascii_lowercase);
    let label = format!(
        "MTA-STS policy of {}",
        name.as_deref().map_or("a domain that is not named", |name| beginning(name, 100))
    );
    let mut made = Made::new(SubjectKind::MtaStsPolicy, label);
    let words = served.map_or(whole, |(domain, at)| source.span(above + at, above + at + domain.len()));
    match name {
        Some(name) => made.know(Attribute::Domain, name, words),
        None => made.miss(
            Attribute::Domain,
            GapReason::NotStated,
            "for which domain the policy is: paste it with the `curl` command above it, or state the host",
            whole,
        ),
    }
    for (at, line) in lines {
        let Some((key, value)) = pair(line) else { continue };
        let begins = line.rfind(value).filter(|_| !value.is_empty()).unwrap_or_default();
        let words: Span = source.span(at + begins, at + begins + value.len());
        let attribute = match key {
            "mode" => Attribute::Mode,
            "mx" => Attribute::Mx,
            "max_age" => Attribute::MaximumAge,
            _ => continue,
        };
        made.know(attribute, value.to_ascii_lowercase(), words);
    }
    let started = sink.collected("an MTA-STS policy");
    push(sink, ID, None, started, Completion::Finished(vec![whole]), vec![made]);
}

/// The domain in the last address of a policy, and where it stands.
fn domain(text: &str) -> Option<(&str, usize)> {
    let at = text.rfind(ADDRESS)? + ADDRESS.len();
    let rest = text.get(at..)?;
    let domain = rest.get(..rest.find(PATH)?)?;
    let is_name =
        !domain.is_empty() && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    is_name.then_some((domain, at))
}
