//! What `cipher-below-256-bits` and `cipher-below-128-bits` share: they differ in their bound alone.

use super::answers::DISAGREE;
use super::suites::judge_suites;
use super::{Draft, Findings, Subject};
use crate::evidence::{Basis, Gap, GapReason, SuiteClass};

/// Kinds of suites that tools test as a whole, the most bits that one of the kind can have, and the words for them.
const CLASSES: [(SuiteClass, u16, &str); 4] = [
    (SuiteClass::Null, 0, "suites without encryption"),
    (SuiteClass::Export, 56, "export suites"),
    (SuiteClass::Low, 128, "suites with DES, RC2, RC4 or MD5"),
    (SuiteClass::TripleDesOrIdea, 128, "suites with 3DES or IDEA"),
];

/// Judges the accepted suites by the size of their keys.
pub(super) fn check(bits: u16, subject: &Subject<'_>, findings: &mut Findings) {
    let Some(dossier) = subject.endpoint() else { return };
    let mut judged = judge_suites(dossier, &|info| {
        (info.key_bits < bits).then(|| match info.key_bits {
            0 => "no encryption".to_owned(),
            has => format!("{has} bits"),
        })
    });
    let mut whole = Vec::new();
    for (class, most, words) in CLASSES {
        for fact in dossier.suite_class(class).filter(|fact| fact.value && judged.offending.is_empty()) {
            if most < bits {
                whole.push((fact, words));
            } else {
                let gap = Gap::new(GapReason::NotReportedByFormat, format!("{words} are offered, and not named"));
                judged.gaps.push(gap.at(fact.words.iter().copied()));
            }
        }
    }
    let draft = if whole.is_empty() {
        judged.settled(
            &format!("Suites below {bits} bits are accepted"),
            &format!("Every accepted suite has at least {bits} bits."),
            &format!("Whether suites below {bits} bits are accepted is not known."),
        )
    } else {
        let mut names: Vec<&str> = whole.iter().map(|(_, words)| *words).collect();
        names.dedup();
        let mut draft = Draft::fail(format!("Suites below {bits} bits are accepted: {}.", names.join(", ")));
        for (fact, words) in &whole {
            draft = draft.cite(&fact.words, &format!("{words} are offered")).basis(Basis::ToolSays);
        }
        let mut denied = false;
        for (class, _, words) in CLASSES.into_iter().filter(|(.., words)| names.contains(words)) {
            for fact in dossier.suite_class(class).filter(|fact| !fact.value) {
                draft = draft.cite(&fact.words, &format!("{words} are not offered"));
                denied = true;
            }
        }
        if denied {
            draft.summary.push_str(DISAGREE);
        }
        draft.gaps(judged.gaps)
    };
    findings.add(draft.required(format!("at least {bits} bits in every accepted suite")));
}
