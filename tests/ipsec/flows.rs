//! Flows of the inventory that go through a tunnel or by TLS, over real lists and reports.

use intransit::evidence::{ServerName, StartTls, Transport};
use intransit::{CheckOptions, Input, Report, Verdict, check};

use super::{fixture, outcomes, text};

/// The same by a policy that has an inventory, or with the inventory in a file of its own.
fn judged(inputs: &[&str], policy: &str, inventory: &str) -> Report {
    let time = "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions {
        at: time.clone(),
        now: time.clone(),
        collected: Some("2026-11-22T05:40:00Z".to_owned()),
        policy: Some(policy.to_owned()),
        inventory: Some(inventory.to_owned()),
        ..CheckOptions::default()
    };
    let inputs: Vec<Input<'_>> = inputs.iter().map(|text| Input::new("input", text.as_bytes())).collect();
    check(&inputs, &options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn by_tunnel(inputs: &[&str], between: &str) -> Report {
    judged(inputs, "ipsec-baseline-1.0", &format!("name,flow,endpoints,between\nSites,insideService,,{between}\n"))
}

const SITES: &str = "10.1.0.0/24 10.2.0.0/24";

#[test]
fn a_flow_between_services_is_shown_by_an_established_tunnel_that_covers_both_ends() {
    let good = text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw");
    let report = by_tunnel(&[&good], SITES);
    assert_eq!(outcomes(&report, "flow-unprotected"), "+");
    let flow = &report.scope.inventory[0];
    assert_eq!((flow.shown_by.len(), flow.tunnels.as_slice()), (0, ["tunnel hq-branch/net".to_owned()].as_slice()));
    assert_eq!(report.verdict, Verdict::Compliant, "{:?}", report.reasons);
    let finding = report.findings.iter().find(|finding| finding.rule == "flow-unprotected").unwrap();
    assert_eq!(finding.subject.label, "flow Sites");
    let words: Vec<&str> = finding.evidence.iter().map(|cited| cited.observed.as_str()).collect();
    for expected in ["INSTALLED", "ESTABLISHED", "AES_GCM_16-256", "10.1.0.0/24", "10.2.0.0/24"] {
        assert!(words.iter().any(|words| words.ends_with(expected)), "{expected} in {words:?}");
    }
    // Without ends in the inventory the rule does not judge.
    let report = judged(&[&good], "ipsec-baseline-1.0", "name,flow,endpoints\nWeb,,a.example:443\n");
    assert_eq!(outcomes(&report, "flow-unprotected"), "");
}

#[test]
fn nothing_less_shows_it() {
    let good = text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw");
    let half = text("14-ikev2-partial-selectors.raw");
    let several = text("15-ikev2-selectors-tcp443-and-multi.raw");
    let null = text("04-ikev2-esp-null-sha256.raw");
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    for (what, list, between, expected) in [
        ("the other way round", good.clone(), "10.2.0.0/24 10.1.0.0/24", "+"),
        ("two hosts inside", good.clone(), "10.1.0.7 10.2.0.9", "+"),
        ("NULL encryption", null.clone(), SITES, "-"),
        ("3DES", text("03-ikev2-weak-3des-sha1-modp1024.raw"), SITES, "-"),
        ("AH", replaced("protocol=ESP", "protocol=AH"), SITES, "-"),
        ("GMAC", replaced("encr-alg=AES_GCM_16 encr-keysize=256 bytes", "encr-alg=NULL_AES_GMAC bytes"), SITES, "-"),
        ("half of both ends", half.clone(), SITES, "-"),
        ("the half that it covers", half.clone(), "10.1.0.0/25 10.2.0.0/25", "+"),
        ("one end missed", half.clone(), "10.1.0.0/25 10.2.0.128/25", "?"),
        ("one end missed in part", half, "10.1.0.0/25 10.2.0.0/24", "-"),
        ("another flow", good.clone(), "10.3.0.0/24 10.2.0.0/24", "?"),
        ("more than the tunnel", good.clone(), "10.1.0.0/16 10.2.0.0/24", "-"),
        ("IKE up without a child", text("13-ikev2-child-deleted.raw"), SITES, "?"),
        ("a wrong key", text("11-ikev1-wrong-psk-connecting.raw"), SITES, "?"),
        ("nothing up", text("18-daemon-up-nothing-established.raw"), SITES, "?"),
        ("nothing went through", text("01-ikev2-aes256gcm-ecp384-pfs-cert.no-traffic.raw"), SITES, "?"),
        ("a list that may have been cut", text("01-ikev2-aes256gcm-ecp384-pfs-cert.txt"), SITES, "?"),
        ("an association that is not established", replaced("state=ESTABLISHED", "state=CONNECTING"), SITES, "?"),
        ("a cipher that nobody here knows", replaced("AES_GCM_16", "CAMELLIA_CBC"), SITES, "?"),
        ("one port alone", several.replace("10.2.0.0/24 10.2.9.0/24", "10.2.9.0/24"), "10.1.0.0/24 10.2.0.1", "-"),
        ("one of two children", several.clone(), SITES, "+"),
        (
            "the other child, for one port, encrypts nothing",
            several.replacen("encr-alg=AES_GCM_16 encr-keysize=256 bytes", "encr-alg=NULL bytes", 1),
            SITES,
            "-",
        ),
        ("a second tunnel without encryption", format!("{good}\n{null}"), SITES, "-"),
    ] {
        let report = by_tunnel(&[&list], between);
        assert_eq!(outcomes(&report, "flow-unprotected"), expected, "{what}");
        assert_eq!(report.verdict == Verdict::Compliant, expected == "+" && !what.contains("Sites"), "{what}");
        let shown = report.scope.not_shown.iter().any(|line| line.contains("the flow `Sites`"));
        assert!(expected != "?" || shown || !report.scope.inventory[0].tunnels.is_empty(), "{what}");
    }
    let report = by_tunnel(&[&good, &text("14-ikev2-partial-selectors.txt")], SITES);
    assert_eq!(outcomes(&report, "flow-unprotected"), "?", "another list may have been cut");
}

#[test]
fn a_list_that_is_cut_anywhere_shows_nothing_more() {
    let list = format!(
        "{}{}",
        text("04-ikev2-esp-null-sha256.raw").split("list-sas reply").next().unwrap(),
        text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw")
    );
    for (list, step) in [(&list, 9), (&text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw"), 1)] {
        for end in ("list-sa event {".len()..list.len() - 2).step_by(step) {
            let report = by_tunnel(&[&list[..end]], SITES);
            assert!(!outcomes(&report, "flow-unprotected").contains('+'), "{}", &list[..end]);
        }
    }
}

#[test]
fn tls_protects_a_flow_only_from_the_first_byte() {
    let good = text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw");
    let rule = r#"{"id":"own","version":"1","rules":[{"rule":"flow-unprotected","level":"error"}]}"#;
    let modern = fixture("testssl-3.0.8/modern-pretty.json");
    let target = |report: &str| {
        let reading = intransit::read(&[Input::new("report", report.as_bytes())]);
        let keys = reading.evidence.scans.iter().flat_map(|scan| &scan.subjects).find_map(|subject| match subject {
            intransit::evidence::Subject::Endpoint(endpoint) => Some(endpoint.key.target()),
            _ => None,
        });
        keys.unwrap()
    };
    // The same server, if TLS began by a command there.
    let mut reading = intransit::read(&[Input::new("report", modern.as_bytes())]);
    for subject in reading.evidence.scans.iter_mut().flat_map(|scan| &mut scan.subjects) {
        if let intransit::evidence::Subject::Endpoint(endpoint) = subject {
            endpoint.key.transport = Transport::StartTls(StartTls::Smtp);
        }
    }
    let starttls = reading.evidence.to_document(&reading.diagnostics);
    // The same server, asked for by a name.
    let named = |sent: ServerName| {
        let mut reading = intransit::read(&[Input::new("report", modern.as_bytes())]);
        for subject in reading.evidence.scans.iter_mut().flat_map(|scan| &mut scan.subjects) {
            if let intransit::evidence::Subject::Endpoint(endpoint) = subject {
                endpoint.key.host = Some("a.example".to_owned());
                endpoint.key.port = 443;
                endpoint.key.server_name = sent.clone();
            }
        }
        reading.evidence.to_document(&reading.diagnostics)
    };
    let flow = |endpoints: &str, between: &str| format!("name,flow,endpoints,between\nA,,{endpoints},{between}\n");
    for (what, inputs, inventory, expected) in [
        ("TLS", vec![modern.clone()], flow(&target(&modern), ""), "+"),
        (
            "two endpoints, one not shown",
            vec![modern.clone()],
            flow(&format!("{} b.example:443", target(&modern)), ""),
            "?",
        ),
        ("its name", vec![named(ServerName::Sent("a.example".to_owned()))], flow("a.example:443", ""), "+"),
        ("another name", vec![named(ServerName::Sent("b.example".to_owned()))], flow("a.example:443", ""), "?"),
        ("no name", vec![named(ServerName::Omitted)], flow("a.example:443", ""), "?"),
        ("a name that is not stated", vec![named(ServerName::Unstated)], flow("a.example:443", ""), "?"),
        ("STARTTLS", vec![starttls], flow(&target(&modern), ""), "?"),
        (
            "broken suites",
            vec![fixture("testssl-3.3dev/smtp-pretty.json")],
            flow(&target(&fixture("testssl-3.3dev/smtp-pretty.json")), ""),
            "-",
        ),
        ("nothing", vec![modern.clone()], flow("b.example:443", ""), "?"),
        ("a tunnel, and TLS that was not shown", vec![good.clone()], flow("b.example:443", SITES), "+"),
        ("TLS, and no tunnel", vec![modern.clone()], flow(&target(&modern), SITES), "+"),
        ("neither", vec![modern.clone()], flow("b.example:443", SITES), "?"),
    ] {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let report = judged(&inputs, rule, &inventory);
        assert_eq!(outcomes(&report, "flow-unprotected"), expected, "{what}");
    }
}

/// A child of an association that is whole but for what is given.
fn child(state: &str, cipher: &str, local: &str, remote: &str) -> String {
    format!(
        "n-1 {{name=n state={state} mode=TUNNEL protocol=ESP encr-alg={cipher} bytes-in=5 bytes-out=5 \
         local-ts=[{local}] remote-ts=[{remote}]}} "
    )
}

fn association(state: &str, children: &str) -> String {
    format!("list-sa event {{hq {{version=2 state={state} encr-alg=AES_GCM_16 child-sas {{{children}}}}}}}\n")
}

const GCM: &str = "AES_GCM_16 encr-keysize=256";
const END: &str = "list-sas reply {}\n";

#[test]
fn what_may_be_in_the_way_of_a_good_tunnel_leaves_it_unknown() {
    let good = association("ESTABLISHED", &child("INSTALLED", GCM, "10.1.0.0/24", "10.2.0.0/24"));
    let null = |ike: &str, state: &str, remote: &str| {
        format!("{good}{}{END}", association(ike, &child(state, "NULL", "10.1.0.0/24", remote)))
    };
    for (what, list, expected) in [
        ("alone", format!("{good}{END}"), "+"),
        ("NULL for a part", null("ESTABLISHED", "INSTALLED", "10.2.0.0/28"), "-"),
        ("NULL for others", null("ESTABLISHED", "INSTALLED", "10.3.0.0/28"), "+"),
        ("being made anew", null("ESTABLISHED", "REKEYING", "10.2.0.0/28"), "?"),
        ("being made anew, for others", null("ESTABLISHED", "REKEYING", "10.3.0.0/28"), "+"),
        ("by an association that is made anew", null("REKEYING", "INSTALLED", "10.2.0.0/28"), "?"),
        ("replaced", null("ESTABLISHED", "REKEYED", "10.2.0.0/28"), "+"),
        ("not yet there", null("ESTABLISHED", "CREATED", "10.2.0.0/28"), "+"),
        ("a range", null("ESTABLISHED", "INSTALLED", "10.2.0.5..10.2.0.9"), "?"),
        ("a range and a block for others", null("ESTABLISHED", "INSTALLED", "10.3.0.0/24 10.2.0.5..10.2.0.9"), "?"),
        ("a protocol alone", null("ESTABLISHED", "INSTALLED", "[tcp]"), "?"),
        ("a protocol", null("ESTABLISHED", "INSTALLED", "10.2.0.0/24[tcp]"), "-"),
        ("no selectors", null("ESTABLISHED", "INSTALLED", ""), "?"),
    ] {
        assert_eq!(outcomes(&by_tunnel(&[&list], SITES), "flow-unprotected"), expected, "{what}");
    }
    let others = association("ESTABLISHED", &child("INSTALLED", "NULL", "10.7.0.0/24", "10.2.0.5..10.2.0.9"));
    let report = by_tunnel(&[&format!("{good}{others}{END}")], SITES);
    assert_eq!(outcomes(&report, "flow-unprotected"), "+", "a range that none of the flow can go to");
}

#[test]
fn a_part_fails_only_where_nothing_may_take_the_rest() {
    let up = |local: &str, remote: &str| child("INSTALLED", GCM, local, remote);
    let list = |children: &str| format!("{}{END}", association("ESTABLISHED", children));
    let half = up("10.1.0.0/25", "10.2.0.0/24");
    let cut = list(&half);
    for (what, text, expected) in [
        ("half", list(&half), "-"),
        ("half, and a list that is not to its end", cut.split("}}}").next().unwrap().to_owned(), "?"),
        ("two halves of one child", list(&up("10.1.0.0/25 10.1.0.128/25", "10.2.0.0/24")), "?"),
        ("two children", list(&format!("{half}{}", up("10.1.0.128/25", "10.2.0.0/24"))), "?"),
        ("turned round", list(&format!("{half}{}", up("10.2.0.0/24", "10.1.0.128/25"))), "?"),
        ("all, by one protocol", list(&up("10.1.0.0/24", "10.2.0.0/24[tcp]")), "-"),
        ("all, by two protocols", list(&up("10.1.0.0/24", "10.2.0.0/24[tcp] 10.2.0.0/24[udp]")), "?"),
        ("three quarters", list(&format!("{half}{}", up("10.1.0.128/25", "10.2.0.0/25"))), "-"),
        ("a half, and a range", list(&up("10.1.0.0/25 10.1.0.128..10.1.0.255", "10.2.0.0/24")), "?"),
        ("NULL for a half", list(&half.replace(GCM, "NULL")), "-"),
        ("all, and a half", list(&format!("{half}{}", up("10.1.0.0/24", "10.2.0.0/24"))), "+"),
    ] {
        assert_eq!(outcomes(&by_tunnel(&[&text], SITES), "flow-unprotected"), expected, "{what}");
    }
}

#[test]
fn what_the_kernel_lets_pass_counts_beside_another_list() {
    let swanctl = text("01-ikev2-aes256gcm-ecp384-pfs-cert.raw");
    let gcm = fixture("ip-xfrm/gcm.txt");
    let policies = gcm.split_once(" SAD count 2\n").unwrap().1;
    let ahead = |policy: &str| {
        let hole = format!(" SAD count 2\nsrc 10.1.0.0/24 dst 10.2.0.0/24 \n{policy}");
        gcm.replace(" SAD count 2\n", &hole).replace("OUT 1", "OUT 2")
    };
    let hole = "src 10.1.0.0/24 dst 10.2.0.0/28 \n\tdir out priority 100 ptype main \n";
    for (what, list, expected) in [
        ("the same tunnel", gcm.clone(), "+"),
        ("a hole in it", ahead("\tdir out priority 100 ptype main \n"), "?"),
        ("a hole behind it", ahead("\tdir out priority 400000 ptype main \n"), "+"),
        ("what is blocked", ahead("\tdir out action block priority 100 ptype main \n"), "+"),
        ("a hole and no tunnel", format!("{hole}\t SPD IN  0 OUT 1 FWD 0\n"), "?"),
        (
            "a mark",
            gcm.replace("out priority 375423 ptype main \n", "out priority 375423 ptype main \n\tmark 0x5\n"),
            "?",
        ),
        ("policies and no associations", policies.to_owned(), "?"),
    ] {
        assert_eq!(outcomes(&by_tunnel(&[&swanctl, &list], SITES), "flow-unprotected"), expected, "{what}");
    }
}
