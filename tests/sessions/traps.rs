//! Sessions by hand: what is missing, mixed or said by nobody is never believed against the server's disfavour.

use intransit::diagnostic::Severity;
use intransit::evidence::{Basis, Endpoint, GapReason, Membership, ServerName, StartTls, Subject, Transport};
use intransit::iana::ProtocolVersion;
use intransit::policy::PACKS;
use intransit::report::{Outcome, Verdict};
use intransit::{Declared, Input, read_declared};

use super::{endpoints, judge, reading, shown, text, versions};

const COMMAND: &str = "$ openssl s_client -connect mail.example.test:443 -servername mail.example.test";

/// A session with TLS 1.2, as 3.0 prints it.
const AGREED: &str = "CONNECTED(00000003)\n---\nSSL handshake has read 1 bytes and written 2 bytes\nVerification: OK\n---\n\
    New, TLSv1.2, Cipher is ECDHE-RSA-AES256-GCM-SHA384\nSecure Renegotiation IS supported\nCompression: NONE\n\
    SSL-Session:\n    Protocol  : TLSv1.2\n    Cipher    : ECDHE-RSA-AES256-GCM-SHA384\n    Start Time: 1795301538\n    \
    Verify return code: 0 (ok)\n---\n";

/// The server's alert to a version that it does not speak.
const ALERT: &str = "4037CBA2717F0000:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1601:SSL alert number 70\n";

const FAILED: &str = "CONNECTED(00000003)\n---\nno peer certificate available\n---\nVerification: OK\n---\n\
    New, (NONE), Cipher is (NONE)\nSecure Renegotiation IS NOT supported\nSSL-Session:\n    Protocol  : TLSv1\n    \
    Cipher    : 0000\n    Start Time: 1795301539\n    Verify return code: 0 (ok)\n---\n";

fn errors(text: &str) -> Vec<String> {
    let notes = reading(text).diagnostics.into_iter();
    notes.filter(|note| note.severity == Severity::Error).map(|note| note.message).collect()
}

fn refuses(text: &str, version: ProtocolVersion) -> bool {
    let reading = reading(text);
    endpoints(&reading.evidence)
        .iter()
        .any(|endpoint| matches!(endpoint.versions.membership(&version), Membership::Refused(_)))
}

fn one(text: &str, check: impl FnOnce(&Endpoint)) {
    let reading = reading(text);
    let found = endpoints(&reading.evidence);
    assert_eq!(found.len(), 1, "{text}");
    check(found[0]);
}

#[test]
fn a_version_is_refused_only_by_an_alert_to_it_alone() {
    let tls10 = ProtocolVersion::TLS1_0;
    let good = format!("{COMMAND}\n{AGREED}{COMMAND} -tls1\n{ALERT}{FAILED}");
    assert!(refuses(&good, tls10));
    let terminal =
        format!("{COMMAND}\n{AGREED}{COMMAND} -tls1\n{}", FAILED.replace(")\n---\nno", &format!(")\n{ALERT}---\nno")));
    assert!(refuses(&terminal, tls10), "as a terminal shows it");
    let client = ALERT.replace(
        "tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1601:SSL alert number 70",
        "no protocols available:../ssl/statem/statem_lib.c:124:",
    );
    for (what, text) in [
        ("no control", format!("{COMMAND} -tls1\n{ALERT}{FAILED}")),
        (
            "a control of another port",
            format!("{}\n{AGREED}{COMMAND} -tls1\n{ALERT}{FAILED}", COMMAND.replace(":443", ":444")),
        ),
        (
            "a control of another name",
            format!(
                "{}\n{AGREED}{COMMAND} -tls1\n{ALERT}{FAILED}",
                COMMAND.replace("-servername mail", "-servername www")
            ),
        ),
        ("a control without a command", format!("{AGREED}{COMMAND} -tls1\n{ALERT}{FAILED}")),
        ("no command", format!("{COMMAND}\n{AGREED}{ALERT}{FAILED}")),
        ("no version", good.replace(" -tls1", "")),
        ("two versions", good.replace(" -tls1", " -tls1 -tls1_1")),
        ("a bound", good.replace(" -tls1", " -max_protocol TLSv1")),
        ("an exclusion", good.replace(" -tls1", " -tls1 -no_tls1")),
        ("a variable", good.replace(" -tls1", " -$v")),
        (
            "another target by a variable",
            good.replace("mail.example.test:443 -servername mail.example.test -tls1", "$h:443 -tls1"),
        ),
        ("the client's own refusal", good.replace(ALERT, &client)),
        ("the client's and the server's", good.replace(ALERT, &format!("{client}{ALERT}"))),
        ("another alert", good.replace("number 70", "number 40")),
        ("an alert that is cut", good.replace("number 70", "number 7")),
        ("options of a shell", good.replace(" -tls1", " -tls1 $OPTIONS")),
        (
            "another program",
            good.replace(
                "openssl s_client -connect mail.example.test:443 -servername mail.example.test -tls1",
                "mine s_client -connect mail.example.test:443 -tls1",
            ),
        ),
        ("no alert", good.replace(ALERT, "")),
        ("an alert behind a handshake", format!("{COMMAND}\n{AGREED}{COMMAND} -tls1\n{AGREED}{ALERT}")),
        ("no connection", good.replace(FAILED, "connect:errno=111\n")),
        (
            "two commands above",
            good.replace(&format!("{COMMAND} -tls1\n"), &format!("{COMMAND} -tls1\n{COMMAND} -tls1_1\n")),
        ),
        (
            "two commands in one line",
            good.replace(&format!("{COMMAND} -tls1\n"), &format!("{COMMAND} -tls1; {COMMAND} -tls1_1\n")),
        ),
        ("DTLS", good.replace(" -tls1", " -tls1 -dtls1")),
        (
            "STARTTLS that was not there",
            good.replace(ALERT, &format!("Didn't find STARTTLS in server response, trying anyway...\n{ALERT}")),
        ),
    ] {
        assert_ne!(text, good, "{what}");
        assert!(!refuses(&text, tls10), "{what}");
    }
    assert!(!refuses(&good, ProtocolVersion::TLS1_1));
    assert!(!refuses(&good, ProtocolVersion::SSL3));
    let both = format!(
        "{good}{COMMAND} -tls1 -cipher ALL:@SECLEVEL=0\n{}",
        AGREED.replace("TLSv1.2\n", "TLSv1\n").replace("ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA")
    );
    let report = judge(&both, "baseline-1.0");
    let found = report.findings.iter().find(|found| found.rule == "obsolete-protocol").unwrap();
    assert_eq!(found.outcome, Outcome::Fail, "{}", found.summary);
}

