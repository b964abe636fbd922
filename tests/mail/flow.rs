//! Predictions of mail flow: every row of the truth table from exports, scans, chains and records as text, and what taking
//! any of them away leaves.

use intransit::evidence::{Endpoint, Enumerated, GapReason, Observed, Rest, Role, Subject};
use intransit::iana::{CipherSuite, ProtocolVersion};
use intransit::pki::ParsedCertificate;
use intransit::report::{MailBasis, MailDirection, MailForecast, MailOutcome, MailPrediction};
use intransit::{CheckOptions, Input, Report, Verdict, check, render};
use serde_json::{Value, json};

use crate::party::Party;
use crate::world::{DOMAIN, Made, SERVER, World, der, dig, document, inbound, outbound};

const TRUTH: &str = include_str!("../../data/mail/mailflow-truth-table.tsv");
pub(crate) const NOW: &str = "2026-11-22T10:00:00Z";

use MailOutcome::{DeliveredEncrypted, DeliveredInClear, DeliveredVerified, NotDetermined, Returned};

pub(crate) fn options(roots: &str, policy: &str) -> CheckOptions {
    CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        collected: Some("2026-11-22T09:30:00Z".to_owned()),
        policy: Some(policy.to_owned()),
        roots: Some(roots.to_owned()),
        ..CheckOptions::default()
    }
}

