//! Offers and answers in words, one line each: what the journal holds.

use std::fmt::Write as _;

use super::codec::key_exchange::bits;
use super::codec::{Problem, primes, ssl2};
use super::connect::{End, Exchange, Offer};

/// An alert by its number and its name ([RFC 8446 §6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
pub(crate) fn alert(code: u8) -> String {
    const NAMES: [(u8, &str); 20] = [
        (0, "close_notify"),
        (10, "unexpected_message"),
        (20, "bad_record_mac"),
        (22, "record_overflow"),
        (40, "handshake_failure"),
        (42, "bad_certificate"),
        (47, "illegal_parameter"),
        (48, "unknown_ca"),
        (49, "access_denied"),
        (50, "decode_error"),
        (51, "decrypt_error"),
        (70, "protocol_version"),
        (71, "insufficient_security"),
        (80, "internal_error"),
        (86, "inappropriate_fallback"),
        (109, "missing_extension"),
        (110, "unsupported_extension"),
        (112, "unrecognized_name"),
        (115, "unknown_psk_identity"),
        (116, "certificate_required"),
    ];
    match NAMES.iter().find(|(known, _)| *known == code) {
        Some((_, name)) => format!("alert {code} ({name})"),
        None => format!("alert {code}"),
    }
}

/// What is offered, and what for.
pub(crate) fn offered(offer: &Offer, purpose: &str) -> String {
    let Offer::Tls(hello) = offer else {
        return format!("{purpose}: SSL 2.0, {} kinds of ciphers", ssl2::KINDS.len());
    };
    let mut line = format!("{purpose}: {}", hello.version);
    let others: Vec<String> = hello.versions.iter().skip(1).map(ToString::to_string).collect();
    if !others.is_empty() {
        let _ = write!(line, " or {}", others.join(", "));
    }
    listed(&mut line, "suite", &hello.suites.iter().map(ToString::to_string).collect::<Vec<_>>());
    listed(&mut line, "group", &hello.groups.iter().map(ToString::to_string).collect::<Vec<_>>());
    listed(&mut line, "scheme", &hello.schemes.iter().map(ToString::to_string).collect::<Vec<_>>());
    if hello.compression.len() > 1 {
        line.push_str("; compression");
    }
    match &hello.server_name {
        Some(name) => {
            let _ = write!(line, "; server name {name}");
        }
        None => line.push_str("; no server name"),
    }
    line
}

/// `; 3 groups (a, b, c)`: the names only where there are few.
fn listed(line: &mut String, what: &str, names: &[String]) {
    const MOST: usize = 6;
    match names {
        [] => {}
        [one] => {
            let _ = write!(line, "; {what} {one}");
        }
        few if few.len() <= MOST => {
            let _ = write!(line, "; {what}s {}", few.join(", "));
        }
        many => {
            let _ = write!(line, "; {} {what}s", many.len());
        }
    }
}

/// What came of it.
pub(crate) fn answered(exchange: &Exchange) -> String {
    let answer = &exchange.answer;
    let mut line = String::new();
    if let Some(hello) = &answer.hello {
        let what = if hello.is_retry { "HelloRetryRequest" } else { "ServerHello" };
        let _ = write!(line, "{what} {}, {}", hello.version, hello.suite);
        if let Some(group) = hello.group {
            let _ = write!(line, ", {group}");
        }
        if let Some(exchanged) = &answer.exchanged {
            if let Some(group) = exchanged.group {
                let _ = write!(line, ", {group}");
            }
            if let Some(prime) = &exchanged.prime {
                let name = primes::name(prime).map_or_else(String::new, |name| format!(" ({name})"));
                let _ = write!(line, ", Diffie-Hellman of {} bits{name}", bits(prime));
            }
            if let Some(scheme) = exchanged.scheme {
                let _ = write!(line, ", {scheme}");
            }
        }
        if let Some(certificates) = &answer.certificates {
            let _ = write!(line, ", {} certificates", certificates.len());
        }
        if answer.staple.is_some() {
            line.push_str(", OCSP response");
        }
        if answer.asks_certificate {
            line.push_str(", asks for a certificate");
        }
        if hello.compression != 0 {
            let _ = write!(line, ", compression method {}", hello.compression);
        }
    }
    if let Some(hello) = &answer.ssl2 {
        let name = |kind: &[u8; 3]| ssl2::KINDS.iter().find(|(known, _)| known == kind).map(|(_, name)| *name);
        let names: Vec<&str> = hello.kinds.iter().map(|kind| name(kind).unwrap_or("unknown")).collect();
        let _ = write!(line, "SERVER-HELLO SSL 2.0: {}", names.join(", "));
    }
    let mut also = |words: &str| {
        if !line.is_empty() {
            line.push_str(", then ");
        }
        line.push_str(words);
    };
    if let Some(number) = answer.ssl2_error {
        also(&format!("error {number} of SSL 2.0"));
    }
    if let Some(found) = answer.alert {
        also(&alert(found.code));
    }
    match &answer.problem {
        Some(Problem::NotTls(bytes)) => also(&format!("no TLS: `{}`", bytes.escape_ascii())),
        Some(Problem::Malformed(what)) => also(what),
        Some(Problem::TooLarge) => also("more than anybody needs"),
        None => {}
    }
    if exchange.end != End::Answered {
        also(&ended(&exchange.end));
    }
    line
}

/// How a connection ended that had no answer, or not all of it.
pub(crate) fn ended(end: &End) -> String {
    match end {
        End::Answered => "answered",
        End::Closed => "closed without an answer",
        End::Reset => "reset without an answer",
        End::Cut => "closed in the middle of the answer",
        End::TimedOut => "no answer in time",
        End::Unreachable(why) => why,
        End::NoStart(why) => why.words(),
        End::NotTried(why) => why,
    }
    .to_owned()
}
