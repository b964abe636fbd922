//! What one connector that is on demands of the other end, by the cmdlet that shows it.

use super::Context;
use super::connectors::{Answer, Demand, name_of};
use crate::evidence::{Attribute, Exhibit, Fact, Gap, GapReason};
use crate::letters::beginning;
use crate::policy::IdentityRecord;

/// Collects conditions: one that does not hold outweighs those that are not known.
struct Conditions<'a, 'f> {
    /// The certificate names that the policy knows the hosts of.
    identities: &'f [IdentityRecord],
    connector: &'a Exhibit,
    facts: &'f mut Vec<&'a Fact<String>>,
    no: Option<String>,
    unknown: Option<Gap>,
}

impl<'a> Conditions<'a, '_> {
    /// The attribute's text, which is cited; none where it is not known.
    fn text(&mut self, attribute: Attribute) -> Option<&'a str> {
        self.facts.extend(self.connector.facts(attribute));
        let text = self.connector.text(attribute);
        if text.is_none() {
            let gap = self.connector.gap(attribute);
            let words =
                Attribute::NAMED.iter().find(|(_, known)| *known == attribute).map_or("a setting", |(name, _)| name);
            self.unknown(Gap { detail: format!("`{}`, {words}: {}", name_of(self.connector), gap.detail), ..gap });
        }
        text
    }

    /// What must be so; where it is known to be otherwise, these words say what it is.
    fn must(&mut self, attribute: Attribute, expected: &str, otherwise: &str) {
        if self.text(attribute).is_some_and(|text| text != expected) {
            self.no(otherwise);
        }
    }

    /// What must be so, or the rest is not known.
    fn decides(&mut self, attribute: Attribute, expected: &str, otherwise: &str) {
        if self.text(attribute).is_some_and(|text| text != expected) {
            let detail = format!("`{}` {otherwise}", name_of(self.connector));
            self.unknown(Gap::new(GapReason::NotReportedByFormat, detail));
        }
    }

    /// Whether the name that a certificate must carry is the partner's; what else it is, is told.
    fn name(&mut self, name: &str, property: &str, partner: &str) {
        if is_of_anybody(name) {
            return self.no(&format!("takes a certificate of anybody (`{property}` is `{}`)", beginning(name, 80)));
        }
        let is_named = self.identities.iter().any(|record| record.host.eq_ignore_ascii_case(common_name(name)));
        if !is_named && !is_name_of(name, partner) {
            let detail = format!(
                "`{}` knows the partner by `{}` (`{property}`), a name of another domain: if that is who hosts its mail, name \
                 it as a `host` in the policy's `identities`",
                name_of(self.connector),
                beginning(name, 80)
            );
            self.unknown(Gap::new(GapReason::NotReportedByFormat, detail));
        }
    }

    fn no(&mut self, words: &str) {
        self.no.get_or_insert_with(|| format!("`{}` {words}", name_of(self.connector)));
    }

    fn unknown(&mut self, gap: Gap) {
        self.unknown.get_or_insert(gap);
    }

    fn answer(self) -> Answer {
        match (self.no, self.unknown) {
            (Some(why), _) => Answer::No(why),
            (None, Some(gap)) => Answer::Unknown(gap),
            (None, None) => Answer::Yes,
        }
    }
}

/// The common name in `<I>issuer<S>subject`; the name as it is where it has not that form.
fn common_name(name: &str) -> &str {
    let Some((_, subject)) = name.split_once("<S>") else { return name.trim().trim_end_matches('.') };
    let mut parts = subject.split(',').filter_map(|part| part.trim().split_once('='));
    parts.find(|(kind, _)| kind.trim().eq_ignore_ascii_case("CN")).map_or("", |(_, name)| name.trim())
}

/// Whether a name is of so many that it says nothing of one: a wildcard with fewer than two labels behind it.
pub(crate) fn is_of_anybody(name: &str) -> bool {
    let name = common_name(name);
    let Some(parent) = name.strip_prefix("*.") else { return name.contains('*') };
    parent.contains('*') || parent.split('.').filter(|label| !label.is_empty()).count() < 2
}

/// Whether a name is the partner's domain or one below it.
pub(crate) fn is_name_of(name: &str, partner: &str) -> bool {
    let base = |name: &str| name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
    let (base, partner) = (base(common_name(name)), base(partner));
    let is_below = base.strip_suffix(&partner).is_some_and(|before| before.ends_with('.'));
    !is_of_anybody(name) && !partner.is_empty() && (base == partner || is_below)
}

