//! `plaintext-service`: the service encrypts at all.

use super::answers::{DISAGREE, answers};
use super::{About, Clause, Context, Draft, Findings, NoParams, OPENSSL, Rule, Subject, TESTSSL};
use crate::evidence::{
    Dossier, Fact, FeatureName, Gap, GapReason, Observed, StartTls, SubjectKind, TlsSupport, Transport,
};
use crate::policy::Level;

/// See [`Rule::ABOUT`].
pub(super) struct PlaintextService;

impl Rule for PlaintextService {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "plaintext-service",
        title: "a service that encrypts",
        checks: "Whether TLS answers on the port, or the application protocol advertises STARTTLS. A port that does not answer, \
                 and a rate limit, leave the rule unknown. Where `intransit-probe scan --enforced` asked a mail server, whether \
                 it takes mail before TLS as well, at should-fix: mail from anywhere may have to come in so.",
        why: "What is sent in the clear is read and changed by everyone on the way. Where STARTTLS is missing, Exchange Online \
              delivers in the clear unless a connector forces TLS.",
        fix: &[
            ("nginx", "listen 443 ssl; with ssl_certificate and ssl_certificate_key"),
            ("Apache", "SSLEngine on with SSLCertificateFile and SSLCertificateKeyFile"),
            ("Postfix", "smtpd_tls_security_level = may (or encrypt) with smtpd_tls_chain_files"),
            (
                "Exchange / Schannel",
                "Enable-ExchangeCertificate -Services SMTP; a firewall that rewrites SMTP may hide STARTTLS: switch that off",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Office 365 encryption for data in transit",
                clause: "all customer-facing servers negotiate a secure session using TLS",
                url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
                date: "undated",
            },
            Clause {
                document: "Microsoft, How Exchange Online uses TLS to secure email connections",
                clause: "mail is sent unencrypted if the recipient does not support TLS; that is not recommended",
                url: "https://learn.microsoft.com/purview/exchange-online-uses-tls-to-secure-email-connections",
                date: "2018-08-02",
            },
            Clause {
                document: "RFC 3207",
                clause: "section 4: the STARTTLS command",
                url: "https://www.rfc-editor.org/rfc/rfc3207#section-4",
                date: "2002-02",
            },
        ],
        effective: "2018-08-02",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL, OPENSSL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let mut answers = answers(dossier, |endpoint| &endpoint.tls);
        let seen = |support| match support {
            TlsSupport::Available => "TLS answered",
            TlsSupport::NotAvailable => "the service speaks, but not TLS",
            TlsSupport::StartTlsNotAdvertised => "STARTTLS is not advertised",
        };
        let is_plain = answers.facts.iter().any(|fact| fact.value != TlsSupport::Available);
        let cited = |draft: Draft| {
            [false, true].into_iter().fold(draft, |draft, available| {
                let facts = answers.facts.iter().filter(|fact| (fact.value == TlsSupport::Available) == available);
                facts.fold(draft, |draft, fact| draft.cite(&fact.words, seen(fact.value)).basis(fact.basis))
            })
        };
        let draft = if is_plain {
            let without_starttls = answers.facts.iter().any(|fact| fact.value == TlsSupport::StartTlsNotAdvertised);
            let support = if without_starttls { TlsSupport::StartTlsNotAdvertised } else { TlsSupport::NotAvailable };
            let disagreed = answers.facts.iter().any(|fact| fact.value == TlsSupport::Available);
            let note = if disagreed { DISAGREE } else { "" };
            cited(Draft::fail(format!("The service does not encrypt: {}.{note}", seen(support))))
        } else if answers.facts.is_empty() {
            if answers.gaps.is_empty() {
                answers.gaps.push(Gap::new(GapReason::NotAttempted, "whether the service encrypts was not tested"));
            }
            Draft::unknown("Whether the service encrypts is not known.", answers.gaps)
        } else {
            cited(Draft::pass("The service encrypts: TLS answered."))
        };
        findings.add(draft.required("TLS from the first byte or by STARTTLS"));
        if let Some(draft) = before_tls(dossier) {
            findings.add(draft);
        }
    }
}

/// A server that was asked to take a message before TLS. Nobody asks that by the way: of the others nothing is said.
fn before_tls(dossier: &Dossier<'_>) -> Option<Draft> {
    if dossier.key.transport != Transport::StartTls(StartTls::Smtp) || dossier.is_sibling_without_server_name {
        return None;
    }
    let asked = dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.features);
    let asked = asked.filter(|feature| feature.name == FeatureName::TlsBeforeMail);
    let mut insists = Vec::new();
    let mut takes = Vec::new();
    let mut gaps = Vec::new();
    for feature in asked {
        match &feature.offered {
            Observed::Known(fact) if fact.value => insists.push(fact),
            Observed::Known(fact) => takes.push(fact),
            Observed::NotObserved(gap) => gaps.push(gap.clone()),
        }
    }
    let cite = |draft: Draft, facts: &[&Fact<bool>], seen: &str| {
        facts.iter().fold(draft, |draft, fact| draft.cite(&fact.words, seen).basis(fact.basis))
    };
    let draft = if !takes.is_empty() {
        let note = if insists.is_empty() { "" } else { DISAGREE };
        let fail = Draft::fail(format!("The server takes mail in clear text.{note}"));
        cite(cite(fail, &takes, "MAIL FROM was taken before TLS"), &insists, "MAIL FROM was refused before TLS")
    } else if !insists.is_empty() {
        cite(Draft::pass("The server takes mail by TLS only."), &insists, "MAIL FROM was refused before TLS")
    } else if !gaps.is_empty() {
        Draft::unknown("Whether the server takes mail in clear text is not known.", gaps)
    } else {
        return None;
    };
    Some(draft.facet("before-tls").level(Level::Warning).required("TLS before MAIL FROM"))
}
