//! What each kind of statement proves.

use intransit::Timestamp;
use intransit::pki::ParsedCertificate;
use intransit::pki::revocation::{Issuer, Standing, Statement, StatementKind, ask, concerns};

use super::made::{
    DELTA, List, POINT, POINTS, Party, Response, UNKNOWN, at, element, extension, ocsp_responder, revoked, sequence,
    server, time,
};

const SERIAL: &[u8] = &[0x01, 0x80, 0x02];
const OTHER: &[u8] = &[0x01, 0x80, 0x03];

/// What DER says of a certificate: `good`, `revoked`, `held`, `other` for others, or why it is not used.
fn says(der: &[u8], certificate: &ParsedCertificate, ca: &ParsedCertificate, at: Timestamp) -> String {
    let Some(kind) = StatementKind::of(der) else { return "nothing".to_owned() };
    let statement = match Statement::read(kind, der) {
        Ok(statement) => statement,
        Err(error) => return format!("unreadable: {error}"),
    };
    let issuer = Issuer { name: ca.subject.as_ref().unwrap(), key: ca.key.as_ref().unwrap(), certificate: Some(ca) };
    if !concerns(&statement, certificate, &issuer) {
        return "other".to_owned();
    }
    match ask(&statement, certificate, &issuer, at).standing {
        Standing::Good(_) => "good".to_owned(),
        Standing::Revoked(revoked) => format!("revoked {}", revoked.reason.name()),
        Standing::Held(_) => "held".to_owned(),
        Standing::Lifted(why) | Standing::Doubted(why) | Standing::Undecided(why) => why,
    }
}

#[test]
fn what_lists_prove() {
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let other = Party::authority("Other CA");
    let list =
        |made, next| List { issuer: &ca, key: &authority.key, made, next, entries: Vec::new(), extensions: Vec::new() };
    let fresh = || list("2026-11-20", Some("2026-11-25"));
    let entry = |serial: &[u8], day, reason| (serial.to_vec(), day, reason, Vec::new());
    let with = |reason| List {
        entries: vec![entry(OTHER, "2026-11-01", None), entry(SERIAL, "2026-11-02", reason)],
        ..fresh()
    };
    let scoped = |fields: &[u8]| List { extensions: extension(POINTS, true, &sequence(&[fields])), ..fresh() };
    let point = |url: &str| element(0xA0, &[&element(0xA0, &[&element(0x86, &[url.as_bytes()])])]);
    let other_ca = other.by_itself();
    let mut tampered = fresh().der();
    let made = tampered.windows(13).position(|bytes| bytes == b"261120000000Z").unwrap();
    tampered[made + 5] = b'9';
    let unknown_entry = (OTHER.to_vec(), "2026-11-01", None, extension(UNKNOWN, true, &[5, 0]));
    for (what, der, expected) in [
        ("good", fresh().der(), "good"),
        ("others are revoked", List { entries: vec![entry(OTHER, "2026-11-01", Some(1))], ..fresh() }.der(), "good"),
        ("revoked", with(Some(1)).der(), "revoked keyCompromise"),
        ("without a reason", with(None).der(), "revoked unspecified"),
        ("a reason that does not exist", with(Some(77)).der(), "revoked unspecified"),
        (
            "a serial number with a zero in front",
            List { entries: vec![entry(&[0, 1, 0x80, 2], "2026-11-02", None)], ..fresh() }.der(),
            "revoked unspecified",
        ),
        (
            "revoked, too old",
            List { entries: with(None).entries, ..list("2026-10-01", Some("2026-11-01")) }.der(),
            "revoked unspecified",
        ),
        (
            "revoked before it became too old",
            List { entries: vec![entry(SERIAL, "2026-09-30", None)], ..list("2026-10-01", Some("2026-11-01")) }.der(),
            "revoked unspecified",
        ),
        (
            "revoked later",
            List { entries: vec![entry(SERIAL, "2026-11-23", None)], ..fresh() }.der(),
            "is revoked from 2026-11-23",
        ),
        ("on hold", with(Some(6)).der(), "held"),
        (
            "on hold, too old",
            List { entries: vec![entry(SERIAL, "2026-09-30", Some(6))], ..list("2026-10-01", Some("2026-11-01")) }
                .der(),
            "on hold since",
        ),
        ("taken off", with(Some(8)).der(), "taken off the list"),
        (
            "on hold, then revoked",
            List {
                entries: vec![entry(SERIAL, "2026-11-01", Some(6)), entry(SERIAL, "2026-11-02", Some(4))],
                ..fresh()
            }
            .der(),
            "revoked superseded",
        ),
        ("too old", list("2026-10-01", Some("2026-11-01")).der(), "too old"),
        ("from the future", list("2026-11-23", Some("2026-12-23")).der(), "from the future"),
        ("no next one", list("2026-11-20", None).der(), "does not say when the next one is due"),
        ("another issuer", List { issuer: &other_ca, key: &other.key, ..fresh() }.der(), "other"),
        ("another key", List { key: &other.key, ..fresh() }.der(), "not made by the key of the issuing CA"),
        (
            "revoked, by another key",
            List { key: &other.key, ..with(None) }.der(),
            "not made by the key of the issuing CA",
        ),
        ("delta", List { extensions: extension(DELTA, true, &[2, 1, 1]), ..fresh() }.der(), "delta list"),
        (
            "revoked in a delta",
            List { extensions: extension(DELTA, true, &[2, 1, 1]), ..with(None) }.der(),
            "revoked unspecified",
        ),
        ("a critical extension", List { extensions: extension(UNKNOWN, true, &[5, 0]), ..fresh() }.der(), "2.5.29.99"),
        (
            "revoked, with a critical extension",
            List { extensions: extension(UNKNOWN, true, &[5, 0]), ..with(None) }.der(),
            "2.5.29.99",
        ),
        (
            "an extension that is not critical",
            List { extensions: extension(UNKNOWN, false, &[5, 0]), ..fresh() }.der(),
            "good",
        ),
        ("a critical extension of another entry", List { entries: vec![unknown_entry], ..fresh() }.der(), "2.5.29.99"),
        ("indirect", scoped(&[0x84, 1, 0xFF]).der(), "indirect"),
        ("some reasons", scoped(&[0x83, 2, 6, 0x40]).der(), "some reasons"),
        ("attribute certificates", scoped(&[0x85, 1, 0xFF]).der(), "attribute certificates"),
        ("subscribers", scoped(&[0x81, 1, 0xFF]).der(), "good"),
        ("CAs", scoped(&[0x82, 1, 0xFF]).der(), "certificates of CAs only"),
        ("its part", scoped(&point(POINT)).der(), "good"),
        (
            "another part",
            scoped(&point("http://crl.example.com/2.crl")).der(),
            "not the one that the certificate names",
        ),
        ("an unknown field of the scope", scoped(&[0x86, 1, 0xFF]).der(), "which is not known"),
        ("tampered", tampered, "not made by the key of the issuing CA"),
    ] {
        let found = says(&der, &leaf, &ca, at());
        assert!(found.contains(expected) && (expected != "good" || found == "good"), "{what}: {found}");
    }
}

