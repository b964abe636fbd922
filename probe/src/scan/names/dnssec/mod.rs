//! Answers of the DNS, validated by ourselves from the root's keys ([RFC 4035 §5](https://www.rfc-editor.org/rfc/rfc4035#section-5)):
//! whatever a resolver says of them (AD), it is not believed. The validator is hickory's. Each name is asked for by
//! itself, so that every alias in the way has a status of its own.
//!
//! Where hickory 0.26 would believe too much, nothing is `secure`: what comes by a wildcard needs its denial beside it,
//! in NSEC3 records and under signatures of one depth only; a denial needs the zone's SOA and a zone above the name, and
//! opt-out (RFC 5155 section 6) proves no absence. Wildcards of NSEC and aliases by DNAME are indeterminate. SHA-1
//! signatures count as none (RFC 9905), and the anchors are the root's.

mod anchors;
mod asking;
mod why;

use std::fmt;
use std::sync::Arc;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError, NoRecords, RetryDnsHandle};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_resolver::proto::op::{DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use intransit::Timestamp;

use super::said;
pub(crate) use anchors::Anchors;
use asking::{Asking, Kept, Pool, is_nowhere, named, options};

/// The most aliases that are followed.
const MOST_ALIASES: usize = 8;

/// What validation says of an answer ([RFC 4035 §4.3](https://www.rfc-editor.org/rfc/rfc4035#section-4.3)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Validation {
    /// Proven from the root's keys: by which signature.
    Secure(String),
    /// Proven that nobody signs it, or by nothing that counts: why.
    Insecure(String),
    /// Asked, and not found out: why.
    Indeterminate(String),
    /// It should be signed, and nothing proves it: why.
    Bogus(String),
}

/// An alias that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    /// Its name.
    pub(crate) owner: String,
    /// What it stands for.
    pub(crate) target: String,
    /// What of it is proven.
    pub(crate) validation: Validation,
}

/// What was answered to a question, over all aliases.
pub(crate) struct Found {
    /// Whether there is no such name.
    pub(crate) is_nowhere: bool,
    /// The records of the kind that was asked for.
    pub(crate) records: Vec<Record>,
    /// The aliases in the way.
    pub(crate) aliases: Vec<Alias>,
    /// The weakest of all links.
    pub(crate) validation: Validation,
}

/// Asks a resolver, and where it matters believes only what is signed.
pub(super) struct Validator {
    pool: Pool,
    anchors: Anchors,
    kept: Arc<Kept>,
}

/// One question without aliases.
struct Link {
    is_nowhere: bool,
    records: Vec<Record>,
    validation: Validation,
}

type Handle = DnssecDnsHandle<Asking>;

impl Validator {
    /// # Errors
    /// Why nobody can be asked.
    pub(super) fn new(
        servers: Vec<NameServerConfig>,
        options: ResolverOpts,
        anchors: Anchors,
    ) -> Result<Self, NetError> {
        let attempts = options.attempts;
        let context = Arc::new(PoolContext::new(options, TlsConfig::new()?));
        let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
        Ok(Self { pool: RetryDnsHandle::new(pool, attempts), anchors, kept: Arc::default() })
    }

    fn asking(&self, is_validating: bool) -> Asking {
        Asking::new(self.pool.clone(), Arc::clone(&self.kept), is_validating)
    }

    /// The records of a name over all aliases as the resolver has them, whether anything proves them or not.
    pub(super) async fn look_up(&self, name: Name, kind: RecordType) -> Result<Vec<Record>, NetError> {
        let asking = self.asking(false);
        let mut name = name;
        let mut answers = asking.ask(&name, kind).await?.into_message().answers;
        for _ in 0..=MOST_ALIASES {
            let of_it = |record: &&Record| record.name == name;
            let records: Vec<_> =
                answers.iter().filter(of_it).filter(|one| one.record_type() == kind).cloned().collect();
            if !records.is_empty() {
                return Ok(records);
            }
            let Some(target) = answers.iter().filter(of_it).find_map(target) else {
                let query = Query::query(name, kind);
                return Err(NoRecords::new(Box::new(query), ResponseCode::NoError).into());
            };
            name = target;
            if !answers.iter().any(|record| record.name == name) {
                answers = asking.ask(&name, kind).await?.into_message().answers;
            }
        }
        Err(NetError::Message("too many aliases"))
    }

