//! sslscan says `disabled` of every version of servers that have TLS 1.0 or SSL 3.0, since its own OpenSSL refuses to
//! speak them, and ends with 0: that proves nothing, and people are told so, why, and what would decide it.

use intransit::Verdict;
use intransit::evidence::SubjectKind;
use intransit::policy::{DEFAULT_PACK, PACKS};
use intransit::render::{self, TextOptions};
use intransit::report::Outcome;

use super::hold;
use super::verdicts::judge;

const REPORTS: [(&str, &str); 6] = [
    ("tls10.xml", "127.0.0.1:14432"),
    ("tls10.txt", "127.0.0.1:14432"),
    ("ssl3.xml", "127.0.0.1:14434"),
    ("ssl3.txt", "127.0.0.1:14434"),
    ("plain.xml", "127.0.0.1:14436"),
    ("plain.txt", "127.0.0.1:14436"),
];

#[test]
fn what_sslscan_could_not_speak_is_not_proven_to_be_off() {
    let mut changed = Vec::new();
    for (file, target) in REPORTS {
        let name = format!("sslscan-2.0.7/{file}");
        for pack in PACKS.iter().filter(|pack| pack.policy().unwrap().expects.contains(&SubjectKind::Endpoint)) {
            let report = judge(&name, pack.id).unwrap();
            assert_eq!(report.verdict, Verdict::Indeterminate, "{name} {}", pack.id);
            let only_age = |outcome| {
                let mut findings = report.findings.iter().filter(move |finding| finding.outcome == outcome);
                findings.all(|finding| finding.rule == "evidence-too-old")
            };
            assert!(only_age(Outcome::Pass) && only_age(Outcome::Fail), "{name} {}", pack.id);
            let mut moot = report.findings.iter().filter(|finding| finding.outcome == Outcome::NotApplicable);
            assert!(moot.all(|finding| finding.rule == "address-not-owned"), "{name} {}", pack.id);

            let text = render::text(&report, &TextOptions::default()).replace(&report.generator, "intransit VERSION");
            let running = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let library = if file.ends_with(".txt") { "own OpenSSL 3.0.22" } else { "own OpenSSL" };
            let why = format!(
                "sslscan reports every version as disabled, which it also does where its {library} refuses to speak \
                 what the server speaks, or where no TLS answers"
            );
            let mut words = vec![
                format!("? Not proven: {} ", report.policy.title),
                format!("{target}: the scan is not known to have finished: {why}."),
                format!("{why}: it proves nothing of the server"),
                "testssl.sh -p speaks every version by itself, whatever OpenSSL allows".to_owned(),
                format!("run testssl.sh -p -P -f -S --jsonfile-pretty report.json {target}"),
            ];
            if pack.document().rules.iter().any(|setting| setting.rule == "obsolete-protocol") {
                let old = report.findings.iter().find(|finding| finding.rule == "obsolete-protocol").unwrap();
                assert_eq!(old.outcome, Outcome::Unknown, "{name} {}", pack.id);
                words.push(format!("? {}", old.summary));
                words.push(format!("because {why} (the scanner's own client could not have seen it)"));
            }
            for words in words {
                assert!(running.contains(&words), "{name} {}: expected `{words}` in\n{text}", pack.id);
            }
            if file == "tls10.xml" && pack.id == DEFAULT_PACK {
                changed
                    .extend(hold("snapshots/sslscan-2.0.7-tls10.txt", &text.replace(&report.result_sha256, "SHA-256")));
            }
        }
    }
    assert!(changed.is_empty(), "look at it, then UPDATE_SNAPSHOTS=1\n{}", changed.join("\n"));
}
