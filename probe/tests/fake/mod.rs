//! A server of records and no cryptography, that answers a hello as a test wants it answered.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A ClientHello as the server reads it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hello {
    pub(crate) is_ssl2: bool,
    pub(crate) version: u16,
    /// supported_versions.
    pub(crate) versions: Vec<u16>,
    pub(crate) suites: Vec<u16>,
    pub(crate) compression: Vec<u8>,
    pub(crate) groups: Vec<u16>,
    pub(crate) schemes: Vec<u16>,
    pub(crate) shares: Vec<u16>,
    pub(crate) server_name: Option<String>,
    pub(crate) has_extensions: bool,
}

/// What a server does with a hello.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Sends this and closes.
    Bytes(Vec<u8>),
    /// Sends a fatal alert and closes.
    Alert(u8),
    Close,
    Reset,
    /// Sends this and says nothing more.
    Stall(Vec<u8>),
    /// Sends this one byte at a time, twenty a second.
    Drip(Vec<u8>),
    /// Sends this over and over.
    Endless(Vec<u8>),
}

/// A server that is stopped with the test's process.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// Connections that wait for an answer or for a hello, and the most that did.
    open: Arc<(AtomicUsize, AtomicUsize)>,
}

impl Fake {
    /// Answers each hello by `reply`, which is told how many connections there were before.
    pub(crate) fn start(reply: impl Fn(usize, &Hello) -> Reply + Send + Sync + 'static) -> Self {
        Self::with_prelude(|_, _| true, reply)
    }

    /// The same behind a plain conversation, that says whether TLS follows.
    pub(crate) fn with_prelude(
        prelude: impl Fn(usize, &mut TcpStream) -> bool + Send + Sync + 'static,
        reply: impl Fn(usize, &Hello) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let open = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let counted = Arc::clone(&open);
        let (prelude, reply) = (Arc::new(prelude), Arc::new(reply));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let (prelude, reply) = (Arc::clone(&prelude), Arc::clone(&reply));
                let counted = Arc::clone(&counted);
                let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
                counted.1.fetch_max(now, Ordering::SeqCst);
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let hello = if prelude(number, &mut stream) { read_hello(&mut stream) } else { None };
                    let reply = hello.map(|hello| reply(number, &hello));
                    // A client that has its answer is free to ask on another.
                    counted.0.fetch_sub(1, Ordering::SeqCst);
                    if let Some(reply) = reply {
                        answer(&mut stream, reply);
                    }
                });
            }
        });
        Self { address, connections, open }
    }

    /// The most connections that waited at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.open.1.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn answer(stream: &mut TcpStream, reply: Reply) {
    let send = |stream: &mut TcpStream, bytes: &[u8]| stream.write_all(bytes).is_ok();
    match reply {
        Reply::Bytes(bytes) => {
            send(stream, &bytes);
        }
        Reply::Alert(code) => {
            send(stream, &[21, 3, 1, 0, 2, 2, code]);
        }
        Reply::Close => {}
        // Closing with bytes unread resets the connection; the hello was read, so that the answer to it is.
        Reply::Reset => reset(stream),
        Reply::Stall(bytes) => {
            send(stream, &bytes);
            wait(stream);
        }
        Reply::Drip(bytes) => {
            for byte in bytes {
                if !send(stream, &[byte]) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            wait(stream);
        }
        Reply::Endless(bytes) => while send(stream, &bytes) {},
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    wait(stream);
}

fn reset(stream: &TcpStream) {
    // Without `SO_LINGER` in the standard library this is a close; clients see the same as refusals.
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// Until the client closes.
fn wait(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(read) if read > 0) {}
}

fn read_hello(stream: &mut TcpStream) -> Option<Hello> {
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).ok()?;
    if head[0] & 0x80 != 0 {
        let mut rest = vec![0; (usize::from(head[0] & 0x7F) << 8 | usize::from(head[1])) - 3];
        stream.read_exact(&mut rest).ok()?;
        return Some(Hello { is_ssl2: true, version: 2, ..Hello::default() });
    }
    let mut body = vec![0; usize::from(head[3]) << 8 | usize::from(head[4])];
    stream.read_exact(&mut body).ok()?;
    let mut hello = Hello::default();
    let mut at = 4;
    hello.version = u16_at(&body, at);
    at += 34;
    at += 1 + usize::from(body[at]);
    hello.suites = codes(&body[at..]);
    at += 2 + 2 * hello.suites.len();
    hello.compression = body[at + 1..at + 1 + usize::from(body[at])].to_vec();
    at += 1 + hello.compression.len();
    hello.has_extensions = at < body.len();
    at += 2;
    while at < body.len() {
        let (number, length) = (u16_at(&body, at), usize::from(u16_at(&body, at + 2)));
        let content = &body[at + 4..at + 4 + length];
        match number {
            0 => hello.server_name = Some(String::from_utf8(content[5..].to_vec()).unwrap()),
            10 => hello.groups = codes(content),
            13 => hello.schemes = codes(content),
            43 => hello.versions = content[1..].chunks(2).map(|pair| u16_at(pair, 0)).collect(),
            51 => {
                let mut rest = &content[2..];
                while !rest.is_empty() {
                    hello.shares.push(u16_at(rest, 0));
                    rest = &rest[4 + usize::from(u16_at(rest, 2))..];
                }
            }
            _ => {}
        }
        at += 4 + length;
    }
    Some(hello)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from(bytes[at]) << 8 | u16::from(bytes[at + 1])
}

/// A list of two-byte numbers behind its length in bytes.
fn codes(bytes: &[u8]) -> Vec<u16> {
    let length = usize::from(u16_at(bytes, 0));
    bytes[2..2 + length].chunks(2).map(|pair| u16_at(pair, 0)).collect()
}

