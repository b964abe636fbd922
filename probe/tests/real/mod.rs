//! Real servers, where they are installed: started on ports of loopback, with certificates for `localhost`.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub(crate) const PROBE: &str = env!("CARGO_BIN_EXE_intransit-probe");

/// Both certificates, for `openssl s_server`.
pub(crate) const BOTH: &str = "-cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key";

pub(crate) fn openssl(folder: &Path, words: &[&str]) -> Option<Output> {
    Command::new("openssl").args(words).current_dir(folder).stdin(Stdio::null()).output().ok()
}

/// A folder with a root and two certificates for `localhost` and 127.0.0.1, an RSA and an ECDSA one; nothing without OpenSSL 3.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
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
    let extensions =
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
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
    let pem = |name: &str| fs::read_to_string(folder.join(format!("{name}.pem"))).unwrap();
    for name in ["rsa", "ec"] {
        fs::write(folder.join(format!("{name}-chain.pem")), pem(name) + &pem("ca")).unwrap();
    }
    Some(folder)
}

/// A port that nobody listens at, below those that systems give to clients: a connection of another test cannot take it
/// before the server does.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 100).unwrap_or_default() * 100;
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A server that is stopped when it is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
}

impl Running {
    /// `openssl s_server` with the settings of this file.
    pub(crate) fn openssl(folder: &Path, settings: &str, words: &str) -> Self {
        let started = Self::start(|port| {
            let mut command = Command::new("openssl");
            command.args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-quiet", "-www"]);
            command.args(words.split_whitespace()).current_dir(folder).env("OPENSSL_CONF", folder.join(settings));
            command
        });
        started.unwrap()
    }

    /// Nothing where GnuTLS is not installed.
    pub(crate) fn gnutls(folder: &Path, priority: &str) -> Option<Self> {
        Self::start(|port| {
            let mut command = Command::new("gnutls-serv");
            command.args(["--http", "--quiet", "--disable-client-cert", "-p", &port.to_string(), "--priority"]);
            command.args([priority, "--x509certfile", "rsa.pem", "--x509keyfile", "rsa.key"]);
            command.args(["--x509certfile", "ec.pem", "--x509keyfile", "ec.key"]).current_dir(folder);
            command
        })
    }

    /// nginx with both certificates and these settings; nothing where it is not installed.
    pub(crate) fn nginx(folder: &Path, settings: &str) -> Option<Self> {
        let place = folder.display();
        let file = folder.join("nginx.conf");
        Self::start(|port| {
            let text = format!(
                "daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/nginx.log crit; events {{ }}
                 http {{ access_log off; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
                   fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
                   server {{ listen 127.0.0.1:{port} ssl; {settings}
                     ssl_certificate {place}/rsa-chain.pem; ssl_certificate_key {place}/rsa.key;
                     ssl_certificate {place}/ec-chain.pem; ssl_certificate_key {place}/ec.key; }} }}\n"
            );
            fs::write(&file, text).unwrap();
            let mut command = Command::new("nginx");
            command.arg("-c").arg(&file).arg("-e").arg(folder.join("nginx.log"));
            command
        })
    }

    /// Starts what `command` makes of a port; nothing where there is no such program. Who ends at once has found the port
    /// taken, and is given another.
    pub(crate) fn start(command: impl Fn(u16) -> Command) -> Option<Self> {
        for _ in 0..5 {
            let port = free_port();
            let mut command = command(port);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().ok()?;
            let started = Instant::now();
            loop {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Some(Self { child, port });
                }
                assert!(started.elapsed() < Duration::from_secs(20), "it does not start: {command:?}");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        panic!("it ends at once: {:?}", command(0));
    }
}

impl Running {
    /// Asks it to end: those with processes of their own stop them then.
    pub(crate) fn stop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && started.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
