//! What a report says beside the findings on exhibits: their reach, whose word was believed, and which pack judges them.

use super::Named;
use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::policy::{Level, Policy};

/// The reach of everything that is said of mail.
const MAIL: &str = "Mail: this speaks of connections between mail servers, up to the edge of each provider. TLS protects \
a connection, not the message: whoever forwards it may send it on in the clear. What protects the message itself is \
S/MIME or Microsoft Purview Message Encryption (formerly OME)";

/// What there is to note on the subjects that were shown.
pub(super) fn notes_on(subjects: &[Named<'_>], policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    for kind in SubjectKind::EXHIBITS.iter().copied() {
        if kind.is_background() || !subjects.iter().any(|named| named.subject.kind() == kind) {
            continue;
        }
        if kind.is_of_mail() && !notes.iter().any(|note| note == MAIL) {
            notes.push(MAIL.to_owned());
        }
        if kind == SubjectKind::MailHop && !policy.own_hosts.is_empty() {
            let hosts = policy.own_hosts.iter().map(|host| format!("`{host}`")).gathered().join(", ");
            notes.push(format!("the policy believes what these hosts write into headers: {hosts}"));
        }
        let is_judged = |rule: &&crate::policy::ActiveRule| {
            let subjects = rule.entry.about.subjects;
            // A rule about everything, such as the one about age, is not about this.
            rule.level != Level::Off && subjects.contains(&kind) && subjects.len() < SubjectKind::SHOWN.len()
        };
        if !policy.rules.iter().any(|rule| is_judged(&rule)) {
            let pack = kind.pack();
            notes.push(format!("{} was shown, which this policy does not judge; `{pack}` does", kind.words()));
        }
    }
    notes
}
