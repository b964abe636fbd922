//! The policy of MTA-STS, fetched as senders fetch it ([RFC 8461 §3.3](https://www.rfc-editor.org/rfc/rfc8461#section-3.3)):
//! over TLS with a certificate for the host below one of the chosen roots, without redirects, of limited size.

use std::net::SocketAddr;
use std::sync::Arc;

use intransit::evidence::Attribute;
use intransit::pki::path::TrustStore;
use rustls::client::{ClientConnection, Resumption};
use rustls::crypto::ring;
use rustls::pki_types::{Der, ServerName, TrustAnchor};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::scan::names::{Names, reach};

/// The most bytes of the answer: "SHOULD" be limited, and 64 kB are what the RFC names.
const MOST_BYTES: usize = 64 * 1024;
const HTTPS_PORT: u16 = 443;
const PATH: &str = "/.well-known/mta-sts.txt";

/// Where the policy of a domain is.
pub(super) fn address(domain: &str) -> String {
    format!("https://mta-sts.{domain}{PATH}")
}

/// The text of the policy.
///
/// # Errors
/// Why no sender would have it. Deadlines are the caller's.
pub(super) async fn fetch(
    names: &Names,
    domain: &str,
    roots: &TrustStore,
    allow_private: bool,
) -> Result<String, String> {
    let host = format!("mta-sts.{domain}");
    let mut refused = format!("`{host}` has no address");
    for address in names.addresses(&host).await?.addresses {
        match reach::refused(address, allow_private) {
            Some(why) => refused = why,
            None => return get(SocketAddr::new(address, HTTPS_PORT), &host, anchors(roots)).await,
        }
    }
    Err(refused)
}

/// The roots as the library wants them.
fn anchors(roots: &TrustStore) -> RootCertStore {
    /// The content of an element, without its header.
    fn content(der: &[u8]) -> Option<Der<'static>> {
        let length = *der.get(1)?;
        let header = if length < 0x80 { 2 } else { 2 + usize::from(length & 0x7F) };
        Some(Der::from(der.get(header..)?.to_vec()))
    }
    let mut store = RootCertStore::empty();
    for root in &roots.roots {
        let name_constraints = root.name_constraints.as_deref().map(content);
        if let (Some(subject), Some(subject_public_key_info)) = (content(&root.subject.der), content(&root.key.spki))
            && name_constraints != Some(None)
        {
            let name_constraints = name_constraints.flatten();
            store.roots.push(TrustAnchor { subject, subject_public_key_info, name_constraints });
        }
    }
    store
}

async fn get(address: SocketAddr, host: &str, roots: RootCertStore) -> Result<String, String> {
    let failed = |error: &dyn std::fmt::Display| format!("no policy from {address}: {error}");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|error| failed(&error))?;
    let mut stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    // Answers to HTTP/1.0 are not sent in chunks.
    let request = format!(
        "GET {PATH} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: intransit-probe/{}\r\nAccept: text/plain\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    std::io::Write::write_all(&mut tls.writer(), request.as_bytes()).map_err(|error| failed(&error))?;
    let mut answer = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let mut out = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut out).map_err(|error| failed(&error))?;
        }
        stream.write_all(&out).await.map_err(|error| failed(&error))?;
        let read = stream.read(&mut buffer).await.map_err(|error| failed(&error))?;
        if read == 0 {
            return policy(&answer, false).map_err(|why| failed(&why));
        }
        let mut bytes = buffer.get(..read).unwrap_or_default();
        while !bytes.is_empty() {
            tls.read_tls(&mut bytes).map_err(|error| failed(&error))?;
            let state = tls.process_new_packets().map_err(|error| failed(&error))?;
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            std::io::Read::read_exact(&mut tls.reader(), &mut plain).map_err(|error| failed(&error))?;
            answer.extend(plain);
            if answer.len() > MOST_BYTES {
                return Err(failed(&format!("more than {MOST_BYTES} bytes")));
            }
            if state.peer_has_closed() {
                return policy(&answer, true).map_err(|why| failed(&why));
            }
        }
    }
}

