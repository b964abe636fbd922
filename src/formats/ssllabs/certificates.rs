//! The chains of an endpoint: from v3 on lists of ids that point into the `certs` of the host; in v2 one chain in place.

use super::{field, flag, instant, list, number, text};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{
    Basis, Certificate, Der, Fact, Gap, GapReason, Observed, Presented, ReportedCertificate, Rest, ToolTrust,
};
use crate::formats::certificates::note_problems;
use crate::formats::json;
use crate::formats::service::whole;
use crate::ordered::Map;
use crate::pki::pem;
use crate::source::Span;

/// `Cert.issues` that end all trust, with their words.
const ISSUES: [(i64, &str); 4] =
    [(1, "no chain of trust"), (16, "revoked"), (64, "self-signed"), (128, "on a list of bad certificates")];
/// `Cert.issues`: the name does not match.
const HOSTNAME_MISMATCH: i64 = 8;
/// `CertificateChain.issues`: certificates that the server does not send had to be added.
const INCOMPLETE: i64 = 2;

/// The certificates of a host by id, each decoded once.
#[derive(Default)]
pub(super) struct Certificates<'d> {
    by_id: Map<String, Listed<'d>>,
}

struct Listed<'d> {
    value: json::Value<'d>,
    decoded: Option<Certificate>,
}

impl<'d> Certificates<'d> {
    /// Those of a host.
    pub(super) fn of(host: json::Value<'d>) -> Self {
        let certificates = list(host, "certs").into_iter().flat_map(json::Value::elements);
        let by_id = certificates.filter_map(|value| Some((text(value, "id")?, Listed { value, decoded: None })));
        Self { by_id: by_id.collect() }
    }

    /// The certificate of this id, and what is said of it; only its id where it is not listed.
    fn find(
        &mut self,
        id: json::Value<'d>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Certificate, Option<json::Value<'d>>) {
        let name = whole(id).and_then(json::Value::as_str).map(|name| name.trim().to_ascii_lowercase());
        let listed = name.as_ref().and_then(|name| self.by_id.get_mut(name));
        let Some(listed) = listed else {
            // From v3 on, the id of a certificate is its SHA-256.
            let is_hash = |name: &String| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            let sha256 = name.filter(is_hash).map(|name| Fact::new(name, Basis::ToolSays, [id.span()]));
            let reported = ReportedCertificate { sha256, words: vec![id.span()], ..ReportedCertificate::default() };
            return (Certificate::Reported(Box::new(reported)), None);
        };
        let value = listed.value;
        let certificate = listed.decoded.get_or_insert_with(|| decoded(value, diagnostics));
        (certificate.clone(), Some(value))
    }
}

/// The chains that were seen.
pub(super) struct Chains {
    /// With the server name.
    pub(super) presented: Vec<Presented>,
    /// Whether these are all.
    pub(super) rest: Rest,
    /// By clients that do not send it, where these differ.
    pub(super) without_server_name: Vec<Presented>,
}

/// Reads the chains of an endpoint.
pub(super) fn chains<'d>(
    details: json::Value<'d>,
    certificates: &mut Certificates<'d>,
    unfinished: Option<&Gap>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Chains {
    let mut chains = Chains {
        presented: Vec::new(),
        rest: Rest::Gap(Gap::new(GapReason::Truncated, "the report has no chains")),
        without_server_name: Vec::new(),
    };
    if let Some(listed) = list(details, "certChains") {
        // From v3 on every chain says for which clients it is; a client of the API may leave out what it has nowhere.
        let is_told = listed.elements().any(|chain| flag(chain, "noSni").is_some());
        let mut untold = None;
        for chain in listed.elements() {
            let presented = by_ids(chain, certificates, diagnostics);
            match flag(chain, "noSni") {
                Some((true, _)) => chains.without_server_name.push(presented),
                None if is_told => untold = Some(chain.span()),
                _ => chains.presented.push(presented),
            }
        }
        chains.rest = match unfinished {
            Some(gap) => Rest::Gap(gap.clone()),
            None if untold.is_some() => {
                let gap = Gap::new(
                    GapReason::Truncated,
                    "a chain does not say whether it is for clients without a server name",
                );
                Rest::Gap(gap.at(untold))
            }
            None if chains.presented.is_empty() || !listed.is_complete() => {
                Rest::Gap(Gap::new(GapReason::Truncated, "the chains are not all there").at([listed.span()]))
            }
            None => Rest::Complete(Fact::new(true, Basis::ToolSays, [listed.span()])),
        };
    } else if let Some(chain) = field(details, "chain").filter(|chain| chain.kind() == json::Kind::Object) {
        chains.presented.extend(in_place(details, chain, diagnostics));
        let gap = Gap::new(GapReason::NotReportedByFormat, "API v2 of SSL Labs shows one chain of each endpoint");
        chains.rest = Rest::Gap(gap.at([chain.span()]));
    }
    chains
}

