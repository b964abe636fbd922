//! XMPP, client to server and server to server: the stream's features, then `<starttls/>`
//! ([RFC 6120 §5](https://www.rfc-editor.org/rfc/rfc6120#section-5)).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive, is_address, shown};

/// The longest tag.
const LONGEST: usize = 8 * 1024;

pub(super) async fn start(wire: &mut Wire<'_>, namespace: &str, host: &str) -> Step {
    if is_address(host) {
        return inconclusive("XMPP asks for a domain, and only an address is known");
    }
    let domain = host.replace(['\'', '<', '>', '&'], "");
    let header = format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{domain}' version='1.0'>"
    );
    wire.send(header.as_bytes()).await?;
    let opening = tag(wire).await?;
    if opening.is_closing || opening.name != "stream" {
        return opening.unclear("the stream");
    }
    let features = tag(wire).await?;
    // host-unknown, policy-violation, resource-constraint: nothing follows from any of them.
    if features.is_closing || features.name != "features" {
        return features.unclear("the stream");
    }
    let mut is_advertised = false;
    let mut is_open = !features.is_empty;
    while is_open {
        let feature = tag(wire).await?;
        is_advertised |= !feature.is_closing && feature.name == "starttls";
        is_open = !(feature.is_closing && feature.name == "features");
    }
    if !is_advertised {
        let _ = wire.send(b"</stream:stream>").await;
        return Err(NoStart::NotAdvertised("the stream's features have no starttls".to_owned()));
    }
    wire.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await?;
    let answer = tag(wire).await?;
    match answer.name.as_str() {
        "proceed" if !answer.is_closing => {
            if !answer.is_empty {
                tag(wire).await?;
            }
            Ok(())
        }
        "failure" => Err(NoStart::Refused("the server answers starttls with a failure".to_owned())),
        _ => answer.unclear("starttls"),
    }
}

/// A tag, whatever stands before it.
struct Tag {
    /// Its name without a prefix.
    name: String,
    is_closing: bool,
    /// Whether it closes itself.
    is_empty: bool,
    text: String,
}

impl Tag {
    fn unclear<T>(&self, request: &str) -> Step<T> {
        inconclusive(format!("the server answers {request} with `{}`", shown(&self.text)))
    }
}

/// The next tag; the XML declaration is none.
async fn tag(wire: &mut Wire<'_>) -> Step<Tag> {
    loop {
        let mut bytes = wire.until(b'>', LONGEST).await?;
        // An angle bracket may stand in a value.
        while is_in_value(&bytes) {
            if bytes.len() > LONGEST {
                return inconclusive("the server sends a tag without an end");
            }
            bytes.extend(wire.until(b'>', LONGEST).await?);
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((before, inner)) = text.split_once('<') else {
            return inconclusive(format!("the server says `{}`", shown(&text)));
        };
        if !before.trim().is_empty() {
            return inconclusive(format!("the server says `{}`", shown(&text)));
        }
        if inner.starts_with(['?', '!']) {
            continue;
        }
        let inner = inner.trim_end_matches('>');
        let (inner, is_closing) = inner.strip_prefix('/').map_or((inner, false), |inner| (inner, true));
        let (inner, is_empty) = inner.strip_suffix('/').map_or((inner, false), |inner| (inner, true));
        let name = inner.split_whitespace().next().unwrap_or_default();
        let name = name.rsplit_once(':').map_or(name, |(_, name)| name).to_owned();
        return Ok(Tag { name, is_closing, is_empty, text });
    }
}

/// Whether the bytes end inside of a tag's value in quotation marks.
fn is_in_value(bytes: &[u8]) -> bool {
    let mut quote = None;
    for byte in bytes.iter().skip_while(|byte| **byte != b'<') {
        match quote {
            Some(open) if open == *byte => quote = None,
            None if matches!(byte, b'\'' | b'"') => quote = Some(*byte),
            _ => {}
        }
    }
    quote.is_some()
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::{check, converse_with};

    const OPEN: &str = "<?xml version='1.0'?>\n<stream:stream id=\"a>b\" from='example.org' version='1.0'>";
    const ASKED: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

    #[test]
    fn what_servers_answer() {
        let required = "<stream:features><starttls xmlns='urn:x'><required/></starttls></stream:features>";
        let with = format!("{OPEN}{required}");
        let none = format!("{OPEN}<stream:features><mechanisms><mechanism/></mechanisms></stream:features>");
        let empty = format!("{OPEN}<stream:features/>");
        let unknown = format!("{OPEN}<stream:error><host-unknown/></stream:error></stream:stream>");
        for (script, expected) in [
            (vec![("to='example.org'", with.as_str()), (ASKED, "<proceed xmlns='x'/>")], "started"),
            (vec![("", &with), (ASKED, "<proceed></proceed>")], "started"),
            (vec![("", &none)], "not advertised: the stream's features have no starttls"),
            (vec![("", &empty)], "not advertised: the stream's features have no starttls"),
            (vec![("", &unknown)], "inconclusive: the server answers the stream with `<stream:error>`"),
            (vec![("", &with), (ASKED, "<failure/></stream:stream>")], "refused: the server answers starttls"),
            (vec![("", &with), (ASKED, "<proceed/><a/>")], "inconclusive: the server sent more"),
            (vec![("", "220 mx>\r\n")], "inconclusive: the server says `220 mx>`"),
            (vec![("", OPEN)], "lost: the server closed"),
        ] {
            check(StartTls::Xmpp, &script, expected);
        }
        check(StartTls::XmppServer, &[("xmlns='jabber:server'", &with), (ASKED, "<proceed/>")], "started");
    }

    #[test]
    fn an_address_is_no_domain() {
        for host in ["192.0.2.1", "[2001:db8::1]"] {
            let (started, sent) = converse_with(StartTls::Xmpp, host, &[]);
            assert!(started.is_err() && sent.is_empty());
        }
    }
}
