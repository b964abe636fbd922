//! What keeps a prediction open beside the server: names that are others, evidence that is old, and what is said of it.

use intransit::evidence::{ServerName, Subject};
use intransit::report::MailDirection;
use intransit::report::MailOutcome::{DeliveredVerified, NotDetermined, Returned};
use serde_json::json;

use crate::flow::{forecast, judged, judged_as_of, prediction};
use crate::party::Party;
use crate::world::{DOMAIN, Made, SERVER, World, dig, document, document_as_of, outbound};

const ANSWER: &str = "Sun Nov 22 09:00:00 UTC 2026";
const OLD_ANSWER: &str = "Fri Nov 22 09:00:00 UTC 2024";

#[test]
fn what_is_old_or_without_a_time_predicts_nothing_of_today() {
    let made = Made { root: Party::authority("Root") };
    let today = Some("2026-11-22T09:30:00Z");
    let answer = (ANSWER, OLD_ANSWER);
    for (input, (new, old), collected, said) in [
        ("", answer, today, ""),
        ("", answer, Some("2026-10-24T09:30:00Z"), ""),
        ("", answer, Some("2020-01-01T00:00:00Z"), "what is so today: `To Example` was exported on 2020-01-01"),
        ("", answer, None, "when `To Example` was exported: state it"),
        ("", answer, None, "when the MTA-STS policy of `example.com` was fetched: state it"),
        ("mx.txt", answer, today, "what is so today: the MX records of `example.com` were looked up on 2024-11-22"),
        ("mx.txt", (ANSWER, "Wed Nov 25 09:00:00 UTC 2026"), today, "were looked up on 2026-11-25"),
        ("txt.txt", answer, today, "today: the TXT records of `_mta-sts.example.com` were looked up on 2024-11-22"),
        ("tlsa.txt", answer, today, "the TLSA records of `_25._tcp.mail.example.com` were looked up on 2024-11-22"),
        ("mx.txt", (";; WHEN: Sun Nov 22 09:00:00 UTC 2026\n", ""), None, "when the MX records of `example.com` were"),
    ] {
        let mut world = World::new(&made);
        world.connector = outbound(json!("DomainValidation"));
        world.mta_sts = Some("mode: enforce\nmx: *.example.com");
        let mut inputs = world.inputs();
        for (_, text) in inputs.iter_mut().filter(|(name, _)| *name == input) {
            assert!(text.contains(new), "{text}");
            *text = text.replace(new, old);
        }
        let report = judged_as_of(&inputs, &world.roots, collected);
        let found = prediction(report.as_ref(), MailDirection::To);
        let found = found.unwrap_or_else(|| panic!("{input} {said}"));
        let outcome = if said.is_empty() { DeliveredVerified } else { NotDetermined };
        assert_eq!(found.outcome, outcome, "{input} {said}: {found:#?}");
        assert!(said.is_empty() || found.missing.iter().any(|line| line.contains(said)), "{input} {said}: {found:#?}");
    }
}

#[test]
fn what_returns_by_itself_returns_whatever_an_old_record_says() {
    let made = Made { root: Party::authority("Root") };
    let mut world = World::new(&made);
    world.connector = outbound(json!("DomainValidation"));
    world.chain = vec![Party::server().by_itself().der];
    let mut inputs = world.inputs();
    for (_, text) in inputs.iter_mut().filter(|(name, _)| *name == "tlsa.txt") {
        *text = text.replace(ANSWER, OLD_ANSWER);
    }
    let report = judged(&inputs, &world.roots);
    let found = prediction(report.as_ref(), MailDirection::To).unwrap();
    assert_eq!(found.outcome, Returned, "{found:#?}");
}

