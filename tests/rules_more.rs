//! What rules say of evidence that no report of testssl.sh has: answers seen on the wire, lists known to be complete.

use intransit::evidence::{
    Basis, Endpoint, Enumerated, Evidence, Fact, Feature, FeatureName, Gap, GapReason, Observed, Preference, Refusal,
    Rest, StartTls, Subject, Transport,
};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use intransit::report::Finding;
use intransit::source::Span;
use intransit::{Clock, Input, Outcome, Policy, evaluate, read};

/// A finished scan that accepts TLS 1.2 and 1.3 with these suites.
fn scan(tls12: &str) -> Evidence {
    let offered = |id: &str, yes: bool| {
        format!(r#"{{"id":"{id}","severity":"INFO","finding":"{}offered"}}"#, if yes { "" } else { "not " })
    };
    let list = |id: &str, suites: &str| format!(r#"{{"id":"{id}","severity":"INFO","finding":"{suites}"}}"#);
    let rows = [
        offered("SSLv2", false),
        offered("SSLv3", false),
        offered("TLS1", false),
        offered("TLS1_1", false),
        offered("TLS1_2", true),
        offered("TLS1_3", true),
        list("cipherorder_TLSv1_2", tls12),
        list("cipherorder_TLSv1_3", "TLS_AES_256_GCM_SHA384"),
    ];
    let report = format!(
        r#"{{"Invocation":"testssl.sh a.example:443","version":"3.2","openssl":"x","startTime":"1795302356","scanResult":[
        {{"targetHost":"a.example","ip":"192.0.2.1","port":"443","service":"HTTP","protocols":[{}]}}],"scanTime":5}}"#,
        rows.join(",")
    );
    read(&[Input::new("report.json", report.as_bytes())]).evidence
}

const TWO_GOOD: &str = "ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256";

fn change(evidence: &mut Evidence, change: impl FnOnce(&mut Endpoint, Vec<Span>)) {
    let Subject::Endpoint(endpoint) = &mut evidence.scans[0].subjects[0] else { panic!("expected an endpoint") };
    let words = endpoint.versions.accepted[0].words.clone();
    change(endpoint, words);
}

fn known<T>(value: T, basis: Basis, words: &[Span]) -> Observed<T> {
    Observed::Known(Fact::new(value, basis, words.iter().copied()))
}

fn complete<T>(values: impl IntoIterator<Item = T>, words: &[Span]) -> Enumerated<T> {
    let fact = |value| Fact::new(value, Basis::Wire, words.iter().copied());
    Enumerated {
        accepted: values.into_iter().map(fact).collect(),
        refused: Vec::new(),
        unasked: Vec::new(),
        rest: Rest::Complete(Fact::new(true, Basis::Wire, words.iter().copied())),
    }
}

