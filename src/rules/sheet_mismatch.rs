//! `sheet-mismatch`: the certificate is the one that the partner's hand-off sheet describes.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SHEET, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::lower_case;
use crate::pki::ParsedCertificate;
use crate::pki::extension::GeneralName;
use crate::pki::path::{ChainAnswer, PathAnswer};
use crate::sheet::{Attribute, SheetRecord};

/// See [`Rule::ABOUT`].
pub(super) struct SheetMismatch;

const REQUIRED: &str = "the certificate of the hand-off sheet";

impl Rule for SheetMismatch {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "sheet-mismatch",
        title: "the certificate of the hand-off sheet",
        checks: "Where a hand-off sheet was given with the evidence (`--sheet`): whether the leaf is the certificate that the \
                 sheet describes, field by field. Another certificate or key, another root CA or other names fail. The same key \
                 in a renewed certificate passes, and what moved on is told. It passes only where the certificate's or the key's \
                 SHA-256 is the sheet's, on a verified chain; a sheet with names alone leaves it unknown where they agree. This \
                 rule judges whenever there is a sheet, at level `error` unless the policy sets another.",
        why: "With forced TLS a partner accepts mail from the certificate that was agreed on. One that changed without notice \
              stops the mail, or is not the partner's.",
        fix: &[
            (
                "any",
                "if the change was meant, send the partner a new sheet: `intransit-probe check --format sheet …`; agree on the \
                 SHA-256 over another channel than mail",
            ),
            ("any", "if it was not meant, find out who ordered the certificate and where it is installed"),
        ],
        citations: &[Clause {
            document: "Microsoft, How Exchange Online uses TLS to secure email connections",
            clause: "TLS certificate information for Exchange Online: a partner that sets up forced TLS needs this information; \
                     certificates change from time to time",
            url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
            date: "2018-08-02",
        }],
        effective: "2018-09-03",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[SHEET],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(sheet) = context.sheet else { return };
        let host = subject.host().map(|host| host.value);
        let records = sheet.records_for(host.as_deref());
        if records.is_empty() {
            let words = format!("The sheet `{}` says nothing of this host.", sheet.name);
            findings.add(Draft::not_applicable(words).required(REQUIRED));
            return;
        }
        for (position, chain) in subject.chains().iter().enumerate() {
            let Some(leaf) = chain.leaf() else { continue };
            let Some(parsed) = leaf.decoded() else {
                findings.add(unreadable(leaf, "what the sheet describes").required(REQUIRED));
                continue;
            };
            let proof = context.proofs.get(position).and_then(Option::as_ref);
            let compared = records.iter().map(|record| Comparison::of(record, leaf, parsed, proof));
            let best = compared.min_by_key(Comparison::distance);
            if let Some(best) = best {
                findings.add(best.judged(&sheet.name, leaf, proof).required(REQUIRED));
            }
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

/// How much a difference weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It is another certificate, key, root or name.
    Fails,
    /// Renewal moves it on.
    Told,
    /// The sheet's own words for it need not be the certificate's.
    Open,
}

struct Comparison {
    /// What differs: its weight, and the words.
    differences: Vec<(Weight, String)>,
    /// Whether the certificate's own SHA-256 agrees.
    is_same: bool,
    /// Whether the key's SHA-256 agrees.
    has_same_key: bool,
    /// Whether the sheet has the SHA-256 of a certificate.
    has_certificate: bool,
    /// Whether the sheet pins a root, and no verified path says which one it is.
    is_root_open: bool,
}

impl Comparison {
    fn of(
        record: &SheetRecord,
        leaf: &CertificateView<'_>,
        parsed: &ParsedCertificate,
        proof: Option<&ChainAnswer>,
    ) -> Self {
        let path = proof.and_then(|proof| proof.paths.iter().find(|path| path.is_proof()));
        let key = parsed.key.as_ref().ok();
        let mut found = Self {
            differences: Vec::new(),
            is_same: false,
            has_same_key: false,
            has_certificate: false,
            is_root_open: false,
        };
        found.has_certificate = record.value(Attribute::Certificate).is_some();
        found.is_same = found.hash(record, Attribute::Certificate, leaf.sha256.as_deref());
        found.has_same_key = found.hash(record, Attribute::PublicKey, key.map(|key| key.spki_sha256.as_str()));
        for (attribute, shown) in [
            (Attribute::RootKey, path.and_then(|path| path.ends_in.spki_sha256.as_deref())),
            (Attribute::RootCertificate, path.and_then(|path| path.ends_in.sha256.as_deref())),
        ] {
            if path.is_some() {
                found.hash(record, attribute, shown);
            } else {
                found.is_root_open |= record.value(attribute).is_some();
            }
        }
        found.root_name(record, parsed, path);
        let names = |names: Vec<&str>| names.join(", ");
        found.words(record, Attribute::Name, &names(parsed.common_names()), Weight::Fails);
        found.words(record, Attribute::Organization, &names(parsed.organizations()), Weight::Fails);
        found.words(record, Attribute::OrganizationUnit, &names(parsed.organizational_units()), Weight::Fails);
        let issuer = parsed.issuer.as_ref().map(|issuer| names(issuer.common_names())).unwrap_or_default();
        found.words(record, Attribute::IssuingCa, &issuer, Weight::Told);
        found.alternative_names(record, parsed);
        let bits = key.and_then(|key| key.bits).map(|bits| bits.to_string());
        if let (Some(stated), Some(bits)) = (record.value(Attribute::KeyStrength), bits) {
            let digits: String =
                stated.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
            if !digits.is_empty() && digits != bits {
                found.differs(Attribute::KeyStrength, stated, &bits, Weight::Fails);
            }
        }
        for (attribute, shown) in
            [(Attribute::ValidFrom, &parsed.not_before), (Attribute::ValidUntil, &parsed.not_after)]
        {
            let shown = shown.as_ref().map(ToString::to_string).unwrap_or_default();
            found.words(record, attribute, &shown, Weight::Told);
        }
        found
    }