/// Whether a connector that is on demands it.
pub(super) fn demanded<'a>(
    context: &Context<'_>,
    connector: &'a Exhibit,
    partner: &str,
    demand: Demand,
    facts: &mut Vec<&'a Fact<String>>,
) -> Answer {
    let mut conditions = Conditions { identities: context.identities, connector, facts, no: None, unknown: None };
    conditions.must(Attribute::Enabled, "true", "is disabled");
    match connector.text(Attribute::Cmdlet) {
        Some("Get-OutboundConnector") => outbound(&mut conditions, partner, demand),
        Some("Get-SendConnector") => send(&mut conditions, partner, demand),
        _ => inbound(&mut conditions, partner, demand),
    }
    conditions.answer()
}

fn outbound(conditions: &mut Conditions<'_, '_>, partner: &str, demand: Demand) {
    conditions.must(Attribute::TestMode, "false", "is in test mode");
    conditions.text(Attribute::RuleScoped);
    conditions.decides(
        Attribute::ConnectorType,
        "Partner",
        "leads to own servers first: how mail goes on from there is not shown",
    );
    conditions.decides(
        Attribute::ViaOwnServers,
        "false",
        "sends all mail to own servers first (`RouteAllMessagesViaOnPremises`): how it goes on from there is not shown",
    );
    level(conditions, partner, demand, "takes clear text where the other end offers no TLS (`TlsSettings` is blank)");
}

fn send(conditions: &mut Conditions<'_, '_>, partner: &str, demand: Demand) {
    conditions.must(Attribute::RequireTls, "true", "does not require TLS");
    conditions.must(Attribute::IgnoreStarttls, "false", "never starts TLS (`IgnoreSTARTTLS`)");
    if demand == Demand::Partner || conditions.connector.text(Attribute::UsesMx) != Some("true") {
        level(conditions, partner, demand, "checks no certificate (`TlsAuthLevel` is blank)");
    } else {
        conditions.text(Attribute::UsesMx);
    }
}

/// The level of TLS, and whether it reaches the partner or a smart host.
fn level(conditions: &mut Conditions<'_, '_>, partner: &str, demand: Demand, blank: &str) {
    let level = conditions.text(Attribute::TlsLevel);
    let is_of_outbound = conditions.connector.text(Attribute::Cmdlet) == Some("Get-OutboundConnector");
    let mut name = None;
    match level {
        Some("") if is_of_outbound || demand == Demand::Partner => conditions.no(blank),
        Some("EncryptionOnly") if demand == Demand::Partner => {
            conditions.no("encrypts without looking at the certificate (`EncryptionOnly`)");
        }
        Some("CertificateValidation") if demand == Demand::Partner => {
            conditions.no("checks the certificate, not whose it is (`CertificateValidation`)");
        }
        Some("DomainValidation") => {
            name = conditions.connector.text(Attribute::TlsDomain).filter(|name| !name.is_empty());
            match name {
                Some(name) => {
                    conditions.facts.extend(conditions.connector.facts(Attribute::TlsDomain));
                    if demand == Demand::Partner {
                        conditions.name(name, "TlsDomain", partner);
                    }
                }
                None if demand == Demand::Partner => {
                    let detail = format!(
                        "`{}` has `DomainValidation`, and no `TlsDomain` is shown: by which name the partner is known",
                        name_of(conditions.connector)
                    );
                    conditions.unknown(Gap::new(GapReason::NotReportedByFormat, detail));
                }
                None => {}
            }
        }
        _ => {}
    }
    let is_of_partner = name.is_some_and(|name| is_name_of(name, partner));
    // A certificate of the partner's own name shows that the smart host is the partner's.
    if !is_of_partner {
        conditions.decides(
            Attribute::UsesMx,
            "true",
            "leads to a smart host: how mail goes on from there is not shown",
        );
    }
}

fn inbound(conditions: &mut Conditions<'_, '_>, partner: &str, demand: Demand) {
    conditions.decides(Attribute::ConnectorType, "Partner", "is not of the type `Partner`");
    conditions.must(Attribute::RequireTls, "true", "takes clear text (`RequireTls` is off)");
    conditions.decides(Attribute::AcceptedDomain, "", "is limited to some of the own domains");
    if demand == Demand::Partner {
        conditions.must(
            Attribute::RestrictToCertificate,
            "true",
            "takes any sender's certificate, or none (`RestrictDomainsToCertificate` is off)",
        );
        match conditions.text(Attribute::CertificateName) {
            Some("") => conditions.no("names no certificate (`TlsSenderCertificateName` is blank)"),
            Some(name) => conditions.name(name, "TlsSenderCertificateName", partner),
            None => {}
        }
    }
}
