use hickory_resolver::proto::dnssec::rdata::DS;
use hickory_resolver::proto::dnssec::{Algorithm, DigestType, TrustAnchors};
use hickory_resolver::proto::op::{Message, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, NS, TLSA};
use hickory_resolver::proto::rr::{RData, Record, RecordType};

use super::super::Names;
use super::hierarchy::{Denial, Hierarchy, Tamper, Zone, name};
use super::*;
use crate::scan::names::records::Answered;

const TLSA_OF_MX: &str = "3 1 1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn hierarchy() -> Hierarchy {
    let tlsa = format!("_25._tcp.mx TLSA {TLSA_OF_MX}");
    let usual = ["@ MX 10 mx.good.test.", "mx A 192.0.2.1", &tlsa, "*.wild A 192.0.2.3"];
    let zone = |apex: &str| Zone::new(apex, &usual);
    let mut hierarchy = Hierarchy::new(vec![
        Zone::new(".", &[]),
        Zone::new("test.", &[]),
        Zone::new(
            "good.test.",
            &[
                usual[0],
                usual[1],
                usual[2],
                "@ TXT \"v=STSv1; id=1;\"",
                "none A 192.0.2.2",
                "two CNAME mx.good.test.",
                "away CNAME mx.plain.test.",
                "lost CNAME nowhere.plain.test.",
                usual[3],
                "there.wild TXT there",
            ],
        ),
        zone("hashed.test.").denial(Denial::Nsec3 { opt_out: false }),
        zone("optout.test.").denial(Denial::Nsec3 { opt_out: true }),
        zone("plain.test.").unsigned(),
        zone("late.test.").window(-7200, -3600),
        zone("early.test.").window(3600, 7200),
        zone("stranger.test.").signed_by_a_stranger(),
        zone("mismatch.test."),
        zone("strange.test."),
        zone("sha1.test."),
    ]);
    let other = hierarchy.key("good.test.");
    hierarchy.announce(
        "mismatch.test.",
        DS::from_key(other.public_key(), &name("mismatch.test."), DigestType::SHA256).unwrap(),
    );
    hierarchy.announce("strange.test.", DS::new(1, Algorithm::Unknown(200), DigestType::SHA256, vec![1; 32]));
    let sha1 = DS::from_key(hierarchy.key("sha1.test.").public_key(), &name("sha1.test."), DigestType::SHA1).unwrap();
    hierarchy.announce("sha1.test.", sha1);
    hierarchy
}

fn as_it_is() -> Tamper {
    Box::new(|_, _| ())
}

/// What is found behind somebody who does this to answers.
fn found(hierarchy: Hierarchy, tamper: Tamper, questions: &[(&str, RecordType)]) -> Vec<Result<Answered, String>> {
    let anchors = Anchors::read(&format!(". 3600 IN DNSKEY {}\n", hierarchy.key("."))).unwrap();
    asked(anchors, hierarchy.respond(tamper), questions)
}

fn asked(
    anchors: Anchors,
    server: std::net::SocketAddr,
    questions: &[(&str, RecordType)],
) -> Vec<Result<Answered, String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let names = Names::new(Some(server), anchors);
        let mut answers = Vec::new();
        for (owner, kind) in questions {
            answers.push(names.records(owner, *kind).await);
        }
        answers
    })
}

fn is_of(query: &Query, owner: &str, kind: RecordType) -> bool {
    *query.name() == name(owner) && query.query_type() == kind
}

fn strip(message: &mut Message) {
    message.answers.retain(|record| record.record_type() != RecordType::RRSIG);
    let proofs = [RecordType::RRSIG, RecordType::NSEC, RecordType::NSEC3];
    message.authorities.retain(|record| !proofs.contains(&record.record_type()));
}

