//! `ssl-cert`: the leaf as PEM, and its description. nmap writes `&#45;` for every second `-`.

use super::{elems, tables};
use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Certificate, Der, Fact, Gap, GapReason, Observed, Presented, ReportedCertificate, Rest};
use crate::formats::stated::{contradiction, shown};
use crate::formats::xml::{Element, Text};
use crate::pki::pem;

/// The chains of these scripts: of each the leaf.
pub(super) fn chains(scripts: &[Element<'_>], diagnostics: &mut Vec<Diagnostic>) -> Vec<Presented> {
    let mut chains: Vec<Presented> = Vec::new();
    for script in scripts {
        let described = described(*script);
        let is_described =
            described.common_name.is_some() || described.key_bits.is_some() || described.not_after.is_some();
        let mut is_shown = false;
        for text in elems(*script, "pem") {
            match pem::decode_text(&text.value) {
                Ok(der) => {
                    let der = Der::new(der);
                    let contradiction = contradiction(&described, &der);
                    is_shown = contradiction.is_none();
                    diagnostics.extend(contradiction);
                    chains.push(presented(shown(der, text.span, diagnostics)));
                }
                Err(message) => {
                    diagnostics.push(Diagnostic::error(Code::InvalidPem, format!("`pem`: {message}")).at(text.span))
                }
            }
        }
        if !is_shown && is_described {
            chains.push(presented(Certificate::Reported(Box::new(described))));
        }
    }
    chains
}

fn presented(certificate: Certificate) -> Presented {
    Presented {
        certificates: vec![certificate],
        rest: Rest::Gap(Gap::new(GapReason::NotReportedByFormat, "nmap shows the leaf alone")),
        possession: Observed::missing(
            GapReason::NotReportedByFormat,
            "nmap does not say that the handshake was verified",
        ),
        tool_trust: Observed::missing(GapReason::NotAttempted, "nmap does not look whether the chain is trusted"),
    }
}

fn described(script: Element<'_>) -> ReportedCertificate {
    let fact = |text: Text<'_>| Fact::new(text.value.into_owned(), Basis::ToolSays, [text.span]);
    let within = |name, key| tables(script, name).flat_map(move |found| elems(found, key)).next();
    let family = within("pubkey", "type").and_then(|text| {
        let name = match text.value.as_ref() {
            "rsa" => "RSA",
            "ec" => "EC",
            "dsa" => "DSA",
            _ => return None,
        };
        Some(Fact::new(name.to_owned(), Basis::ToolSays, [text.span]))
    });
    let number = |text: Text<'_>| Some(Fact::new(text.value.parse().ok()?, Basis::ToolSays, [text.span]));
    // In UTC, without saying so.
    let end = |text: Text<'_>| Some(Fact::new(format!("{}Z", text.value).parse().ok()?, Basis::ToolSays, [text.span]));
    ReportedCertificate {
        sha256: elems(script, "sha256").next().map(|text| {
            let digits = text.value.chars().filter(|c| !c.is_whitespace() && *c != ':').collect::<String>();
            Fact::new(digits.to_ascii_lowercase(), Basis::ToolSays, [text.span])
        }),
        common_name: within("subject", "commonName").map(fact),
        key_algorithm: family,
        key_bits: within("pubkey", "bits").and_then(number),
        not_after: within("validity", "notAfter").and_then(end),
        words: vec![script.opening()],
        ..ReportedCertificate::default()
    }
}