/// A server as an administrator configures one.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) versions: Vec<u16>,
    /// Up to TLS 1.2, best first.
    pub(crate) suites: Vec<u16>,
    pub(crate) suites_of_tls13: Vec<u16>,
    pub(crate) groups: Vec<u16>,
    /// Whether the client's order counts.
    pub(crate) follows_client: bool,
    pub(crate) certificate: Vec<u8>,
    /// The alert for a version that is off.
    pub(crate) version_alert: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            versions: vec![0x0303, 0x0304],
            suites: vec![0xC030, 0xC02F, 0xC014],
            suites_of_tls13: vec![0x1302, 0x1301],
            groups: vec![0x001D, 0x0017],
            follows_client: false,
            certificate: certificate(),
            version_alert: 70,
        }
    }
}

/// The suites that TLS 1.0 and 1.1 have, of those that tests use.
fn is_old(suite: u16) -> bool {
    matches!(suite, 0x0005 | 0x000A | 0x002F | 0x0033 | 0x0035 | 0xC013 | 0xC014)
}

impl Config {
    /// What such a server answers.
    pub(crate) fn reply(&self, hello: &Hello) -> Reply {
        if hello.is_ssl2 {
            return Reply::Close;
        }
        let wanted = |version: u16| match hello.versions.as_slice() {
            [] => version <= hello.version && version < 0x0304,
            listed => listed.contains(&version),
        };
        let Some(version) = self.versions.iter().copied().filter(|version| wanted(*version)).max() else {
            return Reply::Alert(self.version_alert);
        };
        if version == 0x0304 {
            return self.tls13(hello);
        }
        let group = hello.groups.iter().find(|group| self.groups.contains(group)).copied();
        let fits = |suite: &u16| (version == 0x0303 || is_old(*suite)) && (*suite < 0xC000 || group.is_some());
        let Some(suite) = self.choose(&self.suites, &hello.suites, fits) else { return Reply::Alert(40) };
        Reply::Bytes(self.flight(version, suite, group.unwrap_or_default(), hello.has_extensions))
    }

    fn choose(&self, own: &[u16], offered: &[u16], fits: impl Fn(&u16) -> bool) -> Option<u16> {
        let (first, second) = if self.follows_client { (offered, own) } else { (own, offered) };
        first.iter().copied().filter(|suite| second.contains(suite)).find(fits)
    }

    fn tls13(&self, hello: &Hello) -> Reply {
        let Some(suite) = self.choose(&self.suites_of_tls13, &hello.suites, |_| true) else { return Reply::Alert(40) };
        let Some(group) = hello.groups.iter().find(|group| self.groups.contains(group)) else {
            return Reply::Alert(40);
        };
        Reply::Bytes(record(&handshake(
            2,
            &hello_body(0x0304, suite, Some(*group), hello.shares.contains(group), true),
        )))
    }

    /// Everything from ServerHello to ServerHelloDone.
    pub(crate) fn flight(&self, version: u16, suite: u16, group: u16, has_extensions: bool) -> Vec<u8> {
        let mut messages = handshake(2, &hello_body(version, suite, None, true, has_extensions));
        let mut list = vec24(&self.certificate);
        list = vec24(&list);
        messages.extend(handshake(11, &list));
        if suite >= 0xC000 {
            let mut body = vec![3];
            body.extend(group.to_be_bytes());
            body.extend([4, 1, 2, 3, 4]);
            if version == 0x0303 {
                body.extend([8, 4]);
            }
            body.extend([0, 2, 7, 7]);
            messages.extend(handshake(12, &body));
        }
        messages.extend(handshake(14, &[]));
        messages.chunks(1000).flat_map(record).collect()
    }
}

fn hello_body(version: u16, suite: u16, group: Option<u16>, is_final: bool, has_extensions: bool) -> Vec<u8> {
    const RETRY: [u8; 32] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2,
        0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];
    let mut body = version.min(0x0303).to_be_bytes().to_vec();
    body.extend(if is_final { [9; 32] } else { RETRY });
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    let mut extensions = Vec::new();
    match group {
        Some(group) => {
            extensions.extend([0, 43, 0, 2, 3, 4, 0, 51]);
            extensions.extend(if is_final { vec![0, 5] } else { vec![0, 2] });
            extensions.extend(group.to_be_bytes());
            if is_final {
                extensions.extend([0, 1, 9]);
            }
        }
        None => extensions.extend([0xFF, 1, 0, 1, 0]),
    }
    if has_extensions || group.is_some() {
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
    }
    body
}

/// A handshake message.
pub(crate) fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(vec24(body));
    message
}

fn vec24(content: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(content.len()).unwrap().to_be_bytes()[1..].to_vec();
    out.extend(content);
    out
}

/// A record of handshake messages.
pub(crate) fn record(content: &[u8]) -> Vec<u8> {
    let mut out = vec![22, 3, 3];
    out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    out.extend(content);
    out
}

/// Some certificate.
pub(crate) fn certificate() -> Vec<u8> {
    certificate_of("rsa-2048.pem")
}

/// The certificate in this file among the cases.
pub(crate) fn certificate_of(file: &str) -> Vec<u8> {
    let pem = std::fs::read_to_string(format!("{}/../tests/cases/pki/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let reading = intransit::read(&[intransit::Input::new("a.pem", pem.as_bytes())]);
    let intransit::evidence::Subject::Chain(chain) = &reading.evidence.scans[0].subjects[0] else { panic!("no chain") };
    let intransit::evidence::Certificate::Der(der) = &chain.presented.certificates[0] else { panic!("no bytes") };
    der.value.bytes().to_vec()
}