#[test]
fn answers_are_validated() {
    use RecordType::{A, AAAA, MX, TLSA, TXT};
    let tlsa = TLSA_OF_MX;
    let rows: &[(&str, RecordType, &str, &[&str], &str)] = &[
        ("good.test", MX, "NOERROR", &["10 mx.good.test."], "secure: signed by `good.test` (key "),
        ("_25._tcp.mx.good.test", TLSA, "NOERROR", &[tlsa], "secure: signed by `good.test`"),
        ("good.test", TXT, "NOERROR", &["v=STSv1; id=1;"], "secure: "),
        // A type that is not there, a name that is not there.
        ("_25._tcp.none.good.test", TLSA, "NXDOMAIN", &[], "secure: "),
        ("mx.good.test", TLSA, "NOERROR", &[], "secure: "),
        ("_25._tcp.mx.hashed.test", TLSA, "NOERROR", &[tlsa], "secure: signed by `hashed.test`"),
        ("_25._tcp.none.hashed.test", TLSA, "NXDOMAIN", &[], "secure: "),
        ("mx.hashed.test", AAAA, "NOERROR", &[], "secure: "),
        ("_25._tcp.none.optout.test", TLSA, "NXDOMAIN", &[], "insecure: the zone leaves unsigned names out"),
        ("mx.optout.test", AAAA, "NOERROR", &[], "secure: "),
        // Wildcards.
        ("any.wild.good.test", A, "NOERROR", &["192.0.2.3"], "indeterminate: that no name is closer than the wildcard"),
        (
            "far.any.wild.good.test",
            A,
            "NOERROR",
            &["192.0.2.3"],
            "indeterminate: that no name is closer than the wildcard",
        ),
        ("far.any.wild.hashed.test", A, "NOERROR", &["192.0.2.3"], "secure: signed by `hashed.test`"),
        ("any.wild.hashed.test", A, "NOERROR", &["192.0.2.3"], "secure: signed by `hashed.test`"),
        ("any.wild.optout.test", A, "NOERROR", &["192.0.2.3"], "insecure: the zone leaves unsigned names out"),
        ("any.wild.good.test", TLSA, "NOERROR", &[], "secure: "),
        ("there.wild.good.test", A, "NOERROR", &[], "secure: "),
        // Aliases.
        ("two.good.test", A, "NOERROR", &["192.0.2.1"], "secure: signed by `good.test`"),
        ("away.good.test", A, "NOERROR", &["192.0.2.1"], "insecure: `plain.test` is not signed"),
        ("lost.good.test", A, "NXDOMAIN", &[], "insecure: `plain.test` is not signed"),
        // What is not signed, and what is signed with nothing that counts.
        (
            "_25._tcp.mx.plain.test",
            TLSA,
            "NOERROR",
            &[tlsa],
            "insecure: `plain.test` is not signed: a signed denial of its DS",
        ),
        ("_25._tcp.none.plain.test", TLSA, "NXDOMAIN", &[], "insecure: `plain.test` is not signed"),
        (
            "mx.strange.test",
            A,
            "NOERROR",
            &["192.0.2.1"],
            "insecure: `strange.test` is signed with nothing that is supported (algorithm 200, digest 2)",
        ),
        ("mx.sha1.test", A, "NOERROR", &["192.0.2.1"], "secure: signed by `sha1.test`"),
        // What is broken.
        (
            "_25._tcp.mx.late.test",
            TLSA,
            "NOERROR",
            &[tlsa],
            "bogus: TLSA of `_25._tcp.mx.late.test`: the signature of `late.test` (key ",
        ),
        ("mx.late.test", A, "NOERROR", &["192.0.2.1"], ") expired at "),
        ("mx.early.test", A, "NOERROR", &["192.0.2.1"], ") does not hold before "),
        (
            "mx.stranger.test",
            A,
            "NOERROR",
            &["192.0.2.1"],
            "bogus: A of `mx.stranger.test`: `stranger.test` has no key ",
        ),
        (
            "mx.mismatch.test",
            A,
            "NOERROR",
            &["192.0.2.1"],
            "bogus: no key of `mismatch.test` is the one that its DS record names",
        ),
    ];
    let questions: Vec<_> = rows.iter().map(|(owner, kind, ..)| (*owner, *kind)).collect();
    for (answer, (owner, kind, status, data, words)) in found(hierarchy(), as_it_is(), &questions).iter().zip(rows) {
        let answer = answer.as_ref().unwrap_or_else(|why| panic!("{owner} {kind}: {why}"));
        assert_eq!(
            (answer.status, answer.data.iter().map(String::as_str).collect::<Vec<_>>()),
            (*status, data.to_vec()),
            "{owner} {kind}"
        );
        let shown = answer.validation.to_string();
        assert!(shown.contains(words), "{owner} {kind}: {shown}");
    }
}

#[test]
fn each_alias_has_a_status_of_its_own() {
    let answers =
        found(hierarchy(), as_it_is(), &[("away.good.test", RecordType::A), ("two.good.test", RecordType::A)]);
    let aliases: Vec<_> = answers.iter().flatten().flat_map(|answer| &answer.aliases).collect();
    let shown: Vec<_> =
        aliases.iter().map(|one| (one.owner.as_str(), one.target.as_str(), one.validation.word())).collect();
    assert_eq!(shown, [("away.good.test", "mx.plain.test", "secure"), ("two.good.test", "mx.good.test", "secure")]);
}