#[test]
fn what_a_ca_may_not_sign_proves_nothing() {
    let mut authority = Party::authority("Issuing CA");
    authority.params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let list = List::of(&ca, &authority.key);
    assert!(says(&list.der(), &leaf, &ca, at()).contains("key usage"));
}

#[test]
fn lists_of_subscribers_do_not_speak_of_cas() {
    let root = Party::authority("Root CA");
    let (root_ca, issuing) = (root.by_itself(), Party::authority("Issuing CA").by(&root));
    let scope = extension(POINTS, true, &sequence(&[&[0x81, 1, 0xFF]]));
    let list = List {
        issuer: &root_ca,
        key: &root.key,
        made: "2026-11-20",
        next: Some("2026-11-25"),
        entries: Vec::new(),
        extensions: scope,
    };
    assert!(says(&list.der(), &issuing, &root_ca, at()).contains("this one is a CA's"));
}

/// What responses prove, in the same words.
#[test]
fn what_responses_prove() {
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let other = Party::authority("Other CA");
    let other_ca = other.by_itself();
    let responder = ocsp_responder("Responder");
    let appointed = responder.by(&authority);
    let elsewhere = responder.by(&other);
    let same_name = Party::authority("Issuing CA");
    let forged = responder.by(&same_name);
    let mut no_purpose = ocsp_responder("Responder");
    no_purpose.params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let without_purpose = no_purpose.by(&authority);
    let mut ended = ocsp_responder("Responder");
    ended.params.not_after = rcgen::date_time_ymd(2026, 11, 1);
    let over = ended.by(&authority);
    let good = || element(0x80, &[]);
    let response = || Response {
        issuer: &ca,
        serial: SERIAL.to_vec(),
        status: good(),
        made: "2026-11-20",
        next: Some("2026-11-25"),
        responder: &ca,
        key: &authority.key,
        carries: None,
        extensions: Vec::new(),
    };
    let delegated =
        |certificate, key| Response { responder: certificate, key, carries: Some(certificate), ..response() };
    let mut tampered = response().der();
    let last = tampered.len() - 90;
    tampered[last] ^= 1;
    let critical = extension(UNKNOWN, true, &[5, 0]);
    for (what, der, expected) in [
        ("good", response().der(), "good"),
        ("revoked", Response { status: revoked("2026-11-01", Some(1)), ..response() }.der(), "revoked keyCompromise"),
        (
            "revoked without a reason",
            Response { status: revoked("2026-11-01", None), ..response() }.der(),
            "revoked unspecified",
        ),
        ("on hold", Response { status: revoked("2026-11-01", Some(6)), ..response() }.der(), "held"),
        ("unknown", Response { status: element(0x82, &[]), ..response() }.der(), "`unknown`"),
        ("too old", Response { made: "2026-11-01", next: Some("2026-11-08"), ..response() }.der(), "too old"),
        (
            "revoked, too old",
            Response {
                status: revoked("2026-10-01", None),
                made: "2026-11-01",
                next: Some("2026-11-08"),
                ..response()
            }
            .der(),
            "revoked unspecified",
        ),
        ("from the future", Response { made: "2026-11-24", ..response() }.der(), "from the future"),
        ("no next one", Response { next: None, ..response() }.der(), "does not say when the next one is due"),
        ("another serial number", Response { serial: OTHER.to_vec(), ..response() }.der(), "other"),
        (
            "another issuer",
            Response { issuer: &other_ca, responder: &other_ca, key: &other.key, ..response() }.der(),
            "other",
        ),
        ("another key", Response { key: &other.key, ..response() }.der(), "not made by the key of the issuing CA"),
        ("appointed", delegated(&appointed, &responder.key).der(), "good"),
        (
            "appointed, but not carried",
            Response { carries: None, ..delegated(&appointed, &responder.key) }.der(),
            "does not carry",
        ),
        ("appointed by another CA", delegated(&elsewhere, &responder.key).der(), "was not issued by the CA"),
        (
            "appointed by another key of that name",
            delegated(&forged, &responder.key).der(),
            "not made by the key of the issuing CA",
        ),
        ("not for this purpose", delegated(&without_purpose, &no_purpose.key).der(), "OCSPSigning"),
        ("ended", delegated(&over, &ended.key).der(), "not valid at the instant"),
        (
            "another key than the responder's",
            delegated(&appointed, &other.key).der(),
            "not made by the key of its responder",
        ),
        ("the leaf answers", delegated(&leaf, &authority.key).der(), "OCSPSigning"),
        ("a critical extension", Response { extensions: critical, ..response() }.der(), "2.5.29.99"),
        ("tampered", tampered, "not made by the key of the issuing CA"),
        ("no answer", sequence(&[&[10, 1, 3]]), "tryLater"),
    ] {
        let found = says(&der, &leaf, &ca, at());
        assert!(found.contains(expected) && (expected != "good" || found == "good"), "{what}: {found}");
    }
}