/// The findings of one rule.
fn judged(evidence: &Evidence, rule: &str, params: &str) -> Vec<Finding> {
    let policy =
        format!(r#"{{"id":"p","version":"1","rules":[{{"rule":"{rule}","level":"error","params":{params}}}]}}"#);
    let policy = Policy::from_json("p", &policy).unwrap();
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    evaluate(evidence, &policy, Clock { at: now, now }, Vec::new()).findings
}

fn outcomes(evidence: &Evidence, rule: &str, params: &str) -> Vec<Outcome> {
    judged(evidence, rule, params).into_iter().map(|finding| finding.outcome).collect()
}

#[test]
fn answers_seen_on_the_wire_pass_and_a_scanners_word_does_not() {
    for (basis, expected) in [(Basis::Wire, Outcome::Pass), (Basis::ToolSays, Outcome::Unknown)] {
        let mut evidence = scan(TWO_GOOD);
        change(&mut evidence, |endpoint, words| {
            endpoint.secure_renegotiation = known(true, basis, &words);
            endpoint.compression = known(false, basis, &words);
            for list in &mut endpoint.suites {
                list.preference = known(Preference::Server, basis, &words);
            }
        });
        for rule in
            ["insecure-renegotiation", "tls-compression", "cipher-order-not-enforced", "cipher-order-unexpected"]
        {
            assert_eq!(outcomes(&evidence, rule, "{}"), [expected], "{rule} {basis:?}");
        }
    }
}

#[test]
fn a_pass_cites_its_words_or_is_none() {
    let mut evidence = scan(TWO_GOOD);
    change(&mut evidence, |endpoint, _| endpoint.secure_renegotiation = known(true, Basis::Wire, &[]));
    assert_eq!(outcomes(&evidence, "insecure-renegotiation", "{}"), [Outcome::Unknown]);
}

#[test]
fn two_scans_that_disagree_keep_the_worse_answer() {
    let mut evidence = scan(TWO_GOOD);
    let mut other = evidence.clone();
    change(&mut evidence, |endpoint, words| endpoint.compression = known(false, Basis::Wire, &words));
    change(&mut other, |endpoint, words| endpoint.compression = known(true, Basis::ToolSays, &words));
    evidence.scans.append(&mut other.scans);
    assert_eq!(outcomes(&evidence, "tls-compression", "{}"), [Outcome::Fail]);
}

#[test]
fn chacha20_first_where_the_client_wants_it_has_no_one_order() {
    let mut evidence = scan(TWO_GOOD);
    change(&mut evidence, |endpoint, words| {
        for list in &mut endpoint.suites {
            list.preference = known(Preference::ServerExceptChaCha20, Basis::Wire, &words);
        }
    });
    assert_eq!(outcomes(&evidence, "cipher-order-not-enforced", "{}"), [Outcome::Pass]);
    assert_eq!(outcomes(&evidence, "cipher-order-unexpected", "{}"), [Outcome::Unknown]);
}

#[test]
fn groups_pass_only_in_a_complete_list() {
    const P224: u16 = 21;
    const P256: u16 = 23;
    const X25519: u16 = 29;
    const UNREGISTERED: u16 = 0x1399;
    for (rule, params, groups, expected) in [
        ("weak-group", "{}", &[P224, P256][..], Outcome::Pass),
        ("weak-group", r#"{"minimumBits":225}"#, &[P224, P256], Outcome::Fail),
        ("weak-group", r#"{"minimumBits":256}"#, &[X25519], Outcome::Pass),
        ("weak-group", r#"{"minimumBits":257}"#, &[X25519], Outcome::Fail),
        ("weak-group", "{}", &[], Outcome::Unknown),
        ("weak-group", "{}", &[P256, UNREGISTERED], Outcome::Unknown),
        ("group-not-listed", "{}", &[P256, X25519], Outcome::Pass),
        ("group-not-listed", r#"{"listed":["secp256r1"]}"#, &[P256, X25519], Outcome::Fail),
        ("dh-group-short", r#"{"minimumBits":3072}"#, &[P256, 256], Outcome::Fail),
        ("dh-group-short", r#"{"minimumBits":3072}"#, &[P256, 257], Outcome::NotApplicable),
    ] {
        let mut evidence = scan(TWO_GOOD);
        change(&mut evidence, |endpoint, words| {
            endpoint.groups = complete(groups.iter().copied().map(NamedGroup), &words);
        });
        assert_eq!(outcomes(&evidence, rule, params), [expected], "{rule} {params} {groups:?}");
        change(&mut evidence, |endpoint, _| {
            endpoint.groups.rest = Rest::Gap(Gap::new(GapReason::NotAttempted, "others were not tried"));
        });
        assert!(!outcomes(&evidence, rule, params).contains(&Outcome::Pass), "{rule} {params} {groups:?}, open");
    }
}

#[test]
fn what_was_left_out_matters_to_who_has_something_against_it() {
    let suite = |name: &str| CipherSuite::from_name(name).unwrap();
    let (good, null) = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_NULL_SHA");
    let cbc = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA";
    for (rule, suites, groups, expected) in [
        ("broken-cipher", vec![suite(cbc)], vec![], Outcome::Pass),
        ("broken-cipher", vec![suite(cbc), suite(null)], vec![], Outcome::Unknown),
        ("broken-cipher", vec![CipherSuite(0xFEFE)], vec![], Outcome::Unknown),
        ("suite-not-listed", vec![suite(good)], vec![], Outcome::Pass),
        ("suite-not-listed", vec![suite(cbc)], vec![], Outcome::Unknown),
        ("weak-group", vec![], vec![24], Outcome::Pass),
        ("weak-group", vec![], vec![24, 1], Outcome::Unknown),
        ("weak-group", vec![], vec![0x1399], Outcome::Unknown),
        ("group-not-listed", vec![], vec![25], Outcome::Unknown),
    ] {
        let mut evidence = scan("ECDHE-RSA-AES256-GCM-SHA384");
        change(&mut evidence, |endpoint, words| {
            for list in endpoint.suites.iter_mut().filter(|list| list.version == Some(ProtocolVersion::TLS1_2)) {
                list.suites.unasked.clone_from(&suites);
            }
            endpoint.groups = complete([NamedGroup(29)], &words);
            endpoint.groups.unasked = groups.iter().copied().map(NamedGroup).collect();
        });
        assert_eq!(outcomes(&evidence, rule, "{}"), [expected], "{rule} {suites:?} {groups:?}");
        let document = evidence.to_document(&[]);
        let again = read(&[Input::new("document.json", document.as_bytes())]).evidence;
        assert_eq!(outcomes(&again, rule, "{}"), [expected], "{rule} {suites:?} {groups:?}, read back");
    }
}

#[test]
fn what_was_left_out_may_be_what_is_missing() {
    let good = CipherSuite::from_name("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256").unwrap();
    for (unasked, expected) in [(vec![], Outcome::Fail), (vec![good], Outcome::Unknown)] {
        let mut evidence = scan("AES256-SHA");
        change(&mut evidence, |endpoint, words| {
            endpoint.versions.accepted.retain(|fact| fact.value == ProtocolVersion::TLS1_2);
            let refusal = endpoint.versions.refused[0].clone();
            endpoint.versions.refused.push(Refusal { offered: ProtocolVersion::TLS1_3, ..refusal });
            endpoint.suites.retain(|list| list.version == Some(ProtocolVersion::TLS1_2));
            for list in &mut endpoint.suites {
                list.suites = Enumerated { unasked: unasked.clone(), ..complete([CipherSuite(0x35)], &words) };
            }
        });
        let found = judged(&evidence, "no-forward-secrecy", "{}");
        let offered = found.iter().find(|finding| finding.facet.as_deref() == Some("offered"));
        assert_eq!(offered.map(|finding| finding.outcome), Some(expected), "{unasked:?}");
    }
}

#[test]
fn a_mail_server_insists_on_tls_where_it_was_asked() {
    let smtp = Transport::StartTls(StartTls::Smtp);
    let before_tls = |evidence: &Evidence| -> Vec<Outcome> {
        let findings = judged(evidence, "plaintext-service", "{}");
        let facet = findings.iter().filter(|finding| finding.facet.as_deref() == Some("before-tls"));
        facet.map(|finding| finding.outcome).collect()
    };
    for (transport, answers, expected) in [
        (smtp, vec![Some(true)], Some(Outcome::Pass)),
        (smtp, vec![Some(false)], Some(Outcome::Fail)),
        (smtp, vec![Some(true), Some(false)], Some(Outcome::Fail)),
        (smtp, vec![None], Some(Outcome::Unknown)),
        // Nobody asked.
        (smtp, vec![], None),
        (Transport::Direct, vec![], None),
    ] {
        let mut evidence = scan(TWO_GOOD);
        change(&mut evidence, |endpoint, words| {
            endpoint.key.transport = transport;
            let offered = |answer: &Option<bool>| match answer {
                Some(value) => known(*value, Basis::Wire, &words),
                None => Observed::missing(GapReason::Blocked, "greylisted"),
            };
            let feature = |answer| Feature { name: FeatureName::TlsBeforeMail, offered: offered(answer) };
            endpoint.features = answers.iter().map(feature).collect();
        });
        let found: Vec<Outcome> = expected.into_iter().collect();
        assert_eq!(before_tls(&evidence), found, "{transport:?} {answers:?}");
        let document = evidence.to_document(&[]);
        let again = read(&[Input::new("document.json", document.as_bytes())]).evidence;
        assert_eq!(before_tls(&again), found, "{transport:?} {answers:?}, read back");
    }
}

#[test]
fn fips_algorithms_pass_when_all_three_lists_are_known() {
    const APPROVED: [u16; 2] = [23, 24];
    const WITH_X25519: [u16; 2] = [23, 29];
    let judge = |groups: [u16; 2], schemes: &[u16], params: &str| {
        let mut evidence = scan(TWO_GOOD);
        change(&mut evidence, |endpoint, words| {
            endpoint.groups = complete(groups.map(NamedGroup), &words);
            endpoint.signature_schemes = complete(schemes.iter().copied().map(SignatureScheme), &words);
        });
        let mut found: Vec<_> = judged(&evidence, "fips-algorithms", params)
            .into_iter()
            .map(|finding| (finding.facet.unwrap(), finding.outcome))
            .collect();
        found.sort();
        found.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>()
    };
    use Outcome::{Fail, Pass};
    let [rsa_sha256, rsa_sha1, ed25519, brainpool] = [0x0401, 0x0201, 0x0807, 0x081A];
    assert_eq!(judge(APPROVED, &[rsa_sha256, ed25519], "{}"), [Pass, Pass, Pass]);
    assert_eq!(judge(WITH_X25519, &[rsa_sha256], "{}"), [Fail, Pass, Pass]);
    assert_eq!(judge(WITH_X25519, &[rsa_sha256], r#"{"x25519IsApproved":true}"#), [Pass, Pass, Pass]);
    assert_eq!(judge(APPROVED, &[rsa_sha256, rsa_sha1], "{}"), [Pass, Fail, Pass]);
    assert_eq!(judge(APPROVED, &[brainpool], "{}"), [Pass, Fail, Pass]);
}
