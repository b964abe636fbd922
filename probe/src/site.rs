//! A table of files as answers to requests: `GET` and `HEAD` of known paths, and nothing else.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

/// One file of a site.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its path without the first slash; `index.html` answers for `/` too.
    pub name: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// Answers with a file, or says why there is none. The body of a request is not looked at.
#[must_use]
pub fn answer<B>(files: &'static [File], request: &Request<B>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let name = match request.uri().path().strip_prefix('/') {
        Some("") => "index.html",
        Some(name) => name,
        None => return refusal(StatusCode::BAD_REQUEST, "expected a path that starts with `/`\n"),
    };
    match files.iter().find(|file| file.name == name) {
        Some(file) => with_type(media_type(file.name), Bytes::from_static(file.bytes)),
        None => refusal(StatusCode::NOT_FOUND, "there is nothing at this path; the page is at `/`\n"),
    }
}

/// A response in plain words.
pub(crate) fn refusal(status: StatusCode, words: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = with_type("text/plain; charset=utf-8", words.into());
    *response.status_mut() = status;
    response
}

fn with_type(media_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// The media type of a file by its name's end; browsers are told not to guess one.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
