//! One thing wrong with a chain, and what is said of it.

use intransit::pki::path::{EndKind, FailureKind, Purpose, Question, prove};
use intransit::pki::{ParsedCertificate, parse_host};
use rcgen::{
    BasicConstraints, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose,
    NameConstraints, date_time_ymd,
};

use crate::made::{HOST, Party, ask, at, kinds, store};

struct Chain {
    root: Party,
    issuing: Party,
    server: Party,
}

impl Chain {
    fn new() -> Self {
        Self { root: Party::authority("Test Root"), issuing: Party::authority("Test Issuing"), server: Party::server() }
    }
}

fn constraints(permitted: &str) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(permitted.to_owned())],
        excluded_subtrees: Vec::new(),
    }
}

fn unknown_critical() -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    extension
}

#[test]
fn a_sound_chain_is_trusted_in_any_order_with_extras() {
    let chain = Chain::new();
    let (root, issuing, leaf) =
        (chain.root.by_itself(), chain.issuing.by(&chain.root), chain.server.by(&chain.issuing));
    let extra = Party::authority("Stranger").by_itself();
    let store = store([root.clone(), extra.clone()]);
    for others in [
        vec![&issuing],
        vec![&issuing, &root],
        vec![&root, &issuing],
        vec![&extra, &root, &issuing, &issuing, &leaf, &root],
    ] {
        let answer = ask(&leaf, &others, &store);
        assert!(answer.trusted, "{answer:#?}");
        assert_eq!(answer.paths.len(), 1, "{answer:#?}");
        let path = &answer.paths[0];
        assert_eq!(path.certificates, [leaf.sha256.clone(), issuing.sha256.clone()]);
        assert_eq!(path.ends_in.sha256.as_ref(), Some(&root.sha256));
        assert_eq!(path.ends_in.spki_sha256, root.key.as_ref().ok().map(|key| key.spki_sha256.clone()));
        assert_eq!((&answer.nearest_miss, &answer.stopped, answer.disagreements.len()), (&None, &None, 0));
    }
}