#[test]
fn what_one_session_agreed_on_says_nothing_of_the_rest() {
    one(&format!("{COMMAND}\n{AGREED}"), |endpoint| {
        assert_eq!(versions(endpoint), [ProtocolVersion::TLS1_2]);
        for version in ProtocolVersion::ALL {
            assert!(!matches!(endpoint.versions.membership(&version), Membership::Refused(_)));
        }
        assert!(endpoint.suites[0].suites.gap().is_some() && endpoint.groups.gap().is_some());
        assert!(endpoint.compression.gap().is_some_and(|gap| gap.reason == GapReason::ClientLimited));
        assert_eq!(endpoint.secure_renegotiation.fact().map(|fact| fact.basis), Some(Basis::ToolSays));
    });
    let compressed = format!("{COMMAND}\n{}", AGREED.replace("Compression: NONE", "Compression: zlib compression"));
    one(&compressed, |endpoint| assert_eq!(endpoint.compression.value(), Some(&true)));
}

#[test]
fn the_version_of_the_suite_is_not_that_of_the_session() {
    let old = AGREED
        .replace("New, TLSv1.2, Cipher is ECDHE-RSA-AES256-GCM-SHA384", "New, SSLv3, Cipher is AES128-SHA")
        .replace("ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA");
    one(&old, |endpoint| assert_eq!(versions(endpoint), [ProtocolVersion::TLS1_2]));
    one(&old.replace("    Protocol  : TLSv1.2\n", ""), |endpoint| {
        assert_eq!(versions(endpoint), []);
        assert_eq!(endpoint.suites[0].version, None);
    });
    let newer = AGREED.replace("TLSv1.2", "TLSv1.3").replace("ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_128_GCM_SHA256");
    let newer = newer.replace("SSL-Session:\n    Protocol  : TLSv1.3\n", "Protocol: TLSv1.3\n");
    one(&newer, |endpoint| assert_eq!(versions(endpoint), [ProtocolVersion::TLS1_3]));
    let libre = AGREED
        .replace(
            "New, TLSv1.2, Cipher is ECDHE-RSA-AES256-GCM-SHA384",
            "New, TLSv1/SSLv3, Cipher is AEAD-AES256-GCM-SHA384",
        )
        .replace("TLSv1.2", "TLSv1.3")
        .replace(": ECDHE-RSA-AES256-GCM-SHA384", ": AEAD-AES256-GCM-SHA384");
    one(&libre, |endpoint| {
        assert!(shown(endpoint).starts_with("Available TLS 1.3 TLS_AES_256_GCM_SHA384"), "{}", shown(endpoint))
    });
}

