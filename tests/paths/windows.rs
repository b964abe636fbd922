//! One host with two issuers, one after the other, as the second source document tells of Exchange Online: each window
//! accepts its own chain and refuses the other's, and names alone pass under nobody's record.

use intransit::pki::ParsedCertificate;
use intransit::report::Finding;
use intransit::{CheckOptions, Input, Outcome, check};
use rcgen::{DnType, SanType, date_time_ymd};
use serde_json::json;

use crate::made::Party;

const HOST: &str = "mail.protection.outlook.com";
const BEFORE: &str = "2018-08-01T00:00:00Z";
const BEHIND: &str = "2018-10-01T00:00:00Z";

struct Made {
    root: ParsedCertificate,
    chain: String,
}

/// A root that has the name of a real one, and what it issued.
fn made(root: &str) -> Made {
    let of_its_time = |mut party: Party| {
        party.params.not_before = date_time_ymd(2016, 1, 1);
        party.params.not_after = date_time_ymd(2020, 1, 1);
        party
    };
    let root = of_its_time(Party::authority(root));
    let issuing = of_its_time(Party::authority("An Issuing CA"));
    let mut server = of_its_time(Party::server());
    server.params.distinguished_name.push(DnType::CommonName, HOST);
    server.params.distinguished_name.push(DnType::OrganizationName, "Microsoft Corporation");
    server.params.subject_alt_names = vec![SanType::DnsName(HOST.try_into().unwrap())];
    let chain = [server.by(&issuing), issuing.by(&root)].iter().map(pem).collect();
    Made { root: root.by_itself(), chain }
}

fn pem(certificate: &ParsedCertificate) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(&certificate.der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

fn pin(made: &Made) -> String {
    made.root.key.as_ref().unwrap().spki_sha256.clone()
}

/// The findings of a rule about the leaf.
fn judged(made: &Made, at: &str, policy: &str, rule: &str) -> Finding {
    let options = CheckOptions {
        at: at.to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        host: Some(HOST.to_owned()),
        policy: Some(policy.to_owned()),
        roots: Some(pem(&made.root)),
        ..CheckOptions::default()
    };
    let report = check(&[Input::new("chain.pem", made.chain.as_bytes())], &options).unwrap();
    assert!(report.chains[0].trusted, "{:#?}", report.chains);
    let mut found = report.findings.into_iter().filter(|finding| finding.rule == rule);
    found.find(|finding| finding.subject.certificate.is_some()).unwrap()
}

#[test]
fn each_window_accepts_its_own_chain_and_refuses_the_others() {
    let (old, new) = (made("Baltimore CyberTrust Root"), made("GlobalSign Root CA"));
    let policy = json!({
        "id": "windows",
        "version": "1",
        "rules": [
            { "rule": "issuer-unexpected", "level": "error" },
            { "rule": "organization-unexpected", "level": "error" },
        ],
        "identities": [
            { "host": HOST, "role": "server", "until": "2018-09-03", "issuers": ["Baltimore CyberTrust Root"],
              "organizations": ["Microsoft Corporation"], "rootSpkiSha256": [pin(&old)] },
            { "host": HOST, "role": "server", "from": "2018-09-03", "issuers": ["GlobalSign Root CA"],
              "organizations": ["Microsoft Corporation"], "rootSpkiSha256": [pin(&new)] },
        ],
    })
    .to_string();
    for rule in ["issuer-unexpected", "organization-unexpected"] {
        for (made, at, expected) in [
            (&old, BEFORE, Outcome::Pass),
            (&new, BEFORE, Outcome::Fail),
            (&old, BEHIND, Outcome::Fail),
            (&new, BEHIND, Outcome::Pass),
        ] {
            let finding = judged(made, at, &policy, rule);
            assert_eq!(finding.outcome, expected, "{rule} at {at}: {}", finding.summary);
        }
    }
    let refused = judged(&new, BEFORE, &policy, "issuer-unexpected").summary;
    assert!(refused.contains("`GlobalSign Root CA`") || refused.contains("whose key"), "{refused}");
}

#[test]
fn the_same_names_never_pass_under_the_shipped_records() {
    for name in
        ["Baltimore CyberTrust Root", "GlobalSign Root CA", "DigiCert Global Root CA", "DigiCert Global Root G2"]
    {
        let made = made(name);
        for at in [BEFORE, BEHIND] {
            for policy in ["m365-in-transit-1.0", "m365-in-transit-strict-1.0"] {
                for rule in ["issuer-unexpected", "organization-unexpected"] {
                    let finding = judged(&made, at, policy, rule);
                    assert_ne!(finding.outcome, Outcome::Pass, "{name}, {policy}, {at}: {}", finding.summary);
                }
            }
        }
    }
}
