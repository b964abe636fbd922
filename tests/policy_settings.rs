//! What a policy says beside its rules: sides, identities, addresses of its own.

use intransit::evidence::{Role, Subject};
use intransit::{CheckOptions, Input, Outcome, Policy, Report, Verdict, check, read};

const NOW: &str = "2026-11-22T10:00:00Z";

/// A finished scan that accepts `versions`, in testssl.sh's pretty form; of a client where `role` says so.
fn report(versions: &str, role: Role) -> String {
    let row = |id: &str| {
        let finding = if versions.split(' ').any(|version| version == id) { "offered" } else { "not offered" };
        format!(r#"{{"id":"{id}","severity":"INFO","finding":"{finding}"}}"#)
    };
    let rows = ["SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3"].map(row).join(",");
    let text = format!(
        r#"{{"Invocation":"testssl.sh a.example:443","version":"3.2","openssl":"x","startTime":"1795302356","scanResult":[
        {{"targetHost":"a.example","ip":"192.0.2.1","port":"443","service":"HTTP","protocols":[{rows}]}}],"scanTime":5}}"#
    );
    let mut reading = read(&[Input::new("report.json", text.as_bytes())]);
    for subject in reading.evidence.scans.iter_mut().flat_map(|scan| &mut scan.subjects) {
        if let Subject::Endpoint(endpoint) = subject {
            endpoint.key.role = role;
        }
    }
    reading.evidence.to_document(&reading.diagnostics)
}

