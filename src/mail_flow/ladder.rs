//! The ladder of opportunistic TLS: the newest version and the first suite that two ends have in common, if any.
//!
//! Exchange Online's own end is Microsoft's ordered list of suites for TLS 1.2 (Technical reference details about encryption)
//! and, as was observed since 2025-11, TLS 1.3; never anything older, outbound.

use crate::evidence::{Dossier, Offer, Preference, View};
use crate::gathered::Gathered;
use crate::iana::{CipherSuite, ProtocolVersion};
use crate::source::Span;

/// The suites that Microsoft lists, in its order.
const LISTED: [(ProtocolVersion, &[u16]); 2] = [
    (ProtocolVersion::TLS1_3, &[0x1302, 0x1301]),
    (ProtocolVersion::TLS1_2, &[0xC030, 0xC02F, 0xC028, 0xC027, 0xC014, 0xC013, 0x009D, 0x009C]),
];

/// One version as one end has it.
pub(crate) struct Rung {
    pub(crate) version: ProtocolVersion,
    /// Whether it speaks it; none where that is not known.
    pub(crate) offered: Option<bool>,
    /// Its suites, in its order where it has one.
    pub(crate) suites: Vec<CipherSuite>,
    /// Whether it has no others.
    pub(crate) is_complete: bool,
}

/// What one end speaks, newest version first.
pub(crate) struct Profile {
    pub(crate) rungs: Vec<Rung>,
    /// Whether its own order of suites decides; none where that is not known.
    pub(crate) chooses: Option<bool>,
}

/// What two ends have in common.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Common {
    /// This version; and this suite, where it is known which of several is taken.
    Agreed(ProtocolVersion, Option<CipherSuite>),
    /// No version.
    NoVersion,
    /// A version, and no suite.
    NoSuite,
    /// It was not shown.
    Unknown,
}

/// Walks down the versions until one is common.
pub(crate) fn ladder(client: &Profile, server: &Profile) -> Common {
    let mut is_version_common = false;
    for offered in &client.rungs {
        let Some(taken) = server.rungs.iter().find(|rung| rung.version == offered.version) else {
            return Common::Unknown;
        };
        match (offered.offered, taken.offered) {
            (Some(false), _) | (_, Some(false)) => continue,
            (Some(true), Some(true)) => {}
            (None, _) | (_, None) => return Common::Unknown,
        }
        is_version_common = true;
        let (first, second) = if server.chooses == Some(true) {
            (&taken.suites, &offered.suites)
        } else {
            (&offered.suites, &taken.suites)
        };
        let common: Vec<CipherSuite> = first.iter().copied().filter(|suite| second.contains(suite)).gathered();
        match common.as_slice() {
            [only] => return Common::Agreed(offered.version, Some(*only)),
            [first, ..] => return Common::Agreed(offered.version, server.chooses.is_some().then_some(*first)),
            [] if offered.is_complete && taken.is_complete => {}
            [] => return Common::Unknown,
        }
    }
    if is_version_common { Common::NoSuite } else { Common::NoVersion }
}

/// What Exchange Online speaks with other mail servers.
pub(crate) fn exchange_online() -> Profile {
    let rung = |(version, suites): (ProtocolVersion, &[u16])| Rung {
        version,
        offered: Some(true),
        suites: suites.iter().map(|code| CipherSuite(*code)).gathered(),
        is_complete: true,
    };
    Profile { rungs: LISTED.into_iter().map(rung).gathered(), chooses: Some(true) }
}

/// What a server was seen to speak, and where that is said.
pub(crate) fn seen(dossier: &Dossier<'_>) -> (Profile, Vec<Span>) {
    let mut words = Vec::new();
    let suites = dossier.suites();
    let rungs = LISTED.map(|(version, _)| {
        let offered = match dossier.version(version) {
            View::Agreed(fact) => {
                words.extend(fact.words.first().copied());
                Some(fact.value == Offer::Accepted)
            }
            View::Disagreed(_) | View::Missing(_) => None,
        };
        let of_version = suites.accepted.iter().filter(|used| used.version == Some(version) && used.denied.is_empty());
        let suites: Vec<CipherSuite> = of_version.map(|used| used.suite).gathered();
        Rung { version, offered, is_complete: is_complete(dossier, version), suites }
    });
    let preferences = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites);
    let mut known = preferences.filter_map(|list| list.preference.value());
    let first = known.next();
    let is_same = known.all(|other| Some(other) == first);
    let chooses = first.filter(|_| is_same).and_then(|preference| match preference {
        Preference::Server => Some(true),
        Preference::Client => Some(false),
        Preference::ServerExceptChaCha20 => None,
    });
    (Profile { rungs: rungs.into_iter().gathered(), chooses }, words)
}

/// Whether some report lists every suite of a version, and none contradicts it.
fn is_complete(dossier: &Dossier<'_>, version: ProtocolVersion) -> bool {
    let mut lists = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.suites);
    lists.any(|list| list.version == Some(version) && list.suites.gap().is_none())
        && dossier.suites().contradicted(version).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(rungs: &[(ProtocolVersion, Option<bool>, &[u16], bool)], chooses: Option<bool>) -> Profile {
        let rung = |(version, offered, suites, is_complete): &(ProtocolVersion, Option<bool>, &[u16], bool)| Rung {
            version: *version,
            offered: *offered,
            suites: suites.iter().map(|code| CipherSuite(*code)).collect(),
            is_complete: *is_complete,
        };
        Profile { rungs: rungs.iter().map(rung).collect(), chooses }
    }

    #[test]
    fn the_newest_common_version_and_suite_are_taken() {
        const T13: ProtocolVersion = ProtocolVersion::TLS1_3;
        const T12: ProtocolVersion = ProtocolVersion::TLS1_2;
        let agreed = |version, suite: u16| Common::Agreed(version, Some(CipherSuite(suite)));
        let both =
            |new: &'static [u16], old: &'static [u16]| vec![(T13, Some(true), new, true), (T12, Some(true), old, true)];
        for (rungs, chooses, expected) in [
            (both(&[0x1301, 0x1302], &[0xC030]), Some(true), agreed(T13, 0x1301)),
            (both(&[0x1301, 0x1302], &[0xC030]), Some(false), agreed(T13, 0x1302)),
            (both(&[0x1301, 0x1302], &[0xC030]), None, Common::Agreed(T13, None)),
            // A suite that Microsoft does not list is passed over, and so is a version with nothing else.
            (both(&[0x1303], &[0xCCA8, 0xC027]), Some(true), agreed(T12, 0xC027)),
            (both(&[0x1303], &[0xCCA8]), Some(true), Common::NoSuite),
            (vec![(T13, Some(false), &[], true), (T12, Some(true), &[0x009C], false)], None, agreed(T12, 0x009C)),
            (vec![(T13, Some(false), &[], true), (T12, Some(true), &[0x0035], false)], None, Common::Unknown),
            (vec![(T13, Some(false), &[], true), (T12, Some(false), &[], true)], None, Common::NoVersion),
            (vec![(T13, None, &[], false), (T12, Some(true), &[0xC030], true)], Some(true), Common::Unknown),
            (vec![(T13, Some(false), &[], true)], Some(true), Common::Unknown),
            (Vec::new(), None, Common::Unknown),
        ] {
            let server = profile(&rungs, chooses);
            assert_eq!(ladder(&exchange_online(), &server), expected, "{rungs:?}");
        }
    }
}
