//! FTP: AUTH TLS ([RFC 4217 §4](https://www.rfc-editor.org/rfc/rfc4217#section-4)). Nothing is transferred.

use super::reply::reply;
use super::wire::Wire;
use super::{NoStart, Step};

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let mut greeting = reply(wire).await?;
    if greeting.code == 120 {
        // RFC 959: ready in so many minutes; deadlines are the caller's.
        greeting = reply(wire).await?;
    }
    if greeting.code != 220 {
        return greeting.unclear("the connection");
    }
    wire.say("AUTH TLS").await?;
    let answer = reply(wire).await?;
    match answer.code {
        234 => Ok(()),
        500 | 502 | 504 => Err(NoStart::NotAdvertised(answer.words("AUTH TLS"))),
        // vsftpd without TLS asks for a login first, whatever the command: its list of features tells.
        530 => {
            wire.say("FEAT").await?;
            let features = reply(wire).await?;
            let has_auth = features.lines.iter().any(|line| line.trim().to_ascii_uppercase().starts_with("AUTH"));
            if features.code == 211 && !has_auth {
                return Err(NoStart::NotAdvertised("the answer to FEAT has no AUTH".to_owned()));
            }
            answer.unclear("AUTH TLS")
        }
        _ => answer.no("AUTH TLS"),
    }
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    const GREETING: (&str, &str) = ("", "220-hello\r\n  lines of any kind\r\n2200 too\r\n220 ready\r\n");

    #[test]
    fn what_servers_answer() {
        let ask = "AUTH TLS\r\n";
        for (script, expected) in [
            (vec![GREETING, (ask, "234 go\r\n")], "started"),
            (vec![("", "120 soon\r\n220 ready\r\n"), (ask, "234 go\r\n")], "started"),
            (vec![GREETING, (ask, "502 what?\r\n")], "not advertised: the server answers AUTH TLS with `502 what?`"),
            (
                vec![GREETING, (ask, "530 log in\r\n"), ("FEAT\r\n", "211-list\r\n PASV\r\n211 end\r\n")],
                "not advertised:",
            ),
            (
                vec![GREETING, (ask, "530 log in\r\n"), ("FEAT", "211-list\r\n AUTH TLS\r\n211 end\r\n")],
                "inconclusive:",
            ),
            (
                vec![GREETING, (ask, "530 log in\r\n"), ("FEAT", "530 log in\r\n")],
                "inconclusive: the server answers AUTH",
            ),
            (vec![GREETING, (ask, "431 later\r\n")], "inconclusive: the server answers AUTH TLS with `431 later`"),
            (vec![GREETING, (ask, "421 bye\r\n")], "inconclusive: the server answers AUTH TLS with `421 bye`"),
            (vec![GREETING, (ask, "534 no\r\n")], "refused: the server answers AUTH TLS with `534 no`"),
            (vec![("", "421 too many\r\n")], "inconclusive: the server answers the connection with `421 too many`"),
            (vec![("", "530 blocked\r\n")], "inconclusive: the server answers the connection with `530 blocked`"),
        ] {
            check(StartTls::Ftp, &script, expected);
        }
    }
}
