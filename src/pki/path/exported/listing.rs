//! Thumbprints out of what Windows and Java print of a store: `certutil -store Root`, `certutil -verifyctl AuthRoot`,
//! PowerShell's `Get-ChildItem Cert:\LocalMachine\Root`, `keytool -list`, or a plain list.
//!
//! Words around a thumbprint are in the language of the machine; what is the same everywhere is `(sha1)`, `SHA256` and
//! the hex digits. A line that is misread names a thumbprint that no certificate has.

use crate::letters::lower_case;
use crate::ordered::Set;

/// What a listing says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Thumbprints of certificates, lower-case hex: 40 digits are SHA-1, 64 are SHA-256. Each once.
    pub thumbprints: Vec<String>,
    /// Whether nothing speaks against its being all of the store: a tool's own last words are there.
    pub is_whole: bool,
}

/// Digits of SHA-1 and SHA-256.
const LENGTHS: [usize; 2] = [40, 64];

/// Words of lists of what is not to be trusted. Windows' store is called `Disallowed` in every language; the numbers are
/// properties with which its own list trusts a root no more, or only for what it issued before a day.
const DISTRUST: [&str; 12] = [
    "disallowed",
    "untrusted",
    "distrusted",
    "nicht vertrauensw",
    "revoked",
    "blocked",
    "blocklist",
    "blacklist",
    "1.3.6.1.4.1.311.10.11.104",
    "1.3.6.1.4.1.311.10.11.126",
    "not_before_filetime",
    "not trust",
];

/// Stores of Windows that hold roots, in lower case.
const STORES_OF_ROOTS: [&str; 3] = ["root", "authroot", "smartcardroot"];

/// Reads a listing; none where no line has a thumbprint.
///
/// # Errors
/// One sentence, where it is a list of other certificates than trusted roots.
pub(super) fn read(text: &str) -> Result<Option<Listing>, String> {
    let mut thumbprints: Vec<String> = Vec::new();
    let mut seen = Set::new();
    let (mut is_certutil, mut is_keytool, mut is_ended) = (false, false, false);
    let (mut announced, mut entries) = (None, 0_u64);
    // Of a key entry, the chain above it may come from anybody.
    let (mut is_key_entry, mut distrust) = (false, None);
    for line in text.lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || is_mark(c));
        is_certutil |= line.starts_with("================ ");
        let lower = lower_case(line);
        if let Some(rest) = lower.strip_prefix("certutil:") {
            is_certutil = true;
            is_ended = (rest.contains("-store") || rest.contains("-verifyctl")) && !rest.contains("0x");
        }
        if distrust.is_none() {
            let word = DISTRUST.iter().find(|word| lower.contains(*word)).map(|word| format!("`{word}`"));
            distrust = word.or_else(|| other_store(&lower).map(|store| format!("the store `{store}`")));
        }
        let entry = lower.trim_end_matches([',', ' ']);
        if entry.ends_with("trustedcertentry") {
            (is_keytool, is_key_entry) = (true, false);
        } else if ["privatekeyentry", "secretkeyentry"].iter().any(|kind| entry.ends_with(kind)) {
            (is_keytool, is_key_entry) = (true, true);
            entries += 1;
        }
        // In every language the count stands in a line of its own before the first entry.
        if announced.is_none() && entries == 0 && !line.contains(':') {
            announced = only_number(line);
        }
        let Some(found) = thumbprint(line).filter(|_| !is_key_entry) else { continue };
        // `keytool -list -v` prints two for each certificate.
        entries += u64::from(!is_keytool || found.len() == LENGTHS[1] || !lower.starts_with("sha1:"));
        if seen.insert(found.clone()) {
            thumbprints.push(found);
        }
    }
    if thumbprints.is_empty() {
        return Ok(None);
    }
    if let Some(words) = distrust {
        let words = words.chars().take(80).collect::<String>();
        return Err(format!("it speaks of {words}: expected a list of trusted root CAs alone"));
    }
    let is_whole = match (is_certutil, is_keytool) {
        (true, _) => is_ended,
        (false, true) => announced.is_some_and(|announced| announced <= entries),
        (false, false) => true,
    };
    Ok(Some(Listing { thumbprints, is_whole }))
}