    fn differs(&mut self, attribute: Attribute, sheet: &str, shown: &str, weight: Weight) {
        let of = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") };
        let words = format!("{}: the sheet has {}, the certificate {}", attribute.label(), of(sheet), of(shown));
        self.differences.push((weight, words));
    }

    /// Whether the sheet has this hash and it agrees.
    fn hash(&mut self, record: &SheetRecord, attribute: Attribute, shown: Option<&str>) -> bool {
        let Some(stated) = record.value(attribute) else { return false };
        if shown == Some(stated) {
            return true;
        }
        self.differs(attribute, stated, shown.unwrap_or_default(), Weight::Fails);
        false
    }

    /// Compares words where the sheet has the attribute; an empty value of the sheet says that there is none.
    fn words(&mut self, record: &SheetRecord, attribute: Attribute, shown: &str, weight: Weight) {
        let stated = record.value(attribute).unwrap_or_default();
        if record.has(attribute) && folded(stated) != folded(shown) {
            self.differs(attribute, stated, shown, weight);
        }
    }

    fn root_name(&mut self, record: &SheetRecord, parsed: &ParsedCertificate, path: Option<&PathAnswer>) {
        let Some(stated) = record.value(Attribute::Root) else { return };
        let root = path.and_then(|path| common_name(&path.ends_in.name));
        let issuer = parsed.issuer.as_ref().map(|issuer| issuer.common_names().join(", ")).unwrap_or_default();
        let plain = |words: &str| lower_case(words).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        // Tables name a root as people do, "GlobalSign Root CA – R1", and sometimes the issuing CA in its place.
        let agrees = |name: &str| {
            let (name, stated) = (plain(name), plain(stated));
            !name.is_empty() && (stated.starts_with(&name) || name.starts_with(&stated))
        };
        if !root.is_some_and(agrees) && !agrees(&issuer) {
            self.differs(Attribute::Root, stated, root.unwrap_or(&issuer), Weight::Open);
        }
    }

