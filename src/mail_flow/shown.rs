//! Predictions from evidence: for each domain, direction and server that settings and reports show together.

use std::cell::OnceCell;

use super::join::{Joined, Way, join};
use super::peer::{Peer, Seen, State, is_of_mail};
use super::recent::Recent;
use super::rule::demands;
use super::table::SOURCES;
use super::{Fault, forecast};
use crate::evaluate::Clock;
use crate::evidence::{Attribute, Dossier, Merged, Role, ServerName, SubjectKind, TlsSupport};
use crate::gathered::Gathered;
use crate::letters::{capitalised, lower_case};
use crate::ordered::{Map, Set};
use crate::policy::Policy;
use crate::report::{Citation, Cited, MailBasis, MailDirection, MailForecast, MailOutcome, MailPrediction};
use crate::rules::{Cause, Names, Published, is_plain, meaning_of, mx_host, partners, published};
use crate::source::Span;

/// More predictions nobody reads; where there are more, the report says so.
const MOST: usize = 200;
/// The most connectors that are asked for one prediction.
const MOST_CONNECTORS: usize = 16;
/// The most places that a prediction cites.
const MOST_CITED: usize = 12;
/// The most servers of one domain that are named as not looked at.
const MOST_NAMED: usize = 8;

const STATEMENT: &str = "Predictions for Exchange Online and Exchange Server, from settings and from what was seen of servers. They are no findings, prove no delivery \
and change no verdict.";

const UNKNOWN: &[&str] = &[
    "hops behind the server at the other end, and gateways in between",
    "transport rules, and connectors that were not exported",
    "the domain's other servers and their other addresses, unless they are named",
    "what a smart host does with mail",
    "revocation, where no list or response was shown",
    "the exact codes of replies",
    "whether settings are still as they were exported",
];

/// What predictions are made from.
pub(crate) struct Shown<'a> {
    pub(crate) merged: &'a Merged<'a>,
    pub(crate) policy: &'a Policy,
    /// The services, with what the chosen roots say of their chains.
    pub(crate) seen: Vec<Seen<'a>>,
    /// SHA-256 of certificates that were found to be revoked.
    pub(crate) revoked: Vec<&'a str>,
    /// When certificates are judged, and when the age of reports counts from.
    pub(crate) clock: Clock,
}

/// A server under its name.
struct Server<'a> {
    host: String,
    seen: Vec<Seen<'a>>,
    /// What must be known because it was asked by other names.
    doubts: Vec<String>,
    peer: OnceCell<Peer<'a>>,
}

/// The servers of one side, and where below a domain they are.
#[derive(Default)]
struct Servers<'a> {
    all: Vec<Server<'a>>,
    by_host: Map<String, usize>,
    below: Map<String, Vec<usize>>,
}

impl<'a> Servers<'a> {
    fn of(seen: &[Seen<'a>], role: Role) -> Self {
        let mut servers = Self { all: Vec::new(), by_host: Map::new(), below: Map::new() };
        for one in seen.iter().filter(|one| one.dossier.key.role == role && is_of_mail(one.dossier)) {
            let Some(host) = one.dossier.key.host.as_deref() else { continue };
            let host = lower_case(host.trim_end_matches('.'));
            let new = servers.all.len();
            let at = servers.by_host.update(host.clone(), || new, |at| *at);
            if at == new {
                let mut parent = host.as_str();
                loop {
                    servers.below.update(parent.to_owned(), Vec::new, |hosts| hosts.push(new));
                    let Some((_, rest)) = parent.split_once('.') else { break };
                    parent = rest;
                }
                servers.all.push(Server { host, seen: Vec::new(), doubts: Vec::new(), peer: OnceCell::new() });
            }
            if let Some(server) = servers.all.get_mut(at) {
                match by_other_name(one.dossier, &server.host) {
                    Some(doubt) if !server.doubts.contains(&doubt) => server.doubts.push(doubt),
                    Some(_) => {}
                    None => server.seen.push(*one),
                }
            }
        }
        servers
    }

    fn named(&self, host: &str) -> Option<&Server<'a>> {
        self.by_host.get(&host.to_owned()).and_then(|at| self.all.get(*at))
    }

    fn below(&self, domain: &str) -> impl Iterator<Item = &Server<'a>> {
        self.below.get(&domain.to_owned()).into_iter().flatten().filter_map(|at| self.all.get(*at))
    }
}

