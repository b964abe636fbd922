//! What every output must hold to: its own standard, all of the findings, and no power for words of the input.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use intransit::report::Finding;
use intransit::{CheckOptions, Input, Outcome, RENDERERS, Report, Verdict, catalogue, check, render};
use serde_json::Value;

const NOW: &str = "2026-11-22T10:00:00Z";
const CHAIN: &[u8] = include_bytes!("cases/pki/chain.pem");

/// What every free string of a report is replaced by, one after another.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" x='",
    "]]><!-- --><![CDATA[</style></pre></code>&amp;&#0;",
    "=HYPERLINK(\"https://evil.example\");=cmd|' /C calc'!A0\r\n@SUM(1)",
    "[click](javascript:alert(1)) {0} {{",
    "NUL \u{0} ESC \u{1b}[2J C1 \u{9b} BEL \u{7}",
    "right \u{202e}to left\u{2066} \u{200f}\u{2028}\u{feff}\u{fffe}\u{ffff}",
    "`code` `` ``` | a\n# b\n",
];

/// A finished scan that fails, passes and leaves open, in testssl.sh's pretty form.
fn scan(host: &str) -> String {
    let row = |id: &str, finding: &str| format!(r#"{{"id":"{id}","severity":"INFO","finding":"{finding}"}}"#);
    let rows = [
        row("SSLv2", "not offered"),
        row("SSLv3", "not offered"),
        row("TLS1", "offered"),
        row("TLS1_1", "not offered"),
        row("TLS1_2", "offered"),
        row("TLS1_3", "not offered"),
    ];
    format!(
        r#"{{"Invocation":"testssl.sh {host}:443","version":"3.2","openssl":"x","startTime":"1795302356","scanResult":[
        {{"targetHost":"{host}","ip":"192.0.2.1","port":"443","service":"HTTP","protocols":[{}]}}],"scanTime":5}}"#,
        rows.join(",")
    )
}

const POLICY: &str = r#"{"id":"ours","version":"1","title":"Ours","extends":"m365-in-transit-1.0","rules":[],"waivers":[
    {"id":"W1","rule":"obsolete-protocol","subject":"old.example:443 (192.0.2.1)","reason":"a printer",
     "owner":"print team","approver":"the CISO","granted":"2026-11-01","expires":"2027-03-01"},
    {"id":"W2","rule":"obsolete-protocol","subject":"older.example:443 (192.0.2.1)","reason":"a scanner",
     "owner":"print team","approver":"the CISO","granted":"2026-01-01","expires":"2026-11-01"}],
    "attestations":[{"id":"A1","statement":"validated to FIPS 140-3","document":"certificate 0000",
     "date":"2026-01-01","owner":"platform team","expires":"2027-01-01"}]}"#;

fn options() -> CheckOptions {
    CheckOptions {
        at: "2026-11-20".to_owned(),
        now: NOW.to_owned(),
        policy: Some(POLICY.to_owned()),
        collected: Some("2026-11-21".to_owned()),
        host: Some("mail.example.com".to_owned()),
        ..CheckOptions::default()
    }
}

fn inputs() -> Vec<(String, Vec<u8>)> {
    let named = |host: &str| (format!("{host} scan.json"), scan(host).into_bytes());
    vec![named("old.example"), named("older.example"), ("chain.pem".to_owned(), CHAIN.to_vec())]
}

