//! What the rules about connectors share: what the connectors that were shown come to for one partner.
//!
//! Which of several connectors takes a message depends on addresses, certificates and transport rules that an export does not
//! show. Where all that may take the mail of a partner demand the same, that holds; where they differ, it is unknown. A
//! connector that is off or tried out protects nothing.

use super::connector_demands::demanded;
use super::{Context, Draft};
use crate::evidence::{Attribute, Basis, Exhibit, ExhibitView, Fact, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;

/// Which way mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    To,
    From,
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::To, Self::From];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::From => "from",
        }
    }

    const fn cmdlets(self) -> &'static [&'static str] {
        match self {
            Self::To => &["Get-OutboundConnector", "Get-SendConnector"],
            Self::From => &["Get-InboundConnector"],
        }
    }

    /// The cmdlet whose output would show what is missing.
    pub(super) const fn export(self) -> &'static str {
        match self {
            Self::To => "Get-OutboundConnector",
            Self::From => "Get-InboundConnector",
        }
    }
}

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// TLS.
    Encryption,
    /// TLS, with a certificate that the partner is known by.
    Partner,
}

/// Whether something holds.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Yes,
    /// Not so, because of this.
    No(String),
    Unknown(Gap),
}

/// What connectors come to for one partner and one way.
pub(super) struct Sum<'a> {
    pub(super) answer: Answer,
    /// What it rests on.
    pub(super) facts: Vec<&'a Fact<String>>,
    /// Connectors that are for the partner, active or not.
    pub(super) connectors: Vec<&'a Exhibit>,
    /// The connector that does not do what is demanded, and whether it names the partner: others are for everybody.
    at_fault: Option<(&'a Exhibit, bool)>,
}

impl<'a> Sum<'a> {
    /// Keeps the connector to mend: the first one, but one that names the partner before one for everybody.
    fn blame(&mut self, connector: &'a Exhibit) {
        let is_own = connector.facts(Attribute::PartnerDomain).all(|fact| fact.value != "*");
        if self.at_fault.is_none_or(|(_, known)| is_own && !known) {
            self.at_fault = Some((connector, is_own));
        }
    }
}

/// The domains that are judged: those of the policy, else those that connectors name.
pub(crate) fn partners<'a>(exhibits: &[ExhibitView<'a>], named: &'a [String]) -> Vec<&'a str> {
    let mut partners: Vec<&str> = Vec::new();
    let of_policy = named.iter().map(String::as_str);
    let connectors = exhibits.iter().map(|view| view.exhibit).filter(|exhibit| {
        exhibit.kind == SubjectKind::Connector && exhibit.text(Attribute::ConnectorType) != Some("OnPremises")
    });
    let of_connectors = connectors
        .filter(|_| named.is_empty())
        .flat_map(|connector| connector.facts(Attribute::PartnerDomain))
        .map(|fact| fact.value.as_str());
    for partner in of_policy.chain(of_connectors).filter(|name| !matches!(*name, "" | "*")) {
        // One more than are judged shows that there are more.
        if partners.len() <= MOST_PARTNERS && !partners.contains(&partner) {
            partners.push(partner);
        }
    }
    partners
}

/// More of them nobody reads; where there are more, the verdict is open.
pub(crate) const MOST_PARTNERS: usize = 1000;

/// The connector's name as Exchange has it.
pub(crate) fn name_of(connector: &Exhibit) -> &str {
    connector.text(Attribute::ObjectName).unwrap_or("without a name")
}

