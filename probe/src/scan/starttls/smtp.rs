//! SMTP: EHLO, then STARTTLS ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321),
//! [RFC 3207](https://www.rfc-editor.org/rfc/rfc3207)). Nothing is ever sent or queued.

use super::{NoStart, Wire};

pub(super) async fn start(wire: &mut Wire<'_>) -> Result<(), NoStart> {
    expect(wire, 220, "greeting").await?;
    let hello = format!("EHLO {}\r\n", wire.address_literal());
    wire.send(hello.as_bytes()).await?;
    let abilities = expect(wire, 250, "EHLO").await?;
    if !abilities.iter().skip(1).any(|ability| ability.trim().eq_ignore_ascii_case("STARTTLS")) {
        let _ = wire.send(b"QUIT\r\n").await;
        return Err(NoStart::NotAdvertised("the answer to EHLO has no STARTTLS".to_owned()));
    }
    wire.send(b"STARTTLS\r\n").await?;
    expect(wire, 220, "STARTTLS").await.map(|_| ())
}

/// The lines of a reply of this code, each without it.
async fn expect(wire: &mut Wire<'_>, code: u16, to: &str) -> Result<Vec<String>, NoStart> {
    const MOST_LINES: usize = 200;
    let mut lines = Vec::new();
    loop {
        let line = wire.line().await?;
        let (digits, rest) = line.split_at_checked(3).unwrap_or((&line, ""));
        if digits.parse() != Ok(code) {
            return Err(NoStart::Inconclusive(format!("the server answers {to} with `{}`", shown(&line))));
        }
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        if !rest.starts_with('-') {
            return Ok(lines);
        }
        if lines.len() == MOST_LINES {
            return Err(NoStart::Inconclusive(format!("the answer to {to} does not end")));
        }
    }
}

fn shown(line: &str) -> String {
    line.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
