//! Replies of three digits, as SMTP, FTP and NNTP have them.

use super::wire::Wire;
use super::{NoStart, Step, inconclusive, shown};

/// A reply.
pub(super) struct Reply {
    /// Its code; 0 where there was none.
    pub(super) code: u16,
    /// Its lines; those of the reply's own code without it.
    pub(super) lines: Vec<String>,
    first: String,
}

impl Reply {
    /// What was answered to `request`, in words.
    pub(super) fn words(&self, request: &str) -> String {
        format!("the server answers {request} with `{}`", shown(&self.first))
    }

    /// An answer that says nothing about TLS.
    pub(super) fn unclear<T>(&self, request: &str) -> Step<T> {
        inconclusive(self.words(request))
    }

    /// What an answer to a request for TLS means that is no consent: only a code from 500 on is for good.
    pub(super) fn no<T>(&self, request: &str) -> Step<T> {
        match self.code {
            500..=599 => Err(NoStart::Refused(self.words(request))),
            _ => self.unclear(request),
        }
    }
}

/// The next reply. Its further lines may have no code of their own ([RFC 959 §4.2](https://www.rfc-editor.org/rfc/rfc959)).
pub(super) async fn reply(wire: &mut Wire<'_>) -> Step<Reply> {
    let first = wire.line().await?;
    let (digits, rest) = first.split_at_checked(3).unwrap_or((&first, ""));
    let is_code = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let code = if is_code { digits.parse().unwrap_or_default() } else { 0 };
    let mut reply = Reply { code, lines: vec![rest.get(1..).unwrap_or_default().to_owned()], first: first.clone() };
    if code == 0 || !rest.starts_with('-') {
        return Ok(reply);
    }
    let prefix = digits.to_owned();
    loop {
        let line = wire.line().await?;
        match line.strip_prefix(&prefix) {
            Some(rest) if rest.is_empty() || rest.starts_with([' ', '-']) => {
                reply.lines.push(rest.get(1..).unwrap_or_default().to_owned());
                if !rest.starts_with('-') {
                    return Ok(reply);
                }
            }
            _ => reply.lines.push(line),
        }
    }
}

/// The lines of a list that ends with a dot alone.
pub(super) async fn list(wire: &mut Wire<'_>) -> Step<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = wire.line().await?;
        if line == "." {
            return Ok(lines);
        }
        lines.push(line);
    }
}

/// Whether the first word of one of the lines is this.
pub(super) fn has(lines: &[String], name: &str) -> bool {
    lines.iter().any(|line| line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(name)))
}
