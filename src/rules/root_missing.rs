//! `root-missing`: every chosen store has the root CA that the chain needs.

use serde::Serialize;

use super::certificates::{called, not_all_shown, other_chains};
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, STORES, Subject};
use crate::acceptance::acceptances;
use crate::evaluate::sentence;
use crate::evidence::{Basis, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::path::{ChainAnswer, TrustStore};
use crate::policy::Level;
use crate::report::Acceptance;
use crate::settings::Members;

/// See [`Rule::ABOUT`].
pub(super) struct RootMissing;

/// What a policy can set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    /// Names of stores, as they were chosen, whose machines get no roots by themselves.
    automatic_update_off: Vec<String>,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("automaticUpdateOff", &mut self.automatic_update_off);
    }
}

impl Rule for RootMissing {
    type Params = Params;

    const ABOUT: About = About {
        id: "root-missing",
        title: "the root CA in every chosen store",
        checks: "Where several stores were chosen (`--roots` more than once), or a listing of thumbprints: whether each store, \
                 besides the first, has the root CA that the chain is verified up to. A store that lacks it is a should-fix, \
                 because Windows fetches roots of its program by itself; a must-fix where the policy names the store in \
                 `automaticUpdateOff`. A root that nobody shows, or a listing that was cut, leaves it unknown. What the first \
                 store says of the chain is `chain-unproven`. This rule judges whenever stores are there to be judged, at level \
                 `error` unless the policy sets another.",
        why: "A client that lacks the root refuses the connection, or the mail waits: `454 4.7.5` where certificates are \
              validated. Machines without automatic updates of their roots meet this first.",
        fix: &[
            (
                "Windows",
                "see how far the chain gets: `certutil -verify -urlfetch CERT` with the server's certificate in the file CERT; \
                 `certutil -verifyctl AuthRoot` shows whether the list of roots can be fetched",
            ),
            (
                "Windows",
                "look for the root in the machine's store: run `certlm.msc` (`certmgr.msc` shows the user's), Trusted Root \
                 Certification Authorities, Certificates. To add it, get the certificate from its CA, compare the SHA-256 with \
                 the one in the report, and import it there or by group policy",
            ),
            ("Java", "after comparing the SHA-256: `keytool -importcert -cacerts -alias NAME -file ROOT.pem`"),
            ("any", "or use a certificate whose root CA the clients have; the table of stores shows which have it"),
        ],
        citations: &[Clause {
            document: "Microsoft, How Exchange Online uses TLS to secure email connections",
            clause: "prepare for the new certificate: where Windows Update cannot update root certificates, confirm that the \
                     root CA certificate is installed",
            url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
            date: "2018-08-02",
        }],
        effective: "2018-09-03",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[STORES],
    };

    fn check(params: &Params, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let stores: Vec<&TrustStore> = context.roots.iter().copied().chain(context.further_roots).gathered();
        let judged = |position: usize, store: &TrustStore| position > 0 || store.listing.is_some();
        if !stores.iter().enumerate().any(|(position, store)| judged(position, store)) {
            return;
        }
        for (position, chain) in subject.chains().iter().enumerate() {
            let Some(leaf) = chain.leaf() else { continue };
            let proofs: Vec<Option<&ChainAnswer>> = context.answers(position);
            let answers = acceptances(chain, subject.endpoint().is_some(), &stores, &proofs);
            for (_, answer) in
                answers.iter().enumerate().filter(|(at, _)| stores.get(*at).is_some_and(|store| judged(*at, store)))
            {
                let who = called(leaf);
                let store = &answer.store;
                let draft = match (answer.acceptance, &answer.missing_root) {
                    (Acceptance::Accepts, _) => Draft::pass(sentence(&format!(
                        "the store `{store}` has the root CA of {who}: {}",
                        answer.words
                    ))),
                    (Acceptance::Refuses, Some(_)) => Draft::fail(sentence(&format!(
                        "the store `{store}` does not accept the chain of {who}: {}",
                        answer.words
                    ))),
                    _ => {
                        let summary = format!("whether the store `{store}` has the root CA of {who} is not known");
                        Draft::unknown(sentence(&summary), vec![Gap::new(GapReason::NotStated, answer.words.clone())])
                    }
                };
                let is_off = params.automatic_update_off.contains(store);
                let level = if is_off { Level::Error } else { Level::Warning };
                findings.add(
                    draft
                        .certificate(leaf, "its chain needs the root CA")
                        .basis(Basis::Computed)
                        .level(level)
                        .required(format!("the root CA of the chain in the store `{store}`")),
                );
            }
        }
        not_all_shown(other_chains(subject), "the root CA of every chain in every chosen store", findings);
    }
}
