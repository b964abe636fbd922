//! One address asked over HTTP, as far as it takes to know that it answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Reached;
use crate::scan::names::{Names, reach};

/// The most that is read of an answer.
const MOST_BYTES: usize = 10 * 1024 * 1024;
/// The most that is kept.
const MOST_KEPT_BYTES: usize = 1024 * 1024;
const MOST_REDIRECTS: usize = 3;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Came {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Bytes of the body.
    pub(crate) bytes: usize,
    /// Whether it begins as DER or PEM does.
    pub(crate) is_encoded: bool,
    /// The body, where it is DER and not long.
    pub(crate) body: Option<Arc<[u8]>>,
}

/// Gets the address, redirects included.
///
/// # Errors
/// Why nothing came. Deadlines are the caller's.
pub(super) async fn fetch(names: &Names, url: &str, allow_private: bool) -> Result<Came, Reached> {
    let mut url = url.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let (host, port, uri) = parts(&url)?;
        let address = address(names, &host, allow_private).await?;
        let response = get(SocketAddr::new(address, port), &host, port, &uri).await?;
        let next = response.headers().get(LOCATION).and_then(|next| next.to_str().ok());
        match next.filter(|_| response.status().is_redirection()) {
            Some(next) if next.starts_with('/') && !next.starts_with("//") => {
                url = format!("http://{}{next}", authority(&host, port));
            }
            Some(next) => url = next.to_owned(),
            None => return count(response).await,
        }
    }
    Err(Reached::No(format!("more than {MOST_REDIRECTS} redirects")))
}

