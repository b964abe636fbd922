//! `clear-text-accepted`: a connector or a server that receives mail insists on TLS.

use super::answers::DISAGREE;
use super::commands::SCAN_ENFORCED;
use super::connectors::{cited, name_of, quoted};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{
    Attribute, Dossier, Fact, FeatureName, Gap, GapReason, Observed, StartTls, SubjectKind, Transport,
};
use crate::policy::Level;

/// See [`Rule::ABOUT`].
pub(super) struct ClearTextAccepted;

impl Rule for ClearTextAccepted {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "clear-text-accepted",
        title: "who receives mail insists on TLS",
        checks: "RequireTls of an inbound Partner connector, RequireTLS and `Tls` in AuthMechanism of a receive connector. A \
                 receive connector that takes clear text is a should-fix at most: mail from anywhere may have to come in by it. So \
                 is a server that answers MAIL FROM before STARTTLS, which `intransit-probe scan --enforced` asks.",
        why: "A connector that takes mail in clear text takes it from everybody who strips STARTTLS on the way.",
        fix: &[
            ("Exchange Online", "Set-InboundConnector -Identity NAME -RequireTls $true"),
            ("Exchange Server", "Set-ReceiveConnector -Identity NAME -AuthMechanism Tls -RequireTLS $true"),
            ("Postfix", "smtpd_tls_security_level = encrypt, in the service that partners or users send by"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "unencrypted SMTP is possible, and not recommended",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "Microsoft, New-InboundConnector",
                clause: "RequireTls: Partner connectors only",
                url: "https://learn.microsoft.com/powershell/module/exchange/new-inboundconnector",
                date: "2026-05-15",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Connector, SubjectKind::Endpoint],
        decide_by: &["Get-InboundConnector | Format-List", "Get-ReceiveConnector | Format-List", SCAN_ENFORCED],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        if let Some(dossier) = subject.endpoint() {
            if let Some(draft) = server(dossier) {
                findings.add(draft);
            }
            return;
        }
        let Some(connector) = subject.exhibit(SubjectKind::Connector) else { return };
        let cmdlet = connector.text(Attribute::Cmdlet);
        let is_receive = cmdlet == Some("Get-ReceiveConnector");
        if !is_receive && cmdlet != Some("Get-InboundConnector") {
            return;
        }
        let text = |attribute| connector.text(attribute);
        let used = [
            Attribute::ObjectName,
            Attribute::Enabled,
            Attribute::ConnectorType,
            Attribute::RequireTls,
            Attribute::AuthMechanism,
        ];
        let mut facts = Vec::new();
        facts.extend(used.into_iter().filter_map(|attribute| connector.fact(attribute)));
        let name = name_of(connector);
        let gap = |attribute| {
            let gap = connector.gap(attribute);
            vec![Gap { detail: format!("`{name}`: {}", gap.detail), ..gap }]
        };
        let unknown = |gaps| Draft::unknown(format!("Whether `{name}` takes clear text is not determined."), gaps);
        let offers_tls = text(Attribute::AuthMechanism)
            .map(|words| words.split(',').any(|word| word.trim().eq_ignore_ascii_case("tls")));
        let draft = match (text(Attribute::Enabled), text(Attribute::RequireTls)) {
            (Some("false"), _) => Draft::not_applicable(format!("`{name}` is disabled.")),
            _ if !is_receive && text(Attribute::ConnectorType) == Some("OnPremises") => {
                Draft::not_applicable(format!("`{name}` is for own servers, for which `RequireTls` does not count."))
            }
            (_, Some("false")) => Draft::fail(format!("`{name}` takes mail in clear text.")),
            (None, _) => unknown(gap(Attribute::Enabled)),
            (_, None) => unknown(gap(Attribute::RequireTls)),
            _ if !is_receive && text(Attribute::ConnectorType).is_none() => unknown(gap(Attribute::ConnectorType)),
            _ if is_receive && offers_tls.is_none() => unknown(gap(Attribute::AuthMechanism)),
            _ if is_receive && offers_tls == Some(false) => unknown(vec![Gap::new(
                GapReason::NotReportedByFormat,
                format!("`{name}` requires TLS, and `AuthMechanism` does not offer it"),
            )]),
            _ => Draft::pass(format!("`{name}` is set to take mail by TLS only.")),
        };
        let set = if is_receive {
            format!("set `Set-ReceiveConnector -Identity {} -AuthMechanism Tls -RequireTLS $true`", quoted(name))
        } else {
            format!("set `Set-InboundConnector -Identity {} -RequireTls $true`", quoted(name))
        };
        let draft = cited(draft, &facts).required(set);
        findings.add(if is_receive { draft.level(Level::Warning) } else { draft });
    }
}

/// A server that was asked to take a message before TLS.
fn server(dossier: &Dossier<'_>) -> Option<Draft> {
    if dossier.key.transport != Transport::StartTls(StartTls::Smtp) || dossier.is_sibling_without_server_name {
        return None;
    }
    let asked = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.features);
    let asked = asked.filter(|feature| feature.name == FeatureName::TlsBeforeMail);
    let mut insists = Vec::new();
    let mut takes = Vec::new();
    let mut gaps = Vec::new();
    for feature in asked {
        match &feature.offered {
            Observed::Known(fact) if fact.value => insists.push(fact),
            Observed::Known(fact) => takes.push(fact),
            Observed::NotObserved(gap) => gaps.push(gap.clone()),
        }
    }
    let cite = |draft: Draft, facts: &[&Fact<bool>], seen: &str| {
        facts.iter().fold(draft, |draft, fact| draft.cite(&fact.words, seen).basis(fact.basis))
    };
    let draft = if !takes.is_empty() {
        let note = if insists.is_empty() { "" } else { DISAGREE };
        let fail = Draft::fail(format!("The server takes mail in clear text.{note}"));
        cite(cite(fail, &takes, "MAIL FROM was taken before TLS"), &insists, "MAIL FROM was refused before TLS")
    } else if !insists.is_empty() {
        cite(Draft::pass("The server takes mail by TLS only."), &insists, "MAIL FROM was refused before TLS")
    } else {
        if gaps.is_empty() {
            gaps.push(Gap::new(GapReason::NotAttempted, "whether a message can begin before TLS was not tested"));
        }
        Draft::unknown("Whether the server takes mail in clear text is not known.", gaps)
    };
    Some(draft.level(Level::Warning).required("TLS before MAIL FROM"))
}
