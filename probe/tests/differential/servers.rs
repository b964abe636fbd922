//! The servers, each as it is configured, with some of what is on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::real::{BOTH, Running, folder};

/// A server that runs.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) starttls: Option<&'static str>,
    /// What the probe has to find at least.
    pub(crate) truth: &'static [&'static str],
    running: Running,
    /// A folder outside of the target's, that goes with it.
    place: Option<PathBuf>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.stop();
        self.place.iter().for_each(|place| drop(fs::remove_dir_all(place)));
    }
}

impl Server {
    pub(crate) fn port(&self) -> u16 {
        self.running.port
    }
}

fn skipped(name: &str, why: &str) -> Option<Server> {
    eprintln!("SKIPPED: the server {name}: {why}");
    None
}

fn answers(program: &str, words: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

pub(crate) fn openssl_of_today() -> Option<Server> {
    let folder = folder("differential-today")?;
    let words = format!("{BOTH} -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM:ECDHE+CHACHA20 -serverpref");
    Some(Server {
        name: "openssl of today",
        starttls: None,
        truth: &[
            "TLSv1.2",
            "TLSv1.3",
            "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256",
            "group x25519",
            "group ffdhe8192",
        ],
        running: Running::openssl(&folder, "new.cnf", &words),
        place: None,
    })
}

pub(crate) fn openssl_with_everything() -> Option<Server> {
    let folder = folder("differential-everything")?;
    let words = format!("{BOTH} -cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0 -comp -legacy_renegotiation");
    Some(Server {
        name: "openssl with everything",
        starttls: None,
        truth: &[
            "TLSv1.0",
            "TLSv1.1",
            "TLSv1.2",
            "TLSv1.3",
            "TLSv1.0 TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLSv1.2 TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
            "TLSv1.2 TLS_RSA_WITH_NULL_SHA256",
        ],
        running: Running::openssl(&folder, "old.cnf", &words),
        place: None,
    })
}

pub(crate) fn openssl_of_tls13_alone() -> Option<Server> {
    let folder = folder("differential-13")?;
    let words =
        "-cert ec.pem -key ec.key -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384 -groups P-384";
    Some(Server {
        name: "openssl of TLS 1.3 alone",
        starttls: None,
        truth: &["TLSv1.3 TLS_AES_128_CCM_SHA256", "TLSv1.3 TLS_AES_256_GCM_SHA384", "group secp384r1"],
        running: Running::openssl(&folder, "new.cnf", words),
        place: None,
    })
}

pub(crate) fn nginx() -> Option<Server> {
    const NAME: &str = "nginx";
    let folder = folder("differential-nginx")?;
    let settings = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:DHE+CHACHA20;";
    let Some(running) = Running::nginx(&folder, settings) else { return skipped(NAME, "it is not installed") };
    Some(Server {
        name: NAME,
        starttls: None,
        truth: &[
            "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLSv1.3 TLS_AES_128_GCM_SHA256",
            "group secp521r1",
        ],
        running,
        place: None,
    })
}

pub(crate) fn gnutls() -> Option<Server> {
    const NAME: &str = "gnutls";
    let folder = folder("differential-gnutls")?;
    let old = "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+ANON-ECDH:+NULL:+3DES-CBC:+ARCFOUR-128:%COMPAT";
    let Some(running) = Running::gnutls(&folder, old) else { return skipped(NAME, "gnutls-serv is not installed") };
    Some(Server {
        name: NAME,
        starttls: None,
        truth: &["TLSv1.0 TLS_RSA_WITH_RC4_128_SHA", "TLSv1.2 TLS_RSA_WITH_3DES_EDE_CBC_SHA", "group x25519"],
        running,
        place: None,
    })
}

pub(crate) fn postfix() -> Option<Server> {
    const NAME: &str = "postfix";
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root || !Path::new("/usr/lib/postfix/sbin/master").exists() {
        return skipped(NAME, "it is not installed, or this is not root");
    }
    // Its services run as a user of their own, who has to reach their folders.
    let place = std::env::temp_dir().join(format!("intransit-postfix-{}", std::process::id()));
    let keys = folder("differential-postfix")?;
    for part in ["etc", "spool", "data"] {
        fs::create_dir_all(place.join(part)).unwrap();
    }
    for name in ["rsa.key", "rsa.pem", "ec.key", "ec.pem"] {
        fs::copy(keys.join(name), place.join(name)).unwrap();
    }
    assert!(answers("chown", &["postfix", &place.join("data").display().to_string()]));
    assert!(answers("chmod", &["-R", "go+rX", &place.display().to_string()]));
    let at = place.display().to_string();
    let settings = format!(
        "compatibility_level = 3.6\nqueue_directory = {at}/spool\ndata_directory = {at}/data\ncommand_directory = /usr/sbin\n\
         daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\ninet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\nmyhostname = localhost\nmydestination =\ndefault_transport = error:nothing is delivered\n\
         smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {at}/rsa.key, {at}/rsa.pem, {at}/ec.key, {at}/ec.pem\n\
         smtpd_client_connection_count_limit = 0\nmaillog_file = /dev/stdout\nmaillog_file_prefixes = /dev\n"
    );
    fs::write(place.join("etc/main.cf"), settings).unwrap();
    let services = "postlog unix-dgram n - n - 1 postlogd\nanvil unix - - n - 1 anvil\ntlsmgr unix - - n 1000? 1 tlsmgr\n\
                    rewrite unix - - n - - trivial-rewrite\nproxymap unix - - n - - proxymap\ncleanup unix n - n - 0 cleanup\n";
    let running = Running::start(|port| {
        let master = format!("127.0.0.1:{port} inet n - n - 100 smtpd\n{services}");
        fs::write(place.join("etc/master.cf"), master).unwrap();
        let mut command = Command::new("postfix");
        command.arg("-c").arg(place.join("etc")).arg("start-fg");
        command
    })?;
    Some(Server {
        name: NAME,
        starttls: Some("smtp"),
        truth: &["TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLSv1.3 TLS_AES_256_GCM_SHA384", "group x25519"],
        running,
        place: Some(place),
    })
}

pub(crate) fn dovecot() -> Option<Server> {
    const NAME: &str = "dovecot";
    if !Path::new("/usr/lib/dovecot/imap-login").exists() {
        return skipped(NAME, "it is not installed");
    }
    let keys = folder("differential-dovecot")?;
    // The paths of its sockets have to be short.
    let place = std::env::temp_dir().join(format!("intransit-dovecot-{}", std::process::id()));
    fs::create_dir_all(&place).unwrap();
    let (at, keys) = (place.display().to_string(), keys.display());
    let running = Running::start(|port| {
        let text = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlisten = 127.0.0.1\nprotocols = imap\nssl = yes\n\
             ssl_cert = <{keys}/rsa.pem\nssl_key = <{keys}/rsa.key\nssl_alt_cert = <{keys}/ec.pem\nssl_alt_key = <{keys}/ec.key\n\
             ssl_min_protocol = TLSv1.2\nssl_cipher_list = ECDHE:kRSA\nlog_path = {at}/log\nmail_location = maildir:{at}/mail\n\
             passdb {{\n driver = static\n args = password=x\n}}\nuserdb {{\n driver = static\n args = uid=65534 gid=65534 home={at}\n}}\n\
             service imap-login {{\n inet_listener imap {{\n  port = {port}\n }}\n inet_listener imaps {{\n  port = 0\n }}\n}}\n"
        );
        let file = place.join("dovecot.conf");
        fs::write(&file, text).unwrap();
        let mut command = Command::new("dovecot");
        command.arg("-F").arg("-c").arg(file);
        command
    })?;
    Some(Server {
        name: NAME,
        starttls: Some("imap"),
        truth: &["TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLSv1.3 TLS_AES_128_GCM_SHA256"],
        running,
        place: Some(place),
    })
}