/// What must be known of a server that was asked by another name than its own: the certificate that it has for that name is
/// not the one that it sends to who delivers.
fn by_other_name(dossier: &Dossier<'_>, host: &str) -> Option<String> {
    let mut tls = dossier.sightings.iter().map(|sighting| sighting.endpoint.tls.value());
    // Whether STARTTLS is announced is seen before any name is sent.
    let is_clear = tls.all(|tls| tls.is_some_and(|tls| *tls != TlsSupport::Available));
    let asked = match &dossier.key.server_name {
        _ if is_clear || dossier.key.role == Role::Client => return None,
        ServerName::Omitted => return None,
        sent if sent.is(host) => return None,
        ServerName::Sent(name) => format!("it was asked by the name `{name}`"),
        ServerName::Unstated => "a report does not say by which name it was asked".to_owned(),
    };
    Some(format!("what `{host}` shows who asks by its own name, or by none: {asked}"))
}

/// What was shown beside settings and servers.
struct Beside<'a> {
    names: Names<'a>,
    /// By the server that gave them, what replies say that show a delivery which failed for TLS.
    replies: Map<String, (Span, &'static str)>,
    /// Hosts that have addresses which were not looked at.
    unseen: Vec<String>,
    recent: Recent,
}

/// A question that can be asked.
struct Question<'s, 'a> {
    domain: &'s str,
    direction: MailDirection,
    server: Option<&'s Server<'a>>,
    missing: Vec<String>,
}

/// Every prediction that the evidence allows, none where settings and servers were not shown together.
pub(crate) fn mail_forecast(shown: &Shown<'_>) -> Option<MailForecast> {
    let exhibits = &shown.merged.exhibits;
    if exhibits.is_empty() {
        return None;
    }
    let (receivers, senders) = (Servers::of(&shown.seen, Role::Server), Servers::of(&shown.seen, Role::Client));
    if receivers.all.is_empty() && senders.all.is_empty() {
        return None;
    }
    let beside = Beside {
        names: Names::of(exhibits),
        replies: replies(shown.merged),
        unseen: shown.merged.unseen_addresses(),
        recent: Recent { now: shown.clock.now, days: shown.policy.max_evidence_age_days },
    };
    let mut forecast = MailForecast {
        statement: STATEMENT.to_owned(),
        unknown: UNKNOWN.iter().map(|words| (*words).to_owned()).gathered(),
        predictions: Vec::new(),
        left_out: 0,
        sources: Vec::new(),
    };
    let mut sources: Vec<usize> = Vec::new();
    let mut exported = exhibits.iter().map(|view| view.exhibit.text(Attribute::Cmdlet));
    let is_inbound = exported.any(|cmdlet| cmdlet == Some("Get-InboundConnector"));
    for domain in domains(shown) {
        let mut questions: Vec<Question<'_, '_>> = Vec::new();
        to(domain, &beside, &receivers, &mut questions);
        let is_asked = is_inbound && !questions.is_empty();
        from(domain, &senders, is_asked, &mut questions);
        for question in questions {
            if forecast.predictions.len() == MOST {
                forecast.left_out += 1;
                continue;
            }
            let (prediction, used) = predict(shown, &beside, &question);
            let prediction = with_sources(prediction, &used, &mut sources);
            forecast.predictions.push(prediction);
        }
    }
    if forecast.predictions.is_empty() {
        return None;
    }
    let store = shown.policy.roots.as_ref().map(|roots| roots.reference());
    forecast.unknown.push(store.map_or_else(
        || "which root CAs the other side trusts: no store was chosen".to_owned(),
        |store| {
            format!(
                "which root CAs the other side trusts: chains were judged by `{}` of {}",
                store.name,
                store.date.date()
            )
        },
    ));
    let citation = |at: &usize| {
        SOURCES.get(*at).map(|clause| Citation {
            document: clause.document.to_owned(),
            clause: clause.clause.to_owned(),
            url: clause.url.to_owned(),
            date: clause.date.to_owned(),
        })
    };
    forecast.sources = sources.iter().filter_map(citation).gathered();
    Some(forecast)
}

/// The domains that are asked about: those of the policy or of connectors, then those whose records were shown.
fn domains<'a>(shown: &Shown<'a>) -> Vec<&'a str> {
    let mut domains: Vec<&str> = Vec::new();
    let mut known: Set<&str> = Set::new();
    let mut add = |domain: &'a str| {
        if !domain.is_empty() && !domain.contains('*') && known.insert(domain) {
            domains.push(domain);
        }
    };
    partners(&shown.merged.exhibits, &shown.policy.partners).into_iter().for_each(&mut add);
    for view in &shown.merged.exhibits {
        let text = |attribute| view.exhibit.text(attribute);
        match view.exhibit.kind {
            SubjectKind::DnsRecord if text(Attribute::RecordType) == Some("MX") => {
                text(Attribute::Owner).into_iter().for_each(&mut add);
            }
            SubjectKind::MtaStsPolicy => text(Attribute::Domain).into_iter().for_each(&mut add),
            _ => {}
        }
    }
    domains
}

