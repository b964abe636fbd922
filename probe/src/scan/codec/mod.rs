//! The bytes of the first flight of TLS, written and read without any cryptography.
//!
//! A scanner has to offer what no TLS library offers any more (SSL 2.0, export suites, a key share of nothing) and only
//! has to read what is sent in the clear. What is read is bounded, may come in pieces of any size, and never panics.
//! RFC 8446, RFC 5246, RFC 6101 and the SSL 2.0 draft of 1995.

pub mod answer;
mod cursor;
pub mod hello;
pub mod key_exchange;
pub mod primes;
pub mod server_hello;
pub mod ssl2;

pub use answer::{Alert, Answer, Problem, Reader};
pub use hello::{ClientHello, KeyShare};
pub use key_exchange::Exchanged;
pub use server_hello::ServerHello;
pub use ssl2::Ssl2Hello;
