//! What was said of revocation, read from JSON.

use super::values::{Fields, Problem, Read, choice, fact, flag, text};
use super::{der, endpoint};
use crate::evidence::{Fetch, ReportedRevocation, Revocation, RevocationEvidence};
use crate::formats::json::Value;

pub(super) fn revocation(value: Value<'_>) -> Read<Revocation> {
    let fields = Fields::of(value, &["endpoint", "said"])?;
    Ok(Revocation { endpoint: fields.optional("endpoint", endpoint::key)?, said: said(fields.required("said")?)? })
}

fn said(value: Value<'_>) -> Read<RevocationEvidence> {
    let (name, inner) = choice(value)?;
    match name.as_ref() {
        "crl" => Ok(RevocationEvidence::Crl(fact(inner, &der)?)),
        "ocspResponse" => Ok(RevocationEvidence::OcspResponse(fact(inner, &der)?)),
        "stapled" => Ok(RevocationEvidence::Stapled(fact(inner, &flag)?)),
        "reported" => Ok(RevocationEvidence::Reported(Box::new(reported(inner)?))),
        _ => Err(Problem { at: value.span(), expected: "`crl`, `ocspResponse`, `stapled` or `reported`" }),
    }
}

fn reported(value: Value<'_>) -> Read<ReportedRevocation> {
    let fields = Fields::of(value, &["serial", "revoked", "fetches", "words"])?;
    let fetch = |value| {
        let fields = Fields::of(value, &["url", "outcome", "usable"])?;
        Ok(Fetch {
            url: text(fields.required("url")?)?,
            outcome: fact(fields.required("outcome")?, &text)?,
            usable: fields.optional("usable", flag)?,
        })
    };
    Ok(ReportedRevocation {
        serial: fields.optional("serial", |value| fact(value, &text))?,
        revoked: fields.optional("revoked", |value| fact(value, &flag))?,
        fetches: fields.list("fetches", &fetch)?,
        words: fields.words().into_iter().collect(),
    })
}
