//! ManageSieve: the greeting lists what there is, then STARTTLS ([RFC 5804](https://www.rfc-editor.org/rfc/rfc5804)).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive, shown};

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let (end, abilities) = answer(wire).await?;
    if !says(&end, "OK") {
        return inconclusive(format!("the server greets with `{}`", shown(&end)));
    }
    if abilities.is_empty() {
        return inconclusive("the server greets without a list");
    }
    let is_advertised = abilities.iter().any(|line| line.trim().eq_ignore_ascii_case("\"STARTTLS\""));
    if !is_advertised {
        let _ = wire.say("LOGOUT").await;
        return Err(NoStart::NotAdvertised("the greeting has no STARTTLS".to_owned()));
    }
    wire.say("STARTTLS").await?;
    let (end, _) = answer(wire).await?;
    let words = format!("the server answers STARTTLS with `{}`", shown(&end));
    if says(&end, "OK") {
        Ok(())
    } else if says(&end, "NO") && !end.to_ascii_uppercase().contains("(TRYLATER)") {
        Err(NoStart::Refused(words))
    } else {
        inconclusive(words)
    }
}

/// The line that ends an answer, and the lines before it.
async fn answer(wire: &mut Wire<'_>) -> Step<(String, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        let line = wire.line().await?;
        // A string of so many bytes may hold anything, ends of lines included.
        let length = line.strip_suffix('}').and_then(|line| line.rsplit_once('{')).map(|(_, length)| length);
        let length = length.and_then(|length| length.strip_suffix('+').unwrap_or(length).parse().ok());
        if let Some(length) = length {
            wire.bytes(length).await?;
            wire.line().await?;
        }
        if ["OK", "NO", "BYE"].iter().any(|word| says(&line, word)) {
            return Ok((line, lines));
        }
        if !line.starts_with('"') {
            return inconclusive(format!("the server says `{}`", shown(&line)));
        }
        lines.push(line);
    }
}

fn says(line: &str, word: &str) -> bool {
    let (start, rest) = line.split_at_checked(word.len()).unwrap_or((line, ""));
    start.eq_ignore_ascii_case(word) && (rest.is_empty() || rest.starts_with([' ', '(']))
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check;

    #[test]
    fn what_servers_answer() {
        let list = "\"IMPLEMENTATION\" {7}\r\nOK\r\n\"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n";
        let none = "\"IMPLEMENTATION\" \"STARTTLS\"\r\nOK\r\n";
        let ask = "STARTTLS\r\n";
        for (script, expected) in [
            (vec![("", list), (ask, "OK \"go\"\r\n")], "started"),
            (vec![("", none)], "not advertised: the greeting has no STARTTLS"),
            (vec![("", "OK\r\n")], "inconclusive: the server greets without a list"),
            (vec![("", "BYE \"too many\"\r\n")], "inconclusive: the server greets with `BYE \"too many\"`"),
            (vec![("", "220 mx\r\n")], "inconclusive: the server says `220 mx`"),
            (vec![("", list), (ask, "NO \"never\"\r\n")], "refused: the server answers STARTTLS with `NO \"never\"`"),
            (vec![("", list), (ask, "NO (TRYLATER) \"x\"\r\n")], "inconclusive: the server answers STARTTLS"),
            (vec![("", list), (ask, "BYE\r\n")], "inconclusive: the server answers STARTTLS with `BYE`"),
            (vec![("", "\"A\" {99999999}\r\n")], "inconclusive: the server talks too much"),
        ] {
            check(StartTls::Sieve, &script, expected);
        }
    }
}
