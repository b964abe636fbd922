//! MySQL and MariaDB: the server's handshake says whether it has TLS, a short response asks for it
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>).

use super::wire::Wire;
use super::{NoStart, Step, inconclusive};

const CLIENT_PROTOCOL_41: u16 = 0x0200;
const CLIENT_SSL: u16 = 0x0800;
const CLIENT_SECURE_CONNECTION: u16 = 0x8000;

/// The longest greeting that is one.
const LONGEST: usize = 4 * 1024;

pub(super) async fn start(wire: &mut Wire<'_>) -> Step {
    let header = wire.bytes(4).await?;
    let &[low, middle, high, sequence] = header.as_slice() else { return inconclusive("the server sends no packet") };
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    if length > LONGEST || sequence != 0 {
        return inconclusive(format!("the server begins with `{}`", header.escape_ascii()));
    }
    let greeting = wire.bytes(length).await?;
    let Some(flags) = capabilities(&greeting) else {
        // Too many connections, or a client that may not connect.
        let start = greeting.get(..greeting.len().min(60)).unwrap_or_default();
        return inconclusive(format!("the server greets with `{}`", start.escape_ascii()));
    };
    if flags & CLIENT_SSL == 0 {
        return Err(NoStart::NotAdvertised("the server's handshake does not have CLIENT_SSL".to_owned()));
    }
    let asked = CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION;
    let mut request = vec![32, 0, 0, 1];
    request.extend(u32::from(asked).to_le_bytes());
    request.extend(0x0100_0000_u32.to_le_bytes());
    request.push(0x21);
    request.resize(4 + 32, 0);
    // There is no answer: the TLS of the client comes next.
    wire.send(&request).await
}

/// The lower half of the capability flags of a handshake of version 10.
fn capabilities(greeting: &[u8]) -> Option<u16> {
    let behind_version = greeting.strip_prefix(&[10])?;
    let end = behind_version.iter().position(|byte| *byte == 0)?;
    // A thread's number, 8 bytes of a nonce and a filler stand in between.
    let flags = behind_version.get(end + 1 + 4 + 8 + 1..)?;
    flags.first_chunk().map(|flags| u16::from_le_bytes(*flags))
}

#[cfg(test)]
mod tests {
    use intransit::evidence::StartTls;

    use super::super::script::check_bytes;

    fn greeting(flags: u16) -> Vec<u8> {
        let mut payload = b"\x0a8.0.36\0".to_vec();
        payload.extend([1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
        payload.extend(flags.to_le_bytes());
        payload.extend([0x21, 2, 0, 0, 0]);
        packet(&payload)
    }

    fn packet(payload: &[u8]) -> Vec<u8> {
        [&[payload.len() as u8, 0, 0, 0], payload].concat()
    }

    #[test]
    fn what_servers_answer() {
        let error = packet(b"\xff\x10\x04Too many connections");
        for (bytes, expected) in [
            (greeting(0xFFFF), "started"),
            (greeting(0xF7FF), "not advertised: the server's handshake does not have CLIENT_SSL"),
            (error, "inconclusive: the server greets with `\\xff\\x10\\x04Too many connections`"),
            (packet(b"\x09"), "inconclusive: the server greets with `\\t`"),
            (b"SSH-2.0-x\r\n".to_vec(), "inconclusive: the server begins with `SSH-`"),
            (packet(b""), "inconclusive: the server greets with ``"),
            (vec![0, 16], "lost: the server closed"),
        ] {
            check_bytes(StartTls::Mysql, &[("", &bytes)], expected);
        }
    }
}
