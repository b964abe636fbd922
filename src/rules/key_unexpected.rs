//! `key-unexpected`: the certificate has a key that the policy pins for the host, or is one that it pins.

use super::certificates::{called, not_all_shown, other_chains, unreadable};
use super::identities::{Expected, WithoutRecords, checked, expected};
use super::{About, Clause, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, PresentedView, SubjectKind};
use crate::pki::{NameMatch, ParsedCertificate, match_host, parse_host};
use crate::policy::{IdentityRecord, Pin};

/// See [`Rule::ABOUT`].
pub(super) struct KeyUnexpected;

const REQUIRED: &str = "a key or a certificate that the policy pins for the host";

impl Rule for KeyUnexpected {
    type Params = WithoutRecords;

    const ABOUT: About = About {
        id: "key-unexpected",
        title: "a pinned key or certificate",
        checks: "Whether the leaf's key (`spkiSha256`: the SHA-256 of its SubjectPublicKeyInfo) or the leaf itself \
                 (`certificateSha256`) is among the pins of the policy's `identities` for the host that was asked for; one \
                 of them is enough. Names do not count.",
        why: "A certificate of the right name under any CA is what an attacker would get. The key is what only the partner has.",
        fix: &[
            (
                "any",
                "ask the partner, by another way than this connection, whether the key was changed, and pin the new one",
            ),
            ("any", "pin keys rather than certificates where these are renewed often: a renewed one may keep its key"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "TLS certificate information; forced TLS: the partner authenticates with a certificate",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 7469",
                clause: "section 2.4: a pin is the SHA-256 of the SubjectPublicKeyInfo",
                url: "https://www.rfc-editor.org/rfc/rfc7469#section-2.4",
                date: "2015-04",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &WithoutRecords, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        for chain in subject.chains() {
            if let Some(leaf) = chain.leaf() {
                findings.add(judged(context, subject, chain, leaf).required(REQUIRED));
            }
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn judged(
    context: &Context<'_>,
    subject: &Subject<'_>,
    chain: &PresentedView<'_>,
    leaf: &CertificateView<'_>,
) -> Draft {
    let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "its key") };
    let Ok(key) = &parsed.key else { return unreadable(leaf, "its key") };
    let key = key.spki_sha256.as_str();
    let observed = format!("the key {key}");
    let says = |record: &IdentityRecord| !record.spki_sha256.is_empty() || !record.certificate_sha256.is_empty();
    let expected = match expected(context, subject, &says, "key") {
        Ok(expected) => expected,
        Err(draft) => return draft.certificate(leaf, &observed),
    };
    let who = called(leaf);
    let host = &expected.host;
    // Bytes behind the certificate are not part of it, and no pin is of them.
    let pass = |what: &str, record: &IdentityRecord| {
        let checked = checked(std::iter::once(record));
        Draft::pass(sentence(&format!("{who} {what} that the policy pins for `{host}`{checked}")))
            .certificate(leaf, &observed)
            .basis(Basis::Computed)
            .basis(expected.basis)
    };
    let has = |pins: &[Pin], sha256: &str| pins.iter().any(|pin| pin.is(sha256));
    for record in &expected.records {
        if has(&record.spki_sha256, key) {
            return pass("has a key", record);
        }
        if has(&record.certificate_sha256, &parsed.sha256) {
            return pass("is a certificate", record);
        }
    }
    let text = format!(
        "neither the key of {who}, {key}, nor the certificate itself is pinned for `{host}`{}",
        checked(expected.records.iter().copied())
    );
    Draft::fail(format!("{}{}", sentence(&text), near_miss(&expected, chain, parsed)))
        .certificate(leaf, &observed)
        .basis(Basis::Computed)
}

/// What looks right without being it.
fn near_miss(expected: &Expected<'_>, chain: &PresentedView<'_>, leaf: &ParsedCertificate) -> String {
    let any = |test: &dyn Fn(&Pin) -> bool| {
        expected.records.iter().any(|one| one.spki_sha256.iter().chain(&one.certificate_sha256).any(test))
    };
    let own_key = leaf.key.as_ref().map(|key| key.spki_sha256.as_str()).unwrap_or_default();
    if any(&|pin| pin.is(&leaf.sha256) || pin.is(own_key)) {
        return " The pin stands in the wrong list: `spkiSha256` is of keys, `certificateSha256` of certificates."
            .to_owned();
    }
    let above = chain.certificates.iter().filter(|one| !one.is_leaf).filter_map(|one| one.decoded());
    for issuer in above {
        let key = issuer.key.as_ref().map(|key| key.spki_sha256.as_str()).unwrap_or_default();
        if any(&|pin| pin.is(key) || pin.is(&issuer.sha256)) {
            return " The pin is of a CA above it: `rootSpkiSha256` pins roots.".to_owned();
        }
    }
    let names = parse_host(&expected.host).map(|host| match_host(&host, leaf));
    match names {
        Ok(NameMatch::Matches { name }) => format!(" Its name is right (`{name}`), its key is not."),
        _ => String::new(),
    }
}
