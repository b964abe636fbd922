//! `address-not-owned`: services answer at the policy's own addresses, and certificates name no others.

use std::net::IpAddr;

use super::certificates::{called, each_leaf, unreadable};
use super::demands::baseline;
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, CertificateView, Dossier, Gap, GapReason, Role, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::extension::{Field, GeneralName};
use crate::policy::{AddressRange, OwnedAddresses};

/// See [`Rule::ABOUT`].
pub(super) struct AddressNotOwned;

impl Rule for AddressNotOwned {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "address-not-owned",
        title: "addresses that are public and one's own",
        checks: "Whether the address that answered, and each IP address among the alternative names of the leaf, is in the ranges \
                 of the policy's `ownedAddresses`. An address that IANA keeps for private use, documentation and the like fails \
                 as a name whatever the policy says; where the policy has no ranges, that is all that is judged.",
        why: "A certificate for an address vouches for whoever has the address at the moment: for a private one that is anybody, \
              for a stranger's the stranger.",
        fix: &[
            ("any", "have a certificate issued for host names instead of addresses"),
            (
                "any",
                "where an address is right, add its range to `ownedAddresses`; where it must stay, accept it by a waiver",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Office 365 encryption for data in transit",
                clause: "certificates are issued only to public IP addresses owned by Microsoft; others go through an exception process",
                url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
                date: "undated",
            },
            baseline(
                "section 7.1.2.7.12: an iPAddress MUST NOT be a Reserved IP Address; section 1.6.1: those of IANA's registries",
            ),
            Clause {
                document: "IANA IPv4 Special-Purpose Address Registry",
                clause: "every entry, and the multicast addresses",
                url: "https://www.iana.org/assignments/iana-ipv4-special-registry/",
                date: "2020-09-04",
            },
            Clause {
                document: "IANA IPv6 Special-Purpose Address Registry",
                clause: "every entry, and what is not among the global unicast addresses",
                url: "https://www.iana.org/assignments/iana-ipv6-special-registry/",
                date: "2024-10-22",
            },
        ],
        effective: "2016-10-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let owned = context.owned_addresses;
        if let Some(dossier) = subject.endpoint() {
            findings.add(peer(dossier, owned).facet("peer").required("an address of the policy's own"));
        }
        each_leaf(subject, "no private, reserved or foreign address among the names", findings, &|leaf| {
            named(leaf, owned)
        });
    }
}

/// The address of the side that was looked at.
fn peer(dossier: &Dossier<'_>, owned: &[OwnedAddresses]) -> Draft {
    if owned.is_empty() {
        return Draft::not_applicable("The policy names no addresses of its own (`ownedAddresses`).");
    }
    let Some(address) = dossier.key.address.as_deref().and_then(|address| address.parse().ok()) else {
        let gap = Gap::new(GapReason::NotReportedByFormat, "the report does not say which address it is of");
        return Draft::unknown("Which address was seen is not known.", vec![gap]);
    };
    let seen = match dossier.key.role {
        Role::Server => format!("The service answers at {address}"),
        Role::Client => format!("The client connects from {address}"),
    };
    let draft = match range_of(address, owned) {
        Some((range, list)) => Draft::pass(format!("{seen}, which is in {range} ({}).", as_of(list))),
        None => Draft::fail(format!("{seen}, which is in none of {}.", all_of(owned))),
    };
    let observed = format!("seen at {address}");
    let certificates = dossier.chains.iter().filter_map(|chain| chain.leaf()).flat_map(|leaf| leaf.words());
    let tls = dossier.sightings.iter().filter_map(|sighting| sighting.endpoint.tls.fact()).flat_map(|fact| &fact.words);
    let words = certificates.chain(tls).copied().gathered();
    draft.cite(&words, &observed).basis(Basis::Wire)
}

