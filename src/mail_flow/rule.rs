//! What decides over mail of a domain, as settings and published policies show it.
//!
//! Which of several connectors takes a message is not shown: each of them is a demand of its own. A connector that is not
//! in an export cannot be missed, so that without one only the worst is certain.

use super::RuleClass;
use super::join::Way;
use super::recent::Recent;
use crate::evidence::{Attribute, Exhibit, ExhibitView, SubjectKind};
use crate::gathered::Gathered;
use crate::policy::IdentityRecord;
use crate::report::{Cited, MailDirection};
use crate::rules::{
    Covers, Published, TlsaRecord, announcements, covers, is_name_of, is_of_anybody, is_plain, mx_matches, name_of,
    off, published,
};

/// One rule that may decide.
pub(super) struct Demand<'a> {
    /// None where the setting that decides is not known.
    pub(super) class: Option<RuleClass>,
    /// What is set, as a clause.
    pub(super) says: String,
    pub(super) evidence: Vec<Cited>,
    /// The name that the peer's certificate is checked for.
    pub(super) wanted: Option<&'a str>,
    /// What must be known for any prediction.
    pub(super) missing: Vec<String>,
    /// What must be known for all but the worst.
    pub(super) doubts: Vec<String>,
    /// Whether Exchange Online delivers, which looks at TLSA records and MTA-STS.
    pub(super) is_online: bool,
    /// Whether MTA-STS is left out; none where the export does not say.
    pub(super) leaves_out_sts: Option<bool>,
}

/// Everything that may decide over mail to or from a domain.
pub(super) fn demands<'a>(
    exhibits: &[ExhibitView<'a>],
    identities: &[IdentityRecord],
    domain: &str,
    direction: MailDirection,
    recent: Recent,
) -> Vec<Demand<'a>> {
    let cmdlets: &[&str] = match direction {
        MailDirection::To => &["Get-OutboundConnector", "Get-SendConnector"],
        MailDirection::From => &["Get-InboundConnector"],
    };
    let of_direction = |view: &&ExhibitView<'a>| {
        view.exhibit.kind == SubjectKind::Connector
            && view.exhibit.text(Attribute::Cmdlet).is_some_and(|cmdlet| cmdlets.contains(&cmdlet))
    };
    let mut found: Vec<Demand<'a>> = Vec::new();
    let mut damage = Vec::new();
    let mut outdated = None;
    let mut is_shown = false;
    for view in exhibits.iter().filter(of_direction) {
        is_shown = true;
        let connector = view.exhibit;
        damage.extend(view.scan.completion.gap().map(|gap| gap.detail.clone()));
        // One that takes no other mail today may take this by now.
        let exported = format!("`{}` was exported", name_of(connector));
        outdated = outdated.or_else(|| recent.doubt(view.scan.started.value().copied(), &exported));
        let is_scoped = connector.text(Attribute::RuleScoped) == Some("true");
        let covered = covers(connector, domain, is_scoped, &mut Vec::new());
        if matches!(covered, Covers::No) || off(connector, &mut Vec::new()).is_some() {
            continue;
        }
        let mut demand = Demand::of(connector, identities, domain, direction);
        if let Covers::Perhaps(gap) = covered {
            demand.missing.push(gap.detail);
        }
        found.push(demand);
    }
    if found.is_empty() {
        found.push(Demand::of_none(is_shown, direction));
    }
    let is_receive = |view: &ExhibitView<'_>| view.exhibit.text(Attribute::Cmdlet) == Some("Get-ReceiveConnector");
    if direction == MailDirection::From && exhibits.iter().any(is_receive) {
        damage.push("whether a receive connector takes this mail: it is chosen by the sender's address".to_owned());
    }
    for demand in &mut found {
        demand.missing.extend(damage.first().cloned());
        demand.missing.extend(outdated.clone());
    }
    found
}

