//! The trust stores.

use base64::Engine as _;
use intransit::pki::ParsedCertificate;
use intransit::pki::path::store::mozilla_sha256;
use intransit::pki::path::verify::{Verification, verify};
use intransit::pki::path::{FailureKind, Purpose, Question, Root, TrustStore, prove};
use intransit::pki::pem;
use intransit::source::SourceText;

use crate::made::{Party, ask, at, kinds, store};

#[test]
fn mozillas_roots_are_those_of_the_list_and_signed_themselves() {
    let mozilla = TrustStore::mozilla();
    assert_eq!(mozilla.roots.len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    assert_eq!((mozilla.name.as_str(), mozilla.date.date().as_str()), ("Mozilla", "2026-10-23"));
    let mut limited = 0;
    for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        let certificate = ParsedCertificate::from_der(der).unwrap();
        let root = mozilla.root(&certificate.sha256).unwrap();
        let (algorithm, key) = (certificate.signature_algorithm.as_ref().unwrap(), &root.key);
        let who = root.subject.to_string();
        let signature = certificate.signature_bytes().unwrap();
        let found = verify(algorithm, key, certificate.tbs_bytes(), signature);
        let is_old = algorithm.name == Some("sha1WithRSAEncryption");
        assert_eq!(matches!(found, Verification::Unsupported(_)), is_old, "{who}: {found:?}");
        assert_ne!(found, Verification::Bad, "{who}");
        limited += usize::from(root.name_constraints.is_some());
        let of_certificate = Root::of(certificate).unwrap();
        assert_eq!(of_certificate.subject, root.subject);
        assert_eq!(of_certificate.key, root.key);
        assert_eq!((of_certificate.not_before, of_certificate.not_after), (root.not_before, root.not_after), "{who}");
    }
    assert_eq!(limited, 1);
    assert!(include_str!("../../data/SOURCES.md").contains(&mozilla_sha256()));
}

/// Debian's list where it is installed, and the one that `CERTIFI` names.
#[test]
fn every_root_of_other_lists_is_read_and_signed_itself() {
    let bundles = [Some("/etc/ssl/certs/ca-certificates.crt".to_owned()), std::env::var("CERTIFI").ok()];
    for path in bundles {
        let text = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let Some(text) = text else {
            eprintln!("SKIPPED: a list of roots is not at hand: {}", path.as_deref().unwrap_or("name it in CERTIFI"));
            continue;
        };
        let blocks = pem::scan(&SourceText::new(0, text.clone()), 0, text.len(), &mut Vec::new());
        assert_eq!(blocks.len(), text.matches("BEGIN CERTIFICATE").count());
        let mut computed = 0;
        for block in &blocks {
            let root = ParsedCertificate::from_der(&block.der).unwrap();
            let who = root.subject.as_ref().unwrap().to_string();
            let (algorithm, key) = (root.signature_algorithm.as_ref().unwrap(), root.key.as_ref().unwrap());
            let found = verify(algorithm, key, root.tbs_bytes(), root.signature_bytes().unwrap());
            assert_ne!(found, Verification::Bad, "{who}");
            computed += usize::from(found == Verification::Good);
            Root::of(root).unwrap_or_else(|why| panic!("{who}: {why}"));
        }
        println!("{}: {} roots, {computed} signatures verified", path.unwrap_or_default(), blocks.len());
        assert!(computed * 2 > blocks.len(), "the others are signed with SHA-1");
    }
}

#[test]
fn roots_that_mozilla_removed_are_not_in_its_store() {
    let mozilla = TrustStore::mozilla();
    let has = |sha256: &str| mozilla.root(sha256).is_some();
    // DigiCert Global Root CA, removed in April 2026; its successors G2 and G3 stay.
    assert!(!has("4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161"));
    assert!(has("cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f"));
    assert!(has("31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0"));
    // GlobalSign Root CA (R1), whose trust for websites ended in April 2025.
    assert!(!has("ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99"));
}

