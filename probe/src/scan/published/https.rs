//! A server of TLS on this machine, with a certificate below a root of its own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A root that signs for servers.
pub(crate) struct Root {
    params: CertificateParams,
    key: KeyPair,
}

/// What a server sends, in pieces, with a pause behind each.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) pause: Duration,
    /// Whether TLS is ended as it should be.
    pub(crate) is_ended: bool,
    /// Whether TLS 1.2 is all that it speaks.
    pub(crate) is_old: bool,
}

impl Reply {
    pub(crate) fn whole(text: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![text.into()], pause: Duration::ZERO, is_ended: true, is_old: false }
    }
}

impl Root {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "a root of tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self { params, key: KeyPair::generate().unwrap() }
    }

    /// As a file of roots has it.
    pub(crate) fn der(&self) -> Vec<u8> {
        self.params.self_signed(&self.key).unwrap().der().to_vec()
    }

    /// A certificate for this host, with its key.
    pub(crate) fn certificate(&self, host: &str) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        (params.signed_by(&key, &issuer).unwrap().der().clone(), key)
    }
}

/// Answers every connection, as long as the tests run: reads once, and replies.
pub(crate) fn serve(listener: TcpListener, (certificate, key): (CertificateDer<'static>, KeyPair), reply: Reply) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let old = [&rustls::version::TLS12];
    let versions = if reply.is_old { &old[..] } else { rustls::ALL_VERSIONS };
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, reply) = (Arc::clone(&config), reply.clone());
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                // Who does not like the certificate goes away.
                let mut asked = [0; 4096];
                if !stream.read(&mut asked).is_ok_and(|read| read > 0) {
                    return;
                }
                for piece in &reply.pieces {
                    if stream.write_all(piece).and_then(|()| stream.flush()).is_err() {
                        return;
                    }
                    thread::sleep(reply.pause);
                }
                if reply.is_ended {
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            });
        }
    });
}
