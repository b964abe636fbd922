//! The server of `serve` over real sockets, with a table of files made here.

#![expect(clippy::disallowed_methods, reason = "the ban on sockets and clocks is for the core")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use intransit_probe::server::{Limits, Server};
use intransit_probe::site::{self, File};
use tokio::sync::oneshot;

static LARGE: [u8; 4 * 1024 * 1024] = [b'x'; 4 * 1024 * 1024];
static FILES: &[File] = &[
    File { name: "index.html", bytes: b"<!doctype html>" },
    File { name: "assets/a.js", bytes: b"1" },
    File { name: "large.bin", bytes: &LARGE },
];
const LIMITS: Limits = Limits {
    connections: 8,
    head_bytes: 8192,
    head_time: Duration::from_millis(500),
    connection_time: Duration::from_millis(1500),
};
/// Far more than the limits above, for machines that are busy.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; it stops when this is dropped.
struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn new() -> Self {
        Self::answering(|request| site::answer(FILES, request))
    }

    fn answering(answer: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>> + Send + Sync + 'static) -> Self {
        let (started, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::bind(0, LIMITS).await.unwrap();
                assert_eq!(server.url(), format!("http://{}/", server.address()));
                started.send(server.address()).unwrap();
                server.run(answer, async { drop(stopped.await) }).await;
            });
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The whole response to a request for this path with the right host and these lines.
    fn ask(&self, method: &str, path: &str, lines: &str) -> String {
        self.send(&format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.address))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = self.connect();
        // A refused request may be answered and its connection closed before all of it was sent.
        let _ = stream.write_all(request.as_bytes());
        String::from_utf8(rest(&mut stream)).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(ended.is_some_and(|ended| ended.is_ok()) || std::thread::panicking());
    }
}

/// Everything until the server closes; a reset is an end as well, a server that keeps the connection is not.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }
    bytes
}

#[track_caller]
fn assert_status(response: &str, status: &str) {
    assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "expected {status}, found {response}");
}

#[test]
fn known_paths_are_served() {
    let server = Running::new();
    for (method, path, media_type, length, body) in [
        ("GET", "/", "text/html; charset=utf-8", 15, "<!doctype html>"),
        ("GET", "/index.html?a=b", "text/html; charset=utf-8", 15, "<!doctype html>"),
        ("GET", "/assets/a.js", "text/javascript; charset=utf-8", 1, "1"),
        ("HEAD", "/", "text/html; charset=utf-8", 15, ""),
    ] {
        let response = server.ask(method, path, "");
        assert_status(&response, "200");
        for header in [
            &format!("content-type: {media_type}\r\n"),
            &format!("content-length: {length}\r\n"),
            "cache-control: no-store\r\n",
            "content-security-policy: frame-ancestors 'none'\r\n",
            "cross-origin-opener-policy: same-origin\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            "referrer-policy: no-referrer\r\n",
            "x-content-type-options: nosniff\r\n",
        ] {
            assert_eq!(response.matches(header).count(), 1, "{header}: {response}");
        }
        assert!(response.ends_with(&format!("\r\n\r\n{body}")), "{response}");
    }
    assert!(server.ask("GET", "/large.bin", "").len() > LARGE.len());
}

#[test]
fn everything_else_is_refused() {
    let server = Running::new();
    for (method, path, status) in [
        ("GET", "/absent", "404"),
        ("GET", "/assets", "404"),
        ("GET", "/assets/../index.html", "404"),
        ("GET", "/%69ndex.html", "404"),
        ("GET", "//index.html", "404"),
        ("POST", "/", "405"),
        ("PUT", "/index.html", "405"),
        ("OPTIONS", "*", "405"),
    ] {
        let response = server.ask(method, path, "");
        assert_status(&response, status);
        assert!(response.contains("x-content-type-options: nosniff\r\n"), "{response}");
        assert_eq!(response.contains("allow: GET, HEAD\r\n"), status == "405", "{response}");
    }
    assert_status(&server.ask("POST", "/", "Content-Length: 5\r\n"), "405");
}

#[test]
fn only_the_bound_address_is_answered_for() {
    let server = Running::new();
    let (port, address) = (server.address.port(), server.address);
    for head in [
        "GET / HTTP/1.1\r\n".to_owned(),
        "GET / HTTP/1.0\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: evil.example\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n"),
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nHost: {address}\r\nHost: evil.example\r\n"),
        format!("GET http://evil.example/ HTTP/1.1\r\nHost: {address}\r\n"),
        format!("POST /absent HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
    ] {
        let response = server.send(&format!("{head}\r\n"));
        assert!(response.contains(" 421 Misdirected Request\r\n"), "{head}: {response}");
        assert!(response.ends_with(&format!("\r\n\r\nexpected a request for http://{address}/\n")), "{response}");
        assert!(!response.contains("evil") && !response.contains("doctype"), "{response}");
    }
}

#[test]
fn only_this_machine_can_connect() {
    let server = Running::new();
    assert_eq!(server.address.ip(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    for other in [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))] {
        let address = SocketAddr::new(other, server.address.port());
        assert!(TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_err(), "{address}");
    }
}

#[test]
fn heads_are_bounded() {
    let server = Running::new();
    let long = "x".repeat(LIMITS.head_bytes * 2);
    assert_status(&server.ask("GET", "/", &format!("Cookie: {long}\r\n")), "431");
    assert_status(&server.ask("GET", "/", &"A: b\r\n".repeat(500)), "431");
    assert_status(&server.send("\u{0}\r\n\r\n"), "400");
    assert_status(&server.ask("GET", "/", ""), "200");
}

#[test]
fn slow_clients_are_dropped_while_others_are_served() {
    let server = Running::new();
    let started = Instant::now();
    let mut silent = server.connect();
    let mut unfinished = server.connect();
    unfinished.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut unread = server.connect();
    write!(unread, "GET /large.bin HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    assert_status(&server.ask("GET", "/", ""), "200");
    for stream in [&mut silent, &mut unfinished] {
        assert!(!String::from_utf8_lossy(&rest(stream)).contains(" 200 "));
    }
    // What is not read in time is lost, apart from what the system has buffered.
    std::thread::sleep((LIMITS.connection_time * 2).saturating_sub(started.elapsed()));
    assert!(rest(&mut unread).len() < LARGE.len(), "the whole response was kept for a client that did not read it");
}

#[test]
fn more_clients_than_there_are_connections_wait_for_their_turn() {
    let server = Running::new();
    let silent: Vec<TcpStream> = (0..LIMITS.connections * 2).map(|_| server.connect()).collect();
    assert_status(&server.ask("GET", "/", ""), "200");
    drop(silent);
}

#[test]
fn a_panic_ends_one_connection() {
    let server = Running::answering(|request| {
        assert_ne!(request.uri().path(), "/panic", "as this test wants it");
        site::answer(FILES, request)
    });
    for _ in 0..LIMITS.connections * 2 {
        assert_eq!(server.ask("GET", "/panic", ""), "");
    }
    assert_status(&server.ask("GET", "/", ""), "200");
}

#[test]
fn a_taken_port_is_an_error() {
    let server = Running::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(Server::bind(server.address.port(), LIMITS)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}
