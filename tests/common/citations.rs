//! What every finding cites: words that are there, and gaps where nothing was decided.

use intransit::policy::PACKS;
use intransit::report::Outcome;
use intransit::source::Span;

use super::read::{judge, text};

/// By every pack, on each of these reports.
pub(crate) fn hold(names: &[String]) {
    for name in names {
        let text = text(name);
        for pack in PACKS {
            for finding in judge(&text, pack.id).findings {
                let decided = matches!(finding.outcome, Outcome::Pass | Outcome::Fail);
                let declared = finding.rule == "evidence-too-old";
                assert!(!decided || declared || !finding.evidence.is_empty(), "{name}: {}", finding.id);
                assert!(decided || finding.outcome == Outcome::NotApplicable || !finding.gaps.is_empty(), "{name}");
                let words = |span: &Span| text.get(span.start as usize..span.end as usize);
                assert!(finding.evidence.iter().all(|cited| words(&cited.span).is_some_and(|words| !words.is_empty())));
            }
        }
    }
}
