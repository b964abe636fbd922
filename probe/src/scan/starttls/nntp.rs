//! NNTP: CAPABILITIES, then STARTTLS ([RFC 3977](https://www.rfc-editor.org/rfc/rfc3977),
//! [RFC 4642](https://www.rfc-editor.org/rfc/rfc4642)).

use super::reply::{has, list, reply};
use super::wire::Wire;
use super::{NoStart, Step};

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let greeting = reply(wire).await?;
    if !matches!(greeting.code, 200 | 201) {
        return greeting.unclear("the connection");
    }
    wire.say("CAPABILITIES").await?;
    let answer = reply(wire).await?;
    let is_listed = match answer.code {
        101 => Some(has(&list(wire).await?, "STARTTLS")),
        500 => None,
        _ => return answer.unclear("CAPABILITIES"),
    };
    if is_listed == Some(false) {
        let _ = wire.say("QUIT").await;
        return Err(NoStart::NotAdvertised("the answer to CAPABILITIES has no STARTTLS".to_owned()));
    }
    wire.say("STARTTLS").await?;
    let answer = reply(wire).await?;
    match answer.code {
        382 => Ok(()),
        500 | 501 if is_listed.is_none() => Err(NoStart::NotAdvertised(answer.words("STARTTLS"))),
        // RFC 4642 section 2.2: it may work later.
        580 => answer.unclear("STARTTLS"),
        _ => answer.no("STARTTLS"),
    }
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    const GREETING: (&str, &str) = ("", "201 ready\r\n");

    #[test]
    fn what_servers_answer() {
        let all = "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n";
        let ask = "CAPABILITIES\r\n";
        for (script, expected) in [
            (vec![GREETING, (ask, all), ("STARTTLS\r\n", "382 go\r\n")], "started"),
            (vec![GREETING, (ask, "500 what?\r\n"), ("STARTTLS", "382 go\r\n")], "started"),
            (vec![GREETING, (ask, "101 list\r\nREADER\r\n.\r\n")], "not advertised: the answer to CAPABILITIES"),
            (
                vec![GREETING, (ask, "500 what?\r\n"), ("STARTTLS", "500 what?\r\n")],
                "not advertised: the server answers",
            ),
            (vec![GREETING, (ask, all), ("STARTTLS", "580 later\r\n")], "inconclusive: the server answers STARTTLS"),
            (vec![GREETING, (ask, all), ("STARTTLS", "502 no\r\n")], "refused: the server answers STARTTLS"),
            (vec![GREETING, (ask, "400 bye\r\n")], "inconclusive: the server answers CAPABILITIES"),
            (vec![("", "400 busy\r\n")], "inconclusive: the server answers the connection with `400 busy`"),
        ] {
            check(StartTls::Nntp, &script, expected);
        }
    }
}
