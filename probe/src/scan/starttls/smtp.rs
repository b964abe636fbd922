//! SMTP and LMTP: EHLO or LHLO, then STARTTLS ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321),
//! [RFC 2033](https://www.rfc-editor.org/rfc/rfc2033), [RFC 3207](https://www.rfc-editor.org/rfc/rfc3207)). Nothing is
//! ever sent or queued.

use std::net::IpAddr;

use super::reply::{has, reply};
use super::wire::Wire;
use super::{Ends, NoStart, Step, inconclusive};

pub(super) async fn start(wire: &mut Wire<'_>, hello: &str, ends: Ends<'_>) -> Step {
    let ourselves = address_literal(ends);
    let greeting = reply(wire).await?;
    if greeting.code != 220 {
        return greeting.unclear("the connection");
    }
    wire.say(&format!("{hello} {ourselves}")).await?;
    let abilities = reply(wire).await?;
    match abilities.code {
        250 => {}
        // RFC 5321 section 3.2: who knows no EHLO knows no extensions.
        500 | 502 if hello == "EHLO" => {
            wire.say(&format!("HELO {ourselves}")).await?;
            let without = reply(wire).await?;
            if without.code != 250 {
                return without.unclear("HELO");
            }
            return Err(NoStart::NotAdvertised("the server knows HELO alone, which has no STARTTLS".to_owned()));
        }
        _ => return abilities.unclear(hello),
    }
    if !has(abilities.lines.get(1..).unwrap_or_default(), "STARTTLS") {
        let _ = wire.say("QUIT").await;
        return Err(NoStart::NotAdvertised(format!("the answer to {hello} has no STARTTLS")));
    }
    wire.say("STARTTLS").await?;
    let answer = reply(wire).await?;
    if answer.code == 220 { Ok(()) } else { answer.no("STARTTLS") }
}

/// Whether a message can begin before TLS: `MAIL FROM` without a sender, taken back at once. No recipient is ever named.
///
/// # Errors
/// Why the answer does not tell.
pub(super) async fn begins_in_clear(wire: &mut Wire<'_>, ends: Ends<'_>) -> Step<(bool, String)> {
    const REQUEST: &str = "MAIL FROM:<>";
    let greeting = reply(wire).await?;
    if greeting.code != 220 {
        return greeting.unclear("the connection");
    }
    wire.say(&format!("EHLO {}", address_literal(ends))).await?;
    let abilities = reply(wire).await?;
    if abilities.code != 250 {
        return abilities.unclear("EHLO");
    }
    wire.say(REQUEST).await?;
    let answer = reply(wire).await?;
    if answer.code == 250 {
        wire.say("RSET").await?;
        // Whatever is answered, nothing was begun.
        let _ = reply(wire).await;
    }
    let _ = wire.say("QUIT").await;
    let words = answer.words(REQUEST);
    // RFC 3207 section 4, and 451 5.7.3 of Exchange. RFC 4954 has the same code for who has to say who it is.
    let names_tls = answer.lines.iter().any(|line| line.to_ascii_uppercase().contains("TLS"));
    match answer.code {
        250 => Ok((true, words)),
        530 | 451 if names_tls => Ok((false, words)),
        _ => inconclusive(words),
    }
}