/// A chain of v3 and later.
fn by_ids<'d>(
    chain: json::Value<'d>,
    certificates: &mut Certificates<'d>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Presented {
    let ids = list(chain, "certIds");
    let mut leaf = None;
    let mut shown = Vec::new();
    for (position, id) in ids.into_iter().flat_map(json::Value::elements).enumerate() {
        let (certificate, listed) = certificates.find(id, diagnostics);
        if position == 0 {
            leaf = listed;
        }
        shown.push(certificate);
    }
    presented(shown, ids.unwrap_or(chain), trust(chain, leaf, list(chain, "trustPaths")))
}

/// The chain of v2: certificates in place, and what is said of the leaf beside them.
fn in_place(details: json::Value<'_>, chain: json::Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Presented> {
    let leaf = field(details, "cert");
    let certificates = list(chain, "certs");
    let mut shown: Vec<Certificate> = certificates
        .into_iter()
        .flat_map(json::Value::elements)
        .map(|certificate| decoded(certificate, diagnostics))
        .collect();
    if let (Some(Certificate::Reported(first)), Some(leaf)) = (shown.first_mut(), leaf) {
        **first = reported(leaf, field(details, "key").unwrap_or(leaf));
    }
    if shown.is_empty() {
        shown.push(Certificate::Reported(Box::new(reported(leaf?, field(details, "key").unwrap_or(leaf?)))));
    }
    Some(presented(shown, certificates.unwrap_or(chain), trust(chain, leaf, None)))
}

fn presented(certificates: Vec<Certificate>, place: json::Value<'_>, tool_trust: Observed<ToolTrust>) -> Presented {
    let all = !certificates.is_empty() && certificates.iter().all(|shown| matches!(shown, Certificate::Der(_)));
    let rest = if all && place.is_complete() {
        Rest::Complete(Fact::new(true, Basis::Wire, [place.span()]))
    } else {
        let detail = "the bytes of the certificates of the chain are not all there";
        Rest::Gap(Gap::new(GapReason::Truncated, detail).at([place.span()]))
    };
    Presented {
        certificates,
        rest,
        possession: Observed::missing(
            GapReason::NotReportedByFormat,
            "SSL Labs does not say that the handshake was verified",
        ),
        tool_trust,
    }
}

