//! `scan` against `openssl s_server` and `gnutls-serv`, where they are installed: what they are configured for is what is
//! found.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

#[expect(dead_code, reason = "other tests start other servers")]
mod real;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::time::Duration;

use real::{BOTH, PROBE, Running, folder, openssl};
use serde_json::Value;

/// What scanning it with these options comes to.
fn scan(server: &Running, words: &[&str]) -> Output {
    let target = format!("127.0.0.1:{}", server.port);
    let mut command = Command::new(PROBE);
    command.args(["scan", &target, "--server-name", "localhost", "--deadline", "60"]);
    command.args(words).output().unwrap()
}

fn endpoint(server: &Running) -> Value {
    let output = scan(server, &["--format", "evidence"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    document["scans"][0]["subjects"][0]["endpoint"].clone()
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
        let server = Running::openssl(&folder, settings, &words);
        let endpoint = endpoint(&server);
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
        let server = Running::openssl(&folder, "new.cnf", &words);
        let endpoint = endpoint(&server);
        let found = endpoint["chains"].as_array().unwrap();
        assert_eq!(found.len(), chains, "{words}");
        assert!(found.iter().all(|chain| chain["possession"]["known"]["value"] == true), "{words}: {found:?}");
        assert!(endpoint["chainsRest"]["complete"].is_object(), "{words}: {}", endpoint["chainsRest"]);
        let length = if words.contains("cert_chain") { 2 } else { 1 };
        assert_eq!(found[0]["certificates"].as_array().unwrap().len(), length, "{words}");
    }
}

/// Suites do not tell these keys from the one beside it.
#[test]
fn a_chain_behind_the_same_suites_is_found() {
    let Some(folder) = folder("scan-behind") else { return };
    for (name, key) in [("ed", "ed25519"), ("pss", "rsa-pss -pkeyopt rsa_keygen_bits:2048")] {
        let words = format!("req -x509 -newkey {key} -nodes -keyout {name}.key -out {name}.pem -subj /CN=localhost");
        let made = openssl(&folder, &words.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert!(made.status.success(), "{words}: {}", String::from_utf8_lossy(&made.stderr));
    }
    for words in [
        "-cert ec.pem -key ec.key -dcert ed.pem -dkey ed.key -tls1_2",
        "-cert rsa.pem -key rsa.key -dcert pss.pem -dkey pss.key -tls1_2",
        "-cert ec.pem -key ec.key -dcert ed.pem -dkey ed.key -no_tls1 -no_tls1_1",
    ] {
        let server = Running::openssl(&folder, "new.cnf", words);
        for directed in [&[][..], &["--policy", "m365-in-transit-1.0"]] {
            let output = scan(&server, &[&["--format", "evidence"], directed].concat());
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            let endpoint = &document["scans"][0]["subjects"][0]["endpoint"];
            assert_eq!(endpoint["chains"].as_array().unwrap().len(), 2, "{words} {directed:?}");
            assert!(endpoint["chainsRest"]["complete"].is_object(), "{words}: {}", endpoint["chainsRest"]);
        }
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
        let server = Running::openssl(&folder, "new.cnf", &format!("-cert rsa.pem -key rsa.key {words}"));
        let endpoint = endpoint(&server);
        assert_eq!(endpoint["clientCertificate"]["known"]["value"], expected, "{words}");
    }
}

#[test]
fn a_good_server_can_be_shown_to_be_good() {
    let Some(folder) = folder("scan-good") else { return };
    let words =
        format!("{BOTH} -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM -serverpref -cert_chain ca.pem -dcert_chain ca.pem");
    let server = Running::openssl(&folder, "new.cnf", &words);
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
    let output = scan(&server, &options);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let stricter = scan(&server, &["--check", "--policy", "mozilla-modern-6.0"]);
    assert_eq!(stricter.status.code(), Some(1), "{}", String::from_utf8_lossy(&stricter.stdout));
}

#[test]
fn twelve_connections_show_what_a_policy_needs() {
    let Some(folder) = folder("scan-directed") else { return };
    let root = folder.join("ca.pem");
    let rsa = "-cert rsa.pem -key rsa.key -cert_chain ca.pem -serverpref";
    let both = "-dcert ec.pem -dkey ec.key -dcert_chain ca.pem -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM";
    for (settings, words, policy, most) in [
        ("new.cnf", both, "m365-in-transit-1.0", 15),
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM", "m365-in-transit-1.0", 12),
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM", "mozilla-intermediate-6.0", 14),
        ("new.cnf", "-no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM:AES256-GCM-SHA384", "m365-in-transit-1.0", 100),
        ("old.cnf", "-cipher ALL:@SECLEVEL=0", "m365-in-transit-1.0", 100),
    ] {
        let server = Running::openssl(&folder, settings, &format!("{rsa} {words}"));
        let scan = |more: &[&str]| {
            let options = ["--check", "--policy", policy, "--roots", root.to_str().unwrap(), "--format", "json"];
            let output = scan(&server, &[&options, more].concat());
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

/// A port behind which this one is, so far away that what is sent takes `one_way` either way.
fn far(port: u16, one_way: Duration) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    let carry = move |mut from: TcpStream, mut to: TcpStream| {
        let mut buffer = [0; 1 << 14];
        while let Ok(read) = from.read(&mut buffer) {
            std::thread::sleep(one_way);
            if read == 0 || to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    };
    std::thread::spawn(move || {
        for near in listener.incoming() {
            let (Ok(near), Ok(far)) = (near, TcpStream::connect((Ipv4Addr::LOCALHOST, port))) else { return };
            let (again, back) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            std::thread::spawn(move || carry(near, far));
            std::thread::spawn(move || carry(back, again));
        }
    });
    own
}

/// `openssl s_server` takes one connection at a time: those that were opened ahead wait for their turn.
#[test]
fn who_is_far_away_is_found_alike() {
    let Some(folder) = folder("scan-far") else { return };
    let words = format!("{BOTH} -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM -groups X25519:P-384");
    let server = Running::openssl(&folder, "new.cnf", &words);
    let scanned = |port: u16| {
        let mut command = Command::new(PROBE);
        command.args(["scan", &format!("127.0.0.1:{port}"), "--server-name", "localhost", "--deadline", "60"]);
        let output = command.args(["--format", "evidence", "--explain"]).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let journal = String::from_utf8_lossy(&output.stderr).into_owned();
        (document["scans"][0]["subjects"][0]["endpoint"].clone(), journal)
    };
    let (near, _) = scanned(server.port);
    let (far, journal) = scanned(far(server.port, Duration::from_millis(30)));
    let fresh = journal.lines().filter(|line| line.contains("once more")).count();
    assert!(fresh == 0, "{journal}");
    for list in ["versions", "groups", "signatureSchemes"] {
        assert_eq!(values(&near[list]), values(&far[list]), "{list}: {journal}");
    }
    for version in ["TLSv1.2", "TLSv1.3"] {
        let list = suites(&far, version);
        assert_eq!(values(&suites(&near, version)["suites"]), values(&list["suites"]), "{version}: {journal}");
        assert!(list["suites"]["rest"]["complete"].is_object(), "{version}: {journal}");
        assert_eq!(list["preference"]["known"]["value"], "client", "{version}: {journal}");
    }
    assert!(far["groups"]["rest"]["complete"].is_object() && far["chainsRest"]["complete"].is_object(), "{journal}");
    let chains = far["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 2, "{journal}");
    assert!(chains.iter().all(|chain| chain["possession"]["known"]["value"] == true), "{journal}");
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
            let server = Running::openssl(&folder, "new.cnf", &words);
            let output = scan(&server, &["--format", "evidence"]);
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
        let endpoint = endpoint(&server);
        assert_eq!(values(&endpoint["versions"]), set(versions), "{words}");
        let list = suites(&endpoint, version);
        assert_eq!(values(&list["suites"]), set(expected), "{words}");
        assert!(list["suites"]["rest"]["complete"].is_object(), "{words}: {list}");
        assert_eq!(values(&endpoint["groups"]), set(groups), "{words}");
        assert!(endpoint["groups"]["rest"]["complete"].is_object(), "{words}: {}", endpoint["groups"]["rest"]);
    }
}
