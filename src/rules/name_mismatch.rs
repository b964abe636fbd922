//! `name-mismatch`: the certificate names the host that was asked for.

use super::certificates::{not_all_shown, other_chains, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, Certificate, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::{NameMatch, match_host, parse_host};

/// See [`Rule::ABOUT`].
pub(super) struct NameMismatch;

const REQUIRED: &str = "a certificate that names the host";

impl Rule for NameMismatch {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "name-mismatch",
        title: "the certificate names the host",
        checks: "Whether the leaf's subject alternative names have the host that was asked for: DNS names in any case, a \
                 wildcard for exactly one label, internationalised names by their A-labels, addresses only as IP addresses. \
                 The common name does not count.",
        why: "A certificate for another name proves nothing about this host: anybody has one. Senders that check the name \
              refuse to deliver.",
        fix: &[
            ("any", "have a certificate issued whose subject alternative names have every name that clients use"),
            ("Postfix", "serve one certificate for each name with tls_server_sni_maps"),
        ],
        citations: &[
            Clause {
                document: "RFC 9525",
                clause: "section 6: verifying service identity",
                url: "https://www.rfc-editor.org/rfc/rfc9525#section-6",
                date: "2023-11",
            },
            Clause {
                document: "RFC 5280",
                clause: "section 4.2.1.6: subject alternative name",
                url: "https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6",
                date: "2008-05",
            },
        ],
        effective: "2011-03-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME, "intransit-probe check --host NAME FILE"],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let host = subject.host();
        for leaf in subject.chains().iter().filter_map(|chain| chain.leaf()) {
            let draft = match leaf.shown {
                Certificate::Reported(reported) => match &reported.names_host {
                    Some(named) if !named.value => {
                        Draft::fail("The scanner reports that the certificate does not name the host.")
                            .cite(&named.words, "does not name the host")
                            .basis(Basis::ToolSays)
                    }
                    _ => unreadable(leaf, "the names in it"),
                },
                Certificate::Der(_) => match (&host, leaf.decoded()) {
                    (_, None) => unreadable(leaf, "the names in it"),
                    (None, Some(_)) => Draft::unknown(
                        "No host was given to compare the certificate with.",
                        vec![Gap::new(GapReason::NotStated, "the host is not known, and none was stated")],
                    )
                    .certificate(leaf, "for which host it is, was not said"),
                    (Some(host), Some(parsed)) => match parse_host(&host.value) {
                        Err(message) => Draft::unknown(
                            format!("`{}` cannot be compared with the names of the certificate.", host.value),
                            vec![Gap::new(GapReason::Unsupported, message)],
                        )
                        .certificate(leaf, "the host cannot be compared"),
                        Ok(wanted) => compared(&host.value, host.basis, match_host(&wanted, parsed))
                            .certificate(leaf, "its names"),
                    },
                },
            };
            findings.add(draft.required(REQUIRED));
        }
        not_all_shown(other_chains(subject), REQUIRED, findings);
    }
}

fn compared(host: &str, basis: Basis, found: NameMatch) -> Draft {
    match found {
        NameMatch::Matches { name } => {
            Draft::pass(format!("The certificate names `{host}` (as `{name}`).")).basis(basis.max(Basis::Computed))
        }
        NameMatch::Mismatch { presented, near_miss } => {
            let names: Vec<String> = presented.iter().take(6).map(|name| format!("`{name}`")).gathered();
            let more = presented.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let hint = near_miss.map(|hint| format!(" {}", sentence(&hint))).unwrap_or_default();
            Draft::fail(format!("The certificate does not name `{host}` but {}{more}.{hint}", names.join(", ")))
                .basis(basis.max(Basis::Computed))
        }
        NameMatch::NoNames { near_miss } => {
            let hint = near_miss.map(|hint| format!(" {}", sentence(&hint))).unwrap_or_default();
            Draft::fail(format!("The certificate has no subject alternative name, so it does not name `{host}`.{hint}"))
                .basis(basis.max(Basis::Computed))
        }
        NameMatch::Unreadable { reason } => Draft::unknown(
            format!("Whether the certificate names `{host}` is not known."),
            vec![Gap::new(GapReason::Unsupported, reason)],
        ),
    }
}
