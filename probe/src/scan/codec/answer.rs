//! What a server sends until it waits for the client: records, handshake messages, alerts, or something else altogether.
//!
//! Fed in pieces of any size. Whatever was understood before a problem stays. Bounds: 256 KiB for a message, 1 MiB in all.

use intransit::iana::ProtocolVersion;

use super::cursor::Cursor;
use super::key_exchange::Exchanged;
use super::server_hello::ServerHello;
use super::ssl2::{Ssl2Hello, Ssl2Record, record};

const MOST_OF_MESSAGE: usize = 256 * 1024;
const MOST_IN_ALL: usize = 1024 * 1024;
/// RFC 5246 section 6.2.3: 2^14 bytes and what encryption may add.
const MOST_OF_RECORD: usize = (1 << 14) + 2048;
const MOST_CERTIFICATES: usize = 64;

/// An alert ([RFC 8446 §6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// 1 is a warning, 2 is fatal.
    pub level: u8,
    /// What it is about.
    pub code: u8,
}

/// Why the rest of the answer was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// These are the first bytes of something that is not TLS.
    NotTls(Vec<u8>),
    /// It does not have the form, in this way.
    Malformed(&'static str),
    /// It is larger than anybody needs.
    TooLarge,
}

/// What was understood of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The ServerHello or HelloRetryRequest.
    pub hello: Option<ServerHello>,
    /// The certificates, leaf first, as sent.
    pub certificates: Option<Vec<Vec<u8>>>,
    /// The OCSP response that was stapled ([RFC 6066 §8](https://www.rfc-editor.org/rfc/rfc6066#section-8)).
    pub staple: Option<Vec<u8>>,
    /// The ephemeral parameters.
    pub exchanged: Option<Exchanged>,
    /// Whether a client certificate is asked for.
    pub asks_certificate: bool,
    /// Whether ServerHelloDone was reached: what was not sent before is not sent at all.
    pub is_done: bool,
    /// The alert that ended it.
    pub alert: Option<Alert>,
    /// The answer of SSL 2.0.
    pub ssl2: Option<Ssl2Hello>,
    /// The error of SSL 2.0.
    pub ssl2_error: Option<u16>,
    /// What kept the rest from being read.
    pub problem: Option<Problem>,
}

/// Puts an answer together.
#[derive(Debug, Default)]
pub struct Reader {
    answer: Answer,
    /// Bytes that are no whole record yet.
    pending: Vec<u8>,
    /// Bytes of handshake messages that are not whole yet.
    messages: Vec<u8>,
    total: usize,
    is_over: bool,
    offers_ssl2: bool,
}

impl Reader {
    /// For the answer to a ClientHello, or to a CLIENT-HELLO of SSL 2.0.
    #[must_use]
    pub fn new(offers_ssl2: bool) -> Self {
        Self { offers_ssl2, ..Self::default() }
    }

