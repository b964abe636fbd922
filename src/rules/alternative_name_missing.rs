//! `alternative-name-missing`: leaves name their hosts where clients look.

use super::certificates::{called, each_leaf, unreadable};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, SubjectKind};
use crate::pki::extension::{Field, GeneralName};

/// See [`Rule::ABOUT`].
pub(super) struct AlternativeNameMissing;

impl Rule for AlternativeNameMissing {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "alternative-name-missing",
        title: "certificates with alternative names",
        checks: "Whether every leaf has a subject alternative name with at least one DNS name or address. Whether it is the right \
                 one is the matter of name-mismatch.",
        why: "Clients have stopped reading the common name: a certificate without alternative names is for no host.",
        fix: &[("any", "have a certificate issued whose subject alternative names have every name that clients use")],
        citations: &[
            Clause {
                document: "CA/Browser Forum Baseline Requirements 2.2.6",
                clause: "section 7.1.2.7: subscriber certificates have subjectAltName",
                url: "https://cabforum.org/working-groups/server/baseline-requirements/documents/",
                date: "2026-03-31",
            },
            Clause {
                document: "RFC 9525",
                clause: "section 2: the common name is not used",
                url: "https://www.rfc-editor.org/rfc/rfc9525#section-2",
                date: "2023-11",
            },
        ],
        effective: "2011-03-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        each_leaf(subject, "a subject alternative name with a host", findings, &|leaf| {
            let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "the names in it") };
            let who = called(leaf);
            let names = match &parsed.extensions.subject_alternative_name {
                Field::Undecodable(_) => return unreadable(leaf, "its subject alternative name"),
                Field::Absent => {
                    return Draft::fail(sentence(&format!("{who} has no subject alternative name")))
                        .certificate(leaf, "no subject alternative name")
                        .basis(Basis::Computed);
                }
                Field::Decoded(names) => names,
            };
            let hosts =
                names.names.iter().filter(|name| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_))).count();
            let observed = format!("{hosts} DNS names and addresses");
            let draft = match (hosts, names.unreadable) {
                (0, 0) => Draft::fail(sentence(&format!("the subject alternative name of {who} has no host"))),
                (0, _) => return unreadable(leaf, "its subject alternative name"),
                (hosts, _) => Draft::pass(sentence(&format!("{who} has {hosts} DNS names and addresses"))),
            };
            draft.certificate(leaf, &observed).basis(Basis::Computed)
        });
    }
}
