//! `scan --check` against nginx, where it is installed: a server that meets the policy and one that does not.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets, files and clocks is for the core")]

#[expect(dead_code, reason = "other tests start other servers")]
mod real;

use std::process::Command;

use real::{PROBE, Running, folder};

#[test]
fn a_policy_is_met_or_the_suites_are_named_that_break_it() {
    let Some(folder) = folder("scan-nginx") else { return };
    let root = folder.join("ca.pem");
    for (settings, exit, named) in [
        ("ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM; ssl_prefer_server_ciphers on;", 0, &["Meets"][..]),
        (
            "ssl_protocols TLSv1.2; ssl_ciphers ECDHE+AESGCM:AECDH-AES128-SHA:NULL-SHA256:@SECLEVEL=0;",
            1,
            &["Does not meet", "TLS_RSA_WITH_NULL_SHA256", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"][..],
        ),
    ] {
        let Some(server) = Running::nginx(&folder, settings) else {
            eprintln!("SKIPPED: nginx is not installed");
            return;
        };
        let target = format!("127.0.0.1:{}", server.port);
        let mut command = Command::new(PROBE);
        command.args(["scan", &target, "--server-name", "localhost", "--deadline", "60", "--check"]);
        let output = command.args(["--policy", "m365-in-transit-1.0", "--roots"]).arg(&root).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(exit), "{settings}: {said}");
        for word in named {
            assert!(said.contains(word), "{settings}: expected `{word}` in {said}");
        }
    }
}
