//! `tlsa-mismatch`: the TLSA records of a service name the certificates that it sends.

use super::certificates::{called, not_all_shown};
use super::tlsa::{Association, Record};
use super::{About, Clause, Context, DELV, Draft, Findings, NoParams, OPENSSL_TLSA, Rule, Subject};
use crate::evidence::{Attribute, Basis, CertificateView, Dossier, Gap, GapReason, PresentedView, Role, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::path::{Purpose, Question, Root, TrustStore, prove};
use crate::pki::{ParsedCertificate, parse_host};

/// See [`Rule::ABOUT`].
pub(super) struct TlsaMismatch;

/// More chains of one service are not compared, nor more certificates of one.
const MOST: usize = 16;

const REQUIRED: &str = "for each certificate that the service sends, a TLSA record that names it or its issuer";

impl Rule for TlsaMismatch {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tlsa-mismatch",
        title: "TLSA records that name the server's certificates",
        checks: "The TLSA records of a service, as `delv` or `dig` shows them, against the chains that were shown of that host and \
                 port, byte for byte: usage 3 against the server's own certificate, whose names and dates do not count then; \
                 usage 2 against an issuer's certificate in the chain, up to which every signature, date and name must hold. It \
                 passes only where `delv` or `intransit-probe scan --dns` validated the records: a resolver's flag `ad` is its \
                 word, and `+cd`, `+short` and what an authoritative server answers show nothing of DNSSEC.",
        why: "Senders that keep DANE do not deliver to a server whose certificate no record names: usually it was renewed with \
              another key, and the record was not.",
        fix: &[
            (
                "any",
                "publish the record of the new key before the certificate is changed, and keep both for two times to live",
            ),
            ("any", "keep the key when the certificate is renewed: `3 1 1` then stays right"),
            ("any", "for usage 2, have the server send the issuer's certificate that the record names"),
        ],
        citations: &[
            Clause {
                document: "RFC 7672",
                clause: "sections 3.1.1 and 3.1.2: DANE-EE ignores names and dates; DANE-TA needs the certificate in the chain",
                url: "https://www.rfc-editor.org/rfc/rfc7672#section-3.1",
                date: "2015-10",
            },
            Clause {
                document: "RFC 7671",
                clause: "section 5.2: servers with DANE-TA records send the trust anchor's certificate",
                url: "https://www.rfc-editor.org/rfc/rfc7671#section-5.2",
                date: "2015-10",
            },
            Clause {
                document: "RFC 6698",
                clause: "section 2.1: what is compared, and how",
                url: "https://www.rfc-editor.org/rfc/rfc6698#section-2.1",
                date: "2012-08",
            },
        ],
        effective: "2015-10-01",
        subjects: &[SubjectKind::DnsRecord],
        decide_by: &[DELV, OPENSSL_TLSA],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let unknown = |gaps| {
            let words = "Whether the TLSA records name the server's certificates is not known.";
            Draft::unknown(words, gaps).required(REQUIRED)
        };
        let association = match Association::of(context, subject) {
            None => return,
            Some(Err(gap)) => return findings.add(unknown(vec![gap])),
            Some(Ok(association)) => association,
        };
        if let Some(why) = association.unprotected() {
            let words = format!(
                "Senders do not compare the TLSA records of `{}`: DNSSEC does not protect them ({why}).",
                association.owner
            );
            let draft = Draft::not_applicable(words).required(REQUIRED);
            let fact = association.answer.fact(Attribute::Validation);
            findings.add(fact.into_iter().fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value)));
            return;
        }
        if association.usable().next().is_none() {
            if association.gaps.is_empty() {
                let words = format!(
                    "`{}` has no TLSA record that can be used: there is nothing to compare.",
                    association.owner
                );
                let draft = Draft::not_applicable(words).required(REQUIRED);
                let facts = association.answer.facts(Attribute::Data).take(5);
                findings.add(facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value)));
            } else {
                findings.add(unknown(association.gaps));
            }
            return;
        }
        // Clients of DANE send the server name (RFC 7672 section 8.1), and under another one another chain may be sent.
        let is_it = |dossier: &&Dossier<'_>| {
            let host = dossier.key.host.as_deref().map(|host| host.trim_end_matches('.'));
            host.is_some_and(|host| host.eq_ignore_ascii_case(association.host))
                && dossier.key.port == association.port
                && dossier.key.role == Role::Server
                && dossier.key.server_name.is(association.host)
        };
        let before = findings.drafts.len();
        for dossier in context.merged.dossiers.iter().filter(is_it) {
            for chain in dossier.chains.iter().take(MOST) {
                findings.add(compared(context, &association, chain).required(REQUIRED));
            }
            let mut gaps = dossier.chain_gaps();
            if dossier.chains.len() > MOST {
                gaps.push(Gap::new(GapReason::Unsupported, format!("only {MOST} chains are compared")));
            }
            not_all_shown(gaps, REQUIRED, findings);
        }
        if findings.drafts.len() == before {
            let detail = format!(
                "no chain of `{}:{}` was shown, as clients see it that send its name",
                association.host, association.port
            );
            findings.add(unknown(vec![Gap::new(GapReason::NotAttempted, detail)]));
        }
    }
}

