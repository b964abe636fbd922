//! What keeps a prediction open beside the server: names that are others, evidence that is old, and what is said of it.

use intransit::evidence::ServerName;

use crate::flow::{forecast, judged};
use crate::party::Party;
use crate::world::{DOMAIN, Made, World, dig};

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
