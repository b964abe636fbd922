//! The native companion of intransit.
fn main() {}
