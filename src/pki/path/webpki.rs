//! The second opinion: rustls-webpki, with the signature schemes of [`super::verify`].
//!
//! It is what rustls, and with it much of the field, decides by. It knows algorithms by the bytes of their identifiers,
//! so that RSASSA-PSS is offered with the parameters found in practice only: a salt as long as the hash.

use std::time::Duration;

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, Der, InvalidSignature, ServerName, SignatureVerificationAlgorithm,
    TrustAnchor, UnixTime, alg_id,
};
use webpki::{EndEntityCert, Error, KeyUsage};

use crate::pki::name::Host;
use crate::pki::tlv::only;
use crate::time::Timestamp;

use super::Purpose;
use super::store::Root;
use super::verify::{Hash, NamedCurve, Scheme, Verification};

/// Whether a path from `leaf` to one of the roots is found and sound; the error says why not.
pub(super) fn accepts(
    leaf: &[u8],
    intermediates: &[&[u8]],
    roots: &[&Root],
    at: Timestamp,
    host: Option<&Host>,
    purpose: Purpose,
) -> Result<(), String> {
    let seconds = u64::try_from(at.unix()).map_err(|_| "it knows no time before 1970".to_owned())?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let leaf = CertificateDer::from(leaf);
    let entity = EndEntityCert::try_from(&leaf).map_err(|error| words(&error))?;
    let intermediates: Vec<CertificateDer<'_>> = intermediates.iter().map(|der| CertificateDer::from(*der)).collect();
    let anchors: Vec<TrustAnchor<'_>> = roots.iter().filter_map(|root| anchor(root)).collect();
    let usage = match purpose {
        Purpose::Server => KeyUsage::server_auth(),
        Purpose::Client => KeyUsage::client_auth(),
    };
    entity
        .verify_for_usage(ALGORITHMS, &anchors, &intermediates, time, usage, None, None)
        .map_err(|error| words(&error))?;
    let Some(host) = host else { return Ok(()) };
    let text = host.to_string();
    let name = ServerName::try_from(text.as_str()).map_err(|_| format!("`{text}` is no name for it"))?;
    entity.verify_is_valid_for_subject_name(&name).map_err(|error| words(&error))
}

/// Trust anchors are the contents of the elements, without their headers.
fn anchor(root: &Root) -> Option<TrustAnchor<'_>> {
    let contents = |der| only(der, "an element").ok().map(|element| Der::from_slice(element.value));
    let name_constraints = match &root.name_constraints {
        Some(constraints) => Some(contents(constraints)?),
        None => None,
    };
    Some(TrustAnchor {
        subject: contents(&root.subject.der)?,
        subject_public_key_info: contents(&root.key.spki)?,
        name_constraints,
    })
}

fn words(error: &Error) -> String {
    let known = match error {
        Error::CaUsedAsEndEntity => "the leaf is a CA certificate",
        Error::EndEntityUsedAsCa => "a certificate that is no CA's issued another",
        Error::CertDistrusted => "one of the keys is distrusted everywhere",
        Error::CertExpired { .. } => "a certificate has expired",
        Error::CertNotValidYet { .. } => "a certificate is not valid yet",
        Error::CertNotValidForName(_) => "the certificate is not for the host",
        Error::InvalidSignatureForPublicKey => "a signature is bad",
        Error::NameConstraintViolation => "name constraints are violated",
        Error::PathLenConstraintViolated => "the path is longer than a CA allows",
        Error::RequiredEkuNotFoundContext(_) => "a certificate is not for this purpose",
        Error::UnknownIssuer => "no path to a root was found",
        Error::UnsupportedCriticalExtension => "a critical extension is not known",
        Error::UnsupportedCertVersion => "a certificate is not of version 3",
        Error::UnsupportedSignatureAlgorithmContext(_) | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature algorithm is not supported"
        }
        Error::SignatureAlgorithmMismatch => "a certificate names two signature algorithms",
        Error::InvalidSerialNumber => "a serial number is malformed",
        Error::MaximumSignatureChecksExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => "its limits of work were reached",
        _ => "a certificate is malformed or against its rules",
    };
    known.to_owned()
}