    /// The records of a name, with what is proven of them.
    ///
    /// # Errors
    /// Why there is no answer: that there is no record is one.
    pub(super) async fn find(&self, owner: Name, kind: RecordType) -> Result<Found, String> {
        let mut aliases: Vec<Alias> = Vec::new();
        let mut name = owner;
        loop {
            let asking = self.asking(true);
            let shown = asking.records(&name, kind).await;
            let Some(target) = shown.iter().filter(|_| kind != RecordType::CNAME).find_map(target) else {
                let link = self.link(asking, &name, kind).await?;
                let validations = aliases.iter().map(|alias| &alias.validation);
                let validation = validations.chain([&link.validation]).max().unwrap_or(&link.validation).clone();
                return Ok(Found { is_nowhere: link.is_nowhere, records: link.records, aliases, validation });
            };
            let link = self.link(asking, &name, RecordType::CNAME).await?;
            let proven = link.records.iter().find_map(self::target);
            // That there is no alias may be proven, which proves nothing of the one that was shown.
            let validation = match &proven {
                Some(proven) if *proven == target => link.validation,
                _ => Validation::Indeterminate(
                    "the resolver shows an alias, and another one or none when asked".to_owned(),
                ),
            };
            aliases.push(Alias { owner: named(&name), target: named(&target), validation });
            if aliases.len() > MOST_ALIASES {
                return Err(format!("more than {MOST_ALIASES} aliases"));
            }
            name = target;
        }
    }

    async fn link(&self, asking: Asking, name: &Name, kind: RecordType) -> Result<Link, String> {
        let handle = self.handle(&asking).await;
        let answer = handle.lookup(Query::query(name.clone(), kind), options()).first_answer().await;
        let nowhere = |answer: &DnsResponse| is_nowhere(&Ok(answer.clone()));
        let (answer, refusal) = match answer {
            Ok(answer) => (answer, None),
            Err(NetError::Dns(DnsError::Nsec { response, proof, .. })) => (*response, Some(proof)),
            Err(error) => return Err(said(&error)),
        };
        let is_it = |record: &&Record| record.name == *name && record.record_type() == kind;
        let records: Vec<Record> = answer.answers.iter().filter(is_it).cloned().collect();
        let proven = match refusal {
            Some(Proof::Insecure) => Proven::Insecure,
            // Of NSEC, hickory takes the denial only where the wildcard is more than one label above the name.
            Some(_) if is_wild(&records, name, kind, &answer) => Proven::Not(Validation::Indeterminate(
                "that no name is closer than the wildcard is not proven".to_owned(),
            )),
            Some(_) => Proven::Bogus,
            None if records.is_empty() => denied(name, &answer),
            None => shown(&records, name, kind, &answer),
        };
        let validation = match proven {
            Proven::By(signature) => match self.strong(&handle, &signature).await {
                Ok(()) => Validation::Secure(signature.words()),
                Err(why) => Validation::Insecure(why),
            },
            Proven::Insecure => Validation::Insecure(why::insecure(&asking, name).await),
            Proven::Not(validation) => validation,
            Proven::Bogus => match asking.met(|met| (met.failure.take(), met.has_signatures)) {
                (Some(failure), _) => Validation::Indeterminate(failure),
                (None, false) => Validation::Indeterminate("the resolver sends no signatures".to_owned()),
                (None, true) => Validation::Bogus(why::bogus(&asking, &handle, name, kind).await),
            },
        };
        Ok(Link { is_nowhere: nowhere(&answer), records, validation })
    }

    /// The validator for one question.
    async fn handle(&self, asking: &Asking) -> Handle {
        let shown = match self.anchors.has_digests() {
            true => asking.records(&Name::root(), RecordType::DNSKEY).await,
            false => Vec::new(),
        };
        let anchors = self.anchors.trusted(shown.iter().filter_map(key));
        DnssecDnsHandle::with_trust_anchor(asking.clone(), Arc::new(anchors)).validation_cache_size(1024)
    }

