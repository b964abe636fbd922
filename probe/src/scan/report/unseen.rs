//! A service that was not reached: nothing about it is known, and why.

use std::net::IpAddr;

use intransit::evidence::{
    Basis, Endpoint, EndpointKey, Enumerated, Fact, Gap, Observed, Rest, Role, ServerName, Transport,
};

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
    Endpoint {
        flow: Observed::Known(Fact::new(super::flow(&key), Basis::Computed, [])),
        key,
        tls: Observed::NotObserved(gap.clone()),
        versions: nothing(gap),
        suites: Vec::new(),
        suite_classes: Vec::new(),
        groups: nothing(gap),
        signature_schemes: nothing(gap),
        chains: Vec::new(),
        chains_rest: Rest::Gap(gap.clone()),
        client_certificate: Observed::NotObserved(gap.clone()),
        dh_parameters: Vec::new(),
        secure_renegotiation: Observed::NotObserved(gap.clone()),
        compression: Observed::NotObserved(gap.clone()),
        attacks: Vec::new(),
    }
}

fn nothing<T>(gap: &Gap) -> Enumerated<T> {
    Enumerated { accepted: Vec::new(), refused: Vec::new(), rest: Rest::Gap(gap.clone()) }
}