impl<'a> Demand<'a> {
    fn of_none(is_shown: bool, direction: MailDirection) -> Self {
        let (class, export) = match direction {
            MailDirection::To => (RuleClass::Opportunistic, "Get-OutboundConnector"),
            MailDirection::From => (RuleClass::FromAnybody, "Get-InboundConnector"),
        };
        let unseen = format!("that no other connector takes this mail (`{export}`, all of them)");
        let (missing, doubts) = if is_shown { (Vec::new(), vec![unseen]) } else { (vec![unseen], Vec::new()) };
        let says = "no connector that was shown is for this mail".to_owned();
        Self {
            class: Some(class),
            says,
            evidence: Vec::new(),
            wanted: None,
            missing,
            doubts,
            is_online: direction == MailDirection::To,
            leaves_out_sts: Some(false),
        }
    }

    fn of(connector: &'a Exhibit, identities: &[IdentityRecord], domain: &str, direction: MailDirection) -> Self {
        let mut demand = Self::of_none(true, direction);
        demand.doubts.clear();
        demand.class = None;
        demand.says = format!("`{}` takes this mail", name_of(connector));
        demand.must(connector, Attribute::Enabled, "true", "is in use");
        match connector.text(Attribute::Cmdlet) {
            Some("Get-OutboundConnector") => demand.outbound(connector),
            Some("Get-SendConnector") => demand.send(connector),
            _ => demand.inbound(connector),
        }
        if let Some(name) = demand.wanted {
            let is_named = identities.iter().any(|record| record.host.eq_ignore_ascii_case(name));
            if is_of_anybody(name) || !is_named && !is_name_of(name, domain) {
                demand
                    .doubts
                    .push(format!("that `{name}` is a name of who has the mail of `{domain}`, and of nobody else"));
            }
        }
        demand
    }

    /// What must be so, or nothing is known.
    fn must(&mut self, connector: &Exhibit, attribute: Attribute, expected: &str, what: &str) {
        match connector.text(attribute) {
            Some(text) if text == expected => {}
            Some(_) => self
                .missing
                .push(format!("what becomes of it behind `{}`, which is not so: it {what}", name_of(connector))),
            None => self.missing.push(format!("whether `{}` {what}", name_of(connector))),
        }
    }

    fn cite(&mut self, connector: &Exhibit, attribute: Attribute, property: &str) {
        let Some(fact) = connector.fact(attribute) else { return };
        let value = if fact.value.is_empty() { "(blank)" } else { &fact.value };
        let observed = format!("`{property}` of `{}`: {value}", name_of(connector));
        self.evidence.extend(fact.words.first().map(|span| Cited { span: *span, observed }));
    }

    fn outbound(&mut self, connector: &'a Exhibit) {
        self.must(connector, Attribute::TestMode, "false", "is in force, not in test mode");
        self.must(connector, Attribute::RuleScoped, "false", "takes mail without a transport rule");
        self.must(connector, Attribute::ConnectorType, "Partner", "leads to a partner, not to own servers");
        self.must(connector, Attribute::ViaOwnServers, "false", "delivers by itself, not by way of own servers");
        self.must(connector, Attribute::UsesMx, "true", "goes where the MX records say, not to a smart host");
        self.leaves_out_sts = connector.text(Attribute::MtaStsMode).map(|mode| mode == "None");
        self.level(connector, "TlsSettings");
    }

    fn send(&mut self, connector: &'a Exhibit) {
        self.is_online = false;
        self.doubts.push("which versions and suites the sending Exchange Server has".to_owned());
        self.must(connector, Attribute::UsesMx, "true", "goes where the MX records say, not to a smart host");
        self.must(connector, Attribute::IgnoreStarttls, "false", "starts TLS");
        self.must(connector, Attribute::DomainSecure, "false", "is without Domain Security");
        self.cite(connector, Attribute::RequireTls, "RequireTLS");
        match connector.text(Attribute::RequireTls) {
            Some("true") if connector.text(Attribute::TlsLevel) == Some("") => {
                self.class = Some(RuleClass::EncryptionOnly);
                self.says = format!("`{}` has `RequireTLS` and no `TlsAuthLevel`", name_of(connector));
            }
            Some("true") => self.level(connector, "TlsAuthLevel"),
            Some("false") if connector.text(Attribute::TlsLevel) == Some("") => self.level(connector, "TlsAuthLevel"),
            Some(_) => {
                self.missing.push(format!("what `TlsAuthLevel` of `{}` does without `RequireTLS`", name_of(connector)))
            }
            None => self.missing.push(format!("whether `{}` requires TLS", name_of(connector))),
        }
    }

