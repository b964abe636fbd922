//! `scan` against `openssl s_server` and `gnutls-serv`, where they are installed: what they are configured for is what is
//! found.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");

fn openssl(folder: &Path, words: &[&str]) -> Option<Output> {
    Command::new("openssl").args(words).current_dir(folder).stdin(Stdio::null()).output().ok()
}

/// A folder with a root and two certificates for `localhost`, an RSA and an ECDSA one; nothing without OpenSSL 3.
fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let version = openssl(&folder, &["version"]).map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    if !version.is_some_and(|version| version.starts_with("OpenSSL 3")) {
        eprintln!("SKIPPED: OpenSSL 3 is not installed");
        return None;
    }
    let old = "openssl_conf=a\n[a]\nssl_conf=b\n[b]\nsystem_default=c\n[c]\nMinProtocol=TLSv1\nCipherString=ALL:@SECLEVEL=0\n";
    fs::write(folder.join("old.cnf"), old).unwrap();
    fs::write(folder.join("new.cnf"), "openssl_conf=a\n[a]\n").unwrap();
    let extensions = "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
    fs::write(folder.join("leaf.ext"), extensions).unwrap();
    let root = "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=root \
                -addext keyUsage=critical,keyCertSign";
    let mut commands = vec![root.to_owned()];
    for (name, key) in [("rsa", "rsa:2048"), ("ec", "ec -pkeyopt ec_paramgen_curve:P-256")] {
        commands.push(format!("req -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN=localhost"));
        commands.push(format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -days 60 -extfile leaf.ext -out {name}.pem"
        ));
    }
    for command in commands {
        let output = openssl(&folder, &command.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Some(folder)
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

struct Running {
    child: Child,
    port: u16,
}

impl Running {
    fn start(folder: &Path, settings: &str, words: &str) -> Self {
        let port = free_port();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-quiet", "-www"]);
        command.args(words.split_whitespace()).current_dir(folder).env("OPENSSL_CONF", folder.join(settings));
        Self::wait_for(command, port).unwrap()
    }

    /// Nothing where GnuTLS is not installed.
    fn gnutls(folder: &Path, priority: &str) -> Option<Self> {
        let port = free_port();
        let mut command = Command::new("gnutls-serv");
        command.args(["--http", "--quiet", "--disable-client-cert", "-p", &port.to_string(), "--priority", priority]);
        command.args(["--x509certfile", "rsa.pem", "--x509keyfile", "rsa.key"]);
        command.args(["--x509certfile", "ec.pem", "--x509keyfile", "ec.key"]).current_dir(folder);
        Self::wait_for(command, port)
    }

    fn wait_for(mut command: Command, port: u16) -> Option<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "it does not start: {command:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, port })
    }

    fn scan(&self, words: &[&str]) -> Output {
        let target = format!("127.0.0.1:{}", self.port);
        let mut command = Command::new(PROBE);
        command.args(["scan", &target, "--server-name", "localhost", "--deadline", "60"]);
        command.args(words).output().unwrap()
    }

    fn endpoint(&self) -> Value {
        let output = self.scan(&["--format", "evidence"]);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        document["scans"][0]["subjects"][0]["endpoint"].clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn values(list: &Value) -> BTreeSet<String> {
    list["accepted"].as_array().unwrap().iter().map(|fact| fact["value"].as_str().unwrap().to_owned()).collect()
}

fn set(words: &str) -> BTreeSet<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

fn suites(endpoint: &Value, version: &str) -> Value {
    let lists = endpoint["suites"].as_array().unwrap();
    lists.iter().find(|list| list["version"] == version).cloned().unwrap_or_default()
}

const BOTH: &str = "-cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key";

#[test]
fn a_server_is_found_as_it_is_configured() {
    let Some(folder) = folder("scan-configured") else { return };
    for (settings, words, versions, version, expected, groups, preference) in [
        (
            "new.cnf",
            format!("{BOTH} -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM -serverpref -groups X25519:P-384"),
            "TLSv1.2 TLSv1.3",
            "TLSv1.2",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 \
             TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "x25519 secp384r1",
            "server",
        ),
        (
            "new.cnf",
            "-cert rsa.pem -key rsa.key -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256 -groups P-256:ffdhe2048".to_owned(),
            "TLSv1.3",
            "TLSv1.3",
            "TLS_AES_128_CCM_SHA256",
            "secp256r1 ffdhe2048",
            "",
        ),
        (
            "old.cnf",
            "-cert rsa.pem -key rsa.key -no_tls1_3 -cipher AES256-SHA:DHE-RSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0 \
             -groups P-521"
                .to_owned(),
            "TLSv1.0 TLSv1.1 TLSv1.2",
            "TLSv1.0",
            "TLS_RSA_WITH_AES_256_CBC_SHA TLS_DHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "secp521r1",
            "client",
        ),
        (
            "old.cnf",
            "-cert ec.pem -key ec.key -no_tls1_3 -no_tls1 -no_tls1_1 -cipher ECDHE-ECDSA-CHACHA20-POLY1305:NULL-SHA \
             -groups P-256:X25519"
                .to_owned(),
            "TLSv1.2",
            "TLSv1.2",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "secp256r1 x25519",
            "",
        ),
    ] {
        let server = Running::start(&folder, settings, &words);
        let endpoint = server.endpoint();
        assert_eq!(values(&endpoint["versions"]), set(versions), "{words}");
        let refused = endpoint["versions"]["refused"].as_array().unwrap();
        assert_eq!(refused.len() + set(versions).len(), 6, "{words}");
        assert!(refused.iter().all(|one| one["control"]["known"]["value"] == true), "{words}: {refused:?}");
        let list = suites(&endpoint, version);
        assert_eq!(values(&list["suites"]), set(expected), "{words}");
        assert!(list["suites"]["rest"]["complete"].is_object(), "{words}: {list}");
        assert_eq!(values(&endpoint["groups"]), set(groups), "{words}");
        assert!(endpoint["groups"]["rest"]["complete"].is_object(), "{words}: {}", endpoint["groups"]["rest"]);
        if !preference.is_empty() {
            assert_eq!(list["preference"]["known"]["value"], preference, "{words}");
        }
    }
}

#[test]
fn every_chain_is_found_and_its_key_shown() {
    let Some(folder) = folder("scan-chains") else { return };
    for (words, chains) in [
        (format!("{BOTH} -no_tls1 -no_tls1_1"), 2),
        (format!("{BOTH} -tls1_3"), 2),
        ("-cert ec.pem -key ec.key -tls1_2".to_owned(), 1),
        ("-cert rsa.pem -key rsa.key -cert_chain ca.pem -tls1_3".to_owned(), 1),
    ] {
        let server = Running::start(&folder, "new.cnf", &words);
        let endpoint = server.endpoint();
        let found = endpoint["chains"].as_array().unwrap();
        assert_eq!(found.len(), chains, "{words}");
        assert!(found.iter().all(|chain| chain["possession"]["known"]["value"] == true), "{words}: {found:?}");
        assert!(endpoint["chainsRest"]["complete"].is_object(), "{words}: {}", endpoint["chainsRest"]);
        let length = if words.contains("cert_chain") { 2 } else { 1 };
        assert_eq!(found[0]["certificates"].as_array().unwrap().len(), length, "{words}");
    }
}

#[test]
fn whether_a_client_certificate_is_needed_is_found() {
    let Some(folder) = folder("scan-client") else { return };
    for (words, expected) in [
        ("-tls1_3", "notRequested"),
        ("-tls1_3 -verify 1", "optional"),
        ("-tls1_3 -Verify 1", "required"),
        ("-tls1_2 -verify 1", "optional"),
        ("-tls1_2 -Verify 1", "required"),
    ] {
        let server = Running::start(&folder, "new.cnf", &format!("-cert rsa.pem -key rsa.key {words}"));
        let endpoint = server.endpoint();
        assert_eq!(endpoint["clientCertificate"]["known"]["value"], expected, "{words}");
    }
}

#[test]
fn a_good_server_can_be_shown_to_be_good() {
    let Some(folder) = folder("scan-good") else { return };
    let words =
        format!("{BOTH} -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM -serverpref -cert_chain ca.pem -dcert_chain ca.pem");
    let server = Running::start(&folder, "new.cnf", &words);
    let root = folder.join("ca.pem");
    let policy = r#"{"id":"mine","version":"1","expects":["endpoint"],"rules":[
        {"rule":"plaintext-service","level":"error"},{"rule":"obsolete-protocol","level":"error"},
        {"rule":"no-forward-secrecy","level":"error"},{"rule":"broken-cipher","level":"error"},
        {"rule":"weak-group","level":"error"},{"rule":"tls-compression","level":"error"},
        {"rule":"insecure-renegotiation","level":"error"},{"rule":"cipher-order-not-enforced","level":"error"},
        {"rule":"weak-signature","level":"error"},{"rule":"rsa-key-short","level":"error"},
        {"rule":"evidence-too-old","level":"error"}]}"#;
    let file = folder.join("mine.json");
    fs::write(&file, policy).unwrap();
    let options = ["--check", "--policy", file.to_str().unwrap(), "--roots", root.to_str().unwrap()];
    let output = server.scan(&options);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let stricter = server.scan(&["--check", "--policy", "mozilla-modern-6.0"]);
    assert_eq!(stricter.status.code(), Some(1), "{}", String::from_utf8_lossy(&stricter.stdout));
}

#[test]
fn twelve_connections_show_what_a_policy_needs() {
    let Some(folder) = folder("scan-directed") else { return };
    let root = folder.join("ca.pem");
    let rsa = "-cert rsa.pem -key rsa.key -cert_chain ca.pem -serverpref";
    for (settings, words, policy, most) in [
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM", "m365-in-transit-1.0", 12),
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM", "mozilla-intermediate-6.0", 14),
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM:AES256-GCM-SHA384", "m365-in-transit-1.0", 100),
        ("old.cnf", "-cipher ALL:@SECLEVEL=0", "m365-in-transit-1.0", 100),
    ] {
        let server = Running::start(&folder, settings, &format!("{rsa} {words}"));
        let scan = |more: &[&str]| {
            let options = ["--check", "--policy", policy, "--roots", root.to_str().unwrap(), "--format", "json"];
            let output = server.scan(&[&options, more].concat());
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            (report, String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let (directed, journal) = scan(&["--explain"]);
        let (full, _) = scan(&["--full"]);
        assert_eq!(directed["verdict"], full["verdict"], "{policy}, {words}: {journal}");
        // One line is the name of the scan.
        assert!(journal.lines().count() <= most + 1, "{policy}, {words}: {journal}");
        let answers = |report: &Value| -> BTreeSet<[String; 3]> {
            let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["outcome"] != "unknown");
            findings.map(|one| ["id", "outcome", "level"].map(|key| one[key].to_string())).collect()
        };
        let missing: Vec<_> = answers(&directed).difference(&answers(&full)).cloned().collect();
        assert!(missing.is_empty(), "{policy}, {words}: {missing:?}: {journal}");
    }
}

#[test]
fn staples_are_shown() {
    let Some(folder) = folder("scan-staple") else { return };
    fs::write(folder.join("index.txt"), "").unwrap();
    let serial = openssl(&folder, &["x509", "-in", "rsa.pem", "-noout", "-serial"]).unwrap();
    let serial = String::from_utf8_lossy(&serial.stdout).trim().trim_start_matches("serial=").to_owned();
    fs::write(folder.join("index.txt"), format!("V\t300101000000Z\t\t{serial}\tunknown\t/CN=localhost\n")).unwrap();
    let command = "ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert rsa.pem \
                   -ndays 3 -respout staple.der";
    let made = openssl(&folder, &command.split_whitespace().collect::<Vec<_>>()).unwrap();
    assert!(folder.join("staple.der").exists(), "{}", String::from_utf8_lossy(&made.stderr));
    for version in ["-tls1_2", "-tls1_3"] {
        for (words, stapled) in [("-status_file staple.der", true), ("", false)] {
            let words = format!("-cert rsa.pem -key rsa.key {version} {words}");
            let output = Running::start(&folder, "new.cnf", &words).scan(&["--format", "evidence"]);
            let read = intransit::read(&[intransit::Input::new("scan.json", &output.stdout)]);
            let said: Vec<String> = read.evidence.scans[0].subjects[1..]
                .iter()
                .map(|subject| match subject {
                    intransit::evidence::Subject::Revocation(revocation) => match &revocation.said {
                        intransit::evidence::RevocationEvidence::Stapled(fact) => fact.value.to_string(),
                        intransit::evidence::RevocationEvidence::OcspResponse(fact) => {
                            (fact.value.bytes() == fs::read(folder.join("staple.der")).unwrap()).to_string()
                        }
                        other => format!("{other:?}"),
                    },
                    other => format!("{other:?}"),
                })
                .collect();
            let expected: &[&str] = if stapled { &["true", "true"] } else { &["false"] };
            assert_eq!(said, expected, "{words}");
        }
    }
}

#[test]
fn gnutls_is_found_as_it_is_configured() {
    let Some(folder) = folder("scan-gnutls") else { return };
    const ONLY: &str = "NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:-VERS-ALL:-CIPHER-ALL:-KX-ALL";
    for (words, versions, version, expected, groups) in [
        (
            "+VERS-TLS1.2:+VERS-TLS1.3:+AES-256-GCM:+ECDHE-RSA:+ECDHE-ECDSA",
            "TLSv1.2 TLSv1.3",
            "TLSv1.2",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "x25519 secp256r1",
        ),
        (
            "+VERS-TLS1.0:+VERS-TLS1.2:+3DES-CBC:+ARCFOUR-128:+NULL:+RSA:+ANON-ECDH",
            "TLSv1.0 TLSv1.2",
            "TLSv1.0",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_NULL_SHA \
             TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA TLS_ECDH_anon_WITH_RC4_128_SHA TLS_ECDH_anon_WITH_NULL_SHA",
            "x25519 secp256r1",
        ),
    ] {
        let Some(server) = Running::gnutls(&folder, &format!("{ONLY}:{words}")) else {
            eprintln!("SKIPPED: gnutls-serv is not installed");
            return;
        };
        let endpoint = server.endpoint();
        assert_eq!(values(&endpoint["versions"]), set(versions), "{words}");
        let list = suites(&endpoint, version);
        assert_eq!(values(&list["suites"]), set(expected), "{words}");
        assert!(list["suites"]["rest"]["complete"].is_object(), "{words}: {list}");
        assert_eq!(values(&endpoint["groups"]), set(groups), "{words}");
        assert!(endpoint["groups"]["rest"]["complete"].is_object(), "{words}: {}", endpoint["groups"]["rest"]);
    }
}