/// The body of an answer of HTTP that is a policy. Where the end was not said by TLS, its length has to say it.
fn policy(answer: &[u8], is_ended: bool) -> Result<String, String> {
    let text = std::str::from_utf8(answer).map_err(|_| "the answer is not UTF-8".to_owned())?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("the answer is no HTTP")?;
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.") || status.split_whitespace().nth(1) != Some("200") {
        let status: String = status.chars().take(60).collect();
        return Err(format!("expected the status 200, found `{status}`"));
    }
    let mut is_whole = is_ended;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => is_whole = value.trim().parse() == Ok(body.len()),
            // Whoever may put files onto a web server may not thereby make policies: "SHOULD validate" (section 3.3).
            "content-type" => {
                let media = value.split(';').next().unwrap_or_default().trim();
                if !media.eq_ignore_ascii_case("text/plain") {
                    let media: String = media.chars().take(60).collect();
                    return Err(format!("expected the content type text/plain, found `{media}`"));
                }
            }
            "transfer-encoding" | "content-encoding" => {
                return Err(format!("the answer is encoded: `{}`", value.trim().chars().take(30).collect::<String>()));
            }
            _ => {}
        }
    }
    if !is_whole {
        return Err("the answer was cut off".to_owned());
    }
    // Neither the first line nor its place is free: RFC 8461 section 3.2 demands the version, wherever it stands.
    match body.lines().filter_map(pair).any(|(key, value)| key == "version" && value == "STSv1") {
        true => Ok(body.to_owned()),
        false => Err("the answer has no line `version: STSv1`".to_owned()),
    }
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// What a policy says that evidence has a place for.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (Attribute, String)> {
    text.lines().take(200).filter_map(pair).filter_map(|(key, value)| {
        let attribute = match key {
            "mode" => Attribute::Mode,
            "mx" => Attribute::Mx,
            "max_age" => Attribute::MaximumAge,
            _ => return None,
        };
        Some((attribute, value.to_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    use tokio::time::timeout;

    use super::super::https::{Reply, Root, serve};
    use super::*;

    const HOST: &str = "mta-sts.mail.test";
    const POLICY: &str = "version: STSv1\r\nmode: enforce\r\nmx: mx.mail.test\r\nmax_age: 86400\r\n";

    /// What comes of asking a server that replies this.
    fn fetched(root: &Root, trusted: &Root, name: &str, reply: Reply) -> Result<String, String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        serve(listener, root.certificate(name), reply);
        let now = intransit::Timestamp::from_unix(1_790_000_000);
        let store = TrustStore::read("roots.der", &trusted.der(), now).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fetching = timeout(Duration::from_millis(700), get(address, HOST, anchors(&store)));
            fetching.await.unwrap_or_else(|_| Err("no whole answer in time".to_owned()))
        })
    }

    fn answer(head: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[test]
    fn a_policy_comes_over_tls_or_not_at_all() {
        let (root, other) = (Root::new(), Root::new());
        let good = answer("200 OK\r\nContent-Type: text/plain; charset=utf-8", POLICY);
        assert_eq!(fetched(&root, &root, HOST, Reply::whole(good.clone())).unwrap(), POLICY);
        let in_pieces = Reply { pieces: good.chunks(7).map(<[u8]>::to_vec).collect(), ..Reply::whole("") };
        assert_eq!(fetched(&root, &root, HOST, in_pieces).unwrap(), POLICY);
        let unended = Reply { is_ended: false, ..Reply::whole(good.clone()) };
        assert_eq!(fetched(&root, &root, HOST, unended).unwrap(), POLICY);
        let slow = Reply {
            pieces: good.chunks(1).map(<[u8]>::to_vec).collect(),
            pause: Duration::from_millis(100),
            ..Reply::whole("")
        };
        let elsewhere = "301 Moved\r\nLocation: https://mta-sts.mail.test/other";
        for (case, trusted, name, reply, why) in [
            ("the name of another host", &root, "mail.test", Reply::whole(good.clone()), "not valid for name"),
            ("a root that is not trusted", &other, HOST, Reply::whole(good.clone()), "invalid peer certificate"),
            ("a redirect", &root, HOST, Reply::whole(answer(elsewhere, POLICY)), "found `HTTP/1.1 301 Moved`"),
            ("no policy", &root, HOST, Reply::whole(answer("404 Not Found", POLICY)), "found `HTTP/1.1 404 Not Found`"),
            (
                "a page",
                &root,
                HOST,
                Reply::whole(answer("200 OK\r\nContent-Type: text/html", POLICY)),
                "found `text/html`",
            ),
            (
                "a picture",
                &root,
                HOST,
                Reply::whole(answer("200 OK\r\ncontent-type:image/png", POLICY)),
                "found `image/png`",
            ),
            (
                "too much",
                &root,
                HOST,
                Reply::whole(answer("200 OK", &(POLICY.to_owned() + &"mx: a.test\n".repeat(7000)))),
                "more than 65536 bytes",
            ),
            ("too slow", &root, HOST, slow, "no whole answer in time"),
            ("nothing", &root, HOST, Reply::whole(""), "the answer is no HTTP"),
            (
                "cut off",
                &root,
                HOST,
                Reply { is_ended: false, ..Reply::whole("HTTP/1.1 200 OK\r\n\r\nversion: STSv1\r\n") },
                "cut off",
            ),
        ] {
            let begun = Instant::now();
            let problem = fetched(&root, trusted, name, reply).unwrap_err();
            assert!(problem.contains(why) && begun.elapsed() < Duration::from_secs(5), "{case}: {problem}");
        }
    }

    #[test]
    fn answers_are_policies_or_say_why_not() {
        let good = "version: STSv1\r\nmode: enforce\r\nmx: *.A.test\r\nmax_age: 86400\r\n";
        let length = good.len();
        for (answer, expected) in [
            (format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{good}"), Ok(())),
            (format!("HTTP/1.0 200 OK\r\n\r\n{good}"), Ok(())),
            (format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{good}"), Err("cut off")),
            (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{good}"), Err("encoded")),
            ("HTTP/1.1 301 Moved\r\nLocation: https://b.test/\r\n\r\n".to_owned(), Err("found `HTTP/1.1 301 Moved`")),
            ("HTTP/1.1 200 OK\r\n\r\n<html>".to_owned(), Err("no line `version: STSv1`")),
            ("220 mx\r\n".to_owned(), Err("no HTTP")),
            (format!("HTTP/1.1 200 OK\r\nContent-Type: TEXT/plain;x\r\n\r\n{good}"), Ok(())),
            (format!("HTTP/1.1 200 OK\r\nContent-Type:\r\n\r\n{good}"), Err("expected the content type text/plain")),
        ] {
            match (policy(answer.as_bytes(), true), expected) {
                (Ok(text), Ok(())) => assert_eq!(
                    pairs(&text).collect::<Vec<_>>(),
                    [
                        (Attribute::Mode, "enforce".to_owned()),
                        (Attribute::Mx, "*.a.test".to_owned()),
                        (Attribute::MaximumAge, "86400".to_owned())
                    ]
                ),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (found, _) => panic!("{answer}: {found:?}"),
            }
        }
    }

    #[test]
    fn an_answer_without_an_end_needs_its_length() {
        let good = "version: STSv1\r\n";
        assert!(policy(format!("HTTP/1.0 200 OK\r\n\r\n{good}").as_bytes(), false).is_err());
        assert!(policy(format!("HTTP/1.0 200 OK\r\nContent-Length: 16\r\n\r\n{good}").as_bytes(), false).is_ok());
    }

    #[test]
    fn mozillas_roots_are_the_anchors() {
        let mozilla = TrustStore::mozilla();
        assert_eq!(anchors(&mozilla).len(), mozilla.roots.len());
    }
}
