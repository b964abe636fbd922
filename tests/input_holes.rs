//! Inputs that hide something: whatever was not read is an error, so that no verdict can be compliant; and inputs that
//! repeat themselves, which must not cost more than they are worth.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intransit::diagnostic::{Code, Diagnostic, Severity};
use intransit::evidence::{Certificate, Subject};
use intransit::{Declared, Input, Reading, read};

/// DER of one element.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(length as u8),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

fn name(text: &str) -> Vec<u8> {
    let value = [&[0x06, 3, 0x55, 4, 3][..], &tlv(0x0C, text.as_bytes())].concat();
    tlv(0x30, &tlv(0x31, &tlv(0x30, &value)))
}

/// A small certificate: enough to be laid out.
fn certificate(serial: u32, subject: &str, issuer: &str) -> Vec<u8> {
    let algorithm = [0x30, 5, 0x06, 3, 0x2B, 0x65, 0x70];
    let key = tlv(0x30, &[&algorithm[..], &tlv(3, &[[0].as_slice(), &[1; 32]].concat())].concat());
    let time = |text: &str| tlv(0x17, text.as_bytes());
    let validity = tlv(0x30, &[time("250101000000Z"), time("350101000000Z")].concat());
    let number = tlv(2, &[&[1][..], &serial.to_be_bytes()].concat());
    let signed = [number, algorithm.to_vec(), name(issuer), validity, name(subject), key].concat();
    tlv(0x30, &[tlv(0x30, &signed), algorithm.to_vec(), tlv(3, &[0])].concat())
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

fn reading(text: &str) -> Reading {
    read(&[Input::new("mix.pem", text.as_bytes())])
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time that reading takes is what is tested")]
fn what_repeats_itself_stays_in_proportion() {
    let many = |count: u32, one: &dyn Fn(u32) -> String| (0..count).map(one).collect::<String>();
    let link = |i: u32| pem(&certificate(i, &format!("C{i}"), &format!("C{}", i + 1)));
    for (case, text, all) in [
        (
            "one authority, many times",
            pem(&certificate(1, "CA", "R")).repeat(500)
                + &many(500, &|i| pem(&certificate(1000 + i, &format!("L{i}"), "CA"))),
            501,
        ),
        (
            "many authorities of one name",
            many(3000, &|i| pem(&certificate(i, "S", "R"))) + &many(3000, &|i| pem(&certificate(9000 + i, "T", "S"))),
            6000,
        ),
        (
            "a long chain of many leaves",
            many(31, &link) + &many(2000, &|i| pem(&certificate(1000 + i, &format!("L{i}"), "C0"))),
            2031,
        ),
    ] {
        let started = std::time::Instant::now();
        let reading = reading(&text);
        assert!(started.elapsed().as_secs() < 10, "{case}: {:?}", started.elapsed());
        let json = serde_json::to_string(&reading.evidence).unwrap();
        assert!(json.len() < 30 * text.len(), "{case}: {} bytes of {}", json.len(), text.len());
        let mut shown: Vec<&str> =
            json.split("\"value\":\"MI").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), all, "{case}: every certificate stands in at least one chain");
    }
}

const KEY_END: &str = "-----END PRIVATE KEY-----";

/// The errors that keep a verdict from being compliant, and how many certificates were read.
fn errors(reading: &Reading) -> (Vec<String>, usize) {
    let unread = |one: &&Diagnostic| one.severity == Severity::Error && one.code != Code::PrivateKeyBlanked;
    let messages = reading.diagnostics.iter().filter(unread).map(ToString::to_string).collect();
    let json = serde_json::to_string(&reading.evidence).unwrap();
    (messages, json.matches("\"value\":\"MI").count())
}

/// A certificate of a real tool, and one of more than 256 bytes: its base64 starts with `MII`.
fn two() -> (String, String) {
    let one = include_str!("cases/pki/chain.pem").split_inclusive("-----END CERTIFICATE-----\n");
    let mut ones = one.map(str::to_owned);
    (ones.next().unwrap(), ones.next().unwrap())
}

