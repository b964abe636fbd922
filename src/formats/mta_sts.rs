//! The policy that a domain serves for MTA-STS ([RFC 8461 §3.2](https://www.rfc-editor.org/rfc/rfc8461#section-3.2)).
//!
//! The file does not name its domain: the address in the command above it does, or its supplier.

use super::Sink;
use super::exhibits::{Made, push};
use crate::diagnostic::{Code, Diagnostic};
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

/// The most policies of one input, the most lines of one, and the bytes above one that are looked at for its address.
const MOST: usize = 1000;
const MOST_LINES: usize = 200;
const ABOVE: usize = 16 << 10;

/// Reads the policies between two bytes of the source.
pub(super) fn read(start: usize, end: usize, sink: &mut Sink<'_>) {
    let text = sink.source.text();
    let mut at = start;
    // Where the command of the next policy may stand.
    let mut above = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for line in text.get(start..end).unwrap_or_default().split_inclusive('\n') {
        let begins = starts(line);
        let belongs = begins || !lines.is_empty() && pair(line).is_some();
        if !lines.is_empty() && (begins || !belongs) {
            policy(above, &std::mem::take(&mut lines), sink);
            above = at;
        }
        if belongs {
            lines.push((at, line));
        }
        let is_too_much = if lines.len() > MOST_LINES {
            Some(format!("an MTA-STS policy with more than {MOST_LINES} lines"))
        } else if begins && sink.scans.iter().filter(|scan| scan.format == ID).nth(MOST - 1).is_some() {
            Some(format!("more than {MOST} MTA-STS policies"))
        } else {
            None
        };
        if let Some(what) = is_too_much {
            let message = format!("{what}; from here on they were not read");
            if !sink.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::InputTooLarge) {
                let words = sink.source.span(at, at + line.trim_end().len());
                sink.note(Diagnostic::error(Code::InputTooLarge, message).at(words));
            }
            return;
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
    let fetched = Fetched::of(source.text(), above, *first);
    let served = fetched.domain;
    let declared = sink.declared.host.as_deref().map(|host| host.strip_prefix("mta-sts.").unwrap_or(host));
    let name = served.map(|(domain, _)| domain).or(declared).filter(|_| fetched.problem.is_none());
    let name = name.map(str::to_ascii_lowercase);
    let label = format!(
        "MTA-STS policy of {}",
        name.as_deref().map_or("a domain that is not named", |name| beginning(name, 100))
    );
    let mut made = Made::new(SubjectKind::MtaStsPolicy, label);
    let words = served.map_or(whole, |(domain, at)| source.span(at, at + domain.len()));
    match (name, &fetched.problem) {
        (Some(name), _) => made.know(Attribute::Domain, name, words),
        (None, Some((why, at, line))) => {
            let detail = format!("the policy was not fetched as senders do: {why}");
            made.miss(Attribute::Domain, GapReason::Failed, detail, source.span(*at, at + line.len()));
        }
        (None, None) => made.miss(
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
        // Values of `mode` have their case (section 3.2), hosts have none.
        let value = if attribute == Attribute::Mode { value.to_owned() } else { value.to_ascii_lowercase() };
        made.know(attribute, value, words);
    }
    let started = sink.collected("an MTA-STS policy");
    push(sink, ID, None, started, Completion::Finished(vec![whole]), vec![made]);
}

/// How a policy was fetched, as far as the lines above it tell.
#[derive(Default)]
struct Fetched<'a> {
    /// Whose policy it is, and where that stands.
    domain: Option<(&'a str, usize)>,
    /// Why no sender may use what was fetched so, and the line that shows it.
    problem: Option<(String, usize, &'a str)>,
    /// Whether redirects were followed, and no status tells whether there was one.
    may_be_redirected: bool,
    /// Whether the lines are headers of a request or a response.
    in_headers: bool,
}

impl<'a> Fetched<'a> {
    /// Looks at the lines between two bytes of a text, the nearest last.
    fn of(text: &'a str, above: usize, end: usize) -> Self {
        let mut fetched = Self::default();
        let from = end.saturating_sub(ABOVE).max(above);
        let Some((mut at, lines)) = (from..end).find_map(|from| Some((from, text.get(from..end)?))) else {
            return fetched;
        };
        let mut before = "";
        for line in lines.split_inclusive('\n') {
            fetched.line(line.trim(), before, at + (line.len() - line.trim_start().len()));
            before = line.trim_end();
            at += line.len();
        }
        if let Some((_, at)) = fetched.domain.filter(|_| fetched.may_be_redirected && fetched.problem.is_none()) {
            let why = "redirects were followed, and whether there was one is not shown (RFC 8461 section 3.3)";
            fetched.problem = Some((why.to_owned(), at, ""));
        }
        fetched
    }

    fn line(&mut self, raw: &'a str, before: &str, at: usize) {
        let line = raw.trim_start_matches(['>', '|', ' ']);
        let is_said = line.starts_with(['<', '*']);
        let words = line.trim_start_matches(['<', '*', ' ']);
        if starts(raw) {
            *self = Self::default();
        } else if let Some((domain, begins)) = domain(line).filter(|_| !is_said) {
            // The line behind a backslash, or a second address, speaks of something else.
            let is_plain = !before.ends_with('\\') && asks(line);
            let domain = is_plain.then_some((domain, at + (raw.len() - line.len()) + begins));
            *self = Self { domain, may_be_redirected: has_option(line, 'L', "--location"), ..Self::default() };
            if has_option(line, 'k', "--insecure") || line.contains("--no-check-certificate") {
                self.fail("the certificate was not looked at", at, raw);
            } else if OTHER_PLACES.iter().any(|long| has_option(line, '\0', long)) {
                self.fail("the command says where to connect to, whatever the DNS says", at, raw);
            } else if OTHER_ROOTS.iter().any(|long| has_option(line, '\0', long) || line.contains(long)) {
                self.fail("the command says which root CAs to trust", at, raw);
            } else if has_option(line, 'K', "--config") {
                self.fail("further options of the command stand in a file", at, raw);
            }
        } else if let Some(status) = words.strip_prefix("HTTP/") {
            self.in_headers = true;
            let code = status.split_whitespace().nth(1).unwrap_or_default();
            self.may_be_redirected = false;
            if code != "200" && !(code.len() == 3 && code.starts_with('1')) {
                self.fail(&format!("the answer was `HTTP/{}`", beginning(status, 30)), at, raw);
            }
        } else if line.starts_with("curl: (") {
            self.fail(&format!("`{}`", beginning(line, 100)), at, raw);
        } else if line.starts_with('*') {
            let lower = line.to_ascii_lowercase();
            if REFUSALS.iter().any(|refusal| lower.contains(refusal)) {
                self.fail(&format!("`{}`", beginning(line, 100)), at, raw);
            }
        } else if line.starts_with("GET ") {
            self.in_headers = true;
        } else if line.is_empty() {
            self.in_headers = raw.starts_with('>') && self.in_headers;
        } else if !(is_said || line.starts_with(['{', '}', '`']) || self.in_headers && pair(line).is_some()) {
            // Another command, or whatever it is: the policy need not come from the address.
            self.domain = None;
        }
    }

    fn fail(&mut self, why: &str, at: usize, line: &'a str) {
        if self.problem.is_none() {
            self.problem = Some((why.to_owned(), at, line));
        }
    }
}

/// What curl says of certificates that senders refuse, and of redirects that they do not follow.
const REFUSALS: &[&str] = &[
    "continuing anyway",
    "verify result",
    "certificate problem",
    "verification skipped",
    "verification failed",
    "date failed",
    "does not match",
    "skipping",
    "issue another request",
    "disabling hostname",
];

/// Options of curl by which another server answers than the one that senders find.
const OTHER_PLACES: &[&str] = &["--resolve", "--connect-to", "--unix-socket", "--abstract-unix-socket"];
/// Options and variables by which curl trusts other roots than those that everybody has.
const OTHER_ROOTS: &[&str] = &["--cacert", "--capath", "CURL_CA_BUNDLE=", "SSL_CERT_FILE=", "SSL_CERT_DIR="];

/// Whether a line is one address or asks for one, and does nothing else.
fn asks(line: &str) -> bool {
    let Some((before, rest)) = line.split_once(ADDRESS) else { return false };
    let is_bare = before.bytes().all(|byte| byte.is_ascii_punctuation() || byte == b' ');
    let rest = rest.replace("2>&1", "").replace("2>/dev/null", "");
    let goes_on = |text: &str| text.contains([';', '&', '|', '\\']) || text.contains("://");
    let command = before.find("curl").and_then(|at| before.get(at..));
    (is_bare || command.is_some_and(|command| !goes_on(command))) && !goes_on(&rest) && !rest.contains("> ")
}

/// Whether a command has an option, alone or among other letters.
fn has_option(line: &str, letter: char, long: &str) -> bool {
    line.split_whitespace().any(|word| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        word.len() > 4 && (long.starts_with(word) || word.starts_with(long))
            || !letters.starts_with('-') && letters.contains(letter)
    })
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
