//! `broken-cipher`: no suite is accepted whose encryption or authentication is void or broken.

use super::answers::DISAGREE;
use super::suites::judge_suites;
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject, TESTSSL};
use crate::evidence::{Basis, SubjectKind, SuiteClass};

/// See [`Rule::ABOUT`].
pub(super) struct BrokenCipher;

/// Kinds of suites that tools test as a whole, and the words for them.
const CLASSES: [(SuiteClass, &str); 5] = [
    (SuiteClass::Null, "suites without encryption"),
    (SuiteClass::Anonymous, "suites without authentication"),
    (SuiteClass::Export, "export suites"),
    (SuiteClass::Low, "suites with DES, RC2, RC4 or MD5"),
    (SuiteClass::TripleDesOrIdea, "suites with 3DES or IDEA"),
];

impl Rule for BrokenCipher {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "broken-cipher",
        title: "no broken cipher",
        checks: "Whether a suite is accepted that does not encrypt (NULL), does not authenticate (anon), has export strength, \
                 or uses RC2, RC4, DES, 3DES or another cipher with 64-bit blocks.",
        why: "Null suites send everything in the clear; anonymous ones encrypt to whoever answers; export keys and DES are \
              broken by brute force; RC4 and 64-bit blocks (SWEET32) leak what is sent again and again, such as cookies and \
              passwords.",
        fix: &[
            ("nginx", "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;"),
            ("Apache", "SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20"),
            ("Postfix", "smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, LOW, 3DES, RC4, DES, MD5, IDEA"),
            (
                "Exchange / Schannel",
                "Disable-TlsCipherSuite for each suite with NULL, RC4, DES or 3DES, as Get-TlsCipherSuite lists them",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 4.1: NULL, RC4, export and suites below 112 bits MUST NOT be negotiated",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.1",
                date: "2022-11",
            },
            Clause {
                document: "RFC 7465",
                clause: "section 2: RC4 MUST NOT be used",
                url: "https://www.rfc-editor.org/rfc/rfc7465#section-2",
                date: "2015-02",
            },
            Clause {
                document: "Microsoft, Technical reference details about encryption",
                clause: "3DES is not supported since 2018-10-31",
                url: "https://learn.microsoft.com/purview/technical-reference-details-about-encryption",
                date: "2018-10-31",
            },
        ],
        effective: "2018-10-31",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let required = "no NULL, anonymous, export, RC2, RC4, DES, 3DES or other 64-bit-block suite";
        let judged = judge_suites(dossier, &|info| info.is_broken().map(|weakness| weakness.words().to_owned()));
        let classes: Vec<_> = CLASSES
            .iter()
            .flat_map(|(class, words)| {
                dossier.suite_class(*class).filter(|fact| fact.value).map(move |fact| (fact, *words))
            })
            .collect();
        let draft = if !judged.offending.is_empty() || !classes.is_empty() {
            let mut said: Vec<String> = Vec::new();
            if !judged.offending.is_empty() {
                said.push(judged.offenders());
            }
            let mut draft = Draft::fail("");
            for (fact, words) in classes {
                draft = draft.cite(&fact.words, &format!("{words} are offered")).basis(Basis::ToolSays);
                if !said.iter().any(|known| known == words) {
                    said.push(words.to_owned());
                }
            }
            let denied: Vec<_> = CLASSES
                .iter()
                .filter(|(_, words)| said.iter().any(|known| known == words))
                .flat_map(|(class, words)| {
                    dossier.suite_class(*class).filter(|fact| !fact.value).map(move |fact| (fact, *words))
                })
                .collect();
            for (fact, words) in &denied {
                draft = draft.cite(&fact.words, &format!("{words} are not offered"));
            }
            let note = if denied.is_empty() { judged.note() } else { DISAGREE.to_owned() };
            draft.summary = format!("Broken suites are accepted: {}.{note}", said.join(", "));
            judged.cite_offending(draft).gaps(judged.gaps.clone())
        } else if judged.gaps.is_empty() {
            judged.cite_all(Draft::pass("No accepted suite is broken."))
        } else {
            Draft::unknown("Whether broken suites are accepted is not known.", judged.gaps)
        };
        findings.add(draft.required(required));
    }
}