fn body(pem: &str) -> String {
    pem.lines().filter(|line| !line.contains("-----")).map(str::trim).collect()
}

fn wrapped(body: &str, column: usize) -> String {
    body.as_bytes().chunks(column).map(|line| format!("{}\n", std::str::from_utf8(line).unwrap())).collect()
}

#[test]
fn what_may_hide_a_certificate_is_an_error() {
    let (good, other) = two();
    let inner = body(&other);
    let der = |pem: &str| STANDARD.decode(body(pem)).unwrap();
    let both = STANDARD.encode([der(&good), der(&other)].concat());
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    for (case, text, error, certificates) in [
        ("PKCS7", format!("{good}{}", block("PKCS7", &inner)), "`PKCS7` was not read", 1),
        ("CMS", format!("{good}{}", block("CMS", &inner)), "`CMS` was not read", 1),
        ("another label", format!("{good}{}", block("CERTIFICATE CHAIN", &inner)), "was not read", 1),
        ("a list of revoked ones", format!("{good}{}", block("X509 CRL", &inner)), "was not read", 1),
        ("ends as a key", format!("{good}-----BEGIN CERTIFICATE-----\n{inner}\n{KEY_END}\n"), "begins as", 1),
        ("ends as a key, no begin", format!("{good}{inner}\n{KEY_END}\n"), "BEGIN line is missing", 1),
        ("two in a block", block("CERTIFICATE", &both), "more bytes behind it", 1),
        ("two in a trusted block", block("TRUSTED CERTIFICATE", &both), "more bytes behind it", 1),
        ("cut base64", format!("{good}\n{}\n", &inner[..inner.len() - 60]), "it is cut short", 1),
        ("cut base64 behind a word", format!("{good}\ncert={}\n", &inner[..inner.len() - 60]), "it is cut short", 1),
        ("base64 behind a word", format!("{good}\ncert={inner}\n"), "", 2),
        ("short lines", format!("{good}\n{}\n", wrapped(&inner, 32)), "", 2),
        ("a request", format!("{good}{}", block("CERTIFICATE REQUEST", "MAMCAQE=")), "", 1),
        ("x5c", format!("{{\"leaf\":\"{}\",\"x5c\":[\"{inner}\"]}}", good.replace('\n', "\\n")), "no report", 2),
        ("x5c with nothing", format!("{good}{{\"x5c\":[\"AAAA\"]}}\n"), "no report", 1),
        ("JSON with PEM", format!("{{\"a\":\"{}\"}}", good.replace('\n', "\\n")), "only the certificates in it", 1),
        ("CSV", format!("{good}\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\"\n"), "no row of a target", 1),
        ("CSV rows", format!("\"TLS1\",\"a.test/192.0.2.9\",\"443\",\"LOW\",\"offered\",\"\",\"\"\n{good}"), "", 1),
        ("nmap", format!("<?xml version=\"1.0\"?><nmaprun>{good}</nmaprun>"), "nmap", 0),
        ("sslscan", format!("<document title=\"SSLScan Results\">\n{good}</document>"), "sslscan", 0),
        ("broken report", format!("{good}\n{{ scanResult: [ ... ]}}\n"), "could not be read as JSON", 1),
        ("s_client", format!("CONNECTED(00000003)\n---\n 0 s:CN = a\n   i:CN = b\n{good}---\n[user@host ~]$ "), "", 1),
        ("mail", format!("Hi,\n\nthis is it:\n\n{good}\n-- \nMII team\n"), "", 1),
    ] {
        let (errors, found) = errors(&reading(&text));
        if error.is_empty() {
            assert!(errors.is_empty(), "{case}: {errors:?}");
        } else {
            assert!(errors.iter().any(|one| one.contains(error)), "{case}: expected `{error}` in {errors:?}");
        }
        assert_eq!(found, certificates, "{case}: {errors:?}");
    }
}

