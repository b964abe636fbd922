//! What a rule finds, before the policy's level and the subject's name are put to it.

use std::borrow::Cow;

use crate::evidence::{Basis, CertificateView, Gap, GapReason};
use crate::policy::Level;
use crate::report::{Cited, Outcome};
use crate::source::Span;

/// Collects what a rule finds on one subject.
#[derive(Debug, Default)]
pub struct Findings {
    pub(crate) drafts: Vec<Draft>,
}

impl Findings {
    /// Adds one. A pass that rests on nothing but a tool's word becomes unknown: see [`Basis::ToolSays`].
    pub fn add(&mut self, mut draft: Draft) {
        if draft.outcome == Outcome::Pass && draft.basis == Some(Basis::ToolSays) {
            draft.outcome = Outcome::Unknown;
            draft.summary = format!("Not proven, though the scanner says: {}", draft.summary);
            draft.gaps.push(Gap::new(
                GapReason::NotReportedByFormat,
                "only the scanner's conclusion is there; it may fail a rule, never pass one",
            ));
        }
        self.drafts.push(draft);
    }
}

/// A finding before the policy's level and the subject's name are put to it.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(crate) outcome: Outcome,
    pub(crate) summary: String,
    pub(crate) required: String,
    pub(crate) facet: Option<Cow<'static, str>>,
    pub(crate) level: Option<Level>,
    pub(crate) certificate: Option<String>,
    pub(crate) basis: Option<Basis>,
    pub(crate) evidence: Vec<Cited>,
    pub(crate) gaps: Vec<Gap>,
}

impl Draft {
    fn new(outcome: Outcome, summary: impl Into<String>) -> Self {
        Self {
            outcome,
            summary: summary.into(),
            required: String::new(),
            facet: None,
            level: None,
            certificate: None,
            basis: None,
            evidence: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// It holds. Cite what shows it.
    pub fn pass(summary: impl Into<String>) -> Self {
        Self::new(Outcome::Pass, summary)
    }

    /// It does not hold. Cite what shows it.
    pub fn fail(summary: impl Into<String>) -> Self {
        Self::new(Outcome::Fail, summary)
    }

    /// It is not decided. Give the gaps.
    pub fn unknown(summary: impl Into<String>, gaps: Vec<Gap>) -> Self {
        Self { gaps, ..Self::new(Outcome::Unknown, summary) }
    }

    /// The rule does not speak of this subject.
    pub fn not_applicable(summary: impl Into<String>) -> Self {
        Self::new(Outcome::NotApplicable, summary)
    }

    /// What the policy requires.
    #[must_use]
    pub fn required(mut self, required: impl Into<String>) -> Self {
        self.required = required.into();
        self
    }

    /// Which part of the rule this is.
    #[must_use]
    pub fn facet(mut self, facet: impl Into<Cow<'static, str>>) -> Self {
        self.facet = Some(facet.into());
        self
    }

    /// A weight other than the rule's own, such as that of one facet.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// The certificate that it is about; its words are cited.
    #[must_use]
    pub fn certificate(mut self, certificate: &CertificateView<'_>, observed: &str) -> Self {
        self.certificate.clone_from(&certificate.sha256);
        self.cite(certificate.words(), observed)
    }

    /// Words that it rests on.
    #[must_use]
    pub fn cite(mut self, words: &[Span], observed: &str) -> Self {
        self.evidence.extend(words.iter().map(|span| Cited { span: *span, observed: observed.to_owned() }));
        self
    }

    /// What it rests on; the weakest one is kept.
    #[must_use]
    pub fn basis(mut self, basis: Basis) -> Self {
        self.basis = Some(self.basis.map_or(basis, |known| known.max(basis)));
        self
    }

    /// What was not shown besides.
    #[must_use]
    pub fn gaps(mut self, gaps: Vec<Gap>) -> Self {
        self.gaps = gaps;
        self
    }
}
