//! Trust stores: the roots that a client is taken to trust. A store has a name, a date and a source, because what is
//! trusted changes.
//!
//! `mozilla.der` is written by `cargo xtask gen-roots` (see `data/SOURCES.md`): a SEQUENCE OF SEQUENCE { OCTET STRING
//! (SHA-256 of the certificate), validity, subject, subjectPublicKeyInfo, nameConstraints OPTIONAL }. Roots that Mozilla
//! had stopped trusting on that date are not in it; the source states no later dates of distrust.

use crate::pki::certificate::{ParsedCertificate, read_validity};
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::extension::Field;
use crate::pki::key::KeyInfo;
use crate::pki::oid;
use crate::pki::sha1::sha1_hex;
use crate::pki::tlv::{OCTET_STRING, SEQUENCE, Walker, only};
use crate::source::{hex, sha256_hex};
use crate::time::Timestamp;

use super::answer::{ListedBy, StoreReference};
use super::exported::Listing;

/// SHA-256 of the table of Mozilla's roots, lower-case hex: changes with every change of the store.
#[must_use]
pub fn mozilla_sha256() -> String {
    sha256_hex(MOZILLA)
}

/// What names Mozilla's roots in options.
pub const MOZILLA_ID: &str = "mozilla";

const MOZILLA: &[u8] = include_bytes!("mozilla.der");
/// SHA-1 of their certificates, 20 bytes each, in the same order.
const MOZILLA_SHA1: &[u8] = include_bytes!("mozilla.sha1");
/// When the list was published.
const MOZILLA_DATE: &str = "2026-10-23";
const MOZILLA_SOURCE: &str = "webpki-root-certs 1.0.11, from Mozilla's list in the CCADB";

/// The roots that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStore {
    /// What names it in options: [`MOZILLA_ID`], or the name of a file.
    pub id: String,
    /// What people call it: `Mozilla`.
    pub name: String,
    /// The day of which it is.
    pub date: Timestamp,
    /// Where it comes from.
    pub source: String,
    /// SHA-256 of what it was read from, lower-case hex.
    pub sha256: String,
    /// The roots.
    pub roots: Vec<Root>,
    /// The thumbprints, where the store was listed and not exported; `roots` are then those that could be identified.
    pub listing: Option<Listing>,
    /// What was left out, and why: certificates that are no roots, and other blocks.
    pub left_out: Vec<String>,
}

/// A trust anchor: a name and a key ([RFC 5280 §6.1.1]), and what is known of its certificate.
///
/// [RFC 5280 §6.1.1]: https://www.rfc-editor.org/rfc/rfc5280#section-6.1.1
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// SHA-256 of its certificate, lower-case hex.
    pub sha256: String,
    /// SHA-1 of its certificate, lower-case hex: what Windows lists.
    pub sha1: Option<String>,
    /// How a listing names it.
    pub listed_by: Option<ListedBy>,
    /// Its name.
    pub subject: DistinguishedName,
    /// Its key.
    pub key: KeyInfo,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity, which still counts.
    pub not_after: Timestamp,
    /// Limits on the names below it: the encoded NameConstraints, by its own word or imposed by the store.
    pub name_constraints: Option<Vec<u8>>,
    /// Its certificate, where the store has the whole of it.
    pub certificate: Option<ParsedCertificate>,
}

impl TrustStore {
    /// Mozilla's roots for websites, as shipped.
    #[must_use]
    pub fn mozilla() -> Self {
        let date = MOZILLA_DATE.parse().unwrap_or(Timestamp::from_unix(0));
        let mut roots = Vec::new();
        let list = only(MOZILLA, "the roots").ok();
        let mut list = list.map_or_else(|| Walker::new(&[], 0), |list| list.inside());
        let mut thumbprints = MOZILLA_SHA1.as_chunks::<20>().0.iter();
        while let Ok(entry) = list.expect(SEQUENCE, "a root") {
            let sha1 = thumbprints.next().map(|sha1| hex(sha1));
            roots.extend(Root::read(entry.inside()).map(|root| Root { sha1, ..root }));
        }
        Self {
            id: MOZILLA_ID.to_owned(),
            name: "Mozilla".to_owned(),
            date,
            source: MOZILLA_SOURCE.to_owned(),
            sha256: mozilla_sha256(),
            roots,
            listing: None,
            left_out: Vec::new(),
        }
    }

    /// The store of this id ([`MOZILLA_ID`]), or the one that this text is, as [`TrustStore::read`] reads it.
    ///
    /// # Errors
    /// When the text has no root, or a part of it cannot be read.
    pub fn choose(id_or_text: &str, name: &str, date: Timestamp) -> Result<Self, String> {
        if id_or_text.trim() == MOZILLA_ID {
            return Ok(Self::mozilla());
        }
        Self::read(name, id_or_text.as_bytes(), date)
    }

