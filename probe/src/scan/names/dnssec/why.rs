//! Why an answer is not secure, for people. Nothing is decided here: hickory decided, and does not say why.

use std::time::{SystemTime, UNIX_EPOCH};

use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, DS};
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use intransit::Timestamp;

use super::asking::{Asking, named, options};
use super::{Handle, key, signature};

/// Which zone in the way is not signed, or not in a way that counts.
pub(super) async fn insecure(asking: &Asking, name: &Name) -> String {
    let mut zones: Vec<Name> = (1..=name.num_labels()).map(|labels| name.trim_to(labels.into())).collect();
    // Only what was asked already: the answers stand there for a while.
    zones.retain(|zone| asking.knows(zone, RecordType::DS));
    for zone in zones {
        let digests = digests(&asking.records(&zone, RecordType::DS).await);
        let is_supported = |digest: &DS| digest.algorithm().is_supported() && digest.digest_type().is_supported();
        if digests.is_empty() {
            return format!("`{}` is not signed: a signed denial of its DS record says so", named(&zone));
        }
        if !digests.iter().any(is_supported) {
            let digest = digests.first().map(|one| (u8::from(one.algorithm()), u8::from(one.digest_type())));
            let (algorithm, kind) = digest.unwrap_or_default();
            return format!(
                "`{}` is signed with nothing that is supported (algorithm {algorithm}, digest {kind}), which counts as \
                 unsigned (RFC 4035 section 5.2)",
                named(&zone)
            );
        }
    }
    "a zone above it is not signed".to_owned()
}

/// What is wrong with the records, or with the keys that should have signed them.
pub(super) async fn bogus(asking: &Asking, handle: &Handle, name: &Name, kind: RecordType) -> String {
    let (mut name, mut kind) = (name.clone(), kind);
    // Keys are proven by DS records, and those by the keys of the zone above.
    for _ in 0..3 + usize::from(name.num_labels()) * 2 {
        let shown = asking.ask(&name, kind).await.map(|answer| answer.into_message().answers).unwrap_or_default();
        let what = format!("{kind} of `{}`", named(&name));
        if !shown.iter().any(|record| record.name == name && record.record_type() == kind) {
            return format!("nothing signed denies the {what}");
        }
        let signatures: Vec<_> = shown.iter().filter(|record| record.name == name).filter_map(signature).collect();
        let mut of_it = signatures.iter().map(|one| one.input()).filter(|one| one.type_covered == kind);
        let Some(first) = of_it.next() else {
            return format!("{what}: no signature, and nothing proves that there should be none");
        };
        let (signer, tag) = (named(&first.signer_name), first.key_tag);
        let (from, to) = (time(first.sig_inception.get()), time(first.sig_expiration.get()));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = Timestamp::from_unix(i64::try_from(now).unwrap_or(i64::MAX));
        if now > to {
            return format!("{what}: the signature of `{signer}` (key {tag}) expired at {to}");
        }
        if now < from {
            return format!("{what}: the signature of `{signer}` (key {tag}) does not hold before {from}");
        }
        if !first.signer_name.zone_of(&name) {
            return format!("{what}: `{signer}` signs it, which is not above it");
        }
        let zone = first.signer_name.clone();
        if kind == RecordType::DNSKEY {
            let keys = asking.records(&zone, RecordType::DNSKEY).await;
            if zone.is_root() {
                return "no key of the root is a trust anchor, or none of those signed its keys".to_owned();
            }
            let digests = digests(&asking.records(&zone, RecordType::DS).await);
            let is_named = |digest: &DS| {
                keys.iter().filter_map(key).any(|key| digest.covers(&zone, key).is_ok_and(|covers| covers))
            };
            if is_proven(handle, &zone, RecordType::DS).await {
                return match digests.iter().any(is_named) {
                    true => format!("{what}: the signature of key {tag} does not verify"),
                    false => format!("no key of `{}` is the one that its DS record names", named(&zone)),
                };
            }
            kind = RecordType::DS;
        } else {
            if is_proven(handle, &zone, RecordType::DNSKEY).await {
                let keys = asking.records(&zone, RecordType::DNSKEY).await;
                return match keys.iter().filter_map(key).any(|key| key.calculate_key_tag().is_ok_and(|one| one == tag))
                {
                    true => format!("{what}: the signature of `{signer}` (key {tag}) does not verify"),
                    false => format!("{what}: `{signer}` has no key {tag}, which signs it"),
                };
            }
            (name, kind) = (zone, RecordType::DNSKEY);
        }
    }
    "the chain of keys does not end at the root".to_owned()
}

async fn is_proven(handle: &Handle, name: &Name, kind: RecordType) -> bool {
    let answer = handle.lookup(Query::query(name.clone(), kind), options()).first_answer().await;
    answer.is_ok_and(|answer| {
        answer.answers.iter().any(|record| record.record_type() == kind && record.proof == Proof::Secure)
    })
}

fn digests(records: &[Record]) -> Vec<DS> {
    let digest = |record: &Record| match &record.data {
        RData::DNSSEC(DNSSECRData::DS(digest)) => Some(digest.clone()),
        _ => None,
    };
    records.iter().filter_map(digest).collect()
}

fn time(seconds: u32) -> Timestamp {
    Timestamp::from_unix(seconds.into())
}
