//! `hybrid-certificate-unsound`: the certificate by which own servers are known to Exchange Online.

use super::connector_certificate_mismatch::{common_name, is_intricate, matches_domain, plain};
use super::connector_demands::is_of_anybody;
use super::connectors::{cited, flag, name_of};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Certificate, Exhibit, Fact, Gap, GapReason, PresentedView, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::path::{Purpose, Question, prove};
use crate::pki::sha1::sha1_hex;

/// See [`Rule::ABOUT`].
pub(super) struct HybridCertificateUnsound;

impl Rule for HybridCertificateUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "hybrid-certificate-unsound",
        title: "the certificate of hybrid mail flow",
        checks: "Of a send connector for Exchange Online (`CloudServicesMailEnabled`, or an address space below \
                 onmicrosoft.com): that the certificate which it names is not self-signed, and that its chain, pasted as \
                 PEM, leads to one of the chosen roots; that each of its servers has the same certificate; and that the \
                 inbound connector of Exchange Online expects its name. A root of your own by `RootCAType` fails it; \
                 `ThirdParty` there is what Windows found, and proves nothing.",
        why: "By this certificate Exchange Online knows mail of own servers from mail of strangers. A server without it is \
              taken for a stranger, and its mail is refused or filtered.",
        fix: &[
            (
                "Exchange Server",
                "a certificate of a public CA for the primary SMTP domain, the same on all Mailbox servers (on Edge servers one \
                 of the same issuer and subject): Import-ExchangeCertificate on each, Enable-ExchangeCertificate -Services SMTP, \
                 then run the Hybrid Configuration Wizard again",
            ),
            ("Exchange Online", "Set-InboundConnector -Identity NAME -TlsSenderCertificateName DOMAIN"),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Hybrid deployment certificate requirements",
                clause: "of a third-party CA, not self-signed, the same on all Mailbox servers",
                url: "https://learn.microsoft.com/exchange/certificate-requirements",
                date: "2024",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "TLS and hybrid Exchange Server deployments",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Connector],
        decide_by: &[
            "Get-ExchangeServer | ForEach-Object { Get-ExchangeCertificate -Server $_.Name } | Format-List",
            "Get-InboundConnector | Format-List",
        ],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(connector) = subject.exhibit(SubjectKind::Connector) else { return };
        if connector.text(Attribute::Cmdlet) != Some("Get-SendConnector") {
            return;
        }
        let name = name_of(connector);
        let required = "a certificate of a public CA, the same on all servers, that Exchange Online expects";
        let mut facts = Vec::new();
        let own = [Attribute::ObjectName, Attribute::CloudServices, Attribute::CertificateName];
        facts.extend(own.into_iter().filter_map(|attribute| connector.fact(attribute)));
        let whole = match (leads_to_microsoft(connector), connector.text(Attribute::CertificateName)) {
            _ if connector.text(Attribute::Enabled) == Some("false") => {
                Draft::not_applicable(format!("`{name}` is disabled."))
            }
            (Some(false), _) => Draft::not_applicable(format!("`{name}` does not lead to Exchange Online.")),
            (None, _) => open(name, "whether it leads to Exchange Online", connector.gap(Attribute::PartnerDomain)),
            (Some(true), None) => open(name, "which certificate it uses", connector.gap(Attribute::CertificateName)),
            (Some(true), Some(wanted)) => {
                let Some((issuer, subject)) = wanted.strip_prefix("<I>").and_then(|rest| rest.split_once("<S>")) else {
                    let gap =
                        "it names none as `<I>issuer<S>subject`: Exchange then chooses one by the connector's `Fqdn`";
                    let draft = open(name, "which certificate it uses", Gap::new(GapReason::NotReportedByFormat, gap));
                    return findings.add(cited(draft, &facts).required(required));
                };
                let hybrid = Hybrid { name, connector, subject, certificates: listed(context, issuer, subject) };
                for (facet, draft, more) in [
                    (
                        "issuer",
                        hybrid.issuer(context),
                        hybrid.facts(&[Attribute::CertificateIssuer, Attribute::RootKind]),
                    ),
                    ("servers", hybrid.servers(), hybrid.facts(&[Attribute::StoredAt, Attribute::Thumbprint])),
                    ("name", hybrid.expected(context, &mut facts), hybrid.facts(&[Attribute::CertificateSubject])),
                ] {
                    let facts = facts.iter().copied().chain(more).gathered();
                    findings.add(cited(draft, &facts).facet(facet).required(required));
                }
                return;
            }
        };
        findings.add(cited(whole, &facts).required(required));
    }
}