#[derive(Debug)]
struct Provided {
    scheme: Scheme,
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for Provided {
    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }

    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        match self.scheme.verify(key, message, signature) {
            Verification::Good => Ok(()),
            Verification::Bad | Verification::Unsupported(_) => Err(InvalidSignature),
        }
    }
}

/// `sha256WithRSAEncryption` and its sisters without the NULL that [RFC 4055 §5] asks for.
///
/// [RFC 4055 §5]: https://www.rfc-editor.org/rfc/rfc4055#section-5
const fn without_null(which: &'static [u8; 11]) -> AlgorithmIdentifier {
    AlgorithmIdentifier::from_slice(which)
}

const fn provided(scheme: Scheme, key: AlgorithmIdentifier, signature: AlgorithmIdentifier) -> Provided {
    Provided { scheme, key, signature }
}

const fn rsa(hash: Hash, signature: AlgorithmIdentifier) -> Provided {
    provided(Scheme::RsaPkcs1(hash), alg_id::RSA_ENCRYPTION, signature)
}

const fn pss(hash: Hash, salt: usize, signature: AlgorithmIdentifier) -> Provided {
    provided(Scheme::RsaPss(hash, salt), alg_id::RSA_ENCRYPTION, signature)
}

const fn ecdsa(curve: NamedCurve, hash: Hash) -> Provided {
    let key = match curve {
        NamedCurve::P256 => alg_id::ECDSA_P256,
        NamedCurve::P384 => alg_id::ECDSA_P384,
        NamedCurve::P521 => alg_id::ECDSA_P521,
    };
    let signature = match hash {
        Hash::Sha256 => alg_id::ECDSA_SHA256,
        Hash::Sha384 => alg_id::ECDSA_SHA384,
        Hash::Sha512 => alg_id::ECDSA_SHA512,
    };
    provided(Scheme::Ecdsa(curve, hash), key, signature)
}

const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &rsa(Hash::Sha256, alg_id::RSA_PKCS1_SHA256),
    &rsa(Hash::Sha384, alg_id::RSA_PKCS1_SHA384),
    &rsa(Hash::Sha512, alg_id::RSA_PKCS1_SHA512),
    &rsa(Hash::Sha256, without_null(b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B")),
    &rsa(Hash::Sha384, without_null(b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C")),
    &rsa(Hash::Sha512, without_null(b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D")),
    &pss(Hash::Sha256, 32, alg_id::RSA_PSS_SHA256),
    &pss(Hash::Sha384, 48, alg_id::RSA_PSS_SHA384),
    &pss(Hash::Sha512, 64, alg_id::RSA_PSS_SHA512),
    &ecdsa(NamedCurve::P256, Hash::Sha256),
    &ecdsa(NamedCurve::P256, Hash::Sha384),
    &ecdsa(NamedCurve::P256, Hash::Sha512),
    &ecdsa(NamedCurve::P384, Hash::Sha256),
    &ecdsa(NamedCurve::P384, Hash::Sha384),
    &ecdsa(NamedCurve::P384, Hash::Sha512),
    &ecdsa(NamedCurve::P521, Hash::Sha256),
    &ecdsa(NamedCurve::P521, Hash::Sha384),
    &ecdsa(NamedCurve::P521, Hash::Sha512),
    &provided(Scheme::Ed25519, alg_id::ED25519, alg_id::ED25519),
    &provided(Scheme::MlDsa44, alg_id::ML_DSA_44, alg_id::ML_DSA_44),
    &provided(Scheme::MlDsa65, alg_id::ML_DSA_65, alg_id::ML_DSA_65),
    &provided(Scheme::MlDsa87, alg_id::ML_DSA_87, alg_id::ML_DSA_87),
];