    /// A store of the caller's: `certificates` that are not self-issued are no roots and are left out.
    #[must_use]
    pub fn of_certificates(
        name: &str,
        date: Timestamp,
        source: &str,
        sha256: String,
        certificates: impl IntoIterator<Item = ParsedCertificate>,
    ) -> Self {
        let mut store = Self {
            // A file of that name is found behind its folder: the bare word names the shipped roots.
            id: if name == MOZILLA_ID { format!("./{name}") } else { name.to_owned() },
            name: name.to_owned(),
            date,
            source: source.to_owned(),
            sha256,
            roots: Vec::new(),
            listing: None,
            left_out: Vec::new(),
        };
        for certificate in certificates {
            let sha256 = certificate.sha256.clone();
            if store.root(&sha256).is_some() {
                continue;
            }
            match Root::of(certificate) {
                Ok(root) => store.roots.push(root),
                Err(why) => store.left_out.push(format!("the certificate {sha256} is no root: {why}")),
            }
        }
        store
    }

    /// A store of this one anchor, whoever chose it.
    pub(crate) fn of_anchor(root: Root, date: Timestamp) -> Self {
        let mut store = Self::of_certificates("anchor", date, "named by a record", String::new(), []);
        store.roots.push(root);
        store
    }

    /// Its name, date, source and hash.
    #[must_use]
    pub fn reference(&self) -> StoreReference {
        StoreReference {
            name: self.name.clone(),
            date: self.date,
            source: self.source.clone(),
            sha256: self.sha256.clone(),
        }
    }

    /// The root whose certificate has this SHA-256 (lower-case hex).
    #[must_use]
    pub fn root(&self, sha256: &str) -> Option<&Root> {
        self.roots.iter().find(|root| root.sha256 == sha256)
    }
}

impl Root {
    /// Reads an entry of the table.
    fn read(mut fields: Walker<'_>) -> Option<Self> {
        let sha256 = hex(fields.expect(OCTET_STRING, "a hash").ok()?.value);
        let [not_before, not_after] = read_validity(&fields.expect(SEQUENCE, "a validity").ok()?, &mut Vec::new());
        let subject = fields.expect(SEQUENCE, "a subject").ok()?;
        let key = fields.expect(SEQUENCE, "a key").ok()?;
        let constraints = fields.optional(SEQUENCE, "name constraints").ok()?;
        Some(Self {
            sha256,
            sha1: None,
            listed_by: None,
            subject: DistinguishedName::read(&subject, &mut Vec::new()).ok()?,
            key: KeyInfo::from_der(key.raw).ok()?,
            not_before: not_before.ok()?,
            not_after: not_after.ok()?,
            name_constraints: constraints.map(|constraints| constraints.raw.to_vec()),
            certificate: None,
        })
    }

    /// The root without its certificate, as a listing names it.
    #[must_use]
    pub(super) fn listed(&self, listed_by: Option<ListedBy>) -> Self {
        Self {
            sha256: self.sha256.clone(),
            sha1: self.sha1.clone(),
            listed_by,
            subject: self.subject.clone(),
            key: self.key.clone(),
            not_before: self.not_before,
            not_after: self.not_after,
            name_constraints: self.name_constraints.clone(),
            certificate: None,
        }
    }

    /// A root from its certificate.
    ///
    /// # Errors
    /// When it is not self-issued, or a field that matters cannot be read.
    pub fn of(certificate: ParsedCertificate) -> Result<Self, String> {
        match certificate.is_self_issued() {
            Some(true) => {}
            Some(false) => {
                let issuer = certificate.issuer.as_ref().map(ToString::to_string).unwrap_or_default();
                return Err(format!("it was issued by `{issuer}`"));
            }
            None => return Err("its names cannot be read".to_owned()),
        }
        Self::from_fields(certificate)
    }

    /// A trust anchor that was chosen by itself, self-issued or not; none where a field that matters cannot be read.
    pub(crate) fn anchor(certificate: &ParsedCertificate) -> Option<Self> {
        Self::from_fields(certificate.clone()).ok()
    }

    fn from_fields(certificate: ParsedCertificate) -> Result<Self, String> {
        if let Field::Undecodable(why) = &certificate.extensions.name_constraints {
            return Err(format!("its name constraints cannot be read: {why}"));
        }
        let constraints = certificate.extensions.list.iter().find(|one| one.oid == oid::NAME_CONSTRAINTS);
        Ok(Self {
            sha256: certificate.sha256.clone(),
            sha1: Some(sha1_hex(&certificate.der)),
            listed_by: None,
            subject: certificate.subject.clone()?,
            key: certificate.key.clone()?,
            not_before: certificate.not_before.clone()?,
            not_after: certificate.not_after.clone()?,
            name_constraints: constraints.map(|one| one.value.clone()),
            certificate: Some(certificate),
        })
    }
}
