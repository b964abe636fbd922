//! `clear-text-accepted`: a connector that receives insists on TLS.

use super::connectors::{cited, name_of, quoted};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Gap, GapReason, SubjectKind};
use crate::policy::Level;

/// See [`Rule::ABOUT`].
pub(super) struct ClearTextAccepted;

impl Rule for ClearTextAccepted {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "clear-text-accepted",
        title: "connectors that receive insist on TLS",
        checks: "RequireTls of an inbound Partner connector, RequireTLS and `Tls` in AuthMechanism of a receive connector. A \
                 receive connector that takes clear text is a should-fix at most: mail from anywhere may have to come in by it.",
        why: "A connector that takes mail in clear text takes it from everybody who strips STARTTLS on the way.",
        fix: &[
            ("Exchange Online", "Set-InboundConnector -Identity NAME -RequireTls $true"),
            ("Exchange Server", "Set-ReceiveConnector -Identity NAME -AuthMechanism Tls -RequireTLS $true"),
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
        subjects: &[SubjectKind::Connector],
        decide_by: &["Get-InboundConnector | Format-List", "Get-ReceiveConnector | Format-List"],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
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