/// The addresses that a leaf is for.
fn named(leaf: &CertificateView<'_>, owned: &[OwnedAddresses]) -> Draft {
    let Some(parsed) = leaf.decoded() else { return unreadable(leaf, "the names in it") };
    let who = called(leaf);
    let unread = match &parsed.extensions.subject_alternative_name {
        Field::Undecodable(_) => return unreadable(leaf, "its subject alternative name"),
        Field::Absent => 0,
        Field::Decoded(names) => names.unreadable,
    };
    let addresses = parsed.names().filter_map(|name| match name {
        GeneralName::Ip(address) => Some(*address),
        _ => None,
    });
    let addresses = addresses.gathered();
    let fail = |words: String| {
        Draft::fail(sentence(&format!("{who} is for the address {words}")))
            .certificate(leaf, &words)
            .basis(Basis::Computed)
    };
    let blocks = if addresses.is_empty() { Vec::new() } else { blocks() };
    let kept = addresses.iter().find_map(|one| reserved(*one, &blocks).map(|use_of| (one, use_of)));
    if let Some((address, use_of)) = kept {
        return fail(format!("{address}, which nobody owns: {use_of}"));
    }
    let foreign = addresses.iter().find(|one| !owned.is_empty() && range_of(**one, owned).is_none());
    if let Some(address) = foreign {
        return fail(format!("{address}, which is in none of {}", all_of(owned)));
    }
    if unread > 0 {
        return unreadable(leaf, "its subject alternative name");
    }
    let observed = format!("for {} addresses", addresses.len());
    let draft = match (addresses.len(), owned.is_empty()) {
        (0, _) => Draft::not_applicable(sentence(&format!("{who} names no address"))),
        (count, true) => Draft::pass(sentence(&format!(
            "{who} is for {count} addresses, none of them private or reserved; whose they are, the policy does not ask"
        ))),
        (count, false) => {
            Draft::pass(sentence(&format!("{who} is for {count} addresses, all of them the policy's own")))
        }
    };
    draft.certificate(leaf, &observed).basis(Basis::Computed)
}

fn range_of(address: IpAddr, owned: &[OwnedAddresses]) -> Option<(&AddressRange, &OwnedAddresses)> {
    let ranges = owned.iter().flat_map(|list| list.ranges.iter().map(move |range| (range, list)));
    ranges.into_iter().find(|(range, _)| range.contains(address))
}

fn as_of(list: &OwnedAddresses) -> String {
    format!("{}, as of {}", list.source, list.date.date())
}

fn all_of(owned: &[OwnedAddresses]) -> String {
    let count: usize = owned.iter().map(|list| list.ranges.len()).sum();
    format!("the policy's {count} ranges ({})", owned.iter().map(as_of).gathered().join("; "))
}

/// The blocks that nobody owns, read once for all the addresses of a certificate.
fn blocks() -> Vec<(AddressRange, &'static str)> {
    RESERVED.iter().filter_map(|(range, use_of)| Some((range.parse().ok()?, *use_of))).gathered()
}

/// What IANA keeps an address for, if it does.
fn reserved(address: IpAddr, blocks: &[(AddressRange, &'static str)]) -> Option<&'static str> {
    // ::ffff:0:0/96, of which a block of addresses makes IPv4 addresses.
    if address.is_ipv6() && address.to_canonical().is_ipv4() {
        return Some("mapped IPv4 addresses");
    }
    let known = blocks.iter().find(|(range, _)| range.contains(address)).map(|(_, use_of)| *use_of);
    let is_global = match address {
        IpAddr::V4(_) => true,
        // 2000::/3
        IpAddr::V6(address) => address.segments().first().is_some_and(|first| first >> 13 == 1),
    };
    known.or((!is_global).then_some("it is no global unicast address"))
}

/// Blocks and uses. Smaller blocks inside of these are left out.
const RESERVED: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private use"),
    ("100.64.0.0/10", "shared address space"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link local"),
    ("172.16.0.0/12", "private use"),
    ("192.0.0.0/24", "IETF protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "automatic multicast tunneling"),
    ("192.88.99.0/24", "6to4 relays, deprecated"),
    ("192.168.0.0/16", "private use"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "loopback"),
    ("64:ff9b::/96", "translated IPv4 addresses"),
    ("64:ff9b:1::/48", "translated IPv4 addresses"),
    ("2001::/23", "IETF protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "unique local addresses"),
    ("fe80::/10", "link local"),
    ("ff00::/8", "multicast"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reserved_block_can_be_read_and_ends_where_it_ends() {
        let blocks = blocks();
        assert_eq!(blocks.len(), RESERVED.len());
        for (address, expected) in [
            ("9.255.255.255", None),
            ("10.0.0.0", Some("private use")),
            ("172.31.255.255", Some("private use")),
            ("172.32.0.0", None),
            ("100.127.255.255", Some("shared address space")),
            ("100.128.0.0", None),
            ("223.255.255.255", None),
            ("239.0.0.1", Some("multicast")),
            ("255.255.255.255", Some("reserved")),
            ("2001:1ff:ffff::", Some("IETF protocol assignments")),
            ("2001:200::", None),
            ("2606:4700::1111", None),
            ("fd00::1", Some("unique local addresses")),
            ("::", Some("it is no global unicast address")),
            ("::ffff:8.8.8.8", Some("mapped IPv4 addresses")),
            ("4000::1", Some("it is no global unicast address")),
        ] {
            assert_eq!(reserved(address.parse().unwrap(), &blocks), expected, "{address}");
        }
    }
}
