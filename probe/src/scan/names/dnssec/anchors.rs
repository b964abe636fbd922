//! What validation begins with: the keys of the root. Hickory carries IANA's two
//! (<https://data.iana.org/root-anchors/root-anchors.xml>: KSK-2017, tag 20326, and KSK-2024, tag 38696); a file of one's
//! own takes their place.

use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_resolver::proto::dnssec::{DigestType, TrustAnchors, Verifier as _};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

/// The keys of the root, or their digests.
#[derive(Default)]
pub(crate) struct Anchors {
    keys: TrustAnchors,
    digests: Vec<DS>,
}

impl Anchors {
    /// The anchors of a file: DNSKEY and DS records of the root as in a zone, which is how `dig . DNSKEY`, BIND's and
    /// Unbound's files have them.
    ///
    /// # Errors
    /// One sentence: where another thing stands, or nothing.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut anchors = Self { keys: TrustAnchors::empty(), digests: Vec::new() };
        for record in records(text) {
            let shown: String = record.join(" ").chars().take(60).collect();
            anchors.add(&record).map_err(|why| format!("{why}, found `{shown}`"))?;
        }
        match anchors.keys.is_empty() && anchors.digests.is_empty() {
            true => Err("expected DNSKEY or DS records of the root, such as `. IN DS 20326 8 2 E06D…`".to_owned()),
            false => Ok(anchors),
        }
    }

    fn add(&mut self, record: &[&str]) -> Result<(), String> {
        let Some((&name, rest)) = record.split_first() else { return Ok(()) };
        if name != "." {
            // Of another zone every single key would have to be named: hickory asks its parent otherwise.
            return Err("expected a key of the root `.`: other zones cannot be anchors".to_owned());
        }
        let is_before = |word: &str| word.eq_ignore_ascii_case("IN") || word.parse::<u32>().is_ok();
        let at = rest.iter().position(|word| !is_before(word)).unwrap_or(rest.len());
        let (kind, data) = rest.get(at..).and_then(<[&str]>::split_first).ok_or("expected a record")?;
        match kind.to_ascii_uppercase().as_str() {
            "DNSKEY" => {
                let flags = data.first().and_then(|flags| flags.parse::<u16>().ok());
                // RFC 4034 section 2.1.1 and RFC 5011 section 2.1: a key of the zone, which is not revoked.
                if flags.is_none_or(|flags| flags & 0x0100 == 0 || flags & 0x0080 != 0) {
                    return Err("expected the flags of a key of a zone that is in use, such as 257".to_owned());
                }
                let line = format!(". IN DNSKEY {}\n", data.join(" "));
                let read: TrustAnchors = line.parse().map_err(|error| format!("expected a DNSKEY record ({error})"))?;
                (0..read.len()).filter_map(|at| read.get(at)).for_each(|key| {
                    self.keys.insert(key);
                });
            }
            "DS" => match RData::try_from_str(RecordType::DS, &data.join(" ")) {
                Ok(RData::DNSSEC(DNSSECRData::DS(digest)))
                    if matches!(digest.digest_type(), DigestType::SHA256 | DigestType::SHA384) =>
                {
                    self.digests.push(digest);
                }
                Ok(_) => return Err("expected a digest of SHA-256 or SHA-384 (2 or 4)".to_owned()),
                Err(error) => return Err(format!("expected a DS record ({error})")),
            },
            _ => return Err("expected DNSKEY or DS".to_owned()),
        }
        Ok(())
    }

    /// Whether some of them are digests, which the root's keys have to be held against.
    pub(super) fn has_digests(&self) -> bool {
        !self.digests.is_empty()
    }

    /// The keys that are trusted, where the root shows these: what a digest names is trusted whoever shows it.
    pub(super) fn trusted<'a>(&self, shown: impl Iterator<Item = &'a DNSKEY>) -> TrustAnchors {
        let mut keys = self.keys.clone();
        for key in shown.filter(|key| key.zone_key() && !key.revoke()) {
            let is_named = |digest: &DS| digest.algorithm() == key.algorithm();
            if self
                .digests
                .iter()
                .filter(|digest| is_named(digest))
                .any(|one| one.covers(&Name::root(), key).is_ok_and(|covers| covers))
            {
                keys.insert(key.public_key());
            }
        }
        keys
    }
}

/// The records of a zone's text, each in words; without comments, parentheses taken away.
fn records(text: &str) -> Vec<Vec<&str>> {
    let mut records: Vec<Vec<&str>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default();
        if !is_open {
            records.push(Vec::new());
        }
        for word in line.split_whitespace() {
            is_open = word.contains('(') || is_open && !word.contains(')');
            let word = word.trim_matches(['(', ')']);
            if let Some(record) = records.last_mut().filter(|_| !word.is_empty()) {
                record.push(word);
            }
        }
    }
    records.retain(|record| !record.is_empty());
    records
}
