//! Policies beyond levels: inventory, exceptions, attestations, settings by flow.

use intransit::report::WaiverState;
use intransit::{CheckOptions, Input, Outcome, Policy, Report, Verdict, check};

const NOW: &str = "2026-11-22T10:00:00Z";

/// A finished scan of `host` that accepts `versions`, in testssl.sh's pretty form.
fn report(host: &str, port: u16, accepted: &str) -> String {
    let row = |id: &str| {
        let finding = if accepted.split(' ').any(|version| version == id) { "offered" } else { "not offered" };
        format!(r#"{{"id":"{id}","severity":"INFO","finding":"{finding}"}}"#)
    };
    let rows: Vec<String> = ["SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3"].iter().map(|id| row(id)).collect();
    format!(
        r#"{{"Invocation":"testssl.sh {host}:{port}","version":"3.2","openssl":"x","startTime":"1795302356","scanResult":[
        {{"targetHost":"{host}","ip":"192.0.2.1","port":"{port}","service":"HTTP","protocols":[{}]}}],"scanTime":5}}"#,
        rows.join(",")
    )
}

fn judged(inputs: &[String], policy: &str, now: &str, inventory: Option<&str>) -> Report {
    let inputs: Vec<Input<'_>> = inputs.iter().map(|text| Input::new("report.json", text.as_bytes())).collect();
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: now.to_owned(),
        policy: Some(policy.to_owned()),
        inventory: inventory.map(str::to_owned),
        ..CheckOptions::default()
    };
    check(&inputs, &options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

const PROTOCOLS_ONLY: &str = r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error"}]}"#;

#[test]
fn a_flow_of_the_inventory_that_was_not_shown_keeps_the_verdict_open() {
    let inventory = "name,flow,endpoints\nPortal,clientToService,a.example:443\nShop,,b.example:443 c.example:443\n\
                     Partner mail,serviceToOther,mail.example:25\n";
    let inputs = [report("a.example", 443, "TLS1_2"), report("c.example", 443, "TLS1_3")];
    let without = judged(&inputs, PROTOCOLS_ONLY, NOW, None);
    assert_eq!(without.verdict, Verdict::Compliant, "{:?}", without.reasons);
    let with = judged(&inputs, PROTOCOLS_ONLY, NOW, Some(inventory));
    assert_eq!(with.verdict, Verdict::Indeterminate);
    let [missing] = with.scope.not_shown.as_slice() else { panic!("{:?}", with.scope.not_shown) };
    assert!(missing.contains("Partner mail") && missing.contains("mail.example:25"), "{missing}");
}

fn waived(expires: &str, subject: &str) -> String {
    format!(
        r#"{{"id":"p","version":"1","rules":[{{"rule":"obsolete-protocol","level":"error"}}],"waivers":[
        {{"id":"W1","rule":"obsolete-protocol","subject":"{subject}","reason":"a printer","owner":"print team",
        "approver":"the CISO","granted":"2026-11-01","expires":"{expires}"}}]}}"#
    )
}

#[test]
fn an_exception_holds_until_it_ends_and_never_hides_what_it_is() {
    let inputs = [report("a.example", 443, "TLS1_2"), report("old.example", 443, "TLS1 TLS1_2")];
    let policy = waived("2026-11-23", "old.example:443 (192.0.2.1)");
    let today = judged(&inputs, &policy, NOW, None);
    assert_eq!(today.verdict, Verdict::Compliant, "{:?}", today.reasons);
    assert!(today.headline.contains("with accepted exceptions"), "{}", today.headline);
    assert_eq!((today.tally.accepted, today.tally.must_fix), (1, 0));

    let later = judged(&inputs, &policy, "2026-11-24T10:00:00Z", None);
    assert_eq!(later.verdict, Verdict::NonCompliant);
    let fail = later.findings.iter().find(|finding| finding.outcome == Outcome::Fail).unwrap();
    assert_eq!(fail.exception.as_ref().map(|exception| exception.state), Some(WaiverState::Expired));
}

