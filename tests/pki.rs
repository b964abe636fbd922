//! Certificates as OpenSSL makes them, as issuers break them, and as people paste them.

use intransit::diagnostic::{Code, Diagnostic, Severity};
use intransit::pki::certificate::ParsedCertificate;
use intransit::pki::extension::{Field, GeneralName};
use intransit::pki::name::{NameMatch, match_host, parse_host};
use intransit::pki::pem::{self, Block, Label};
use intransit::source::SourceText;

macro_rules! case {
    ($name:literal) => {
        include_bytes!(concat!("cases/pki/", $name)).as_slice()
    };
}

fn scan(text: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let source = SourceText::new(0, text.to_owned());
    let mut diagnostics = Vec::new();
    let blocks = pem::scan(&source, 0, text.len(), &mut diagnostics);
    (blocks, diagnostics)
}

fn ders(text: &str) -> Vec<Vec<u8>> {
    scan(text).0.into_iter().filter(|block| block.label == Label::Certificate).map(|block| block.der).collect()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn parse(bytes: &[u8]) -> ParsedCertificate {
    match bytes.first() {
        Some(0x30) => ParsedCertificate::from_der(bytes).unwrap(),
        _ => ParsedCertificate::from_der(&ders(text(bytes))[0]).unwrap(),
    }
}

#[test]
fn keys_and_signatures() {
    for (file, key, bits, signature) in [
        (case!("rsa-1024.pem"), "RSA 1024", Some(1024), "sha256WithRSAEncryption"),
        (case!("rsa-2047.pem"), "RSA 2047", Some(2047), "sha256WithRSAEncryption"),
        (case!("rsa-2048.pem"), "RSA 2048", Some(2048), "sha256WithRSAEncryption"),
        (case!("rsa-3072.pem"), "RSA 3072", Some(3072), "sha256WithRSAEncryption"),
        (case!("rsa-pss.pem"), "RSA-PSS 2048", Some(2048), "RSASSA-PSS with SHA-256"),
        (case!("ec-p-224.pem"), "EC P-224", Some(224), "ecdsa-with-SHA256"),
        (case!("ec-p-256.pem"), "EC P-256", Some(256), "ecdsa-with-SHA256"),
        (case!("ec-p-384.pem"), "EC P-384", Some(384), "ecdsa-with-SHA256"),
        (case!("ec-secp256k1.pem"), "EC secp256k1", Some(256), "ecdsa-with-SHA256"),
        (case!("ec-brainpoolp256r1.pem"), "EC brainpoolP256r1", Some(256), "ecdsa-with-SHA256"),
        (case!("ec-explicit.pem"), "EC with explicit parameters", None, "ecdsa-with-SHA256"),
        (case!("ed25519.pem"), "Ed25519", None, "Ed25519"),
        (case!("ed448.pem"), "Ed448", None, "Ed448"),
        (case!("sha1.pem"), "RSA 2048", Some(2048), "sha1WithRSAEncryption"),
        (case!("pss-sha256.pem"), "RSA 2048", Some(2048), "RSASSA-PSS with SHA-256"),
    ] {
        let read = parse(file);
        let info = read.key.as_ref().unwrap();
        assert_eq!((info.to_string().as_str(), info.bits), (key, bits));
        assert_eq!(read.signature_algorithm.as_ref().unwrap().to_string(), signature, "{key}");
        assert_eq!(info.problem.is_some(), key.contains("explicit"), "{key}");
        assert!(read.signature_algorithm.as_ref().unwrap().hash.is_some());
        assert_eq!(read.tolerated, [""; 0], "{key}");
        assert_eq!(read.subject.as_ref().unwrap().to_string(), "CN=mail.example.com, O=Example AG, C=CH");
        assert_eq!((read.version, read.not_after.is_ok()), (Ok(3), true));
    }
    let pss = parse(case!("pss-sha256.pem")).signature_algorithm.unwrap().pss.unwrap();
    assert_eq!((pss.hash, pss.mask_hash, pss.salt_length), (pss.mask_hash, pss.hash, Some(32)));
    assert_eq!(parse(case!("rsa-2048.pem")).key.unwrap().exponent, Some(65_537));
}

#[test]
fn what_breaks_a_rule_is_read_and_noted() {
    for (file, note) in [
        (case!("utctime-without-seconds.der"), "notBefore is a time without seconds"),
        (case!("version-4.der"), "version 4 does not exist; expected 1 to 3"),
        (case!("serial-negative.der"), "the serial number is negative"),
        (case!("serial-zero.der"), "the serial number is zero"),
        (case!("serial-long.der"), "the serial number has 21 bytes; expected at most 20"),
        (case!("algorithms-differ.der"), "the signature algorithms inside and outside the signed part differ"),
    ] {
        let read = parse(file);
        assert_eq!(read.tolerated.first().map(String::as_str), Some(note));
        assert!(read.subject.is_ok() && read.issuer.is_ok() && read.key.is_ok() && read.not_after.is_ok(), "{note}");
        assert!(read.extensions.subject_alternative_name.decoded().is_some(), "{note}");
    }
    let read = parse(case!("utctime-without-seconds.der"));
    assert_eq!(read.not_before.unwrap().to_string(), "2026-01-01T00:00:00Z");
    let read = parse(case!("broken-time.der"));
    assert!(read.not_before.is_ok());
    assert_eq!(read.not_after.unwrap_err(), "notAfter: expected a time as `260102030405Z`, found `tomorrow`");
    assert_eq!(parse(case!("forever.der")).not_after.unwrap().unix(), 253_402_300_799);
    let key = parse(case!("modulus-negative.der")).key.unwrap();
    assert_eq!((key.bits, key.problem.as_deref()), (None, Some("the modulus is encoded as a negative number")));
    let joined = [case!("version-4.der"), b"junk"].concat();
    let read = ParsedCertificate::from_der(&joined).unwrap();
    assert_eq!(read.der, case!("version-4.der"));
    assert_eq!(read.tolerated[0], "4 bytes stand behind the certificate and were left out");
}

#[test]
fn what_is_no_certificate_says_what_was_expected_and_where() {
    let whole = case!("version-4.der");
    for (bytes, error) in [
        (&b""[..], "expected a certificate, found the end at byte 0"),
        (b"<html>", "expected SEQUENCE (a certificate), found tag 0x3c at byte 0"),
        (case!("huge-length.der"), "a certificate claims 4294967295 bytes, found 96 at byte 1"),
        (&whole[..300], "a certificate claims 853 bytes, found 296 at byte 1"),
        (&[0x30, 6, 0x30, 4, 0x02, 0, 0x02, 0], "expected SEQUENCE (the signature algorithm), found INTEGER at byte 6"),
    ] {
        let found = ParsedCertificate::from_der(bytes).unwrap_err().to_string();
        assert_eq!(found, error.replace("853", &(whole.len() - 4).to_string()));
    }
}

#[test]
fn extensions_are_decoded_each_by_itself() {
    let read = parse(case!("many-extensions.pem"));
    let extensions = &read.extensions;
    assert_eq!(extensions.problems, []);
    let usage = extensions.key_usage.decoded().unwrap();
    assert!(usage.digital_signature() && usage.key_agreement() && !usage.key_cert_sign());
    assert!(extensions.is_critical("2.5.29.15"));
    let dotted = |field: &Field<Vec<String>>| field.decoded().unwrap().join(" ");
    assert_eq!(dotted(&extensions.extended_key_usage), "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2");
    assert_eq!(dotted(&extensions.crl_distribution_points), "http://crl.example.com/a.crl");
    assert_eq!(dotted(&extensions.certificate_policies), "2.23.140.1.2.2 1.2.3.4");
    let access = extensions.authority_information_access.decoded().unwrap();
    assert_eq!((access.ocsp.len(), access.ca_issuers.len()), (1, 1));
    assert_eq!(extensions.must_staple(), Some(true));
    assert_eq!(extensions.name_constraints, Field::Decoded(()));
    assert_eq!(extensions.signed_certificate_timestamps, Field::Absent);
    assert_eq!(extensions.unknown_critical().map(|one| one.oid.as_str()).collect::<Vec<_>>(), ["1.2.3.4.5"]);
    assert_eq!(read.is_ca(), Some(true));

    let kinds = parse(case!("san-kinds.pem"));
    let names = &kinds.extensions.subject_alternative_name.decoded().unwrap().names;
    assert_eq!(names[0], GeneralName::Email("a@example.com".to_owned()));
    assert_eq!(names[2], GeneralName::Other("registeredID 1.2.3".to_owned()));
    assert_eq!(names[4], GeneralName::Directory("CN=A person, O=Example AG".to_owned()));

    for (file, problem) in [
        (case!("san-broken.der"), "names claims 32 bytes, found 6"),
        (case!("san-entry-broken.der"), "an iPAddress has 4 or 16 bytes, found 3"),
        (case!("san-twice.der"), "it stands in the certificate twice"),
        (case!("extensions-broken.der"), "the list of extensions cannot be read to its end"),
    ] {
        let read = parse(file);
        assert!(read.key.is_ok() && read.subject.is_ok());
        let problems = &read.extensions.problems;
        assert!(problems.iter().any(|one| one.message.contains(problem)), "{problem}: {problems:?}");
    }
    assert_eq!(parse(case!("extensions-broken.der")).is_ca(), None);
}

#[test]
fn hosts_match_what_the_certificate_names() {
    let matches = |name: &str| format!("matches {name}");
    for (host, file, expected) in [
        ("mail.example.com", case!("rsa-2048.pem"), matches("mail.example.com")),
        ("a.example.com", case!("wildcard.pem"), matches("*.example.com")),
        ("example.com", case!("wildcard.pem"), matches("example.com")),
        ("a.b.example.com", case!("wildcard.pem"), "near: `*.example.com` covers one label only".to_owned()),
        ("bücher.example", case!("idn.pem"), matches("xn--bcher-kva.example")),
        ("192.0.2.1", case!("ip.pem"), matches("192.0.2.1")),
        ("[2001:db8::1]", case!("ip.pem"), matches("2001:db8::1")),
        ("192.0.2.2", case!("ip.pem"), "mismatch".to_owned()),
        (
            "192.0.2.7",
            case!("ip.pem"),
            "near: `192.0.2.7` stands there as a DNS name; an address counts only as an iPAddress".to_owned(),
        ),
        (
            "mail.example.com",
            case!("no-san.pem"),
            "no names: only the common name `mail.example.com` matches, which clients ignore (RFC 9525; browsers \
             since 2017)"
                .to_owned(),
        ),
        ("other.example.com", case!("no-san.pem"), "no names".to_owned()),
        ("mail.example.com", case!("san-broken.der"), "unreadable".to_owned()),
        ("mail.example.com", case!("san-entry-broken.der"), matches("mail.example.com")),
        ("other.example.com", case!("san-entry-broken.der"), "unreadable".to_owned()),
        ("mail.example.com", case!("san-twice.der"), "unreadable".to_owned()),
        ("mail.example.com", case!("extensions-broken.der"), "unreadable".to_owned()),
    ] {
        let found = match match_host(&parse_host(host).unwrap(), &parse(file)) {
            NameMatch::Matches { name } => format!("matches {name}"),
            NameMatch::Mismatch { near_miss: Some(why), .. } => format!("near: {why}"),
            NameMatch::Mismatch { .. } => "mismatch".to_owned(),
            NameMatch::NoNames { near_miss: Some(why) } => format!("no names: {why}"),
            NameMatch::NoNames { .. } => "no names".to_owned(),
            NameMatch::Unreadable { .. } => "unreadable".to_owned(),
        };
        assert_eq!(found, expected, "{host}");
    }
}

#[test]
fn chains_are_linked_by_name_and_key_identifier() {
    let chain: Vec<_> =
        ders(text(case!("chain.pem"))).iter().map(|der| ParsedCertificate::from_der(der).unwrap()).collect();
    let [leaf, intermediate, root] = chain.as_slice() else { panic!("three certificates") };
    assert!(leaf.issued_by_name(intermediate) && intermediate.issued_by_name(root) && root.issued_by_name(root));
    assert!(!leaf.issued_by_name(root) && !root.issued_by_name(leaf) && !leaf.issued_by_name(leaf));
    assert_eq!([leaf, intermediate, root].map(ParsedCertificate::is_ca), [Some(false), Some(true), Some(true)]);
    assert_eq!((leaf.is_self_issued(), root.is_self_issued()), (Some(false), Some(true)));
    assert_eq!((leaf.organizations(), leaf.organizational_units()), (vec!["Example AG"], vec!["Mail"]));
    assert_eq!(intermediate.extensions.basic_constraints.decoded().unwrap().path_length, Some(0));
    assert_eq!(leaf.tbs_bytes()[..2], [0x30, 0x82]);
    assert!(leaf.signature_bytes().unwrap().len() > 64);
    // OpenSSL's trust settings behind the DER are not a part of the certificate.
    assert_eq!(ders(text(case!("trusted.pem"))), std::slice::from_ref(&leaf.der));
    let expired = parse(case!("expired.pem"));
    assert_eq!(expired.not_after.unwrap().to_string(), "2021-01-01T00:00:00Z");
}

#[test]
fn every_way_to_paste_a_chain_gives_the_same_certificates() {
    let chain = text(case!("chain.pem"));
    let expected = ders(chain);
    assert_eq!(expected.len(), 3);
    let quote = |prefix: &str| chain.lines().map(|line| format!("{prefix}{line}\n")).collect::<String>();
    let escaped = chain.replace('\n', "\\n");
    let one_line = |separator: &str| {
        let blocks =
            chain.split_inclusive("-----END CERTIFICATE-----").map(str::trim).filter(|block| !block.is_empty());
        let joined = blocks.map(|block| {
            let body: String = block.lines().filter(|line| !line.starts_with('-')).collect();
            format!("-----BEGIN CERTIFICATE-----{separator}{body}{separator}-----END CERTIFICATE-----")
        });
        joined.collect::<Vec<_>>()
    };
    for (what, pasted) in [
        ("text around", format!("Hello,\n{}\nRegards", chain.replace("-----BEGIN", " 0 s:CN=x\n-----BEGIN"))),
        ("indented", quote("    ")),
        ("quoted", quote("> ")),
        ("quoted twice", quote(">> ")),
        ("openssl in a table", quote("| ")),
        ("trailing spaces", chain.replace('\n', "  \t\n")),
        ("CRLF", chain.replace('\n', "\r\n")),
        ("CR", chain.replace('\n', "\r")),
        ("JSON", format!("{{\"pem\":\"{escaped}\"}}")),
        ("JSON in JSON", chain.replace('\n', "\\\\n").replace('/', "\\/")),
        ("spaces for newlines", chain.replace('\n', " ")),
        ("one line each", one_line("\n").join("\n")),
        ("no newlines at all", one_line("").concat()),
        ("no padding", chain.replace('=', "")),
        ("invisible characters", chain.replace('\n', "\u{200B}\n\u{A0}")),
        ("other labels", chain.replace("CERTIFICATE", "X509 CERTIFICATE")),
    ] {
        let (blocks, diagnostics) = scan(&pasted);
        assert_eq!(diagnostics, [], "{what}");
        assert_eq!(blocks.into_iter().map(|block| block.der).collect::<Vec<_>>(), expected, "{what}");
    }
    let bare: String = chain.lines().filter(|line| !line.starts_with('-')).map(|line| format!("{line}\n")).collect();
    let (blocks, diagnostics) = scan(&format!("MII is how it starts:\n{bare}"));
    assert_eq!(blocks.into_iter().map(|block| block.der).collect::<Vec<_>>(), expected);
    assert!(diagnostics.iter().all(|one| one.severity == Severity::Info), "{diagnostics:?}");
}

#[test]
fn a_broken_block_is_told_and_swallows_nothing() {
    let good = text(case!("ec-p-256.pem"));
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    let cut = &body[..100];
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let key = "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----";
    for (broken, blocks, message, place) in [
        (format!("{begin}\n{body}\n"), 2, "expected `-----END CERTIFICATE-----`, which is missing", (1, 1)),
        (format!("{begin}\n{cut}\n"), 1, "the `CERTIFICATE` block is cut short: it says", (1, 1)),
        (format!("{begin}\n"), 1, "expected base64 and `-----END CERTIFICATE-----` behind the BEGIN line", (1, 1)),
        (format!("{cut}\n{end}\n"), 1, "`-----END CERTIFICATE-----` stands here without its BEGIN line", (2, 1)),
        (format!("{begin}\n{body}\n-----END X509 CRL-----\n"), 2, "begins as `CERTIFICATE` and ends as", (3, 1)),
        (format!("{begin}\nMIIé*\n{end}\n"), 1, "expected base64, found `é`", (2, 4)),
        (format!("{begin}\nMIIBA\n{end}\n"), 1, "the base64 has 5 symbols", (1, 1)),
        (format!("{begin}\nMI==IB\n{end}\n"), 1, "expected the end of the block behind `=`", (2, 5)),
        (format!("{begin}\n{end}\n"), 1, "the `CERTIFICATE` block is empty", (1, 1)),
        (format!("{key}\n"), 2, "a PRIVATE KEY (`PRIVATE KEY`) stands in the input", (1, 1)),
    ] {
        for (order, broken_first) in [(format!("{broken}{good}"), true), (format!("{good}\n{broken}"), false)] {
            let (found, diagnostics) = scan(&order);
            assert_eq!(found.len(), blocks, "{order}");
            let told = diagnostics.iter().find(|one| one.message.contains(message));
            let told = told.unwrap_or_else(|| panic!("{message}: {diagnostics:?}"));
            if broken_first {
                let span = told.span.unwrap();
                assert_eq!((span.line, span.column), place, "{message}");
            }
        }
    }
    let (blocks, diagnostics) = scan(key);
    assert_eq!(blocks[0].label, Label::PrivateKey("PRIVATE KEY".to_owned()));
    assert_eq!((blocks[0].der.len(), diagnostics[0].code), (0, Code::PrivateKeyBlanked));
    let (blocks, _) = scan("-----BEGIN CERTIFICATE REQUEST-----\nMAMCAQE=\n-----END CERTIFICATE REQUEST-----");
    assert_eq!(blocks[0].label, Label::Other("CERTIFICATE REQUEST".to_owned()));
}

#[test]
fn strings_with_one_certificate() {
    let good = text(case!("ec-p-256.pem"));
    let der = ders(good).remove(0);
    let body: String = good.lines().filter(|line| !line.starts_with('-')).collect();
    for held in [good.to_owned(), good.replace('\n', "\\n"), good.replace('\n', " "), body] {
        assert_eq!(pem::decode_text(&held), Ok(der.clone()));
    }
    for (held, error) in [
        ("", "expected a PEM certificate, found ``"),
        ("n/a", "expected a PEM certificate, found `n/a`"),
        (text(case!("chain.pem")), "expected one PEM certificate, found 3"),
        ("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----", "expected base64, found `?`"),
        ("-----BEGIN X-----\nMAMCAQE=\n-----END X-----", "expected a PEM certificate, found another kind of block"),
    ] {
        assert_eq!(pem::decode_text(held), Err(error.to_owned()));
    }
}

#[test]
fn hostile_texts_take_linear_time_and_little_memory() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    for text in [
        begin.repeat(200_000),
        format!("{begin}{}", "MIIB".repeat(2_000_000)),
        "MIIBMIIBMIIBMIIBMIIBMIIBMIIBMIIBMIIBMIIB\n".repeat(150_000),
        "-".repeat(5_000_000),
        "-----BEGIN ".repeat(500_000),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n".repeat(100_000),
        format!("-----BEGIN PRIVATE KEY-----{}", "AAAA\\n>".repeat(1_000_000)),
        "-----END PRIVATE KEY-----AAAA\n".repeat(100_000),
        format!("{begin}{}", "\\u0041\\\\".repeat(500_000)),
        format!("{begin}{}", "> ".repeat(2_000_000)),
    ] {
        let (_, diagnostics) = scan(&text);
        assert!(diagnostics.len() < 300, "{}", diagnostics.len());
        let _ = pem::private_keys(&text);
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = ParsedCertificate::from_der(&bytes);
        }

        #[test]
        fn any_text(parts in proptest::collection::vec(prop_oneof![
            Just("-----BEGIN CERTIFICATE-----".to_owned()), Just("-----END CERTIFICATE-----".to_owned()),
            Just("-----BEGIN PRIVATE KEY-----".to_owned()), Just("\n".to_owned()), Just("\\n".to_owned()),
            Just("MIIBCgKCAQEA".repeat(5)), Just("\\u00".to_owned()), "\\PC{0,12}", "[A-Za-z0-9+/=>| \\\\\"-]{0,20}",
        ], 0..20)) {
            let text = parts.concat();
            let _ = scan(&text);
            let _ = pem::decode_text(&text);
            let _ = parse_host(&text);
            let mut end = 0;
            for range in pem::private_keys(&text) {
                prop_assert!(range.start >= end && text.get(range.clone()).is_some());
                end = range.end;
            }
        }

        #[test]
        fn damaged_certificates(at in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>()) {
            for file in [case!("many-extensions.pem"), case!("san-kinds.pem"), case!("pss-sha256.pem")] {
                let mut der = ders(text(file)).remove(0);
                let index = at.index(der.len());
                der[index] ^= 1 << bit;
                if let Ok(read) = ParsedCertificate::from_der(&der) {
                    let _ = match_host(&parse_host("mail.example.com").unwrap(), &read);
                    prop_assert!(read.sha256.len() == 64 && read.der.len() <= der.len());
                }
                der.truncate(cut.index(der.len()));
                prop_assert!(ParsedCertificate::from_der(&der).is_err());
            }
        }

        #[test]
        fn any_order_with_junk_gives_the_same_set(
            order in Just((0..4usize).collect::<Vec<_>>()).prop_shuffle(),
            junk in proptest::collection::vec("[a-z :.\n]{0,30}", 5),
        ) {
            let files = [case!("rsa-2048.pem"), case!("ec-p-256.pem"), case!("ed25519.pem"), case!("idn.pem")];
            let mut pasted = junk[4].clone();
            for (index, junk) in order.iter().zip(&junk) {
                pasted += text(files[*index]);
                pasted += junk;
            }
            let mut found = ders(&pasted);
            let mut expected: Vec<_> = files.iter().map(|file| ders(text(file)).remove(0)).collect();
            found.sort();
            expected.sort();
            prop_assert_eq!(found, expected);
        }
    }
}