#[test]
fn the_imposed_limit_of_a_root_is_heard() {
    let mozilla = TrustStore::mozilla();
    let limited = mozilla.roots.iter().find(|root| root.name_constraints.is_some()).unwrap();
    assert!(limited.subject.to_string().contains("TUBITAK"), "{}", limited.subject);
    // The same limit over a key of ours.
    for (name, trusted) in [("mail.example.tr", true), ("mail.example.com", false), ("tr", false)] {
        let authority = Party::authority("Limited");
        let mut root = Root::of(authority.by_itself()).unwrap();
        root.name_constraints.clone_from(&limited.name_constraints);
        let mut server = Party::server();
        server.params.subject_alt_names = vec![rcgen::SanType::DnsName(name.try_into().unwrap())];
        let leaf = server.by(&authority);
        let mut store = store([]);
        store.roots.push(root);
        let (at, purpose) = (at(), Purpose::Server);
        let answer = prove(&Question { leaf: &leaf, others: &[], store: &store, at, host: None, purpose });
        assert_eq!(answer.trusted, trusted, "{name}: {answer:#?}");
        if !trusted {
            assert_eq!(answer.paths[0].failures[0].kind, FailureKind::NameConstraints);
        }
    }
}

#[test]
fn what_another_issued_is_no_root() {
    let (root, issuing) = (Party::authority("Test Root"), Party::authority("Test Issuing"));
    let itself = root.by_itself();
    let sha256 = itself.sha256.clone();
    let given = [itself.clone(), issuing.by(&root), itself];
    let store = store(given);
    assert_eq!(store.roots.iter().map(|root| &root.sha256).collect::<Vec<_>>(), [&sha256]);
    assert_eq!(store.left_out.len(), 1, "{:?}", store.left_out);
    assert!(store.left_out[0].ends_with("is no root: it was issued by `CN=Test Root`"), "{:?}", store.left_out);
}

#[test]
fn a_store_is_chosen_by_id_or_text() {
    let cases = |file: &str| {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/").to_owned() + file).unwrap()
    };
    assert_eq!(TrustStore::choose(" mozilla\n", "x", at()).unwrap(), TrustStore::mozilla());
    let chosen = TrustStore::choose(&cases("chain.pem"), "chain.pem", at()).unwrap();
    assert_eq!((chosen.name.as_str(), chosen.roots.len(), chosen.left_out.len()), ("chain.pem", 1, 2));
    for (text, words) in [
        ("", "expected `mozilla` or roots as PEM, DER or PKCS #7"),
        ("mozila", "found none"),
        (&cases("chain-leaf.pem"), "is no root: it was issued by `CN=Example Issuing CA, O=Example AG`"),
        (&cases("chain-root.pem")[..300], "the roots `roots.pem`: "),
    ] {
        let error = TrustStore::choose(text, "roots.pem", at()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_servers_own_certificate_in_the_store_vouches_for_itself_only() {
    // Version 3 without basic constraints: `openssl req -x509` once made such certificates.
    let mut server = Party::server();
    server.params.is_ca = rcgen::IsCa::NoCa;
    let itself = server.by_itself();
    assert!(itself.extensions.basic_constraints.is_absent());
    let store = store([itself.clone()]);
    let alone = ask(&itself, &[], &store);
    assert!(alone.trusted, "{alone:#?}");
    let other = Party::server().by(&server);
    let answer = ask(&other, &[], &store);
    assert!(!answer.trusted, "{answer:#?}");
    assert_eq!(kinds(&answer), [FailureKind::NotCa]);
}

#[test]
fn what_a_text_of_roots_has_besides_certificates_is_told() {
    let armoured = |label: &str, der: &[u8]| {
        let lines = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
    };
    let (root, other) = (Party::authority("Test Root").by_itself(), Party::authority("Other Root").by_itself());
    // SEQUENCE { [0] { id-kp-serverAuth } }: rejected for servers.
    let rejected = [other.der.as_slice(), b"\x30\x0c\xa0\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"].concat();
    let text = [
        armoured("CERTIFICATE", &root.der),
        armoured("TRUSTED CERTIFICATE", &rejected),
        armoured("X509 CRL", b"\x30\x00"),
        armoured("X509 CRL", b"\x30\x00"),
    ]
    .concat();
    let store = TrustStore::choose(&text, "roots.pem", at()).unwrap();
    assert_eq!(store.roots.len(), 1);
    assert_eq!(store.left_out.len(), 2, "{:?}", store.left_out);
    assert!(store.left_out[0].starts_with("1 `TRUSTED CERTIFICATE` blocks were left out"), "{:?}", store.left_out);
    assert_eq!(store.left_out[1], "2 `X509 CRL` blocks are no certificates and were left out");
    let error = TrustStore::choose(&armoured("TRUSTED CERTIFICATE", &rejected), "roots.pem", at()).unwrap_err();
    assert!(error.contains("what they are trusted for"), "{error}");
}