    /// Whether neither the signature nor one above it rests on SHA-1.
    ///
    /// # Errors
    /// Which one does.
    async fn strong(&self, handle: &Handle, signature: &Signature) -> Result<(), String> {
        signature.strong()?;
        let mut zone = signature.signer.clone();
        loop {
            for kind in [RecordType::DNSKEY, RecordType::DS] {
                if kind == RecordType::DS && zone.is_root() {
                    return Ok(());
                }
                let answer = handle.lookup(Query::query(zone.clone(), kind), options()).first_answer().await;
                if let Some(signature) = answer.ok().and_then(|answer| Signature::of(&answer.answers, &zone, kind)) {
                    signature.strong()?;
                }
            }
            zone = zone.base_name();
        }
    }
}

fn doubt(why: &str) -> Proven {
    Proven::Not(Validation::Indeterminate(why.to_owned()))
}

/// What hickory proved, and what of it is believed.
enum Proven {
    By(Signature),
    Insecure,
    Bogus,
    Not(Validation),
}

/// A signature that was verified.
struct Signature {
    signer: Name,
    tag: u16,
    algorithm: u8,
    name: &'static str,
    labels: u8,
    from: Timestamp,
    to: Timestamp,
}

impl Signature {
    /// The one among these records that hickory verified for this set.
    fn of(records: &[Record], owner: &Name, covered: RecordType) -> Option<Self> {
        let verified = records.iter().filter(|record| record.proof == Proof::Secure && record.name == *owner);
        let input = verified.filter_map(signature).map(|one| one.input()).find(|one| one.type_covered == covered)?;
        Some(Self {
            signer: input.signer_name.clone(),
            tag: input.key_tag,
            algorithm: input.algorithm.into(),
            name: input.algorithm.as_str(),
            labels: input.num_labels,
            from: Timestamp::from_unix(input.sig_inception.get().into()),
            to: Timestamp::from_unix(input.sig_expiration.get().into()),
        })
    }

    /// [RFC 9905 §2](https://www.rfc-editor.org/rfc/rfc9905#section-2): RSASHA1 (5) and RSASHA1-NSEC3-SHA1 (7) are taken
    /// for unsupported.
    fn strong(&self) -> Result<(), String> {
        match self.algorithm {
            5 | 7 => Err(format!(
                "`{}` is signed with {}, which counts as unsigned (RFC 9905)",
                named(&self.signer),
                self.name
            )),
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        let Self { tag, name, from, to, .. } = self;
        format!("signed by `{}` (key {tag}, {name}) from {from} to {to}", named(&self.signer))
    }
}

fn signature(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

fn target(record: &Record) -> Option<Name> {
    match &record.data {
        RData::CNAME(target) => Some(target.0.clone()),
        _ => None,
    }
}

fn key(record: &Record) -> Option<&DNSKEY> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some(key),
        _ => None,
    }
}

/// What is proven of records that are there.
fn shown(records: &[Record], name: &Name, kind: RecordType, answer: &DnsResponse) -> Proven {
    if answer.answers.iter().any(|record| record.record_type() == RecordType::from(39)) {
        return doubt("an alias of a whole domain (DNAME) is in the way, which is not validated");
    }
    if records.iter().all(|record| record.proof == Proof::Secure) {
        let Some(by) = Signature::of(&answer.answers, name, kind) else { return doubt("no signature is shown") };
        if by.labels >= name.num_labels() {
            return Proven::By(by);
        }
        // Hickory leaves the denial out where everything beside the answer is of an unsigned zone, and goes by whichever
        // signature stands first.
        let denials = Denials::of(name, answer);
        let depths = answer.answers.iter().filter_map(signature).map(|one| one.input().num_labels);
        return match denials {
            _ if depths.into_iter().any(|depth| depth != by.labels) => doubt("signatures of several wildcards"),
            // A name above this one that is there would be closer, and hickory does not rule it out.
            Denials { is_nsec: true, .. } => doubt(NO_CLOSER),
            Denials { is_none: true, .. } => doubt("nothing denies a closer match than the wildcard"),
            Denials { is_foreign: true, .. } => doubt("another zone denies a closer match than the wildcard"),
            Denials { is_opt_out: true, .. } => Proven::Not(Validation::Insecure(OPT_OUT.to_owned())),
            _ => Proven::By(by),
        };
    }
    match records.iter().map(|record| record.proof).find(|proof| *proof != Proof::Secure) {
        Some(Proof::Insecure) if records.iter().all(|record| record.proof == Proof::Insecure) => Proven::Insecure,
        _ => Proven::Bogus,
    }
}

