//! `tlsa-unusable`: the TLSA records of a mail server are ones that mail servers can use.

use super::tlsa::Association;
use super::{About, Clause, Context, DELV, DIG_TLSA, Draft, Findings, NoParams, PROBE_DNS, Rule, Subject};
use crate::evidence::{Attribute, SubjectKind};
use crate::gathered::Gathered;
use crate::policy::Level;

/// See [`Rule::ABOUT`].
pub(super) struct TlsaUnusable;

impl Rule for TlsaUnusable {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tlsa-unusable",
        title: "TLSA records that can be used",
        checks: "The TLSA records of a service: certificate usage, selector, matching type and length. At port 25 the usages 0 and \
                 1 cannot be used. It passes where one record can be used and the answer was validated, and at port 25 the \
                 MX records and the addresses that lead there too, as senders have to: `intransit-probe scan --dns` of the \
                 domain does that. `delv` validates one answer; a resolver's flag `ad` is only its word. Records that cannot be used beside ones that can are a should-fix.",
        why: "Where no record can be used, senders demand TLS and verify nobody: whoever sits in between is as good as the server.",
        fix: &[
            (
                "any",
                "publish `3 1 1`: SHA-256 of the public key of the server's own certificate (RFC 7672 section 3.1.1)",
            ),
            (
                "any",
                "publish the record of the next key before the key is used, and take the old one away after its time to live",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 7672",
                clause: "section 3.1.3: certificate usages PKIX-TA and PKIX-EE are not for SMTP; section 2.2: unusable records, \
                         and what has to be secure besides",
                url: "https://www.rfc-editor.org/rfc/rfc7672#section-3.1.3",
                date: "2015-10",
            },
            Clause {
                document: "RFC 6698",
                clause: "section 2.1: certificate usage, selector, matching type",
                url: "https://www.rfc-editor.org/rfc/rfc6698#section-2.1",
                date: "2012-08",
            },
            Clause {
                document: "RFC 7671",
                clause: "section 4: clients ignore records with parameters that they do not support",
                url: "https://www.rfc-editor.org/rfc/rfc7671#section-4",
                date: "2015-10",
            },
        ],
        effective: "2015-10-01",
        subjects: &[SubjectKind::DnsRecord],
        decide_by: &[PROBE_DNS, DELV, DIG_TLSA],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let required = "a record with usage 2 or 3, a known selector and matching type, and data of the right length";
        let unknown =
            |gaps| Draft::unknown("Whether the TLSA records can be used is not known.", gaps).required(required);
        let association = match Association::of(context, subject) {
            None => return,
            Some(Err(gap)) => return findings.add(unknown(vec![gap])),
            Some(Ok(association)) => association,
        };
        let owner = association.owner;
        let cited = |draft: Draft| {
            let facts = association.answer.facts(Attribute::Data).take(20);
            facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis))
        };
        let is_mail = association.is_mail();
        let bad: Vec<String> = association.records.iter().filter_map(|record| record.unusable(is_mail)).gathered();
        let named = bad.join("; ");
        let first = association.usable().next();
        // That there is no record needs no proof where nothing could be proven.
        let is_relied_on = |why: &&str| !association.records.is_empty() || why.starts_with("bogus: ");
        let unprotected = association.unprotected().filter(is_relied_on);
        let draft = match first {
            _ if unprotected.is_some() => {
                let why = unprotected.unwrap_or_default();
                let words =
                    format!("Senders cannot use the TLSA records of `{owner}`: DNSSEC does not protect them ({why}).");
                let facts =
                    association.answer.facts(Attribute::Owner).chain(association.answer.fact(Attribute::Validation));
                let draft = cited(Draft::fail(words).required(required));
                facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis))
            }
            _ if association.records.is_empty() && !association.gaps.is_empty() => unknown(association.gaps),
            None if association.records.is_empty() => {
                let words = format!("`{owner}` has no TLSA records: the service does not use DANE.");
                cited(Draft::not_applicable(words)).required(required)
            }
            None if !association.gaps.is_empty() => unknown(association.gaps),
            None => {
                let draft = Draft::fail(format!("No TLSA record of `{owner}` can be used. {named}."));
                association.rest_on_dnssec(cited(draft).required(required))
            }
            Some(record) => {
                if !bad.is_empty() {
                    let draft = Draft::fail(format!("`{owner}` has TLSA records that nobody can use. {named}."));
                    let draft = cited(draft).level(Level::Warning).facet("besides").required(required);
                    findings.add(association.rest_on_dnssec(draft));
                }
                let obstacles = association.obstacles(context);
                if !obstacles.is_empty() {
                    obstacles.into_iter().for_each(|draft| findings.add(draft.required(required)));
                    return;
                }
                let draft = Draft::pass(format!("{} of `{owner}` can be used.", record.called()));
                let draft = draft.cite(&record.fact.words, &record.fact.value).basis(record.fact.basis);
                association.rest_on_dnssec(draft.required(required))
            }
        };
        findings.add(draft);
    }
}
