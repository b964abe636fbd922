//! What was shown of a server, as the faults that rules ask for: each is there, is not, or is not known and why.

use super::Fault;
use super::ladder::{Common, exchange_online, ladder, seen};
use crate::evidence::{CertificateView, Dossier, EndpointKey, PresentedView, Rest, Role, TlsSupport};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::letters::lower_case;
use crate::pki::algorithm::HashAlgorithm;
use crate::pki::path::{ChainAnswer, FailureKind};
use crate::pki::{NameMatch, ParsedCertificate, match_host, parse_host};
use crate::rules::{TlsaRecord, undecided};
use crate::source::Span;
use crate::time::Timestamp;

/// A service with what the chosen roots say of its chains.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) dossier: &'a Dossier<'a>,
    pub(crate) proofs: &'a [Option<ChainAnswer>],
}

/// Whether something is wrong, and where that is said.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Present(Vec<Span>),
    Absent(Vec<Span>),
    /// What would have to be shown.
    Unknown(String),
}

impl State {
    pub(crate) const fn known(&self) -> Option<bool> {
        match self {
            Self::Present(_) => Some(true),
            Self::Absent(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }

    /// The same answer of several; where they differ, none.
    fn all(states: impl Iterator<Item = Self>, what: &str) -> Self {
        let mut all: Option<Self> = None;
        for state in states {
            all = Some(match (all, state) {
                (None, state) => state,
                (Some(Self::Present(mut words)), Self::Present(more)) => {
                    words.extend(more);
                    Self::Present(words)
                }
                (Some(Self::Absent(mut words)), Self::Absent(more)) => {
                    words.extend(more);
                    Self::Absent(words)
                }
                (Some(Self::Unknown(why)), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
                (Some(_), _) => Self::Unknown(format!("which is so of {what}: reports, addresses or chains differ")),
            });
        }
        all.unwrap_or_else(|| Self::Unknown(format!("{what}: nothing was shown")))
    }
}

/// Everything that is known of a server.
pub(crate) struct Peer<'a> {
    states: Vec<(Fault, State)>,
    chains: Vec<(&'a PresentedView<'a>, Option<&'a ChainAnswer>)>,
    gap: Option<String>,
    /// The version and suite that would be negotiated, and where that is said.
    pub(crate) negotiated: Option<(ProtocolVersion, Option<CipherSuite>)>,
    pub(crate) words: Vec<Span>,
    /// The time of the oldest report that something rests on; none where one of them has none.
    pub(crate) at: Option<Timestamp>,
}

/// Whether it is a service that other mail systems deliver to, or one that delivers.
pub(crate) fn is_of_mail(dossier: &Dossier<'_>) -> bool {
    let EndpointKey { port, role, .. } = dossier.key;
    *role == Role::Client || dossier.is_mail_transfer() && *port == 25
}

impl<'a> Peer<'a> {
    /// Lays the reports of one server's addresses side by side.
    pub(crate) fn of(seen: &[Seen<'a>], at: Timestamp, revoked: &[&str]) -> Self {
        // Beside the service asked by name, the one asked without counts for its certificates.
        let by_name: Vec<&Dossier<'_>> =
            seen.iter().map(|one| one.dossier).filter(|dossier| !dossier.is_sibling_without_server_name).gathered();
        let mut chains: Vec<(&PresentedView<'_>, Option<&ChainAnswer>)> = Vec::new();
        for one in seen {
            for (position, chain) in one.dossier.chains.iter().enumerate() {
                chains.push((chain, one.proofs.get(position).and_then(Option::as_ref)));
            }
        }
        let mut gap = seen.iter().flat_map(|one| one.dossier.chain_gaps()).map(|gap| gap.detail).next();
        let unfinished = by_name.iter().find_map(|dossier| dossier.unfinished());
        gap = gap.or_else(|| unfinished.map(|gap| gap.detail.clone()));
        let is_client = by_name.iter().any(|dossier| dossier.key.role == Role::Client);
        let mut peer = Self { states: Vec::new(), gap, negotiated: None, words: Vec::new(), at: oldest(seen), chains };
        peer.know(
            Fault::NoStarttls,
            State::all(by_name.iter().map(|dossier| no_tls(dossier)), "whether it uses STARTTLS"),
        );
        peer.transport(&by_name);
        if is_client {
            let none = by_name.iter().map(|dossier| no_certificate(dossier));
            let none = State::all(none, "whether it shows a certificate");
            peer.know(Fault::NoClientCertificate, none);
        }
        for (fault, judge) in CERTIFICATES {
            let judged = peer.chains.iter().map(|(chain, proof)| judge(chain, *proof, at));
            peer.know(*fault, peer.complete(State::all(judged, "its certificate")));
        }
        let is_revoked = |(chain, _): &(&PresentedView<'_>, Option<&ChainAnswer>)| {
            let hashes = chain.certificates.iter().filter_map(|one| one.sha256.as_deref().map(|hash| (hash, one)));
            let of_chain = hashes.filter(|(hash, _)| revoked.contains(hash)).map(|(_, one)| one).next();
            of_chain.map_or(State::Absent(Vec::new()), |one| State::Present(one.words().to_vec()))
        };
        let state = State::all(peer.chains.iter().map(is_revoked), "its certificate");
        peer.know(Fault::Revoked, state);
        peer
    }

    fn know(&mut self, fault: Fault, state: State) {
        self.states.push((fault, state));
    }

    /// What is not wrong with the chains that were shown may be wrong with one that was not.
    fn complete(&self, state: State) -> State {
        match (state, &self.gap) {
            (State::Absent(_) | State::Present(_), Some(gap)) => State::Unknown(gap.clone()),
            (state, _) => state,
        }
    }

    /// What both ends have in common.
    fn transport(&mut self, by_name: &[&Dossier<'_>]) {
        let mut version: Vec<State> = Vec::new();
        let mut suite: Vec<State> = Vec::new();
        let mut negotiated = None;
        for (position, dossier) in by_name.iter().enumerate() {
            let (profile, mut words) = seen(dossier);
            let common = ladder(&exchange_online(), &profile);
            let is_refused =
                |version| profile.rungs.iter().any(|rung| rung.version == version && rung.offered == Some(false));
            let (newer, older) = (ProtocolVersion::TLS1_3, ProtocolVersion::TLS1_2);
            let is_offered = profile.rungs.iter().any(|rung| rung.offered == Some(true));
            version.push(if is_refused(newer) && is_refused(older) {
                State::Present(words.clone())
            } else if is_offered {
                State::Absent(words.clone())
            } else {
                State::Unknown("whether it takes TLS 1.2 or 1.3".to_owned())
            });
            let used = dossier.suites().accepted.iter();
            suite.push(match &common {
                Common::Agreed(version, taken) => {
                    let is_it = |used: &&crate::evidence::SuiteUse| {
                        used.version == Some(*version) && taken.is_none_or(|suite| suite == used.suite)
                    };
                    words = used.filter(is_it).filter_map(|used| used.words.first().copied()).take(1).gathered();
                    let agreed = Some((*version, *taken));
                    negotiated = if position == 0 || negotiated == agreed { agreed } else { None };
                    self.words.extend(words.iter().copied());
                    State::Absent(words)
                }
                Common::NoSuite => {
                    State::Present(used.filter_map(|used| used.words.first().copied()).take(3).gathered())
                }
                Common::NoVersion => State::Absent(words),
                Common::Unknown => State::Unknown("which suites it takes".to_owned()),
            });
        }
        self.negotiated = negotiated;
        self.know(Fault::OldVersionsOnly, State::all(version.into_iter(), "which versions it takes"));
        self.know(Fault::NoCommonSuite, State::all(suite.into_iter(), "which suites it takes"));
    }

    /// How a fault stands; `wanted` is the name that the certificate must be for.
    pub(crate) fn state(&self, fault: Fault, wanted: Option<&str>) -> State {
        if fault == Fault::NameMismatch {
            let Some(wanted) = wanted else {
                return State::Unknown("by which name its certificate is checked".to_owned());
            };
            let named = self.chains.iter().map(|(chain, _)| mismatch(chain, wanted));
            return self.complete(State::all(named, "its certificate"));
        }
        let known = self.states.iter().find(|(known, _)| *known == fault);
        known.map_or(State::Absent(Vec::new()), |(_, state)| state.clone())
    }

    /// Whether its certificates are others than TLSA records name ([RFC 7672 §3.1](https://www.rfc-editor.org/rfc/rfc7672#section-3.1)).
    pub(crate) fn named_by(&self, records: &[TlsaRecord<'_>]) -> State {
        let named = self.chains.iter().map(|(chain, _)| not_named_by(chain, records));
        self.complete(State::all(named, "its certificate"))
    }

    /// Where its certificates stand.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = Span> {
        self.chains.iter().filter_map(|(chain, _)| chain.leaf()?.words().first().copied())
    }
}

/// Each report that no newer one took the place of counts: what a newer one is silent on rests on it.
fn oldest(seen: &[Seen<'_>]) -> Option<Timestamp> {
    let sightings = seen.iter().flat_map(|one| &one.dossier.sightings).filter(|sighting| !sighting.is_replaced);
    // A report without a time comes before all others.
    sightings.map(|sighting| sighting.scan.started.value().copied()).min().flatten()
}

fn no_tls(dossier: &Dossier<'_>) -> State {
    let said = dossier.sightings.iter().filter_map(|sighting| sighting.endpoint.tls.fact());
    let states = said.map(|fact| match fact.value {
        TlsSupport::Available => State::Absent(fact.words.clone()),
        TlsSupport::NotAvailable | TlsSupport::StartTlsNotAdvertised => State::Present(fact.words.clone()),
    });
    State::all(states, "whether it uses STARTTLS")
}

fn no_certificate(dossier: &Dossier<'_>) -> State {
    if !dossier.chains.is_empty() {
        return State::Absent(Vec::new());
    }
    let complete = dossier.sightings.iter().find_map(|sighting| match &sighting.endpoint.chains_rest {
        Rest::Complete(fact) => Some(fact.words.clone()),
        Rest::Gap(_) => None,
    });
    complete.map_or_else(|| State::Unknown("whether it shows a certificate".to_owned()), State::Present)
}

type Judge = fn(&PresentedView<'_>, Option<&ChainAnswer>, Timestamp) -> State;

const CERTIFICATES: &[(Fault, Judge)] = &[
    (Fault::SelfSigned, |chain, proof, _| self_signed(chain, proof)),
    (Fault::Expired, |chain, _, at| expired(chain, at)),
    (Fault::Untrusted, |chain, proof, _| untrusted(chain, proof)),
    (Fault::Md5, |chain, _, _| signed_over(chain, &[HashAlgorithm::Md2, HashAlgorithm::Md4, HashAlgorithm::Md5])),
    (Fault::Sha1, |chain, _, _| signed_over(chain, &[HashAlgorithm::Sha1])),
];

fn decoded<'a>(chain: &PresentedView<'a>) -> Option<(&'a ParsedCertificate, Vec<Span>)> {
    let leaf = chain.leaf()?;
    Some((leaf.decoded()?, leaf.words().first().copied().into_iter().gathered()))
}

fn undecoded() -> State {
    State::Unknown("the bytes of its certificate".to_owned())
}

fn is_trusted(proof: Option<&ChainAnswer>) -> bool {
    proof.is_some_and(|proof| proof.paths.iter().any(crate::pki::path::PathAnswer::is_proof))
}

fn self_signed(chain: &PresentedView<'_>, proof: Option<&ChainAnswer>) -> State {
    let Some((leaf, words)) = decoded(chain) else { return undecoded() };
    match leaf.is_self_issued() {
        Some(true) if !is_trusted(proof) => State::Present(words),
        Some(_) => State::Absent(words),
        None => undecoded(),
    }
}

fn expired(chain: &PresentedView<'_>, at: Timestamp) -> State {
    let Some((leaf, words)) = decoded(chain) else { return undecoded() };
    match (&leaf.not_before, &leaf.not_after) {
        (_, Ok(end)) if at > *end => State::Present(words),
        (Ok(begin), Ok(_)) if at >= *begin => State::Absent(words),
        _ => State::Unknown("that its certificate is valid already".to_owned()),
    }
}

/// Whether the chain leads to no chosen root, apart from what else may be wrong with its leaf.
fn untrusted(chain: &PresentedView<'_>, proof: Option<&ChainAnswer>) -> State {
    let Some((leaf, words)) = decoded(chain) else { return undecoded() };
    if is_trusted(proof) {
        let distrusts = chain.distrusted.is_some();
        return if distrusts {
            State::Unknown("why a scanner does not trust its chain".to_owned())
        } else {
            State::Absent(words)
        };
    }
    if leaf.is_self_issued() == Some(true) {
        return State::Absent(words);
    }
    let Some(proof) = proof else { return State::Unknown("whether its chain leads to a chosen root CA".to_owned()) };
    let leads = |kinds: &[FailureKind]| {
        proof.paths.iter().any(|path| {
            let mut failures = path.failures.iter();
            !path.failures.is_empty() && failures.all(|one| kinds.contains(&one.kind) && one.certificate == proof.leaf)
        })
    };
    if leads(&[FailureKind::Expired, FailureKind::HostMismatch]) {
        return State::Absent(words);
    }
    if let Some(gap) = undecided(chain, true, proof) {
        return State::Unknown(gap.detail);
    }
    let is_without_root = |path: &crate::pki::path::PathAnswer| {
        path.failures.iter().any(|one| matches!(one.kind, FailureKind::IssuerMissing | FailureKind::RootUntrusted))
    };
    if !proof.paths.is_empty() && proof.paths.iter().all(is_without_root) {
        State::Present(words)
    } else {
        State::Unknown("whether its chain leads to a chosen root CA".to_owned())
    }
}

/// Whether a signature that somebody relies on rests on one of these hashes.
fn signed_over(chain: &PresentedView<'_>, hashes: &[HashAlgorithm]) -> State {
    let of = |certificate: &CertificateView<'_>| {
        let Some(parsed) = certificate.decoded() else { return undecoded() };
        if !certificate.is_leaf && parsed.issued_by_name(parsed) {
            return State::Absent(Vec::new());
        }
        let hash = parsed.signature_algorithm.as_ref().ok().and_then(|algorithm| algorithm.hash);
        match hash {
            Some(hash) if hashes.contains(&hash) => State::Present(certificate.words().to_vec()),
            Some(_) => State::Absent(Vec::new()),
            None => State::Unknown("over which hash its chain is signed".to_owned()),
        }
    };
    let mut absent = State::Absent(Vec::new());
    for state in chain.certificates.iter().map(of) {
        match state {
            State::Present(_) => return state,
            State::Unknown(_) => absent = state,
            State::Absent(_) => {}
        }
    }
    match chain.gap() {
        Some(gap) => State::Unknown(gap.detail.clone()),
        None if chain.certificates.is_empty() => undecoded(),
        None => absent,
    }
}

/// Whether no record names the certificate. A record of an issuer leaves it open: the path to it is not verified here.
fn not_named_by(chain: &PresentedView<'_>, records: &[TlsaRecord<'_>]) -> State {
    let Some((leaf, words)) = decoded(chain) else { return undecoded() };
    let mut is_open = chain.gap().is_some();
    for record in records.iter().filter(|record| record.unusable(true).is_none()) {
        if record.usage == 3 && record.names(leaf) {
            return State::Absent(words);
        }
        let mut shown = chain.certificates.iter().filter_map(CertificateView::decoded);
        is_open |= record.usage == 2 && shown.any(|one| record.names(one));
    }
    if is_open {
        State::Unknown("whether the chain is verified up to the issuer that a TLSA record names".to_owned())
    } else {
        State::Present(words)
    }
}

/// Whether the certificate is not for a name, which may begin with `*.`.
fn mismatch(chain: &PresentedView<'_>, wanted: &str) -> State {
    let Some((leaf, words)) = decoded(chain) else { return undecoded() };
    let wanted = lower_case(wanted.trim().trim_end_matches('.'));
    let common = leaf.common_names();
    if let Some(parent) = wanted.strip_prefix('*') {
        let mut names = leaf.dns_names().chain(common.iter().copied()).map(lower_case);
        let is_it = |name: String| name == wanted || name.strip_suffix(parent).is_some_and(|first| !first.is_empty());
        return if names.any(is_it) { State::Absent(words) } else { State::Present(words) };
    }
    let Ok(host) = parse_host(&wanted) else {
        return State::Unknown("by which name its certificate is checked".to_owned());
    };
    let by_common_name = common.iter().any(|name| lower_case(name) == wanted);
    match match_host(&host, leaf) {
        NameMatch::Matches { .. } => State::Absent(words),
        NameMatch::Mismatch { .. } | NameMatch::NoNames { .. } if !by_common_name => State::Present(words),
        _ => State::Unknown("whether the common name of its certificate counts".to_owned()),
    }
}
