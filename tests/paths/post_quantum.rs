//! Chains of ML-DSA certificates (RFC 9881), made by hand from fixed seeds. `UPDATE_SNAPSHOTS=1` writes those of
//! `tests/cases/pki`, which the tests of the package verify in the WebAssembly and its small stack.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use intransit::pki::ParsedCertificate;
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, SigningKey};

use crate::made::{HOST, ask, element, store};

const SEQUENCE: u8 = 0x30;

/// The identifier of ML-DSA-44, -65 or -87 by its last arc.
fn identifier(arc: u8) -> Vec<u8> {
    element(SEQUENCE, &[&element(0x06, &[&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, arc]])])
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = element(SEQUENCE, &[&[0x06, 3, 0x55, 4, 3], &element(0x0C, &[common_name.as_bytes()])]);
    element(SEQUENCE, &[&element(0x31, &[&attribute])])
}

fn extension(arc: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xFF] } else { &[] };
    element(SEQUENCE, &[&[0x06, 3, 0x55, 0x1D, arc], critical, &element(0x04, &[value])])
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A party with a key: its name, the arc of its algorithm, its public key, and how it signs.
struct Party {
    name: &'static str,
    arc: u8,
    key: Vec<u8>,
    sign: Sign,
}

fn party<P: MlDsaParams + 'static>(name: &'static str, arc: u8, seed: u8) -> Party {
    let key = SigningKey::<P>::from_seed(&[seed; 32].into());
    let public = ml_dsa::signature::Keypair::verifying_key(&key).encode().to_vec();
    let sign = move |message: &[u8]| key.expanded_key().sign_deterministic(message, &[]).unwrap().encode().to_vec();
    Party { name, arc, key: public, sign: Box::new(sign) }
}

fn certificate(subject: &Party, issuer: &Party, extensions: &[&[u8]]) -> Vec<u8> {
    let validity = element(SEQUENCE, &[&element(0x17, &[b"260101000000Z"]), &element(0x17, &[b"361231235959Z"])]);
    let key = element(SEQUENCE, &[&identifier(subject.arc), &element(0x03, &[&[0], &subject.key])]);
    let tbs = element(
        SEQUENCE,
        &[
            &[0xA0, 3, 2, 1, 2],
            &[2, 1, subject.arc],
            &identifier(issuer.arc),
            &name(issuer.name),
            &validity,
            &name(subject.name),
            &key,
            &element(0xA3, &[&element(SEQUENCE, extensions)]),
        ],
    );
    let signature = element(0x03, &[&[0], &(issuer.sign)(&tbs)]);
    element(SEQUENCE, &[&tbs, &identifier(issuer.arc), &signature])
}

fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[test]
fn chains_of_every_ml_dsa_are_verified() {
    let ca = extension(19, true, &element(SEQUENCE, &[&[1, 1, 0xFF]]));
    let names = extension(17, false, &element(SEQUENCE, &[&element(0x82, &[HOST.as_bytes()])]));
    let root = party::<MlDsa87>("ML-DSA Root", 19, 87);
    let issuing = party::<MlDsa65>("ML-DSA Issuing", 18, 65);
    let server = party::<MlDsa44>(HOST, 17, 44);
    let made = [
        certificate(&server, &issuing, &[&names]),
        certificate(&issuing, &root, &[&ca]),
        certificate(&root, &root, &[&ca]),
    ];
    for (file, ders) in [("ml-dsa-chain.pem", &made[..2]), ("ml-dsa-root.pem", &made[2..])] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/").to_owned() + file;
        let text: String = ders.iter().map(|der| pem(der)).collect();
        if std::env::var("UPDATE_SNAPSHOTS").is_ok() {
            fs::write(&path, &text).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap() == text, "{file}: run this test with UPDATE_SNAPSHOTS=1");
    }
    let [leaf, issuing, root] = made.map(|der| ParsedCertificate::from_der(&der).unwrap());
    let answer = ask(&leaf, &[&issuing], &store([root.clone()]));
    assert!(answer.trusted, "{answer:#?}");
    let mut der = leaf.der.clone();
    *der.last_mut().unwrap() ^= 1;
    let changed = ParsedCertificate::from_der(&der).unwrap();
    assert!(!ask(&changed, &[&issuing], &store([root])).trusted);
}