const TLSLITE: &str = "
import socket, sys, threading
from tlslite.api import *
chain = X509CertChain(); chain.parsePemList(open('rsa.pem').read())
key = parsePEMKey(open('rsa.key').read(), private=True)
settings = HandshakeSettings(); settings.minVersion = (3, 0); settings.maxVersion = (3, 3)
settings.cipherNames = ['aes256', 'aes128', '3des', 'rc4']; settings.macNames = ['sha', 'md5']
settings.keyExchangeNames = ['rsa', 'dhe_rsa', 'ecdhe_rsa']
settings = settings.validate()
def serve(client):
    try:
        client.settimeout(5); connection = TLSConnection(client)
        connection.handshakeServer(certChain=chain, privateKey=key, settings=settings)
        connection.read(max=1, min=1)
    except Exception: pass
    finally: client.close()
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', int(sys.argv[1]))); listener.listen(64)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
";

pub(crate) fn tlslite() -> Option<Server> {
    const NAME: &str = "tlslite-ng";
    let python = std::env::var("TLSLITE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !answers(&python, &["-c", "import tlslite"]) {
        return skipped(NAME, "no Python with it; TLSLITE_PYTHON names one");
    }
    let folder = folder("differential-tlslite")?;
    let running = Running::start(|port| {
        let mut command = Command::new(&python);
        command.args(["-c", TLSLITE, &port.to_string()]).current_dir(&folder);
        command
    })?;
    Some(Server {
        name: NAME,
        starttls: None,
        truth: &["SSLv3", "SSLv3 TLS_RSA_WITH_RC4_128_MD5", "TLSv1.2 TLS_ECDHE_RSA_WITH_RC4_128_SHA"],
        running,
        place: None,
    })
}

const POST_QUANTUM: &str = "
const { readFileSync } = require('fs');
require('tls').createServer({ key: readFileSync('ec.key'), cert: readFileSync('ec.pem'), minVersion: 'TLSv1.3',
  ecdhCurve: 'X25519MLKEM768:X25519' }, (s) => s.end()).on('tlsClientError', () => {}).listen(Number(process.argv[1]), '127.0.0.1');
";

pub(crate) fn post_quantum() -> Option<Server> {
    const NAME: &str = "node, post-quantum";
    let node = std::env::var("NODE_POST_QUANTUM").unwrap_or_else(|_| "node".to_owned());
    let is_able = "require('tls').createSecureContext({ ecdhCurve: 'X25519MLKEM768' })";
    if !answers(&node, &["-e", is_able]) {
        return skipped(NAME, "no Node with X25519MLKEM768; NODE_POST_QUANTUM names one");
    }
    let folder = folder("differential-quantum")?;
    let running = Running::start(|port| {
        let mut command = Command::new(&node);
        command.args(["-e", POST_QUANTUM, &port.to_string()]).current_dir(&folder);
        command
    })?;
    Some(Server {
        name: NAME,
        starttls: None,
        truth: &["TLSv1.3", "group X25519MLKEM768", "group x25519"],
        running,
        place: None,
    })
}
