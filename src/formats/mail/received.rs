//! One `Received` line: who received from whom, and how, in the dialects of the usual servers.
//!
//! Only words in their place count: what a sender calls itself stands first, and may read like anything else. A line that
//! has a clause twice, or that states two versions, was put together and says nothing.

use std::net::{IpAddr, Ipv6Addr};

use self::Token as T;
use super::header::Field;
use super::{message_time, said};
use crate::evidence::{Attribute, Exhibit, Gap, GapReason, Observed, Particular, SubjectKind};
use crate::iana::ProtocolVersion;
use crate::letters::beginning;
use crate::time::Timestamp;

/// A word, a comment or the date of a line: its text and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str, usize),
    Comment(&'a str, usize),
    Date(&'a str),
}

/// What a line says, word by word.
#[derive(Default)]
struct Line<'a> {
    from: Option<(&'a str, usize)>,
    /// The comment directly behind the sender: what the receiver knows of the connection.
    from_comment: Option<(&'a str, usize)>,
    by: Option<(&'a str, usize)>,
    by_comment: Option<&'a str>,
    with: Option<(&'a str, usize)>,
    /// What the line says of TLS: version, suite, and where.
    tls: Option<Tls<'a>>,
    /// Whether a comment mentions TLS in words that are not known.
    hints_at_tls: bool,
    is_exim: bool,
    /// Whether it was handed over on the same machine.
    is_local: bool,
    is_broken: bool,
}

#[derive(Clone, Copy)]
struct Tls<'a> {
    version: Option<&'a str>,
    suite: Option<&'a str>,
    text: &'a str,
    at: usize,
    /// Where the suite stands, if not there.
    suite_at: Option<usize>,
}

/// When the line was written.
pub(super) fn time(field: &Field<'_>) -> Option<Observed<Timestamp>> {
    let date = tokens(&field.value).0.into_iter().find_map(|token| match token {
        T::Date(date) => Some(date),
        _ => None,
    })?;
    let time = message_time(date)?;
    let at = field.value.len() - date.len();
    Some(Observed::Known(crate::evidence::Fact::new(
        time,
        crate::evidence::Basis::Wire,
        [field.span(at, field.value.len())],
    )))
}

/// The hop that a line describes.
pub(super) fn hop(field: &Field<'_>, position: usize) -> Exhibit {
    let line = Line::of(&field.value, field.is_cut);
    let place = |text: &str, at: usize| field.span(at, at + text.len());
    let mut particulars = Vec::new();
    let mut add = |attribute, observed| particulars.push(Particular { attribute, observed });
    let whole = || field.span(0, field.value.len());
    if line.is_broken {
        let gap = Gap::new(GapReason::Unsupported, "the line is not built as `Received` lines are").at([whole()]);
        add(Attribute::Encryption, Observed::NotObserved(gap));
        return Exhibit { kind: SubjectKind::MailHop, name: format!("hop {position}: a broken line"), particulars };
    }
    if let Some((text, at)) = line.from {
        add(Attribute::From, said(text, place(text, at)));
    }
    if let Some((name, at)) = line.checked_name() {
        add(Attribute::FromName, said(name, place(name, at)));
    }
    if let Some((address, text, at)) = line.address() {
        add(Attribute::FromAddress, said(address.to_string(), place(text, at)));
    }
    if let Some((text, at)) = line.by {
        add(Attribute::By, said(text, place(text, at)));
    }
    if let Some((text, at)) = line.with {
        add(Attribute::Protocol, said(text, place(text, at)));
    }
    let tls_words = line.tls.map(|tls| place(tls.text, tls.at));
    let with_words = line.with.map(|(text, at)| place(text, at));
    let encryption = line.encryption();
    let of_tls = encryption == Ok("tls");
    add(
        Attribute::Encryption,
        match encryption {
            Ok(value) => said(value, tls_words.or(with_words).unwrap_or_else(whole)),
            Err(detail) => Observed::NotObserved(Gap::new(GapReason::NotReportedByFormat, detail).at([whole()])),
        },
    );
    if of_tls {
        let tls = line.tls.as_ref();
        let version = tls.and_then(|tls| tls.version).and_then(ProtocolVersion::from_name);
        add(
            Attribute::Version,
            stated(version.map(|version| version.to_string()), tls_words, whole, "the version of TLS"),
        );
        let suite = tls.and_then(|tls| tls.suite);
        let own_words = tls.and_then(|tls| Some(place(tls.suite?, tls.suite_at?)));
        add(Attribute::Cipher, stated(suite.map(str::to_owned), own_words.or(tls_words), whole, "the cipher suite"));
    }
    let short = |named: Option<(&str, usize)>| named.map_or("?", |(text, _)| beginning(text, 80)).to_owned();
    let name = match line.from {
        Some(_) => format!("hop {position}: {} → {}", short(line.from), short(line.by)),
        None => format!("hop {position}: at {}", short(line.by)),
    };
    Exhibit { kind: SubjectKind::MailHop, name, particulars }
}

fn stated(
    value: Option<String>,
    words: Option<crate::source::Span>,
    whole: impl Fn() -> crate::source::Span,
    what: &str,
) -> Observed<String> {
    match (value, words) {
        (Some(value), Some(words)) => said(value, words),
        _ => {
            let detail = format!("the receiving server's line does not state {what}");
            Observed::NotObserved(Gap::new(GapReason::NotReportedByFormat, detail).at([whole()]))
        }
    }
}

impl<'a> Line<'a> {
    fn of(value: &'a str, is_cut: bool) -> Self {
        let (tokens, is_torn) = tokens(value);
        let mut line = Self { is_broken: is_cut || is_torn, ..Self::default() };
        let mut rest = tokens.into_iter().peekable();
        // Which clause the last word belongs to, while nothing else came between.
        let mut behind = "";
        while let Some(token) = rest.next() {
            let clause = std::mem::take(&mut behind);
            match token {
                T::Comment(text, at) => line.comment(clause, text, at),
                T::Date(_) => {}
                T::Word(word, _) => {
                    let keyword = ["from", "by", "with", "id", "for", "via"].into_iter();
                    let Some(keyword) = keyword.into_iter().find(|keyword| word.eq_ignore_ascii_case(keyword)) else {
                        if word.eq_ignore_ascii_case("tls")
                            && let Some(T::Word(suite, at)) = rest.peek().copied()
                        {
                            line.suite(suite, at);
                        }
                        continue;
                    };
                    // A comment may stand between `with` and the protocol.
                    while let (true, Some(T::Comment(text, at))) = (keyword == "with", rest.peek().copied()) {
                        line.comment("", text, at);
                        rest.next();
                    }
                    let value = match rest.peek().copied() {
                        Some(T::Word(value, at)) => {
                            rest.next();
                            Some((value, at))
                        }
                        _ => None,
                    };
                    behind = keyword;
                    let slot = match keyword {
                        "from" => &mut line.from,
                        "by" => &mut line.by,
                        "with" => &mut line.with,
                        _ => continue,
                    };
                    line.is_broken |= slot.is_some() || value.is_none();
                    *slot = value;
                }
            }
        }
        line
    }

    fn comment(&mut self, behind: &str, text: &'a str, at: usize) {
        match behind {
            "from" => self.from_comment = Some((text, at)),
            "by" => {
                self.by_comment = Some(text);
                self.is_local |= text.contains("from userid") || text.ends_with("/Submit");
            }
            _ => {
                self.is_exim |= text.starts_with("Exim ");
                match tls(text, at) {
                    Some(found) => {
                        // Two statements are one too many.
                        self.is_broken |= self.tls.is_some();
                        self.tls = Some(found);
                    }
                    None => {
                        let lower = text.to_ascii_lowercase();
                        self.hints_at_tls |=
                            ["tls", "ssl", "encrypt", "cipher"].iter().any(|word| lower.contains(word));
                    }
                }
            }
        }
    }

    /// Exim's `tls NAME` behind the version.
    fn suite(&mut self, suite: &'a str, at: usize) {
        match &mut self.tls {
            Some(tls) if tls.suite.is_none() => (tls.suite, tls.suite_at) = (Some(suite), Some(at)),
            Some(_) => self.is_broken = true,
            None => self.tls = Some(Tls { version: None, suite: Some(suite), text: suite, at, suite_at: None }),
        }
    }

    /// `tls`, `none` or `local`, or why it is not known.
    fn encryption(&self) -> Result<&'static str, &'static str> {
        if self.is_local || self.is_loopback() {
            return Ok("local");
        }
        let protocol = self.with.map(|(word, _)| word.to_ascii_lowercase()).unwrap_or_default();
        let protocol = protocol.strip_prefix("utf8").unwrap_or(&protocol);
        if protocol.starts_with("local") {
            return Ok("local");
        }
        if self.tls.is_some() {
            return Ok("tls");
        }
        match protocol {
            "smtps" | "esmtps" | "esmtpsa" | "lmtps" | "lmtpsa" => Ok("tls"),
            "" => Err("the line does not say how the message was received"),
            _ if self.hints_at_tls => Err("the line speaks of TLS in words that intransit does not know"),
            _ if self.from.is_none() => Err("the line does not say from where the message was received"),
            "lmtp" | "lmtpa" if self.address().is_none() => {
                Err("LMTP without an address may have been a socket on the same machine")
            }
            "smtp" | "esmtp" | "esmtpa" | "lmtp" | "lmtpa" => Ok("none"),
            _ => Err("the line names a protocol that does not say whether TLS was used"),
        }
    }

    /// Whether the connection came from the same machine.
    fn is_loopback(&self) -> bool {
        let Some((address, ..)) = self.address() else { return false };
        let same_name = self.from.zip(self.by).is_some_and(|((from, _), (by, _))| from.eq_ignore_ascii_case(by));
        let is_link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        address.is_loopback() || address == IpAddr::V6(Ipv6Addr::LOCALHOST) || is_link_local && same_name
    }

    /// The address of the sender: in the comment behind it, or in its own place.
    fn address(&self) -> Option<(IpAddr, &'a str, usize)> {
        let (text, at) = self.from_comment.filter(|(text, _)| first_address(text).is_some()).or(self.from)?;
        let address = first_address(text)?;
        Some((address, text, at))
    }

    /// The sender's name, where the receiving server is known to have looked it up in both directions.
    fn checked_name(&self) -> Option<(&'a str, usize)> {
        let software = self.by_comment.unwrap_or_default();
        let is_sendmail = software.starts_with(|c: char| c.is_ascii_digit()) && software.contains('/');
        let (name, at) = if self.is_exim {
            // Exim puts what the sender calls itself behind `helo=`.
            self.from.filter(|(name, _)| !name.starts_with('[') && self.from_comment.is_some())?
        } else if software == "Postfix" || is_sendmail {
            let (comment, at) = self.from_comment?;
            if comment.contains("forged") || !comment.contains('[') {
                return None;
            }
            let name = comment.split([' ', '[']).next()?;
            let bare = name.rsplit('@').next()?;
            (bare, at + (name.len() - bare.len()))
        } else {
            return None;
        };
        let is_name = name.contains('.') && name.parse::<IpAddr>().is_err();
        is_name.then_some((name, at))
    }
}

/// What a comment says of TLS: Postfix and Dovecot, Sendmail and Google and Exchange, Exim and OpenSMTPD.
fn tls(text: &str, at: usize) -> Option<Tls<'_>> {
    let tls = |version, suite| Some(Tls { version, suite, text, at, suite_at: None });
    if let Some(rest) = text.strip_prefix("using ") {
        let mut words = rest.split_whitespace();
        let version = words.next();
        let suite = words.next().filter(|word| *word == "with").and_then(|_| words.next());
        return tls(version, suite.filter(|word| *word == "cipher").and_then(|_| words.next()));
    }
    if text.starts_with("version=") {
        let value = |name: &str| {
            let mut words = text.split([' ', ',']);
            words.find_map(|word| word.strip_prefix(name)).filter(|word| !word.is_empty())
        };
        return tls(value("version="), value("cipher="));
    }
    let mut parts = text.split(':');
    let version = parts.next().filter(|word| ProtocolVersion::from_name(word).is_some());
    if version.is_some() {
        return tls(version, parts.next());
    }
    if text == "TLS" { tls(None, None) } else { None }
}

/// The first address in a text, with or without brackets, `IPv6:` and a zone.
fn first_address(text: &str) -> Option<IpAddr> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')'));
    let address = |word: &str| {
        let word =
            word.get(..5).filter(|head| head.eq_ignore_ascii_case("ipv6:")).and_then(|_| word.get(5..)).unwrap_or(word);
        word.split('%').next().and_then(|word| word.parse().ok())
    };
    words.filter(|word| !word.starts_with("helo=")).find_map(address)
}

