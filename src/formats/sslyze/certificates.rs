//! The chains of a target, as PEM.
//!
//! sslyze fetches a chain in TLS 1.3 where there is one, then one from clients that take RSA certificates only and one
//! from clients that take all but RSA, both in TLS 1.2 or older; equal leaves are listed once. A server that speaks
//! nothing but TLS 1.3 is therefore asked for one chain, and may have others; so may one with suites of ECDSA, which
//! stand for EdDSA as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::command::Commands;
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Der, Enumerated, Fact, Gap, GapReason, Observed, Presented, ReportedCertificate, Rest,
    SuiteList, ToolTrust,
};
use crate::formats::certificates::note_problems;
use crate::formats::json;
use crate::formats::service::whole;
use crate::gathered::Gathered;
use crate::iana::{Authentication, CipherSuite, ProtocolVersion};
use crate::pki::pem;
use crate::source::{Span, hex};

/// The chains that were received.
pub(super) struct Chains {
    /// With the server name.
    pub(super) presented: Vec<Presented>,
    /// Whether these are all.
    pub(super) rest: Rest,
    /// Without it; 6.3 and later.
    pub(super) without_server_name: Option<Presented>,
}

/// Reads `certificate_info`.
pub(super) fn chains(
    commands: Commands<'_>,
    versions: &Enumerated<ProtocolVersion>,
    suites: &[SuiteList],
    diagnostics: &mut Vec<Diagnostic>,
) -> Chains {
    let completed = match commands.completed("certificate_info") {
        Ok(completed) => completed,
        Err(gap) => return Chains { presented: Vec::new(), rest: Rest::Gap(gap), without_server_name: None },
    };
    let words = completed.words;
    let deployments = completed.result.get("certificate_deployments").filter(|list| list.kind() == json::Kind::Array);
    let listed: Vec<json::Value<'_>> = deployments.into_iter().flat_map(json::Value::elements).gathered();
    let presented: Vec<Presented> =
        listed.iter().filter_map(|deployment| received(*deployment, words, diagnostics)).gathered();
    let older = |fact: &Fact<ProtocolVersion>| fact.value <= ProtocolVersion::TLS1_2;
    let gap = |reason, detail: &str| Rest::Gap(Gap::new(reason, detail).at([words]));
    let rest = match deployments {
        None => gap(GapReason::Truncated, "the list of chains is not there"),
        Some(list) if !list.is_complete() || presented.len() != listed.len() => {
            gap(GapReason::Truncated, "a chain of the list cannot be read")
        }
        Some(_) if presented.is_empty() => gap(GapReason::Failed, "sslyze received no certificate"),
        Some(_) if !versions.accepted.iter().any(older) => gap(
            GapReason::ClientLimited,
            "sslyze asks for other kinds of certificates in TLS 1.2 and older only, and none of these was accepted",
        ),
        Some(_) if suites.iter().any(takes_ecdsa) => gap(
            GapReason::ClientLimited,
            "sslyze does not ask for a chain of EdDSA, which goes with the same suites as one of ECDSA",
        ),
        Some(_) => Rest::Complete(Fact::new(true, Basis::Wire, [words])),
    };
    let without = completed.result.get("certificate_deployment_with_sni_disabled");
    let without_server_name = without.and_then(|deployment| received(deployment, words, diagnostics));
    Chains { presented, rest, without_server_name }
}

/// RFC 8422 section 5.10: the suites of ECDSA stand for EdDSA as well.
fn takes_ecdsa(list: &SuiteList) -> bool {
    let is_ecdsa =
        |suite: &Fact<CipherSuite>| suite.value.info().is_some_and(|info| info.authentication == Authentication::Ecdsa);
    list.suites.accepted.iter().any(is_ecdsa)
}

fn received(deployment: json::Value<'_>, words: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Presented> {
    let list = deployment.get("received_certificate_chain").filter(|list| list.kind() == json::Kind::Array)?;
    let certificates: Vec<Certificate> =
        list.elements().map(|certificate| decoded(certificate, diagnostics)).gathered();
    if certificates.is_empty() {
        return None;
    }
    let rest = if list.is_complete() && certificates.iter().all(|shown| matches!(shown, Certificate::Der(_))) {
        Rest::Complete(Fact::new(true, Basis::Wire, [words]))
    } else {
        Rest::Gap(Gap::new(GapReason::Truncated, "a certificate of the chain cannot be read").at([list.span()]))
    };
    Some(Presented {
        certificates,
        rest,
        possession: Observed::missing(
            GapReason::NotReportedByFormat,
            "sslyze does not say that the handshake was verified",
        ),
        tool_trust: trust(deployment),
    })
}

