//! The other scanners: how they are called, and what their reports say, as the core reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Facts;
use crate::servers::Server;

/// Another scanner.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// The variable that may name the program, and what it is called otherwise.
    variable: &'static str,
    programs: &'static [&'static str],
    /// Its command line, that writes a report into the file; nothing where it has none for such a server.
    words: fn(&Server, &str) -> Option<Vec<String>>,
    /// How long one server may take it.
    seconds: u64,
}

fn split(words: &str) -> Option<Vec<String>> {
    Some(words.split_whitespace().map(str::to_owned).collect())
}

pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "sslscan",
        variable: "SSLSCAN",
        programs: &["sslscan"],
        words: |server, file| {
            let starttls = server.starttls.map(|protocol| format!("--starttls-{protocol}")).unwrap_or_default();
            split(&format!("--no-heartbleed --sni-name=localhost --xml={file} {starttls} 127.0.0.1:{}", server.port()))
        },
        seconds: 20,
    },
    Peer {
        name: "nmap",
        variable: "NMAP",
        programs: &["nmap"],
        // It starts TLS by the number of the port.
        words: |server, file| match server.starttls {
            Some(_) => None,
            None => split(&format!(
                "-n -Pn -sT -p {} --script +ssl-enum-ciphers --script-args tls.servername=localhost -oX {file} 127.0.0.1",
                server.port()
            )),
        },
        seconds: 20,
    },
    Peer {
        name: "sslyze",
        variable: "SSLYZE",
        programs: &["sslyze"],
        words: |server, file| {
            let starttls = server.starttls.map(|protocol| format!("--starttls {protocol}")).unwrap_or_default();
            split(&format!(
                "--mozilla_config disable --sslv2 --sslv3 --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 --elliptic_curves --sni \
                 localhost {starttls} --json_out {file} 127.0.0.1:{}",
                server.port()
            ))
        },
        seconds: 20,
    },
    Peer {
        name: "testssl",
        variable: "TESTSSL",
        programs: &["testssl", "testssl.sh"],
        // Of its many processes one server is enough.
        words: |server, file| match server.name {
            "nginx" => split(&format!(
                "--quiet --color 0 --warnings off --ip 127.0.0.1 -p -E --jsonfile {file} localhost:{}",
                server.port()
            )),
            _ => None,
        },
        seconds: 30,
    },
];

impl Peer {
    fn program(&self) -> Option<PathBuf> {
        if let Some(named) = std::env::var_os(self.variable) {
            return Some(PathBuf::from(named));
        }
        let folders = std::env::var_os("PATH")?;
        let places =
            std::env::split_paths(&folders).flat_map(|folder| self.programs.iter().map(move |name| folder.join(name)));
        places.into_iter().find(|place| place.is_file())
    }

    /// Its version and what it says is on; nothing where it does not look at such servers, and why where it could not.
    pub(crate) fn look(&self, server: &Server) -> Result<Option<(String, Facts)>, String> {
        let file =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{}", server.name.replace(' ', "-"), self.name));
        let _ = fs::remove_file(&file);
        let Some(words) = (self.words)(server, &file.display().to_string()) else { return Ok(None) };
        let program = self.program().ok_or("it is not installed")?;
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let started = Instant::now();
        while child.try_wait().map_err(|error| error.to_string())?.is_none() {
            if started.elapsed() > Duration::from_secs(self.seconds) {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it takes longer than {} s", self.seconds));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let report = fs::read(&file).map_err(|error| format!("no report: {error}"))?;
        let reading = intransit::read(&[intransit::Input::new(self.name, &report)]);
        let scans = serde_json::to_value(&reading.evidence.scans).map_err(|error| error.to_string())?;
        let version = scans[0]["toolVersion"].as_str().unwrap_or_default().to_owned();
        Ok(Some((version, crate::facts(&scans))))
    }
}
