//! Connectors of Exchange: what each partner's cell must say, in both printed forms; nothing passes that was taken away.

use intransit::diagnostic::Diagnostic;
use intransit::{CheckOptions, Input, Outcome, Report, check, render};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats/exchange-settings/");

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{CASES}{name}")).unwrap()
}

fn judged(text: &str) -> Report {
    checked(text).unwrap()
}

fn checked(text: &str) -> Result<Report, Vec<Diagnostic>> {
    let options = CheckOptions {
        at: "2026-11-22T10:00:00Z".to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        policy: Some("m365-forced-tls-1.0".to_owned()),
        collected: Some("2026-11-22T09:00:00Z".to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("settings", text.as_bytes())], &options)
}

/// Each partner's cells as the text output has them.
fn cells(report: &Report) -> Vec<String> {
    let text = render::render(report, "text").unwrap();
    let section = text.split("\nPartners\n").nth(1).unwrap_or_default();
    let mut partner = "";
    let mut cells = Vec::new();
    for line in section.lines().take_while(|line| line.starts_with("  ")) {
        let inner = line.trim_start();
        match inner.strip_prefix("Mail ").and_then(|rest| rest.split_once(" it ")) {
            Some((way, state)) => cells.push(format!("Mail {way} {partner}: {}", state.trim())),
            None if line.len() - inner.len() == 2 => partner = inner,
            None => {}
        }
    }
    cells
}

const TENANT: [&str; 12] = [
    "Mail to *.contoso.com: ✔ encrypted, partner verified",
    "Mail from *.contoso.com: ✔ encrypted, partner verified",
    "Mail to adatum.com: ? not determined",
    "Mail from adatum.com: ✖ not enforced",
    "Mail to contoso.com: ✔ encrypted, partner verified",
    "Mail from contoso.com: ✔ encrypted, partner verified",
    "Mail to fabrikam.com: ✖ encrypted only",
    "Mail from fabrikam.com: ✖ encrypted only",
    "Mail to tailspintoys.com: ✖ encrypted only",
    "Mail from tailspintoys.com: ✖ not enforced",
    "Mail to wingtiptoys.com: ✖ not enforced",
    "Mail from wingtiptoys.com: ✖ not enforced",
];

#[test]
fn cells_are_as_the_settings_are() {
    for name in ["tenant.json", "tenant.txt"] {
        assert_eq!(cells(&judged(&text(name))), TENANT, "{name}");
    }
    let html = render::render(&judged(&text("tenant.json")), "html").unwrap();
    assert!(html.contains("Set-OutboundConnector -Identity &#39;To Wingtip&#39; -Enabled $true -TestMode $false"));
    assert!(html.contains("ask the partner for NAME"));
}

#[test]
fn what_to_set_names_the_connector_at_fault() {
    // The disabled connector for everybody comes first, and is not the one to give a partner's name to.
    let report = judged(&format!("{}\n{}", text("server.txt"), text("tenant.txt")));
    for (partner, direction, expected) in [
        ("fabrikam.com", "to", "set `Set-OutboundConnector -Identity 'To Fabrikam' "),
        ("wingtiptoys.com", "to", "set `Set-OutboundConnector -Identity 'To Wingtip' "),
        ("adatum.com", "from", "set `Set-InboundConnector -Identity 'From Adatum' "),
    ] {
        let of = |finding: &&intransit::report::Finding| {
            finding.subject.label == partner && finding.facet.as_deref() == Some(direction)
        };
        let found = report.findings.iter().filter(of).find(|one| one.outcome == Outcome::Fail).unwrap();
        assert!(found.required.starts_with(expected), "{partner} {direction}: {}", found.required);
        assert!(found.evidence.iter().all(|cited| cited.observed.contains(": ")), "{:?}", found.evidence);
    }
}

#[test]
fn numbers_for_words_decide_nothing() {
    let report = judged(&text("numbers.json"));
    assert!(cells(&report).iter().all(|cell| cell.contains("? not determined")), "{:?}", cells(&report));
}