#[test]
fn lies_are_not_believed() {
    let mx = "_25._tcp.mx.good.test";
    let spoofed = || RData::TLSA(TLSA::new(3.into(), 1.into(), 1.into(), vec![0xBB; 32]));
    let rows: Vec<(&str, Tamper, (&str, RecordType), &str)> = vec![
        (
            "nothing is signed any more",
            Box::new(|_, message| strip(message)),
            (mx, RecordType::TLSA),
            "indeterminate: the resolver sends no signatures",
        ),
        (
            "nothing is signed, and the resolver says that it validated",
            Box::new(|_, message| {
                strip(message);
                message.metadata.authentic_data = true;
            }),
            (mx, RecordType::TLSA),
            "indeterminate: the resolver sends no signatures",
        ),
        (
            "an unsigned zone is said to be validated",
            Box::new(|_, message| message.metadata.authentic_data = true),
            ("mx.plain.test", RecordType::A),
            "insecure: ",
        ),
        (
            "these records lost their signature",
            Box::new(|query, message| {
                if query.query_type() == RecordType::TLSA {
                    strip(message);
                }
            }),
            (mx, RecordType::TLSA),
            "bogus: TLSA of `_25._tcp.mx.good.test`: no signature, and nothing proves that there should be none",
        ),
        (
            "other records behind the same signature",
            Box::new(move |query, message| {
                for record in message.answers.iter_mut().filter(|one| one.record_type() == query.query_type()) {
                    if query.query_type() == RecordType::TLSA {
                        record.data = spoofed();
                    }
                }
            }),
            (mx, RecordType::TLSA),
            "bogus: TLSA of `_25._tcp.mx.good.test`: the signature of `good.test` (key ",
        ),
        (
            "records in a zone of another one's",
            Box::new(|query, message| {
                if is_of(query, "_25._tcp.mx.good.test.", RecordType::TLSA) {
                    let asked = message.answers.clone();
                    message.answers = asked
                        .into_iter()
                        .map(|mut record| {
                            record.name = name("_25._tcp.mx.other.test.");
                            record
                        })
                        .collect();
                }
            }),
            (mx, RecordType::TLSA),
            "bogus: nothing signed denies the TLSA of ",
        ),
        (
            "records that are said not to be there",
            Box::new(|query, message| {
                if query.query_type() == RecordType::TLSA {
                    strip(message);
                    message.answers.clear();
                    message.metadata.response_code = ResponseCode::NXDomain;
                }
            }),
            (mx, RecordType::TLSA),
            "bogus: nothing signed denies the TLSA of ",
        ),
        (
            "a delegation that is said not to be signed",
            Box::new(|query, message| {
                if query.query_type() == RecordType::DS {
                    strip(message);
                    message.answers.clear();
                }
            }),
            (mx, RecordType::TLSA),
            "bogus: ",
        ),
        (
            "keys that the resolver cannot have",
            Box::new(|query, message| {
                if is_of(query, "good.test.", RecordType::DNSKEY) {
                    *message = Message::new(0, message.metadata.message_type, message.metadata.op_code);
                    message.metadata.response_code = ResponseCode::ServFail;
                    message.queries.push(query.clone());
                }
            }),
            (mx, RecordType::TLSA),
            "indeterminate: DNSKEY of `good.test`: ",
        ),
        (
            "a wildcard for a name that is there, beside something unsigned",
            Box::new(|query, message| {
                if is_of(query, "any.wild.good.test.", RecordType::A) {
                    strip_denials(message);
                    let data = RData::NS(NS(name("ns.test.")));
                    message.authorities.push(Record::from_rdata(name("plain.test."), 60, data));
                }
            }),
            ("any.wild.good.test", RecordType::A),
            "indeterminate: nothing denies a closer match than the wildcard",
        ),
        (
            "the depth of another signature",
            Box::new(|query, message| {
                if is_of(query, "any.wild.hashed.test.", RecordType::A) {
                    let other = message.answers.iter().find_map(signature).unwrap().clone();
                    let mut input = other.input().clone();
                    input.num_labels += 1;
                    let other = RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, other.sig().to_vec())));
                    message.answers.insert(0, Record::from_rdata(query.name().clone(), 60, other));
                }
            }),
            ("any.wild.hashed.test", RecordType::A),
            "indeterminate: that no name is closer than the wildcard is not proven",
        ),
        (
            "a denial behind a signature of something else",
            Box::new(|query, message| {
                if is_of(query, "_25._tcp.none.hashed.test.", RecordType::TLSA) {
                    message.metadata.response_code = ResponseCode::NoError;
                    let mut other = message.authorities.iter().find(|one| signature(one).is_some()).unwrap().clone();
                    other.name = query.name().clone();
                    message.answers.push(other);
                }
            }),
            ("_25._tcp.none.hashed.test", RecordType::TLSA),
            "indeterminate: the denial is not of the usual form",
        ),
        (
            "a denial without the zone that it is of",
            Box::new(|query, message| {
                if query.query_type() == RecordType::TLSA {
                    let is_soa = |one: &Record| {
                        one.record_type() == RecordType::SOA
                            || signature(one).is_some_and(|one| one.input().type_covered == RecordType::SOA)
                    };
                    message.authorities.retain(|one| !is_soa(one));
                }
            }),
            ("_25.none.good.test", RecordType::TLSA),
            "indeterminate: the denial is not of the usual form",
        ),
        (
            "an alias that is denied when it is asked for",
            Box::new(|query, message| {
                if is_of(query, "mx.good.test.", RecordType::A) {
                    message.answers.clear();
                    let data = RData::CNAME(CNAME(name("none.good.test.")));
                    message.answers.push(Record::from_rdata(name("mx.good.test."), 60, data));
                }
            }),
            ("mx.good.test", RecordType::A),
            "indeterminate: the resolver shows an alias, and another one or none when asked",
        ),
    ];
    for (case, tamper, question, words) in rows {
        let answers = found(hierarchy(), tamper, &[question]);
        let shown = answers[0].as_ref().map(|answer| answer.validation.to_string());
        assert!(shown.as_ref().is_ok_and(|shown| shown.contains(words)), "{case}: {shown:?}");
    }
}

