//! Whole handshakes, for what only they show: the certificates of TLS 1.3, that the server holds their keys, whether it
//! goes on without a client certificate.
//!
//! The verifier trusts nobody and refuses nobody: it keeps what was sent, and verifies the handshake's signature alone
//! (RFC 8446 section 4.4.3, RFC 5246 section 7.4.3). rustls speaks no TLS 1.1, no CBC and no static RSA.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use intransit::evidence::ClientCertificate;
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConnection, ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::connect::{Care, Prober};

/// How long to wait for what a server says behind its last handshake message.
const AFTERTHOUGHT: Duration = Duration::from_millis(700);

/// A kind of key, and the schemes that it signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Rsa,
    Ecdsa,
    EdDsa,
}

impl Family {
    pub(crate) const ALL: [Self; 3] = [Self::Rsa, Self::Ecdsa, Self::EdDsa];

    /// Whether it signs with this scheme.
    pub(crate) fn covers(self, scheme: intransit::iana::SignatureScheme) -> bool {
        self.schemes().iter().any(|one| u16::from(*one) == scheme.0)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ecdsa => "ECDSA",
            Self::EdDsa => "EdDSA",
        }
    }

    fn schemes(self) -> Vec<SignatureScheme> {
        use SignatureScheme as S;
        match self {
            Self::Rsa => vec![
                S::RSA_PSS_SHA256,
                S::RSA_PSS_SHA384,
                S::RSA_PSS_SHA512,
                S::RSA_PKCS1_SHA256,
                S::RSA_PKCS1_SHA384,
                S::RSA_PKCS1_SHA512,
            ],
            Self::Ecdsa => vec![S::ECDSA_NISTP256_SHA256, S::ECDSA_NISTP384_SHA384, S::ECDSA_NISTP521_SHA512],
            Self::EdDsa => vec![S::ED25519, S::ED448],
        }
    }
}

/// What a handshake showed.
#[derive(Debug)]
pub(crate) struct Shaken {
    /// Its line in the journal.
    pub(crate) number: usize,
    pub(crate) version: ProtocolVersion,
    pub(crate) family: Family,
    pub(crate) suite: Option<CipherSuite>,
    pub(crate) group: Option<NamedGroup>,
    /// Leaf first, as sent.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// The OCSP response that was sent with them.
    pub(crate) staple: Option<Vec<u8>>,
    /// Whether the signature over the handshake verified.
    pub(crate) is_possessed: bool,
    pub(crate) asks_certificate: bool,
    /// What follows for client certificates, where anything does.
    pub(crate) client_certificate: Option<ClientCertificate>,
    /// The alert that ended it, where one did before a certificate was sent.
    pub(crate) refused: Option<u8>,
}