fn judged(inputs: &[(String, Vec<u8>)], options: &CheckOptions) -> Report {
    let inputs: Vec<Input<'_>> = inputs.iter().map(|(name, bytes)| Input::new(name, bytes)).collect();
    check(&inputs, options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn report() -> Report {
    let report = judged(&inputs(), &options());
    for outcome in [Outcome::Fail, Outcome::Unknown, Outcome::Pass, Outcome::NotApplicable] {
        assert!(report.findings.iter().any(|finding| finding.outcome == outcome), "{outcome:?} is not tried");
    }
    assert!(report.findings.iter().any(Finding::is_accepted));
    report
}

/// The plain report, and one for each of [`HOSTILE`] that has these words in each of its strings that may be any.
static REPORTS: LazyLock<Vec<Report>> = LazyLock::new(|| {
    let json = serde_json::to_value(report()).unwrap();
    let mut paths = Vec::new();
    strings(&json, String::new(), &mut paths);
    let mut probe = json.clone();
    paths.retain(|path| {
        let slot = probe.pointer_mut(path).unwrap();
        let before = std::mem::replace(slot, "any words".into());
        let may_be_any = serde_json::from_value::<Report>(probe.clone()).is_ok();
        *probe.pointer_mut(path).unwrap() = before;
        may_be_any
    });
    assert!(paths.len() > 100, "{} strings may be any", paths.len());
    let hostile = HOSTILE.iter().map(|words| {
        let mut json = json.clone();
        for path in &paths {
            let slot = json.pointer_mut(path).unwrap();
            // Rules stay apart, and findings stay with theirs.
            let kept = if path.ends_with("/rule") || (path.starts_with("/rules/") && path.ends_with("/id")) {
                slot.as_str()
            } else {
                None
            };
            *slot = format!("{words}{}", kept.unwrap_or_default()).into();
        }
        serde_json::from_value(json).unwrap()
    });
    std::iter::once(report()).chain(hostile).collect()
});

fn strings(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::String(_) => paths.push(path),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, one)| strings(one, format!("{path}/{at}"), paths)),
        Value::Object(map) => map.iter().for_each(|(key, one)| strings(one, format!("{path}/{key}"), paths)),
        _ => {}
    }
}

#[test]
fn the_catalogue_lists_every_output() {
    let outputs = catalogue().outputs;
    let ids: Vec<&str> = outputs.iter().map(|output| output.id.as_str()).collect();
    assert_eq!(ids, ["text", "json", "markdown", "html", "csv", "sarif", "junit", "sheet", "sheet-markdown"]);
    let extensions: BTreeSet<&str> = outputs.iter().map(|output| output.extension.as_str()).collect();
    assert_eq!(extensions.len(), outputs.len(), "two outputs have the same file name extension");
    let report = report();
    for renderer in RENDERERS {
        let written = render::render(&report, renderer.id).unwrap();
        assert_eq!(written, (renderer.render)(&report));
        // A sheet is for a partner, whom our policy does not concern.
        let is_sheet = renderer.id.starts_with("sheet");
        let hash = if is_sheet { &report.result_sha256 } else { &report.policy.sha256 };
        assert!(written.ends_with('\n') && written.contains(hash), "{}", renderer.id);
    }
    assert!(render::render(&report, "pdf").unwrap_err().contains("`pdf`; expected one of `text`"));
}

#[test]
fn nothing_steers_a_terminal_or_hides() {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{2028}')
    };
    for report in REPORTS.iter() {
        for (id, written) in [
            ("text", render::text(report, &render::TextOptions::default())),
            ("markdown", render::markdown(report)),
            ("html", render::html(report)),
            ("csv", render::csv(report).replace("\r\n", "\n")),
            ("junit", render::junit(report)),
        ] {
            assert_eq!(written.chars().find(|c| steers(*c)), None, "{id}");
        }
    }
}

#[test]
fn csv_gives_the_findings_back() {
    for report in REPORTS.iter() {
        let written = render::csv(report);
        assert_eq!(written.matches('\n').count(), report.findings.len() + 1, "a record is a line");
        assert!(!written.replace("\r\n", "").contains('\r'));
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(written.as_bytes());
        let header = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), report.findings.len());
        for (row, finding) in rows.iter().zip(&report.findings) {
            let cell = |name: &str| &row[header.iter().position(|column| column == name).unwrap()];
            for (name, expected) in [
                ("id", finding.id.as_str()),
                ("rule", &finding.rule),
                ("subject", &finding.subject.label),
                ("summary", &finding.summary),
                ("required", &finding.required),
                ("resultSha256", &report.result_sha256),
                ("exceptionApprover", finding.exception.as_ref().map_or("", |one| one.waiver.approver.as_str())),
            ] {
                assert_eq!(unguarded(cell(name)), shown(expected), "{name}");
            }
            let outcome = serde_json::to_value(finding.outcome).unwrap();
            assert_eq!(cell("outcome"), outcome.as_str().unwrap());
            for part in row.iter().flat_map(|cell| cell.split(';')) {
                assert!(!part.trim_start().starts_with(['=', '+', '-', '@']), "a spreadsheet would run {part:?}");
            }
        }
    }
}