/// What a client without a name calls itself: its address (RFC 5321 section 4.1.3).
fn address_literal(ends: Ends<'_>) -> String {
    match ends.ourselves {
        Some(IpAddr::V4(address)) => format!("[{address}]"),
        Some(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        None => "[127.0.0.1]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    const GREETING: (&str, &str) = ("", "220-mx.example ESMTP\r\n220 who are you?\r\n");

    #[test]
    fn what_servers_answer() {
        let all = "250-mx.example\r\n250-SIZE 1\r\n250-starttls\r\n250 HELP\r\n";
        for (script, expected) in [
            (vec![GREETING, ("EHLO [192.0.2.9]\r\n", all), ("STARTTLS\r\n", "220 go\r\n")], "started"),
            (
                vec![GREETING, ("EHLO", "250-mx.example\r\n250 HELP\r\n")],
                "not advertised: the answer to EHLO has no STARTTLS",
            ),
            // A server's name is no ability.
            (vec![GREETING, ("EHLO", "250 STARTTLS\r\n")], "not advertised: the answer to EHLO has no STARTTLS"),
            (
                vec![GREETING, ("EHLO", "502 what?\r\n"), ("HELO", "250 hi\r\n")],
                "not advertised: the server knows HELO",
            ),
            (
                vec![GREETING, ("EHLO", "502 what?\r\n"), ("HELO", "421 later\r\n")],
                "inconclusive: the server answers HELO",
            ),
            (vec![GREETING, ("EHLO", "550 go away\r\n")], "inconclusive: the server answers EHLO with `550 go away`"),
            (vec![GREETING, ("EHLO", "421 busy\r\n")], "inconclusive: the server answers EHLO with `421 busy`"),
            (vec![("", "421 too many connections\r\n")], "inconclusive: the server answers the connection with `421"),
            (vec![("", "554 5.7.1 blocked\r\n")], "inconclusive: the server answers the connection with `554"),
            (vec![("", "SSH-2.0-OpenSSH\r\n")], "inconclusive: the server answers the connection with `SSH"),
            (
                vec![GREETING, ("EHLO", all), ("STARTTLS", "454 not now\r\n")],
                "inconclusive: the server answers STARTTLS",
            ),
            (vec![GREETING, ("EHLO", all), ("STARTTLS", "421 bye\r\n")], "inconclusive: the server answers STARTTLS"),
            (
                vec![GREETING, ("EHLO", all), ("STARTTLS", "501 no\r\n")],
                "refused: the server answers STARTTLS with `501 no`",
            ),
            (vec![GREETING, ("EHLO", all), ("STARTTLS", "220 go\r\n250 x\r\n")], "inconclusive: the server sent more"),
            (vec![GREETING, ("EHLO", all)], "lost: the server closed the connection before TLS"),
            (vec![], "lost: the server closed the connection before TLS"),
        ] {
            check(StartTls::Smtp, &script, expected);
        }
    }

    #[test]
    fn lmtp_says_lhlo() {
        let all = "250-mx\r\n250 STARTTLS\r\n";
        check(StartTls::Lmtp, &[GREETING, ("LHLO [", all), ("STARTTLS\r\n", "220 go\r\n")], "started");
        check(StartTls::Lmtp, &[GREETING, ("LHLO [", "500 what?\r\n")], "inconclusive: the server answers LHLO");
    }

    #[test]
    fn a_message_begins_in_clear_or_does_not() {
        use super::super::script::hold;

        let all = "250-mx.example\r\n250 STARTTLS\r\n";
        for (answer, expected) in [
            ("250 2.1.0 ok\r\n", "Ok((true, \"the server answers MAIL FROM:<> with `250 2.1.0 ok`\"))"),
            ("530 5.7.0 Must issue a STARTTLS command first\r\n", "Ok((false, "),
            ("451 5.7.3 STARTTLS is required to send mail\r\n", "Ok((false, "),
            ("530 5.7.0 Authentication required\r\n", "Err(Inconclusive("),
            ("451 4.3.0 try later\r\n", "Err(Inconclusive("),
            ("421 bye\r\n", "Err(Inconclusive("),
            ("550 go away\r\n", "Err(Inconclusive("),
        ] {
            let script = [GREETING, ("EHLO [192.0.2.9]\r\n", all), ("MAIL FROM:<>\r\n", answer), ("", "250 ok\r\n")];
            let said =
                hold(&script, async |stream, ends| format!("{:?}", super::super::begins_in_clear(ends, stream).await));
            assert!(said.starts_with(expected), "{answer}: {said}");
        }
    }
}