/// Whether it is for mail to Exchange Online, where that is known.
fn leads_to_microsoft(connector: &Exhibit) -> Option<bool> {
    let is_theirs = |fact: &Fact<String>| fact.value.ends_with(".onmicrosoft.com");
    if flag(connector, Attribute::CloudServices) == Some(true)
        || connector.facts(Attribute::PartnerDomain).any(is_theirs)
    {
        return Some(true);
    }
    let is_known = flag(connector, Attribute::CloudServices) == Some(false)
        || connector.facts(Attribute::PartnerDomain).next().is_some() && whole(connector, Attribute::PartnerDomain);
    is_known.then_some(false)
}

/// Whether all values of an attribute are known.
fn whole(exhibit: &Exhibit, attribute: Attribute) -> bool {
    exhibit.particulars.iter().all(|one| one.attribute != attribute || one.observed.gap().is_none())
}

/// The certificates of Get-ExchangeCertificate that have these names.
fn listed<'a>(context: &Context<'a>, issuer: &str, subject: &str) -> Vec<&'a Exhibit> {
    let is_it = |exhibit: &&Exhibit| {
        let is = |attribute, name: &str| exhibit.text(attribute).is_some_and(|found| plain(found) == plain(name));
        is(Attribute::CertificateSubject, subject) && is(Attribute::CertificateIssuer, issuer)
    };
    let all = context.merged.exhibits.iter().map(|view| view.exhibit);
    all.filter(|exhibit| exhibit.kind == SubjectKind::ExchangeCertificate).filter(is_it).gathered()
}

fn open(name: &str, what: &str, gap: Gap) -> Draft {
    Draft::unknown(format!("Of `{name}`, {what} is not determined."), vec![gap])
}

/// A send connector for Exchange Online that names a certificate.
struct Hybrid<'a> {
    name: &'a str,
    connector: &'a Exhibit,
    /// Of the certificate.
    subject: &'a str,
    /// Those at hand that have its names.
    certificates: Vec<&'a Exhibit>,
}