    fn alternative_names(&mut self, record: &SheetRecord, parsed: &ParsedCertificate) {
        let Some(stated) = record.value(Attribute::AlternativeNames) else { return };
        let stated: Vec<String> = stated.split(',').map(folded).filter(|name| !name.is_empty()).gathered();
        let shown = parsed.names().filter_map(|name| match name {
            GeneralName::Dns(name) => Some(lower_case(name)),
            GeneralName::Ip(address) => Some(address.to_string()),
            _ => None,
        });
        let shown: Vec<String> = shown.gathered();
        let all_in = |some: &[String], others: &[String]| some.iter().all(|name| others.contains(name));
        if !all_in(&stated, &shown) || !all_in(&shown, &stated) {
            self.differs(Attribute::AlternativeNames, &stated.join(", "), &shown.join(", "), Weight::Fails);
        }
    }

    /// Which of several records is meant: the one of this certificate, then the one with the fewest differences.
    fn distance(&self) -> (bool, bool, usize) {
        let fails = self.differences.iter().filter(|(weight, _)| *weight != Weight::Told).count();
        (!self.is_same, !self.has_same_key, fails)
    }

    fn judged(&self, sheet: &str, leaf: &CertificateView<'_>, proof: Option<&ChainAnswer>) -> Draft {
        let who = called(leaf);
        let of = |wanted: Weight| {
            let words = self.differences.iter().filter(|(weight, _)| *weight == wanted);
            words.map(|(_, words)| words.as_str()).gathered()
        };
        let (fails, told, open): (Vec<&str>, Vec<&str>, Vec<&str>) =
            (of(Weight::Fails), of(Weight::Told), of(Weight::Open));
        // With the same key, another certificate is a renewal.
        let is_renewal = self.has_certificate && self.has_same_key && !self.is_same;
        let own_hash = Attribute::Certificate.label();
        let fails: Vec<&str> = fails.into_iter().filter(|words| !is_renewal || !words.starts_with(own_hash)).gathered();
        if !fails.is_empty() {
            let all: Vec<&str> = fails.into_iter().chain(told).chain(open).gathered();
            let words = format!("{who} is not the one of the sheet `{sheet}`. {}", all.join("; "));
            return Draft::fail(sentence(&words)).certificate(leaf, "differs from the sheet").basis(Basis::Computed);
        }
        let unknown = |reason, detail: String| {
            let words = format!("that {who} is the one of the sheet `{sheet}` is not proven");
            Draft::unknown(sentence(&words), vec![Gap::new(reason, detail)])
                .certificate(leaf, "compared with the sheet")
        };
        if !self.is_same && !self.has_same_key {
            let open = if open.is_empty() { String::new() } else { format!(" {}.", open.join("; ")) };
            let detail = format!(
                "the sheet has neither the certificate's SHA-256 nor its key's, and names prove nothing; ask for a sheet with them.{open}"
            );
            return unknown(GapReason::NotStated, detail.trim_end_matches('.').to_owned());
        }
        let proven = proof.is_some_and(|proof| proof.host.is_some() && proof.paths.iter().any(PathAnswer::is_proof));
        if !proven || self.is_root_open {
            let detail = "its SHA-256 agrees, but the chain is not verified for a host up to a trusted root CA";
            return unknown(GapReason::NotStated, detail.to_owned());
        }
        let differences: Vec<&str> = told.into_iter().chain(open).gathered();
        let told = if differences.is_empty() { String::new() } else { format!(": {}", differences.join("; ")) };
        let words = if is_renewal {
            format!("{who} was renewed since the sheet `{sheet}`, with the same key{told}")
        } else {
            let by = if self.is_same { "its SHA-256" } else { "the SHA-256 of its key" };
            let told = if told.is_empty() { told } else { format!("; what differs{told}") };
            format!("{who} is the one of the sheet `{sheet}`, by {by}{told}")
        };
        Draft::pass(sentence(&words)).certificate(leaf, "as the sheet has it").basis(Basis::Computed)
    }
}

/// The common name in a distinguished name as reports write it; the whole of it where it has none.
fn common_name(name: &str) -> Option<&str> {
    name.split(", ").find_map(|part| part.strip_prefix("CN=")).or(Some(name))
}

fn folded(words: &str) -> String {
    lower_case(words.trim())
}