#[test]
fn what_contradicts_itself_is_held_against_the_server() {
    let torn = AGREED.replace("    Protocol  : TLSv1.2\n", "    Protocol  : TLSv1.2\n    Protocol  : TLSv1.1\n");
    assert_eq!(errors(&torn).len(), 1);
    one(&torn, |endpoint| {
        let found: Vec<_> = endpoint.versions.accepted.iter().map(|fact| (fact.value, fact.basis)).collect();
        assert_eq!(found, [(ProtocolVersion::TLS1_1, Basis::ToolSays)]);
    });
    let torn = AGREED.replace(
        "New, TLSv1.2, Cipher is ECDHE-RSA-AES256-GCM-SHA384",
        "New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256",
    );
    assert!(!errors(&torn).is_empty());
    one(&torn, |endpoint| assert_eq!(versions(endpoint), []));
    for (what, changed) in [
        ("a version that nobody has", AGREED.replace("Protocol  : TLSv1.2", "Protocol  : TLSv9")),
        ("a suite that nobody has", AGREED.replace("Cipher is ECDHE-RSA-AES256-GCM-SHA384", "Cipher is NEW-SUITE")),
    ] {
        assert!(!errors(&changed).is_empty(), "{what}");
    }
}

#[test]
fn a_failed_handshake_shows_nothing_whatever_it_says() {
    one(FAILED, |endpoint| {
        assert_eq!(shown(endpoint), "- - - - - -");
        assert!(endpoint.secure_renegotiation.gap().is_some());
    });
    one(
        &format!(
            "{}{FAILED}",
            ALERT.replace(
                "tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1601:SSL alert number 70",
                "unsafe legacy renegotiation disabled:../ssl/statem/extensions.c:894:"
            )
        ),
        |endpoint| {
            assert_eq!(endpoint.secure_renegotiation.value(), Some(&false));
        },
    );
}

#[test]
fn services_that_are_not_named_are_not_one_service() {
    let tls13 = AGREED.replace("TLSv1.2", "TLSv1.3").replace("ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_128_GCM_SHA256");
    let reading = reading(&format!("{AGREED}{tls13}"));
    assert_eq!(endpoints(&reading.evidence).len(), 2);
    let now = "2026-10-21T00:00:00Z".parse().expect("a time");
    assert_eq!(intransit::evidence::merge(&reading.evidence, now).dossiers.len(), 2);
    let host = Declared { host: Some("mail.example.test".to_owned()), ..Declared::default() };
    let stated = read_declared(&[Input::new("paste", format!("{AGREED}{tls13}").as_bytes())], &host);
    assert_eq!(intransit::evidence::merge(&stated.evidence, now).dossiers.len(), 2);
    assert_eq!(endpoints(&stated.evidence)[0].key.to_string(), "mail.example.test (port not stated)");
    // A declared host does not stand in for one that the command names.
    let named = read_declared(
        &[Input::new("paste", format!("{}\n{AGREED}", COMMAND.replace("mail", "www")).as_bytes())],
        &host,
    );
    assert_eq!(endpoints(&named.evidence)[0].key.host.as_deref(), Some("www.example.test"));
}

#[test]
fn targets_stand_in_commands_and_addresses_below_them() {
    for (above, expected) in [
        (COMMAND.to_owned(), "mail.example.test:443"),
        (format!("{COMMAND} \\\n  -showcerts"), "mail.example.test:443"),
        (format!("> {COMMAND}"), "mail.example.test:443"),
        (format!("{COMMAND}\nConnecting to 2001:db8::1\nConnecting to 192.0.2.1"), "mail.example.test:443 (192.0.2.1)"),
        (format!("{COMMAND} -proxy p.test:3128\nConnecting to 192.0.2.1"), "mail.example.test:443"),
        ("Connecting to 192.0.2.1".to_owned(), "192.0.2.1 (port not stated)"),
        ("# openssl s_client -starttls smtp -connect mx.test:25".to_owned(), "mx.test:25 STARTTLS smtp"),
        (format!("{COMMAND}\n{COMMAND}"), "a service that is not named"),
        ("$ openssl s_client -connect $HOST:443".to_owned(), "a service that is not named"),
        (
            format!("{COMMAND}\ns_client: Unknown option: -ssl3\n{}", COMMAND.replace("mail", "www")),
            "www.example.test:443",
        ),
    ] {
        let reading = reading(&format!("{above}\n{AGREED}"));
        let found = endpoints(&reading.evidence);
        assert_eq!(found.last().unwrap().key.to_string(), expected, "{above}");
    }
    let smtp = reading(&format!("$ openssl s_client -starttls smtp -connect mx.test:25 -noservername\n{AGREED}"));
    assert_eq!(endpoints(&smtp.evidence)[0].key.transport, Transport::StartTls(StartTls::Smtp));
    assert_eq!(endpoints(&smtp.evidence)[0].key.server_name, ServerName::Omitted);
}

