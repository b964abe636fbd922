//! What would make the most promising path a trusted one, for the reasons that have a remedy.

use super::answer::{EndKind, Failure, FailureKind, PathAnswer, Purpose};

/// What Exchange Online answers meanwhile: it fetches no issuers ("Fix issues with error code 4.4.317", Microsoft).
const DEFERRED: &str = "Until then Exchange Online may defer mail to the server: `450 4.4.317 … UntrustedRoot`.";

/// Whose certificate a reason is about.
#[derive(PartialEq, Eq)]
enum Whose {
    Own,
    Issuing,
    Root,
}

/// One sentence or more for each thing to do, each thing once.
pub(super) fn advice(path: &PathAnswer, purpose: Purpose, store: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for failure in &path.failures {
        if let Some(words) = remedy(failure, path, purpose, store)
            && !found.contains(&words)
        {
            found.push(words);
        }
    }
    found
}

fn remedy(failure: &Failure, path: &PathAnswer, purpose: Purpose, store: &str) -> Option<String> {
    let end = &path.ends_in;
    let whose = if path.certificates.first() == Some(&failure.certificate) {
        Whose::Own
    } else if end.kind == EndKind::Root && end.sha256.as_ref() == Some(&failure.certificate) {
        Whose::Root
    } else {
        Whose::Issuing
    };
    let deferred = || if purpose == Purpose::Server { format!(" {DEFERRED}") } else { String::new() };
    let words = match (failure.kind, whose) {
        (FailureKind::IssuerMissing, _) => {
            return Some(format!(
                "Send the certificate of the issuer `{}` with the chain, behind the one that it issued.{} If only a part of \
                 the chain was pasted, paste all of it; if that issuer is a root CA of your own, choose it as your roots.",
                common_name(&end.name),
                deferred()
            ));
        }
        (FailureKind::RootUntrusted, _) => {
            let own = if path.certificates.len() > 1 {
                format!(
                    " If `{}` is a root CA of your own, choose its certificate as your roots.",
                    common_name(&end.name)
                )
            } else {
                String::new()
            };
            return Some(format!("Use a certificate of a CA that is in the store `{store}`.{}{own}", deferred()));
        }
        (FailureKind::Expired, Whose::Own) => {
            "Renew the certificate, and install it with the issuing CA's certificates that come with it."
        }
        (FailureKind::Expired, Whose::Issuing) => {
            "Install the issuing CA's present certificate; where the CA has none, have the certificate issued by one of its \
             present issuing CAs."
        }
        (FailureKind::Expired, Whose::Root) => {
            "Have the certificate issued under a root CA that is still valid; where the CA offers its issuing CA's \
             certificate signed by a younger root, install that one."
        }
        (FailureKind::NotYetValid, _) => "Wait until it is valid, or state the instant to judge.",
        (FailureKind::AlgorithmWeak, Whose::Own) => "Have the certificate issued again, signed over SHA-256 or better.",
        (FailureKind::AlgorithmWeak, _) => {
            "Install the issuing CA's certificate that is signed over SHA-256 or better; where the CA has none, have the \
             certificate issued by another CA."
        }
        (FailureKind::KeyWeak, Whose::Own) => {
            "Have the certificate issued again, for an RSA key of at least 2048 bits or a key on P-256 or P-384."
        }
        (FailureKind::NameConstraints, _) => {
            "Have the certificate issued by a CA that may issue for all of its names, or leave out those that this CA may \
             not issue for."
        }
        (FailureKind::HostMismatch, _) => "Install a certificate that names the host, or state the right host.",
        (FailureKind::SignatureBad, _) if end.kind == EndKind::Root => {
            return Some(format!(
                "Send or paste all of the chain, up to the CA that issued it: the root of that name in the store `{store}` \
                 did not."
            ));
        }
        (FailureKind::SignatureBad | FailureKind::NameChaining, _) => {
            "Install the issuers that came with this very certificate; one of those shown did not issue it."
        }
        (FailureKind::LeafIsCa, _) => "Install the certificate of the server or client; this one is a CA's.",
        (FailureKind::Purpose, Whose::Own) => match purpose {
            Purpose::Server => "Have the certificate issued for servers: extended key usage serverAuth.",
            Purpose::Client => "Have the certificate issued for clients: extended key usage clientAuth.",
        },
        (
            FailureKind::KeyWeak
            | FailureKind::NotCa
            | FailureKind::PathTooLong
            | FailureKind::KeyUsage
            | FailureKind::Purpose
            | FailureKind::CriticalExtension
            | FailureKind::Version,
            _,
        ) => {
            "Have the certificate issued by another CA, or by another issuing CA of the same: this path cannot be mended."
        }
        (FailureKind::SignatureUnsupported | FailureKind::Unreadable | FailureKind::SecondOpinion, _) => return None,
    };
    Some(words.to_owned())
}

/// The common name of a name as it is written; all of it where there is none.
fn common_name(name: &str) -> &str {
    name.split(", ").find_map(|part| part.strip_prefix("CN=")).unwrap_or(name)
}
