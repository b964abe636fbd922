//! `delivery-refused`: no reply of a mail server says that TLS or a certificate kept a delivery from happening.

use super::certificates::called;
use super::chain_incomplete::wanted;
use super::smtp_replies::{Cause, Meaning, Source, meaning_of};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, Subject};
use crate::evidence::{
    Attribute, Basis, CertificateView, Exhibit, Gap, GapReason, PresentedView, Role, SubjectKind, Transport,
};
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
                 certificate or setting they point at. A reply shows that a delivery failed, and is never a pass. Beside the \
                 chain of the server that the reply names it says which issuer's certificate is missing there; a chain of \
                 another host, or a reply that names no server, is not taken for one.",
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
        match chains_of(context, reply) {
            Ok(shown) => beside = shown.into_iter().find_map(|one| suspect(context, one, meaning.cause)),
            Err(why) => words.extend(why.map(|why| format!(" {why}"))),
        }
    }
    let mut draft = Draft::fail(String::new());
    if let Some((chain, said)) = beside {
        words.push_str(&format!(" In the chain at hand {said}."));
        draft = chain.certificates.iter().fold(draft, |draft, one| match one.is_leaf {
            true => draft.certificate(one, "the leaf"),
            false => draft.cite(one.words(), "behind the leaf"),
        });
    }
    if meaning.cause == Cause::Open {
        draft = draft.gaps(vec![Gap::new(GapReason::Truncated, "which of its causes it was, the words do not say")]);
    }
    Draft { summary: words, ..draft }
}

/// The chains of the server that the reply names, or why none of those at hand is.
fn chains_of<'a>(context: &Context<'a>, reply: &Exhibit) -> Result<Vec<&'a PresentedView<'a>>, Option<String>> {
    let merged = context.merged;
    let mut of_server: Vec<&PresentedView<'_>> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    let server = reply.text(Attribute::Server);
    let is_it = |host: &str| server.is_some_and(|server| same_host(host, server));
    for dossier in merged.dossiers.iter().filter(|dossier| !dossier.chains.is_empty()) {
        let key = dossier.key;
        let takes_mail = dossier.is_mail_transfer() && (key.port == 25 || key.transport != Transport::Unstated);
        if key.role == Role::Server && takes_mail && key.host.as_deref().is_some_and(is_it) {
            of_server.extend(&dossier.chains);
        } else {
            others.push(key.to_string());
        }
    }
    for chain in &merged.chains {
        let stated = chain.host().value();
        let is_of = match stated {
            Some(host) => is_it(host),
            None => server.is_some_and(|server| names(&chain.presented, server)),
        };
        if is_of {
            of_server.push(&chain.presented);
        } else {
            others.extend(stated.cloned().or_else(|| chain.presented.leaf().map(called)));
        }
    }
    if !of_server.is_empty() {
        return Ok(of_server);
    }
    let Some(first) = others.first() else { return Err(None) };
    Err(Some(match server {
        Some(server) => {
            format!("The chain at hand is of {first}, not of the mail server `{server}`: it says nothing here.")
        }
        None => {
            format!("The reply names no server, so that the chain at hand, of {first}, is not taken for its chain.")
        }
    }))
}

fn same_host(a: &str, b: &str) -> bool {
    a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
}

fn names(chain: &PresentedView<'_>, server: &str) -> bool {
    let leaf = chain.leaf().and_then(|leaf| leaf.decoded());
    leaf.zip(parse_host(server).ok())
        .is_some_and(|(leaf, host)| matches!(match_host(&host, leaf), NameMatch::Matches { .. }))
}

/// What is wrong with this chain that such a reply would come from.
fn suspect<'a>(
    context: &Context<'_>,
    chain: &'a PresentedView<'a>,
    cause: Cause,
) -> Option<(&'a PresentedView<'a>, String)> {
    let leaf = chain.leaf()?;
    let parsed = leaf.decoded()?;
    let said = match cause {
        Cause::Untrusted => untrusted(context, chain)?,
        Cause::Expired => {
            let end = *parsed.not_after.as_ref().ok()?;
            (end < context.at).then(|| format!("{} ended on {end}", called(leaf)))?
        }
        _ => format!("{} is for {}", called(leaf), parsed.dns_names().take(5).gathered().join(", ")),
    };
    Some((chain, said))
}

/// Which certificate keeps this chain from reaching a root that everybody has.
fn untrusted(context: &Context<'_>, chain: &PresentedView<'_>) -> Option<String> {
    let mut top = chain.leaf()?;
    for _ in 0..chain.certificates.len() {
        let parsed = top.decoded()?;
        if parsed.is_self_issued() == Some(true) {
            return Some(match top.is_leaf {
                true => format!("{} is self-signed", called(top)),
                false => format!("the last one is {}, a root CA that the sender does not trust", called(top)),
            });
        }
        let is_issuer = |one: &&CertificateView<'_>| one.decoded().is_some_and(|issuer| parsed.issued_by_name(issuer));
        match chain.certificates.iter().find(is_issuer) {
            Some(issuer) => top = issuer,
            None => break,
        }
    }
    let issuer = top.decoded()?.issuer.as_ref().ok()?;
    if context.roots.is_some_and(|store| store.roots.iter().any(|root| root.subject.same_as(issuer))) {
        return Some(format!("no certificate is missing below the root CA `{issuer}`, which the sender may not trust"));
    }
    let rest = match (chain.gap(), top.is_leaf) {
        (Some(_), _) => "; whether the server sends more than was shown is not known",
        (None, true) => "",
        (None, false) => ", unless that is a root CA, which the sender would have to trust",
    };
    Some(format!(
        "the certificate of the issuer of {} is missing: have the server send that of {}{rest}",
        called(top),
        wanted(top)
    ))
}
