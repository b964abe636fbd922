//! Reports by hand: what contradicts itself, hides, grows or lies is never believed against the server's disfavour.

use intransit::diagnostic::Severity;
use intransit::evidence::{Certificate, Completion, Membership, Subject};
use intransit::iana::ProtocolVersion;
use intransit::policy::PACKS;
use intransit::report::{Outcome, Verdict};
use intransit::{CheckOptions, Input, check};

use super::read::{NOW, endpoints, judge, reading, text};
use super::{NMAP, SSLSCAN, endpoint};

const OLD: &str = r#"<protocol type="tls" version="1.0" enabled="0" />"#;

fn modern() -> String {
    text(&format!("{SSLSCAN}/modern.xml"))
}

fn nmap() -> String {
    text(&format!("{NMAP}/multi_port.xml"))
}

fn errors(text: &str) -> Vec<String> {
    let notes = reading(text).diagnostics.into_iter();
    notes.filter(|note| note.severity == Severity::Error).map(|note| note.message).collect()
}

/// Nothing of it is compliant by any pack, and this rule does not pass.
fn distrusted(what: &str, text: &str, rule: &str) {
    let options = |pack: &str| CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(pack.to_owned()),
        ..CheckOptions::default()
    };
    for pack in PACKS {
        let Ok(report) = check(&[Input::new("report", text.as_bytes())], &options(pack.id)) else { continue };
        assert_ne!(report.verdict, Verdict::Compliant, "{what}");
        let mut passed = report.findings.iter().filter(|found| found.rule == rule && found.outcome == Outcome::Pass);
        assert!(passed.next().is_none(), "{what}: {rule} passes by {}", pack.id);
    }
}