fn strip_denials(message: &mut Message) {
    message.authorities.clear();
}

#[test]
fn another_zone_denies_nothing() {
    // Whoever has a signed zone can sign that nothing lies between it and the end of all names.
    let forged = Zone::new("a.test.", &[]);
    let mut zones = hierarchy();
    let denial = forged.signed_denial("zz.test.");
    zones.join(forged);
    let tamper: Tamper = Box::new(move |query, message| {
        if query.query_type() == RecordType::TLSA {
            message.answers.clear();
            message.authorities.clone_from(&denial);
            message.metadata.response_code = ResponseCode::NXDomain;
        }
    });
    let answers = found(zones, tamper, &[("_25._tcp.mx.good.test", RecordType::TLSA)]);
    let shown = answers[0].as_ref().unwrap().validation.to_string();
    assert_eq!(shown, "indeterminate: another zone says that there is none");
}

#[test]
fn anchors_are_keys_or_digests_of_the_root() {
    let zones = hierarchy();
    let key = zones.key(".");
    let digest = DS::from_key(key.public_key(), &name("."), DigestType::SHA256).unwrap();
    let other = hierarchy().key(".");
    let server = zones.respond(as_it_is());
    for (text, word) in [
        (format!("; ours\n. IN DNSKEY {key}\n"), "secure"),
        (format!(".  86400  IN  DS  ( {digest} ) ; ours\n"), "secure"),
        (format!(". IN DNSKEY {other}\n. DNSKEY {key}"), "secure"),
        (format!(". IN DNSKEY {other}\n"), "bogus: no key of the root is a trust anchor"),
    ] {
        let answers = asked(Anchors::read(&text).unwrap(), server, &[("good.test", RecordType::MX)]);
        let shown = answers[0].as_ref().unwrap().validation.to_string();
        assert!(shown.starts_with(word), "{text}: {shown}");
    }
    let of_iana = asked(Anchors::default(), server, &[("good.test", RecordType::MX)]);
    assert_eq!(of_iana[0].as_ref().unwrap().validation.word(), "bogus");
}

