//! `scan --dns` between signed zones and servers of this machine: DANE passes where everything is proven, and only there.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

#[path = "../src/scan/names/dnssec/hierarchy.rs"]
#[expect(dead_code, reason = "other tests have more zones")]
mod hierarchy;
#[path = "../src/scan/published/https.rs"]
mod https;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use hickory_resolver::proto::rr::RecordType;
use hierarchy::{Hierarchy, Tamper, Zone};
use https::{Reply, Root, serve};
use intransit::pki::ParsedCertificate;
use intransit::source::sha256_hex;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");

/// A file that goes with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("intransit-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What `scan` prints and its exit code, where these zones are the world.
fn scan(zones: Hierarchy, tamper: Tamper, case: &str, words: &[&str]) -> (String, Option<i32>) {
    let anchor = File::new(&format!("{case}.key"), format!(". IN DNSKEY {}\n", zones.key(".")).as_bytes());
    let resolver = zones.respond(tamper).to_string();
    let usual = ["scan", "--dns", "--resolver", &resolver, "--trust-anchor", anchor.path(), "--deadline", "5"];
    let output = Command::new(PROBE).args(usual).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    // Reports break their lines.
    (said.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code())
}

fn world(zone: Zone) -> Hierarchy {
    Hierarchy::new(vec![Zone::new(".", &[]), Zone::new("test.", &[]), zone])
}

#[test]
fn dane_holds_only_where_all_is_proven() {
    let root = Root::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let made = root.certificate("mx.mail.test");
    let key = ParsedCertificate::from_der(&made.0).unwrap().key.unwrap().spki;
    // With TLS 1.3 rustls answers offers that its certificate does not fit, before it refuses them.
    serve(listener, made, Reply { is_old: true, ..Reply::whole("") });
    let tlsa = |digest: &str| format!("_{port}._tcp.mx TLSA 3 1 1 {digest}");
    let (own, other) = (tlsa(&sha256_hex(&key)), tlsa(&"ab".repeat(32)));
    let zone = |tlsa: &str| Zone::new("mail.test.", &["mx A 127.0.0.1", tlsa]);
    let target = format!("mx.mail.test:{port}");
    let none: fn() -> Tamper = || Box::new(|_, _| ());
    let stripping: Tamper = Box::new(|_, message| {
        message.answers.retain(|record| record.record_type() != RecordType::RRSIG);
        message.authorities.clear();
        message.metadata.authentic_data = true;
    });
    for (case, zone, tamper, code, words) in [
        ("good", zone(&own), none(), 0, "Meets DANE for SMTP"),
        ("wrong", zone(&other), none(), 1, "No TLSA record of"),
        ("unsigned", zone(&own).unsigned(), none(), 1, "insecure: `mail.test` is not signed"),
        ("expired", zone(&own).window(-7200, -3600), none(), 1, "the signature of `mail.test` (key "),
        ("stripped", zone(&own), stripping, 3, "the resolver sends no signatures"),
    ] {
        let check = [target.as_str(), "--check", "--policy", "dane-1.0"];
        let (said, found) = scan(world(zone), tamper, case, &check);
        assert!(found == Some(code) && said.contains(words), "{case}: {found:?}\n{said}");
    }
    let (said, _) = scan(world(zone(&own)), none(), "text", &[&target]);
    assert!(said.contains("(secure: signed by `mail.test` (key "), "{said}");
}

#[test]
fn policies_are_fetched_below_the_chosen_roots() {
    let listener = match TcpListener::bind("127.0.0.1:443") {
        Ok(listener) => listener,
        Err(error) => return eprintln!("skipped: nobody may listen at port 443 here: {error}"),
    };
    let (root, other) = (Root::new(), Root::new());
    let policy = "version: STSv1\nmode: enforce\nmx: mx.mail.test\nmax_age: 86400\n";
    let length = policy.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{policy}");
    serve(listener, root.certificate("mta-sts.mail.test"), Reply::whole(answer));
    let zone = || {
        Zone::new(
            "mail.test.",
            &["@ MX 10 mx.mail.test.", "mx A 127.0.0.1", "mta-sts A 127.0.0.1", "_mta-sts TXT \"v=STSv1; id=1;\""],
        )
    };
    for (roots, words) in [(&root, "mode: enforce; mx: mx.mail.test"), (&other, "invalid peer certificate")] {
        let file = File::new("roots.der", &roots.der());
        let words_of_scan = ["mx:mail.test", "--allow-private", "--roots", file.path()];
        let (said, _) = scan(world(zone()), Box::new(|_, _| ()), "policy", &words_of_scan);
        assert!(said.contains("MTA-STS policy of mail.test") && said.contains(words), "{said}");
    }
}
