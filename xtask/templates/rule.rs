//! `@ID@`: what must hold, in one sentence.

use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject, TESTSSL};
use crate::evidence::{Gap, GapReason, SubjectKind};

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
        citations: &[Clause { document: "", clause: "", url: "https://", date: "" }],
        effective: "",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(_: &NoParams, _: &Context, _: &Subject<'_>, findings: &mut Findings) {
        let gap = Gap::new(GapReason::Unsupported, "the rule looks at nothing yet");
        findings.add(Draft::unknown("Whether it holds is not known.", vec![gap]).required(Self::ABOUT.title));
    }
}
