//! Trust stores as Windows, Java and OpenSSL export and list them.

use std::fs;

use intransit::pki::path::{ListedBy, TrustStore};
use intransit::pki::sha1::sha1_hex;

use crate::made::{Party, ask, at, element};

const DIGICERT: &str = "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f";
const GLOBALSIGN: &str = "ebd41040e4bb3ec742c9e381d31ef2a41a48b6685c96e7cef3c1df6cd4331c99";
const STORES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/stores/");

fn bytes(file: &str) -> Vec<u8> {
    fs::read(STORES.to_owned() + file).unwrap()
}

fn read(file: &str) -> TrustStore {
    TrustStore::read(file, &bytes(file), at()).unwrap()
}

fn hashes(store: &TrustStore) -> Vec<&str> {
    let mut hashes: Vec<&str> = store.roots.iter().map(|root| root.sha256.as_str()).collect();
    hashes.sort_unstable();
    hashes
}

#[test]
fn exports_have_their_certificates() {
    for file in ["two-roots.pem", "two-roots.der", "two-roots.p7b", "two-roots-der.p7b", "keytool-list-rfc.txt"] {
        let store = read(file);
        assert_eq!((hashes(&store), &store.listing), (vec![DIGICERT, GLOBALSIGN], &None), "{file}");
        assert_eq!(store.sha256, intransit::source::sha256_hex(&bytes(file)), "{file}");
    }
}

#[test]
fn listings_name_roots_that_are_known_otherwise() {
    let known = read("two-roots.pem");
    for (file, count, by, expected) in [
        ("certutil-store.txt", 2, ListedBy::Sha1, &[DIGICERT, GLOBALSIGN][..]),
        ("certutil-store-de.txt", 2, ListedBy::Sha1, &[DIGICERT, GLOBALSIGN]),
        ("certutil-v-store.txt", 2, ListedBy::Sha256, &[GLOBALSIGN]),
        ("powershell-root.txt", 2, ListedBy::Sha1, &[DIGICERT, GLOBALSIGN]),
        ("powershell-utf16.txt", 2, ListedBy::Sha1, &[DIGICERT, GLOBALSIGN]),
        ("keytool-list.txt", 2, ListedBy::Sha256, &[DIGICERT, GLOBALSIGN]),
        ("keytool-list-de.txt", 2, ListedBy::Sha256, &[DIGICERT, GLOBALSIGN]),
        ("keytool-list-v.txt", 4, ListedBy::Sha256, &[DIGICERT, GLOBALSIGN]),
        ("thumbprints.txt", 2, ListedBy::Sha256, &[DIGICERT, GLOBALSIGN]),
    ] {
        let mut store = read(file);
        let listing = store.listing.clone().unwrap();
        assert_eq!((listing.thumbprints.len(), listing.is_whole), (count, true), "{file}");
        assert_eq!(store.roots, [], "{file}");
        store.roots = store.identified(&known.roots);
        assert_eq!(hashes(&store), expected, "{file}");
        assert!(store.roots.iter().all(|root| root.listed_by == Some(by)), "{file}");
    }
}

#[test]
fn mozillas_roots_are_known_by_their_sha1() {
    let mut store = read("certutil-store.txt");
    store.roots = store.identified(&TrustStore::mozilla().roots);
    assert_eq!(hashes(&store), [DIGICERT]);
    for (root, der) in TrustStore::mozilla().roots.iter().zip(webpki_root_certs::TLS_SERVER_ROOT_CERTS) {
        assert_eq!(root.sha1.as_deref(), Some(sha1_hex(der).as_str()));
    }
}

#[test]
fn a_listed_root_that_only_the_chain_shows_is_marked() {
    let (root, server) = (Party::authority("Test Root"), Party::server());
    let (root, leaf) = (root.by_itself(), server.by(&root));
    for (hash, by) in [(sha1_hex(&root.der), ListedBy::Sha1OfShown), (root.sha256.clone(), ListedBy::Sha256)] {
        let store = TrustStore::read("list.txt", hash.as_bytes(), at()).unwrap();
        assert!(!ask(&leaf, &[&root], &store).trusted, "its certificate is in no store");
        let extended = store.with_shown(&[&root]).unwrap();
        let answer = ask(&leaf, &[&root], &extended);
        assert_eq!((answer.trusted, answer.paths[0].ends_in.listed_by), (true, Some(by)));
        assert_eq!(store.with_shown(&[&leaf]), None);
    }
}

#[test]
fn what_is_no_store_is_refused() {
    let signed = {
        // A SignedData with one signer: its certificates are the signer's.
        let data = bytes("two-roots-der.p7b");
        let at = data.len() - 2;
        assert_eq!(data[at..], [0x31, 0], "no signers");
        let mut data = data;
        data[at..].copy_from_slice(&[0x31, 1]);
        data
    };
    let stl = element(
        0x30,
        &[
            b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02",
            &element(
                0xA0,
                &[&element(
                    0x30,
                    &[
                        b"\x02\x01\x01\x31\x00",
                        &element(0x30, &[b"\x06\x09\x2B\x06\x01\x04\x01\x82\x37\x0A\x01"]),
                        b"\x31\x00",
                    ],
                )],
            ),
        ],
    );
    for (bytes, words) in [
        (&b"\x30\x82\x0A\x0F\x02\x01\x03\x30\x82\x09\xD5"[..], "it is a password-protected bundle with a private key"),
        (b"\xFE\xED\xFE\xED\0\0\0\x02", "it is a Java key store"),
        (b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----", "it holds a private key"),
        (&stl, "it is a certificate trust list"),
        (&signed, "the signers claims 1 bytes, found 0"),
        (b"a\0b", "is binary"),
        (b"<html>", "found none"),
    ] {
        let error = TrustStore::read("roots", bytes, at()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

/// What is cut, flipped or left out of a store adds no root to it, and never stops the reader.
#[test]
fn a_damaged_store_has_no_more_roots_than_the_whole_one() {
    let known = read("two-roots.pem");
    let mozilla = TrustStore::mozilla();
    for file in [
        "two-roots.pem",
        "two-roots.der",
        "two-roots.p7b",
        "two-roots-der.p7b",
        "certutil-store.txt",
        "keytool-list-v.txt",
    ] {
        let whole = bytes(file);
        let step = 1 + whole.len() / 150;
        for place in (0..whole.len()).step_by(step) {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            let without = [&whole[..place], &whole[(place + step).min(whole.len())..]].concat();
            for damaged in [flipped, without, whole[..place].to_vec()] {
                let Ok(mut store) = TrustStore::read(file, &damaged, at()) else { continue };
                let identified = store.identified(known.roots.iter().chain(&mozilla.roots));
                store.roots.extend(identified);
                for root in &store.roots {
                    // A certificate that was changed is another one: its key is one that was there, or it has no use.
                    let key = known.roots.iter().any(|one| one.key.spki_sha256 == root.key.spki_sha256);
                    let itself = root.certificate.as_ref().is_none_or(|one| one.is_self_issued() == Some(true));
                    assert!(key || itself && store.listing.is_none(), "{file} at {place}");
                }
            }
        }
    }
}
