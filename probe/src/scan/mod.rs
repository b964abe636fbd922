//! `scan`: live handshakes.

mod starttls;