/// What a server sent, and what is thought of it.
#[derive(Debug)]
struct Witness {
    provider: Arc<CryptoProvider>,
    schemes: Vec<SignatureScheme>,
    /// The certificates, and the OCSP response or nothing.
    seen: Mutex<(Vec<Vec<u8>>, Vec<u8>)>,
    is_possessed: AtomicBool,
    asks_certificate: AtomicBool,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sent = std::iter::once(end_entity).chain(intermediates).map(|one| one.as_ref().to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = (sent, ocsp_response.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let valid = verify_tls12_signature(message, certificate, signed, algorithms)?;
        self.is_possessed.store(true, Ordering::Relaxed);
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        let valid = verify_tls13_signature(message, certificate, signed, algorithms)?;
        self.is_possessed.store(true, Ordering::Relaxed);
        Ok(valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asks_certificate.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Shakes hands in `version` with a server that has a key of `family`. Nothing where there was no connection to do it on.
pub(crate) async fn shake(
    prober: &Prober,
    server_name: Option<&str>,
    version: ProtocolVersion,
    family: Family,
) -> Option<Shaken> {
    shake_with(prober, server_name, version, &[family]).await
}

/// The same with whatever key of these kinds the server chooses; said to be of the first. What broke off on a connection
/// that was opened ahead is tried on one of its own.
pub(crate) async fn shake_with(
    prober: &Prober,
    server_name: Option<&str>,
    version: ProtocolVersion,
    families: &[Family],
) -> Option<Shaken> {
    let (shaken, is_doubtful) = shake_on(prober, Care::Usual, server_name, version, families).await?;
    if !is_doubtful {
        return Some(shaken);
    }
    prober.stop_ahead().await;
    Some(shake_on(prober, Care::Fresh, server_name, version, families).await?.0)
}

/// Also says whether its end may be about the connection.
async fn shake_on(
    prober: &Prober,
    care: Care,
    server_name: Option<&str>,
    version: ProtocolVersion,
    families: &[Family],
) -> Option<(Shaken, bool)> {
    let family = families.first().copied()?;
    let provider = Arc::new(ring::default_provider());
    let witness = Arc::new(Witness {
        provider: Arc::clone(&provider),
        schemes: families.iter().flat_map(|family| family.schemes()).collect(),
        seen: Mutex::default(),
        is_possessed: AtomicBool::new(false),
        asks_certificate: AtomicBool::new(false),
    });
    let versions: &[&rustls::SupportedProtocolVersion] =
        if version == ProtocolVersion::TLS1_3 { &[&rustls::version::TLS13] } else { &[&rustls::version::TLS12] };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_client_cert_resolver(Arc::clone(&witness) as Arc<dyn ResolvesClientCert>);
    config.resumption = Resumption::disabled();
    config.enable_sni = server_name.is_some();
    // Without a name an address stands here, which is never sent.
    let name = match server_name {
        Some(name) => ServerName::try_from(name.to_owned()).ok()?,
        None => ServerName::IpAddress(prober.address.ip().into()),
    };
    let mut tls = ClientConnection::new(Arc::new(config), name).ok()?;

    let described = server_name.map_or_else(|| "no server name".to_owned(), |name| format!("server name {name}"));
    let names: Vec<&str> = families.iter().map(|family| family.name()).collect();
    let offered = format!("handshake: {version}; {}; {described}", names.join(", "));
    let (number, ended, is_beside) = prober
        .with_stream(care, &offered, async |stream: &mut TcpStream, until: Instant| {
            let ended = drive(&mut tls, stream, until, &witness).await;
            let words = words(&tls, &witness, &ended);
            (ended, words)
        })
        .await?;
    let (certificates, staple) = std::mem::take(&mut *witness.seen.lock().unwrap_or_else(PoisonError::into_inner));
    let asks_certificate = witness.asks_certificate.load(Ordering::Relaxed);
    let client_certificate = match (&ended, asks_certificate) {
        (Ended::Complete, false) => Some(ClientCertificate::NotRequested),
        (Ended::Complete, true) => None,
        (Ended::WentOn, true) => Some(ClientCertificate::Optional),
        (Ended::WentOn, false) => Some(ClientCertificate::NotRequested),
        (Ended::Alert(code), true) if says_no_certificate(*code) => Some(ClientCertificate::Required),
        _ => None,
    };
    let refused = match &ended {
        Ended::Alert(code) if certificates.is_empty() => Some(*code),
        _ => None,
    };
    let is_doubtful = is_beside && matches!(ended, Ended::Broken(_));
    let shaken = Shaken {
        number,
        version,
        family,
        suite: tls.negotiated_cipher_suite().map(|suite| CipherSuite(u16::from(suite.suite()))),
        group: tls.negotiated_key_exchange_group().map(|group| NamedGroup(u16::from(group.name()))),
        certificates,
        staple: Some(staple).filter(|staple| !staple.is_empty()),
        is_possessed: witness.is_possessed.load(Ordering::Relaxed),
        asks_certificate,
        client_certificate,
        refused,
    };
    Some((shaken, is_doubtful))
}

/// handshake_failure, no_certificate, bad_certificate, certificate_unknown, access_denied, certificate_required.
const fn says_no_certificate(alert: u8) -> bool {
    matches!(alert, 40 | 41 | 42 | 46 | 49 | 116)
}

/// How a handshake ended.
#[derive(Debug)]
enum Ended {
    /// It is complete, as far as the client can tell.
    Complete,
    /// It is complete, and the server sent more behind it.
    WentOn,
    Alert(u8),
    Broken(String),
}

fn words(tls: &ClientConnection, witness: &Witness, ended: &Ended) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(tls.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str().map(str::to_owned)));
    let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if !seen.0.is_empty() {
        words.push(format!("{} certificates", seen.0.len()));
    }
    if !seen.1.is_empty() {
        words.push("OCSP response".to_owned());
    }
    if witness.is_possessed.load(Ordering::Relaxed) {
        words.push("signature of the handshake verified".to_owned());
    }
    if witness.asks_certificate.load(Ordering::Relaxed) {
        words.push("asks for a certificate".to_owned());
    }
    words.push(match ended {
        Ended::Complete | Ended::WentOn => "complete".to_owned(),
        Ended::Alert(code) => super::describe::alert(*code),
        Ended::Broken(why) => why.clone(),
    });
    words.join(", ")
}

async fn drive(tls: &mut ClientConnection, stream: &mut TcpStream, until: Instant, witness: &Witness) -> Ended {
    let mut until = until;
    let mut is_complete = false;
    let mut buffer = vec![0; 16 * 1024];
    let mut total = 0;
    loop {
        if let Err(ended) = flush(tls, stream, until).await {
            return if is_complete { Ended::Complete } else { ended };
        }
        if !tls.is_handshaking() && !is_complete {
            is_complete = true;
            let is_waited_for = witness.asks_certificate.load(Ordering::Relaxed)
                && tls.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
            if !is_waited_for {
                return Ended::WentOn;
            }
            until = until.min(Instant::now() + AFTERTHOUGHT);
        }
        let read = match timeout_at(until, stream.read(&mut buffer)).await {
            Err(_) if is_complete => return Ended::Complete,
            Err(_) => return Ended::Broken("no answer in time".to_owned()),
            Ok(Err(error)) => return Ended::Broken(format!("the connection broke: {error}")),
            Ok(Ok(0)) => return Ended::Broken("closed in the middle of the handshake".to_owned()),
            Ok(Ok(read)) => read,
        };
        total += read;
        if total > 1024 * 1024 {
            return Ended::Broken("more than anybody needs".to_owned());
        }
        let mut bytes = buffer.get(..read).unwrap_or_default();
        while !bytes.is_empty() {
            if let Err(error) = tls.read_tls(&mut bytes) {
                return Ended::Broken(error.to_string());
            }
            match tls.process_new_packets() {
                Err(Error::AlertReceived(alert)) => return Ended::Alert(code(alert)),
                Err(error) => {
                    let _ = flush(tls, stream, until).await;
                    return Ended::Broken(error.to_string());
                }
                Ok(_) => {}
            }
        }
        // Tickets or data: the server goes on without a certificate.
        if is_complete {
            return Ended::WentOn;
        }
    }
}

async fn flush(tls: &mut ClientConnection, stream: &mut TcpStream, until: Instant) -> Result<(), Ended> {
    let mut out = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut out).map_err(|error| Ended::Broken(error.to_string()))?;
    }
    match timeout_at(until, stream.write_all(&out)).await {
        Err(_) => Err(Ended::Broken("no answer in time".to_owned())),
        Ok(Err(error)) => Err(Ended::Broken(format!("the connection broke: {error}"))),
        Ok(Ok(())) => Ok(()),
    }
}

fn code(alert: AlertDescription) -> u8 {
    u8::from(alert)
}
