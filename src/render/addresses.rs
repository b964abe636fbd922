//! What a locked-down firewall has to let through for the certificates to be validated, and how that is tried out.

use crate::gathered::Gathered;
use crate::report::{AddressUse, CaAddress, Report};

pub(super) const HEADING: &str = "Addresses that validating the certificates may need";

/// What to do with the list. The commands are Windows's own; they stand here in the form that works.
pub(super) const PROCEDURES: [&str; 3] = [
    "A firewall that lets a mail server out to chosen destinations only has to let these through; blocked, they can delay \
     mail or stop it. CRLs and OCSP are asked for over http, not https: they are signed.",
    "To try it on the Windows server itself: `certutil -verify -urlfetch CERTIFICATE.cer`. What it prints is read here.",
    "Where Windows Update brings no root CAs: `certutil -verifyctl AuthRoot` checks the list of them, and `certlm.msc` \
     shows those of the machine under Trusted Root Certification Authorities.",
];

/// Names of certificates that are listed with an address.
const MOST: usize = 3;

/// What an address is asked for, and by which certificates.
pub(super) fn purpose(report: &Report, address: &CaAddress) -> String {
    let uses: Vec<&str> = address.uses.iter().map(|usage| usage.words()).gathered();
    let subject = |sha256: &String| {
        let mut certificates = report.certificates.iter().filter(|one| one.sha256 == *sha256);
        let name = certificates.next().map(|one| one.subject.as_str()).filter(|name| !name.is_empty());
        format!("`{}`", name.unwrap_or(sha256))
    };
    let mut names: Vec<String> = address.certificates.iter().take(MOST).map(subject).gathered();
    if let Some(more) = address.certificates.len().checked_sub(MOST).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    // RFC 5280 section 8: a client would have to validate another certificate first.
    let is_asked = address.uses.iter().any(|usage| *usage != AddressUse::CaIssuers);
    let note = if address.scheme == "https" && is_asked { "; many clients ask over http only" } else { "" };
    format!("{}, named by {}{note}", uses.join(", "), names.join(", "))
}

/// `http crl.example.com, port 80`.
pub(super) fn place(address: &CaAddress) -> String {
    format!("{} {}, port {}", address.scheme, address.host, address.port)
}
