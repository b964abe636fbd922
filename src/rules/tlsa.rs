//! What the rules about TLSA records share: what a record says, whether mail servers can use it, and whether it is proven.

use sha2::{Digest, Sha512};

use super::{Context, Draft, Subject};
use crate::evidence::{Attribute, Basis, Exhibit, Fact, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::beginning;
use crate::pki::{KeyInfo, ParsedCertificate};
use crate::source::{hex, sha256_hex};

/// More records of one name are not looked at.
const MOST_RECORDS: usize = 64;

/// A TLSA record ([RFC 6698 §2.1](https://www.rfc-editor.org/rfc/rfc6698#section-2.1)).
pub(crate) struct Record<'a> {
    pub(crate) usage: u8,
    pub(super) selector: u8,
    pub(super) matching: u8,
    /// Lower-case hex.
    data: &'a str,
    pub(super) fact: &'a Fact<String>,
}

impl<'a> Record<'a> {
    /// The record in the data of a DNS answer.
    pub(crate) fn of(fact: &'a Fact<String>) -> Option<Self> {
        let mut words = fact.value.split(' ');
        let mut number = || words.next()?.parse::<u8>().ok();
        let (usage, selector, matching) = (number()?, number()?, number()?);
        Some(Self { usage, selector, matching, data: words.next().unwrap_or_default(), fact })
    }

    /// `3 1 1`.
    pub(super) fn called(&self) -> String {
        format!("`{} {} {}`", self.usage, self.selector, self.matching)
    }

    /// Why nobody can use it, or at port 25 no mail server.
    pub(crate) fn unusable(&self, is_mail: bool) -> Option<String> {
        let digits = self.data.len();
        let octets = || octets(self.data);
        let why = match (self.usage, self.selector, self.matching) {
            (0 | 1, ..) if is_mail => "PKIX-TA and PKIX-EE are not for SMTP (RFC 7672 section 3.1.3)",
            (4.., ..) => "nobody assigned the certificate usage (RFC 6698 section 2.1.1)",
            (_, 2.., _) => "nobody assigned the selector (RFC 6698 section 2.1.2)",
            (_, _, 3..) => "nobody assigned the matching type (RFC 6698 section 2.1.3)",
            (_, _, 1) if digits != 64 => "a SHA-256 digest has 32 bytes (RFC 6698 section 2.1.3)",
            (_, _, 2) if digits != 128 => "a SHA-512 digest has 64 bytes (RFC 6698 section 2.1.3)",
            (_, 0, 0) if ParsedCertificate::from_der(&octets()).is_err() => "it holds no certificate",
            (_, 1, 0) if KeyInfo::from_der(&octets()).is_err() => "it holds no public key",
            _ => return None,
        };
        Some(format!("{}: {why}", self.called()))
    }

    /// Whether it names this certificate: the whole of it or its key, as it is or by its digest.
    pub(crate) fn names(&self, certificate: &ParsedCertificate) -> bool {
        let bytes = match self.selector {
            0 => certificate.der.as_slice(),
            _ => match &certificate.key {
                Ok(key) => key.spki.as_slice(),
                Err(_) => return false,
            },
        };
        let expected = match self.matching {
            0 => hex(bytes),
            1 => sha256_hex(bytes),
            _ => hex(&Sha512::digest(bytes)),
        };
        expected == self.data
    }
}

/// What is known of DNSSEC for an answer.
enum Standing<'a> {
    /// It was validated up to a trust anchor.
    Proven,
    /// Validation came to this: that it is unsigned or wrong, and why.
    Unprotected(&'a str),
    /// It is not known, or a resolver's word.
    Open,
}

impl<'a> Standing<'a> {
    fn of(answer: &'a Exhibit) -> Self {
        match answer.text(Attribute::Validation) {
            Some("delv" | "secure") => Self::Proven,
            Some(words) if words.starts_with("insecure: ") || words.starts_with("bogus: ") => Self::Unprotected(words),
            _ => Self::Open,
        }
    }
}

/// The TLSA records of a service.
pub(super) struct Association<'a> {
    pub(super) answer: &'a Exhibit,
    /// As it was asked for: `_25._tcp.mx.example.com`.
    pub(super) owner: &'a str,
    pub(super) port: u16,
    pub(super) host: &'a str,
    pub(super) records: Vec<Record<'a>>,
    /// Why these may not be all records, or not what is published.
    pub(super) gaps: Vec<Gap>,
}

impl<'a> Association<'a> {
    /// The answer that a rule judges, if it is one for TLSA records. Where the name is not one of a service over TCP, why
    /// nothing can be said.
    pub(super) fn of(context: &Context<'a>, subject: &Subject<'a>) -> Option<Result<Self, Gap>> {
        let answer = subject.exhibit(SubjectKind::DnsRecord)?;
        if answer.text(Attribute::RecordType) != Some("TLSA") {
            return None;
        }
        let Some(owner) = answer.text(Attribute::Owner) else { return Some(Err(answer.gap(Attribute::Owner))) };
        let place = owner.strip_prefix('_').and_then(|rest| rest.split_once("._tcp."));
        let Some((port, host)) = place.and_then(|(port, host)| Some((port.parse::<u16>().ok()?, host))) else {
            let gap = Gap::new(GapReason::Unsupported, format!("`{owner}` is not the name of a service over TCP"));
            return Some(Err(gap.at(answer.words())));
        };
        let mut gaps: Vec<Gap> = Vec::new();
        let view = context.exhibits.iter().find(|view| std::ptr::eq(view.exhibit, answer));
        gaps.extend(view.and_then(|view| view.scan.completion.gap()).cloned());
        gaps.extend(answer.first_gap(Attribute::Data).cloned());
        let records = answer.facts(Attribute::Data).take(MOST_RECORDS).filter_map(Record::of).gathered();
        if records.len() != answer.facts(Attribute::Data).count() {
            gaps.push(Gap::new(GapReason::Unsupported, "not all records can be read").at(answer.words()));
        }
        Some(Ok(Self { answer, owner, port, host, records, gaps }))
    }