fn decoded(certificate: json::Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Certificate {
    let value = certificate.get("as_pem");
    let place = value.unwrap_or(certificate).span();
    let text = value.and_then(whole).and_then(json::Value::as_str);
    let der = text.ok_or_else(|| "expected the certificate as PEM".to_owned()).and_then(|text| pem::decode_text(&text));
    match der {
        Ok(der) => {
            let der = Der::new(der);
            match der.parsed() {
                Ok(parsed) => note_problems(parsed, place, diagnostics),
                Err(error) => diagnostics.push(
                    Diagnostic::error(Code::InvalidCertificate, format!("the certificate cannot be read: {error}"))
                        .at(place),
                ),
            }
            check_fingerprint(certificate, der.sha256(), diagnostics);
            Certificate::Der(Fact::new(der, Basis::Wire, [place]))
        }
        Err(message) => {
            diagnostics.push(Diagnostic::error(Code::InvalidPem, format!("`as_pem`: {message}")).at(place));
            Certificate::Reported(Box::new(reported(certificate)))
        }
    }
}

/// 5 and later state the SHA-256 in base64.
fn check_fingerprint(certificate: json::Value<'_>, computed: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Some(value) = certificate.get("fingerprint_sha256") else { return };
    let Some(stated) = value.as_str().and_then(|text| STANDARD.decode(text.as_bytes()).ok()) else { return };
    let stated = hex(&stated);
    if stated != computed {
        diagnostics.push(
            Diagnostic::warning(
                Code::ContradictoryInput,
                format!("the report states the fingerprint {stated}, but the certificate in it has {computed}"),
            )
            .at(value.span()),
        );
    }
}

/// What is said of a certificate whose bytes cannot be read.
fn reported(certificate: json::Value<'_>) -> ReportedCertificate {
    let key = certificate.get("public_key").or_else(|| certificate.get("publicKey"));
    let algorithm = key.and_then(|key| whole(key.get("algorithm")?)).and_then(|value| {
        // `_RSAPublicKey` and `_EllipticCurvePublicKey` in 5, `RSAPublicKey` and `ECPublicKey` in 6.
        let name = value.as_str()?;
        let family = match name.trim_start_matches('_') {
            "RSAPublicKey" => "RSA",
            "EllipticCurvePublicKey" | "ECPublicKey" => "EC",
            "DSAPublicKey" => "DSA",
            _ => return None,
        };
        Some(Fact::new(family.to_owned(), Basis::ToolSays, [value.span()]))
    });
    let bits = key.and_then(|key| whole(key.get("key_size")?));
    let end = certificate.get("not_valid_after").or_else(|| certificate.get("notAfter")).and_then(whole);
    ReportedCertificate {
        key_algorithm: algorithm,
        key_bits: bits.and_then(|value| Some(Fact::new(value.as_u32()?, Basis::ToolSays, [value.span()]))),
        not_after: end
            .and_then(|value| Some(Fact::new(super::instant(&value.as_str()?)?, Basis::ToolSays, [value.span()]))),
        words: vec![certificate.span()],
        ..ReportedCertificate::default()
    }
}

/// What the trust stores said: trusted if all do, untrusted if none does. 6 stops at a name that does not match,
/// which says nothing of the chain.
fn trust(deployment: json::Value<'_>) -> Observed<ToolTrust> {
    let results = deployment.get("path_validation_results");
    let mut trusting = Vec::new();
    let mut failing: Vec<(String, String)> = Vec::new();
    let mut stopped_at_name = false;
    for result in results.into_iter().flat_map(json::Value::elements) {
        let store = result.get("trust_store").and_then(|store| store.get("name")).and_then(json::Value::as_str);
        let store = store.map_or_else(|| "a store without a name".to_owned(), std::borrow::Cow::into_owned);
        let error = ["validation_error", "openssl_error_string"]
            .into_iter()
            .find_map(|key| result.get(key).and_then(json::Value::as_str));
        let chain = result.get("verified_certificate_chain").is_some_and(|chain| chain.kind() == json::Kind::Array);
        // 3 and 4 have no flag: the chain is there where it was verified.
        let trusted = result.get("was_validation_successful").map_or(Some(chain), json::Value::as_bool);
        match (trusted, error) {
            (Some(true), None) => trusting.push(store),
            (_, error) => {
                stopped_at_name |= error.as_deref().is_some_and(|error| error.contains("subjectAltName"));
                failing.push((store, error.unwrap_or_default().into_owned()));
            }
        }
    }
    let words: Vec<Span> = results.map(json::Value::span).into_iter().gathered();
    let whole = results.is_some_and(json::Value::is_complete);
    let names = failing.iter().map(|(store, _)| store.as_str()).gathered().join(", ");
    match (trusting.is_empty(), failing.first()) {
        (true, None) => {
            Observed::missing(GapReason::NotAttempted, "whether the scanner trusts the chain is not stated")
        }
        _ if !whole => {
            Observed::NotObserved(Gap::new(GapReason::Truncated, "what the trust stores said cannot be read").at(words))
        }
        (false, None) => {
            let reason = format!("trusted with the stores {}", trusting.join(", "));
            Observed::Known(Fact::new(ToolTrust { trusted: true, reason }, Basis::ToolSays, words))
        }
        (false, Some(_)) => {
            let detail = format!("trusted with the stores {}, not with {names}", trusting.join(", "));
            Observed::NotObserved(Gap::new(GapReason::Failed, detail).at(words))
        }
        (true, Some((_, error))) if stopped_at_name => Observed::NotObserved(
            Gap::new(GapReason::Failed, format!("sslyze stopped at the name, before the chain: {error}")).at(words),
        ),
        (true, Some((_, error))) => {
            let reason = format!("not trusted with the stores {names}: {error}");
            Observed::Known(Fact::new(ToolTrust { trusted: false, reason }, Basis::ToolSays, words))
        }
    }
}