#[test]
fn certificates_belong_to_the_session_that_showed_them() {
    let modern = text("openssl-3.0.22/modern.txt");
    let extra = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/pki/rsa-2048.pem")).unwrap();
    let pem = format!("-----BEGIN{}", extra.split_once("-----BEGIN").unwrap().1);
    for (what, changed, expected, chains) in [
        ("as it was", modern.clone(), "dd", 0),
        ("a certificate behind the session", format!("{modern}\n{pem}"), "dd", 1),
        (
            "a certificate of who signed the status",
            modern.replace("OCSP response: no response sent\n", &format!("OCSP response: \n{pem}")),
            "dd",
            0,
        ),
        ("a certificate above it", format!("{pem}\n{modern}"), "dd", 1),
        ("another one in the list", modern.replacen(" 1 s:", &format!("{pem} 1 s:"), 1), "dd?", 1),
        ("without its heading", modern.replace("Certificate chain\n", ""), "-", 1),
        ("a number too few", modern.replacen(" 1 s:", " 2 s:", 1), "dd?", 0),
        ("without an issuer", modern.replacen("   i:", "   ", 1), "dd?", 0),
        (
            "another server's certificate",
            modern.replace("Server certificate\n", &format!("Server certificate\n{pem}")),
            "dd+d?",
            0,
        ),
        ("a continued session", modern.replace("New, ", "Reused, "), "-", 1),
    ] {
        let reading = reading(&changed);
        let found = endpoints(&reading.evidence);
        assert_eq!(shown(found.last().unwrap()).rsplit(' ').next(), Some(expected), "{what}");
        let loose = reading.evidence.scans.iter().flat_map(|scan| &scan.subjects);
        assert_eq!(loose.filter(|subject| matches!(subject, Subject::Chain(_))).count(), chains, "{what}");
    }
    let bare = &modern[modern.find("Certificate chain").unwrap()..modern.find("---\nServer certificate").unwrap()];
    assert_eq!(endpoints(&reading(bare).evidence).len(), 0, "certificates that were copied out are as before");
    assert_eq!(reading(bare).evidence.scans[0].format, "certificates");
    let forged = modern.replacen("a:PKEY: id-ecPublicKey, 256 (bit)", "a:PKEY: rsaEncryption, 1024 (bit)", 1);
    assert_ne!(forged, modern);
    let report = judge(&forged, "baseline-1.0");
    assert!(report.findings.iter().any(|found| found.rule == "rsa-key-short" && found.outcome == Outcome::Fail));
    assert_eq!(errors(&forged).len(), 1, "{:?}", errors(&forged));
}

#[test]
fn reports_of_several_tools_in_one_paste_are_all_read() {
    let scan = text("sslscan-2.0.7/modern.txt");
    let csv = text("testssl-3.0.8/tls10-csv.csv");
    let session = text("openssl-3.0.22/tls13.txt");
    let pieces = [&scan, &csv, &session];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]] {
        let text: String = order.iter().map(|at| format!("{}\n", pieces[*at])).collect();
        let formats: Vec<String> = reading(&text).evidence.scans.iter().map(|scan| scan.format.clone()).collect();
        let expected = order.map(|at| ["sslscan", "testssl-csv", "openssl-s-client"][at]);
        assert_eq!(formats, expected, "{order:?} {:?}", errors(&text));
    }
}

#[test]
fn nothing_of_it_is_ever_compliant() {
    let all = format!("{COMMAND}\n{AGREED}{COMMAND} -tls1\n{ALERT}{FAILED}{COMMAND} -tls1_1\n{ALERT}{FAILED}");
    for pack in PACKS {
        assert_ne!(judge(&all, pack.id).verdict, Verdict::Compliant, "{}", pack.id);
    }
}

#[test]
fn long_and_broken_pastes_are_read_in_proportion() {
    let clock = std::time::Instant::now();
    for text in [
        format!("{COMMAND} -tls1\n{ALERT}{FAILED}").repeat(1500),
        AGREED.repeat(2000),
        format!("CONNECTED(00000003)\n{}", ALERT.repeat(20_000)),
        format!("CONNECTED(00000003)\nCertificate chain\n{}", " 0 s:x\n   i:y\n".repeat(50_000)),
        format!("{COMMAND} \\\n").repeat(20_000),
        "\"".repeat(200_000),
        format!("\"id\",\"fqdn/ip\",\"port\"\n{}", "\"\",".repeat(100_000)),
        format!("\"id\",\"fqdn/ip\",\"port\"\n{}", "x\n".repeat(100_000)),
    ] {
        let begun = std::time::Instant::now();
        let _ = reading(&text);
        println!("{:?} {}", begun.elapsed(), text.len());
    }
    assert!(clock.elapsed().as_secs() < 60, "{:?}", clock.elapsed());
}
