//! POP3: CAPA, then STLS ([RFC 2449](https://www.rfc-editor.org/rfc/rfc2449),
//! [RFC 2595](https://www.rfc-editor.org/rfc/rfc2595)).

use super::reply::{has, list};
use super::wire::Wire;
use super::{NoStart, Step, inconclusive, shown};

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let greeting = wire.line().await?;
    if !greeting.starts_with("+OK") {
        return inconclusive(format!("the server greets with `{}`", shown(&greeting)));
    }
    wire.say("CAPA").await?;
    let answer = wire.line().await?;
    let is_listed = if answer.starts_with("+OK") {
        Some(has(&list(wire).await?, "STLS"))
    } else if is_no(&answer) {
        None
    } else {
        return inconclusive(format!("the server answers CAPA with `{}`", shown(&answer)));
    };
    if is_listed == Some(false) {
        let _ = wire.say("QUIT").await;
        return Err(NoStart::NotAdvertised("the answer to CAPA has no STLS".to_owned()));
    }
    wire.say("STLS").await?;
    let answer = wire.line().await?;
    let words = format!("the server answers STLS with `{}`", shown(&answer));
    match is_listed {
        _ if answer.starts_with("+OK") => Ok(()),
        _ if !is_no(&answer) => inconclusive(words),
        Some(_) => Err(NoStart::Refused(words)),
        None => Err(NoStart::NotAdvertised(format!("{words}, and knows no CAPA"))),
    }
}

/// Whether it says no, and not only for now ([RFC 3206](https://www.rfc-editor.org/rfc/rfc3206)).
fn is_no(answer: &str) -> bool {
    let words = answer.to_ascii_uppercase();
    answer.starts_with("-ERR") && !["[SYS/TEMP]", "[IN-USE]", "[LOGIN-DELAY]"].iter().any(|code| words.contains(code))
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    const GREETING: (&str, &str) = ("", "+OK ready\r\n");

    #[test]
    fn what_servers_answer() {
        let all = "+OK\r\nUSER\r\nSTLS\r\n.\r\n";
        for (script, expected) in [
            (vec![GREETING, ("CAPA\r\n", all), ("STLS\r\n", "+OK go\r\n")], "started"),
            (vec![GREETING, ("CAPA", "-ERR what?\r\n"), ("STLS", "+OK go\r\n")], "started"),
            (vec![GREETING, ("CAPA", "+OK\r\nUSER\r\n.\r\n")], "not advertised: the answer to CAPA has no STLS"),
            (
                vec![GREETING, ("CAPA", "-ERR what?\r\n"), ("STLS", "-ERR\r\n")],
                "not advertised: the server answers STLS",
            ),
            (vec![GREETING, ("CAPA", all), ("STLS", "-ERR no\r\n")], "refused: the server answers STLS with `-ERR no`"),
            (
                vec![GREETING, ("CAPA", all), ("STLS", "-ERR [SYS/TEMP] no\r\n")],
                "inconclusive: the server answers STLS",
            ),
            (vec![GREETING, ("CAPA", "-ERR [SYS/TEMP] x\r\n")], "inconclusive: the server answers CAPA"),
            (vec![("", "-ERR busy\r\n")], "inconclusive: the server greets with `-ERR busy`"),
            (vec![GREETING, ("CAPA", all), ("STLS", "+OK go\r\n+OK\r\n")], "inconclusive: the server sent more"),
        ] {
            check(StartTls::Pop3, &script, expected);
        }
    }
}