#[test]
fn a_file_of_anchors_says_what_is_wrong() {
    for (text, why) in [
        ("", "expected DNSKEY or DS records of the root"),
        ("; nothing\n\n", "expected DNSKEY or DS records of the root"),
        ("test. IN DNSKEY 257 3 13 AAAA", "other zones cannot be anchors, found `test. IN DNSKEY"),
        (". IN DNSKEY 128 3 13 AAAA", "expected the flags of a key"),
        (". IN DNSKEY 385 3 13 AAAA", "expected the flags of a key"),
        (". IN DNSKEY 257 3 13 !!!", "expected a DNSKEY record ("),
        (". IN DS 1 13 1 aaaa", "expected a digest of SHA-256 or SHA-384 (2 or 4)"),
        (". IN DS 1", "expected a DS record ("),
        (". IN A 192.0.2.1", "expected DNSKEY or DS, found `. IN A 192.0.2.1`"),
        (".", "expected a record, found `.`"),
        ("<html>", "found `<html>`"),
    ] {
        let problem = Anchors::read(text).err().unwrap();
        assert!(problem.contains(why), "{text}: {problem}");
    }
}

#[test]
fn the_anchors_are_those_that_iana_publishes() {
    let digests = [
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    ];
    let keys = TrustAnchors::default();
    assert_eq!(keys.len(), digests.len());
    for (at, (digest, tag)) in digests.iter().zip([20326, 38696]).enumerate() {
        let key = DNSKEY::new(true, true, false, keys.get(at).unwrap().clone());
        assert_eq!(key.calculate_key_tag().unwrap(), tag);
        // The digest trusts this key, and no other.
        let trusted = Anchors::read(digest).unwrap().trusted([&key].into_iter());
        assert!(trusted.contains(key.public_key()));
        let other = hierarchy().key(".");
        assert!(Anchors::read(digest).unwrap().trusted([&other].into_iter()).is_empty());
    }
}

/// `delv` says the same of every name, where it is installed.
#[test]
fn delv_agrees() {
    let zones = hierarchy();
    let key = zones.key(".").to_string();
    let (numbers, key) = key.rsplit_once(' ').unwrap();
    let anchors = format!("trust-anchors {{ . static-key {numbers} \"{key}\"; }};\n");
    let file = std::env::temp_dir().join(format!("intransit-delv-{}.keys", std::process::id()));
    std::fs::write(&file, anchors).unwrap();
    let ours = Anchors::read(&format!(". IN DNSKEY {}", zones.key("."))).unwrap();
    let server = zones.respond(as_it_is());
    let rows = [
        ("good.test", RecordType::MX),
        ("_25._tcp.mx.good.test", RecordType::TLSA),
        ("mx.good.test", RecordType::AAAA),
        ("_25._tcp.none.good.test", RecordType::TLSA),
        ("far.any.wild.hashed.test", RecordType::A),
        ("two.good.test", RecordType::A),
        ("_25._tcp.mx.hashed.test", RecordType::TLSA),
        ("_25._tcp.none.hashed.test", RecordType::TLSA),
        ("any.wild.hashed.test", RecordType::A),
        ("mx.plain.test", RecordType::A),
        ("mx.strange.test", RecordType::A),
        ("mx.late.test", RecordType::A),
        ("mx.early.test", RecordType::A),
        ("mx.stranger.test", RecordType::A),
        ("mx.mismatch.test", RecordType::A),
    ];
    let answers = asked(ours, server, &rows);
    for ((owner, kind), answer) in rows.iter().zip(answers) {
        let (port, kind) = (server.port().to_string(), kind.to_string());
        let words =
            ["@127.0.0.1", "-p", &port, "-a", &file.to_string_lossy(), "+root=.", owner, &kind].map(str::to_owned);
        let Ok(output) = std::process::Command::new("delv").args(words).output() else {
            eprintln!("skipped: `delv` is not installed");
            break;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let theirs = match said.as_str() {
            said if said.contains("fully validated") => "secure",
            said if said.contains("unsigned answer") => "insecure",
            _ => "bogus",
        };
        assert_eq!(answer.unwrap().validation.word(), theirs, "{owner} {kind}: {said}");
    }
    let _ = std::fs::remove_file(&file);
}

#[test]
fn signatures_of_sha1_count_as_none() {
    let signature = |algorithm| Signature {
        signer: name("test."),
        tag: 1,
        algorithm,
        name: "RSASHA1",
        labels: 1,
        from: Timestamp::from_unix(0),
        to: Timestamp::from_unix(1),
    };
    for (algorithm, is_strong) in [(5, false), (7, false), (8, true), (13, true), (15, true)] {
        assert_eq!(signature(algorithm).strong().is_ok(), is_strong, "{algorithm}");
    }
}