    fn level(&mut self, connector: &'a Exhibit, property: &str) {
        let name = name_of(connector);
        self.cite(connector, Attribute::TlsLevel, property);
        let Some(level) = connector.text(Attribute::TlsLevel) else {
            return self.missing.push(format!("`{property}` of `{name}`"));
        };
        self.class = Some(match level {
            "" => RuleClass::Opportunistic,
            "EncryptionOnly" => RuleClass::EncryptionOnly,
            "CertificateValidation" => RuleClass::CertificateValidation,
            _ => RuleClass::DomainValidation,
        });
        let set = if level.is_empty() {
            format!("leaves `{property}` blank")
        } else {
            format!("sets `{property}` to `{level}`")
        };
        self.says = format!("`{name}` {set}");
        if level == "DomainValidation" {
            self.cite(connector, Attribute::TlsDomain, "TlsDomain");
            self.wanted = connector.text(Attribute::TlsDomain).filter(|name| !name.is_empty());
            if self.wanted.is_none() {
                self.missing.push(format!("`TlsDomain` of `{name}`"));
            }
        }
    }

    fn inbound(&mut self, connector: &'a Exhibit) {
        let name = name_of(connector);
        self.must(connector, Attribute::ConnectorType, "Partner", "is for a partner");
        self.must(connector, Attribute::AcceptedDomain, "", "takes mail to all own domains");
        self.cite(connector, Attribute::RequireTls, "RequireTls");
        self.cite(connector, Attribute::RestrictToCertificate, "RestrictDomainsToCertificate");
        let flag = |attribute| connector.text(attribute).map(|text| text == "true");
        match (flag(Attribute::RequireTls), flag(Attribute::RestrictToCertificate)) {
            (Some(false), Some(false)) => {
                self.class = Some(RuleClass::FromAnybody);
                self.says = format!("`{name}` does not require TLS");
            }
            (Some(true), Some(false)) => {
                self.class = Some(RuleClass::FromPartner);
                self.says = format!("`{name}` has `RequireTls` and asks for no certificate");
            }
            (Some(true), Some(true)) => {
                self.class = Some(RuleClass::FromPartnerByCertificate);
                self.says = format!("`{name}` has `RequireTls` and `RestrictDomainsToCertificate`");
                self.cite(connector, Attribute::CertificateName, "TlsSenderCertificateName");
                self.wanted = connector.text(Attribute::CertificateName).filter(|name| !name.is_empty());
                if self.wanted.is_none() {
                    self.missing.push(format!("`TlsSenderCertificateName` of `{name}`"));
                }
            }
            (Some(false), Some(true)) => {
                self.missing.push(format!("what `RestrictDomainsToCertificate` of `{name}` does without `RequireTls`"));
            }
            _ => self.missing.push(format!("`RequireTls` and `RestrictDomainsToCertificate` of `{name}`")),
        }
    }
}

/// What a domain publishes for those who deliver to it.
pub(super) enum Policy<'a> {
    /// Nothing.
    Absent,
    /// Nothing was shown.
    Unknown(String),
    /// Something, and not all of it.
    Unread(String),
    /// A policy of MTA-STS that is not enforced.
    NotEnforced(Vec<Cited>),
    /// One that is, and whether it names the server.
    Enforced(Vec<Cited>, bool),
    /// TLSA records that DNSSEC vouches for; what stands against it, where only a resolver says so.
    Tlsa(Vec<Cited>, Vec<TlsaRecord<'a>>, Option<String>),
}

