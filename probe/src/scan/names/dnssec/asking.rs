//! The questions to the resolver: each once in a while, for whatever target. Those of validation are never asked with the
//! resolver's own validation in the way (CD, [RFC 6840 §5.9](https://www.rfc-editor.org/rfc/rfc6840#section-5.9)), so
//! that a bogus answer can be looked at as well; where to connect to is asked as anybody does.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{self, Stream};
use hickory_resolver::NameServerPool;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NoRecords, RetryDnsHandle};
use hickory_resolver::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, Record, RecordType};

use super::super::said;

/// Who carries the questions.
pub(super) type Pool = RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>;

type Answer = Result<DnsResponse, NetError>;

/// How long an answer is used again, and how long a failure: parents and their keys are asked for by every target.
const KEPT: Duration = Duration::from_secs(60);
const FAILED: Duration = Duration::from_secs(5);

/// The most answers that are kept.
const MOST: usize = 4096;

/// Answers of all questions so far.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<Key, (Instant, Answer)>>);

/// What was asked for, and whether for validation.
type Key = (Name, RecordType, bool);

/// What one validation met on its way.
#[derive(Default)]
pub(super) struct Met {
    /// The first question that was not answered, and why.
    pub(super) failure: Option<String>,
    /// Whether any answer had a signature.
    pub(super) has_signatures: bool,
}

/// Asks for one validation, or for none.
#[derive(Clone)]
pub(super) struct Asking {
    pool: Pool,
    kept: Arc<Kept>,
    is_validating: bool,
    met: Arc<Mutex<Met>>,
}

impl Asking {
    pub(super) fn new(pool: Pool, kept: Arc<Kept>, is_validating: bool) -> Self {
        Self { pool, kept, is_validating, met: Arc::default() }
    }

    /// What was answered, as it is.
    pub(super) async fn ask(&self, name: &Name, kind: RecordType) -> Answer {
        let options = if self.is_validating { options() } else { DnsRequestOptions::default() };
        self.lookup(Query::query(name.clone(), kind), options).first_answer().await
    }

    /// The records of a section of what was answered, of this name and kind; none where nothing is known.
    pub(super) async fn records(&self, name: &Name, kind: RecordType) -> Vec<Record> {
        let answers = self.ask(name, kind).await.map(|answer| answer.into_message().answers).unwrap_or_default();
        answers.into_iter().filter(|record| record.name == *name).collect()
    }

    /// Whether this was asked a moment ago.
    pub(super) fn knows(&self, name: &Name, kind: RecordType) -> bool {
        self.kept.known(&(name.to_lowercase(), kind, true)).is_some()
    }

    /// What was met so far.
    pub(super) fn met<T>(&self, look: impl FnOnce(&mut Met) -> T) -> T {
        look(&mut self.met.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what an answer shows of the resolver.
    fn note(&self, query: &Query, answer: &Answer) {
        let of = || format!("{} of `{}`", query.query_type(), named(query.name()));
        self.met(|met| match answer {
            Ok(answer) => met.has_signatures |= answer.all_sections().any(|record| record.record_type().is_rrsig()),
            Err(NetError::Dns(DnsError::NoRecordsFound(NoRecords { authorities, .. }))) => {
                let mut records = authorities.iter().flat_map(|records| records.iter());
                met.has_signatures |= records.any(|record| record.record_type().is_rrsig());
            }
            Err(error) => {
                met.failure.get_or_insert_with(|| format!("{}: {}", of(), said(error)));
            }
        });
    }
}

impl DnsHandle for Asking {
    type Response = Pin<Box<dyn Stream<Item = Answer> + Send>>;
    type Runtime = TokioRuntimeProvider;

    fn send(&self, mut request: DnsRequest) -> Self::Response {
        let Some(query) = request.queries.first().cloned() else {
            return Box::pin(stream::once(async { Err(NetError::from("no question")) }));
        };
        if self.is_validating {
            request.metadata.checking_disabled = true;
            request.edns.get_or_insert_default().enable_dnssec();
        }
        let (asking, key) = (self.clone(), (query.name().to_lowercase(), query.query_type(), self.is_validating));
        Box::pin(stream::once(async move {
            let known = asking.kept.known(&key);
            let answer = match known {
                Some(answer) => answer,
                None => {
                    let answer = asking.pool.send(request).first_answer().await;
                    asking.kept.keep(key, answer.clone());
                    answer
                }
            };
            asking.note(&query, &answer);
            answer
        }))
    }
}

impl Kept {
    fn known(&self, key: &Key) -> Option<Answer> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(until, _)| Instant::now() < *until).map(|(_, answer)| answer.clone())
    }

    fn keep(&self, key: Key, answer: Answer) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        let is_answer = match &answer {
            Ok(_) => true,
            Err(error) => error.is_no_records_found(),
        };
        kept.insert(key, (Instant::now() + if is_answer { KEPT } else { FAILED }, answer));
    }
}

/// What every question asks for: signatures, in datagrams of the size that is never taken apart.
pub(super) fn options() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.use_edns = true;
    options.edns_set_dnssec_ok = true;
    options
}

/// Whether a name is said not to exist.
pub(super) fn is_nowhere(answer: &Answer) -> bool {
    match answer {
        Ok(answer) => answer.response_code == ResponseCode::NXDomain,
        Err(error) => error.is_nx_domain(),
    }
}

/// A name without the dot at its end; the root is `.`.
pub(super) fn named(name: &Name) -> String {
    let name = name.to_ascii().to_ascii_lowercase();
    match name.strip_suffix('.') {
        None | Some("") => name,
        Some(rest) => rest.to_owned(),
    }
}
