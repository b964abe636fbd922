//! `connector-certificate-mismatch`: the certificate that a connector names is there.

use super::connectors::{cited, name_of, quoted};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Basis, Exhibit, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::letters::lower_case;
use crate::source::Span;

/// See [`Rule::ABOUT`].
pub(super) struct ConnectorCertificateMismatch;

impl Rule for ConnectorCertificateMismatch {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "connector-certificate-mismatch",
        title: "the certificate that a connector names is there",
        checks: "TlsCertificateName of a send or receive connector, and TlsSenderCertificateName of an inbound one, against the \
                 certificates at hand: those of Get-ExchangeCertificate and the first ones of pasted chains. \
                 `<I>issuer<S>subject` must be both, without regard to blanks and case; a domain must be the common name. \
                 Without any certificate at hand it is unknown.",
        why: "After a renewal by another CA the name in the connector points at nothing: Exchange then stops offering STARTTLS, \
              and mail that needs TLS stays in queues (KB2989382).",
        fix: &[
            (
                "Exchange Server",
                "$c = Get-ExchangeCertificate -Thumbprint THUMBPRINT; Set-SendConnector -Identity NAME -TlsCertificateName \
                 \"<I>$($c.Issuer)<S>$($c.Subject)\", and the same with Set-ReceiveConnector",
            ),
            ("Exchange Online", "Set-InboundConnector -Identity NAME -TlsSenderCertificateName DOMAIN"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Cannot receive mail with a new certificate (KB2989382)",
                clause: "TlsCertificateName must name the new certificate",
                url: "https://learn.microsoft.com/troubleshoot/exchange/email-delivery/cannot-receive-mail-with-new-certificate",
                date: "2024",
            },
            Clause {
                document: "Microsoft, Hybrid deployment certificate requirements",
                clause: "the same certificate on all servers that send to Exchange Online",
                url: "https://learn.microsoft.com/exchange/certificate-requirements",
                date: "2024",
            },
        ],
        effective: "2014-08-01",
        subjects: &[SubjectKind::Connector],
        decide_by: &["Get-ExchangeCertificate | Format-List"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(connector) = subject.exhibit(SubjectKind::Connector) else { return };
        let cmdlet = connector.text(Attribute::Cmdlet).unwrap_or_default();
        if cmdlet == "Get-OutboundConnector" {
            return;
        }
        let name = name_of(connector);
        let used = [Attribute::ObjectName, Attribute::Enabled, Attribute::CertificateName];
        let mut facts = Vec::new();
        facts.extend(used.into_iter().filter_map(|attribute| connector.fact(attribute)));
        let draft = match (connector.text(Attribute::Enabled), connector.text(Attribute::CertificateName)) {
            (Some("false"), _) => Draft::not_applicable(format!("`{name}` is disabled.")),
            (_, Some("")) => Draft::not_applicable(format!("`{name}` names no certificate.")),
            (_, Some(wanted)) => judged(connector, wanted, &at_hand(context)),
            (_, None) => {
                let gap = connector.gap(Attribute::CertificateName);
                let gap = Gap { detail: format!("which certificate `{name}` names: {}", gap.detail), ..gap };
                unknown(name, gap)
            }
        };
        let set = cmdlet.replacen("Get-", "Set-", 1);
        let required = match cmdlet {
            "Get-InboundConnector" => {
                format!("set `{set} -Identity {} -TlsSenderCertificateName DOMAIN`", quoted(name))
            }
            _ => format!(
                "set `$c = Get-ExchangeCertificate -Thumbprint THUMBPRINT; {set} -Identity {} -TlsCertificateName \"<I>$($c.Issuer)<S>$($c.Subject)\"`",
                quoted(name)
            ),
        };
        findings.add(cited(draft, &facts).required(required));
    }
}

/// A certificate at hand.
struct AtHand {
    subject: String,
    issuer: String,
    words: Vec<Span>,
    /// Of those that Exchange lists: the services.
    listed: Option<Option<String>>,
}

/// Exchange's certificates, and the first one of each chain.
fn at_hand(context: &Context<'_>) -> Vec<AtHand> {
    let mut certificates = Vec::new();
    for view in &context.merged.exhibits {
        let of = |attribute| view.exhibit.fact(attribute);
        let (Some(subject), Some(issuer)) = (of(Attribute::CertificateSubject), of(Attribute::CertificateIssuer))
        else {
            continue;
        };
        certificates.push(AtHand {
            subject: subject.value.clone(),
            issuer: issuer.value.clone(),
            words: subject.words.iter().chain(&issuer.words).copied().gathered(),
            listed: Some(of(Attribute::CertificateServices).map(|fact| fact.value.clone())),
        });
    }
    let chains = context.merged.chains.iter().map(|chain| &chain.presented);
    let chains = chains.chain(context.merged.dossiers.iter().flat_map(|dossier| &dossier.chains));
    for leaf in chains.filter_map(|chain| chain.leaf()) {
        let Some(parsed) = leaf.decoded() else { continue };
        let (Ok(subject), Ok(issuer)) = (&parsed.subject, &parsed.issuer) else { continue };
        certificates.push(AtHand {
            subject: subject.to_string(),
            issuer: issuer.to_string(),
            words: leaf.words().to_vec(),
            listed: None,
        });
    }
    certificates
}

