//! Certificate revocation lists ([RFC 5280 §5]): read in place, so that a list of many MB costs no more than its bytes.
//!
//! [RFC 5280 §5]: https://www.rfc-editor.org/rfc/rfc5280#section-5

use crate::pki::certificate::CertificateError;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::oid;
use crate::pki::tlv::{self, INTEGER, SEQUENCE, Tlv, Walker};
use crate::time::Timestamp;

use super::{Reason, Revoked, Signed, canonical, extensions, full_names, instant, is_time};

/// A list of revoked certificates.
#[derive(Debug)]
pub struct Crl<'a> {
    pub(super) signed: Signed<'a>,
    /// Whose list it is, by its own word.
    pub issuer: DistinguishedName,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due at the latest.
    pub next_update: Option<Timestamp>,
    entries: Walker<'a>,
    pub(super) scope: Scope,
}

/// Of what a list speaks, besides the certificates of its issuer.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Why it is not to be used at all.
    pub(super) unusable: Option<String>,
    /// Only changes of another list.
    pub(super) is_delta: bool,
    /// Only for some reasons of revocation.
    pub(super) some_reasons: bool,
    pub(super) only_users: bool,
    pub(super) only_cas: bool,
    pub(super) only_attributes: bool,
    /// Only of the certificates whose distribution points have one of these names.
    pub(super) points: Option<Vec<Vec<u8>>>,
}

const DELTA: &str = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const REASON: &str = "2.5.29.21";
const INVALIDITY_DATE: &str = "2.5.29.24";
/// Numbers, other names of the issuer, where more is found: nothing that changes what the list says.
const HARMLESS: &[&str] =
    &["2.5.29.20", "2.5.29.18", "2.5.29.46", oid::AUTHORITY_KEY_IDENTIFIER, oid::AUTHORITY_INFORMATION_ACCESS];