#[test]
fn errors_do_not_vanish_behind_other_remarks() {
    let (good, _) = two();
    let noise = "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n".repeat(205);
    let reading = reading(&format!("{noise}{{\"x5c\":[\"AAAA\"]}}\n{good}"));
    assert_eq!((errors(&reading).0.len(), reading.diagnostics.len()), (1, 201));
    let many = self::reading(&format!("{}{good}", "{\"x5c\":1}\n".repeat(300)));
    let last = many.diagnostics.last().unwrap();
    assert_eq!((last.severity, many.diagnostics.len()), (Severity::Error, 201), "{last}");
    let bare = self::reading(&format!("{}\n\n", body(&good)).repeat(150));
    assert_eq!(errors(&bare), (vec![], 1), "remarks that cost nothing are none");
}

#[test]
fn files_of_another_kind_are_named() {
    let der = |head: &[u8]| [&[0x30, 0x82, 1, 0][..], head, &vec![0; 256 - head.len()]].concat();
    for (bytes, words, help) in [
        (der(&[2, 1, 3, 0x30, 0]), "a password-protected bundle", "openssl pkcs12 -in FILE -nokeys"),
        (b"\xFE\xED\xFE\xED\0\0\0\x02".to_vec(), "a Java key store", "keytool -list -rfc -keystore FILE"),
        (b"\xCE\xCE\xCE\xCE\0\0\0\x02".to_vec(), "a Java key store", "keytool -list -rfc -keystore FILE"),
        (der(&[2, 1, 0, 0x30, 13, 6]), "a private key (PKCS #8)", "openssl s_client"),
        (der(&[2, 1, 0, 2, 0x81]), "a private key (RSA or DSA)", "openssl s_client"),
        (b"\x30\x77\x02\x01\x01\x04\x20\xF0".to_vec(), "a private key (elliptic curve)", "openssl s_client"),
        (b"openssh-key-v1\0\0".to_vec(), "a private key (OpenSSH)", "openssl s_client"),
        (der(b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\0"), "PKCS #7", "-inform DER -in FILE -print_certs"),
        (der(&[2, 1, 0xFF]), "is DER, but no certificate", ""),
        (b"%PDF-1.7\n%\xE2\xE3\n\0".to_vec(), "a PDF document", ""),
        (b"PK\x03\x04\0\0".to_vec(), "is damaged: it has no directory", ""),
        (b"<!DOCTYPE html>\n<html>\xFF</html>".to_vec(), "a web page", ""),
    ] {
        let reading = read(&[Input::new("file", &bytes)]);
        let [only] = reading.diagnostics.as_slice() else { panic!("{words}: {:?}", reading.diagnostics) };
        assert!(only.message.contains(words), "{words}: {only}");
        assert!(only.help.as_deref().unwrap_or_default().contains(help), "{words}: {only:?}");
    }
}

#[test]
fn bundles_are_read_as_the_certificates_in_them() {
    let hashes = |bytes: &[u8]| {
        let reading = read(&[Input::new("file", bytes)]);
        let chains =
            reading.evidence.scans.iter().flat_map(|scan| &scan.subjects).filter_map(|subject| match subject {
                Subject::Chain(chain) => Some(chain),
                _ => None,
            });
        let certificates = chains.flat_map(|chain| &chain.presented.certificates);
        let mut hashes: Vec<String> = certificates
            .filter_map(|one| match one {
                Certificate::Der(der) => Some(der.value.sha256().to_owned()),
                _ => None,
            })
            .collect();
        hashes.sort();
        (hashes, reading.diagnostics.len())
    };
    let expected = hashes(include_bytes!("cases/stores/two-roots.pem"));
    assert_eq!((expected.0.len(), expected.1), (2, 0));
    let der = include_bytes!("cases/stores/two-roots-der.p7b");
    for bytes in [include_bytes!("cases/stores/two-roots.p7b").as_slice(), der] {
        assert_eq!(hashes(bytes), expected);
    }
    let mut whole = 0;
    for end in 1..der.len() {
        let (found, problems) = hashes(&der[..end]);
        whole += usize::from(problems == 0 && !found.is_empty());
    }
    assert_eq!(whole, 0, "what is cut is not whole");
}

#[test]
fn a_private_key_is_told_once() {
    let (good, _) = two();
    let line = "c2VjcmV0c2VjcmV0c2VjcmV0";
    let key = format!("-----BEGIN PRIVATE KEY-----\\n\" +\n \"{line}\\n\" +\n \"{line}\\n\" +\n (x)\n");
    for (text, keys) in [(format!("{key}{good}"), 1), (format!("{key}{key}{good}"), 2)] {
        let reading = reading(&text);
        let told: Vec<_> = reading.diagnostics.iter().filter(|one| one.code == Code::PrivateKeyBlanked).collect();
        assert_eq!(told.len(), keys, "{told:?}");
        let expected = "`mix.pem` contains a private key: it was left out of everything; your file is unchanged";
        assert!(told.iter().all(|one| one.message == expected && one.help.is_some()), "{told:?}");
    }
}

#[test]
fn a_declared_host_is_a_name_or_an_address() {
    for (host, expected) in [
        (" mail.example.com ", Ok(Some("mail.example.com"))),
        ("192.0.2.1", Ok(Some("192.0.2.1"))),
        ("  ", Ok(None)),
        ("https://h.test", Err("such as `mail.example.com`, found `https://h.test`: a URL")),
        ("h.test:443", Err("found `h.test:443`: a port")),
        ("h.test,evil", Err("found `h.test,evil`: ")),
        ("h test", Err("found `h test`: ")),
    ] {
        match (Declared::new(None, Some(host)), expected) {
            (Ok(declared), Ok(host)) => assert_eq!(declared.host.as_deref(), host),
            (Err(problem), Err(words)) => {
                assert_eq!(problem.code, Code::InvalidOption);
                assert!(problem.message.contains(words), "{problem}");
            }
            (found, _) => panic!("{host}: {found:?}"),
        }
    }
}

/// A key that came along by mistake is in no report, in no text that is shown, and in no line of a stream.
#[test]
fn keys_are_in_no_output() {
    const SECRET: &str = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
    let chain = include_str!("cases/pki/chain.pem");
    for key in [
        format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{SECRET}\n-----END RSA PRIVATE KEY-----\n"),
        format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{SECRET}\n-----END ENCRYPTED PRIVATE KEY-----\n"),
        format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n{SECRET}\n"),
        format!("MIIJqgIBAzCCCXAGCSqGSIb3DQEHAaCCCWEEggld\n{SECRET}\n"),
        format!("-----BEGIN PKCS12-----\nMIIJqgIBAzCCCXAGCSqGSIb3DQEHAaCCCWEEggld\n{SECRET}\n-----END PKCS12-----\n"),
        format!("PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n{SECRET}\nPrivate-MAC: 0\n"),
    ] {
        for text in [format!("{key}\n{chain}"), format!("{chain}\n{key}"), key.clone()] {
            let reading = reading(&text);
            assert!(reading.texts.iter().all(|text| !text.contains(SECRET)), "{:?}", reading.texts);
            let told = reading.diagnostics.iter().filter(|one| one.code == Code::PrivateKeyBlanked).count();
            assert_eq!(told, 1, "{text}: {:?}", reading.diagnostics);
            let policy = intransit::policy::pack("m365-in-transit-1.0").unwrap().policy().unwrap();
            let now: intransit::Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
            let clock = intransit::Clock { at: now, now };
            let document = reading.evidence.to_document(&reading.diagnostics);
            assert!(!document.contains(SECRET));
            let report = intransit::evaluate(&reading.evidence, &policy, clock, reading.diagnostics);
            for renderer in intransit::RENDERERS {
                assert!(!(renderer.render)(&report).contains(SECRET), "{}", renderer.id);
            }
        }
    }
}