#[test]
fn the_oldest_report_that_decides_gives_the_date() {
    let made = Made { root: Party::authority("Root") };
    let mut world = World::new(&made);
    world.connector = outbound(json!("DomainValidation"));
    for (other, outcome, date) in [
        ("2026-11-20T09:00:00Z", DeliveredVerified, "2026-11-20"),
        ("2026-11-22T08:00:00Z", DeliveredVerified, "2026-11-22"),
        ("2026-01-01T09:00:00Z", NotDetermined, "2026-01-01"),
    ] {
        let mut inputs = world.inputs();
        let endpoint = world.endpoint(ServerName::Sent(SERVER.to_owned()));
        inputs.push(("older.json", document_as_of(other, vec![Subject::Endpoint(Box::new(endpoint))])));
        let report = judged(&inputs, &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        assert_eq!(found.outcome, outcome, "{other}: {found:#?}");
        assert!(found.summary.contains(&format!("(as of {date})")), "{other}: {}", found.summary);
        let is_old = found.missing.contains(&format!("what is so today: `{SERVER}` was looked at on {date}"));
        assert_eq!(is_old, outcome == NotDetermined, "{other}: {found:#?}");
    }
}

#[test]
fn what_a_server_shows_under_another_name_is_not_its_own() {
    let made = Made { root: Party::authority("Root") };
    let sent = |name: &str| ServerName::Sent(name.to_owned());
    for (tls, names, outcome) in [
        (true, vec![ServerName::Omitted, sent(SERVER)], DeliveredVerified),
        (true, vec![ServerName::Omitted, sent("MAIL.example.com")], DeliveredVerified),
        (true, vec![ServerName::Omitted], DeliveredVerified),
        (true, vec![sent("other.example")], NotDetermined),
        (true, vec![ServerName::Unstated], NotDetermined),
        (true, vec![ServerName::Omitted, sent(SERVER), sent("other.example")], NotDetermined),
        (true, vec![ServerName::Omitted, sent("other.example")], NotDetermined),
        // No name is sent before STARTTLS.
        (false, vec![sent("other.example")], Returned),
        (false, vec![ServerName::Unstated], Returned),
    ] {
        let mut world = World::new(&made);
        world.connector = outbound(json!("DomainValidation"));
        world.tls = tls;
        let mut inputs = world.inputs();
        let subjects = names.iter().map(|name| Subject::Endpoint(Box::new(world.endpoint(name.clone()))));
        inputs[1].1 = document(subjects.collect());
        let report = judged(&inputs, &world.roots);
        let found = prediction(report.as_ref(), MailDirection::To).unwrap();
        assert_eq!(found.outcome, outcome, "{names:?}: {found:#?}");
        let is_said = found.missing.iter().any(|line| line.contains("who asks by its own name, or by none"));
        assert_eq!(is_said, outcome == NotDetermined, "{names:?}: {found:#?}");
    }
}

#[test]
fn a_command_has_no_name_that_a_shell_would_run() {
    let made = Made { root: Party::authority("Root") };
    let commands = |inputs: &[(&'static str, String)]| -> Vec<String> {
        let report = judged(inputs, &World::new(&made).roots);
        let missing = forecast(report.as_ref()).into_iter().flat_map(|forecast| &forecast.predictions);
        let command = |line: String| {
            let (_, rest) = line.split_once("(`")?;
            (rest.starts_with("dig ") || rest.starts_with("delv ")).then(|| rest.trim_end_matches("`)").to_owned())
        };
        let missing = missing.flat_map(|one| one.missing.clone());
        let mut commands: Vec<String> = missing.filter_map(command).collect();
        commands.sort();
        commands.dedup();
        commands
    };
    let host = |name: &'static str| {
        World::new(&made).inputs_with(&|one| {
            one.key.host = Some(name.to_owned());
            one.key.server_name = ServerName::Omitted;
        })
    };
    let mx = |owner: &str, host: &str| dig("MX", owner, &[format!("10 {host}.")]);
    for (domain, server, expected) in [
        ("example.org", "mail.example.org", ["dig TLSA _25._tcp.mail.example.org", "dig TXT _mta-sts.example.org"]),
        ("$(id).example.org", "mail.example.org", ["dig TLSA _25._tcp.mail.example.org", "dig TXT _mta-sts.DOMAIN"]),
        ("-f.example.org", "mail.example.org", ["dig TLSA _25._tcp.mail.example.org", "dig TXT _mta-sts.DOMAIN"]),
        ("example.org", "a;id;.example.org", ["dig TLSA _25._tcp.HOST", "dig TXT _mta-sts.example.org"]),
    ] {
        let mut inputs = host(server);
        inputs[0].1 = inputs[0].1.replace(DOMAIN, domain);
        inputs.truncate(2);
        inputs.push(("mx.txt", mx(domain, server)));
        let found = commands(&inputs);
        assert_eq!(found, expected, "{domain} {server}");
        inputs.truncate(2);
        let asked = if expected[1].ends_with("DOMAIN") { "DOMAIN" } else { domain };
        let found = commands(&inputs);
        assert!(!found.iter().any(|one| one.contains(['$', ';', '('])), "{found:?}");
        assert!(found.is_empty() || found.contains(&format!("dig MX {asked}")), "{domain} {server}: {found:?}");
    }
}
