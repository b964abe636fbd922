//! Chains that are made to keep a judge busy.

use std::time::{Duration, Instant};

use intransit::pki::ParsedCertificate;
use rcgen::{CustomExtension, GeneralSubtree, NameConstraints, SanType};

use crate::made::{Party, ask, store};

/// Generous: these builds are not optimised, and machines are busy.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn hundreds_of_namesakes_end() {
    let begun = Instant::now();
    let root = Party::authority("Same");
    let parties: Vec<Party> = (0..300).map(|_| Party::authority("Same")).collect();
    let issued: Vec<ParsedCertificate> =
        parties.iter().zip(parties.iter().cycle().skip(1)).map(|(one, other)| one.by(other)).collect();
    let others: Vec<&ParsedCertificate> = issued.iter().collect();
    let leaf = Party::server().by(&parties[0]);
    let made = begun.elapsed();
    let answer = ask(&leaf, &others, &store([root.by_itself()]));
    assert!(!answer.trusted);
    assert!(answer.stopped.is_some());
    assert!(begun.elapsed() - made < LONG, "{:?}", begun.elapsed() - made);
    println!("{:?}, {} paths", answer.stopped, answer.paths.len());
}

#[test]
fn authorities_that_all_cross_sign_each_other_end() {
    let begun = Instant::now();
    let parties: Vec<Party> = (0..15).map(|number| Party::authority(&format!("Ring {number}"))).collect();
    let mut issued = Vec::new();
    for (a, one) in parties.iter().enumerate() {
        issued.extend(parties.iter().enumerate().filter(|(b, _)| *b != a).map(|(_, other)| one.by(other)));
    }
    let others: Vec<&ParsedCertificate> = issued.iter().collect();
    let leaf = Party::server().by(&parties[0]);
    let made = begun.elapsed();
    let lost = ask(&leaf, &others, &store([Party::authority("Elsewhere").by_itself()]));
    assert!(!lost.trusted);
    assert!(lost.stopped.is_some());
    // A root that is one step away is found all the same.
    let found = ask(&leaf, &others, &store([parties[14].by_itself()]));
    assert!(found.trusted, "{:?}", found.stopped);
    assert!(begun.elapsed() - made < LONG, "{:?}", begun.elapsed() - made);
}

#[test]
fn names_and_constraints_by_the_thousand_end() {
    let name = |number: usize| SanType::DnsName(format!("h{number}.example.com").try_into().unwrap());
    let mut server = Party::server();
    server.params.subject_alt_names.extend((0..1000).map(name));
    let mut root = Party::authority("Constraining Root");
    root.params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: (0..1000).map(|number| GeneralSubtree::DnsName(format!("x{number}.example.org"))).collect(),
    });
    let leaf = server.by(&root);
    let begun = Instant::now();
    let answer = ask(&leaf, &[], &store([root.by_itself()]));
    assert!(!answer.trusted);
    let miss = answer.nearest_miss.unwrap();
    assert!(miss.contains("too many names and constraints"), "{miss}");
    assert!(begun.elapsed() < LONG);
}

#[test]
fn long_chains_are_not_followed_to_their_end() {
    let parties: Vec<Party> = (0..40).map(|number| Party::authority(&format!("Link {number}"))).collect();
    let issued: Vec<ParsedCertificate> = parties.iter().zip(&parties[1..]).map(|(one, other)| one.by(other)).collect();
    let others: Vec<&ParsedCertificate> = issued.iter().collect();
    let leaf = Party::server().by(&parties[0]);
    let answer = ask(&leaf, &others, &store([parties[39].by_itself()]));
    assert!(!answer.trusted);
    assert!(answer.nearest_miss.unwrap().contains("are not followed"));
}

#[test]
fn certificates_that_are_large_in_every_way_end() {
    let begun = Instant::now();
    let long = "n".repeat(60_000);
    let mut authorities: Vec<Party> = (0..12).map(|_| Party::authority(&long)).collect();
    for (number, authority) in (0_u8..).zip(&mut authorities) {
        let oid = |arc: u64| CustomExtension::from_oid_content(&[1, 2, 3, arc], vec![5, 0]);
        authority.params.custom_extensions = (0..if number % 2 == 0 { 99 } else { 3000 }).map(oid).collect();
        authority.params.name_constraints = Some(NameConstraints {
            permitted_subtrees: Vec::new(),
            excluded_subtrees: (0..500)
                .map(|number| GeneralSubtree::DnsName(format!("x{number}.example.org")))
                .collect(),
        });
    }
    let mut issued = Vec::new();
    for (a, one) in authorities.iter().enumerate() {
        issued.extend(authorities.iter().enumerate().filter(|(b, _)| *b != a).map(|(_, other)| one.by(other)));
    }
    let mut server = Party::server();
    let name = |number: usize| SanType::DnsName(format!("h{number}.example.com").try_into().unwrap());
    server.params.subject_alt_names.extend((0..5000).map(name));
    server.params.distinguished_name.push(rcgen::DnType::CommonName, long.as_str());
    let others: Vec<&ParsedCertificate> = issued.iter().collect();
    let leaf = server.by(&authorities[0]);
    let made = begun.elapsed();
    let answer = ask(&leaf, &others, &store([Party::authority("Elsewhere").by_itself()]));
    assert!(!answer.trusted && answer.stopped.is_some());
    assert!(serde_json::to_string(&answer).unwrap().len() < 1 << 20);
    assert!(begun.elapsed() - made < LONG, "{:?}", begun.elapsed() - made);
    println!("{:?}", begun.elapsed() - made);
}