pub(crate) fn judged(inputs: &[(&'static str, String)], roots: &str) -> Option<Report> {
    judged_as_of(inputs, roots, Some("2026-11-22T09:30:00Z"))
}

/// The same where what has no time of its own was collected at this one.
pub(crate) fn judged_as_of(inputs: &[(&'static str, String)], roots: &str, collected: Option<&str>) -> Option<Report> {
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect();
    let collected = collected.map(str::to_owned);
    check(&inputs, &CheckOptions { collected, ..options(roots, "m365-forced-tls-1.0") }).ok()
}

pub(crate) fn forecast(report: Option<&Report>) -> Option<&MailForecast> {
    report?.mail_forecast.as_ref()
}

pub(crate) fn prediction(report: Option<&Report>, direction: MailDirection) -> Option<&MailPrediction> {
    let mut of_domain = forecast(report)?.predictions.iter().filter(|one| one.domain == DOMAIN);
    of_domain.find(|one| one.direction == direction && one.server.is_some())
}

/// The bytes of a certificate whose signature says that it rests on another algorithm.
fn signed_as(mut der: Vec<u8>, last: u8) -> Vec<u8> {
    const SHA256_WITH_RSA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
    let places: Vec<usize> = (0..der.len()).filter(|at| der[*at..].starts_with(&SHA256_WITH_RSA)).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        der[at + 8] = last;
    }
    der
}

/// What a row's peer is; none where no reader shows it.
fn with_peer(mut world: World, made: &Made, peer: &str) -> Option<World> {
    match peer {
        "a no STARTTLS" => world.tls = false,
        "b TLS1.0/1.1 only" => (world.version, world.suite) = (ProtocolVersion::TLS1_1, CipherSuite(0xC014)),
        "c self-signed" => world.chain = vec![Party::server().by_itself().der],
        "d name mismatch" => {
            world.chain = made.chain(|server| {
                let other = "mail.fabrikam.example";
                server.params.distinguished_name.push(rcgen::DnType::CommonName, other);
                server.params.subject_alt_names = vec![rcgen::SanType::DnsName(other.try_into().unwrap())];
            });
        }
        "e expired" => world.chain = made.chain(|server| server.params.not_after = rcgen::date_time_ymd(2026, 6, 1)),
        "f untrusted root/incomplete chain" => {
            world.chain = Made { root: Party::authority("Somebody") }.chain(|_| ());
        }
        "g no client cert" | "any client cert state" => world.chain.clear(),
        "peer cert chain uses MD5/MD2" => {
            world.chain = vec![signed_as(der(include_str!("../cases/pki/rsa-2048.pem")), 0x04)];
        }
        "peer cert SHA-1" => world.chain = vec![der(include_str!("../cases/pki/leaf-sha1.pem"))],
        "MX not in policy" => world.mta_sts = Some("mode: enforce\nmx: mail2.example.com"),
        "policy mode testing/none or MtaStsMode=None" => world.mta_sts = Some("mode: testing\nmx: mail.example.com"),
        "no TLSA" => {}
        _ => return None,
    }
    Some(world)
}

/// A row of the table as evidence, and which way it goes; none where no reader shows it.
fn of_row(made: &Made, row: &[&str]) -> Option<(World, MailDirection)> {
    let [direction, connector, peer, ..] = row else { panic!("{row:?}") };
    let mut world = World::new(made);
    let way = if *direction == "EXO->peer" { MailDirection::To } else { MailDirection::From };
    if way == MailDirection::From {
        world.role = Role::Client;
    }
    world.connector = match (*direction, *connector) {
        ("EXO->peer", "none" | "none / TlsSettings=null (opportunistic)") => outbound(Value::Null),
        (_, "EncryptionOnly" | "CertificateValidation") => outbound(json!(connector)),
        (_, "DomainValidation(TlsDomain)") => outbound(json!("DomainValidation")),
        (_, "recipient MTA-STS mode=enforce, MtaStsMode=Opportunistic") => {
            world.mta_sts = Some("mode: enforce\nmx: mail.example.com");
            outbound(Value::Null)
        }
        (_, "recipient publishes DNSSEC-valid TLSA (DANE)") => outbound(Value::Null),
        ("peer->EXO", "none") => inbound(false, false),
        (_, "Partner RequireTls=$true") => inbound(true, false),
        (_, "Partner RequireTls + RestrictDomainsToCertificate + TlsSenderCertificateName" | "same") => {
            inbound(true, true)
        }
        // Own servers are no partners.
        (_, "OnPremises by certificate" | "OnPremises CloudServicesMailEnabled") => {
            let mut own = inbound(true, false);
            own["ConnectorType"] = json!("OnPremises");
            own
        }
        other => panic!("{other:?}"),
    };
    let peer = match *peer {
        "TLSA mismatch/misconfig/not-yet-valid" | "DNSSEC bogus" | "TLSA usage 0/1 only" => "no TLSA",
        "cert name differs from connector / IP changed" => "d name mismatch",
        "on-prem receive connector TlsCertificateName stale" => return Some((world, way)),
        other => other,
    };
    let mut world = with_peer(world, made, peer)?;
    if connector.contains("DANE") && row[2] != "no TLSA" {
        let leaf = world.chain.first().map(|der| ParsedCertificate::from_der(der).unwrap());
        let key = leaf.map(|leaf| leaf.key.unwrap().spki_sha256).unwrap_or_default();
        world.tlsa = Some(match row[2] {
            "TLSA mismatch/misconfig/not-yet-valid" => (vec![format!("3 1 1 {}", "00".repeat(32))], true),
            "TLSA usage 0/1 only" => (vec![format!("1 1 1 {key}"), format!("0 0 1 {key}")], true),
            // What is bogus validates nowhere.
            "DNSSEC bogus" => (vec![format!("3 1 1 {key}")], false),
            _ => (vec![format!("3 1 1 {key}")], true),
        });
    }
    Some((world, way))
}

/// What the row says, as far as evidence can come to it.
fn expected(row: &[&str]) -> MailOutcome {
    let [_, connector, peer, outcome, ..] = row else { panic!("{row:?}") };
    let is_contested = connector.contains("RestrictDomainsToCertificate") || *connector == "same";
    // Own servers are no partners, and no reader tells that signatures are wrong from an answer that failed.
    let is_not_read = connector.starts_with("OnPremises") || *peer == "DNSSEC bogus";
    if is_contested || is_not_read {
        return NotDetermined;
    }
    match *outcome {
        "delivered plaintext" | "accepted plaintext" => DeliveredInClear,
        "refused since June 2016" => NotDetermined,
        words if words.starts_with("doc conflict") || words.contains("retried without TLS") => NotDetermined,
        words if words.starts_with("TLS fails; accepted only if") => NotDetermined,
        words if words.starts_with("DANE-EE(3)") || words.starts_with("EXO: NDR certificate-expired") => NotDetermined,
        words if words.starts_with("delivered if TLSA 3") => DeliveredVerified,
        words if words.starts_with("unusable -> EXO enforces TLS") => DeliveredEncrypted,
        "normal opportunistic" | "delivered per connector" => DeliveredEncrypted,
        words if words.starts_with("delivered encrypted") || words.starts_with("accepted") => DeliveredEncrypted,
        _ => Returned,
    }
}

#[test]
fn every_row_of_the_truth_table_is_what_evidence_comes_to() {
    let made = Made { root: Party::authority("Root") };
    for line in TRUTH.lines().skip(1) {
        let row: Vec<&str> = line.split('\t').collect();
        let (world, way) = of_row(&made, &row).unwrap_or_else(|| panic!("{line}"));
        let report = judged(&world.inputs(), &world.roots);
        let found = prediction(report.as_ref(), way).unwrap_or_else(|| panic!("{line}: {report:?}"));
        // What is published has its say beside the connector; where DANE cannot be read, what would return returns anyhow.
        assert_eq!(found.outcome, expected(&row), "{line}: {found:#?}");
        let is_sure = row[5].starts_with("documented") && !row[5].contains("ambiguous");
        assert!(is_sure || found.basis != Some(MailBasis::Documented), "{line}: {found:#?}");
        assert_eq!(found.basis.is_none(), found.outcome == NotDetermined, "{line}");
        let is_unset = found.summary.contains("no connector that was shown");
        assert!((is_unset || !found.evidence.is_empty()) && found.summary.contains(DOMAIN), "{line}: {found:#?}");
        // Each rests on a setting and on what was seen of the server, with its day.
        let is_of_peer = |observed: &str| observed.starts_with("it ") && observed.ends_with(", as of 2026-11-22");
        let decided = found.outcome != NotDetermined && row[2] != "MX not in policy";
        assert!(!decided || found.evidence.iter().any(|cited| is_of_peer(&cited.observed)), "{line}: {found:#?}");
        assert!(found.outcome == NotDetermined || !found.sources.is_empty(), "{line}: {found:#?}");
        assert!(!found.summary.contains("  ") && found.summary.ends_with('.'), "{}", found.summary);
    }
    assert_eq!(TRUTH.lines().count(), 58);
}

/// Worlds in which something is decided, with what.
fn decided(made: &Made) -> Vec<(&'static str, World, MailDirection, MailOutcome)> {
    let mut verified = World::new(made);
    verified.connector = outbound(json!("DomainValidation"));
    let mut enforced = World::new(made);
    enforced.mta_sts = Some("mode: enforce\nmx: *.example.com");
    let mut not_named = with_peer(verified.clone(), made, "MX not in policy").unwrap();
    not_named.connector = outbound(json!("EncryptionOnly"));
    let mut inbound_sound = World::new(made);
    inbound_sound.role = Role::Client;
    inbound_sound.connector = inbound(true, true);
    let row = ["EXO->peer", "recipient publishes DNSSEC-valid TLSA (DANE)", "c self-signed"];
    let (named_by_tlsa, _) = of_row(made, &row).unwrap();
    let no_starttls = with_peer(World::new(made), made, "a no STARTTLS").unwrap();
    vec![
        ("a partner's certificate", verified, MailDirection::To, DeliveredVerified),
        ("a policy that is kept", enforced, MailDirection::To, DeliveredVerified),
        ("a policy that is not kept", not_named, MailDirection::To, Returned),
        ("a key that TLSA records name", named_by_tlsa, MailDirection::To, DeliveredVerified),
        ("a sender's certificate", inbound_sound, MailDirection::From, DeliveredVerified),
        ("a server without STARTTLS", no_starttls, MailDirection::To, DeliveredInClear),
    ]
}

/// How good an outcome is; what is not determined is neither better nor worse.
fn rank(outcome: MailOutcome) -> Option<u8> {
    Some(match outcome {
        DeliveredInClear => 0,
        Returned => 1,
        DeliveredEncrypted => 2,
        DeliveredVerified => 3,
        NotDetermined => return None,
    })
}

/// What can be taken from a scan.
type Take = fn(&mut Endpoint);

const TAKEN: &[(&str, Take)] = &[
    ("whether it has TLS", |one| one.tls = Observed::missing(GapReason::Truncated, "gone")),
    ("the version", |one| one.versions.accepted.clear()),
    ("the versions that were refused", |one| one.versions.refused.clear()),
    ("all versions", |one| one.versions = Enumerated::unknown(GapReason::Truncated, "gone")),
    ("the suites", |one| one.suites.clear()),
    ("the suite", |one| one.suites.iter_mut().for_each(|list| list.suites.accepted.clear())),
    ("that the suites are all", |one| {
        let gap = || Rest::Gap(intransit::evidence::Gap::new(GapReason::Truncated, "gone"));
        one.suites.iter_mut().for_each(|list| list.suites.rest = gap());
    }),
    ("the chains", |one| one.chains.clear()),
    ("the certificates", |one| one.chains.iter_mut().for_each(|chain| chain.certificates.clear())),
    ("that the chains are all", |one| {
        one.chains_rest = Rest::Gap(intransit::evidence::Gap::new(GapReason::Truncated, "gone"));
    }),
    ("the address", |one| one.key.address = None),
    ("the host", |one| one.key.host = None),
];

#[test]
fn nothing_fares_better_for_what_was_taken_away() {
    let made = Made { root: Party::authority("Root") };
    for (name, world, way, outcome) in decided(&made) {
        let inputs = world.inputs();
        let whole = judged(&inputs, &world.roots);
        let before = prediction(whole.as_ref(), way).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(before.outcome, outcome, "{name}: {before:#?}");
        let not_better = |changed: &[(&'static str, String)], what: &str| {
            let report = judged(changed, &world.roots);
            for after in forecast(report.as_ref()).into_iter().flat_map(|forecast| &forecast.predictions) {
                let is_better = after.direction == way && rank(after.outcome) > rank(before.outcome);
                assert!(!is_better || rank(after.outcome).is_none(), "{name}, without {what}: {after:#?}");
            }
        };
        for (at, (input, text)) in inputs.iter().enumerate() {
            let others: Vec<_> = inputs.iter().filter(|(other, _)| other != input).cloned().collect();
            not_better(&others, input);
            if *input == "scan.json" {
                continue;
            }
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            for line in 0..lines.len() {
                let without = [&lines[..line], &lines[line + 1..]].concat().concat();
                let mut changed = inputs.clone();
                changed[at].1 = without;
                not_better(&changed, &format!("line {} of {input}: {}", line + 1, lines[line]));
            }
        }
        for (what, take) in TAKEN {
            not_better(&world.inputs_with(take), what);
        }
        for roots in ["", "mozilla"] {
            let report = check(
                &inputs.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect::<Vec<_>>(),
                &CheckOptions {
                    roots: (!roots.is_empty()).then(|| roots.to_owned()),
                    ..options("", "m365-forced-tls-1.0")
                },
            );
            let after = prediction(report.as_ref().ok(), way).unwrap();
            assert!(rank(after.outcome) <= rank(before.outcome), "{name} by the roots `{roots}`: {after:#?}");
        }
    }
}

#[test]
fn a_prediction_is_no_finding_and_changes_no_verdict() {
    let made = Made { root: Party::authority("Root") };
    let mut world = with_peer(World::new(&made), &made, "a no STARTTLS").unwrap();
    world.connector = outbound(json!("DomainValidation"));
    let mut inputs = world.inputs();
    inputs.push(("inbound.json", json!([inbound(true, true)]).to_string()));
    let report = judged(&inputs, &world.roots).unwrap();
    let settings: Vec<_> =
        inputs.iter().filter(|(name, _)| name.ends_with("s.json") || name.starts_with("in")).cloned().collect();
    let alone = judged(&settings, &world.roots).unwrap();
    assert!(alone.mail_forecast.is_none());
    assert_eq!(report.verdict, alone.verdict);
    assert_ne!(report.verdict, Verdict::NonCompliant, "{:?}", report.reasons);
    let answers = |report: &Report| -> Vec<String> {
        let judged = report.findings.iter().filter(|finding| finding.rule != "evidence-too-old");
        judged.map(|finding| format!("{} {} {:?}", finding.rule, finding.subject.label, finding.outcome)).collect()
    };
    assert_eq!(answers(&report), answers(&alone));
    let forecast = report.mail_forecast.as_ref().unwrap();
    let [to, from] = &forecast.predictions[..] else { panic!("{forecast:#?}") };
    assert_eq!((to.outcome, to.basis), (Returned, Some(MailBasis::Inferred)));
    assert_eq!((from.outcome, from.server.as_deref()), (NotDetermined, None));
    assert!(from.summary.contains("Sent without TLS it would be refused"), "{}", from.summary);
    for (output, is_there) in [
        ("text", true),
        ("markdown", true),
        ("html", true),
        ("json", true),
        ("csv", false),
        ("sarif", false),
        ("junit", false),
    ] {
        let text = render::render(&report, output).unwrap();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(flat.contains("be delayed, then returned"), is_there, "{output}: {text}");
        assert_eq!(flat.contains("hops behind the server at the other end"), is_there, "{output}");
    }
    let text = render::render(&report, "text").unwrap();
    let section = text.split("\nMail, as it would fare\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(!section.contains(['✔', '✖']) && section.contains("basis: inferred"), "{section}");
}

#[test]
fn a_reply_of_the_server_is_observed_and_contradicts() {
    let made = Made { root: Party::authority("Root") };
    let reply = format!(
        "450 4.7.320 Certificate validation failed [Message=SubjectMismatch] [LastAttemptedServerName={SERVER}] [LastAttemptedIP=192.0.2.25:25]\n"
    );
    for (peer, outcome, basis) in
        [("d name mismatch", Returned, Some(MailBasis::Observed)), ("no TLSA", NotDetermined, None)]
    {
        let mut world = with_peer(World::new(&made), &made, peer).unwrap();
        world.connector = outbound(json!("DomainValidation"));
        let mut inputs = world.inputs();
        inputs.push(("reply.txt", reply.clone()));
        let report = judged(&inputs, &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        assert_eq!((found.outcome, found.basis), (outcome, basis), "{found:#?}");
        assert!(found.evidence.iter().any(|cited| cited.observed.starts_with("a reply of")), "{found:#?}");
    }
}

#[test]
fn what_decides_beside_the_level_keeps_a_prediction_open() {
    let made = Made { root: Party::authority("Root") };
    for (property, value, outcome) in [
        ("UseMXRecord", json!(false), NotDetermined),
        ("IsTransportRuleScoped", json!(true), NotDetermined),
        ("RouteAllMessagesViaOnPremises", json!(true), NotDetermined),
        ("ConnectorType", json!("OnPremises"), NotDetermined),
        ("TlsDomain", json!("*.com"), NotDetermined),
        ("TlsDomain", json!("mail.fabrikam.example"), Returned),
        // Off: what is left may be another connector's.
        ("Enabled", json!(false), NotDetermined),
        ("TestMode", json!(true), NotDetermined),
        ("TlsDomain", json!("*.example.com"), DeliveredVerified),
    ] {
        let mut world = World::new(&made);
        world.connector = outbound(json!("DomainValidation"));
        world.connector[property] = value.clone();
        let report = judged(&world.inputs(), &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        assert_eq!(found.outcome, outcome, "{property} {value}: {found:#?}");
    }
    let mut send = json!({
        "Name": "Internet", "AddressSpaces": ["SMTP:*;1"], "Enabled": true, "RequireTLS": true, "IgnoreSTARTTLS": false,
        "TlsAuthLevel": "DomainValidation", "TlsDomain": SERVER, "DNSRoutingEnabled": true, "DomainSecureEnabled": false,
    });
    let mut world = with_peer(World::new(&made), &made, "c self-signed").unwrap();
    for (require, level, outcome) in [
        (true, json!("DomainValidation"), Returned),
        (true, Value::Null, NotDetermined),
        (false, json!("DomainValidation"), NotDetermined),
    ] {
        (send["RequireTLS"], send["TlsAuthLevel"]) = (json!(require), level.clone());
        world.connector = send.clone();
        let report = judged(&world.inputs(), &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        assert_eq!(found.outcome, outcome, "{require} {level}: {found:#?}");
        assert_ne!(found.basis, Some(MailBasis::Documented));
    }
}

#[test]
fn without_a_common_suite_or_a_time_little_is_said() {
    let made = Made { root: Party::authority("Root") };
    for (level, suite, outcome) in [
        (Value::Null, 0xCCA8, NotDetermined),
        (json!("EncryptionOnly"), 0xCCA8, Returned),
        (json!("EncryptionOnly"), 0xC030, NotDetermined),
    ] {
        let mut world = World::new(&made);
        world.connector = outbound(level.clone());
        (world.version, world.suite) = (ProtocolVersion::TLS1_2, CipherSuite(suite));
        let report = judged(&world.inputs(), &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        // Of 0xC030 an RSA certificate must be known, and one of another kind was shown.
        assert_eq!(found.outcome, outcome, "{level} {suite:#x}: {found:#?}");
    }
    let world = with_peer(World::new(&made), &made, "a no STARTTLS").unwrap();
    let inputs = world.inputs();
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect();
    for (now, outcome) in
        [(NOW, DeliveredInClear), ("2027-01-22T10:00:00Z", NotDetermined), ("2026-11-01", NotDetermined)]
    {
        let options = CheckOptions { now: now.to_owned(), ..options(&world.roots, "m365-forced-tls-1.0") };
        let report = check(&inputs, &options).ok();
        assert_eq!(prediction(report.as_ref(), MailDirection::To).unwrap().outcome, outcome, "{now}");
    }
}

#[test]
fn other_servers_and_addresses_are_named() {
    let made = Made { root: Party::authority("Root") };
    let mut world = with_peer(World::new(&made), &made, "a no STARTTLS").unwrap();
    let mut inputs = world.inputs();
    inputs[2].1 = dig("MX", DOMAIN, &[world.mx.clone(), "20 mail2.example.com.".to_owned()]);
    let report = judged(&inputs, &world.roots);
    let found = prediction(report.as_ref(), MailDirection::To).unwrap();
    assert!(found.missing.iter().any(|line| line.contains("`mail2.example.com`")), "{found:#?}");
    assert_eq!(found.outcome, DeliveredInClear);
    // Another address of the same host is known from another port.
    world.tls = true;
    let mut elsewhere = world.endpoint(intransit::evidence::ServerName::Omitted);
    (elsewhere.key.port, elsewhere.key.address) = (443, Some("192.0.2.26".to_owned()));
    inputs.push(("other.json", document(vec![Subject::Endpoint(Box::new(elsewhere))])));
    let report = judged(&inputs, &world.roots);
    let found = prediction(report.as_ref(), MailDirection::To).unwrap();
    assert_eq!((found.outcome, found.provided), (NotDetermined, Some(DeliveredInClear)), "{found:#?}");
    assert!(found.missing.iter().any(|line| line.contains("192.0.2.26")), "{found:#?}");
}

#[test]
fn hundreds_of_connectors_and_domains_are_bounded_and_say_so() {
    const MANY: usize = 300;
    let made = Made { root: Party::authority("Root") };
    let mut inputs = World::new(&made).inputs();
    let domain = |number: usize| format!("partner{number}.example");
    let connectors: Vec<Value> = (0..MANY)
        .map(|number| {
            let mut one = outbound(json!("EncryptionOnly"));
            one["Name"] = json!(format!("To {number}"));
            // Each may take what is for each.
            one["RecipientDomains"] = json!([domain(number), "*"]);
            one
        })
        .collect();
    inputs[0].1 = Value::Array(connectors).to_string();
    inputs[2].1 = (0..MANY).map(|number| dig("MX", &domain(number), &[format!("10 {SERVER}.")])).collect();
    let before = std::time::Instant::now();
    let supplied: Vec<Input<'_>> = inputs.iter().map(|(name, text)| Input::new(name, text.as_bytes())).collect();
    // A pack without rules about partners: what they take is not the question here.
    let report = check(&supplied, &options("mozilla", "mozilla-modern-6.0")).unwrap();
    let forecast = report.mail_forecast.as_ref().unwrap();
    assert_eq!(forecast.predictions.len(), 200);
    assert_eq!(forecast.left_out as usize, MANY - 200);
    assert!(forecast.predictions.iter().all(|one| one.outcome == NotDetermined && one.evidence.len() <= 16));
    let text = render::render(&report, "text").unwrap();
    assert!(text.contains("100 more were left out: the first 200 are shown"), "{}", text.len());
    assert!(before.elapsed() < std::time::Duration::from_secs(30), "{:?}", before.elapsed());
}
