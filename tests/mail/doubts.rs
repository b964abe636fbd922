//! What keeps a prediction open beside the server: names that are others, evidence that is old, and what is said of it.

use intransit::evidence::{ServerName, Subject};
use intransit::report::MailDirection;
use intransit::report::MailOutcome::{DeliveredVerified, NotDetermined, Returned};
use serde_json::json;

use crate::flow::{forecast, judged, prediction};
use crate::party::Party;
use crate::world::{DOMAIN, Made, SERVER, World, dig, document, outbound};

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
