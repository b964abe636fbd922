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
    /// The address that a comment behind the sender states, and that comment.
    from_address: Option<(IpAddr, &'a str, usize)>,
    /// Whether the part of the sender states a second address, or one that is none.
    is_disputed: bool,
    /// Whether a comment of its own says what the sender calls itself, as qmail's does.
    has_greeting: bool,
    by: Option<(&'a str, usize)>,
    by_comment: Option<&'a str>,
    with: Option<(&'a str, usize)>,
    /// What the line says of TLS: version, suite, and where.
    tls: Option<Tls<'a>>,
    /// Whether a comment mentions TLS in words that are not known.
    hints_at_tls: bool,
    /// Whether a comment in the place of TLS says that there was none.
    denies_tls: bool,
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
    /// The clause that it stands in.
    clause: &'static str,
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
    if let Some(Observed::Known(time)) = time(field) {
        add(Attribute::Received, Observed::Known(time.map(time.value.to_string())));
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
        // Which clause the last word belongs to, while nothing else came between, and the last that began.
        let (mut behind, mut clause) = ("", "");
        while let Some(token) = rest.next() {
            let directly = std::mem::take(&mut behind);
            match token {
                T::Comment(text, at) => line.comment(clause, !directly.is_empty(), text, at),
                // What a sender calls itself may end in a semicolon, and hide the line behind it.
                T::Date(date) => line.is_broken |= [";", " by ", " with "].iter().any(|words| date.contains(words)),
                T::Word(word, _) => {
                    let keyword = ["from", "by", "with", "id", "for", "via"].into_iter();
                    let Some(keyword) = keyword.into_iter().find(|keyword| word.eq_ignore_ascii_case(keyword)) else {
                        if clause == "with"
                            && word.eq_ignore_ascii_case("tls")
                            && let Some(T::Word(suite, at)) = rest.peek().copied()
                        {
                            line.suite(suite, at);
                        }
                        continue;
                    };
                    // A comment may stand between `with` and the protocol.
                    while let (true, Some(T::Comment(text, at))) = (keyword == "with", rest.peek().copied()) {
                        line.comment("with", false, text, at);
                        rest.next();
                    }
                    let value = match rest.peek().copied() {
                        Some(T::Word(value, at)) => {
                            rest.next();
                            Some((value, at))
                        }
                        _ => None,
                    };
                    (behind, clause) = (keyword, keyword);
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
        if line.tls.is_some_and(|tls| !line.writes(&tls)) {
            line.tls = None;
            line.hints_at_tls = true;
        }
        line
    }

    fn comment(&mut self, clause: &'static str, is_directly_behind: bool, text: &'a str, at: usize) {
        match (clause, is_directly_behind) {
            ("from", true) => {
                self.from_comment = Some((text, at));
                self.sender(text, at);
                return;
            }
            ("by", true) => {
                self.by_comment = Some(text);
                self.is_local |= text.contains("from userid") || text.ends_with("/Submit");
                return;
            }
            ("from", false) => self.sender(text, at),
            ("with", _) => self.is_exim |= text.starts_with("Exim "),
            _ => {}
        }
        match tls(text, at, clause) {
            Some(found) => {
                // Two statements are one too many.
                self.is_broken |= self.tls.is_some();
                self.tls = Some(found);
            }
            None => {
                let lower = text.to_ascii_lowercase();
                let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
                self.hints_at_tls |= has(&["tls", "ssl", "encrypt", "cipher"]);
                self.denies_tls |= (text.starts_with("using ") || text.starts_with("version="))
                    && has(&["none", "plain", "clear", "null"]);
            }
        }
    }

    /// A comment in the part of the sender: it may state the address of the connection.
    fn sender(&mut self, text: &'a str, at: usize) {
        // What Postfix says of TLS and of the client's certificate.
        if ["using ", "Client ", "No client ", "Authenticated sender"].iter().any(|start| text.starts_with(start)) {
            return;
        }
        self.has_greeting |= greeting(text) == Some(0);
        match connection(text) {
            Ok(None) => {}
            Ok(Some(address)) => {
                self.is_disputed |= self.from_address.is_some();
                self.from_address = Some((address, text, at));
            }
            Err(()) => self.is_disputed = true,
        }
    }

    /// Whether a server that is known writes words on TLS there.
    fn writes(&self, tls: &Tls<'_>) -> bool {
        let protocol = self.with.map_or("", |(word, _)| word);
        let is_secure = is_with_tls(&protocol.to_ascii_lowercase());
        let is_microsoft = protocol == "Microsoft";
        match tls.clause {
            // Postfix and Dovecot, before `by`.
            "from" => is_secure || self.by_comment == Some("Postfix"),
            // Sendmail's and Exchange's own words; Exim and OpenSMTPD say `esmtps` as well.
            "with" | "id" => is_secure || tls.text.starts_with("version=") || is_microsoft && tls.text == "TLS",
            // Google, behind `with ESMTPS … for <…>`.
            "for" => is_secure && tls.text.starts_with("version="),
            _ => false,
        }
    }

    /// Exim's `tls NAME` behind the version.
    fn suite(&mut self, suite: &'a str, at: usize) {
        match &mut self.tls {
            Some(tls) if tls.suite.is_none() => (tls.suite, tls.suite_at) = (Some(suite), Some(at)),
            Some(_) => self.is_broken = true,
            None => {
                self.tls =
                    Some(Tls { version: None, suite: Some(suite), text: suite, at, suite_at: None, clause: "with" });
            }
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
        if self.denies_tls && (self.tls.is_some() || is_with_tls(protocol)) {
            return Err("the line says both that TLS was used and that it was not");
        }
        if self.tls.is_some() {
            return Ok("tls");
        }
        match protocol {
            _ if is_with_tls(protocol) => Ok("tls"),
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

    /// The address of the connection: in the comment behind the sender, or in its place where Exim writes it there. What
    /// a sender calls itself may be an address as well, and counts for nothing.
    fn address(&self) -> Option<(IpAddr, &'a str, usize)> {
        if self.is_disputed {
            return None;
        }
        let own_place = self.from.filter(|(text, _)| self.is_exim && text.starts_with('['));
        match (own_place, self.from_address) {
            (Some((text, at)), None) => Some((address(text)?, text, at)),
            (Some(_), Some(_)) => None,
            // Exchange and qmail write it bare; elsewhere a bare one may be a name.
            (None, Some((.., text, _))) if !text.contains('[') && !self.has_greeting && !self.is_exchange() => None,
            (None, stated) => stated,
        }
    }

    fn is_exchange(&self) -> bool {
        self.with.is_some_and(|(word, _)| word == "Microsoft")
            || self.by_comment.is_some_and(|text| address(text).is_some())
    }

    /// The sender's name, where the receiving server is known to have looked it up in both directions.
    fn checked_name(&self) -> Option<(&'a str, usize)> {
        self.address()?;
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

/// Whether a protocol in small letters is one with TLS ([RFC 3848](https://www.rfc-editor.org/rfc/rfc3848)).
fn is_with_tls(protocol: &str) -> bool {
    let protocol = protocol.strip_prefix("utf8").unwrap_or(protocol);
    matches!(protocol, "smtps" | "esmtps" | "esmtpsa" | "lmtps" | "lmtpsa")
}

/// What a comment says of TLS: Postfix and Dovecot, Sendmail and Google and Exchange, Exim and OpenSMTPD.
fn tls<'a>(text: &'a str, at: usize, clause: &'static str) -> Option<Tls<'a>> {
    let known = |version: &&str| ProtocolVersion::from_name(version).is_some();
    let (version, suite) = if let Some(rest) = text.strip_prefix("using ") {
        let mut words = rest.split_whitespace();
        let version = words.next().filter(known);
        let suite = words.next().filter(|word| *word == "with").and_then(|_| words.next());
        (Some(version?), suite.filter(|word| *word == "cipher").and_then(|_| words.next()))
    } else if clause == "from" {
        return None;
    } else if text.starts_with("version=") {
        let value = |name: &str| {
            let mut words = text.split([' ', ',']);
            words.find_map(|word| word.strip_prefix(name)).filter(|word| !word.is_empty())
        };
        (Some(value("version=").filter(known)?), value("cipher="))
    } else if text == "TLS" {
        (None, None)
    } else {
        let mut parts = text.split(':');
        (Some(parts.next().filter(known)?), parts.next())
    };
    Some(Tls { version, suite, text, at, suite_at: None, clause })
}

/// Where a comment begins to say what the sender says of itself.
fn greeting(text: &str) -> Option<usize> {
    let mut at = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']')) {
        let name = word.split(['=', ':', ' ', '\t', '[', '(', ')']).next().unwrap_or_default();
        let is_named = name.len() < word.len() || at + word.len() == text.len();
        if is_named && ["helo", "ehlo", "ident", "port"].iter().any(|start| name.eq_ignore_ascii_case(start)) {
            return Some(at);
        }
        at += word.len();
    }
    None
}

/// The one address of the connection that a comment states: in brackets, or all there is. What the sender says of itself
/// is left out; an error where it states two, or where no address stands in the brackets.
fn connection(text: &str) -> Result<Option<IpAddr>, ()> {
    let text = text.get(..greeting(text).unwrap_or(text.len())).unwrap_or_default();
    let mut bracketed = text.split('[').skip(1).peekable();
    if bracketed.peek().is_none() {
        return Ok(address(text.trim()));
    }
    let mut found = None;
    for rest in bracketed {
        let inner = rest.split_once(']').and_then(|(inner, _)| address(inner)).ok_or(())?;
        if found.is_some_and(|other| other != inner) {
            return Err(());
        }
        found = Some(inner);
    }
    Ok(found)
}

/// An address, with or without brackets, `IPv6:` and a zone; an IPv4 address in an IPv6 one is that IPv4 address.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_tagged = text.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("ipv6:"));
    let text = if is_tagged { text.get(5..)? } else { text };
    let address: IpAddr = text.split('%').next()?.parse().ok()?;
    Some(address.to_canonical())
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