fn judged(input: &str, policy: &str, host: Option<&str>) -> Report {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(policy.to_owned()),
        host: host.map(str::to_owned),
        ..CheckOptions::default()
    };
    check(&[Input::new("input", input.as_bytes())], &options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn policy(rest: &str) -> String {
    format!(r#"{{"id":"p","version":"1",{rest}}}"#)
}

#[test]
fn a_setting_for_a_side_is_for_that_side_alone() {
    let rules = |more: &str| {
        policy(&format!(
            r#""rules":[{{"rule":"plaintext-service","level":"error"}},{{"rule":"tls13-missing","level":"error","role":"client"}}{more}]"#
        ))
    };
    let found = |role, more: &str| {
        let report = judged(&report("TLS1_2", role), &rules(more), None);
        let of_rule = report.findings.iter().find(|finding| finding.rule == "tls13-missing");
        of_rule.map(|finding| (finding.outcome, finding.level.name()))
    };
    let fails = |level| Some((Outcome::Fail, level));
    assert_eq!(found(Role::Client, ""), fails("error"));
    assert_eq!(found(Role::Server, ""), None);
    let everywhere = r#",{"rule":"tls13-missing","level":"warning"}"#;
    assert_eq!(found(Role::Client, everywhere), fails("error"));
    assert_eq!(found(Role::Server, everywhere), fails("warning"));
    // The flow goes before the side, and both before either.
    let flow = r#",{"rule":"tls13-missing","level":"warning","flow":"clientToService"}"#;
    assert_eq!(found(Role::Client, flow), fails("warning"));
    let both = r#",{"rule":"tls13-missing","level":"error","flow":"clientToService","role":"client"}"#;
    assert_eq!(found(Role::Client, &format!("{flow}{both}")), fails("error"));
    assert_eq!(found(Role::Server, &format!("{flow}{both}")), fails("warning"));
}

#[test]
fn of_certificates_by_themselves_the_side_is_not_known() {
    let policy = |bits: u32| {
        policy(&format!(
            r#""expects":["chain"],"rules":[{{"rule":"certificate-not-yet-valid","level":"error"}},
            {{"rule":"rsa-key-short","level":"error","role":"client","params":{{"minimumBits":{bits}}}}}]"#
        ))
    };
    let pem = include_str!("cases/pki/rsa-2048.pem");
    let open = judged(pem, &policy(3072), None);
    assert_eq!(open.verdict, Verdict::Indeterminate, "{:?}", open.reasons);
    assert!(open.findings.iter().any(|finding| finding.summary.starts_with("It fails if it is a client: ")));
    let report = judged(pem, &policy(2048), None);
    assert_eq!(report.verdict, Verdict::Compliant, "{:?}", report.reasons);
    assert!(!report.findings.iter().any(|finding| finding.rule == "rsa-key-short"), "a pass there is none");
}

#[test]
fn what_is_set_wrongly_is_said() {
    let rules =
        r#""rules":[{"rule":"issuer-unexpected","level":"warning"},{"rule":"certificate-expired","level":"error"}]"#;
    let pin = "0".repeat(63);
    for (rest, expected) in [
        (
            r#""rules":[{"rule":"issuer-unexpected","level":"error","params":{"records":[]}}]"#.to_owned(),
            "`records` stand in the policy's member `identities`",
        ),
        (
            r#""rules":[{"rule":"rsa-key-short","level":"error","role":"peer"}]"#.to_owned(),
            "expected one of `server`, `client`, found `\"peer\"`",
        ),
        (
            r#""rules":[{"rule":"rsa-key-short","level":"error","role":"client"},{"rule":"rsa-key-short","level":"error","role":"client"}]"#
                .to_owned(),
            "is set twice",
        ),
        (format!(r#"{rules},"identities":[{{"issuers":["x"]}}]"#), "expected a member `host`"),
        (format!(r#"{rules},"identities":[{{"host":"a.example"}}]"#), "the identity of `a.example` expects nothing"),
        (format!(r#"{rules},"identities":[{{"host":"*.*","issuers":["x"]}}]"#), "an identity names `*.*`"),
        (
            format!(
                r#"{rules},"identities":[{{"host":"a.example","issuers":["x"],"from":"2026-02-01","until":"2026-01-01"}}]"#
            ),
            "ends on 2026-01-01, before it begins",
        ),
        (
            format!(r#"{rules},"identities":[{{"host":"a.example","spkiSha256":["{pin}"]}}]"#),
            "expected a SHA-256 as 64 hex digits",
        ),
        (
            format!(r#"{rules},"identities":[{{"host":"a.example","issuers":["x"],"lastCheckd":"2026-01-01"}}]"#),
            "did you mean `lastChecked`",
        ),
        (format!(r#"{rules},"ownedAddresses":[{{"ranges":["192.0.2.0/24"]}}]"#), "expected a member `source`"),
        (
            format!(r#"{rules},"ownedAddresses":[{{"ranges":["192.0.2.1/24"],"source":"x","date":"2026-01-01"}}]"#),
            "`192.0.2.1/24` has bits behind",
        ),
    ] {
        let text = policy(&rest);
        let Err(problems) = Policy::from_json("p.json", &text) else { panic!("{text}") };
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn what_takes_the_place_of_a_packs_identities_is_listed() {
    let text = policy(
        r#""extends":"m365-in-transit-1.0","identities":[{"host":"mail.example.com","issuers":["Example Root"]}]"#,
    );
    let own = Policy::from_json("p.json", &text).unwrap();
    assert_eq!(own.identities.len(), 1);
    let [change] = own.changes.as_slice() else { panic!("{:?}", own.changes) };
    assert!(change.setting == "identities" && change.from.contains("Baltimore") && change.to.contains("Example Root"));
    // A pin alone is a change, though the record is called the same.
    let mut pinned = intransit::policy::pack("m365-in-transit-1.0").unwrap().json.to_owned();
    let identities = pinned.split_off(pinned.find("\"identities\"").unwrap());
    let identities = &identities[..identities.find("\"sources\"").unwrap()].trim_end().trim_end_matches(',');
    for (from, to, changes) in [("63d9", "63d8", 1), ("63d9", "63d9", 0)] {
        let text = policy(&format!(r#""extends":"m365-in-transit-1.0",{}"#, identities.replacen(from, to, 1)));
        assert_eq!(Policy::from_json("p.json", &text).unwrap().changes.len(), changes, "{to}");
    }
    let inherited = Policy::from_json("p.json", &policy(r#""extends":"m365-in-transit-1.0""#)).unwrap();
    assert!(inherited.changes.is_empty() && inherited.identities.len() > 3);
}

#[test]
fn an_address_that_is_not_owned_is_accepted_by_a_waiver_alone() {
    let pem = include_str!("cases/pki/profile-address-private.pem");
    let rules = r#""expects":["chain"],"rules":[{"rule":"address-not-owned","level":"error"},{"rule":"certificate-malformed","level":"error"}]"#;
    let plain = judged(pem, &policy(rules), None);
    assert_eq!(plain.verdict, Verdict::NonCompliant);
    let fail = plain.findings.iter().find(|finding| finding.rule == "address-not-owned").unwrap();
    let waiver = format!(
        r#""waivers":[{{"id":"W1","rule":"address-not-owned","subject":"{}","certificate":"{}","reason":"a lab","owner":"lab",
        "approver":"the CISO","granted":"2026-11-01","expires":"2027-02-01"}}]"#,
        fail.subject.label,
        fail.subject.certificate.as_deref().unwrap()
    );
    let waived = judged(pem, &policy(&format!("{rules},{waiver}")), None);
    assert_eq!(waived.verdict, Verdict::Compliant, "{:?} {:?}", waived.reasons, waived.notes);
    assert!(waived.headline.contains("with accepted exceptions"), "{}", waived.headline);
}