/// The servers that mail to a domain goes to.
fn to<'s, 'a>(domain: &'s str, beside: &Beside<'_>, receivers: &'s Servers<'a>, questions: &mut Vec<Question<'s, 'a>>) {
    let names = &beside.names;
    let outdated = || beside.recent.doubt_of_answers(names, domain, "MX").into_iter().gathered();
    let mut ask = |server, missing| {
        questions.push(Question { domain, direction: MailDirection::To, server: Some(server), missing });
    };
    match published(names, domain, "MX") {
        Published::Whole(record) if record.fact(Attribute::Data).is_none() => {
            // RFC 5321 section 5.1: without MX records the host of that name is it.
            receivers.named(domain).into_iter().for_each(|server| ask(server, outdated()));
        }
        Published::Whole(record) => {
            let mut known: Set<&str> = Set::new();
            let hosts = record.facts(Attribute::Data).filter_map(|fact| mx_host(&fact.value));
            let hosts = hosts.filter(|host| known.insert(host));
            hosts.filter_map(|host| receivers.named(host)).for_each(|server| ask(server, outdated()));
        }
        Published::Unknown(_) => {
            let asked = if is_plain(domain) { domain } else { "DOMAIN" };
            for server in receivers.below(domain) {
                let what =
                    format!("whether `{}` is what the MX records of `{domain}` name (`dig MX {asked}`)", server.host);
                ask(server, vec![what]);
            }
        }
    }
}

/// The servers that mail from a domain comes from; where none was seen, what the settings alone leave open.
fn from<'s, 'a>(domain: &'s str, senders: &'s Servers<'a>, is_asked: bool, questions: &mut Vec<Question<'s, 'a>>) {
    let before = questions.len();
    for server in senders.below(domain) {
        questions.push(Question { domain, direction: MailDirection::From, server: Some(server), missing: Vec::new() });
    }
    if questions.len() == before && is_asked {
        questions.push(Question { domain, direction: MailDirection::From, server: None, missing: Vec::new() });
    }
}