/// The cell without the apostrophes that keep it from being run.
fn unguarded(cell: &str) -> String {
    let mut out = String::new();
    let mut begins = true;
    for c in cell.chars() {
        if begins && c == '\'' {
            begins = false;
            continue;
        }
        begins = c == ';' || (begins && c.is_whitespace());
        out.push(c);
    }
    out
}

/// Words as they are shown: line ends and tabs as blanks, other control characters as U+FFFD.
fn shown(words: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || "\u{61c}\u{200e}\u{200f}\u{fffe}\u{ffff}".contains(c)
            || ('\u{2028}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    words.replace(['\n', '\t'], " ").replace(hidden, "\u{FFFD}")
}

#[test]
fn sarif_keeps_to_its_schema_and_loses_nothing() {
    let schema: Value = serde_json::from_str(include_str!("cases/sarif/sarif-schema-2.1.0.json")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for report in REPORTS.iter() {
        let log: Value = serde_json::from_str(&render::sarif(report)).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{problems:#?}");
        let run = &log["runs"][0];
        assert_eq!(run["properties"]["resultSha256"], report.result_sha256.as_str());
        assert_eq!(run["invocations"][0]["commandLine"], report.reproduce.as_str());
        let artifacts = run["artifacts"].as_array().unwrap();
        for (artifact, source) in artifacts.iter().zip(&report.sources) {
            assert_eq!(artifact["hashes"]["sha-256"], source.sha256.as_str());
        }
        let results = run["results"].as_array().unwrap();
        assert_eq!((results.len(), artifacts.len()), (report.findings.len(), report.sources.len()));
        for (result, finding) in results.iter().zip(&report.findings) {
            let (kind, level) = match (finding.outcome, finding.level.name()) {
                (Outcome::Fail, level) => ("fail", level),
                (Outcome::Unknown, _) => ("open", "none"),
                (Outcome::Pass, _) => ("pass", "none"),
                (Outcome::NotApplicable, _) => ("notApplicable", "none"),
            };
            assert_eq!((&result["kind"], &result["level"]), (&kind.into(), &level.into()));
            let suppressed = !result["suppressions"].as_array().unwrap().is_empty();
            assert_eq!(suppressed, finding.is_accepted(), "only an exception that holds suppresses");
            assert!(!result["message"]["text"].as_str().unwrap().contains("]("), "a message has a link");
            let rule = result["ruleIndex"].as_u64().unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][rule as usize]["id"], result["ruleId"]);
            let locations = result["locations"].as_array().unwrap();
            assert_eq!(locations.len(), finding.evidence.len().max(1));
            for (location, cited) in locations.iter().zip(&finding.evidence) {
                let place = &location["physicalLocation"];
                assert_eq!(place["artifactLocation"]["index"], cited.span.source);
                assert_eq!(place["region"]["startLine"], cited.span.line);
                assert_eq!(place["region"]["startColumn"], cited.span.column);
            }
        }
    }
}

#[test]
fn junit_succeeds_only_where_something_was_shown_to_hold() {
    for report in REPORTS.iter() {
        let written = render::junit(report);
        let document = roxmltree::Document::parse(&written).unwrap();
        let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        assert_eq!(cases.len(), report.findings.len() + 1);
        let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        let root = document.root_element();
        for (attribute, found) in [
            ("tests", cases.len()),
            ("failures", count("failure")),
            ("errors", count("error")),
            ("skipped", count("skipped")),
        ] {
            assert_eq!(root.attribute(attribute), Some(found.to_string().as_str()), "{attribute}");
        }
        let names: BTreeSet<_> =
            cases.iter().map(|case| (case.attribute("classname"), case.attribute("name"))).collect();
        assert_eq!(names.len(), cases.len(), "two cases have one name");
        let answer = |case: &roxmltree::Node<'_, '_>| {
            let answers = ["failure", "error", "skipped"];
            case.children()
                .find(|node| answers.contains(&node.tag_name().name()))
                .map_or("success", |node| answers.iter().find(|name| node.has_tag_name(**name)).unwrap())
        };
        let successes = cases.iter().skip(1).filter(|case| answer(case) == "success").count();
        let passes = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass).count();
        assert_eq!(successes, passes);
        assert_eq!(count("failure") as u32, report.tally.must_fix + 1, "the verdict is a failure as well");
        let open = |finding: &&Finding| finding.outcome == Outcome::Unknown && finding.level.name() == "error";
        assert_eq!(count("error"), report.findings.iter().filter(open).count());
    }
}