/// The line in tokens, and whether a comment or a quotation does not end.
fn tokens(value: &str) -> (Vec<Token<'_>>, bool) {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = value.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = value.get(at..).unwrap_or_default();
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == ';' {
            tokens.push(T::Date(rest.get(1..).unwrap_or_default()));
            return (tokens, false);
        } else if c == '(' {
            let Some(end) = closing(rest) else { return (tokens, true) };
            tokens.push(T::Comment(rest.get(1..end).unwrap_or_default(), at + 1));
            at += end + 1;
        } else {
            let Some(end) = word_end(rest) else { return (tokens, true) };
            tokens.push(T::Word(rest.get(..end).unwrap_or_default(), at));
            at += end.max(1);
        }
    }
    (tokens, false)
}

/// Where the comment ends that begins at the start ([RFC 5322 §3.2.2](https://www.rfc-editor.org/rfc/rfc5322#section-3.2.2)).
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Where a word ends; blanks within `<…>` and `"…"` belong to it.
fn word_end(text: &str) -> Option<usize> {
    let mut until = None;
    for (at, c) in text.char_indices() {
        match (until, c) {
            (Some(end), c) if c == end => until = None,
            (Some(_), _) => {}
            (None, '<') => until = Some('>'),
            (None, '"') => until = Some('"'),
            (None, c) if c.is_whitespace() || matches!(c, ';' | '(') => return Some(at),
            _ => {}
        }
    }
    until.is_none().then_some(text.len())
}
