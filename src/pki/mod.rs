//! Certificates: finding them in text, decoding them, and comparing their names with hosts.
//!
//! Nothing here trusts anything: a decoded certificate is what its bytes say. Signatures and paths are decided
//! elsewhere; a matching name never proves who issued a certificate.

pub mod algorithm;
pub mod certificate;
pub mod container;
pub mod distinguished_name;
pub mod extension;
pub mod key;
pub mod name;
pub mod oid;
pub mod path;
pub mod pem;
pub(crate) mod pkcs7;
pub mod public_suffix;
pub mod revocation;
pub mod sha1;
mod time;
mod tlv;

pub use certificate::{CertificateError, ParsedCertificate};
pub use key::{Curve, KeyAlgorithm, KeyInfo};
pub(crate) use name::is_same_host;
pub use name::{Host, NameMatch, match_host, parse_host};