/// What all connectors that were shown come to.
pub(super) fn sum<'a>(context: &Context<'a>, partner: &str, direction: Direction, demand: Demand) -> Sum<'a> {
    let exhibits = || context.merged.exhibits.iter().filter(|view| view.exhibit.kind == SubjectKind::Connector);
    let of_direction = |view: &&ExhibitView<'a>| {
        view.exhibit.text(Attribute::Cmdlet).is_some_and(|cmdlet| direction.cmdlets().contains(&cmdlet))
    };
    let views: Vec<&ExhibitView<'a>> = exhibits().filter(of_direction).gathered();
    let mut sum = Sum { answer: Answer::Yes, facts: Vec::new(), connectors: Vec::new(), at_fault: None };
    let (mut yes, mut no, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    let (mut inert, mut is_unscoped) = (Vec::new(), false);
    // What decides is cited first, then whom it is about.
    let mut about = Vec::new();
    for view in &views {
        let connector = view.exhibit;
        let scope = flag(connector, Attribute::RuleScoped);
        let is_for_it = covers(connector, partner, scope == Some(true), &mut about);
        if matches!(is_for_it, Covers::No) {
            continue;
        }
        sum.connectors.push(connector);
        about.extend(connector.fact(Attribute::ObjectName));
        if let Some(why) = off(connector, &mut sum.facts) {
            if matches!(is_for_it, Covers::Yes) {
                inert.push((connector, why));
            }
            continue;
        }
        if let Covers::Perhaps(gap) = is_for_it {
            unknown.push(gap);
        }
        is_unscoped |= scope == Some(false) || connector.text(Attribute::Cmdlet) != Some("Get-OutboundConnector");
        match demanded(context, connector, partner, demand, &mut sum.facts) {
            Answer::Yes => yes.push(name_of(connector)),
            Answer::No(why) => {
                sum.blame(connector);
                no.push(why);
            }
            Answer::Unknown(gap) => unknown.push(gap),
        }
    }
    if sum.at_fault.is_none() {
        inert.iter().for_each(|(connector, _)| sum.blame(connector));
    }
    sum.facts.append(&mut about);
    let damaged = views.iter().find_map(|view| view.scan.completion.gap());
    sum.answer = if let Some(gap) = unknown.into_iter().next() {
        Answer::Unknown(gap)
    } else if let (Some(good), Some(bad)) = (yes.first(), no.first()) {
        let detail = format!("`{good}` demands it, but {bad}: which of them takes a message, the export does not show");
        Answer::Unknown(Gap::new(GapReason::NotReportedByFormat, detail))
    } else if let Some(gap) = damaged {
        Answer::Unknown(gap.clone())
    } else if !yes.is_empty() || !no.is_empty() {
        match no.into_iter().next() {
            _ if !is_unscoped => Answer::Unknown(Gap::new(
                GapReason::NotReportedByFormat,
                "the connector takes only what a transport rule sends its way, and transport rules are not shown",
            )),
            Some(why) => Answer::No(why),
            None => Answer::Yes,
        }
    } else if let Some((_, why)) = inert.into_iter().next() {
        Answer::No(why)
    } else if let Some(gap) = by_address(context, direction) {
        Answer::Unknown(gap)
    } else if views.is_empty() {
        let detail =
            format!("no connector for this direction was shown; expected the output of `{}`", direction.export());
        Answer::Unknown(Gap::new(GapReason::NotAttempted, detail))
    } else {
        let names = views.iter().filter_map(|view| view.exhibit.fact(Attribute::ObjectName));
        sum.facts.extend(names.take(MOST_CITED));
        Answer::No(format!("none of the connectors that were shown is for mail {} it", direction.name()))
    };
    sum
}

/// Why mail from a partner may be taken by other connectors than those that name its domain.
fn by_address(context: &Context<'_>, direction: Direction) -> Option<Gap> {
    let is_receive = |view: &&ExhibitView<'_>| view.exhibit.text(Attribute::Cmdlet) == Some("Get-ReceiveConnector");
    (direction == Direction::From && context.merged.exhibits.iter().any(|view| is_receive(&view))).then(|| {
        let detail =
            "a receive connector is chosen by the sender's address: whose mail it takes, the export does not show";
        Gap::new(GapReason::NotReportedByFormat, detail)
    })
}

pub(crate) enum Covers {
    Yes,
    No,
    Perhaps(Gap),
}

/// Whether the connector is for mail of this partner, with the domains of it that say so.
pub(crate) fn covers<'a>(
    connector: &'a Exhibit,
    partner: &str,
    is_scoped: bool,
    about: &mut Vec<&'a Fact<String>>,
) -> Covers {
    // Own servers that speak for the partner prove nothing of it, and take its mail only if it comes through them.
    if connector.text(Attribute::Cmdlet) == Some("Get-InboundConnector")
        && connector.text(Attribute::ConnectorType) == Some("OnPremises")
    {
        return Covers::No;
    }
    let mut perhaps = None;
    for fact in connector.facts(Attribute::PartnerDomain) {
        let pattern = fact.value.as_str();
        if pattern == partner || pattern == "*" || pattern.is_empty() && is_scoped {
            about.push(fact);
            return Covers::Yes;
        }
        let Some(parent) = pattern.strip_prefix("*.") else { continue };
        if partner.strip_suffix(parent).is_some_and(|before| before.ends_with('.')) {
            about.push(fact);
            return Covers::Yes;
        }
        if partner == parent {
            about.push(fact);
            let detail = format!("whether `{pattern}` is also for `{parent}` itself is not documented");
            perhaps = Some(Gap::new(GapReason::NotReportedByFormat, detail).at(fact.words.iter().copied()));
        }
    }
    let is_known = connector.facts(Attribute::PartnerDomain).next().is_some();
    let gap = connector
        .particulars
        .iter()
        .find(|one| one.attribute == Attribute::PartnerDomain && one.observed.gap().is_some());
    match perhaps.or_else(|| (gap.is_some() || !is_known).then(|| connector.gap(Attribute::PartnerDomain))) {
        Some(gap) => {
            let detail = format!("whether `{}` is for this domain: {}", name_of(connector), gap.detail);
            Covers::Perhaps(Gap { detail, ..gap })
        }
        None => Covers::No,
    }
}

