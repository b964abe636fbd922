//! `delivery-refused`: no reply of a mail server says that TLS or a certificate kept a delivery from happening.

use super::certificates::called;
use super::chain_incomplete::wanted;
use super::smtp_replies::{Cause, Meaning, Source, meaning_of};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{Attribute, Basis, Exhibit, Gap, GapReason, PresentedView, SubjectKind};
use crate::gathered::Gathered;
use crate::pki::{NameMatch, match_host, parse_host};

/// See [`Rule::ABOUT`].
pub(super) struct DeliveryRefused;

impl Rule for DeliveryRefused {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "delivery-refused",
        title: "no delivery was refused for TLS",
        checks: "Each reply of a mail server in non-delivery reports, queues and logs: what its code and words mean, and which \
                 certificate or setting they point at. A reply shows that a delivery failed, and is never a pass. Beside a pasted \
                 chain it says which issuer's certificate is missing there.",
        why: "These replies are often the only trace of a certificate that was renewed on one of several servers, or of TLS that \
              something on the way takes away.",
        fix: &[
            ("UntrustedRoot", "have the receiving server send the issuers' certificates behind its own"),
            (
                "STARTTLS is required",
                "Get-ReceiveConnector | Format-List Name,AuthMechanism,TlsCertificateName on the receiving server",
            ),
            (
                "SubjectMismatch",
                "Set-OutboundConnector -TlsDomain NAME, a name in the certificate of every server of the domain",
            ),
            (
                "TenantAttribution",
                "Set-InboundConnector -TlsSenderCertificateName NAME, the name in the sender's certificate",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Non-delivery reports in Exchange Online",
                clause: "4.4.317, 4.4.8, 4.7.5, 4.7.321 to 4.7.325, 5.7.64",
                url: "https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online",
                date: "2026",
            },
            Clause {
                document: "Microsoft, Fix error code 450 4.4.317",
                clause: "UntrustedRoot: Exchange Online does not fetch intermediate certificates",
                url: "https://learn.microsoft.com/troubleshoot/exchange/email-delivery/ndr/fix-error-code-450-4-4-317-untrusted-root",
                date: "2026",
            },
            Clause {
                document: "RFC 3463",
                clause: "enhanced mail system status codes",
                url: "https://www.rfc-editor.org/rfc/rfc3463",
                date: "2003-01",
            },
        ],
        effective: "2003-01-01",
        subjects: &[SubjectKind::SmtpReply],
        decide_by: &["openssl s_client -connect HOST:25 -starttls smtp -showcerts </dev/null"],
    };

    fn check(_: &NoParams, context: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(reply) = subject.exhibit(SubjectKind::SmtpReply) else { return };
        let code = reply.text(Attribute::ReplyCode).unwrap_or_default();
        let draft = match meaning_of(reply.text(Attribute::ReplyText).unwrap_or_default()) {
            None => Draft::unknown(
                format!("What `{code}` has to do with TLS is not known here."),
                vec![Gap::new(GapReason::Unsupported, "the code is not in the table of codes about TLS")],
            ),
            Some(meaning) if meaning.cause == Cause::NotTls => {
                Draft::not_applicable(format!("`{code}`: {}.", meaning.says))
            }
            Some(meaning) => failed(context, reply, code, meaning),
        };
        let draft = [Attribute::ReplyCode, Attribute::Server]
            .into_iter()
            .filter_map(|attribute| reply.fact(attribute))
            .fold(draft.basis(Basis::ToolSays), |draft, fact| draft.cite(&fact.words, &fact.value));
        findings.add(draft.required("a delivery that succeeds"));
    }
}

fn failed(context: &Context<'_>, reply: &Exhibit, code: &str, meaning: &Meaning) -> Draft {
    let source = match meaning.source {
        Source::Documented => "",
        Source::Inferred => " (inferred, not documented)",
    };
    let mut words = format!("Delivery failed, `{code}`: {}{source}. It points at {}.", meaning.says, meaning.points_at);
    let mut beside = None;
    if matches!(meaning.cause, Cause::Untrusted | Cause::Name | Cause::Expired) {
        let server = reply.text(Attribute::Server);
        let chains = context.merged.chains.iter().map(|chain| &chain.presented);
        let chains = chains.chain(context.merged.dossiers.iter().flat_map(|dossier| &dossier.chains)).gathered();
        let of_server = chains.iter().find(|chain| server.is_some_and(|server| names(chain, server)));
        // Without a name in common a chain counts only where no other is there.
        let only = chains.first().filter(|_| chains.len() == 1);
        beside = of_server.or(only).and_then(|chain| suspect(context, chain, meaning.cause));
    }
    let mut draft = Draft::fail(String::new());
    if let Some((chain, said)) = beside {
        words.push_str(&format!(" In the chain at hand {said}."));
        if let Some(leaf) = chain.leaf() {
            draft = draft.certificate(leaf, "the leaf");
        }
    }
    if meaning.cause == Cause::Open {
        draft = draft.gaps(vec![Gap::new(GapReason::Truncated, "which of its causes it was, the words do not say")]);
    }
    Draft { summary: words, ..draft }
}

fn names(chain: &PresentedView<'_>, server: &str) -> bool {
    let leaf = chain.leaf().and_then(|leaf| leaf.decoded());
    leaf.zip(parse_host(server).ok())
        .is_some_and(|(leaf, host)| matches!(match_host(&host, leaf), NameMatch::Matches { .. }))
}

/// What is wrong with this chain that such a reply would come from.
fn suspect<'c, 'a>(
    context: &Context<'_>,
    chain: &'c PresentedView<'a>,
    cause: Cause,
) -> Option<(&'c PresentedView<'a>, String)> {
    let leaf = chain.leaf()?;
    let parsed = leaf.decoded()?;
    let said = match cause {
        Cause::Untrusted => {
            let others = chain.certificates.iter().skip(1).filter_map(|certificate| certificate.decoded());
            let is_there = others.into_iter().any(|issuer| parsed.issued_by_name(issuer));
            match (is_there, parsed.is_self_issued()) {
                (_, Some(true)) => format!("{} is self-signed", called(leaf)),
                (false, _) => format!("the certificate of the issuer of {} is missing: {}", called(leaf), wanted(leaf)),
                (true, _) => return None,
            }
        }
        Cause::Expired => {
            let end = *parsed.not_after.as_ref().ok()?;
            (end < context.at).then(|| format!("{} ended on {end}", called(leaf)))?
        }
        _ => format!("{} is for {}", called(leaf), parsed.dns_names().take(5).gathered().join(", ")),
    };
    Some((chain, said))
}