impl<'a> Crl<'a> {
    /// Reads a list; its entries are looked at when one is looked for.
    ///
    /// # Errors
    /// When the bytes do not have the structure of a list: what was expected, and at which byte.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CertificateError> {
        let outer = tlv::only(bytes, "a CRL")?;
        let (signed, mut fields) = Signed::read(&outer, "a CRL")?;
        fields.optional(INTEGER, "the version of a CRL")?;
        let inner_algorithm = fields.expect(SEQUENCE, "the signature algorithm")?;
        let issuer = DistinguishedName::read(&fields.expect(SEQUENCE, "the issuer's name")?, &mut Vec::new())?;
        let this_update = instant(&fields.element("thisUpdate")?)?;
        let next_update = match fields.peek() {
            Some(tag) if is_time(tag) => Some(instant(&fields.element("nextUpdate")?)?),
            _ => None,
        };
        let entries = fields.optional(SEQUENCE, "the revoked certificates")?;
        let listed = fields.optional(0xA0, "the extensions of a CRL")?;
        if !fields.is_empty() {
            let message = "expected the end of a CRL, found more bytes".to_owned();
            return Err(CertificateError { offset: fields.offset(), message });
        }
        let mut scope = Scope::default();
        if inner_algorithm.raw != signed.algorithm.der {
            scope.unusable = Some("it names two signature algorithms, inside the signed part and outside".to_owned());
        }
        if let Some(listed) = listed {
            let mut list = listed.inside();
            let list = list.expect(SEQUENCE, "the extensions of a CRL")?;
            extensions(&list, &mut |id, critical, value| scope.take(id, critical, value))?;
        }
        let entries = entries.map_or_else(|| Walker::new(&[], 0), |entries| entries.inside());
        Ok(Self { signed, issuer, this_update, next_update, entries, scope })
    }

    /// What the list says of a serial number (the contents of its INTEGER): nothing, or since when it is revoked.
    ///
    /// # Errors
    /// When an entry cannot be read, or has a critical extension that is not known: the list must not be used then.
    pub(super) fn entry(&self, serial: &[u8]) -> Result<Option<Revoked>, String> {
        let mut entries = self.entries.clone();
        let mut found: Option<Revoked> = None;
        while !entries.is_empty() {
            let entry = entry(&mut entries, serial).map_err(|error| format!("an entry cannot be read: {error}"))?;
            match (entry, &found) {
                (Some(Err(id)), _) => {
                    return Err(format!("an entry has the critical extension {id}, which is not known"));
                }
                (Some(Ok(entry)), known) if known.as_ref().is_none_or(|known| !known.reason.is_final()) => {
                    found = Some(entry);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// How many bytes are walked to look for an entry.
    pub(super) fn size(&self) -> usize {
        self.signed.message.len()
    }
}

/// The next entry, if it is of this serial number or has a critical extension that is not known.
fn entry(entries: &mut Walker<'_>, serial: &[u8]) -> Result<Option<Result<Revoked, String>>, CertificateError> {
    let mut fields = entries.expect(SEQUENCE, "a revoked certificate")?.inside();
    let number = fields.expect(INTEGER, "a serial number")?;
    let date = fields.element("a revocation date")?;
    let mut reason = Reason::Unspecified;
    let mut unknown = None;
    if let Some(list) = fields.optional(SEQUENCE, "the extensions of an entry")? {
        extensions(&list, &mut |id, critical, value| {
            match id {
                REASON => reason = Reason::read(value),
                INVALIDITY_DATE => {}
                _ if critical => unknown = Some(oid::name(id).unwrap_or(id).to_owned()),
                _ => {}
            }
            Ok(())
        })?;
    }
    if let Some(id) = unknown {
        return Ok(Some(Err(id)));
    }
    if canonical(number.value) != canonical(serial) {
        return Ok(None);
    }
    Ok(Some(Ok(Revoked { since: instant(&date)?, reason })))
}

impl Scope {
    fn take(&mut self, id: &str, critical: bool, value: &Tlv<'_>) -> Result<(), CertificateError> {
        match id {
            DELTA => self.is_delta = true,
            ISSUING_DISTRIBUTION_POINT => self.issuing_distribution_point(value)?,
            _ if critical && !HARMLESS.contains(&id) => {
                let name = oid::name(id).unwrap_or(id);
                self.unusable = Some(format!("it has the critical extension {name}, which is not known"));
            }
            _ => {}
        }
        Ok(())
    }

    /// [RFC 5280 §5.2.5](https://www.rfc-editor.org/rfc/rfc5280#section-5.2.5).
    fn issuing_distribution_point(&mut self, value: &Tlv<'_>) -> Result<(), CertificateError> {
        let mut fields = value.inside().expect(SEQUENCE, "the issuing distribution point")?.inside();
        while !fields.is_empty() {
            let field = fields.element("the issuing distribution point")?;
            // What is doubtful counts as true.
            let is_true = field.value.iter().any(|byte| *byte != 0);
            match field.tag {
                0xA0 => self.points = Some(full_names(&field)?),
                0x81 => self.only_users |= is_true,
                0x82 => self.only_cas |= is_true,
                0x83 => self.some_reasons = true,
                0x84 if is_true => {
                    self.unusable = Some("it is an indirect list, which may speak of other issuers".to_owned());
                }
                0x84 => {}
                0x85 => self.only_attributes |= is_true,
                tag => {
                    let found = tlv::tag_name(tag);
                    self.unusable =
                        Some(format!("its issuing distribution point has a field {found}, which is not known"));
                }
            }
        }
        Ok(())
    }
}

impl Reason {
    /// From the value of the extension, an ENUMERATED.
    fn read(value: &Tlv<'_>) -> Self {
        let code = value.inside().expect(super::ENUMERATED, "a reason").ok();
        Self::of(code.map(|code| code.value).unwrap_or_default())
    }
}

/// What the distribution points of a certificate tell of the lists that speak of it: their names, `None` where one is for
/// some reasons only or of another issuer.
pub(super) fn named_points(value: &[u8]) -> Result<Option<Vec<Vec<u8>>>, CertificateError> {
    let mut names = Vec::new();
    let mut points = tlv::only(value, "the distribution points")?.inside();
    while !points.is_empty() {
        let mut fields = points.expect(SEQUENCE, "a distribution point")?.inside();
        if let Some(place) = fields.optional(0xA0, "a distribution point's name")? {
            names.extend(full_names(&place)?);
        }
        if !fields.is_empty() {
            return Ok(None);
        }
    }
    Ok(Some(names))
}

/// Whether these bytes begin as a list does: a signed part that goes on with times after the issuer's name.
pub(super) fn is_crl(bytes: &[u8]) -> bool {
    let begins = || -> Result<bool, CertificateError> {
        let mut fields = Walker::new(bytes, 0).expect(SEQUENCE, "")?.inside().expect(SEQUENCE, "")?.inside();
        fields.optional(INTEGER, "")?;
        fields.expect(SEQUENCE, "")?;
        fields.expect(SEQUENCE, "")?;
        Ok(fields.peek().is_some_and(is_time))
    };
    begins().unwrap_or(false)
}
