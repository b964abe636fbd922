//! `scan`: live handshakes.

mod starttls;
mod targets;
