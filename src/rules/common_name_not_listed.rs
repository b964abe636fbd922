//! `common-name-not-listed`: a common name is one of the alternative names, and there is one at most.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, listed};
use super::{About, Clause, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::pki::ParsedCertificate;
use crate::pki::extension::{Field, GeneralName};

/// See [`Rule::ABOUT`].
pub(super) struct CommonNameNotListed;

const DEMANDS: &[Demand] = &[Demand::new("one", one), Demand::new("listed", is_listed)];

impl Rule for CommonNameNotListed {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "common-name-not-listed",
        title: "a common name that is among the alternative names",
        checks: "Whether a server's certificate has no common name, or one that stands among its alternative names character \
                 for character: a DNS name as it is written there, an address in its usual spelling (RFC 5952).",
        why: "The common name is not looked at by clients any more, but by people and old programs. A name there that was \
              vetted for nothing makes them take one host for another.",
        fix: &[(
            "any",
            "have a certificate issued without a common name, or with one of the alternative names as it is written",
        )],
        citations: &[
            baseline("section 7.1.4.3: the common name is one of the values of the subjectAltName"),
            Clause {
                document: "RFC 9525",
                clause: "section 2: the common name is not used",
                url: "https://www.rfc-editor.org/rfc/rfc9525#section-2",
                date: "2023-11",
            },
        ],
        effective: "2012-07-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "no common name but one of the alternative names";
        each_demand(
            context,
            subject,
            Whose::Servers,
            DEMANDS,
            required,
            "has no common name that stands alone",
            findings,
        );
    }
}

fn one(certificate: &ParsedCertificate) -> Answer {
    match &certificate.subject {
        Ok(subject) => match subject.common_names().len() {
            0 | 1 => Answer::Meets,
            count => Answer::Departs(format!("has {count} common names")),
        },
        Err(why) => Answer::Open("its common name", why.clone()),
    }
}

/// Common names that are looked at; a second one fails already.
const MOST: usize = 100;

fn is_listed(certificate: &ParsedCertificate) -> Answer {
    let Ok(subject) = &certificate.subject else { return Answer::Meets };
    let names = certificate.names().filter_map(|name| match name {
        GeneralName::Dns(name) => Some(name.clone()),
        GeneralName::Ip(address) => Some(address.to_string()),
        _ => None,
    });
    let names: Vec<String> = names.gathered();
    let missing =
        subject.common_names().into_iter().take(MOST).filter(|name| !names.iter().any(|one| one == name)).gathered();
    let unread = match &certificate.extensions.subject_alternative_name {
        Field::Undecodable(why) => Some(why.clone()),
        Field::Decoded(names) if names.unreadable > 0 => {
            Some(format!("{} of its names cannot be read", names.unreadable))
        }
        _ => None,
    };
    match (missing.as_slice(), unread) {
        ([], _) => Answer::Meets,
        (_, Some(why)) => Answer::Open("its alternative names", why),
        (names, None) => {
            Answer::Departs(format!("has the common name {}, which is not among its alternative names", listed(names)))
        }
    }
}
