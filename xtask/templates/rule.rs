//! `@ID@`: what must hold, in one sentence.

use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;

/// See [`Rule::ABOUT`].
pub(super) struct @NAME@;

impl Rule for @NAME@ {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "@ID@",
        title: "",
        checks: "",
        why: "",
        fix: &[("any", "")],
        citations: &[Clause { document: "", clause: "", url: "", date: "" }],
        effective: "",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(_dossier) = subject.endpoint() else { return };
        findings.add(Draft::unknown("", Vec::new()).required(""));
    }
}
