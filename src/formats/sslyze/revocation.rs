//! What is said of revocation: sslyze asks for an OCSP response with every chain, and writes what it says, not its bytes.
//! It is null where none came, and behind an HTTP proxy, which does not hand it on.

use super::command::Commands;
use crate::evidence::{Basis, Endpoint, Fact, ReportedRevocation, RevocationEvidence, Subject};
use crate::formats::json::{Kind, Value};
use crate::formats::revocation::{must_staple, subject};
use crate::formats::service::whole;

/// What the chains of a target say of the revocation of an endpoint's certificates.
pub(super) fn subjects(commands: Commands<'_>, is_proxied: bool, endpoint: &Endpoint) -> Vec<Subject> {
    let mut found = Vec::new();
    let Ok(completed) = commands.completed("certificate_info") else { return found };
    let deployments = completed.result.get("certificate_deployments");
    for response in deployments.into_iter().flat_map(Value::elements).filter_map(|one| whole(one.get("ocsp_response")?))
    {
        let is_stapled = match response.kind() {
            Kind::Null if !is_proxied => false,
            Kind::Object => true,
            _ => continue,
        };
        let mut add = |said| found.push(subject(Some(endpoint.key.clone()), said));
        if must_staple(endpoint) {
            add(RevocationEvidence::Stapled(Fact::new(is_stapled, Basis::Wire, [response.span()])));
        }
        let status = response.get("certificate_status").and_then(whole);
        if let Some(status) = status.filter(|status| status.as_str().is_some_and(|word| word == "REVOKED")) {
            add(RevocationEvidence::Reported(Box::new(ReportedRevocation {
                revoked: Some(Fact::new(true, Basis::ToolSays, [status.span()])),
                words: vec![response.span()],
                ..ReportedRevocation::default()
            })));
        }
    }
    found
}