    /// Whether mail servers look for them.
    pub(super) const fn is_mail(&self) -> bool {
        self.port == 25
    }

    pub(super) fn usable(&self) -> impl Iterator<Item = &Record<'a>> {
        self.records.iter().filter(|record| record.unusable(self.is_mail()).is_none())
    }

    /// Why no sender uses the records, where validation found out that DNSSEC does not protect them.
    pub(super) fn unprotected(&self) -> Option<&'a str> {
        match Standing::of(self.answer) {
            Standing::Unprotected(why) => Some(why),
            _ => None,
        }
    }

    /// What keeps senders from using records that were validated: MX records that name the host and addresses of it which
    /// are not validated as well, or were not shown ([RFC 7672 §2.2](https://www.rfc-editor.org/rfc/rfc7672#section-2.2)).
    pub(super) fn obstacles(&self, context: &Context<'a>) -> Vec<Draft> {
        if !self.is_mail() || !matches!(Standing::of(self.answer), Standing::Proven) {
            return Vec::new();
        }
        let host = self.host;
        let of_kind = |kind: &'static str| {
            let answers = context.exhibits.iter().map(|view| view.exhibit);
            answers
                .filter(move |one| one.kind == SubjectKind::DnsRecord && one.text(Attribute::RecordType) == Some(kind))
        };
        let of_host = |kind| of_kind(kind).filter(|one| one.text(Attribute::Owner) == Some(host)).gathered();
        // RFC 5321 section 5.1: a domain without MX records is its own exchanger.
        let names_it = |one: &&Exhibit| {
            let mut exchangers = one.facts(Attribute::Data).filter_map(|fact| fact.value.rsplit(' ').next()).peekable();
            let is_own = exchangers.peek().is_none() && one.text(Attribute::Owner) == Some(host);
            is_own || exchangers.any(|name| name.trim_end_matches('.') == host)
        };
        let aliases = of_host("CNAME");
        let mut addresses = of_host("A");
        addresses.extend(of_host("AAAA"));
        let mut drafts: Vec<Draft> = Vec::new();
        let reached = if aliases.is_empty() { &addresses } else { &aliases };
        let leading = of_kind("MX").filter(names_it).gathered();
        for answer in reached.iter().chain(&leading).copied() {
            let called = beginning(&answer.name, 120);
            let draft = match Standing::of(answer) {
                Standing::Proven => continue,
                Standing::Unprotected(why) => Draft::fail(format!(
                    "What leads senders to `{host}` is not protected by DNSSEC, so that its TLSA records protect nothing: the \
                     {called} ({why})."
                )),
                Standing::Open => Draft::unknown(
                    format!(
                        "Whether senders use the TLSA records of `{host}` is not known without DNSSEC of the {called}."
                    ),
                    vec![answer.gap(Attribute::Validation)],
                ),
            };
            let facts = answer.facts(Attribute::Owner).chain(answer.fact(Attribute::Validation));
            drafts.push(facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis)));
        }
        let is_proven = |answer: &&&Exhibit| matches!(Standing::of(answer), Standing::Proven);
        let gap = if reached.is_empty() {
            Gap::new(GapReason::NotAttempted, format!("no answer for the addresses of `{host}` was shown"))
        } else if leading.is_empty() {
            Gap::new(GapReason::NotAttempted, format!("no MX records that lead to `{host}` were shown"))
        } else if !aliases.is_empty() && addresses.iter().all(|answer| is_proven(&answer)) {
            let why = format!("`{host}` is an alias, and senders look for TLSA records of the name behind it first");
            Gap::new(GapReason::Unsupported, why)
        } else {
            return drafts;
        };
        let words = format!("Whether senders use the TLSA records of `{host}` is not known.");
        drafts.push(Draft::unknown(words, vec![gap]));
        drafts
    }

    /// The same with what shows that DNSSEC protects the records. A resolver's word may fail a rule, never pass it, and
    /// without even that nothing is decided: whoever answered may have made the records up.
    pub(super) fn rest_on_dnssec(&self, draft: Draft) -> Draft {
        let cite = |draft: Draft| {
            let facts = self.answer.facts(Attribute::Owner).chain(self.answer.fact(Attribute::Validation));
            facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis))
        };
        match self.answer.text(Attribute::Validation) {
            Some("delv" | "secure") => cite(draft),
            Some("ad") => cite(draft).basis(Basis::ToolSays),
            _ => {
                let summary = format!("Not decided without DNSSEC: {}", draft.summary);
                let gap = self.answer.gap(Attribute::Validation);
                let unknown = Draft::unknown(summary, vec![gap]).required(draft.required.clone());
                cite(Draft { evidence: draft.evidence, facet: draft.facet, level: draft.level, ..unknown })
            }
        }
    }
}

/// The bytes of hexadecimal digits; none where their number is odd.
fn octets(digits: &str) -> Vec<u8> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0);
    if rest.is_empty() {
        pairs.iter().map(|[high, low]| value(*high) << 4 | value(*low)).gathered()
    } else {
        Vec::new()
    }
}