fn judged(connector: &Exhibit, wanted: &str, certificates: &[AtHand]) -> Draft {
    let name = name_of(connector);
    if certificates.is_empty() {
        let detail = "no certificate is at hand; expected the output of `Get-ExchangeCertificate`, or the chain as PEM";
        return unknown(name, Gap::new(GapReason::NotAttempted, detail));
    }
    let full = wanted.strip_prefix("<I>").and_then(|rest| rest.split_once("<S>"));
    let is_it = |one: &&AtHand| match full {
        Some((issuer, subject)) => plain(subject) == plain(&one.subject) && plain(issuer) == plain(&one.issuer),
        None => common_name(&one.subject).is_some_and(|found| matches_domain(&found, wanted)),
    };
    let cite = |draft: Draft, one: &AtHand| draft.cite(&one.words, &one.subject).basis(Basis::Computed);
    let found: Vec<&AtHand> = certificates.iter().filter(is_it).gathered();
    let without_smtp = |one: &&&AtHand| {
        one.listed.as_ref().is_some_and(|services| {
            services
                .as_ref()
                .is_none_or(|services| !services.split(',').any(|service| service.trim().eq_ignore_ascii_case("smtp")))
        })
    };
    if let Some(one) = found.iter().find(|one| !without_smtp(one)) {
        return cite(Draft::pass(format!("The certificate that `{name}` names is at hand: `{}`.", one.subject)), one);
    }
    if let Some(one) = found.first() {
        return match one.listed.as_ref().and_then(Option::as_ref) {
            Some(services) => {
                let words = format!(
                    "The certificate that `{name}` names is not bound to SMTP (`{services}`): Exchange does not use it for mail."
                );
                cite(Draft::fail(words), one)
            }
            None => unknown(name, Gap::new(GapReason::NotReportedByFormat, "which services use the certificate")),
        };
    }
    let same_subject =
        full.and_then(|(_, subject)| certificates.iter().find(|one| plain(subject) == plain(&one.subject)));
    if let Some(one) = same_subject.filter(|one| !is_intricate(&one.issuer) && !is_intricate(wanted)) {
        let words = format!(
            "`{name}` names a certificate of another issuer than the one at hand, which is of `{}`.",
            one.issuer
        );
        return cite(Draft::fail(words), one);
    }
    // A partner's certificate is none of Exchange's own.
    let is_own = full.is_some() && connector.text(Attribute::Cmdlet) != Some("Get-InboundConnector")
        || connector.text(Attribute::ConnectorType) == Some("OnPremises");
    let is_sure = !is_intricate(wanted) && !certificates.iter().any(|one| is_intricate(&one.subject));
    if is_own && is_sure && certificates.iter().any(|one| one.listed.is_some()) {
        let words = format!("`{name}` names `{wanted}`, and none of the certificates at hand has that name.");
        return certificates.iter().fold(Draft::fail(words), cite);
    }
    let detail = "the certificates at hand have other names: whether one of that name is elsewhere is not shown";
    unknown(name, Gap::new(GapReason::NotAttempted, detail))
}

fn unknown(name: &str, gap: Gap) -> Draft {
    Draft::unknown(format!("Whether the certificate that `{name}` names is there is not determined."), vec![gap])
}

/// The name without what PowerShell and programs write in different ways.
pub(super) fn plain(name: &str) -> String {
    let kept: String = name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\\')).collect();
    let kept = format!(",{}", lower_case(&kept));
    kept.replace(",s=", ",st=").replace(",e=", ",emailaddress=")
}

/// Whether a name has parts that are written in different ways.
pub(super) fn is_intricate(name: &str) -> bool {
    name.contains(['"', '\\', '+', '#']) || name.contains("OID.")
}

/// The common name in a name as text.
pub(super) fn common_name(name: &str) -> Option<String> {
    let parts = name.split(',').map(str::trim);
    let mut names =
        parts.filter_map(|part| part.get(..3).filter(|key| key.eq_ignore_ascii_case("cn=")).and(part.get(3..)));
    names.next().map(lower_case)
}

/// Whether a certificate's name is the one that a connector expects, which may begin with `*.`.
pub(super) fn matches_domain(found: &str, wanted: &str) -> bool {
    let wanted = lower_case(wanted.trim());
    found == wanted
        || wanted.strip_prefix('*').is_some_and(|parent| {
            parent.starts_with('.') && found.strip_suffix(parent).is_some_and(|before| !before.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_blanks_and_case() {
        assert_eq!(plain("CN=R3, O=Let's Encrypt, S=Bern"), plain("cn=r3,o=\"Let's Encrypt\", ST=Bern"));
        assert_ne!(plain("CN=R3"), plain("CN=R4"));
        assert_eq!(common_name("O=x, CN=Mail.Contoso.com, C=CH").as_deref(), Some("mail.contoso.com"));
        for (found, wanted, expected) in [
            ("mail.contoso.com", "mail.contoso.com", true),
            ("mail.contoso.com", "*.contoso.com", true),
            ("*.contoso.com", "*.contoso.com", true),
            ("contoso.com", "*.contoso.com", false),
            ("mail.contoso.com", "contoso.com", false),
            ("badcontoso.com", "*contoso.com", false),
        ] {
            assert_eq!(matches_domain(found, wanted), expected, "{found} {wanted}");
        }
    }
}