#[test]
fn each_link_that_fails_says_why() {
    use FailureKind as K;
    type Change = fn(&mut Chain);
    let rows: &[(&str, Change, FailureKind, &str)] = &[
        (
            "leaf",
            |c| c.server.params.not_after = date_time_ymd(2026, 11, 22),
            K::Expired,
            "expired at 2026-11-22T00:00:00Z",
        ),
        ("leaf", |c| c.server.params.not_before = date_time_ymd(2026, 12, 1), K::NotYetValid, "valid from 2026-12-01"),
        ("issuing", |c| c.issuing.params.not_after = date_time_ymd(2026, 2, 1), K::Expired, "`Test Issuing` expired"),
        ("root", |c| c.root.params.not_after = date_time_ymd(2026, 2, 1), K::Expired, "Test Root` expired"),
        ("issuing", |c| c.issuing.params.is_ca = IsCa::NoCa, K::NotCa, "no CA's certificate"),
        ("issuing", |c| c.issuing.params.is_ca = IsCa::ExplicitNoCa, K::NotCa, "no CA's certificate"),
        ("root", |c| c.root.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)), K::PathTooLong, "allows 0 CA"),
        (
            "issuing",
            |c| c.issuing.params.key_usages = vec![KeyUsagePurpose::DigitalSignature],
            K::KeyUsage,
            "may not sign certificates",
        ),
        (
            "leaf",
            |c| c.server.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            K::Purpose,
            "do not include a server's",
        ),
        (
            "leaf",
            |c| c.server.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
            K::Purpose,
            "do not include a server's",
        ),
        (
            "issuing",
            |c| c.issuing.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection],
            K::Purpose,
            "`Test Issuing` do not include",
        ),
        (
            "root",
            |c| c.root.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection],
            K::Purpose,
            "do not include",
        ),
        (
            "leaf",
            |c| c.issuing.params.name_constraints = Some(constraints("example.org")),
            K::NameConstraints,
            "the DNS name `mail.example.com` is not among the permitted names",
        ),
        (
            "leaf",
            |c| c.root.params.name_constraints = Some(constraints("example.org")),
            K::NameConstraints,
            "the root `CN=Test Root` constrains the names of `mail.example.com`",
        ),
        (
            "leaf",
            |c| c.server.params.custom_extensions = vec![unknown_critical()],
            K::CriticalExtension,
            "the critical extension 1.2.3.4",
        ),
        (
            "issuing",
            |c| c.issuing.params.custom_extensions = vec![unknown_critical()],
            K::CriticalExtension,
            "the critical extension 1.2.3.4",
        ),
        (
            "root",
            |c| c.root.params.custom_extensions = vec![unknown_critical()],
            K::CriticalExtension,
            "the critical extension 1.2.3.4",
        ),
        (
            "leaf",
            |c| c.server.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            K::LeafIsCa,
            "is a CA's certificate",
        ),
        (
            "leaf",
            |c| {
                c.server.params.subject_alt_names = vec![rcgen::SanType::DnsName("www.example.com".try_into().unwrap())]
            },
            K::HostMismatch,
            "is not for `mail.example.com`: only the common name",
        ),
    ];
    for (who, change, kind, words) in rows {
        let mut chain = Chain::new();
        change(&mut chain);
        let (root, issuing, leaf) =
            (chain.root.by_itself(), chain.issuing.by(&chain.root), chain.server.by(&chain.issuing));
        let answer = ask(&leaf, &[&issuing], &store([root.clone()]));
        assert!(!answer.trusted, "{words}");
        assert_eq!(answer.paths.len(), 1, "{words}");
        assert_eq!(kinds(&answer), [*kind], "{words}: {answer:#?}");
        let failure = &answer.paths[0].failures[0];
        let wanted = match *who {
            "leaf" => &leaf,
            "issuing" => &issuing,
            _ => &root,
        };
        assert_eq!(failure.certificate, wanted.sha256, "{words}");
        assert!(failure.words.contains(words), "{words}: {}", failure.words);
        assert_eq!(answer.nearest_miss.as_ref(), Some(&failure.words));
        let todo = match (*who, kind) {
            ("leaf", K::Expired) => "Renew the certificate",
            ("issuing", K::Expired) => "Install the issuing CA's present certificate",
            ("root", K::Expired) => "Have the certificate issued under a root CA that is still valid",
            (_, K::NotYetValid) => "Wait until it is valid",
            (_, K::NameConstraints) => "by a CA that may issue for all of its names",
            (_, K::HostMismatch) => "Install a certificate that names the host",
            (_, K::LeafIsCa) => "this one is a CA's",
            ("leaf", K::Purpose) => "issued for servers: extended key usage serverAuth",
            _ => "this path cannot be mended",
        };
        assert!(matches!(answer.advice.as_slice(), [one] if one.contains(todo)), "{words}: {:?}", answer.advice);
        // rustls-webpki knows no key usage, and of a root no more than name, key and name constraints.
        let lenient = matches!((*who, kind), (_, K::KeyUsage) | ("root", _));
        assert_eq!(!answer.disagreements.is_empty(), lenient, "{words}: {answer:#?}");
    }
}

#[test]
fn a_missing_issuer_is_named() {
    let chain = Chain::new();
    let (root, leaf) = (chain.root.by_itself(), chain.server.by(&chain.issuing));
    let answer = ask(&leaf, &[&root], &store([root.clone()]));
    assert_eq!(kinds(&answer), [FailureKind::IssuerMissing]);
    assert_eq!(answer.paths[0].ends_in.kind, EndKind::Missing);
    assert_eq!(answer.paths[0].ends_in.name, "CN=Test Issuing");
    assert!(answer.advice[0].starts_with("Send the certificate of the issuer `Test Issuing` with the chain"));
    assert!(answer.advice[0].contains("`450 4.4.317 … UntrustedRoot`"), "{:?}", answer.advice);
    let miss = answer.nearest_miss.unwrap();
    assert!(
        miss.starts_with("the chain ends at the issuer `CN=Test Issuing`, which is neither among the certificates nor"),
        "{miss}"
    );
}

