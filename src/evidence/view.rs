//! Certificates and chains with what their bytes say.

use super::certificate::{Certificate, Presented, ToolTrust};
use super::observed::{Fact, Gap, Observed, Rest};
use super::{Chain, Scan};
use crate::gathered::Gathered;
use crate::pki::{CertificateError, ParsedCertificate};
use crate::source::Span;

/// A chain without a service.
#[derive(Debug)]
pub struct ChainView<'a> {
    /// The scan that it stands in.
    pub scan: &'a Scan,
    /// As it was read.
    pub chain: &'a Chain,
    /// Its certificates, decoded.
    pub presented: PresentedView<'a>,
}

/// A chain with its certificates decoded.
#[derive(Debug)]
pub struct PresentedView<'a> {
    /// As it was read.
    pub presented: &'a Presented,
    /// Its certificates in the same order.
    pub certificates: Vec<CertificateView<'a>>,
    /// Why a scanner does not trust it, or the beginning of it that is all that the scanner shows.
    pub distrusted: Option<&'a Fact<ToolTrust>>,
}

/// A certificate with what its bytes say.
#[derive(Debug, Clone)]
pub struct CertificateView<'a> {
    /// As it was read.
    pub shown: &'a Certificate,
    /// SHA-256 of the bytes, lower-case hex; as reported where the bytes are not there.
    pub sha256: Option<String>,
    /// The decoded bytes; absent where only a report is there.
    pub parsed: Option<Result<&'a ParsedCertificate, &'a CertificateError>>,
    /// The leaf of its chain?
    pub is_leaf: bool,
}

impl<'a> CertificateView<'a> {
    /// Where it stands in the input.
    #[must_use]
    pub fn words(&self) -> &[Span] {
        self.shown.words()
    }

    /// What its bytes say, where they are there and can be decoded.
    #[must_use]
    pub fn decoded(&self) -> Option<&'a ParsedCertificate> {
        self.parsed.and_then(Result::ok)
    }
}

impl ChainView<'_> {
    /// The host that it is said to be for.
    #[must_use]
    pub const fn host(&self) -> &Observed<String> {
        &self.chain.host
    }
}

impl<'a> PresentedView<'a> {
    pub(super) fn of(presented: &'a Presented) -> Self {
        let certificates = presented.certificates.iter().enumerate().map(|(position, shown)| match shown {
            Certificate::Der(fact) => CertificateView {
                shown,
                sha256: Some(fact.value.sha256().to_owned()),
                parsed: Some(fact.value.parsed()),
                is_leaf: position == 0,
            },
            Certificate::Reported(reported) => CertificateView {
                shown,
                sha256: reported.sha256.as_ref().map(|fact| fact.value.clone()),
                parsed: None,
                is_leaf: position == 0,
            },
        });
        let distrusted = presented.tool_trust.fact().filter(|fact| !fact.value.trusted);
        Self { presented, certificates: certificates.gathered(), distrusted }
    }

    /// Its first certificate.
    #[must_use]
    pub fn leaf(&self) -> Option<&CertificateView<'a>> {
        self.certificates.first()
    }

    /// Why it is not known whether these are all of its certificates.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        match &self.presented.rest {
            Rest::Complete(_) => None,
            Rest::Gap(gap) => Some(gap),
        }
    }

    /// Where its certificates and its completeness are said.
    pub(super) fn words(&self) -> impl Iterator<Item = Span> {
        let rest: &[Span] = match &self.presented.rest {
            Rest::Complete(fact) => &fact.words,
            Rest::Gap(_) => &[],
        };
        let leaf = self.leaf().map(CertificateView::words).unwrap_or_default();
        leaf.iter().chain(rest).copied()
    }

    fn hashes(&self) -> Option<Vec<&str>> {
        self.certificates.iter().map(|certificate| certificate.sha256.as_deref()).collect()
    }

    /// Whether it is the beginning of another report's chain, which is there to the end.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        let (Some(part), Some(whole)) = (self.hashes(), other.hashes()) else { return false };
        self.gap().is_some()
            && other.gap().is_none()
            && self.is_shown()
            && other.is_shown()
            && !part.is_empty()
            && whole.starts_with(&part)
    }

    /// Whether both are there to the end, begin with the same certificate and go on otherwise.
    pub(super) fn is_whole_and_differs(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (self.hashes(), other.hashes()) else { return false };
        self.gap().is_none() && other.gap().is_none() && one.first() == two.first() && one != two
    }

    /// Whether the bytes of all its certificates are there.
    pub(super) fn is_shown(&self) -> bool {
        self.certificates.iter().all(|certificate| certificate.parsed.is_some())
    }

    /// The hashes of its certificates, where they have one.
    pub(super) fn all_hashes(&self) -> Vec<Option<String>> {
        self.certificates.iter().map(|certificate| certificate.sha256.clone()).collect()
    }

    pub(super) fn same_certificates(&self, other: &Self) -> bool {
        self.is_shown()
            && other.is_shown()
            && self.all_hashes() == other.all_hashes()
            && self.presented.tool_trust.value() == other.presented.tool_trust.value()
            && self.gap().is_none() == other.gap().is_none()
    }
}