/// Replies that show a delivery which failed for TLS, by the server that gave them.
fn replies(merged: &Merged<'_>) -> Map<String, (Span, &'static str)> {
    let mut found: Map<String, (Span, &'static str)> = Map::new();
    for view in merged.exhibits.iter().filter(|view| view.exhibit.kind == SubjectKind::SmtpReply) {
        let (Some(server), Some(text)) =
            (view.exhibit.text(Attribute::Server), view.exhibit.fact(Attribute::ReplyText))
        else {
            continue;
        };
        let meaning = meaning_of(&text.value);
        let is_of_tls = |cause| matches!(cause, Cause::Untrusted | Cause::Name | Cause::Expired | Cause::NoTls);
        if let (Some(meaning), Some(span)) = (meaning.filter(|one| is_of_tls(one.cause)), text.words.first()) {
            found.update(server.to_owned(), || (*span, meaning.says), |_| ());
        }
    }
    found
}

fn predict(shown: &Shown<'_>, beside: &Beside<'_>, question: &Question<'_, '_>) -> (MailPrediction, Vec<usize>) {
    let Question { domain, direction, server, .. } = *question;
    let mut asked = demands(&shown.merged.exhibits, &shown.policy.identities, domain, direction, beside.recent);
    let is_too_many = asked.len() > MOST_CONNECTORS;
    asked.truncate(MOST_CONNECTORS);
    let Some(server) = server else { return (without_sender(domain, &asked), Vec::new()) };
    let peer = server.peer.get_or_init(|| Peer::of(&server.seen, shown.clock.at, &shown.revoked));
    let way = Way { domain, direction, server: &server.host, names: &beside.names, recent: beside.recent };
    let mut all = asked.into_iter().map(|demand| join(demand, way, peer)).gathered().into_iter();
    let Some(mut joined) = all.next() else { return (without_sender(domain, &[]), Vec::new()) };
    for other in all {
        if other.outcome != joined.outcome || other.provided != joined.provided {
            joined.provided = None;
            joined.outcome = MailOutcome::NotDetermined;
            joined
                .missing
                .push("which of several connectors takes the message: they come to different ends".to_owned());
        }
        joined.basis = joined.basis.max(other.basis);
        joined.says.extend(other.says);
        joined.evidence.extend(other.evidence);
        joined.missing.extend(other.missing);
        joined.sources.extend(other.sources);
        joined.faults.extend(other.faults);
    }
    if is_too_many {
        joined.outcome = MailOutcome::NotDetermined;
        joined.missing.push(format!("what the connectors beyond {MOST_CONNECTORS} demand that may take this mail"));
    }
    let at_port = format!("{}:25 was not shown", server.host);
    let addresses = beside.unseen.iter().find(|line| line.starts_with(&at_port)).cloned();
    let mut unsure = question.missing.clone();
    unsure.extend(server.doubts.iter().take(MOST_NAMED).cloned());
    let looked_at = format!("`{}` was looked at", server.host);
    unsure.extend(beside.recent.doubt(peer.at, &looked_at).into_iter().chain(addresses));
    if !unsure.is_empty() {
        joined.outcome = MailOutcome::NotDetermined;
        joined.missing.append(&mut unsure);
    }
    each_once(&mut joined.missing);
    each_once(&mut joined.says);
    each_once(&mut joined.faults);
    each_once(&mut joined.sources);
    cite_peer(&mut joined, peer);
    let observed = beside.replies.get(&server.host).filter(|_| direction == MailDirection::To);
    if let Some((span, says)) = observed {
        joined.evidence.push(Cited { span: *span, observed: format!("a reply of `{}`: {says}", server.host) });
        match joined.outcome {
            MailOutcome::Returned => joined.basis = MailBasis::Observed,
            MailOutcome::NotDetermined => {}
            _ => {
                joined.outcome = MailOutcome::NotDetermined;
                joined.missing.push(format!("why a delivery to `{}` failed: {says}", server.host));
            }
        }
    }
    let others = if direction == MailDirection::To { other_servers(way, joined.outcome) } else { None };
    let summary = summary(&joined, way, peer);
    joined.missing.extend(others);
    let is_open = joined.outcome == MailOutcome::NotDetermined;
    let prediction = MailPrediction {
        domain: domain.to_owned(),
        direction,
        server: Some(server.host.clone()),
        outcome: joined.outcome,
        basis: (!is_open).then_some(joined.basis),
        provided: joined.provided.filter(|_| is_open),
        summary,
        evidence: joined.evidence,
        missing: joined.missing,
        sources: Vec::new(),
    };
    (prediction, joined.sources)
}

fn each_once<T: PartialEq>(list: &mut Vec<T>) {
    let mut known: Vec<T> = Vec::new();
    for one in list.drain(..) {
        if !known.contains(&one) {
            known.push(one);
        }
    }
    *list = known;
}

/// Adds the words of what decides of the peer, with their day.
fn cite_peer(joined: &mut Joined, peer: &Peer<'_>) {
    joined.evidence.truncate(MOST_CITED);
    let day = peer.at.map(|at| format!(", as of {}", at.date())).unwrap_or_default();
    let mut cite = |spans: Vec<Span>, words: &str| {
        let room = MOST_CITED.saturating_sub(joined.evidence.len()).min(3);
        for span in spans.into_iter().take(room) {
            if !joined.evidence.iter().any(|known| known.span == span) {
                joined.evidence.push(Cited { span, observed: format!("it {words}{day}") });
            }
        }
    };
    for fault in &joined.faults {
        match peer.state(*fault, None) {
            _ if matches!(fault, Fault::NameMismatch | Fault::TlsaMismatch) => {
                cite(peer.leaves().gathered(), fault.words())
            }
            State::Present(words) => cite(words, fault.words()),
            State::Absent(_) | State::Unknown(_) => {}
        }
    }
    if let Some(negotiated) = negotiated(peer) {
        cite(peer.words.clone(), &format!("takes {negotiated}"));
        cite(peer.leaves().gathered(), "has this certificate");
    }
}

fn negotiated(peer: &Peer<'_>) -> Option<String> {
    let (version, suite) = peer.negotiated?;
    let suite = suite.map(|suite| format!(" with {}", suite.name())).unwrap_or_default();
    Some(format!("{version}{suite}"))
}

fn summary(joined: &Joined, way: Way<'_>, peer: &Peer<'_>) -> String {
    let mail = match way.direction {
        MailDirection::To => format!("mail to `{}` by way of `{}`", way.domain, way.server),
        MailDirection::From => format!("mail from `{}` by way of `{}`", way.domain, way.server),
    };
    let outcome = if joined.outcome == MailOutcome::NotDetermined { joined.provided } else { Some(joined.outcome) };
    let is_delivered = matches!(outcome, Some(MailOutcome::DeliveredEncrypted | MailOutcome::DeliveredVerified));
    let how = negotiated(peer).filter(|_| is_delivered).map(|words| format!(" ({words})")).unwrap_or_default();
    let day = peer.at.map(|at| format!(" (as of {})", at.date())).unwrap_or_default();
    let faults: Vec<&str> = joined.faults.iter().map(|fault| fault.words()).gathered();
    let set = joined.says.join(", ");
    let because = if joined.faults == [Fault::Sound] {
        format!("{set}, and nothing that was shown of `{}`{day} stands against it", way.server)
    } else {
        format!("{set}, and `{}` {}{day}", way.server, faults.join(" and "))
    };
    match (joined.outcome, joined.provided) {
        (MailOutcome::NotDetermined, Some(provided)) => format!(
            "What would become of {mail} is not determined. If nothing that is missing stands against it, it would {}{how}, \
             because {because}.",
            provided.words(way.direction)
        ),
        (MailOutcome::NotDetermined, None) if joined.faults.is_empty() => {
            format!("What would become of {mail} is not determined.")
        }
        (MailOutcome::NotDetermined, None) => format!(
            "What would become of {mail} is not determined: {because}. What happens then is not documented, or is contested."
        ),
        (outcome, _) => {
            format!("{} would {}{how}, because {because}.", capitalised(&mail), outcome.words(way.direction))
        }
    }
}

/// Without anything shown of the sender, what the settings do with mail that comes in clear text.
fn without_sender(domain: &str, asked: &[super::rule::Demand<'_>]) -> MailPrediction {
    let in_clear = |demand: &super::rule::Demand<'_>| {
        let class = demand.class.filter(|_| demand.missing.is_empty())?;
        let forecast = forecast(class, &|fault| Some(fault == Fault::NoStarttls));
        forecast.outcome.map(|outcome| (outcome, forecast.basis))
    };
    let mut outcomes = asked.iter().map(in_clear);
    let first = outcomes.next().flatten();
    let first = first.filter(|first| outcomes.all(|other| other == Some(*first)));
    let then = first.map(|(outcome, basis)| {
        let says: Vec<&str> = asked.iter().map(|demand| demand.says.as_str()).take(3).gathered();
        let (words, basis) = (outcome.words(MailDirection::From), basis.words());
        format!(" Sent without TLS it would {words}, because {} ({basis}).", says.join(", "))
    });
    let mut missing = vec![format!("how the servers of `{domain}` send: TLS, versions, suites, certificate")];
    missing
        .extend(asked.iter().flat_map(|demand| demand.missing.iter().chain(&demand.doubts)).take(MOST_NAMED).cloned());
    each_once(&mut missing);
    MailPrediction {
        domain: domain.to_owned(),
        direction: MailDirection::From,
        server: None,
        outcome: MailOutcome::NotDetermined,
        basis: None,
        provided: None,
        summary: format!("What would become of mail from `{domain}` is not determined.{}", then.unwrap_or_default()),
        evidence: asked.iter().flat_map(|demand| demand.evidence.iter().cloned()).take(MOST_CITED).gathered(),
        missing,
        sources: Vec::new(),
    }
}

/// The other servers of the domain, which a sender may turn to.
fn other_servers(way: Way<'_>, outcome: MailOutcome) -> Option<String> {
    let Published::Whole(record) = published(way.names, way.domain, "MX") else { return None };
    let hosts = record.facts(Attribute::Data).filter_map(|fact| mx_host(&fact.value));
    let others: Vec<String> =
        hosts.filter(|host| *host != way.server).take(MOST_NAMED).map(|host| format!("`{host}`")).gathered();
    let does = if outcome == MailOutcome::Returned { "whether mail is delivered by" } else { "when mail goes by" };
    (!others.is_empty()).then(|| format!("{does} {} instead, which the MX records name as well", others.join(", ")))
}

/// Puts the sources of a prediction into the list of all.
fn with_sources(mut prediction: MailPrediction, used: &[usize], all: &mut Vec<usize>) -> MailPrediction {
    for source in used {
        let at = all.iter().position(|known| known == source).unwrap_or_else(|| {
            all.push(*source);
            all.len() - 1
        });
        prediction.sources.extend(u32::try_from(at));
    }
    prediction
}