#[test]
fn a_root_that_is_not_in_the_store_is_told_from_a_missing_issuer() {
    let chain = Chain::new();
    let (root, issuing, leaf) =
        (chain.root.by_itself(), chain.issuing.by(&chain.root), chain.server.by(&chain.issuing));
    let stranger = store([Party::authority("Stranger").by_itself()]);
    let answer = ask(&leaf, &[&issuing, &root], &stranger);
    assert_eq!(kinds(&answer), [FailureKind::RootUntrusted]);
    assert_eq!(answer.paths[0].ends_in.kind, EndKind::SelfIssued);
    assert!(answer.advice[0].contains("If `Test Root` is a root CA of your own"), "{:?}", answer.advice);
    let alone = chain.server.by_itself();
    assert_eq!(kinds(&ask(&alone, &[], &stranger)), [FailureKind::RootUntrusted]);
    assert!(ask(&alone, &[], &store([alone.clone()])).trusted);
}

#[test]
fn a_name_is_no_signature() {
    let chain = Chain::new();
    let (root, issuing) = (chain.root.by_itself(), chain.issuing.by(&chain.root));
    let namesake = Party::authority("Test Issuing");
    // Key identifiers are as easily written as names.
    let mut forger = Party::authority("Test Issuing");
    forger.params.key_identifier_method =
        rcgen::KeyIdMethod::PreSpecified(chain.issuing.params.key_identifier(&chain.issuing.key));
    for other in [namesake, forger] {
        let leaf = chain.server.by(&other);
        let answer = ask(&leaf, &[&issuing], &store([root.clone()]));
        assert!(!answer.trusted);
        assert_eq!(kinds(&answer), [FailureKind::SignatureBad]);
        assert_eq!(answer.paths[0].ends_in.kind, EndKind::Broken);
        assert_eq!(answer.paths[0].failures[0].certificate, leaf.sha256);
    }
    let leaf = chain.server.by(&chain.issuing);
    // What is wrong with a root that did not sign is wrong with nothing of the chain.
    let mut expired = Party::authority("Test Root");
    expired.params.not_after = date_time_ymd(2026, 2, 1);
    for rootlike in [Party::authority("Test Root"), expired] {
        let answer = ask(&leaf, &[&issuing], &store([rootlike.by_itself()]));
        assert_eq!((answer.trusted, kinds(&answer)), (false, vec![FailureKind::SignatureBad]));
        assert_eq!(answer.paths[0].failures[0].certificate, issuing.sha256);
    }
}

#[test]
fn a_changed_byte_breaks_the_signature() {
    let chain = Chain::new();
    let (root, issuing, leaf) =
        (chain.root.by_itself(), chain.issuing.by(&chain.root), chain.server.by(&chain.issuing));
    let store = store([root]);
    let mut decoded = 0;
    for position in leaf.tbs.start..leaf.der.len() {
        let mut der = leaf.der.clone();
        der[position] ^= 1;
        let Ok(changed) = ParsedCertificate::from_der(&der) else { continue };
        decoded += 1;
        assert!(!ask(&changed, &[&issuing], &store).trusted, "byte {position}");
    }
    assert!(decoded > 200, "{decoded}");
}

#[test]
fn a_key_under_another_name_is_a_broken_chain() {
    let chain = Chain::new();
    let leaf = chain.server.by(&chain.issuing);
    let mut renamed = Party::authority("Test Issuing 2");
    renamed.key = KeyPair::try_from(chain.issuing.key.serialize_der()).unwrap();
    let answer = ask(&leaf, &[&renamed.by(&chain.root)], &store([chain.root.by_itself()]));
    assert_eq!((answer.trusted, kinds(&answer)), (false, vec![FailureKind::NameChaining]));
}

