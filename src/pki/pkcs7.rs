//! Certificates out of a PKCS #7 file (`.p7b`): a SignedData that signs nothing and has no signers ([RFC 5652 §5.1]).
//!
//! What is signed is refused: the certificates in a signed message are its signer's, not a list of them. So is a
//! Microsoft certificate trust list, which has this form as well.
//!
//! [RFC 5652 §5.1]: https://www.rfc-editor.org/rfc/rfc5652#section-5.1

use crate::pki::oid;
use crate::pki::tlv::{self, INTEGER, SEQUENCE, SET, Walker, only};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const DATA: &str = "1.2.840.113549.1.7.1";
const CERTIFICATE_TRUST_LIST: &str = "1.3.6.1.4.1.311.10.1";
const EXPLICIT_0: u8 = 0xA0;
const EXPLICIT_1: u8 = 0xA1;

/// The certificates in DER, in their order, and how many entries of another kind (attribute certificates) there are.
///
/// # Errors
/// What stands where, and what was expected.
pub(crate) fn certificates(der: &[u8]) -> Result<(Vec<&[u8]>, usize), String> {
    let message = |error: crate::pki::certificate::CertificateError| error.to_string();
    let mut outer = only(der, "a PKCS #7 message").map_err(message)?.inside();
    let kind = oid::text(outer.expect(tlv::OID, "the kind of message").map_err(message)?.value);
    if kind != SIGNED_DATA {
        return Err(format!("expected a list of certificates (PKCS #7 SignedData), found a message of kind {kind}"));
    }
    let wrapped = outer.expect(EXPLICIT_0, "the message").map_err(message)?;
    let mut fields = only(wrapped.value, "the SignedData").map_err(message)?.inside();
    fields.expect(INTEGER, "a version").map_err(message)?;
    fields.expect(SET, "digest algorithms").map_err(message)?;
    let mut content = fields.expect(SEQUENCE, "what is signed").map_err(message)?.inside();
    let content_kind = oid::text(content.expect(tlv::OID, "the kind of what is signed").map_err(message)?.value);
    if content_kind == CERTIFICATE_TRUST_LIST {
        return Err("it is a certificate trust list (.stl), whose certificates are its signer's; expected a list of \
                    certificates"
            .to_owned());
    }
    let found = fields.optional(EXPLICIT_0, "the certificates").map_err(message)?;
    fields.optional(EXPLICIT_1, "revocation lists").map_err(message)?;
    let signers = fields.expect(SET, "the signers").map_err(message)?;
    if !signers.value.is_empty() || content_kind != DATA || !content.is_empty() {
        return Err("it is a signed message, whose certificates are its signer's; expected a list of certificates, \
                    which nobody signs"
            .to_owned());
    }
    let mut rest = found.map_or_else(|| Walker::new(&[], 0), |found| found.inside());
    let (mut certificates, mut others) = (Vec::new(), 0);
    while !rest.is_empty() {
        let one = rest.element("a certificate").map_err(message)?;
        if one.tag == SEQUENCE { certificates.push(one.raw) } else { others += 1 }
    }
    Ok((certificates, others))
}
