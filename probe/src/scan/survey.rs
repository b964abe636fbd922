//! All that is asked of one address under one server name, in the order in which answers help each other.

use std::sync::Arc;

use intransit::evidence::{Gap, GapReason};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};

use super::codec::KeyShare;
use super::connect::{Exchange, Prober};
use super::enumerate::Found;
use super::enumerate::elimination::{Kind, eliminate};
use super::enumerate::versions::{Versions, versions};
use super::offers::{self, Shape, suites_of, suites_of_tls13};

/// The suites of one version.
pub(crate) struct VersionSuites {
    pub(crate) version: ProtocolVersion,
    pub(crate) suites: Found<CipherSuite>,
}

/// What was found out.
pub(crate) struct Survey {
    pub(crate) versions: Versions,
    pub(crate) suites: Vec<VersionSuites>,
    /// The groups of TLS 1.3, where it is on.
    pub(crate) groups_of_tls13: Option<Found<NamedGroup>>,
    /// Every connection that was made.
    pub(crate) exchanges: Vec<Exchange>,
}

/// Asks.
pub(crate) async fn survey(prober: &Arc<Prober>, server_name: Option<&str>) -> Survey {
    let mut versions = versions(prober, server_name).await;
    let mut exchanges = std::mem::take(&mut versions.exchanges);
    let accepted = versions.accepted();
    let shape = versions.shape.clone();
    let mut suites = Vec::new();
    let newest_legacy = accepted.iter().rev().find(|version| **version != ProtocolVersion::TLS1_3).copied();
    let (first, modern, groups) = tokio::join!(
        of_version(prober, &shape, newest_legacy, None, &exchanges),
        of_version(
            prober,
            &shape,
            accepted.last().copied().filter(|it| *it == ProtocolVersion::TLS1_3),
            None,
            &exchanges
        ),
        groups_of_tls13(prober, &shape, accepted.contains(&ProtocolVersion::TLS1_3), &exchanges),
    );
    let mut made: Vec<Exchange> = Vec::new();
    let likely: Vec<CipherSuite> =
        first.iter().flat_map(|(list, _)| &list.suites.accepted).map(|(suite, _)| *suite).collect();
    let older = accepted.iter().rev().filter(|version| Some(**version) < newest_legacy);
    let mut tasks = Vec::new();
    for version in older {
        tasks.push(of_version(prober, &shape, Some(*version), Some(&likely), &exchanges));
    }
    let mut lists = Vec::new();
    // One after the other: each has lanes of its own.
    for task in tasks {
        lists.extend(task.await);
    }
    for (list, new) in lists.into_iter().chain(first).chain(modern) {
        suites.push(list);
        made.extend(new);
    }
    let groups_of_tls13 = groups.map(|(found, new)| {
        made.extend(new);
        found
    });
    exchanges.extend(made);
    suites.sort_by_key(|list| list.version);
    Survey { versions, suites, groups_of_tls13, exchanges }
}

/// The suites of this version, if there is one.
async fn of_version(
    prober: &Arc<Prober>,
    shape: &Shape,
    version: Option<ProtocolVersion>,
    likely: Option<&[CipherSuite]>,
    exchanges: &[Exchange],
) -> Option<(VersionSuites, Vec<Exchange>)> {
    let version = version?;
    let candidates = suites_of(version);
    let seen = exchanges.iter().filter_map(|exchange| {
        let hello = exchange.accepted().filter(|hello| hello.version == version)?;
        Some((hello.suite, exchange.number))
    });
    let seen: Vec<(CipherSuite, usize)> = seen.collect();
    let shape = shape.clone();
    let kind = Kind {
        purpose: format!("suites of {version}"),
        chunk: shape.style.chunk(),
        hello: Box::new(move |suites: &[CipherSuite]| shape.of(version, suites)),
        chosen: |answer| Some(answer.hello.as_ref()?.suite),
    };
    let likely = likely.map_or_else(|| candidates.clone(), <[CipherSuite]>::to_vec);
    let (suites, exchanges) = eliminate(prober, kind, candidates, likely, seen).await;
    Some((VersionSuites { version, suites }, exchanges))
}

/// The groups of TLS 1.3: a key share of nothing makes the server name the one that it wants.
async fn groups_of_tls13(
    prober: &Arc<Prober>,
    shape: &Shape,
    is_on: bool,
    exchanges: &[Exchange],
) -> Option<(Found<NamedGroup>, Vec<Exchange>)> {
    if !is_on {
        return None;
    }
    let seen: Vec<(NamedGroup, usize)> =
        exchanges.iter().filter_map(|exchange| Some((exchange.accepted()?.group?, exchange.number))).collect();
    if seen.is_empty() {
        let gap = Gap::new(GapReason::Failed, "no answer of TLS 1.3 names a group");
        return Some((Found::unknown(gap), Vec::new()));
    }
    let shape = shape.clone();
    let kind = Kind {
        purpose: "groups of TLS 1.3".to_owned(),
        chunk: usize::MAX,
        hello: Box::new(move |groups: &[NamedGroup]| {
            let mut hello = shape.tls13(&suites_of_tls13(), KeyShare::Empty);
            hello.groups = groups.to_vec();
            hello
        }),
        chosen: |answer| answer.hello.as_ref()?.group,
    };
    let candidates = offers::groups();
    Some(eliminate(prober, kind, candidates.clone(), candidates, seen).await)
}
