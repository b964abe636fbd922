//! `gen-roots`: `src/pki/path/mozilla.der`, from the certificates of `webpki-root-certs` and the limits that
//! `webpki-roots` states. Its form is described in `src/pki/path/store.rs`; `openssl asn1parse -inform DER` shows it.

use std::fs;
use std::path::Path;

use intransit::Timestamp;
use intransit::pki::ParsedCertificate;
use intransit::pki::sha1::sha1_hex;
use sha2::{Digest, Sha256};

const TABLE: &str = "src/pki/path/mozilla.der";
/// The SHA-1 thumbprints of the same roots, in the same order.
const THUMBPRINTS: &str = "src/pki/path/mozilla.sha1";
const SEQUENCE: u8 = 0x30;

/// Writes the table below `root`, the repository's.
///
/// # Errors
///
/// Where [`generate`] fails or the file cannot be written.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    for (path, bytes) in [(TABLE, generate()?), (THUMBPRINTS, thumbprints()?)] {
        let path = root.join(path);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// 20 bytes for each root.
///
/// # Errors
///
/// Never, for what [`sha1_hex`] writes.
fn thumbprints() -> Result<Vec<u8>, String> {
    let hex: String = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| sha1_hex(der)).collect();
    let digits = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    digits.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// The bytes of the table.
///
/// # Errors
///
/// Where a field of a root cannot be read, or a limit is for a root that is not in the list.
fn generate() -> Result<Vec<u8>, String> {
    let mut roots = Vec::new();
    let mut keys = Vec::new();
    for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let root = ParsedCertificate::from_der(der).map_err(|error| error.to_string())?;
        let subject = root.subject?.der;
        let key = root.key?.spki;
        let validity = element(SEQUENCE, &[&time(root.not_before?), &time(root.not_after?)]);
        let hash = element(0x04, &[&Sha256::digest(der)]);
        let limits = limits(&subject, &key);
        roots.push(element(SEQUENCE, &[&hash, &validity, &subject, &key, &limits]));
        keys.push(key);
    }
    for anchor in webpki_roots::TLS_SERVER_ROOTS.iter().filter(|anchor| anchor.name_constraints.is_some()) {
        if !keys.contains(&element(SEQUENCE, &[&anchor.subject_public_key_info])) {
            return Err(format!("limits are stated for a root that is not in the list: {:?}", anchor.subject));
        }
    }
    let roots: Vec<&[u8]> = roots.iter().map(Vec::as_slice).collect();
    Ok(element(SEQUENCE, &roots))
}

/// The encoded name constraints that are imposed on a root; nothing for most.
fn limits(subject: &[u8], key: &[u8]) -> Vec<u8> {
    let anchor = webpki_roots::TLS_SERVER_ROOTS.iter().find(|anchor| {
        element(SEQUENCE, &[&anchor.subject]) == subject && element(SEQUENCE, &[&anchor.subject_public_key_info]) == key
    });
    let constraints = anchor.and_then(|anchor| anchor.name_constraints.as_ref());
    constraints.map(|constraints| element(SEQUENCE, &[constraints])).unwrap_or_default()
}

/// A GeneralizedTime.
fn time(instant: Timestamp) -> Vec<u8> {
    let digits: String = instant.to_string().chars().filter(|c| c.is_ascii_digit() || *c == 'Z').collect();
    element(0x18, &[digits.as_bytes()])
}

fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = contents.len().to_be_bytes();
    let short: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match contents.len() {
        length @ 0..=127 => out.push(length as u8),
        _ => {
            out.push(0x80 | short.len() as u8);
            out.extend(short);
        }
    }
    out.extend(contents);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_in_is_what_is_generated() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        assert!(fs::read(root.join(TABLE)).unwrap() == generate().unwrap(), "run `cargo xtask gen-roots`");
        assert!(fs::read(root.join(THUMBPRINTS)).unwrap() == thumbprints().unwrap(), "run `cargo xtask gen-roots`");
    }
}
