//! What the rules about IPsec share: what each algorithm is worth, by the names that strongSwan has for them.

use super::{Clause, Subject};
use crate::evidence::{Attribute, Exhibit, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::network::Network;

/// What Microsoft's document asks of the lines between data centers.
pub(super) const BETWEEN_DATACENTERS: Clause = Clause {
    document: "Microsoft, Office 365 encryption for data in transit",
    clause: "between data centers: TLS or IPsec",
    url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
    date: "undated",
};

/// What an algorithm does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It encrypts, and needs another one for integrity.
    Cipher,
    /// It encrypts and protects integrity.
    Aead,
    /// It encrypts nothing.
    Null,
    /// It protects integrity.
    Integrity,
    /// It derives keys.
    Prf,
    /// It exchanges keys.
    Group,
}

/// What an algorithm is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// The documents recommend or allow it.
    Good,
    /// It is on its way out.
    Ageing(&'static str),
    /// The documents rule it out.
    Weak(&'static str),
}

use Purpose::{Aead, Cipher, Group, Integrity, Null, Prf};
use Worth::{Ageing, Good, Weak};

const MUST_NOT: &str = "RFC 8221 and RFC 8247: MUST NOT";
const DEPRECATED: &str = "RFC 9395: deprecated";
const SMALL: &str = "RFC 8247: SHOULD NOT, too small";
const SUBGROUPS: &str = "RFC 8247: small subgroups of unknown origin";
const SHA1: &str = "SHA-1: RFC 8221 and RFC 8247 expect to rule it out";

/// Every algorithm that is judged. `…*` stands for names that begin so.
const ALGORITHMS: &[(&str, Purpose, Worth)] = &[
    ("NULL", Null, Good),
    ("NULL_AES_GMAC*", Null, Good),
    ("AES_GCM_16", Aead, Good),
    ("AES_GCM_12", Aead, Good),
    ("AES_CCM_16", Aead, Good),
    ("AES_CCM_12", Aead, Good),
    ("AES_GCM_8", Aead, Weak("RFC 8221: a check value of 64 bits")),
    ("AES_CCM_8", Aead, Weak("RFC 8221: a check value of 64 bits, for the smallest devices alone")),
    ("CHACHA20_POLY1305", Aead, Good),
    ("AES_CBC", Cipher, Good),
    ("AES_CTR", Cipher, Good),
    ("3DES_CBC", Cipher, Weak("RFC 8221: SHOULD NOT, blocks of 64 bits")),
    ("DES*", Cipher, Weak(MUST_NOT)),
    ("BLOWFISH_CBC", Cipher, Weak(DEPRECATED)),
    ("CAST_CBC", Cipher, Weak(DEPRECATED)),
    ("IDEA_CBC", Cipher, Weak(DEPRECATED)),
    ("RC5_CBC", Cipher, Weak(DEPRECATED)),
    ("HMAC_SHA2_256_128", Integrity, Good),
    ("HMAC_SHA2_384_192", Integrity, Good),
    ("HMAC_SHA2_512_256", Integrity, Good),
    ("AES_XCBC_96", Integrity, Good),
    ("AES_CMAC_96", Integrity, Good),
    ("HMAC_SHA1_96", Integrity, Ageing(SHA1)),
    ("HMAC_SHA1_160", Integrity, Weak(DEPRECATED)),
    ("HMAC_SHA2_256_96", Integrity, Weak("no RFC: a truncation of early drafts")),
    ("HMAC_MD5*", Integrity, Weak(MUST_NOT)),
    ("DES_MAC", Integrity, Weak(MUST_NOT)),
    ("KPDK_MD5", Integrity, Weak(MUST_NOT)),
    ("PRF_HMAC_SHA2_256", Prf, Good),
    ("PRF_HMAC_SHA2_384", Prf, Good),
    ("PRF_HMAC_SHA2_512", Prf, Good),
    ("PRF_AES128_XCBC", Prf, Good),
    ("PRF_AES128_CMAC", Prf, Good),
    ("PRF_HMAC_SHA1", Prf, Ageing(SHA1)),
    ("PRF_HMAC_MD5", Prf, Weak(MUST_NOT)),
    ("PRF_HMAC_TIGER", Prf, Weak(DEPRECATED)),
    ("MODP_768", Group, Weak(MUST_NOT)),
    ("MODP_1024", Group, Weak(SMALL)),
    ("MODP_1536", Group, Weak(SMALL)),
    ("MODP_1024_160", Group, Weak("RFC 8247: MUST NOT")),
    ("MODP_2048_224", Group, Weak(SUBGROUPS)),
    ("MODP_2048_256", Group, Weak(SUBGROUPS)),
    ("MODP_2048", Group, Good),
    ("MODP_3072", Group, Good),
    ("MODP_4096", Group, Good),
    ("MODP_6144", Group, Good),
    ("MODP_8192", Group, Good),
    ("ECP_256", Group, Good),
    ("ECP_384", Group, Good),
    ("ECP_521", Group, Good),
    ("CURVE_25519", Group, Good),
    ("CURVE_448", Group, Good),
    ("ML_KEM_*", Group, Good),
];

/// What an algorithm does and is worth; none where intransit does not know it.
pub(super) fn algorithm(name: &str) -> Option<(Purpose, Worth)> {
    // `AES_CBC-256`, `KE1_ML_KEM_768`
    let (name, bits) = match name.rsplit_once('-') {
        Some((name, bits)) => (name, Some(bits.parse::<u16>().ok()?)),
        None => (name, None),
    };
    let name = name.strip_prefix("KE").and_then(|rest| rest.split_once('_')).map_or(name, |(_, name)| name);
    let known = ALGORITHMS.iter().find(|(known, ..)| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *known == name,
    });
    let (purpose, worth) = known.map(|(_, purpose, worth)| (*purpose, *worth))?;
    let is_short = bits.is_some_and(|bits| bits < 128) && matches!(purpose, Cipher | Aead);
    Some((purpose, if is_short { Weak("a key below 128 bits") } else { worth }))
}