    /// Takes the next bytes; true once the answer is there whole.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.total = self.total.saturating_add(bytes.len());
        if self.is_over {
            return true;
        }
        self.pending.extend(bytes);
        // Behind a record of TLS nothing is of SSL 2.0.
        let is_first = self.total == self.pending.len();
        if self.offers_ssl2 && is_first && self.pending.first().is_some_and(|first| *first & 0x80 != 0) {
            self.read_ssl2();
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            let mut left = pending.len();
            let mut rest = Cursor(&pending);
            while !self.is_over && self.read_record(&mut rest) {
                left = rest.0.len();
            }
            pending.drain(..pending.len() - left);
            self.pending = pending;
        }
        if !self.is_over && self.total > MOST_IN_ALL {
            self.fail(Problem::TooLarge);
        }
        self.is_over
    }

    /// What was understood so far.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// What was understood, by value.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        self.answer
    }

    /// Whether nothing was sent at all.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        self.total == 0
    }

    fn fail(&mut self, problem: Problem) {
        self.answer.problem = Some(problem);
        self.is_over = true;
    }

    fn read_ssl2(&mut self) {
        match record(&self.pending) {
            Ssl2Record::Incomplete => return,
            Ssl2Record::Hello(hello) => self.answer.ssl2 = Some(hello),
            Ssl2Record::Error(number) => self.answer.ssl2_error = Some(number),
            Ssl2Record::Other => self.answer.problem = Some(Problem::Malformed("an SSL 2.0 record of another kind")),
        }
        self.is_over = true;
    }

    /// Whether a whole record was there.
    fn read_record(&mut self, rest: &mut Cursor<'_>) -> bool {
        const ALERT: u8 = 21;
        const HANDSHAKE: u8 = 22;
        let start = rest.0;
        match start {
            [] => return false,
            [kind, ..] if !(20..=24).contains(kind) => {
                self.not_tls(start);
                return true;
            }
            [_, major, ..] if *major != 3 => {
                self.not_tls(start);
                return true;
            }
            _ => {}
        }
        let (Some(kind), Some(_), Some(length)) = (rest.u8(), rest.u16(), rest.u16()) else { return false };
        if usize::from(length) > MOST_OF_RECORD {
            self.fail(Problem::Malformed("a record that is too long"));
            return true;
        }
        let Some(content) = rest.take(usize::from(length)) else { return false };
        match kind {
            ALERT => self.read_alert(content),
            HANDSHAKE => {
                self.messages.extend(content);
                self.read_messages();
            }
            // Middlebox compatibility: TLS 1.3 servers may send one (RFC 8446 section 5).
            20 if self.answer.hello.is_some() => {}
            _ => self.fail(Problem::Malformed("a record of a kind that does not belong here")),
        }
        true
    }

    fn not_tls(&mut self, start: &[u8]) {
        const SHOWN: usize = 32;
        let problem = match self.answer.hello {
            Some(_) => Problem::Malformed("bytes that are no record"),
            None => Problem::NotTls(start.iter().take(SHOWN).copied().collect()),
        };
        self.fail(problem);
    }

    fn read_alert(&mut self, content: &[u8]) {
        const WARNING: u8 = 1;
        const CLOSE_NOTIFY: u8 = 0;
        match content {
            [level, code] => {
                // Such as unrecognized_name, behind which the handshake goes on (RFC 6066 section 3).
                if *level == WARNING && *code != CLOSE_NOTIFY && self.answer.alert.is_none() {
                    return;
                }
                self.answer.alert = Some(Alert { level: *level, code: *code });
                self.is_over = true;
            }
            _ => self.fail(Problem::Malformed("an alert of another length")),
        }
    }

    fn read_messages(&mut self) {
        let mut messages = std::mem::take(&mut self.messages);
        let mut left = messages.len();
        let mut rest = Cursor(&messages);
        while let (false, Some(kind), Some(length)) = (self.is_over, rest.u8(), rest.u24()) {
            if length > MOST_OF_MESSAGE {
                self.fail(Problem::TooLarge);
                return;
            }
            let Some(body) = rest.take(length) else { break };
            if let Err(malformed) = self.read_message(kind, body) {
                self.fail(Problem::Malformed(malformed));
            }
            left = rest.0.len();
        }
        messages.drain(..messages.len() - left);
        self.messages = messages;
    }

    fn read_message(&mut self, kind: u8, body: &[u8]) -> Result<(), &'static str> {
        const HELLO_REQUEST: u8 = 0;
        const SERVER_HELLO: u8 = 2;
        let Some(hello) = &self.answer.hello else {
            return match kind {
                HELLO_REQUEST => Ok(()),
                SERVER_HELLO => {
                    let hello = ServerHello::read(body).ok_or("a ServerHello that does not have the form")?;
                    // What comes behind it in TLS 1.3 is encrypted.
                    self.is_over = hello.version == ProtocolVersion::TLS1_3 || hello.is_retry;
                    self.answer.hello = Some(hello);
                    Ok(())
                }
                _ => Err("a handshake message that does not begin an answer"),
            };
        };
        match kind {
            11 => {
                let list = certificates(body).ok_or("a Certificate message that does not have the form")?;
                self.answer.certificates = Some(list);
            }
            12 => self.answer.exchanged = Exchanged::read(body, hello.suite, hello.version),
            13 => self.answer.asks_certificate = true,
            14 => {
                self.answer.is_done = true;
                self.is_over = true;
            }
            22 => self.answer.staple = staple(body),
            SERVER_HELLO => return Err("a second ServerHello"),
            _ => {}
        }
        Ok(())
    }
}

fn staple(body: &[u8]) -> Option<Vec<u8>> {
    const OCSP: u8 = 1;
    let mut body = Cursor(body);
    let kind = body.u8()?;
    let response = body.vector(3)?.0;
    (kind == OCSP && !response.is_empty()).then(|| response.to_vec())
}

fn certificates(body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut list = Cursor(body).vector(3)?;
    let mut found = Vec::new();
    while !list.is_empty() {
        let certificate = list.vector(3)?;
        if found.len() == MOST_CERTIFICATES {
            return None;
        }
        found.push(certificate.0.to_vec());
    }
    Some(found)
}
