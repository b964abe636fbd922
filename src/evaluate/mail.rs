//! What predictions of mail flow are made from: the services with their proofs, and the certificates found to be revoked.

use super::{Clock, Named};
use crate::evidence::Merged;
use crate::gathered::Gathered;
use crate::mail_flow::{Seen, Shown, mail_forecast};
use crate::policy::Policy;
use crate::report::{Finding, MailForecast, Outcome};

/// The predictions of a report.
pub(super) fn forecast<'a>(
    merged: &'a Merged<'a>,
    policy: &'a Policy,
    subjects: &'a [Named<'a>],
    findings: &'a [Finding],
    clock: Clock,
) -> Option<MailForecast> {
    let seen = |named: &'a Named<'a>| Some(Seen { dossier: named.subject.endpoint()?, proofs: &named.proofs });
    let is_revoked = |finding: &&Finding| finding.rule == "certificate-revoked" && finding.outcome == Outcome::Fail;
    let revoked = findings.iter().filter(is_revoked).filter_map(|finding| finding.subject.certificate.as_deref());
    let (seen, revoked) = (subjects.iter().filter_map(seen).gathered(), revoked.gathered());
    mail_forecast(&Shown { merged, policy, seen, revoked, clock })
}
