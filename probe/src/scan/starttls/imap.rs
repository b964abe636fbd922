//! IMAP: CAPABILITY, then STARTTLS ([RFC 9051 §6.2.1](https://www.rfc-editor.org/rfc/rfc9051#section-6.2.1)).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive, shown};

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let greeting = wire.line().await?;
    if !is(&greeting, "* OK") {
        // Who is let in already cannot start TLS any more.
        return inconclusive(format!("the server greets with `{}`", shown(&greeting)));
    }
    wire.say("1 CAPABILITY").await?;
    let (mut is_advertised, mut any) = (false, false);
    loop {
        let line = wire.line().await?;
        if is(&line, "1 OK") {
            break;
        }
        if is(&line, "* CAPABILITY") {
            any = true;
            is_advertised |= line.split_whitespace().any(|word| word.eq_ignore_ascii_case("STARTTLS"));
        } else if !line.starts_with('*') || is(&line, "* BYE") {
            return inconclusive(format!("the server answers CAPABILITY with `{}`", shown(&line)));
        }
    }
    if !any {
        return inconclusive("the server answers CAPABILITY without a list");
    }
    if !is_advertised {
        let _ = wire.say("2 LOGOUT").await;
        return Err(NoStart::NotAdvertised("the answer to CAPABILITY has no STARTTLS".to_owned()));
    }
    wire.say("2 STARTTLS").await?;
    loop {
        let line = wire.line().await?;
        if is(&line, "2 OK") {
            return Ok(());
        }
        let words = format!("the server answers STARTTLS with `{}`", shown(&line));
        // RFC 5530: the code says that it is for now.
        let is_for_now = line.to_ascii_uppercase().contains("[UNAVAILABLE]");
        if (is(&line, "2 NO") || is(&line, "2 BAD")) && !is_for_now {
            return Err(NoStart::Refused(words));
        }
        if !line.starts_with('*') || is(&line, "* BYE") {
            return inconclusive(words);
        }
    }
}

/// Whether the line begins with these words.
fn is(line: &str, words: &str) -> bool {
    let (start, rest) = line.split_at_checked(words.len()).unwrap_or((line, ""));
    start.eq_ignore_ascii_case(words) && (rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    const GREETING: (&str, &str) = ("", "* OK [CAPABILITY IMAP4rev1] ready\r\n");

    #[test]
    fn what_servers_answer() {
        let all = "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n1 OK done\r\n";
        for (script, expected) in [
            (vec![GREETING, ("1 CAPABILITY\r\n", all), ("2 STARTTLS\r\n", "* OK hm\r\n2 OK go\r\n")], "started"),
            (
                vec![GREETING, ("1 CAPABILITY", "* CAPABILITY IMAP4rev1\r\n1 OK\r\n")],
                "not advertised: the answer to CAPA",
            ),
            (
                vec![GREETING, ("1 CAPABILITY", "1 OK\r\n")],
                "inconclusive: the server answers CAPABILITY without a list",
            ),
            (vec![GREETING, ("1 CAPABILITY", "1 NO\r\n")], "inconclusive: the server answers CAPABILITY with `1 NO`"),
            (vec![GREETING, ("1 CAPABILITY", "* BYE\r\n")], "inconclusive: the server answers CAPABILITY with `* BYE`"),
            (vec![("", "* BYE too many\r\n")], "inconclusive: the server greets with `* BYE too many`"),
            (vec![("", "* PREAUTH\r\n")], "inconclusive: the server greets with `* PREAUTH`"),
            (vec![("", "* OKAY\r\n")], "inconclusive: the server greets with `* OKAY`"),
            (
                vec![GREETING, ("1 CAPABILITY", all), ("2 STARTTLS", "2 NO no\r\n")],
                "refused: the server answers STARTTLS",
            ),
            (
                vec![GREETING, ("1 CAPABILITY", all), ("2 STARTTLS", "2 BAD\r\n")],
                "refused: the server answers STARTTLS",
            ),
            (
                vec![GREETING, ("1 CAPABILITY", all), ("2 STARTTLS", "2 NO [UNAVAILABLE] later\r\n")],
                "inconclusive: the server answers STARTTLS",
            ),
            (
                vec![GREETING, ("1 CAPABILITY", all), ("2 STARTTLS", "2 OK go\r\n* CAPABILITY\r\n")],
                "inconclusive: the server sent more",
            ),
        ] {
            check(StartTls::Imap, &script, expected);
        }
    }
}