#[test]
fn junit_is_not_green_where_nothing_was_judged() {
    for (verdict, expected) in
        [(Verdict::Compliant, None), (Verdict::NonCompliant, Some("failure")), (Verdict::Indeterminate, Some("error"))]
    {
        let written = render::junit(&Report { verdict, findings: Vec::new(), ..report() });
        for answer in ["failure", "error"] {
            assert_eq!(written.contains(&format!("<{answer} ")), expected == Some(answer), "{verdict:?}: {written}");
        }
    }
}

const HTML_ELEMENTS: &[&str] = &[
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "article", "div", "h1", "h2", "h3",
    "p", "span", "b", "small", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "code",
    "pre", "cite", "time", "br", "a",
];
const HTML_ATTRIBUTES: &[&str] = &["charset", "class", "content", "href", "http-equiv", "lang", "name", "rel", "scope"];

#[test]
fn html_is_well_formed_and_holds_nothing_but_the_report() {
    let plain = render::html(&report());
    let style = plain.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    for report in REPORTS.iter() {
        let written = render::html(report);
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        let document = roxmltree::Document::parse_with_options(&written, options).unwrap();
        let mut quotes = BTreeSet::new();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert!(HTML_ELEMENTS.contains(&node.tag_name().name()), "<{}>", node.tag_name().name());
            for attribute in node.attributes() {
                assert!(HTML_ATTRIBUTES.contains(&attribute.name()), "{}", attribute.name());
                assert!(attribute.name() != "href" || attribute.value().starts_with("https://"), "{attribute:?}");
            }
            if node.has_tag_name("style") {
                assert_eq!(node.text(), Some(style));
            }
            let words: String =
                node.descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect();
            quotes.insert(words);
        }
        assert!(!document.descendants().any(|node| node.is_comment() || node.is_pi()));
        let all = quotes.iter().max_by_key(|words| words.len()).unwrap();
        for finding in &report.findings {
            let summary = shown(&finding.summary).replace('`', "");
            assert!(all.replace('`', "").contains(&summary), "{summary}");
            for cited in finding.evidence.iter().take(25) {
                assert!(quotes.contains(&shown(&cited.observed)), "{:?}", cited.observed);
            }
        }
    }
}