#[test]
fn an_exception_names_one_subject_and_never_an_unknown() {
    let inputs = [report("old.example", 443, "TLS1 TLS1_2")];
    for subject in ["other.example:443 (192.0.2.1)", "old.example:443"] {
        let report = judged(&inputs, &waived("2026-11-23", subject), NOW, None);
        assert_eq!(report.verdict, Verdict::NonCompliant, "{subject}");
        assert!(report.notes.iter().any(|note| note.contains("`W1` applies to nothing")), "{:?}", report.notes);
    }
    let nothing_tested = [report("old.example", 443, "")];
    let report = judged(&nothing_tested, &waived("2026-11-23", "old.example:443 (192.0.2.1)"), NOW, None);
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

#[test]
fn an_exception_for_a_service_under_one_name_is_none_for_another() {
    let session = |name: &str, version: &str| {
        format!(
            "$ openssl s_client -connect mail.example:443 {name}\nCONNECTED(00000003)\n---\nno peer certificate available\n\
             ---\nNew, {version}, Cipher is AES256-SHA\nSSL-Session:\n    Protocol  : {version}\n    \
             Cipher    : AES256-SHA\n---\n"
        )
    };
    let inputs = [session("-servername mail.example", "TLSv1"), session("-servername old.example", "TLSv1")];
    let report = judged(&inputs, &waived("2026-11-23", "mail.example:443"), NOW, None);
    let fails: Vec<_> = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail).collect();
    let accepted = |label: &str| fails.iter().find(|fail| fail.subject.label == label).map(|fail| fail.is_accepted());
    assert_eq!(accepted("mail.example:443"), Some(true), "{fails:#?}");
    assert_eq!(accepted("mail.example:443 as old.example"), Some(false), "{fails:#?}");
}

#[test]
fn an_exception_for_a_name_that_several_subjects_have_accepts_none_of_them() {
    // One report sends the server name, the other does not say: two services, as far as is known, with one label.
    let session = "$ openssl s_client -connect mail.example:443 -servername mail.example\nCONNECTED(00000003)\n---\n\
                   no peer certificate available\n---\nNew, TLSv1, Cipher is AES256-SHA\nSSL-Session:\n    \
                   Protocol  : TLSv1\n    Cipher    : AES256-SHA\n---\n";
    let other = "<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" args=\"nmap --script ssl-enum-ciphers -p 443 mail.example\" \
                 start=\"1795302356\" version=\"7.93\"><host><status state=\"up\"/><hostnames><hostname name=\"mail.example\" \
                 type=\"user\"/></hostnames><ports><port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/><script \
                 id=\"ssl-enum-ciphers\" output=\"\"><table key=\"TLSv1.0\"><table key=\"ciphers\"><table><elem \
                 key=\"name\">TLS_RSA_WITH_AES_128_CBC_SHA</elem></table></table></table></script></port></ports></host>\
                 <runstats><finished exit=\"success\"/></runstats></nmaprun>";
    let inputs = [session.to_owned(), other.to_owned()];
    let report = judged(&inputs, &waived("2026-11-23", "mail.example:443"), NOW, None);
    let labels = report.endpoints.iter().filter(|endpoint| endpoint.label == "mail.example:443").count();
    assert_eq!(labels, 2, "{:#?}", report.endpoints);
    assert_eq!((report.verdict, report.tally.accepted), (Verdict::NonCompliant, 0));
    assert!(
        report.notes.iter().any(|note| note.contains("several subjects of this report are called")),
        "{:?}",
        report.notes
    );
}