/// What one record is to one chain.
enum Match<'c, 'a> {
    /// It names this certificate.
    Named(&'c CertificateView<'a>),
    /// It does not, and why.
    Not(Option<String>),
    /// That is not known.
    Unknown(Gap),
}

fn compared(context: &Context<'_>, association: &Association<'_>, chain: &PresentedView<'_>) -> Draft {
    let Some(leaf) = chain.leaf() else {
        return Draft::unknown(
            "The chain is empty.",
            vec![Gap::new(GapReason::Truncated, "the chain has no certificate")],
        );
    };
    let owner = association.owner;
    let mut gaps: Vec<Gap> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for record in association.usable() {
        match matched(context, association.host, record, chain) {
            Match::Named(certificate) => {
                let how = if certificate.is_leaf { "" } else { ", which issued the server's" };
                let words = format!("{} of `{owner}` names {}{how}.", record.called(), called(certificate));
                let draft = Draft::pass(words).certificate(leaf, "the leaf").basis(Basis::Computed);
                let draft = draft.cite(certificate.words(), "named by the record");
                let draft = draft.cite(&record.fact.words, &record.fact.value).basis(record.fact.basis);
                return association.rest_on_dnssec(draft.required(REQUIRED));
            }
            Match::Not(why) => reasons.extend(why),
            Match::Unknown(gap) => gaps.push(gap),
        }
    }
    gaps.extend(association.gaps.iter().cloned());
    if !gaps.is_empty() {
        let words = format!("Whether a TLSA record of `{owner}` names {} is not known.", called(leaf));
        return Draft::unknown(words, gaps).certificate(leaf, "not named by what was shown");
    }
    let why = if reasons.is_empty() { String::new() } else { format!(" {}.", reasons.join("; ")) };
    let draft = Draft::fail(format!("No TLSA record of `{owner}` names {}.{why}", called(leaf)));
    let facts = association.usable().take(10).map(|record| record.fact);
    let draft = draft.certificate(leaf, "the leaf").basis(Basis::Computed);
    let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
    association.rest_on_dnssec(draft.required(REQUIRED))
}

fn matched<'c, 'a>(
    context: &Context<'_>,
    host: &str,
    record: &Record<'_>,
    chain: &'c PresentedView<'a>,
) -> Match<'c, 'a> {
    let bytes = |what: &str| {
        Match::Unknown(Gap::new(GapReason::NotReportedByFormat, format!("the bytes of {what} were not shown")))
    };
    let Some(leaf) = chain.leaf() else { return Match::Not(None) };
    let Some(parsed) = leaf.decoded() else { return bytes("the server's certificate") };
    if record.usage == 3 {
        return if record.names(parsed) { Match::Named(leaf) } else { Match::Not(None) };
    }
    if record.usage != 2 {
        let detail = format!("{} also demands a path to a trusted root, which is not judged here", record.called());
        return Match::Unknown(Gap::new(GapReason::Unsupported, detail));
    }
    let issuers = chain.certificates.iter().skip(1).take(MOST);
    let Some(anchor) = issuers.clone().find(|one| one.decoded().is_some_and(|one| record.names(one))) else {
        if chain.certificates.iter().any(|one| one.decoded().is_none()) || chain.certificates.len() > MOST {
            return bytes("all certificates of the chain");
        }
        return match chain.gap() {
            Some(gap) => Match::Unknown(gap.clone()),
            None => Match::Not(Some(format!("No issuer's certificate in the chain is that of {}", record.called()))),
        };
    };
    let others: Vec<&ParsedCertificate> = issuers.filter_map(|one| one.decoded()).gathered();
    let unproven = |why: &str| {
        Match::Not(Some(format!(
            "{} names {}, and the path to it does not hold: {why}",
            record.called(),
            called(anchor)
        )))
    };
    let Some(root) = anchor.decoded().and_then(Root::anchor) else { return unproven("its fields cannot be read") };
    let Ok(name) = parse_host(host) else { return unproven("the host cannot be read") };
    let store = TrustStore::of_anchor(root, context.at);
    let question = Question {
        leaf: parsed,
        others: &others,
        store: &store,
        at: context.at,
        host: Some(&name),
        purpose: Purpose::Server,
    };
    let answer = prove(&question);
    if answer.trusted {
        return Match::Named(anchor);
    }
    // The certificate may be for the domain of the mail instead (RFC 7672 section 3.2.2), which is not known here.
    if prove(&Question { host: None, ..question }).trusted {
        let detail =
            format!("the certificate is not for `{host}`; whether it is for the domain of the mail is not known");
        return Match::Unknown(Gap::new(GapReason::NotStated, detail));
    }
    match answer.stopped {
        Some(why) => Match::Unknown(Gap::new(GapReason::Unsupported, why)),
        None => unproven(answer.nearest_miss.as_deref().unwrap_or("no path was found")),
    }
}