/// Host and port, and the whole.
fn parts(url: &str) -> Result<(String, u16, Uri), Reached> {
    const HTTP_PORT: u16 = 80;
    let uri: Uri = url.parse().map_err(|_| Reached::No(format!("`{}` is no URL", shown(url))))?;
    match uri.scheme_str() {
        Some("http") => {}
        // RFC 5280 section 8: a client that needs TLS to check TLS may never end.
        other => return Err(Reached::NotAsked(format!("{} is not asked, only http", shown(other.unwrap_or("this"))))),
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    if host.is_empty() {
        return Err(Reached::No(format!("`{}` has no host", shown(url))));
    }
    Ok((host, uri.port_u16().unwrap_or(HTTP_PORT), uri))
}

/// Where the host is: connections are made to this address, so that it cannot be another one by then.
async fn address(names: &Names, host: &str, allow_private: bool) -> Result<IpAddr, Reached> {
    let found = names.addresses(host).await.map_err(Reached::No)?;
    let mut refused = None;
    for address in found.addresses {
        match reach::refused(address, allow_private) {
            None => return Ok(address),
            Some(why) => refused = Some(why),
        }
    }
    Err(Reached::NotAsked(refused.unwrap_or_else(|| format!("`{host}` has no address"))))
}

async fn get(address: SocketAddr, host: &str, port: u16, uri: &Uri) -> Result<Response<Incoming>, Reached> {
    let failed = |error: &dyn std::fmt::Display| Reached::No(format!("no answer of {address}: {error}"));
    let stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    // It ends with the sender.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, authority(host, port))
        .header(USER_AGENT, concat!("intransit-probe/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*")
        .body(Empty::<Bytes>::new());
    let request = request.map_err(|error| failed(&error))?;
    sender.send_request(request).await.map_err(|error| failed(&error))
}

fn authority(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 80 { host } else { format!("{host}:{port}") }
}

/// Reads the body to its end, and keeps what is not long.
async fn count(response: Response<Incoming>) -> Result<Came, Reached> {
    let mut came = Came { status: response.status().as_u16(), bytes: 0, is_encoded: false, body: None };
    let mut body = response.into_body();
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Reached::No(format!("the answer was cut off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        kept.extend(data.iter().take((MOST_KEPT_BYTES + 1).saturating_sub(kept.len())));
        came.bytes += data.len();
        if came.bytes > MOST_BYTES {
            return Err(Reached::No(format!("more than {MOST_BYTES} bytes")));
        }
    }
    let is_der = kept.first() == Some(&0x30);
    came.is_encoded = is_der || kept.starts_with(PEM);
    came.body = (is_der && kept.len() <= MOST_KEPT_BYTES).then(|| kept.into());
    Ok(came)
}

const PEM: &[u8] = b"-----BEGIN ";

fn shown(words: &str) -> String {
    words.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server with these answers to these paths.
    fn server(answers: &'static [(&'static str, &'static str)]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 2048];
                let read = stream.read(&mut buffer).unwrap_or_default();
                let asked = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let answer = answers.iter().find(|(path, _)| asked.starts_with(&format!("GET {path} ")));
                let answer =
                    answer.map_or("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", |(_, answer)| answer);
                let _ = stream.write_all(answer.replace("PORT", &port.to_string()).as_bytes());
            }
        });
        port
    }

    #[test]
    fn what_comes_is_told_apart() {
        let port = server(&[
            ("/crl", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0abc"),
            ("/pem", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n-----BEGIN CR"),
            ("/html", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"),
            ("/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0"),
            ("/moved", "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:PORT/crl\r\nContent-Length: 0\r\n\r\n"),
            ("/here", "HTTP/1.1 302 Found\r\nLocation: /crl\r\nContent-Length: 0\r\n\r\n"),
            ("/round", "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n"),
            ("/inside", "HTTP/1.1 302 Found\r\nLocation: http://0.0.0.0/\r\nContent-Length: 0\r\n\r\n"),
            ("/tls", "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
            ("/huge", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n0"),
            ("/odd", "SSH-2.0-OpenSSH\r\n"),
        ]);
        let names = Names::new(None, crate::scan::names::dnssec::Anchors::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let fetched = |url: &str, allow| runtime.block_on(fetch(&names, url, allow));
        for (path, status, bytes, is_encoded) in [
            ("crl", 200, 4, true),
            ("pem", 200, 13, true),
            ("html", 200, 6, false),
            ("moved", 200, 4, true),
            ("here", 200, 4, true),
            ("none", 404, 2, false),
        ] {
            let came = fetched(&format!("http://127.0.0.1:{port}/{path}"), true).unwrap();
            assert_eq!((came.status, came.bytes, came.is_encoded), (status, bytes, is_encoded), "{path}");
            assert_eq!(came.body.is_some(), is_encoded && path != "pem", "{path}");
        }
        for (url, why) in [
            (format!("http://127.0.0.1:{port}/cut"), "cut off"),
            (format!("http://127.0.0.1:{port}/round"), "more than 3 redirects"),
            (format!("http://127.0.0.1:{port}/huge"), "cut off"),
            (format!("http://127.0.0.1:{port}/odd"), "no answer of 127.0.0.1"),
            ("http://".to_owned(), "is no URL"),
            ("http://127.0.0.1:1/".to_owned(), "no answer of 127.0.0.1:1"),
        ] {
            let problem = fetched(&url, true);
            assert!(matches!(&problem, Err(Reached::No(words)) if words.contains(why)), "{url}: {problem:?}");
        }
        for (url, why) in [
            (format!("http://127.0.0.1:{port}/inside"), "reserved for"),
            (format!("http://127.0.0.1:{port}/tls"), "https is not asked"),
            ("ldap://127.0.0.1/cn=x".to_owned(), "ldap is not asked"),
        ] {
            let problem = fetched(&url, true);
            assert!(matches!(&problem, Err(Reached::NotAsked(words)) if words.contains(why)), "{url}: {problem:?}");
        }
        let problem = fetched(&format!("http://127.0.0.1:{port}/crl"), false);
        assert!(matches!(&problem, Err(Reached::NotAsked(words)) if words.contains("loopback")), "{problem:?}");
    }
}
