//! What is said of a chain. Certificates are named by the SHA-256 of their bytes, lower-case hex.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Whose certificate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// A server's, for its clients.
    Server,
    /// A client's, for its servers.
    Client,
}

/// What is known of the paths from a certificate to the roots of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainAnswer {
    /// The certificate in question.
    pub leaf: String,
    /// The instant judged.
    pub at: Timestamp,
    /// The host that it was to be for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whose certificate it is.
    pub purpose: Purpose,
    /// The roots.
    pub store: StoreReference,
    /// Whether a path is trusted.
    pub trusted: bool,
    /// The paths, the most promising first.
    pub paths: Vec<PathAnswer>,
    /// Without a trusted path: what would have to be otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest_miss: Option<String>,
    /// Without a trusted path: what to do about the nearest one, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<String>,
    /// Why not every path was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// In what the two judges differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disagreements: Vec<String>,
}

/// A trust store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreReference {
    /// Its name.
    pub name: String,
    /// The day of which it is.
    pub date: Timestamp,
    /// Where it comes from.
    pub source: String,
    /// SHA-256 of what it was read from, lower-case hex.
    pub sha256: String,
}

/// One way from the certificate upwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathAnswer {
    /// The certificates that were given, the leaf first.
    pub certificates: Vec<String>,
    /// What stands above the last of them.
    pub ends_in: PathEnd,
    /// Whether both judges accept it.
    pub trusted: bool,
    /// Why it is not trusted; empty exactly where it is.
    pub failures: Vec<Failure>,
}

impl PathAnswer {
    /// Whether it proves whose certificate it is: trusted, and by more than the SHA-1 of a root that only it shows.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.trusted && self.ends_in.listed_by != Some(ListedBy::Sha1OfShown)
    }
}

/// Where a path ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PathEnd {
    /// How it ends.
    pub kind: EndKind,
    /// The subject of the root, or the name of the issuer that is missing.
    pub name: String,
    /// The root's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-256 of the root's SubjectPublicKeyInfo: what pins compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
    /// How the store names the root, where it is a listing of thumbprints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_by: Option<ListedBy>,
}

/// How a listing of thumbprints names a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum ListedBy {
    /// By the SHA-256 of its certificate.
    Sha256,
    /// By the SHA-1 of a certificate that is known from another store.
    Sha1,
    /// By the SHA-1 of a certificate that nothing but the chain itself shows.
    Sha1OfShown,
}

/// How a path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum EndKind {
    /// At a root of the store.
    Root,
    /// At a self-issued certificate that is not in the store.
    SelfIssued,
    /// At an issuer that is neither among the certificates nor in the store.
    Missing,
    /// At a link that does not hold: the last certificate did not issue the one before it.
    Broken,
    /// Where longer paths are not followed.
    TooLong,
}

/// A reason why a path is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The certificate that it is about.
    pub certificate: String,
    /// What kind of reason it is.
    pub kind: FailureKind,
    /// What was found, in words.
    pub words: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum FailureKind {
    /// The issuer is neither among the certificates nor in the store.
    IssuerMissing,
    /// The chain ends in a self-issued certificate that is not in the store.
    RootUntrusted,
    /// The issuer's key did not make the signature.
    SignatureBad,
    /// The signature's algorithm is not supported: not decided.
    SignatureUnsupported,
    /// The signature rests on MD5, SHA-1 or an older hash.
    AlgorithmWeak,
    /// The key issued it, but the names differ.
    NameChaining,
    /// Before the first instant of validity.
    NotYetValid,
    /// After the last instant of validity.
    Expired,
    /// A field that decides cannot be read.
    Unreadable,
    /// Not a version 3 certificate.
    Version,
    /// The issuer is no CA.
    NotCa,
    /// The leaf is a CA.
    LeafIsCa,
    /// More CA certificates follow than a CA allows.
    PathTooLong,
    /// The key may not sign certificates.
    KeyUsage,
    /// Not for this purpose.
    Purpose,
    /// A CA above forbids a name.
    NameConstraints,
    /// A critical extension that is not known.
    CriticalExtension,
    /// A key that clients refuse: RSA below 2048 bits, DSA, a curve below 224 bits.
    KeyWeak,
    /// Not for the host.
    HostMismatch,
    /// The other judge refuses the path.
    SecondOpinion,
}
