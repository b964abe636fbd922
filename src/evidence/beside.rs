//! What stands beside what was shown: addresses of a host that no report speaks of, reports of one service that stand
//! apart, and pasted certificates of a chain that a report does not show to its end.

use std::net::IpAddr;

use super::endpoint_key::{EndpointKey, ServerName, StartTls, Transport};
use super::merge::{Dossier, Merged};
use crate::gathered::Gathered;
use crate::ordered::{Map, Set};

/// As many addresses of one host are named in a line.
const MOST: usize = 5;

impl Merged<'_> {
    /// Hosts with several known addresses that were not shown at all of them: a host is not known until each of its
    /// addresses is, at each port that was looked at.
    pub(crate) fn unseen_addresses(&self) -> Vec<String> {
        let mut known: Map<&str, Set<&str>> = Map::new();
        let mut seen: Map<(&str, u16), Set<&str>> = Map::new();
        for key in self.dossiers.iter().map(|dossier| dossier.key) {
            let Some(host) = key.host.as_deref().filter(|host| host.parse::<IpAddr>().is_err()) else { continue };
            let address = key.address.as_deref();
            seen.update((host, key.port), Set::new, |at_port| at_port.extend(address));
            known.update(host, Set::new, |of_host| of_host.extend(address));
        }
        let mut lines = Vec::new();
        for ((host, port), seen) in seen.iter() {
            let Some(known) = known.get(*host).filter(|known| known.len() > 1 && known.len() > seen.len()) else {
                continue;
            };
            let unseen: Vec<&str> =
                known.iter().copied().filter(|address| !seen.contains(*address)).take(MOST).gathered();
            let more = match known.len().saturating_sub(seen.len()).saturating_sub(unseen.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            lines.push(format!(
                "{host}:{port} was not shown at every address that the host is known to have: {}{more}",
                unseen.join(", ")
            ));
        }
        lines
    }

    /// What keeps reports of one service from being laid side by side, and what was pasted beside them.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.apart();
        notes.extend(self.pasted());
        notes
    }

    fn apart(&self) -> Vec<String> {
        let mut places: Map<(&str, u16), Vec<&Dossier<'_>>> = Map::new();
        for dossier in
            self.dossiers.iter().filter(|dossier| dossier.key.is_stated() && !dossier.is_sibling_without_server_name)
        {
            if let Some(place) = dossier.key.host.as_deref().or(dossier.key.address.as_deref()) {
                places.update((place, dossier.key.port), Vec::new, |there| there.push(dossier));
            }
        }
        let mut notes = Vec::new();
        for dossiers in places.into_values().filter(|dossiers| dossiers.len() > 1) {
            let each = |said: &dyn Fn(&EndpointKey) -> String| -> Vec<String> {
                let words: Set<String> = dossiers.iter().map(|dossier| said(dossier.key)).collect();
                words.iter().cloned().gathered()
            };
            let names = each(&server_name_words);
            let transports = each(&transport_words);
            // Two known addresses are two services; one that is not stated may be either of them.
            let unstated = dossiers.iter().any(|dossier| dossier.key.address.is_none());
            let addresses = each(&|key| key.address.clone().unwrap_or_else(|| "not stated".to_owned()));
            let differ = [
                ("the server name that was sent", names, true),
                ("how TLS starts", transports, true),
                ("the address that answered", addresses, unstated),
            ];
            let differ: Vec<String> = differ
                .into_iter()
                .filter(|(_, words, counts)| *counts && words.len() > 1)
                .map(|(what, mut words, _)| {
                    let more = words.len().saturating_sub(MOST);
                    words.truncate(MOST);
                    let more = if more > 0 { format!("; {more} more") } else { String::new() };
                    format!("{what} ({}{more})", words.join("; "))
                })
                .gathered();
            if let (Some(first), false) = (dossiers.first(), differ.is_empty()) {
                notes.push(format!(
                    "reports of {} stand apart, since they differ in {}: each may have met another service, with versions, \
                     suites and certificates of its own",
                    first.key.target(),
                    differ.join(" and ")
                ));
            }
        }
        notes
    }

    /// A pasted chain shows certificates, not that a server sends them.
    fn pasted(&self) -> Vec<String> {
        let mut longest: Map<&str, usize> = Map::new();
        for chain in &self.chains {
            let Some(hash) = chain.presented.leaf().and_then(|leaf| leaf.sha256.as_deref()) else { continue };
            let length = chain.presented.certificates.len();
            longest.update(hash, || length, |known| *known = length.max(*known));
        }
        let mut notes = Vec::new();
        for dossier in &self.dossiers {
            for chain in dossier.chains.iter().filter(|chain| chain.gap().is_some()) {
                let hash = chain.leaf().and_then(|leaf| leaf.sha256.as_deref());
                let pasted = hash.and_then(|hash| longest.get(hash)).copied().unwrap_or_default();
                if pasted > chain.certificates.len() {
                    notes.push(format!(
                        "{}: a chain of {pasted} certificates that begins with its certificate was pasted beside the report: \
                         that shows which there are, not that the server sends them",
                        dossier.key
                    ));
                }
            }
        }
        notes
    }
}

fn server_name_words(key: &EndpointKey) -> String {
    match &key.server_name {
        ServerName::Sent(name) => format!("`{name}`"),
        ServerName::Omitted => "none".to_owned(),
        ServerName::Unstated => "not stated".to_owned(),
    }
}

fn transport_words(key: &EndpointKey) -> String {
    match key.transport {
        Transport::Direct => "with the first byte".to_owned(),
        Transport::StartTls(StartTls::Unnamed) => "by STARTTLS".to_owned(),
        Transport::StartTls(protocol) => format!("by STARTTLS {}", protocol.name()),
        Transport::Unstated => "not stated".to_owned(),
    }
}
