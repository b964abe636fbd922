//! Trust stores as people have them: PEM, DER, PKCS #7, and listings of thumbprints.
//!
//! A listing has no certificates. It says only that a root with this thumbprint is in the store; which root that is has
//! to be known from somewhere else: see [`TrustStore::identified`].

use crate::diagnostic::Severity;
use crate::pki::certificate::ParsedCertificate;
use crate::pki::container::key_container;
use crate::pki::pem::{self, Block, Label};
use crate::pki::pkcs7;
use crate::pki::sha1::sha1_hex;
use crate::pki::tlv::{OID, only};
use crate::source::{SourceText, sha256_hex};
use crate::time::Timestamp;

use super::answer::ListedBy;
use super::store::{Root, TrustStore};

mod listing;

pub use listing::Listing;

/// What a source of a store says that came from the caller.
pub const SUPPLIED: &str = "as supplied";

const EXPECTED: &str = "roots as PEM, DER or PKCS #7, or thumbprints as certutil and keytool list them";

/// Certificates, and what else there was.
#[derive(Default)]
struct Contents {
    certificates: Vec<ParsedCertificate>,
    left_out: Vec<String>,
}

impl TrustStore {
    /// Reads a store as it was exported: certificates as PEM, DER or PKCS #7, or a listing of thumbprints as
    /// `certutil -store`, `keytool -list` and PowerShell write it. It is called `name` and was read on `date`.
    ///
    /// # Errors
    /// One sentence, when it has no root, a part of it cannot be read, or it holds a private key.
    pub fn read(name: &str, bytes: &[u8], date: Timestamp) -> Result<Self, String> {
        let wrong = |message: String| format!("the roots `{name}`: {message}");
        if let Some(container) = key_container(bytes) {
            return Err(wrong(format!("it is {}; expected {EXPECTED}. Run: {}", container.what, container.instead)));
        }
        let sha256 = sha256_hex(bytes);
        let of = |contents: Contents| {
            let mut store = Self::of_certificates(name, date, SUPPLIED, sha256.clone(), contents.certificates);
            store.left_out.extend(contents.left_out);
            store
        };
        if bytes.first() == Some(&0x30) && ParsedCertificate::length_in(bytes).is_ok() {
            let store = of(from_der(bytes).map_err(wrong)?);
            return some_roots(store, name);
        }
        let source = SourceText::decode(0, name, bytes, &mut Vec::new()).map_err(|problem| wrong(problem.message))?;
        let contents = from_pem(&source).map_err(wrong)?;
        if contents.certificates.is_empty()
            && contents.left_out.is_empty()
            && let Some(listing) = listing::read(source.text()).map_err(wrong)?
        {
            let mut store = of(contents);
            store.left_out.push(format!(
                "`{name}` lists {} thumbprints and no certificates: it can only say which roots are in the store",
                listing.thumbprints.len()
            ));
            store.listing = Some(listing);
            return Ok(store);
        }
        some_roots(of(contents), name)
    }

    /// The roots that a listing speaks of, from what is known otherwise: their certificates have the thumbprints. Trust
    /// is the listing's; what is known of a root is not.
    #[must_use]
    pub fn identified<'a>(&self, known: impl IntoIterator<Item = &'a Root>) -> Vec<Root> {
        let mut found: Vec<Root> = Vec::new();
        let Some(listing) = &self.listing else { return found };
        for root in known {
            let listed_by = if listing.thumbprints.contains(&root.sha256) {
                ListedBy::Sha256
            } else if root.sha1.as_ref().is_some_and(|sha1| listing.thumbprints.contains(sha1)) {
                ListedBy::Sha1
            } else {
                continue;
            };
            if !found.iter().any(|known| known.sha256 == root.sha256) {
                found.push(root.listed(Some(listed_by)));
            }
        }
        found
    }

    /// The store with those of a chain's own certificates that a listing names and nothing else knows, if there are any.
    #[must_use]
    pub fn with_shown(&self, shown: &[&ParsedCertificate]) -> Option<Self> {
        let listing = self.listing.as_ref()?;
        let mut found: Vec<Root> = Vec::new();
        for certificate in shown {
            if certificate.is_self_issued() != Some(true) || self.root(&certificate.sha256).is_some() {
                continue;
            }
            let listed_by = if listing.thumbprints.contains(&certificate.sha256) {
                ListedBy::Sha256
            } else if listing.thumbprints.contains(&sha1_hex(&certificate.der)) {
                ListedBy::Sha1OfShown
            } else {
                continue;
            };
            let root = ParsedCertificate::from_der(&certificate.der).ok().and_then(|parsed| Root::of(parsed).ok());
            found.extend(root.map(|root| Root { listed_by: Some(listed_by), ..root }));
        }
        if found.is_empty() {
            return None;
        }
        found.extend(self.roots.iter().map(|root| root.listed(root.listed_by)));
        Some(Self {
            id: self.id.clone(),
            name: self.name.clone(),
            date: self.date,
            source: self.source.clone(),
            sha256: self.sha256.clone(),
            roots: found,
            listing: None,
            left_out: Vec::new(),
        })
    }
}