/// The policy of MTA-STS that senders find for a domain, for one of its servers.
pub(super) fn mta_sts(way: Way<'_>) -> Policy<'_> {
    let Way { domain, server, names, recent, .. } = way;
    let owner = format!("_mta-sts.{domain}");
    let record = match published(names, &owner, "TXT") {
        Published::Whole(record) => record,
        Published::Unknown(_) => {
            let asked = if is_plain(domain) { domain } else { "DOMAIN" };
            return Policy::Unknown(format!("whether `{domain}` publishes MTA-STS (`dig TXT _mta-sts.{asked}`)"));
        }
    };
    if let Some(doubt) = recent.doubt_of_answers(names, &owner, "TXT") {
        return Policy::Unread(doubt);
    }
    if announcements(record).as_slice() != [true] {
        return Policy::Absent;
    }
    let mut policies = names.named(domain, "");
    let (policy, None) = (policies.next(), policies.next()) else {
        return Policy::Unread(format!("which of several MTA-STS policies `{domain}` has"));
    };
    let unread = || Policy::Unread(format!("the MTA-STS policy of `{domain}`, whole"));
    let Some(ExhibitView { scan, exhibit: policy }) = policy else { return unread() };
    let fetched = format!("the MTA-STS policy of `{domain}` was fetched");
    if let Some(doubt) = recent.doubt(scan.started.value().copied(), &fetched) {
        return Policy::Unread(doubt);
    }
    let mode = policy.fact(Attribute::Mode);
    let cited = mode.into_iter().chain(policy.facts(Attribute::Mx)).filter_map(|fact| {
        let observed = format!("MTA-STS policy of `{domain}`: {}", fact.value);
        fact.words.first().map(|span| Cited { span: *span, observed })
    });
    let cited = cited.take(4).gathered();
    let age = policy.text(Attribute::MaximumAge).and_then(|age| age.parse::<u32>().ok());
    match mode.map(|mode| mode.value.as_str()) {
        Some("testing" | "none") => Policy::NotEnforced(cited),
        Some("enforce") if policy.fact(Attribute::Mx).is_some() && age.is_some_and(|age| age > 0) => {
            let is_named = policy.facts(Attribute::Mx).any(|pattern| mx_matches(&pattern.value, server));
            Policy::Enforced(cited, is_named)
        }
        _ => unread(),
    }
}

/// Whether a server has TLSA records.
pub(super) fn tlsa(way: Way<'_>) -> Policy<'_> {
    let Way { server, names, recent, .. } = way;
    let owner = format!("_25._tcp.{server}");
    let asked = if is_plain(server) { &owner } else { "_25._tcp.HOST" };
    let record = match published(names, &owner, "TLSA") {
        Published::Whole(record) => record,
        Published::Unknown(_) => {
            return Policy::Unknown(format!("whether `{server}` has TLSA records (`dig TLSA {asked}`)"));
        }
    };
    if let Some(doubt) = recent.doubt_of_answers(names, &owner, "TLSA") {
        return Policy::Unread(doubt);
    }
    if record.fact(Attribute::Data).is_none() {
        return Policy::Absent;
    }
    let validation = record.text(Attribute::Validation);
    if !matches!(validation, Some("delv" | "secure" | "ad")) {
        return Policy::Unread(format!(
            "whether DNSSEC vouches for the TLSA records of `{server}` (`delv TLSA {asked}`)"
        ));
    }
    let records: Vec<TlsaRecord<'_>> = record.facts(Attribute::Data).filter_map(TlsaRecord::of).gathered();
    if records.len() != record.facts(Attribute::Data).count() {
        return Policy::Unread(format!("the TLSA records of `{server}`, all of them"));
    }
    let cited = record.facts(Attribute::Data).take(3).filter_map(|fact| {
        let observed = format!("TLSA record of `{server}`: {}", fact.value);
        fact.words.first().map(|span| Cited { span: *span, observed })
    });
    let is_word = validation == Some("ad");
    let doubt = is_word.then(|| {
        format!("that DNSSEC vouches for the TLSA records of `{server}`, which a resolver says (`delv TLSA {asked}`)")
    });
    Policy::Tlsa(cited.gathered(), records, doubt)
}
