//! `key-algorithm-not-listed`: every key is of a kind that the policy lists.

use serde::Serialize;

use super::certificates::{called, each_certificate, unreadable};
use super::demands::baseline;
use super::{About, Context, Draft, Findings, OPENSSL, OPENSSL_WITHOUT_NAME, Parameters, Rule, Subject, TESTSSL};
use crate::evaluate::sentence;
use crate::evidence::{Basis, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::key::{Curve, KeyAlgorithm};
use crate::settings::Members;

/// See [`Rule::ABOUT`].
pub(super) struct KeyAlgorithmNotListed;

/// The kinds of key that may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Params {
    listed: Vec<String>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("listed", &mut self.listed);
    }
}

impl Default for Params {
    /// Those of the Baseline Requirements.
    fn default() -> Self {
        Self { listed: ["RSA", "P-256", "P-384", "P-521"].map(str::to_owned).into() }
    }
}

impl Rule for KeyAlgorithmNotListed {
    type Params = Params;

    const ABOUT: About = About {
        id: "key-algorithm-not-listed",
        title: "keys of the listed kinds",
        checks: "Whether the key of every certificate is of a kind that the policy lists: RSA, a curve by its name such as P-256, \
                 RSA-PSS, Ed25519, Ed448, ML-DSA-44 and the like. How long it is, is the matter of other rules.",
        why: "Keys of other kinds were not weighed by whoever wrote the list, and many clients cannot verify them.",
        fix: &[(
            "any",
            "make a key of a listed kind (openssl ecparam -name prime256v1 -genkey) and have a certificate issued",
        )],
        citations: &[baseline("section 6.1.5: RSA, or ECDSA on NIST P-256, P-384 or P-521; no other keys")],
        effective: "2012-07-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(params: &Params, _: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let list = params.listed.iter().map(String::as_str).gathered().join(", ");
        each_certificate(subject, &format!("a key of these kinds: {list}"), findings, &|certificate| {
            let Some(Ok(key)) = certificate.decoded().map(|parsed| &parsed.key) else {
                return unreadable(certificate, "its key");
            };
            let kind = match &key.algorithm {
                KeyAlgorithm::Ec(Curve::Named { oid, name }) => name.map_or_else(|| oid.clone(), str::to_owned),
                other => other.to_string(),
            };
            let is_listed = params.listed.contains(&kind);
            if is_listed && key.problem.is_some() {
                return unreadable(certificate, "its key");
            }
            let who = called(certificate);
            let draft = if is_listed {
                Draft::pass(sentence(&format!("{who} has a key of the kind {kind}, which is listed")))
            } else {
                Draft::fail(sentence(&format!("{who} has a key of the kind {kind}; these are listed: {list}")))
            };
            draft.certificate(certificate, &kind).basis(Basis::Computed)
        });
    }
}