/// The tunnel that a rule judges.
pub(super) fn tunnel<'a>(subject: &Subject<'a>) -> Option<&'a Exhibit> {
    subject.exhibit(SubjectKind::Tunnel)
}

/// Whether it is known to carry data: installed, by an association that is established, or in the kernel.
pub(super) fn is_up(tunnel: &Exhibit) -> bool {
    match tunnel.text(Attribute::State) {
        Some("INSTALLED") => tunnel.text(Attribute::IkeState) == Some("ESTABLISHED"),
        Some("KERNEL") => true,
        _ => false,
    }
}

/// Why it is not known to carry data.
pub(super) fn not_up(tunnel: &Exhibit) -> Gap {
    let state = |attribute, expected: &str| tunnel.fact(attribute).filter(|fact| fact.value != expected);
    let (what, fact) = match (state(Attribute::State, "INSTALLED"), state(Attribute::IkeState, "ESTABLISHED")) {
        (Some(fact), _) => ("the tunnel", fact),
        (None, Some(fact)) => ("the association that manages the tunnel", fact),
        (None, None) if tunnel.fact(Attribute::State).is_none() => return tunnel.gap(Attribute::State),
        (None, None) => return tunnel.gap(Attribute::IkeState),
    };
    Gap::new(GapReason::Failed, format!("{what} is {}", fact.value)).at(fact.words.iter().copied())
}

/// Whether all that goes between two blocks of addresses goes through the tunnel, by its selectors.
pub(super) fn covers(tunnel: &Exhibit, one: &Network, other: &Network) -> bool {
    let local = blocks(tunnel, Attribute::LocalSelector, |text| text);
    let remote = blocks(tunnel, Attribute::RemoteSelector, |text| text);
    let is_in = |blocks: &[Network], wanted: &Network| blocks.iter().any(|block| block.covers(wanted));
    is_in(&local, one) && is_in(&remote, other) || is_in(&local, other) && is_in(&remote, one)
}

/// Whether some of it goes through the tunnel, by whatever ports.
pub(super) fn touches(tunnel: &Exhibit, one: &Network, other: &Network) -> bool {
    may_touch(tunnel, one, other) == Some(true)
}

/// The same; none where it cannot be told, as a selector is missing or no block of addresses.
pub(super) fn may_touch(tunnel: &Exhibit, one: &Network, other: &Network) -> Option<bool> {
    let meets = |side, wanted: &Network| {
        let blocks = blocks(tunnel, side, without_ports);
        let is_met = blocks.iter().any(|block| meet(block, wanted));
        let is_known = !blocks.is_empty() && is_read(tunnel, side, &blocks);
        (is_met || is_known).then_some(is_met)
    };
    let both = |one, other| match (meets(Attribute::LocalSelector, one), meets(Attribute::RemoteSelector, other)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (local, remote) => local.and(remote),
    };
    match (both(one, other), both(other, one)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (here, there) => here.and(there),
    }
}