pub(super) fn flag(connector: &Exhibit, attribute: Attribute) -> Option<bool> {
    connector.text(attribute).map(|text| text == "true")
}

/// Why the connector protects nothing, if it is known to.
pub(crate) fn off<'a>(connector: &'a Exhibit, facts: &mut Vec<&'a Fact<String>>) -> Option<String> {
    let cases = [(Attribute::Enabled, "false", "is disabled"), (Attribute::TestMode, "true", "is in test mode")];
    let (attribute, _, words) =
        cases.into_iter().find(|(attribute, off, _)| connector.text(*attribute) == Some(off))?;
    facts.extend(connector.facts(attribute));
    Some(format!("`{}` {words}", name_of(connector)))
}

/// The most words that a finding cites of connectors.
const MOST_CITED: usize = 40;

/// The finding with the words that it rests on.
pub(super) fn cited(draft: Draft, facts: &[&Fact<String>]) -> Draft {
    let mut seen: Vec<&Fact<String>> = Vec::new();
    let mut draft = draft;
    for fact in facts {
        if seen.len() == MOST_CITED {
            break;
        }
        if !seen.iter().any(|known| std::ptr::eq(*known, *fact)) {
            seen.push(fact);
            draft = draft.cite(&fact.words, &fact.value);
        }
    }
    draft.basis(Basis::Computed)
}

/// What to set for mail of a partner, and what to ask it for.
pub(super) fn remedy(partner: &str, direction: Direction, sum: &Sum<'_>) -> String {
    let own = quoted(partner);
    let is_send = |connector: &Exhibit| connector.text(Attribute::Cmdlet) == Some("Get-SendConnector");
    // A connector for everybody is not to demand one partner's certificate.
    let existing = sum.at_fault.filter(|(_, is_own)| *is_own).map(|(connector, _)| connector);
    let existing = existing.or_else(|| sum.connectors.first().copied().filter(|_| sum.at_fault.is_none()));
    let is_of_server = existing.or(sum.at_fault.map(|(connector, _)| connector)).is_some_and(is_send);
    let name = existing.map(|connector| quoted(name_of(connector)));
    let way = quoted(&format!("{} {partner}", if direction == Direction::To { "To" } else { "From" }));
    let demands = match direction {
        Direction::To if is_of_server => {
            "-RequireTLS $true -IgnoreSTARTTLS $false -TlsAuthLevel DomainValidation -TlsDomain NAME"
        }
        Direction::To => "-TlsSettings DomainValidation -TlsDomain NAME",
        Direction::From => "-RequireTls $true -RestrictDomainsToCertificate $true -TlsSenderCertificateName NAME",
    };
    let command = match (direction, name) {
        (Direction::To, Some(name)) if is_of_server => format!("Set-SendConnector -Identity {name} -Enabled $true"),
        (Direction::To, Some(name)) => {
            format!("Set-OutboundConnector -Identity {name} -Enabled $true -TestMode $false")
        }
        (Direction::To, None) if is_of_server => {
            format!("New-SendConnector -Name {way} -AddressSpaces {own} -DNSRoutingEnabled $true")
        }
        (Direction::To, None) => {
            format!(
                "New-OutboundConnector -Name {way} -ConnectorType Partner -RecipientDomains {own} -UseMXRecord $true"
            )
        }
        (Direction::From, Some(name)) => format!("Set-InboundConnector -Identity {name} -Enabled $true"),
        (Direction::From, None) => {
            format!("New-InboundConnector -Name {way} -ConnectorType Partner -SenderDomains {own}")
        }
    };
    let ask = match direction {
        Direction::To => "NAME, which the certificate of its mail servers carries",
        Direction::From => "NAME, which the certificate carries that its servers show when they send",
    };
    format!("set `{command} {demands}`; ask the partner for {ask}")
}

/// A name for a command line of PowerShell; a place to fill in where it has characters that could end a quotation.
pub(super) fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_.()*".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) { format!("'{name}'") } else { "'NAME'".to_owned() }
}