fn some_roots(store: TrustStore, name: &str) -> Result<TrustStore, String> {
    match (store.roots.is_empty(), store.left_out.first()) {
        (false, _) => Ok(store),
        (true, Some(why)) => Err(format!("the roots `{name}`: {why}")),
        (true, None) => Err(format!("expected `mozilla` or {EXPECTED} in `{name}`, found none")),
    }
}

/// Certificates one behind the other, or PKCS #7 files.
fn from_der(bytes: &[u8]) -> Result<Contents, String> {
    let mut contents = Contents::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let length = ParsedCertificate::length_in(rest).map_err(|error| format!("at byte {at}: {error}"))?;
        let (one, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = behind;
        let is_message = only(one, "an element").is_ok_and(|element| element.inside().peek() == Some(OID));
        if is_message {
            contents.add_pkcs7(one)?;
        } else {
            let certificate = ParsedCertificate::from_der(one).map_err(|error| format!("at byte {at}: {error}"))?;
            contents.certificates.push(certificate);
        }
    }
    Ok(contents)
}

fn from_pem(source: &SourceText) -> Result<Contents, String> {
    let mut remarks = Vec::new();
    let blocks = pem::scan(source, 0, source.text().len(), &mut remarks);
    if !pem::private_keys(source.text()).is_empty() {
        return Err("it holds a private key, which never belongs in a list of roots; expected certificates".to_owned());
    }
    if let Some(remark) = remarks.iter().find(|remark| remark.severity == Severity::Error) {
        return Err(remark.message.clone());
    }
    let mut contents = Contents::default();
    let mut with_settings = 0_usize;
    let mut others: Vec<&str> = Vec::new();
    for block in &blocks {
        match &block.label {
            Label::Certificate if has_trust_settings(source, block) => with_settings += 1,
            Label::Certificate => {
                let certificate = ParsedCertificate::from_der(&block.der).map_err(|error| error.to_string())?;
                contents.certificates.push(certificate);
            }
            Label::Other(label) if matches!(label.as_str(), "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS") => {
                contents.add_pkcs7(&block.der)?;
            }
            Label::Other(label) | Label::PrivateKey(label) => others.push(label),
        }
    }
    if with_settings > 0 {
        contents.left_out.push(format!(
            "{with_settings} `TRUSTED CERTIFICATE` blocks were left out: what they are trusted for, if for anything, \
             is not read; expected plain certificates of what is trusted for TLS"
        ));
    }
    while let Some(label) = others.first().copied() {
        let before = others.len();
        others.retain(|other| *other != label);
        let count = before - others.len();
        contents.left_out.push(format!("{count} `{label}` blocks are no certificates and were left out"));
    }
    Ok(contents)
}

impl Contents {
    fn add_pkcs7(&mut self, der: &[u8]) -> Result<(), String> {
        let (certificates, others) = pkcs7::certificates(der)?;
        for one in certificates {
            self.certificates.push(ParsedCertificate::from_der(one).map_err(|error| error.to_string())?);
        }
        if others > 0 {
            self.left_out.push(format!("{others} entries that are no X.509 certificates were left out"));
        }
        Ok(())
    }
}

/// OpenSSL's own form of a certificate, which may say behind it that it is trusted for mail only, or rejected: the
/// bundles of some systems hold even what they distrust in this form.
fn has_trust_settings(source: &SourceText, block: &Block) -> bool {
    let text = source.text().get(block.span.start as usize..).unwrap_or_default();
    text.trim_start_matches(['-', ' ']).starts_with("BEGIN TRUSTED")
}