#[test]
fn an_exception_for_what_was_seen_leaves_what_was_not_unknown() {
    let scan = report("old.example", 443, "TLS1 TLS1_2")
        .replace(r#"{"id":"SSLv3","severity":"INFO","finding":"not offered"},"#, "");
    let inputs = [report("a.example", 443, "TLS1_2"), scan];
    let report = judged(&inputs, &waived("2026-11-23", "old.example:443 (192.0.2.1)"), NOW, None);
    assert_eq!((report.verdict, report.tally.accepted, report.tally.undecided), (Verdict::Indeterminate, 1, 1));
    let open = report.findings.iter().find(|finding| finding.outcome == Outcome::Unknown).unwrap();
    assert!(open.id.ends_with("~unseen") && !open.gaps.is_empty(), "{open:#?}");
    assert!(open.summary.contains("what was not") && !open.decide_by.is_empty(), "{open:#?}");
}

#[test]
fn each_attack_is_a_facet_of_its_own() {
    let script = |title: &str| {
        format!(
            "<table key=\"{title}\"><elem key=\"title\">{title}</elem><elem key=\"state\">VULNERABLE</elem></table>"
        )
    };
    let titles = ["POODLE", "One Attack", "one-attack", "\u{653b}\u{6483}", "\u{653b}"];
    let report = format!(
        "<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" args=\"nmap --script ssl-poodle -p 443 mail.example\" \
         start=\"1795302356\" version=\"7.93\"><host><status state=\"up\"/><hostnames><hostname name=\"mail.example\" \
         type=\"user\"/></hostnames><ports><port protocol=\"tcp\" portid=\"443\"><state state=\"open\"/><script \
         id=\"ssl-poodle\" output=\"\">{}</script></port></ports></host><runstats><finished exit=\"success\"/></runstats>\
         </nmaprun>",
        titles.map(script).concat()
    );
    let policy = r#"{"id":"p","version":"1","rules":[{"rule":"known-vulnerability","level":"error"}]}"#;
    let report = judged(&[report], policy, NOW, None);
    let fails = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    let mut facets: Vec<_> = fails.map(|finding| finding.facet.clone().expect("a facet")).collect();
    assert_eq!(facets.len(), titles.len(), "{facets:?}");
    assert!(facets.contains(&"poodle".to_owned()), "{facets:?}");
    facets.sort();
    facets.dedup();
    assert_eq!(facets.len(), titles.len(), "{facets:?}");
}

#[test]
fn an_exception_only_of_accepted_fails_is_not_compliant_by_itself() {
    let inputs = [report("old.example", 443, "TLS1 TLS1_2")];
    let report = judged(&inputs, &waived("2026-11-23", "old.example:443 (192.0.2.1)"), NOW, None);
    assert_eq!(report.verdict, Verdict::Indeterminate, "nothing passed");
}

#[test]
fn exceptions_without_end_owner_or_subject_are_refused() {
    let base = waived("2026-11-23", "x:1");
    let again = format!(",{}", &base[base.find("{\"id\":\"W1\"").unwrap()..]);
    for (change, to, expected) in [
        ("\"2026-11-23\"", "\"2027-11-23\"", "at most a year"),
        ("\"2026-11-23\"", "\"2026-10-01\"", "before it was granted"),
        ("\"print team\"", "\" \"", "has no owner"),
        ("\"x:1\"", "\"*\"", "without wildcards"),
        ("\"x:1\"", "\"a service that is not named\"", "which any service may be"),
        ("\"x:1\"", "\"x (port not stated)\"", "which any service may be"),
        ("\"x:1\"", "\"IPsec policy\"", "which anybody's may be called"),
        ("\"x:1\"", "\"MTA-STS policy of a domain that is not named\"", "which anybody's may be called"),
        ("\"x:1\"", "\"send connector without a name\"", "which anybody's may be called"),
        ("\"approver\"", "\"aprover\"", "did you mean `approver`"),
        ("\"rule\":\"obsolete-protocol\",\"subject\"", "\"rule\":\"obsolete-protocols\",\"subject\"", "names no rule"),
        ("]}", &again, "waiver `W1` stands there twice"),
    ] {
        let options = CheckOptions {
            at: NOW.to_owned(),
            now: NOW.to_owned(),
            policy: Some(base.replace(change, to)),
            ..CheckOptions::default()
        };
        let problems = check(&[Input::new("a", b"{}")], &options).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn a_policy_of_ones_own_is_not_called_as_a_shipped_pack() {
    let pack = intransit::policy::pack("m365-in-transit-1.0").unwrap();
    let read = |text: &str| Policy::from_json("own.json", text).map(|policy| policy.reference.id);
    let mut copy: serde_json::Value = serde_json::from_str(pack.json).unwrap();
    assert!(read(&copy.to_string()).is_ok(), "a copy is a copy");
    let rules = r#""rules":[{"rule":"plaintext-service","level":"error"}]"#;
    for (own, is_refused) in [
        (format!(r#"{{"id":"m365-in-transit","version":"1.0",{rules}}}"#), true),
        (format!(r#"{{"id":"m365-in-transit","version":"1.0","extends":"m365-in-transit-1.0",{rules}}}"#), true),
        (format!(r#"{{"id":"own","version":"1.0","title":"M365 in transit ",{rules}}}"#), true),
        (format!(r#"{{"id":"own","version":"1.0","title":"M365 in transit at our site",{rules}}}"#), false),
        (format!(r#"{{"id":"m365-in-transit","version":"9",{rules}}}"#), false),
    ] {
        match read(&own) {
            Ok(_) => assert!(!is_refused, "{own}"),
            Err(problems) => assert!(is_refused && problems[0].message.contains("shipped pack"), "{own}: {problems:?}"),
        }
    }
    copy["rules"].as_array_mut().unwrap().pop();
    assert!(read(&copy.to_string()).is_err(), "a copy with a rule less");
}

#[test]
fn a_setting_for_a_flow_goes_before_one_for_all_and_is_listed_as_a_change() {
    let policy = r#"{"id":"p","version":"1","extends":"baseline-1.0","rules":[
        {"rule":"obsolete-protocol","level":"off","flow":"clientToService"}]}"#;
    let report = judged(&[report("old.example", 443, "TLS1 TLS1_2")], policy, NOW, None);
    assert!(!report.findings.iter().any(|finding| finding.rule == "obsolete-protocol"));
    assert!(report.changed_settings.iter().any(|change| change.setting.starts_with("obsolete-protocol")));
}

#[test]
fn a_setting_for_a_flow_counts_where_the_flow_is_not_known() {
    // The flat form does not say whether STARTTLS was used, and with it which flow the service belongs to.
    let row = |id: &str, finding: &str| {
        format!(r#"{{"id":"{id}","ip":"a.example/192.0.2.1","port":"443","severity":"INFO","finding":"{finding}"}}"#)
    };
    let flat = |tls10: &str| {
        let others = ["SSLv2", "SSLv3", "TLS1_1"].map(|id| row(id, "not offered")).join(",");
        let rest = [row("TLS1", tls10), row("TLS1_2", "offered"), row("scanTime", "5")].join(",");
        format!("[{others},{rest}]")
    };
    let policy = r#"{"id":"p","version":"1","rules":[{"rule":"plaintext-service","level":"error"},
        {"rule":"obsolete-protocol","level":"error","flow":"serviceToOther"}]}"#;
    for (tls10, verdict, found) in [("offered", Verdict::Indeterminate, 1), ("not offered", Verdict::Compliant, 0)] {
        let report = judged(&[flat(tls10)], policy, NOW, None);
        assert_eq!(report.verdict, verdict, "{tls10}: {:?}", report.reasons);
        let of_rule = report.findings.iter().filter(|finding| finding.rule == "obsolete-protocol");
        assert_eq!(of_rule.filter(|finding| finding.outcome == Outcome::Unknown).count(), found);
    }
}

#[test]
fn an_attestation_is_listed_and_its_end_is_said() {
    let policy = r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error"}],"attestations":[
        {"id":"A1","statement":"FIPS 140-3 module","document":"certificate 0000","date":"2025-01-01","owner":"security",
        "expires":"2026-11-01"}]}"#;
    let report = judged(&[report("a.example", 443, "TLS1_2")], policy, NOW, None);
    assert_eq!(report.attestations.len(), 1);
    assert!(report.notes.iter().any(|note| note.contains("`A1` ended")), "{:?}", report.notes);
}

#[test]
fn what_a_policy_says_wrongly_is_said_with_its_place() {
    for (text, expected) in [
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"rsa-key-short","level":"eror"}]}"#,
            "expected one of `error`, `warning`, `off`, found `\"eror\"` (line 1, column 66)",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"rsa-key-short","level":"error","params":{"minimumBits":"x"}}]}"#,
            "expected a whole number up to 4294967295, found `\"x\"`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"weak-group","level":"error","params":{"minimumBits":65536}}]}"#,
            "expected a whole number up to 65535, found `65536`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"weak-group","level":"error","params":{"minimumBit":1}}]}"#,
            "did you mean `minimumBits`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"weak-group","level":"error","params":[]}]}"#,
            "expected an object, found `[`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error","params":{"minimum":"TLSv1.9"}}]}"#,
            "expected a version such as `TLSv1.2`, found `\"TLSv1.9\"`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"suite-not-listed","level":"error","params":{"listed":["x"]}}]}"#,
            "or a code point as 0x1399, found `x`",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error","level":"off"}]}"#,
            "`level` stands here twice",
        ),
        (
            r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error"}]} {}"#,
            "expected the end, found more behind the JSON (line 1, column ",
        ),
        (r#"{"id":"p","version":"1","rules":[{"rule":"obsolete-protocol","level":"error"}]"#, "(line 1, column"),
        (
            r#"{"id":"p","rules":[{"rule":"obsolete-protocol","level":"error"}]}"#,
            "expected a member `version` here (line 1, column 1)",
        ),
        (
            r#"{"id":"p","version":"1","expects":["endpoints"],"rules":[{"rule":"obsolete-protocol","level":"error"}]}"#,
            "expected one of `endpoint`, `chain`",
        ),
        (
            r#"{"id":"p","version":"1","maxEvidenceAgeDays":1.5,"rules":[{"rule":"obsolete-protocol","level":"error"}]}"#,
            "found `1.5`",
        ),
    ] {
        let Err(problems) = Policy::from_json("p.json", text) else { panic!("{text}") };
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn options_are_read_from_json() {
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        unopened: vec!["x".to_owned()],
        ..CheckOptions::default()
    };
    assert_eq!(CheckOptions::from_json(&serde_json::to_string(&options).unwrap()), Ok(options));
    for (text, expected) in [
        ("{}", "expected a member `at` here"),
        (r#"{"at":"x","now":"x","hots":"x"}"#, "did you mean `host`"),
        (r#"{"at":5,"now":"x"}"#, "expected a text, found `5`"),
        ("[]", "expected an object, found `[`"),
    ] {
        let problems = CheckOptions::from_json(text).unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{expected}: {problems:?}");
    }
}