#[test]
fn rows_that_contradict_each_other_are_said_and_held_against_the_server() {
    let on = OLD.replace("enabled=\"0\"", "enabled=\"1\"");
    for (what, changed, version, accepted) in [
        ("off and on", modern().replace(OLD, &format!("{OLD}{on}")), ProtocolVersion::TLS1_0, true),
        ("on and off", modern().replace(OLD, &format!("{on}{OLD}")), ProtocolVersion::TLS1_0, true),
        (
            "a suite of a version that is off",
            modern().replace("<renegotiation", "<cipher status=\"accepted\" sslversion=\"TLSv1.0\" bits=\"256\" cipher=\"AES256-SHA\" id=\"0x0035\" />\n<renegotiation"),
            ProtocolVersion::TLS1_0,
            true,
        ),
        (
            "TLS 1.3 on and off",
            modern().replace("version=\"1.3\" enabled=\"1\" />", "version=\"1.3\" enabled=\"1\" /><protocol type=\"tls\" version=\"1.3\" enabled=\"0\" />"),
            ProtocolVersion::TLS1_3,
            false,
        ),
        (
            "a line twice in the printed form",
            text(&format!("{SSLSCAN}/modern.txt")).replace("TLSv1.0   disabled", "TLSv1.0   disabled\nTLSv1.0   enabled"),
            ProtocolVersion::TLS1_0,
            true,
        ),
    ] {
        let errors = errors(&changed);
        assert!(errors.iter().any(|message| message.contains("both that")), "{what}: {errors:?}");
        let reading = reading(&changed);
        let found = endpoint(&reading.evidence, 14431).versions.membership(&version);
        assert_eq!(matches!(found, Membership::Accepted(_)), accepted, "{what}");
        assert!(!matches!(found, Membership::Refused(_)), "{what}");
        distrusted(what, &changed, "obsolete-protocol");
        if !accepted {
            distrusted(what, &changed, "tls13-missing");
        }
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_no_refusal() {
    for (what, changed) in [
        ("no such flag", modern().replace(OLD, &OLD.replace("\"0\"", "\"no\""))),
        ("an empty flag", modern().replace(OLD, &OLD.replace("\"0\"", "\"\""))),
        ("no such version", modern().replace(OLD, &OLD.replace("1.0", "1.05"))),
        ("an attribute twice", modern().replace(OLD, &OLD.replace("enabled=\"0\"", "enabled=\"0\" enabled=\"1\""))),
        ("no quotation marks", modern().replace(OLD, &OLD.replace("\"0\"", "0"))),
        ("a quotation mark is missing", modern().replace("version=\"1.0\" enabled", "version=\"1.0 enabled")),
        ("an unknown row", modern().replace(OLD, "<protocols type=\"tls\" version=\"1.0\" enabled=\"1\"/>")),
        (
            "a target within a target",
            modern().replace(OLD, &format!("<ssltest host=\"a.test\" port=\"1\">{OLD}</ssltest>")),
        ),
        ("an id that is not of the name", modern().replace("0xC030", "0x0005")),
        (
            "a suite that nobody has",
            modern().replace("cipher=\"ECDHE-RSA-AES256-GCM-SHA384\" id=\"0xC030\"", "cipher=\"NEW\""),
        ),
        ("a group that is another one", modern().replacen("id=\"0x0017\"", "id=\"0x0001\"", 1)),
        ("no host", modern().replacen("host=\"127.0.0.1\" ", "", 1)),
        ("no port", modern().replacen(" port=\"14431\"", "", 1)),
        ("a port that is none", modern().replacen("port=\"14431\"", "port=\"99999\"", 1)),
        ("a target that is not closed", modern().replace("</ssltest>", "")),
        ("closed too early", modern().replace(OLD, &format!("</ssltest>{OLD}"))),
        ("a broken certificate", modern().replace("MIICyjCC", "MIICy!!!")),
        (
            "words for rows",
            modern()
                .replace(OLD, "<![CDATA[<protocol type=\"tls\" version=\"1.0\" enabled=\"1\" />]]>")
                .replace("<ssltest host", "<ssltest hots"),
        ),
        (
            "a suite that nmap cannot mean",
            nmap().replacen("TLS_AKE_WITH_AES_256_GCM_SHA384</elem>", "TLS_WITH_NOTHING</elem>", 1),
        ),
        ("a version that nobody has", nmap().replacen("<table key=\"TLSv1.2\">", "<table key=\"TLSv9\">", 1)),
        ("a port without its number", nmap().replacen(" portid=\"14431\"", "", 1)),
        ("a host without its address", nmap().replacen("<address addr=\"127.0.0.1\" addrtype=\"ipv4\"/>", "", 1)),
    ] {
        assert!(changed != modern() && changed != nmap(), "{what} changes nothing");
        assert!(!errors(&changed).is_empty(), "{what}");
        distrusted(what, &changed, "obsolete-protocol");
    }
}

#[test]
fn the_two_forms_of_a_script_must_agree() {
    let report = text(&format!("{NMAP}/go_pq.xml"));
    let hidden = report.replace(
        "&#xa;  TLSv1.2: ",
        "&#xa;  TLSv1.0: &#xa;    ciphers: &#xa;      TLS_RSA_WITH_RC4_128_SHA (rsa 2048) - F&#xa;  TLSv1.2: ",
    );
    assert_ne!(hidden, report);
    let found = reading(&hidden);
    let go = endpoint(&found.evidence, 14451);
    assert!(matches!(go.versions.membership(&ProtocolVersion::TLS1_0), Membership::Accepted(_)));
    assert!(errors(&hidden).iter().any(|message| message.contains("only in one of the two forms")));
    let judged = judge(&hidden, "baseline-1.0");
    let failed = |rule: &str| judged.findings.iter().any(|found| found.rule == rule && found.outcome == Outcome::Fail);
    assert!(failed("obsolete-protocol") && failed("broken-cipher"));
    // The other way round: a row that `output` does not have.
    let added = report.replacen(
        "<elem key=\"name\">TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256</elem>",
        "<elem key=\"name\">TLS_RSA_WITH_RC4_128_SHA</elem>",
        1,
    );
    assert!(errors(&added).iter().any(|message| message.contains("only in one of the two forms")));
    // A second table, or a second answer, is not hidden behind the first.
    let second = report.replacen("<table key=\"compressors\">", "<table key=\"ciphers\"><table><elem key=\"name\">TLS_RSA_WITH_RC4_128_SHA</elem></table></table><table key=\"compressors\"><elem>DEFLATE</elem>", 1);
    let found = reading(&second);
    assert_eq!(endpoint(&found.evidence, 14451).compression.value(), Some(&true));
    assert!(
        judge(&second, "baseline-1.0")
            .findings
            .iter()
            .any(|found| found.rule == "broken-cipher" && found.outcome == Outcome::Fail)
    );
    let torn = report.replacen(
        "<elem key=\"cipher preference\">server</elem>",
        "<elem key=\"cipher preference\">server</elem><elem key=\"cipher preference\">client</elem>",
        1,
    );
    let found = reading(&torn);
    assert!(endpoint(&found.evidence, 14451).suites.iter().any(|list| list.preference.gap().is_some()));
    let undecided = report.replace("<elem key=\"cipher preference\">server</elem>", "<elem key=\"cipher preference\">indeterminate</elem><elem key=\"cipher preference error\">Too few ciphers supported</elem>");
    let found = reading(&undecided);
    let gaps = endpoint(&found.evidence, 14451).suites.iter().filter_map(|list| list.preference.gap());
    assert_eq!(gaps.filter(|gap| gap.detail.contains("Too few ciphers")).count(), 2);
}

#[test]
fn a_description_that_contradicts_the_certificate_is_judged_too() {
    for (what, changed) in [
        (
            "nmap",
            text(&format!("{NMAP}/go_pq.xml"))
                .replace("<elem key=\"bits\">2048</elem>", "<elem key=\"bits\">1024</elem>"),
        ),
        (
            "sslscan",
            text(&format!("{SSLSCAN}/go_pq.xml"))
                .replace("type=\"RSA\" bits=\"2048\" />", "type=\"RSA\" bits=\"1024\" />"),
        ),
        (
            "sslscan's text",
            text(&format!("{SSLSCAN}/go_pq.txt")).replace("RSA Key Strength:    2048", "RSA Key Strength:    1024"),
        ),
    ] {
        assert!(errors(&changed).iter().any(|message| message.contains("1024 bits")), "{what}: {:?}", errors(&changed));
        let judged = judge(&changed, "baseline-1.0");
        assert!(
            judged.findings.iter().any(|found| found.rule == "rsa-key-short" && found.outcome == Outcome::Fail),
            "{what}"
        );
    }
}

#[test]
fn the_strength_of_a_curve_is_not_the_size_of_its_key() {
    // `bits="128"` and `ECC Key Strength: 128` of P-256.
    for name in ["multi.xml", "multi.txt"] {
        let reading = reading(&text(&format!("{SSLSCAN}/{name}")));
        for endpoint in endpoints(&reading.evidence) {
            let Certificate::Reported(described) = &endpoint.chains[0].certificates[0] else { panic!("{name}") };
            assert_eq!(described.key_bits.as_ref().map(|fact| fact.value), Some(256), "{name}");
        }
        let judged = judge(&text(&format!("{SSLSCAN}/{name}")), "baseline-1.0");
        let of_key = judged.findings.iter().find(|found| found.rule == "ec-key-short");
        assert!(of_key.is_none_or(|found| found.outcome == Outcome::Unknown), "what a tool says passes nothing");
    }
}

#[test]
fn one_host_twice_keeps_the_worse_answer() {
    let able = text(&format!("{SSLSCAN}/tls10_seclevel0.xml")).replace("14432", "14431");
    let test = &able[able.find(" <ssltest").unwrap()..able.find("</document>").unwrap()];
    let both = modern().replace("</document>", &format!("{test}</document>"));
    let judged = judge(&both, "baseline-1.0");
    let old = judged.findings.iter().find(|found| found.rule == "obsolete-protocol").unwrap();
    assert_eq!(old.outcome, Outcome::Fail);
    assert!(old.summary.contains("TLS 1.0"), "{}", old.summary);
}

#[test]
fn hosts_that_are_down_and_ports_that_are_filtered_are_not_left_out() {
    let down =
        "<host><status state=\"down\" reason=\"no-response\"/><address addr=\"192.0.2.7\" addrtype=\"ipv4\"/></host>";
    let report = text(&format!("{NMAP}/go_pq.xml"));
    let with_down = report.replace("<runstats>", &format!("{down}<runstats>"));
    let found = reading(&with_down).evidence;
    assert!(
        found.scans.iter().any(|scan| scan.subjects.is_empty() && matches!(scan.completion, Completion::Unfinished(_)))
    );
    let filtered = report.replace("state=\"open\" reason=\"syn-ack\"", "state=\"filtered\" reason=\"no-response\"");
    let found = reading(&filtered).evidence;
    assert!(matches!(&found.scans[0].completion, Completion::Unfinished(gap) if gap.detail.contains("filtered")));
    let unended = report.replace("exit=\"success\"", "exit=\"error\" errormsg=\"no route\"");
    assert!(matches!(&reading(&unended).evidence.scans[0].completion, Completion::Unfinished(_)));
    let failed = report.replace("<script id=\"ssl-enum-ciphers\" output=\"", "<script id=\"ssl-enum-ciphers\" output=\"ERROR: Script execution failed (use -d to debug)\"/><script id=\"other\" output=\"");
    assert!(
        matches!(&reading(&failed).evidence.scans[0].completion, Completion::Unfinished(gap) if gap.detail.contains("ERROR"))
    );
}

#[test]
fn names_that_were_asked_for_are_told_from_reverse_names() {
    let report = text(&format!("{NMAP}/go_pq.xml"));
    let host = |text: &str| endpoint(&reading(text).evidence, 14451).key.host.clone();
    assert_eq!(host(&report).as_deref(), Some("127.0.0.1"), "not localhost, its reverse name");
    let asked = report.replace(
        "<hostname name=\"localhost\" type=\"PTR\"/>",
        "<hostname name=\"Mail.Example.test\" type=\"user\"/><hostname name=\"localhost\" type=\"PTR\"/>",
    );
    assert_eq!(host(&asked).as_deref(), Some("mail.example.test"));
}

#[test]
fn what_is_not_a_whole_report_is_an_error() {
    let (sslscan, nmap) = (modern(), nmap());
    let inner = &sslscan[sslscan.find("  <cipher").unwrap()..];
    let host = &nmap[nmap.find("<ports>").unwrap()..];
    let quoted = |text: &str| text.lines().map(|line| format!("> {line}\n")).collect::<String>();
    let bomb = format!(
        "<!DOCTYPE nmaprun [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>{}",
        &nmap[nmap.find("<nmaprun").unwrap()..]
    );
    for (what, text) in [
        ("the middle of sslscan's", inner.to_owned()),
        ("the middle of nmap's", host.to_owned()),
        ("quoted sslscan's", quoted(&sslscan)),
        ("quoted nmap's", quoted(&nmap)),
        ("a bomb", bomb),
        ("nmap's text", text(&format!("{NMAP}/multi_port.txt"))),
        ("XML of something else", "<?xml version=\"1.0\"?>\n<testsuite name=\"a\"/>\n".to_owned()),
        ("another document", "<document title=\"Minutes\"><p>enabled</p></document>".to_owned()),
    ] {
        assert!(!errors(&text).is_empty(), "{what}");
        distrusted(what, &text, "obsolete-protocol");
        distrusted(what, &text, "plaintext-service");
    }
}

#[test]
fn reports_are_found_among_others() {
    let mixed = format!(
        "user@host:~$ sslscan --xml=- a\n{}\n{}\n{}\n{{\"x\": 1}}\n",
        modern(),
        nmap(),
        text(&format!("{SSLSCAN}/tls13.txt"))
    );
    let found = reading(&mixed).evidence;
    let formats: Vec<&str> = found.scans.iter().map(|scan| scan.format.as_str()).collect();
    assert_eq!(formats.iter().filter(|format| **format == "sslscan").count(), 2);
    assert_eq!(formats.iter().filter(|format| **format == "nmap-xml").count(), 9);
}

#[test]
fn a_certificate_beside_a_printed_report_is_not_the_servers() {
    let other = text("../../cases/pki/rsa-2048.pem");
    let mixed = format!("{}\n{other}", text(&format!("{SSLSCAN}/multi.txt")));
    let found = reading(&mixed).evidence;
    assert!(found.scans.iter().flat_map(|scan| &scan.subjects).any(|subject| matches!(subject, Subject::Chain(_))));
    let services = found.scans.iter().flat_map(|scan| &scan.subjects);
    for subject in services {
        if let Subject::Endpoint(endpoint) = subject {
            let certificates = endpoint.chains.iter().flat_map(|chain| &chain.certificates);
            assert!(certificates.into_iter().all(|certificate| matches!(certificate, Certificate::Reported(_))));
        }
    }
}

#[test]
fn colours_of_a_terminal_are_no_words() {
    let plain = text(&format!("{SSLSCAN}/modern.txt"));
    let coloured = plain
        .replace("disabled", "\u{1b}[32mdisabled\u{1b}[0m")
        .replace("enabled", "\u{1b}[33menabled\u{1b}[0m")
        .replace("  SSL/TLS Protocols:", "  \u{1b}[1;34mSSL/TLS Protocols:\u{1b}[0m")
        .replace("Testing SSL server 127.0.0.1", "Testing SSL server \u{1b}[32m127.0.0.1\u{1b}[0m")
        .replace("Preferred", "\u{1b}[32mPreferred\u{1b}[0m")
        .replace("256\u{20}bits", "\u{1b}[32m256\u{1b}[0m bits");
    let (plain, coloured) = (reading(&plain), reading(&coloured));
    assert_eq!(coloured.diagnostics, []);
    let facts = |reading: &intransit::Reading| endpoints(&reading.evidence).map(super::facts).collect::<Vec<_>>();
    assert_eq!(facts(&plain), facts(&coloured));
}

#[test]
fn time_is_linear_in_what_nobody_means_well_with() {
    const LENGTH: usize = 1 << 20;
    let pieces = [
        "<",
        "<!--",
        "\n<!--",
        "<a",
        "<a b='",
        "</",
        "<![CDATA[",
        "<?xml ",
        "<!DOCTYPE a>",
        "<!DOCTYPE [",
        "<a b c>",
        "<host>",
    ];
    for piece in pieces {
        for start in [
            "",
            "<nmaprun>",
            "<document title='SSLScan'><ssltest host='a' port='1'>",
            "Testing SSL server a on port 1 using SNI name a\n",
        ] {
            let text = format!("{start}{}", piece.repeat(LENGTH / piece.len()));
            let begun = std::time::Instant::now();
            assert!(!errors(&text).is_empty(), "{start}{piece}");
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{start}{piece}: {:?}", begun.elapsed());
        }
    }
}