#[test]
fn of_several_answers_the_worst_counts() {
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let response = Response {
        issuer: &ca,
        serial: SERIAL.to_vec(),
        status: Vec::new(),
        made: "2026-11-20",
        next: Some("2026-11-25"),
        responder: &ca,
        key: &authority.key,
        carries: None,
        extensions: Vec::new(),
    };
    let [good, unknown, bad] = [element(0x80, &[]), element(0x82, &[]), revoked("2026-11-01", Some(1))];
    for (statuses, expected) in [
        ([&good, &good], "good"),
        ([&good, &bad], "revoked keyCompromise"),
        ([&bad, &good], "revoked keyCompromise"),
        ([&unknown, &bad], "revoked keyCompromise"),
        ([&bad, &unknown], "revoked keyCompromise"),
        ([&good, &unknown], "`unknown`"),
        ([&unknown, &good], "`unknown`"),
    ] {
        let found = says(&response.with(&statuses.map(Clone::clone)), &leaf, &ca, at());
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[test]
fn what_is_cut_or_flipped_proves_nothing() {
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let list = List {
        issuer: &ca,
        key: &authority.key,
        made: "2026-11-20",
        next: Some("2026-11-25"),
        entries: vec![(OTHER.to_vec(), "2026-11-01", Some(1), Vec::new())],
        extensions: extension(&[0x55, 0x1D, 20], false, &[2, 1, 1]),
    };
    let responder = ocsp_responder("Responder");
    let appointed = responder.by(&authority);
    let response = Response {
        issuer: &ca,
        serial: SERIAL.to_vec(),
        status: element(0x80, &[]),
        made: "2026-11-20",
        next: Some("2026-11-25"),
        responder: &appointed,
        key: &responder.key,
        carries: Some(&appointed),
        extensions: Vec::new(),
    };
    for der in [list.der(), response.der()] {
        assert_eq!(says(&der, &leaf, &ca, at()), "good");
        for at_byte in 0..der.len() {
            assert_ne!(says(&der[..at_byte], &leaf, &ca, at()), "good", "cut at {at_byte}");
        }
        // One bit of each byte: signatures are slow.
        for at_byte in 0..der.len() {
            let mut flipped = der.clone();
            flipped[at_byte] ^= 1 << (at_byte % 8);
            assert_ne!(says(&flipped, &leaf, &ca, at()), "good", "flipped at {at_byte}");
        }
    }
}

#[test]
fn freshness_includes_both_ends() {
    let authority = Party::authority("Issuing CA");
    let (ca, leaf) = (authority.by_itself(), server().by(&authority));
    let list = List::of(&ca, &authority.key).der();
    for (instant, is_good) in [
        ("2026-11-19T23:59:59Z", false),
        ("2026-11-20T00:00:00Z", true),
        ("2026-11-25T00:00:00Z", true),
        ("2026-11-25T00:00:01Z", false),
    ] {
        assert_eq!(says(&list, &leaf, &ca, time(instant)) == "good", is_good, "{instant}");
    }
}
