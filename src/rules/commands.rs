//! Commands that decide what is unknown: templates with the target left open, and how they are filled in.

use crate::evidence::{EndpointKey, Transport};

/// A command that shows versions, suites and chains of an endpoint.
pub(crate) const TESTSSL: &str = "testssl.sh -p -P -f -S --jsonfile-pretty report.json {testssl_starttls}{target}";
/// A command that tests an endpoint for known attacks, renegotiation and compression.
pub(crate) const TESTSSL_ATTACKS: &str = "testssl.sh -U --jsonfile-pretty report.json {testssl_starttls}{target}";
/// A command that shows whether TLS 1.3 is offered; what it prints is to be pasted with the command itself.
pub(crate) const OPENSSL_TLS13: &str =
    "openssl s_client -connect {target} {openssl_starttls}{openssl_name} -tls1_3 </dev/null";
/// A command that shows the extension of secure renegotiation itself.
pub(crate) const OPENSSL_RENEGOTIATION: &str =
    "openssl s_client -connect {target} {openssl_starttls}{openssl_name} -tls1_2 -tlsextdebug </dev/null";
/// A command that shows the chain of an endpoint.
pub(crate) const OPENSSL: &str =
    "openssl s_client -connect {target} {openssl_starttls}{openssl_name} -showcerts </dev/null";
/// The same as mail systems connect that leave out the server name.
pub(crate) const OPENSSL_WITHOUT_NAME: &str =
    "openssl s_client -connect {target} {openssl_starttls}-noservername -showcerts </dev/null";
/// A command that says whose lines in headers are believed, as `ownHosts` of a policy does.
pub(crate) const OWN_HOSTS: &str = "intransit-probe check --policy mail-in-transit-1.0 --own-host HOST FILE";
/// A command that lists IPsec associations to the end.
pub(crate) const SWANCTL: &str = "swanctl --list-sas --raw";
/// The same behind a rekeying, which shows the group.
pub(crate) const SWANCTL_REKEY: &str = "swanctl --rekey --child CHILD && swanctl --list-sas --raw";
/// A command that validates TLSA records by itself.
pub(crate) const DELV: &str = "delv TLSA _25._tcp.HOST";
/// The same by a resolver, which says whether it validated them.
pub(crate) const DIG_TLSA: &str = "dig +dnssec TLSA _25._tcp.HOST";
/// A command that shows the chain of a mail server.
pub(crate) const OPENSSL_TLSA: &str =
    "openssl s_client -connect HOST:25 -starttls smtp -servername HOST -showcerts </dev/null";
/// A command of Windows that fetches what a certificate names; what it prints is to be pasted.
pub(crate) const CERTUTIL: &str = "certutil -verify -urlfetch CERTIFICATE.cer";
/// A command that asks for a stapled OCSP response and shows whether one comes.
pub(crate) const OPENSSL_STATUS: &str =
    "openssl s_client -connect {target} {openssl_starttls}{openssl_name} -status </dev/null";
/// A command that asks the responder about a certificate and keeps its answer.
pub(crate) const OCSP_RESPONSE: &str =
    "openssl ocsp -issuer ISSUER.pem -cert CERTIFICATE.pem -url http://OCSP-ADDRESS -respout response.der";
/// A command that judges the chain by the roots that Mozilla trusts.
pub(crate) const PROBE_ROOTS: &str = "intransit-probe check --roots mozilla {probe_host}FILE";

/// A command that validates all that leads mail to a domain, and its TLSA records.
pub(crate) const PROBE_DNS: &str = "intransit-probe scan --dns mx:DOMAIN";

/// A command that lays several stores side by side.
pub(crate) const STORES: &str = "intransit-probe check --roots mozilla --roots STORE --host {host} FILE";

/// A command that writes what a partner needs to know of a certificate.
pub(crate) const SHEET: &str = "intransit-probe check --roots mozilla --host {host} --format sheet FILE";

/// Whether a name may stand in a command: those are copied into a shell, so that one with other characters than hosts have
/// does not get into any.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]_".contains(c))
}

/// Fills a command in.
#[must_use]
pub fn command(template: &str, key: Option<&EndpointKey>, host: Option<&str>) -> String {
    let host = host.filter(|host| is_plain(host)).unwrap_or("HOST");
    let target = key.map(EndpointKey::target).filter(|target| is_plain(target));
    // RFC 6066 §3: an address is no server name.
    let is_address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    let server_name = if is_address { "-noservername".to_owned() } else { format!("-servername {host}") };
    let starttls = key.and_then(|key| match key.transport {
        Transport::StartTls(protocol) => Some(protocol.name()),
        Transport::Direct | Transport::Unstated => None,
    });
    let option = |flag: &str| starttls.map(|name| format!("{flag} {name} ")).unwrap_or_default();
    template
        .replace("{target}", &target.unwrap_or_else(|| format!("{host}:{}", key.map_or(443, |key| key.port))))
        // A service says itself which host it is.
        .replace("{probe_host}", &key.map_or_else(|| format!("--host {host} "), |_| String::new()))
        .replace("{host}", host)
        .replace("{openssl_name}", &server_name)
        .replace("{testssl_starttls}", &option("-t"))
        .replace("{openssl_starttls}", &option("-starttls"))
}