/// Why it is not known whether the tunnel is in the way.
pub(super) fn unclear(tunnel: &Exhibit) -> Gap {
    let sides = [Attribute::LocalSelector, Attribute::RemoteSelector];
    let missing = sides.into_iter().find_map(|side| tunnel.first_gap(side).cloned());
    missing.unwrap_or_else(|| {
        let detail = format!("the selectors of {} are not all blocks of addresses: it may take a part", tunnel.name);
        let facts = sides.into_iter().flat_map(|side| tunnel.facts(side));
        Gap::new(GapReason::Unsupported, detail).at(facts.flat_map(|fact| fact.words.iter().copied()))
    })
}

/// Whether these are all selectors of a side.
fn is_read(tunnel: &Exhibit, side: Attribute, blocks: &[Network]) -> bool {
    tunnel.first_gap(side).is_none() && tunnel.facts(side).count() == blocks.len()
}

fn meet(one: &Network, other: &Network) -> bool {
    one.covers(other) || other.covers(one)
}

/// How much of what goes between two blocks goes through the tunnel at most, by whatever ports: in parts of
/// [`ALL_OF_IT`], rounded up.
pub(super) fn part(tunnel: &Exhibit, one: &Network, other: &Network) -> u32 {
    let local = blocks(tunnel, Attribute::LocalSelector, without_ports);
    let remote = blocks(tunnel, Attribute::RemoteSelector, without_ports);
    let is_read =
        is_read(tunnel, Attribute::LocalSelector, &local) && is_read(tunnel, Attribute::RemoteSelector, &remote);
    // What else stands there may be for the rest, and so may what is too much to go through.
    if !is_read || local.len().saturating_mul(remote.len()) > 10_000 {
        return ALL_OF_IT;
    }
    // The bits that a block has more than the other end of the flow, and whether it is for some ports only.
    let bits = |side, wanted: &Network| {
        let met = tunnel.facts(side).filter_map(|fact| {
            let bare = without_ports(&fact.value);
            let block = Network::parse(bare).filter(|block| meet(block, wanted))?;
            Some((block.length().saturating_sub(wanted.length()), bare != fact.value))
        });
        met.gathered()
    };
    let mut sum = 0_u32;
    for (one, other) in [(one, other), (other, one)] {
        let remote = bits(Attribute::RemoteSelector, other);
        for (here, is_limited) in bits(Attribute::LocalSelector, one) {
            for (there, is_limited_there) in &remote {
                // What goes by some ports needs at least one selector more for the others: a half.
                let halves = here + there + u32::from(is_limited || *is_limited_there);
                sum = sum.saturating_add(ALL_OF_IT.checked_shr(halves).unwrap_or_default().max(1));
            }
        }
    }
    sum
}

/// What [`part`] is of a tunnel for all.
pub(super) const ALL_OF_IT: u32 = 1 << 24;

/// Whether it is known to carry nothing: nothing yet, nothing more, or no child at all.
pub(super) fn is_gone(tunnel: &Exhibit) -> bool {
    match tunnel.text(Attribute::State) {
        Some(state) => ["CREATED", "ROUTED", "REKEYED", "DELETING", "DELETED", "DESTROYING"].contains(&state),
        None => {
            let is_failed = tunnel.first_gap(Attribute::State).is_some_and(|gap| gap.reason == GapReason::Failed);
            is_failed && tunnel.words().next().is_none()
        }
    }
}

/// Whether the tunnel is up and covers what goes between two blocks of addresses.
pub(crate) fn carries(tunnel: &Exhibit, one: &Network, other: &Network) -> bool {
    is_up(tunnel) && covers(tunnel, one, other)
}

/// The blocks of a side; what is in another form, such as a block with ports, is none.
fn blocks(tunnel: &Exhibit, side: Attribute, bare: fn(&str) -> &str) -> Vec<Network> {
    tunnel.facts(side).filter_map(|fact| Network::parse(bare(&fact.value))).gathered()
}

fn without_ports(selector: &str) -> &str {
    selector.split('[').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_known_by_whole_names() {
        for (name, expected) in [
            ("AES_GCM_16-256", Some((Aead, Good))),
            ("AES_CBC-128", Some((Cipher, Good))),
            ("AES_CBC-64", Some((Cipher, Weak("a key below 128 bits")))),
            ("KE1_ML_KEM_768", Some((Group, Good))),
            ("MODP_1024", Some((Group, Weak(SMALL)))),
            ("MODP_10240", None),
            ("NULL", Some((Null, Good))),
            ("NULL_AES_GMAC-256", Some((Null, Good))),
            ("DES_CBC", Some((Cipher, Weak(MUST_NOT)))),
            ("CAMELLIA_CBC-256", None),
            ("AES_CBC-x", None),
            ("", None),
        ] {
            assert_eq!(algorithm(name), expected, "{name}");
        }
    }
}