/// Whether these are proven records of a wildcard.
fn is_wild(records: &[Record], name: &Name, kind: RecordType, answer: &DnsResponse) -> bool {
    let is_proven = !records.is_empty() && records.iter().all(|record| record.proof == Proof::Secure);
    is_proven && Signature::of(&answer.answers, name, kind).is_some_and(|by| by.labels < name.num_labels())
}

const NO_CLOSER: &str = "that no name is closer than the wildcard is not proven";
const OPT_OUT: &str = "the zone leaves unsigned names out of its proofs (opt-out, RFC 5155 section 6)";

/// What is proven where no record is there.
fn denied(name: &Name, answer: &DnsResponse) -> Proven {
    let denials = Denials::of(name, answer);
    if denials.is_none {
        let mut unsigned = answer.authorities.iter().filter(|record| record.proof == Proof::Insecure);
        return match answer.authorities.is_empty() || unsigned.any(|record| record.name.zone_of(name)) {
            true => Proven::Insecure,
            false => doubt("another zone says that there is none"),
        };
    }
    // Without the one hickory looks for the wildcard in the wrong place, and by a signature for none.
    let has_soa =
        answer.authorities.iter().any(|one| one.record_type() == RecordType::SOA && one.proof == Proof::Secure);
    match denials.by {
        _ if denials.is_foreign => doubt("another zone says that there is none"),
        _ if !has_soa || !answer.answers.is_empty() => doubt("the denial is not of the usual form"),
        _ if denials.is_opt_out => Proven::Not(Validation::Insecure(OPT_OUT.to_owned())),
        Some(by) => Proven::By(by),
        None => doubt("no signature is shown"),
    }
}

/// The verified NSEC and NSEC3 records beside an answer.
struct Denials {
    is_none: bool,
    /// Whether one is of the older kind, with names in the clear.
    is_nsec: bool,
    /// Whether a zone that is not above the name signed one: hickory takes those of any zone.
    is_foreign: bool,
    /// Whether one may hide unsigned names.
    is_opt_out: bool,
    by: Option<Signature>,
}

impl Denials {
    fn of(name: &Name, answer: &DnsResponse) -> Self {
        let kinds = [RecordType::NSEC, RecordType::NSEC3];
        let verified = answer.authorities.iter().filter(|record| record.proof == Proof::Secure);
        let denials: Vec<&Record> = verified.filter(|record| kinds.contains(&record.record_type())).collect();
        let by = |record: &&Record| Signature::of(&answer.authorities, &record.name, record.record_type());
        let is_foreign = denials.iter().any(|record| by(record).is_none_or(|by| !by.signer.zone_of(name)));
        let opts_out = denials.iter().any(|record| match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC3(denial)) => denial.opt_out(),
            _ => false,
        });
        // The one record that matches the name proves what is not there, whatever it leaves out beside it.
        let is_direct = denials.len() == 1 && !is_nowhere(&Ok(answer.clone())) && answer.answers.is_empty();
        Self {
            is_none: denials.is_empty(),
            is_nsec: denials.iter().any(|record| record.record_type() == RecordType::NSEC),
            is_foreign,
            is_opt_out: opts_out && !is_direct,
            by: denials.iter().find_map(by),
        }
    }
}

impl Validation {
    /// Its word: `secure`, `insecure`, `bogus` or `indeterminate`.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Secure(_) => "secure",
            Self::Insecure(_) => "insecure",
            Self::Indeterminate(_) => "indeterminate",
            Self::Bogus(_) => "bogus",
        }
    }

    /// By what, or why.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Secure(words) | Self::Insecure(words) | Self::Indeterminate(words) | Self::Bogus(words) => words,
        }
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.word(), self.words())
    }
}

#[cfg(test)]
mod hierarchy;
#[cfg(test)]
mod tests;
