//! A service that was not reached: nothing about it is known, and why.

use std::net::IpAddr;

use intransit::evidence::{Endpoint, EndpointKey, Gap, Role, ServerName, Transport};

/// The endpoint of a host that was not reached, or not at this address.
pub(crate) fn unseen(host: &str, address: Option<IpAddr>, port: u16, transport: Transport, gap: &Gap) -> Endpoint {
    let is_name = host.parse::<IpAddr>().is_err();
    let key = EndpointKey {
        host: Some(host.to_owned()),
        address: address.map(|address| address.to_string()),
        port,
        transport,
        server_name: if is_name { ServerName::Sent(host.to_owned()) } else { ServerName::Omitted },
        role: Role::Server,
    };
    Endpoint::unseen(key, gap)
}
