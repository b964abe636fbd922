//! The operating system's own trust store, as the crate `rustls-native-certs` finds it: `certmgr` on Windows, the
//! keychain on macOS, the bundle of OpenSSL elsewhere, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.

use intransit::Timestamp;
use intransit::pki::ParsedCertificate;
use intransit::pki::path::TrustStore;
use intransit::source::sha256_hex;

/// What names it on the command line.
pub(crate) const ID: &str = "system";

/// Reads it; certificates of it that cannot be decoded are left out, and said so.
///
/// # Errors
/// One sentence, when it cannot be read or has no roots.
pub(crate) fn load(date: Timestamp) -> Result<TrustStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let wrong = |why: String| format!("the roots of the system cannot be read: {why}");
    if let (true, Some(error)) = (found.certs.is_empty(), found.errors.first()) {
        return Err(wrong(error.to_string()));
    }
    let bytes: Vec<u8> = found.certs.iter().flat_map(|one| one.as_ref().iter().copied()).collect();
    let parsed: Vec<_> = found.certs.iter().map(|one| ParsedCertificate::from_der(one)).collect();
    let unread = parsed.iter().filter(|one| one.is_err()).count();
    let source = "the operating system of this machine";
    let mut store = TrustStore::of_certificates(ID, date, source, sha256_hex(&bytes), parsed.into_iter().flatten());
    if store.roots.is_empty() {
        return Err(wrong("expected roots, found none".to_owned()));
    }
    if unread > 0 {
        store.left_out.push(format!("{unread} certificates of the system's store cannot be decoded and were left out"));
    }
    for error in &found.errors {
        store.left_out.push(format!("a part of the system's store cannot be read: {error}"));
    }
    Ok(store)
}