#[test]
fn html_carries_what_an_auditor_needs() {
    let report = report();
    let written = render::html(&report);
    let mut needed = vec![
        "default-src &#39;none&#39;".replace("&#39;", "'"),
        "sha256-".to_owned(),
        report.policy.sha256.clone(),
        report.result_sha256.clone(),
        report.generator.clone(),
        report.scope.statement.clone(),
        report.at.to_string(),
        report.now.to_string(),
        "2026-11-21T00:00:00Z (declared by the supplier)".to_owned(),
        "testssl.sh old.example:443".to_owned(),
        "the CISO".to_owned(),
        "2027-03-01T00:00:00Z".to_owned(),
        "certificate 0000".to_owned(),
        "validated to FIPS 140-3".to_owned(),
        "--collected 2026-11-21T00:00:00Z".to_owned(),
    ];
    needed.extend(report.sources.iter().flat_map(|source| [source.name.clone(), source.sha256.clone()]));
    needed.extend(report.certificates.iter().map(|certificate| certificate.sha256.clone()));
    for words in needed {
        assert!(written.contains(&words), "{words}");
    }
}

#[test]
fn the_same_command_gives_the_same_result() {
    let first = report();
    assert_eq!(
        first.reproduce,
        "intransit-probe check --policy policy.json --at 2026-11-20T00:00:00Z --now 2026-11-22T10:00:00Z \
         --collected 2026-11-21T00:00:00Z --host mail.example.com --format json 'old.example scan.json' \
         'older.example scan.json' chain.pem"
    );
    assert_eq!(first.result_sha256, report().result_sha256);
    assert_eq!(first.result_sha256, first.sha256());
    let read_back: Report = serde_json::from_str(&render::json(&first)).unwrap();
    assert_eq!(read_back.sha256(), first.result_sha256);
}

#[test]
fn the_hash_is_of_the_json_as_it_is_described() {
    use sha2::Digest as _;
    let report = report();
    let json = serde_json::to_string(&report).unwrap();
    let end = json.find(",\"reproduce\":").unwrap();
    let digest = sha2::Sha256::digest(format!("{}}}", &json[..end]).as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(report.result_sha256, hex);
}

#[test]
fn another_input_or_option_gives_another_result() {
    let same = report().result_sha256;
    let mut changed = inputs();
    let last = changed[0].1.len() - 2;
    changed[0].1[last] = b' ';
    changed[0].1.push(b'}');
    let mut blank = inputs();
    blank[2].1.push(b'\n');
    let later = CheckOptions { now: "2026-11-22T10:00:01Z".to_owned(), ..options() };
    let policy = CheckOptions { policy: Some(POLICY.replace("a printer", "a plotter")), ..options() };
    for (what, report) in [
        ("a moved brace", judged(&changed, &options())),
        ("a line end", judged(&blank, &options())),
        ("a second", judged(&inputs(), &later)),
        ("a word in the policy", judged(&inputs(), &policy)),
    ] {
        assert_ne!(report.result_sha256, same, "{what}");
    }
}

#[test]
fn the_command_names_what_the_evidence_rests_on() {
    let chain = |name: &str| vec![(name.to_owned(), CHAIN.to_vec())];
    let bare = CheckOptions { at: NOW.to_owned(), now: NOW.to_owned(), ..CheckOptions::default() };
    let inventory =
        CheckOptions { inventory: Some("name,flow,endpoints\nA,,a.example:443\n".to_owned()), ..bare.clone() };
    let scan = vec![("a.json".to_owned(), scan("a.example").into_bytes())];
    for (inputs, options, end) in [
        (
            chain("standard input"),
            &bare,
            "--policy m365-in-transit-1.0 --at 2026-11-22T10:00:00Z --now 2026-11-22T10:00:00Z --format json -",
        ),
        (chain("-x.pem"), &bare, "--format json -- -x.pem"),
        (chain("it's; rm -rf ~"), &bare, r"--format json 'it'\''s; rm -rf ~'"),
        (
            chain("a.pem"),
            &inventory,
            "--policy m365-in-transit-1.0 --inventory inventory.csv --at 2026-11-22T10:00:00Z --now 2026-11-22T10:00:00Z --format json a.pem",
        ),
        (scan, &options(), "--now 2026-11-22T10:00:00Z --format json a.json"),
    ] {
        let report = judged(&inputs, options);
        assert!(report.reproduce.ends_with(end), "{}", report.reproduce);
    }
}