fn decoded(certificate: json::Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Certificate {
    let raw = field(certificate, "raw").filter(|raw| raw.as_str().is_some_and(|text| !text.trim().is_empty()));
    let Some(raw) = raw.and_then(whole) else {
        return Certificate::Reported(Box::new(reported(certificate, certificate)));
    };
    let place = raw.span();
    match pem::decode_text(&raw.as_str().unwrap_or_default()) {
        Ok(der) => {
            let der = Der::new(der);
            match der.parsed() {
                Ok(parsed) => note_problems(parsed, place, diagnostics),
                Err(error) => diagnostics.push(
                    Diagnostic::error(Code::InvalidCertificate, format!("the certificate cannot be read: {error}"))
                        .at(place),
                ),
            }
            let computed = der.sha256();
            let stated = text(certificate, "sha256Hash").filter(|stated| !stated.is_empty());
            if let Some(stated) = stated.filter(|stated| !stated.eq_ignore_ascii_case(computed)) {
                diagnostics.push(
                    Diagnostic::warning(
                        Code::ContradictoryInput,
                        format!("the report states the fingerprint {stated}, but the certificate in it has {computed}"),
                    )
                    .at(place),
                );
            }
            Certificate::Der(Fact::new(der, Basis::Wire, [place]))
        }
        Err(message) => {
            diagnostics.push(Diagnostic::error(Code::InvalidPem, format!("`raw`: {message}")).at(place));
            Certificate::Reported(Box::new(reported(certificate, certificate)))
        }
    }
}

/// What is said of a certificate whose bytes are not there; v2 keeps its key apart.
fn reported(certificate: json::Value<'_>, key: json::Value<'_>) -> ReportedCertificate {
    let said = |value: Option<json::Value<'_>>| {
        let value = value?;
        Some(Fact::new(whole(value)?.as_str()?.into_owned(), Basis::ToolSays, [value.span()]))
    };
    let bits = ["keySize", "size"].into_iter().find_map(|name| number(key, name));
    let bits = bits.and_then(|(bits, words)| Some((u32::try_from(bits).ok().filter(|bits| *bits > 0)?, words)));
    let end = field(certificate, "notAfter");
    let mismatch = number(certificate, "issues").map(|(issues, words)| (issues & HOSTNAME_MISMATCH != 0, words));
    ReportedCertificate {
        sha256: said(field(certificate, "sha256Hash")).map(|fact| fact.map(fact.value.to_ascii_lowercase())),
        common_name: said(list(certificate, "commonNames").and_then(|names| names.elements().next())),
        key_algorithm: said(field(key, "keyAlg").or_else(|| field(key, "alg"))),
        key_bits: bits.map(|(bits, words)| Fact::new(bits, Basis::ToolSays, [words])),
        not_after: end.and_then(|value| Some(Fact::new(instant(value)?, Basis::ToolSays, [value.span()]))),
        names_host: mismatch
            .filter(|(mismatch, _)| *mismatch)
            .map(|(_, words)| Fact::new(false, Basis::ToolSays, [words])),
        words: vec![certificate.span()],
    }
}

/// Untrusted where the leaf or the chain has an issue that says so, or where no store trusts any path.
fn trust(chain: json::Value<'_>, leaf: Option<json::Value<'_>>, paths: Option<json::Value<'_>>) -> Observed<ToolTrust> {
    let known = |trusted, reason: String, words: Span| {
        Observed::Known(Fact::new(ToolTrust { trusted, reason }, Basis::ToolSays, [words]))
    };
    if let Some((issues, words)) = leaf.and_then(|leaf| number(leaf, "issues")) {
        let found: Vec<&str> = ISSUES.iter().filter(|(bit, _)| issues & bit != 0).map(|(_, said)| *said).collect();
        if !found.is_empty() {
            return known(false, format!("SSL Labs finds the certificate {}", found.join(", ")), words);
        }
    }
    if let Some((_, words)) = number(chain, "issues").filter(|(issues, _)| issues & INCOMPLETE != 0) {
        return known(false, "the chain is incomplete: certificates had to be added from elsewhere".to_owned(), words);
    }
    let mut stores: Map<String, bool> = Map::new();
    for path in paths.into_iter().flat_map(json::Value::elements) {
        for trust in list(path, "trust").into_iter().flat_map(json::Value::elements) {
            let store = text(trust, "rootStore").unwrap_or_else(|| "a store without a name".to_owned());
            let trusts = flag(trust, "isTrusted").is_some_and(|(trusted, _)| trusted);
            stores.update(store, || false, |trusted| *trusted |= trusts);
        }
    }
    let words = paths.unwrap_or(chain).span();
    let names = |trusted: bool| -> String {
        let of: Vec<&str> = stores.iter().filter(|(_, is)| **is == trusted).map(|(name, _)| name.as_str()).collect();
        of.join(", ")
    };
    match (stores.values().any(|trusted| *trusted), stores.values().any(|trusted| !trusted)) {
        (false, false) => {
            Observed::missing(GapReason::NotReportedByFormat, "whether SSL Labs trusts the chain is not stated")
        }
        (true, false) => known(true, format!("trusted with the stores {}", names(true)), words),
        (false, true) => known(false, format!("not trusted with the stores {}", names(false)), words),
        (true, true) => Observed::NotObserved(
            Gap::new(GapReason::Failed, format!("trusted with the stores {}, not with {}", names(true), names(false)))
                .at([words]),
        ),
    }
}