impl<'a> Hybrid<'a> {
    fn facts(&self, attributes: &[Attribute]) -> Vec<&'a Fact<String>> {
        let of = |certificate: &'a Exhibit| attributes.iter().filter_map(|one| certificate.fact(*one)).gathered();
        self.certificates.iter().flat_map(|certificate| of(certificate)).gathered()
    }

    fn open(&self, what: &str, detail: impl Into<String>) -> Draft {
        open(self.name, what, Gap::new(GapReason::NotAttempted, detail))
    }

    fn none_at_hand(&self, what: &str) -> Draft {
        self.open(
            what,
            "its certificate is not at hand; expected the output of `Get-ExchangeCertificate` of each server",
        )
    }

    /// Why it may not be the certificate that mail is sent with.
    fn out_of_use(&self) -> Option<Gap> {
        let is_used = |one: &&Exhibit| {
            let services = one.text(Attribute::CertificateServices).unwrap_or_default();
            services.split(',').any(|service| service.trim().eq_ignore_ascii_case("smtp"))
                && one.text(Attribute::Status) == Some("Valid")
        };
        let is_any_out = self.certificates.iter().any(|one| !is_used(one));
        is_any_out.then(|| {
            let detail =
                "a certificate of its names is not shown to be valid (`Status`) and bound to SMTP (`Services`)";
            Gap::new(GapReason::NotAttempted, detail)
        })
    }

    fn issuer(&self, context: &Context<'_>) -> Draft {
        let what = "whether its certificate leads to a trusted root CA";
        for certificate in &self.certificates {
            let names = [Attribute::CertificateSubject, Attribute::CertificateIssuer].map(|one| certificate.text(one));
            let is_own = names[0].zip(names[1]).is_some_and(|(subject, issuer)| plain(subject) == plain(issuer));
            if is_own || flag(certificate, Attribute::SelfSigned) == Some(true) {
                return Draft::fail(format!("The certificate that `{}` names is self-signed.", self.name));
            }
            if let Some(kind @ ("Enterprise" | "GroupPolicy" | "Registry")) = certificate.text(Attribute::RootKind) {
                let words = "leads to a root of your own, which Exchange Online does not know";
                return Draft::fail(format!("The certificate that `{}` names {words} (`{kind}`).", self.name));
            }
        }
        let mut thumbprints = self.certificates.iter().map(|one| one.text(Attribute::Thumbprint).unwrap_or_default());
        let Some(thumbprint) = thumbprints.next() else { return self.none_at_hand(what) };
        if thumbprints.any(|other| !other.eq_ignore_ascii_case(thumbprint)) {
            return self.open(what, "several certificates have its names: which of them is used is not shown");
        }
        let Some(store) = context.roots else {
            return self.open(what, "no roots were chosen to verify its chain against");
        };
        if hybrids(context).position(|one| std::ptr::eq(one, self.connector)).is_none_or(|at| at >= MOST_PROVEN) {
            return self.open(what, format!("of more than {MOST_PROVEN} such connectors only the first are looked at"));
        }
        let alone = context.merged.chains.iter().map(|chain| &chain.presented);
        let chains = alone.chain(context.merged.dossiers.iter().flat_map(|dossier| &dossier.chains));
        let mut why = format!("the chain of the certificate `{thumbprint}` was not shown as PEM");
        for chain in chains.filter(|chain| is_of(chain, thumbprint)).take(MOST_PROVEN) {
            let Some(leaf) = chain.leaf().and_then(|leaf| leaf.decoded()) else { continue };
            let others = chain.certificates.iter().filter(|one| !one.is_leaf).filter_map(|one| one.decoded());
            let others = others.gathered();
            let purpose = Purpose::Server;
            let proof = prove(&Question { leaf, others: &others, store, at: context.at, host: None, purpose });
            if proof.trusted {
                return Draft::pass(format!(
                    "The chain of the certificate that `{}` names leads to a root CA of the store `{}`.",
                    self.name, store.name
                ));
            }
            why =
                format!("its chain is not verified: {}", proof.nearest_miss.as_deref().unwrap_or("no path was found"));
        }
        self.open(what, why)
    }

    /// Whether each server has it, and the same one.
    fn servers(&self) -> Draft {
        let what = "whether all of its servers have the same certificate";
        let servers = self.connector.facts(Attribute::SourceServer).map(|fact| fact.value.as_str()).gathered();
        if servers.is_empty() || !whole(self.connector, Attribute::SourceServer) {
            return open(self.name, what, self.connector.gap(Attribute::SourceServer));
        }
        if self.certificates.is_empty() {
            return self.none_at_hand(what);
        }
        if let Some(gap) = self.out_of_use() {
            return open(self.name, what, gap);
        }
        let mut first = None;
        for server in &servers {
            let namesakes = servers.iter().filter(|other| short(other).eq_ignore_ascii_case(short(server))).count();
            let is_there = |one: &&&Exhibit| {
                let place = one.text(Attribute::StoredAt).and_then(|place| place.split_once('\\'));
                place.is_some_and(|(place, _)| {
                    let is_short = !place.contains('.') || !server.contains('.');
                    place.eq_ignore_ascii_case(server)
                        || is_short && namesakes == 1 && short(place).eq_ignore_ascii_case(short(server))
                })
            };
            let thumbprints = self.certificates.iter().filter(is_there);
            let thumbprints = thumbprints.filter_map(|one| one.text(Attribute::Thumbprint)).gathered();
            let Some(found) = thumbprints.first() else {
                let detail = format!(
                    "whether `{server}` has it: no certificate of that name is listed with this server in `Identity`"
                );
                return self.open(what, detail);
            };
            let expected = *first.get_or_insert(*found);
            if thumbprints.iter().any(|found| !found.eq_ignore_ascii_case(expected)) {
                let detail = "certificates of the same names differ between servers, or on one: which of them is used is not \
                              shown. Edge servers may have another of the same issuer and subject, Mailbox servers may not";
                return self.open(what, detail);
            }
        }
        let count = servers.len();
        Draft::pass(format!("Each of the {count} servers of `{}` has the same certificate of that name.", self.name))
    }

    /// Whether Exchange Online expects one of its names; the connectors that say so are cited.
    fn expected(&self, context: &Context<'a>, facts: &mut Vec<&'a Fact<String>>) -> Draft {
        let what = "whether Exchange Online expects the certificate";
        let inbound = context.merged.exhibits.iter().map(|view| view.exhibit).filter(|exhibit| {
            exhibit.text(Attribute::Cmdlet) == Some("Get-InboundConnector")
                && exhibit.text(Attribute::ConnectorType) == Some("OnPremises")
                && exhibit.text(Attribute::Enabled) == Some("true")
        });
        let wanted = inbound.filter_map(|exhibit| exhibit.fact(Attribute::CertificateName)).gathered();
        if wanted.iter().all(|fact| fact.value.is_empty()) {
            let detail = "expected the output of `Get-InboundConnector` with an enabled connector of the type `OnPremises` \
                          that names a certificate";
            return self.open(what, detail);
        }
        if let Some(fact) = wanted.iter().find(|fact| is_of_anybody(&fact.value)) {
            facts.push(fact);
            let words = format!("Exchange Online takes a certificate of anybody for that of `{}`", self.name);
            return Draft::fail(format!("{words} (`TlsSenderCertificateName` is `{}`).", fact.value));
        }
        if let Some(gap) = self.out_of_use() {
            return open(self.name, what, gap);
        }
        if is_intricate(self.subject) {
            return self.open(what, "its subject has parts that are written in different ways");
        }
        let mut names = common_name(self.subject).into_iter().gathered();
        for certificate in &self.certificates {
            names.extend(certificate.facts(Attribute::CertificateDomain).map(|fact| fact.value.to_ascii_lowercase()));
        }
        facts.extend(&wanted);
        let is_expected = |fact: &&&Fact<String>| names.iter().any(|name| matches_domain(name, &fact.value));
        if let Some(found) = wanted.iter().find(is_expected) {
            let words =
                format!("Exchange Online expects `{}`, a name of the certificate of `{}`.", found.value, self.name);
            return Draft::pass(words);
        }
        if self.certificates.is_empty() {
            return self.none_at_hand(what);
        }
        let is_whole = self.certificates.iter().all(|one| whole(one, Attribute::CertificateDomain));
        match is_whole {
            true => Draft::fail(format!(
                "Exchange Online expects `{}`, which is no name of the certificate of `{}`.",
                wanted.first().map_or("", |fact| fact.value.as_str()),
                self.name
            )),
            false => self.open(what, "not all names of the certificate are shown"),
        }
    }
}

/// Send connectors for Exchange Online, and chains of one certificate, that are looked at; nobody has more.
const MOST_PROVEN: usize = 8;

fn hybrids<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Exhibit> {
    let all = context.merged.exhibits.iter().map(|view| view.exhibit);
    all.filter(|one| one.text(Attribute::Cmdlet) == Some("Get-SendConnector") && leads_to_microsoft(one) == Some(true))
}

/// Whether the chain is that of the certificate with this thumbprint.
fn is_of(chain: &PresentedView<'_>, thumbprint: &str) -> bool {
    let Some(Certificate::Der(der)) = chain.leaf().map(|leaf| leaf.shown) else { return false };
    sha1_hex(der.value.bytes()).eq_ignore_ascii_case(thumbprint)
}

/// The first label of a host name.
fn short(server: &str) -> &str {
    server.split('.').next().unwrap_or_default().trim()
}
