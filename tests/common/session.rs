//! Sessions of `openssl s_client` with certificates that are made while the tests run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intransit::pki::ParsedCertificate;

/// A certificate as PEM.
pub(crate) fn pem(certificate: &ParsedCertificate) -> String {
    let text = STANDARD.encode(&certificate.der);
    let lines: String = text.as_bytes().chunks(64).map(|line| format!("{}\n", str::from_utf8(line).unwrap())).collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

/// What `s_client` prints of a server that sends this chain, below the command; `options` such as `-starttls smtp`.
pub(crate) fn session(target: &str, options: &str, chain: &[&ParsedCertificate]) -> String {
    let subject = |one: &ParsedCertificate| one.subject.as_ref().unwrap().to_string();
    let issuer = |one: &ParsedCertificate| one.issuer.as_ref().unwrap().to_string();
    let entries = chain
        .iter()
        .enumerate()
        .map(|(at, one)| format!(" {at} s:{}\n   i:{}\n{}", subject(one), issuer(one), pem(one)));
    let host = target.rsplit_once(':').unwrap().0;
    format!(
        "$ openssl s_client -connect {target} {options} -servername {host} -showcerts\nCONNECTED(00000003)\n---\n\
         Certificate chain\n{}---\nServer certificate\nsubject={}\nissuer={}\n---\nNo client certificate CA names sent\n---\n\
         SSL handshake has read 2630 bytes and written 410 bytes\n---\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\n\
         Server public key is 256 bit\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nEarly data was not sent\n\
         Verify return code: 20 (unable to get local issuer certificate)\n---\nDONE\n",
        entries.collect::<String>(),
        subject(chain[0]),
        issuer(chain[0]),
    )
}