/// The store that a heading of certutil (`Root "…"`) or of PowerShell (`…Certificate::LocalMachine\Root`) names, if it is
/// none of roots.
fn other_store(line: &str) -> Option<&str> {
    let of_certutil =
        || line.split_once(" \"").filter(|(store, rest)| !store.contains([' ', ':', '"', ',']) && rest.ends_with('"'));
    let store = match line.split_once("certificate::") {
        Some((_, path)) => path.split('\\').nth(1).unwrap_or(path),
        None => of_certutil()?.0,
    };
    (!STORES_OF_ROOTS.contains(&store.trim())).then_some(store)
}

/// The number in a line that has one and no other digits.
fn only_number(line: &str) -> Option<u64> {
    let mut numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let number = numbers.next().filter(|_| numbers.next().is_none())?;
    number.parse().ok()
}

/// The thumbprint that a line has: behind a label that says so, or as its first word.
fn thumbprint(line: &str) -> Option<String> {
    let at = line.find([':', '=']);
    if let Some((label, value)) = at.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)))
        && let Some(length) = labelled(label)
    {
        return digits(value).filter(|digits| length.is_none_or(|length| digits.len() == length));
    }
    let first = line.split([' ', '\t', ',', ';', '"']).find(|word| !word.is_empty())?;
    digits(line).or_else(|| digits(first))
}

/// Whether the words before a colon announce the thumbprint of a certificate, and how many digits it has, if they say.
fn labelled(label: &str) -> Option<Option<usize>> {
    let label = lower_case(label.trim_end());
    // Of the same output: hashes of keys, names and signatures.
    if ["key", "name", "signature", "serial"].iter().any(|other| label.contains(other)) {
        return None;
    }
    let label = label.trim_end_matches(')');
    let ends = |words: &[&str]| words.iter().any(|word| label.ends_with(word));
    if ends(&["sha1", "sha-1", "sha1 fingerprint", "sha-1 fingerprint"]) {
        Some(Some(LENGTHS[0]))
    } else if ends(&["sha256", "sha-256", "sha256 fingerprint", "sha-256 fingerprint"]) {
        Some(Some(LENGTHS[1]))
    } else if ends(&["thumbprint", "fingerprint", "subject identifier", "subjectidentifier"]) {
        Some(None)
    } else {
        None
    }
}

/// Words that are the hex digits of a hash, with or without separators between the bytes.
fn digits(words: &str) -> Option<String> {
    let words = words.trim_matches(|c: char| c.is_whitespace() || is_mark(c) || matches!(c, '"' | ',' | ';'));
    let mut digits = String::with_capacity(64);
    for c in words.chars() {
        match c {
            _ if c.is_ascii_hexdigit() && digits.len() < 65 => digits.push(c.to_ascii_lowercase()),
            // Only between whole bytes.
            ' ' | ':' | '-' if digits.len().is_multiple_of(2) => {}
            _ => return None,
        }
    }
    LENGTHS.contains(&digits.len()).then_some(digits)
}

