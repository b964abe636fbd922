//! `ca-address-unreachable`: the addresses that a certificate names for validating it can be reached.

use super::certificates::{called, unreadable};
use super::{About, CERTUTIL, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Fetch, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::ordered::Set;
use crate::pki::ParsedCertificate;

/// See [`Rule::ABOUT`].
pub(super) struct CaAddressUnreachable;

const REQUIRED: &str = "every address of the certificate's CA answers where it is needed";

impl Rule for CaAddressUnreachable {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "ca-address-unreachable",
        title: "addresses of CAs that can be reached",
        checks: "Whether the addresses that a certificate names for revocation lists, OCSP and its issuer's certificate could \
                 be fetched where `certutil -verify -urlfetch` was run, by its own words: it fails where one of them \
                 failed, had expired or did not answer. That all could be fetched is the tool's word and proves \
                 nothing. Certificates that name no address are not concerned.",
        why: "A mail server that cannot reach its partners' CAs cannot validate their certificates: mail is delayed or stops.",
        fix: &[
            (
                "any",
                "let the server out to the addresses that the report lists, over http; of a private CA, publish them",
            ),
            ("Windows", "certutil -verify -urlfetch CERTIFICATE.cer says which of them fail; clear the cache before"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "prepare for the new certificate: connecting to the endpoints of the new CA. The page's \
                         `certutil -URL https://…` opens a window and names a list over https, which CAs offer over http",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 5280",
                clause: "sections 4.2.1.13 and 4.2.2.1: where lists, responses and issuers' certificates are; section 8 on https",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.13",
                date: "2008-05",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[CERTUTIL],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let fetches = context.revocations.fetches();
        // It can only fail: of certificates that were not shown there is nothing to say.
        let mut seen: Set<&str> = Set::new();
        for certificate in subject.chains().iter().flat_map(|chain| &chain.certificates) {
            if certificate.sha256.as_deref().is_none_or(|sha256| seen.insert(sha256)) {
                findings.add(judged(certificate, &fetches).required(REQUIRED));
            }
        }
    }
}

fn judged(certificate: &CertificateView<'_>, fetches: &[&Fetch]) -> Draft {
    let Some(parsed) = certificate.decoded() else {
        return unreadable(certificate, "the addresses that it names");
    };
    let who = called(certificate);
    let urls = urls(parsed);
    if urls.is_empty() {
        let words = format!("{who} names no address of its CA");
        return Draft::not_applicable(sentence(&words)).certificate(certificate, "it names no address");
    }
    let own: Vec<&&Fetch> = fetches.iter().filter(|fetch| urls.contains(&fetch.url.as_str())).gathered();
    let failed: Vec<&&&Fetch> = own.iter().filter(|fetch| fetch.usable == Some(false)).gathered();
    if !failed.is_empty() {
        let named: Vec<String> =
            failed.iter().map(|fetch| format!("`{}` ({})", fetch.url, fetch.outcome.value)).gathered();
        let words = format!("a tool could not use what {who} names: {}", named.join(", "));
        let draft = Draft::fail(sentence(&words)).certificate(certificate, "it names the address");
        let cited = failed.iter().fold(draft, |draft, fetch| draft.cite(&fetch.outcome.words, &fetch.outcome.value));
        return cited.basis(Basis::ToolSays);
    }
    let gap = if own.is_empty() {
        Gap::new(GapReason::NotAttempted, "nobody has shown whether its addresses can be reached where it is validated")
    } else {
        let words: Vec<_> = own.iter().flat_map(|fetch| fetch.outcome.words.iter().copied()).gathered();
        Gap::new(GapReason::NotReportedByFormat, "a tool's word that they can be reached proves nothing").at(words)
    };
    let words = format!("whether the addresses that {who} names can be reached is not proven");
    Draft::unknown(sentence(&words), vec![gap]).certificate(certificate, "it names addresses")
}

fn urls(parsed: &ParsedCertificate) -> Vec<&str> {
    let lists = parsed.extensions.crl_distribution_points.decoded().map_or(&[][..], Vec::as_slice);
    let access = parsed.extensions.authority_information_access.decoded();
    let access = access.into_iter().flat_map(|access| access.ocsp.iter().chain(&access.ca_issuers));
    lists.iter().chain(access).map(String::as_str).gathered()
}
