//! What people read: the renderers' words for three reports, as files. `UPDATE_SNAPSHOTS=1` writes them anew.
//!
//! And what programs read: evidence and reports come back from JSON as they went.
#![expect(clippy::disallowed_methods, reason = "the fixtures and the snapshots are files")]

mod common;

use common::{FORMATS, NOW, fixtures};
use intransit::policy::PACKS;
use intransit::render::{self, RENDERERS, TextOptions};
use intransit::report::Outcome;
use intransit::{CheckOptions, Evidence, Input, Report, check, read};

const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/snapshots");
const SHOWN: [&str; 3] = ["testssl-3.0.8/modern-pretty", "testssl-3.0.8/tls10-flat", "testssl-3.3dev/smtpno-flat"];

fn judge(name: &str, policy: &str) -> Report {
    let text = std::fs::read(format!("{FORMATS}/{name}.json")).unwrap();
    let options = CheckOptions {
        at: NOW.to_owned(),
        now: NOW.to_owned(),
        policy: Some(policy.to_owned()),
        ..CheckOptions::default()
    };
    check(&[Input::new("report.json", &text)], &options).unwrap()
}

#[test]
fn reports_read_as_they_did() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut changed = Vec::new();
    for name in SHOWN {
        let report = judge(name, "m365-in-transit-1.0");
        for (renderer, ending) in [("text", "txt"), ("markdown", "md")] {
            let renderer = RENDERERS.iter().find(|known| known.id == renderer).unwrap();
            // The version of the program is not what a snapshot is about, nor the hash, in which it stands.
            let written = (renderer.render)(&report).replace(&report.generator, "intransit VERSION");
            let written = written.replace(&report.result_sha256, "SHA-256");
            let path = format!("{SNAPSHOTS}/{}.{ending}", name.replace('/', "-"));
            if update {
                std::fs::create_dir_all(SNAPSHOTS).unwrap();
                std::fs::write(&path, &written).unwrap();
            }
            let known = std::fs::read_to_string(&path).unwrap_or_default();
            if known != written {
                let at = known.lines().zip(written.lines()).take_while(|(known, written)| known == written).count();
                let line = |text: &str| text.lines().nth(at).unwrap_or("the end").to_owned();
                changed.push(format!("{path}:{}\n- {}\n+ {}", at + 1, line(&known), line(&written)));
            }
        }
    }
    assert!(changed.is_empty(), "look at them, then UPDATE_SNAPSHOTS=1\n{}", changed.join("\n"));
}

#[test]
fn text_fits_a_terminal() {
    for name in SHOWN {
        for pack in PACKS {
            let report = judge(name, pack.id);
            let plain = render::text(&report, &TextOptions::default());
            assert!(!plain.contains('\u{1b}'), "{name}: colour that nobody asked for");
            let coloured = render::text(&report, &TextOptions { colour: true });
            assert!(coloured.contains('\u{1b}'), "{name}");
            let commands: Vec<&String> = report.findings.iter().flat_map(|finding| &finding.decide_by).collect();
            for line in plain.lines().filter(|line| line.chars().count() > 80) {
                let is_command = commands.iter().any(|command| line.ends_with(command.as_str()))
                    || line.trim_start() == report.reproduce;
                let is_one_word = line.split_whitespace().any(|word| word.chars().count() > 60);
                assert!(is_command || is_one_word, "{name}: {} columns: {line}", line.chars().count());
            }
        }
    }
}

#[test]
fn evidence_and_reports_come_back_from_json() {
    for fixture in fixtures() {
        let evidence = read(&[Input::new("report.json", fixture.text.as_bytes())]).evidence;
        let json = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), evidence, "{}", fixture.name);
        for pack in PACKS {
            let report = judge(&fixture.name, pack.id);
            let json = render::json(&report);
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report, "{}", fixture.name);
        }
    }
}

#[test]
fn every_answer_cites_words_that_are_there() {
    for fixture in fixtures() {
        let reading = read(&[Input::new("report.json", fixture.text.as_bytes())]);
        let report = judge(&fixture.name, "m365-in-transit-1.0");
        for finding in &report.findings {
            let decided = matches!(finding.outcome, Outcome::Pass | Outcome::Fail);
            assert!(!decided || !finding.evidence.is_empty(), "{}: {}", fixture.name, finding.id);
            assert!(decided || finding.outcome == Outcome::NotApplicable || !finding.gaps.is_empty(), "{}", finding.id);
            for cited in &finding.evidence {
                let range = cited.span.start as usize..cited.span.end as usize;
                let words = reading.texts[cited.span.source as usize].get(range);
                assert!(words.is_some_and(|words| !words.is_empty()), "{}: {}", fixture.name, finding.id);
            }
        }
    }
}
