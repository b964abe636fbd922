//! PostgreSQL: SSLRequest, answered by one byte
//! (<https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL>).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive};

/// A length of 8 and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    wire.send(&SSL_REQUEST).await?;
    match wire.bytes(1).await?.as_slice() {
        b"S" => Ok(()),
        b"N" => Err(NoStart::NotAdvertised("the server answers SSLRequest with `N`".to_owned())),
        // A server that has too many clients says so as an error.
        other => inconclusive(format!("the server answers SSLRequest with `{}`", other.escape_ascii())),
    }
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    #[test]
    fn what_servers_answer() {
        let ask = "\0\0\0\u{8}\u{4}";
        for (script, expected) in [
            (vec![(ask, "S")], "started"),
            (vec![(ask, "N")], "not advertised: the server answers SSLRequest with `N`"),
            (vec![(ask, "E\0\0\0")], "inconclusive: the server answers SSLRequest with `E`"),
            (vec![(ask, "S\u{15}")], "inconclusive: the server sent more"),
            (vec![(ask, "")], "lost: the server closed"),
        ] {
            check(StartTls::Postgres, &script, expected);
        }
    }
}