/// Marks that Windows' certificate viewer puts before a thumbprint that is copied from it.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "df3c24f9bfd666761b268073fe06d1cc8d4f82a4";
    const SHA256: &str = "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f";

    fn spaced(hash: &str, between: &str) -> String {
        let bytes: Vec<String> =
            hash.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
        bytes.join(between)
    }

    #[test]
    fn lines_with_a_thumbprint() {
        for (line, expected) in [
            (format!("Cert Hash(sha1): {SHA1}"), Some(SHA1)),
            (format!("  Cert Hash(sha1): {}  ", spaced(SHA1, " ")), Some(SHA1)),
            (format!("Zertifikathash(sha1): {}", spaced(SHA1, " ")), Some(SHA1)),
            (format!("Hach. cert. (sha1) : {SHA1}"), Some(SHA1)),
            (format!("证书哈希(sha1): {}", spaced(SHA1, " ")), Some(SHA1)),
            (format!("Cert Hash(sha256): {SHA256}"), Some(SHA256)),
            (format!("Cert Hash(sha256): {SHA1}"), None),
            (format!("Key Id Hash(sha1): {SHA1}"), None),
            (format!("Name Hash(sha1): {SHA1}"), None),
            (format!("Signature Hash: {SHA1}"), None),
            (format!("Serial Number: {SHA1}"), None),
            (format!("\t SHA256: {}", spaced(&SHA256.to_uppercase(), ":")), Some(SHA256)),
            (format!("Certificate fingerprint (SHA-256): {}", spaced(&SHA256.to_uppercase(), ":")), Some(SHA256)),
            (format!("sha256 Fingerprint={}", spaced(SHA256, ":")), Some(SHA256)),
            (format!("{}  CN=DigiCert Global Root G2, OU=www.digicert.com", SHA1.to_uppercase()), Some(SHA1)),
            (format!("Thumbprint : {}", SHA1.to_uppercase()), Some(SHA1)),
            (format!("\"{SHA1}\",\"DigiCert\""), Some(SHA1)),
            (format!("\u{200E}{}", spaced(SHA1, " ")), Some(SHA1)),
            (format!("{SHA1}0"), None),
            ("deadbeef".to_owned(), None),
        ] {
            assert_eq!(
                thumbprint(line.trim_matches(|c: char| c.is_whitespace() || is_mark(c))).as_deref(),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn a_listing_is_whole_where_its_tool_says_so() {
        let store = format!(
            "Root \"Trusted Root\"\n================ Certificate 0 ================\nCert Hash(sha1): {SHA1}\n"
        );
        let keys = format!(
            "Your keystore contains 1 entry\n\na, Jan 1, 2026, trustedCertEntry, \nCertificate fingerprint (SHA-256): {SHA256}\n"
        );
        for (text, is_whole) in [
            (store.clone(), false),
            (format!("{store}CertUtil: -store command completed successfully."), true),
            (format!("{store}CertUtil: -store-Befehl wurde erfolgreich ausgeführt."), true),
            (format!("{store}CertUtil: -store command FAILED: 0x80070005 (WIN32: 5)"), false),
            (keys.clone(), true),
            (keys.replace("1 entry", "2 entries"), false),
            (keys.replace("Your keystore contains 1 entry", "Keystore enthält 1 Eintrag"), true),
            (keys.replace("Your keystore contains 1 entry", ""), false),
            (format!("{SHA1}\n"), true),
        ] {
            assert_eq!(read(&text).unwrap().map(|listing| listing.is_whole), Some(is_whole), "{text}");
        }
        assert_eq!(read("no thumbprint here\n"), Ok(None));
    }

    #[test]
    fn what_is_not_trusted_is_no_list_of_roots() {
        let certutil = |head: &str| {
            format!(
                "{head}\n================ Certificate 0 ================\nCert Hash(sha1): {SHA1}\n\
                 CertUtil: -store command completed successfully.\n"
            )
        };
        let powershell = |store: &str| {
            let path = format!("Microsoft.PowerShell.Security\\Certificate::LocalMachine\\{store}");
            format!("   PSParentPath: {path}\n\nThumbprint   Subject\n----------   -------\n{SHA1}  CN=Example\n")
        };
        for (text, is_refused) in [
            (certutil("Root \"Trusted Root Certification Authorities\""), false),
            (certutil("Disallowed \"Untrusted Certificates\""), true),
            (certutil("Disallowed \"Nicht vertrauenswürdige Zertifikate\""), true),
            (certutil("CA \"Intermediate Certification Authorities\""), true),
            (certutil("My \"Personal\""), true),
            (powershell("Root"), false),
            (powershell("Disallowed"), true),
            (powershell("My"), true),
            (format!("Revoked SHA256: {SHA256}"), true),
            (format!("Distrusted fingerprint: {SHA256}"), true),
            (format!("Untrusted\n{SHA256}"), true),
            (format!("SubjectIdentifier: {SHA1}\n  1.3.6.1.4.1.311.10.11.104 = 0 1\n"), true),
            (format!("x: not trusted {SHA256}\n{SHA256}"), true),
        ] {
            assert_eq!(read(&text).is_err(), is_refused, "{text}");
        }
    }

    #[test]
    fn only_trusted_entries_count() {
        let other = SHA256.replace('c', "d");
        let fingerprints = |hash: &str| format!("Certificate fingerprints:\n\t SHA256: {}\n", spaced(hash, ":"));
        let key = format!(
            "Alias name: key\nEntry type: PrivateKeyEntry\nCertificate chain length: 2\nCertificate[1]:\n{}Certificate[2]:\n{}",
            fingerprints(&other),
            fingerprints(&other)
        );
        let root = format!("Alias name: keyentry\nEntry type: trustedCertEntry\n\n{}", fingerprints(SHA256));
        for (text, is_whole) in [
            (format!("Your keystore contains 2 entries\n\n{key}\n{root}"), true),
            (format!("Your keystore contains 2 entries\n\n{root}\n{key}"), true),
            (format!("Your keystore contains 3 entries\n\n{key}\n{root}"), false),
        ] {
            let listing = read(&text).unwrap().unwrap();
            assert_eq!((listing.thumbprints, listing.is_whole), (vec![SHA256.to_owned()], is_whole), "{text}");
        }
        assert_eq!(read(&key), Ok(None));
    }
}