#[test]
fn tables_are_refused_with_the_command_to_use() {
    let table =
        "Name        ConnectorType Enabled\n----        ------------- -------\nTo Contoso  Partner       True\n";
    for (input, command) in [
        (table.to_owned(), "| ConvertTo-Json"),
        (table.replace("ConnectorType", "SenderDomains"), "Get-InboundConnector | Format-List"),
    ] {
        let problems = checked(&input).map_or_else(|problems| problems, |report| report.diagnostics);
        assert!(problems.iter().any(|problem| problem.help.as_deref().unwrap_or_default().contains(command)));
    }
}

/// Every line left out, and every cut: what passed is fewer, never more.
#[test]
fn nothing_passes_by_what_was_taken_away() {
    for name in ["tenant.json", "tenant.txt", "server.txt"] {
        let text = text(name);
        let passes = |text: &str| -> Vec<String> {
            let findings = checked(text).map(|report| report.findings).unwrap_or_default().into_iter();
            // The age is declared: it says nothing of what stands there.
            let passed =
                findings.filter(|finding| finding.outcome == Outcome::Pass && finding.rule != "evidence-too-old");
            passed.map(|finding| finding.id).collect()
        };
        let before = passes(&text);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let without = [&lines[..at], &lines[at + 1..]].concat().concat();
            let cut = lines[..at].concat();
            let half = format!("{cut}{}", &lines[at][..lines[at].len() / 2]);
            for changed in [without, cut, half] {
                for pass in passes(&changed) {
                    assert!(before.contains(&pass), "{name}: `{pass}` passes without line {}: {}", at + 1, lines[at]);
                }
            }
        }
    }
}

/// A finding cites the domain that it is about, not all of its connector's.
#[test]
fn many_domains_of_one_connector_stay_small() {
    let domains: Vec<String> = (0..900).map(|number| format!("d{number}.example.com")).collect();
    let text = text("tenant.txt").replace("{contoso.com, *.contoso.com}", &format!("{{{}}}", domains.join(", ")));
    let report = judged(&text);
    let finding = report.findings.iter().find(|finding| finding.facet.as_deref() == Some("to")).unwrap();
    assert!(finding.evidence.len() < 20, "{}", finding.evidence.len());
    let json = render::json(&report).len();
    assert!(json < 20_000_000, "{json} bytes");
}

#[test]
fn credentials_are_not_kept() {
    let text = text("server.txt").replace("AuthenticationCredential :", "AuthenticationCredential : hunter2");
    let report = judged(&text);
    assert!(!render::json(&report).contains("hunter2"));
}

#[test]
fn partners_beyond_those_that_are_judged_keep_the_verdict_open() {
    let connector = |number: usize| {
        let domains: Vec<String> = (0..600).map(|domain| format!("\"d{domain}.c{number}.example\"")).collect();
        format!(
            r#"{{"Identity":"c{number}","ConnectorType":"Partner","Enabled":true,"TestMode":false,"IsTransportRuleScoped":false,
            "RouteAllMessagesViaOnPremises":false,"TlsSettings":"DomainValidation","TlsDomain":"mail.c{number}.example",
            "RecipientDomains":[{}],"SmartHosts":[],"UseMXRecord":true}}"#,
            domains.join(",")
        )
    };
    let inputs = [connector(1), connector(2)];
    let inputs: Vec<Input<'_>> = inputs.iter().map(|text| Input::new("connectors.json", text.as_bytes())).collect();
    let options = CheckOptions {
        at: "2026-11-22T10:00:00Z".to_owned(),
        now: "2026-11-22T10:00:00Z".to_owned(),
        policy: Some("m365-forced-tls-1.0".to_owned()),
        ..CheckOptions::default()
    };
    let report = check(&inputs, &options).unwrap();
    let more = |line: &String| line.contains("more partners than are judged");
    assert!(report.scope.not_shown.iter().any(more), "{:?}", report.scope.not_shown);
}
