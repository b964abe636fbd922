//! HTTP on the loopback address, for this machine's browser and nobody else.
//!
//! Any page in that browser can send requests here, and any name can be made to resolve to 127.0.0.1 (DNS
//! rebinding): so the `Host` must be exactly the bound address, which is looked at before anything else.
//! hyper on tokio, without a framework: the widely used pair, with the limits that a socket needs, and the one that
//! probing needs anyway. hyper has no bound on how slowly a response is read, so each connection has one as a whole.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, REFERRER_POLICY};
use hyper::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::site::refusal;

const HTTP_PORT: u16 = 80;
/// hyper panics below this.
const LEAST_HEAD_BYTES: usize = 8192;
/// How long to wait after the system gave no connection, for example because no file descriptor was free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Sent with every response. The policy of the page itself stands in the page; a page cannot forbid frames there.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// What one client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; further ones wait.
    pub connections: usize,
    /// Bytes of a request's head; fewer than 8192 count as 8192.
    pub head_bytes: usize,
    /// Time for a request's head.
    pub head_time: Duration,
    /// Time for a connection, from its start to the last byte of its only response.
    pub connection_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            head_bytes: 16 * 1024,
            head_time: Duration::from_secs(5),
            connection_time: Duration::from_secs(30),
        }
    }
}

/// A bound socket that answers when it is [run](Server::run).
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl Server {
    /// Binds a port of 127.0.0.1; 0 is any that is free.
    ///
    /// # Errors
    /// When the system refuses the port.
    pub async fn bind(port: u16, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, limits })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the page is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", authority(self.address))
    }

    /// Answers requests until `stop` is ready. A panic in `answer` ends the connection that it happened in, no other.
    pub async fn run<A>(self, answer: A, stop: impl Future<Output = ()>)
    where
        A: Fn(&Request<Incoming>) -> Response<Full<Bytes>> + Send + Sync + 'static,
    {
        let shared = Arc::new((authority(self.address), answer));
        let free = Arc::new(Semaphore::new(self.limits.connections));
        let mut stop = pin!(stop);
        loop {
            let next = async { (Arc::clone(&free).acquire_owned().await, self.listener.accept().await) };
            let (permit, accepted) = tokio::select! {
                () = &mut stop => return,
                next = next => next,
            };
            let Ok((stream, _)) = accepted else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (shared, limits) = (Arc::clone(&shared), self.limits);
            tokio::spawn(async move {
                let _held_to_the_end = permit;
                let answer = |request: &Request<Incoming>| guarded(&shared.0, request, &shared.1);
                connection(stream, &limits, answer).await;
            });
        }
    }
}

/// One request and its response. Errors are the client's: there is nobody to tell.
async fn connection(stream: TcpStream, limits: &Limits, answer: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>>) {
    let service = service_fn(|request| {
        let response = answer(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes.max(LEAST_HEAD_BYTES))
        .keep_alive(false);
    let _ = timeout(limits.connection_time, http.serve_connection(TokioIo::new(stream), service)).await;
}

/// The answer behind the check of the `Host`, with the headers that every response has.
fn guarded(
    authority: &str,
    request: &Request<Incoming>,
    answer: &impl Fn(&Request<Incoming>) -> Response<Full<Bytes>>,
) -> Response<Full<Bytes>> {
    let mut response = if is_for(authority, request) {
        answer(request)
    } else {
        refusal(StatusCode::MISDIRECTED_REQUEST, format!("expected a request for http://{authority}/\n"))
    };
    response.headers_mut().extend(HEADERS);
    response
}

/// Whether a request names this server and no other: one `Host`, and the same in a target of absolute form
/// ([RFC 9112 §3.2]).
///
/// [RFC 9112 §3.2]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
fn is_for<B>(authority: &str, request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let named = hosts.next().is_some_and(|host| host.as_bytes() == authority.as_bytes());
    named && hosts.next().is_none() && request.uri().authority().is_none_or(|target| target.as_str() == authority)
}

/// The address as browsers write it in `Host`: the default port is left out.
fn authority(address: SocketAddr) -> String {
    if address.port() == HTTP_PORT { address.ip().to_string() } else { address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_others_are_told_apart() {
        let ours = "127.0.0.1:8080";
        for (target, hosts, expected) in [
            ("/", &[ours][..], true),
            ("http://127.0.0.1:8080/", &[ours], true),
            ("http://evil.example/", &[ours], false),
            ("/", &[], false),
            ("/", &[ours, ours], false),
            ("/", &[ours, "evil.example"], false),
            ("/", &["127.0.0.1"], false),
            ("/", &["127.0.0.1:80801"], false),
            ("/", &["localhost:8080"], false),
            ("/", &["evil.example"], false),
            ("/", &["127.0.0.1:8080.evil.example"], false),
        ] {
            let request = hosts.iter().fold(Request::get(target), |request, host| request.header(HOST, *host));
            assert_eq!(is_for(ours, &request.body(()).unwrap()), expected, "{target} {hosts:?}");
        }
    }

    #[test]
    fn the_default_port_is_left_out() {
        assert_eq!(authority(SocketAddr::from((Ipv4Addr::LOCALHOST, 80))), "127.0.0.1");
        assert_eq!(authority(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))), "127.0.0.1:8080");
    }
}