#[test]
fn cross_signed_roots_give_a_path_each() {
    let chain = Chain::new();
    let (issuing, leaf) = (chain.issuing.by(&chain.root), chain.server.by(&chain.issuing));
    let mut old = Party::authority("Old Root");
    old.params.not_after = date_time_ymd(2026, 5, 30);
    let crossed = chain.root.by(&old);
    let others = [&crossed, &issuing];
    // The expired old root hides the new one from clients that do not look further.
    let both = ask(&leaf, &others, &store([old.by_itself(), chain.root.by_itself()]));
    assert!(both.trusted);
    assert_eq!(both.paths.iter().map(|path| path.trusted).collect::<Vec<_>>(), [true, false]);
    assert_eq!(both.paths[1].failures.iter().map(|one| one.kind).collect::<Vec<_>>(), [FailureKind::Expired]);
    let only_old = ask(&leaf, &others, &store([old.by_itself()]));
    assert_eq!((only_old.trusted, kinds(&only_old)), (false, vec![FailureKind::Expired]));
}

#[test]
fn a_clients_certificate_is_asked_for_as_such() {
    let chain = Chain::new();
    let (root, issuing) = (chain.root.by_itself(), chain.issuing.by(&chain.root));
    let mut client = Party::server();
    client.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = client.by(&chain.issuing);
    let store = store([root]);
    for (purpose, trusted) in [(Purpose::Client, true), (Purpose::Server, false)] {
        let question = Question { leaf: &leaf, others: &[&issuing], store: &store, at: at(), host: None, purpose };
        assert_eq!(prove(&question).trusted, trusted);
    }
}

#[test]
fn hosts_are_addresses_too() {
    let chain = Chain::new();
    let mut server = Party::server();
    server.params.subject_alt_names.push(rcgen::SanType::IpAddress("192.0.2.1".parse().unwrap()));
    let (root, issuing, leaf) = (chain.root.by_itself(), chain.issuing.by(&chain.root), server.by(&chain.issuing));
    let store = store([root]);
    for (host, trusted) in [("192.0.2.1", true), ("192.0.2.2", false), ("2001:db8::1", false), (HOST, true)] {
        let host = parse_host(host).unwrap();
        let (at, purpose) = (at(), Purpose::Server);
        let question = Question { leaf: &leaf, others: &[&issuing], store: &store, at, host: Some(&host), purpose };
        assert_eq!(prove(&question).trusted, trusted, "{host}");
    }
}

#[test]
fn what_is_unsupported_or_weak_is_not_bad() {
    use FailureKind as K;
    for (file, kind) in [
        ("sha1.pem", K::AlgorithmWeak),
        ("ec-brainpoolp256r1.pem", K::SignatureUnsupported),
        ("ed448.pem", K::SignatureUnsupported),
        ("rsa-1024.pem", K::KeyWeak),
        ("rsa-pss.pem", K::SignatureUnsupported),
    ] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/").to_owned() + file;
        let pem = std::fs::read_to_string(path).unwrap();
        let leaf = crate::limbo::certificate(&pem).unwrap();
        let store = store([leaf.clone()]);
        let (at, purpose) = (*leaf.not_before.as_ref().unwrap(), Purpose::Server);
        let question = Question { leaf: &leaf, others: &[], store: &store, at, host: None, purpose };
        let answer = prove(&question);
        assert!(!answer.trusted, "{file}");
        assert!(kinds(&answer).contains(&kind), "{file}: {answer:#?}");
    }
}

#[test]
fn an_answer_survives_the_wire() {
    let chain = Chain::new();
    let leaf = chain.server.by(&chain.issuing);
    let answer = ask(&leaf, &[], &store([chain.root.by_itself()]));
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.contains(r#""kind":"issuerMissing""#) && text.contains(r#""endsIn":{"kind":"missing""#), "{text}");
    assert_eq!(serde_json::from_str::<intransit::pki::path::ChainAnswer>(&text).unwrap(), answer);
}
