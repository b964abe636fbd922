//! The path explorer: depth first from the leaf upwards, over everything that may have issued what stands below.
//!
//! Who may have issued a certificate is found by names and key identifiers and decided by signatures; where a candidate
//! made the signature, the others are not its issuers. Work is bounded whatever is given: what was left out is said.

use std::cmp::Reverse;

use crate::ordered::by_key;
use crate::pki::certificate::ParsedCertificate;
use crate::pki::name::Host;
use crate::time::Timestamp;

use super::advice::advice;
use super::answer::{ChainAnswer, EndKind, Failure, FailureKind, PathAnswer, PathEnd, Purpose};
use super::judge::{Judge, Link, called, quoted, shortened, weak_hash};
use super::store::{Root, TrustStore};
use super::verify::{Verification, verify};
use super::webpki;

/// What is asked of a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The certificate of the server or client.
    pub leaf: &'a ParsedCertificate,
    /// What else was shown: issuers in any order, with or without what does not belong to them.
    pub others: &'a [&'a ParsedCertificate],
    /// The roots.
    pub store: &'a TrustStore,
    /// The instant to judge.
    pub at: Timestamp,
    /// The host that the certificate is to be for; `None` leaves names out.
    pub host: Option<&'a Host>,
    /// Whose certificate it is.
    pub purpose: Purpose,
}

/// More certificates than this are not looked at.
const MOST_CERTIFICATES: usize = 256;
/// Nor more bytes of certificates than this besides the leaf's.
const MOST_BYTES: usize = 1 << 20;
/// Certificates of a path, the root of the store not counted. rustls-webpki follows 6 issuers, OpenSSL 100.
const MOST_DEEP: usize = 10;
const MOST_PATHS: usize = 32;
const MOST_STEPS: usize = 1024;
/// rustls-webpki and Go check 100.
const MOST_SIGNATURES: usize = 128;
/// Issuers that did not make the signature, each a path of its own.
const MOST_BROKEN: usize = 3;
/// With more certificates than this, the other judge is asked about paths only, not for one of its own: it may build
/// 200,000.
const MOST_FOR_SECOND_OPINION: usize = 8;

/// What all the chains of a report may take together, in signatures and certificates of paths: a dozen certificates of
/// one name take all that a single search may, and an input has room for thousands of dozens. A chain of three takes 6.
pub(crate) const MOST_EFFORT: usize = 1 << 14;

/// Looks for paths from a certificate to the roots of a store.
#[must_use]
pub fn prove(question: &Question<'_>) -> ChainAnswer {
    prove_within(question, &mut MOST_EFFORT.clone())
}

/// Does as [`prove`] with what is left of an effort for many chains.
pub(crate) fn prove_within(question: &Question<'_>, effort: &mut usize) -> ChainAnswer {
    let mut explorer = Explorer::new(question, *effort);
    explorer.climb(&mut vec![0], &mut Vec::new());
    let of_paths: usize = explorer.found.iter().map(|way| way.certificates.len()).sum();
    *effort = effort.saturating_sub(explorer.checked.len() + of_paths);
    let mut judge = Judge::new(question);
    let Explorer { found, certificates, stopped, .. } = explorer;
    let mut disagreements = Vec::new();
    let mut paths: Vec<PathAnswer> = Vec::new();
    for way in &found {
        let path = way.answer(question, &certificates, &mut judge, &mut disagreements);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let paths = by_key(paths, |path| (!path.trusted, path.failures.len(), path.ends_in.kind != EndKind::Root));
    let trusted = paths.iter().any(|path| path.trusted);
    if !trusted && stopped.is_none() && certificates.len() <= MOST_FOR_SECOND_OPINION {
        disagreements.extend(more_lenient(question, &certificates));
    }
    ChainAnswer {
        leaf: question.leaf.sha256.clone(),
        at: question.at,
        host: question.host.map(ToString::to_string),
        purpose: question.purpose,
        store: question.store.reference(),
        trusted,
        nearest_miss: if trusted { None } else { nearest_miss(&paths) },
        advice: match paths.first() {
            Some(path) if !trusted => advice(path, question.purpose, &question.store.name),
            _ => Vec::new(),
        },
        paths,
        stopped,
        disagreements,
    }
}

fn nearest_miss(paths: &[PathAnswer]) -> Option<String> {
    let words: Vec<&str> = paths.first()?.failures.iter().map(|failure| failure.words.as_str()).collect();
    Some(words.join("; "))
}

/// Whether the other judge finds a path where the explorer trusts none.
fn more_lenient(question: &Question<'_>, certificates: &[&ParsedCertificate]) -> Option<String> {
    let others: Vec<&[u8]> = certificates.iter().skip(1).map(|one| one.der.as_slice()).collect();
    let roots: Vec<&Root> = question.store.roots.iter().collect();
    let Question { leaf, at, host, purpose, .. } = *question;
    webpki::accepts(&leaf.der, &others, &roots, at, host, purpose).ok()?;
    Some("rustls-webpki accepts a path, this explorer none: the chain counts as not trusted".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Issuer {
    /// Of the store, by position.
    Root(usize),
    /// Of what was given, by position; 0 is the leaf.
    Certificate(usize),
}

/// A way from the leaf upwards, by positions, with what is wrong with each link.
struct Way {
    certificates: Vec<usize>,
    links: Vec<Link>,
    end: EndKind,
    root: Option<usize>,
}

struct Explorer<'a> {
    question: &'a Question<'a>,
    certificates: Vec<&'a ParsedCertificate>,
    by_name: Vec<(usize, Vec<Issuer>)>,
    checked: Vec<(usize, Issuer, Verification)>,
    steps: usize,
    found: Vec<Way>,
    stopped: Option<String>,
    most_signatures: usize,
    most_paths: usize,
}

impl<'a> Explorer<'a> {
    fn new(question: &'a Question<'a>, effort: usize) -> Self {
        let mut certificates = vec![question.leaf];
        let mut stopped = None;
        let mut bytes = 0;
        for other in question.others {
            if certificates.iter().any(|one| one.sha256 == other.sha256) {
                continue;
            }
            bytes += other.der.len();
            if certificates.len() == MOST_CERTIFICATES || bytes > MOST_BYTES {
                let limits = format!("{MOST_CERTIFICATES} certificates or {MOST_BYTES} bytes of them");
                stopped = Some(format!("more than {limits} were given; the rest was left out"));
                break;
            }
            certificates.push(other);
        }
        Self {
            question,
            certificates,
            by_name: Vec::new(),
            checked: Vec::new(),
            steps: 0,
            found: Vec::new(),
            stopped,
            most_signatures: MOST_SIGNATURES.min(effort),
            most_paths: MOST_PATHS.min(effort).max(1),
        }
    }

    fn certificate(&self, position: usize) -> &'a ParsedCertificate {
        self.certificates.get(position).copied().unwrap_or(self.question.leaf)
    }

    fn root(&self, position: usize) -> Option<&'a Root> {
        self.question.store.roots.get(position)
    }

    fn stop(&mut self, why: String) {
        self.stopped.get_or_insert(why);
    }

    /// Goes on from the last certificate of `path`; `links` are those between its certificates.
    fn climb(&mut self, path: &mut Vec<usize>, links: &mut Vec<Link>) {
        if self.steps == MOST_STEPS || self.found.len() == self.most_paths {
            let paths = self.found.len();
            self.stop(format!("the search ended after {} steps, with {paths} paths", self.steps));
            return;
        }
        self.steps += 1;
        let head = path.last().copied().unwrap_or(0);
        // Where not every candidate could be checked, nothing is said of the end.
        let Some(issuers) = self.issuers(head, path) else { return };
        if issuers.is_empty() {
            let own = self.certificate(head).is_self_issued() == Some(true);
            let end = if own { EndKind::SelfIssued } else { EndKind::Missing };
            self.found.push(Way { certificates: path.clone(), links: links.clone(), end, root: None });
            return;
        }
        for (issuer, link) in issuers {
            let is_broken = link.as_ref().is_some_and(|(kind, _)| *kind == FailureKind::SignatureBad);
            links.push(link);
            match issuer {
                Issuer::Root(root) => {
                    self.end(path, links, EndKind::Root, Some(root));
                }
                Issuer::Certificate(next) => {
                    path.push(next);
                    if is_broken {
                        self.end(path, links, EndKind::Broken, None);
                    } else if path.len() > MOST_DEEP {
                        self.end(path, links, EndKind::TooLong, None);
                    } else {
                        self.climb(path, links);
                    }
                    path.pop();
                }
            }
            links.pop();
        }
    }

    fn end(&mut self, path: &[usize], links: &[Link], end: EndKind, root: Option<usize>) {
        if self.found.len() == self.most_paths {
            self.stop(format!("the search ended with {} paths", self.most_paths));
            return;
        }
        self.found.push(Way { certificates: path.to_vec(), links: links.to_vec(), end, root });
    }

    /// Who issued a certificate, the best first, each with what is wrong with the link; `None` when nobody is known to
    /// have and not all could be asked.
    fn issuers(&mut self, head: usize, path: &[usize]) -> Option<Vec<(Issuer, Link)>> {
        let certificate = self.certificate(head);
        let named: Vec<Issuer> = self.named(head).into_iter().filter(|issuer| !self.is_in(*issuer, path)).collect();
        // What the judge refuses anyway is not computed.
        if weak_hash(certificate).is_some() {
            return Some(named.into_iter().map(|issuer| (issuer, None)).collect());
        }
        let (mut good, mut unsupported, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        let mut all_checked = true;
        for issuer in named {
            match self.check(head, issuer) {
                Some(Verification::Good) => good.push((issuer, None)),
                Some(Verification::Unsupported(why)) => {
                    unsupported.push((issuer, Some((FailureKind::SignatureUnsupported, why))));
                }
                Some(Verification::Bad) => bad.push((issuer, Some(self.bad(certificate, issuer)))),
                None => all_checked = false,
            }
        }
        if !good.is_empty() {
            return Some(good);
        }
        if !all_checked {
            return None;
        }
        if !unsupported.is_empty() {
            return Some(unsupported);
        }
        // What it signed itself has no other issuer.
        let own = Issuer::Certificate(head);
        let is_own = certificate.is_self_issued() == Some(true);
        if is_own && self.check(head, own) != Some(Verification::Bad) {
            return Some(Vec::new());
        }
        bad.truncate(MOST_BROKEN);
        Some(if bad.is_empty() { self.other_name(head, path) } else { bad })
    }

    fn bad(&self, certificate: &ParsedCertificate, issuer: Issuer) -> (FailureKind, String) {
        let who = called(certificate);
        let name = match issuer {
            Issuer::Root(root) => self.root(root).map(|root| format!("the root {}", quoted(&root.subject))),
            Issuer::Certificate(position) => Some(called(self.certificate(position))),
        };
        let name = name.unwrap_or_default();
        let words = format!("{who} names {name} as its issuer, whose key did not sign it");
        (FailureKind::SignatureBad, words)
    }

    /// Those whose name is the issuer's.
    fn named(&mut self, head: usize) -> Vec<Issuer> {
        if let Some((_, known)) = self.by_name.iter().find(|(position, _)| *position == head) {
            return known.clone();
        }
        let certificate = self.certificate(head);
        let mut found = Vec::new();
        if let Ok(name) = certificate.issuer.as_ref()
            && !name.is_empty()
        {
            let roots = self.question.store.roots.iter().enumerate().filter(|(_, root)| root.subject.same_as(name));
            let roots: Vec<usize> = roots.map(|(position, _)| position).collect();
            let subject = |one: &ParsedCertificate| one.subject.as_ref().is_ok_and(|subject| subject.same_as(name));
            let mut others: Vec<(usize, &ParsedCertificate)> =
                self.certificates.iter().copied().enumerate().filter(|(_, one)| subject(one)).collect();
            // The store's copy of a root stands for the one that was sent.
            let is_root = |one: &ParsedCertificate| {
                one.is_self_issued() == Some(true)
                    && roots.iter().filter_map(|root| self.root(*root)).any(|root| is_key_of(one, root))
            };
            others.retain(|(_, one)| !is_root(one));
            let others = by_key(others, |(_, one)| self.rank(certificate, one));
            found.extend(roots.into_iter().map(Issuer::Root));
            found.extend(others.into_iter().map(|(position, _)| Issuer::Certificate(position)));
        }
        self.by_name.push((head, found.clone()));
        found
    }

    /// Smaller is more promising: the identifiers agree, the store has its issuer, it is valid, and for long.
    fn rank(&self, certificate: &ParsedCertificate, issuer: &ParsedCertificate) -> (bool, bool, bool, Reverse<i64>) {
        let at = self.question.at;
        let end = issuer.not_after.as_ref().map_or(i64::MIN, |end| end.unix());
        let valid = issuer.not_before.as_ref().is_ok_and(|begin| *begin <= at) && end >= at.unix();
        let above = issuer.issuer.as_ref().ok();
        let known = above.is_some_and(|name| self.question.store.roots.iter().any(|root| root.subject.same_as(name)));
        (!certificate.issued_by_name(issuer), !known, !valid, Reverse(end))
    }

    /// Those whose key made the signature, although their name is not the issuer's.
    fn other_name(&mut self, head: usize, path: &[usize]) -> Vec<(Issuer, Link)> {
        let certificate = self.certificate(head);
        let Some(Some(wanted)) = certificate.extensions.authority_key_identifier.decoded() else { return Vec::new() };
        let identified = |one: &ParsedCertificate| one.extensions.subject_key_identifier.decoded() == Some(wanted);
        let roots = self.question.store.roots.iter().enumerate();
        let roots = roots.filter(|(_, root)| root.certificate.as_ref().is_some_and(identified));
        let mut issuers: Vec<Issuer> = roots.map(|(position, _)| Issuer::Root(position)).collect();
        let others = self.certificates.iter().enumerate().filter(|(_, one)| identified(one));
        issuers.extend(others.map(|(position, _)| Issuer::Certificate(position)));
        issuers.retain(|issuer| !self.is_in(*issuer, path));
        issuers.truncate(MOST_BROKEN);
        let named = certificate.issuer.as_ref().map(quoted).unwrap_or_default();
        let words =
            format!("{} names {named} as its issuer; the key that signed it has another name", called(certificate));
        issuers.retain(|issuer| self.check(head, *issuer) == Some(Verification::Good));
        issuers.into_iter().map(|issuer| (issuer, Some((FailureKind::NameChaining, words.clone())))).collect()
    }

    /// Whether the path has this name with this key already ([RFC 4158 §5.2]).
    ///
    /// [RFC 4158 §5.2]: https://www.rfc-editor.org/rfc/rfc4158#section-5.2
    fn is_in(&self, issuer: Issuer, path: &[usize]) -> bool {
        let Issuer::Certificate(position) = issuer else { return false };
        let issuer = self.certificate(position);
        path.iter().any(|before| {
            let before = self.certificate(*before);
            before.sha256 == issuer.sha256
                || match (&before.subject, &issuer.subject, &before.key, &issuer.key) {
                    (Ok(a), Ok(b), Ok(c), Ok(d)) => c.spki_sha256 == d.spki_sha256 && a.same_as(b),
                    _ => false,
                }
        })
    }

    fn check(&mut self, head: usize, issuer: Issuer) -> Option<Verification> {
        let known = self.checked.iter().find(|(below, above, _)| *below == head && *above == issuer);
        if let Some((_, _, known)) = known {
            return Some(known.clone());
        }
        if self.checked.len() == self.most_signatures {
            self.stop(match self.most_signatures {
                MOST_SIGNATURES => format!("the search ended after {MOST_SIGNATURES} signatures"),
                _ => "the report has more chains than are verified for one report".to_owned(),
            });
            return None;
        }
        let certificate = self.certificate(head);
        let key = match issuer {
            Issuer::Root(root) => self.root(root).map(|root| &root.key),
            Issuer::Certificate(position) => self.certificate(position).key.as_ref().ok(),
        };
        let found = match (key, &certificate.signature_algorithm, certificate.signature_bytes()) {
            (Some(key), Ok(algorithm), Some(signature)) => verify(algorithm, key, certificate.tbs_bytes(), signature),
            _ => Verification::Bad,
        };
        self.checked.push((head, issuer, found.clone()));
        Some(found)
    }
}

impl Way {
    fn answer(
        &self,
        question: &Question<'_>,
        given: &[&ParsedCertificate],
        judge: &mut Judge<'_>,
        disagreements: &mut Vec<String>,
    ) -> PathAnswer {
        let certificates: Vec<&ParsedCertificate> =
            self.certificates.iter().filter_map(|position| given.get(*position).copied()).collect();
        let root = self.root.and_then(|root| question.store.roots.get(root));
        let top = certificates.last().copied().unwrap_or(question.leaf);
        // A root that did not make the signature says nothing of what stands below it.
        let is_namesake = self.links.last().is_some_and(|link| matches!(link, Some((FailureKind::SignatureBad, _))));
        let mut failures = judge.failures(&certificates, root.filter(|_| !is_namesake), &self.links);
        failures.extend(self.why_it_ends(question, top));
        if failures.is_empty() {
            failures.extend(second_opinion(question, &certificates, root, disagreements));
        }
        let name = match (root, self.end) {
            (Some(root), _) => Some(&root.subject),
            (None, EndKind::Missing) => top.issuer.as_ref().ok(),
            (None, _) => top.subject.as_ref().ok(),
        };
        PathAnswer {
            certificates: certificates.iter().map(|one| one.sha256.clone()).collect(),
            ends_in: PathEnd {
                kind: self.end,
                name: name.map(shortened).unwrap_or_default(),
                sha256: root.map(|root| root.sha256.clone()),
                spki_sha256: root.map(|root| root.key.spki_sha256.clone()),
                listed_by: root.and_then(|root| root.listed_by),
            },
            trusted: failures.is_empty(),
            failures,
        }
    }

    fn why_it_ends(&self, question: &Question<'_>, top: &ParsedCertificate) -> Option<Failure> {
        let store = &question.store.name;
        let (kind, words) = match self.end {
            EndKind::Root | EndKind::Broken => return None,
            EndKind::SelfIssued => (
                FailureKind::RootUntrusted,
                format!("the chain ends at {}, which is self-issued and not in the store `{store}`", called(top)),
            ),
            EndKind::TooLong => {
                (FailureKind::PathTooLong, format!("paths of more than {MOST_DEEP} certificates are not followed"))
            }
            EndKind::Missing => {
                let issuer = top.issuer.as_ref().map(quoted).unwrap_or_default();
                let access = top.extensions.authority_information_access.decoded();
                let place = access.and_then(|access| access.ca_issuers.first()).map(shortened);
                let place = place.map(|url| format!("; its CA offers the certificate at {url}")).unwrap_or_default();
                let words = format!(
                    "the chain ends at the issuer {issuer}, which is neither among the certificates nor in the store \
                     `{store}`{place}"
                );
                (FailureKind::IssuerMissing, words)
            }
        };
        Some(Failure { certificate: top.sha256.clone(), kind, words })
    }
}

/// What the other judge says of a path that the explorer accepts.
fn second_opinion(
    question: &Question<'_>,
    path: &[&ParsedCertificate],
    root: Option<&Root>,
    disagreements: &mut Vec<String>,
) -> Option<Failure> {
    let issuers: Vec<&[u8]> = path.iter().skip(1).map(|one| one.der.as_slice()).collect();
    let roots: Vec<&Root> = root.into_iter().collect();
    let Question { leaf, at, host, purpose, .. } = *question;
    let why = webpki::accepts(&leaf.der, &issuers, &roots, at, host, purpose).err()?;
    let words = format!("rustls-webpki refuses this path, which the explorer accepts: {why}");
    if !disagreements.contains(&words) {
        disagreements.push(words.clone());
    }
    Some(Failure { certificate: leaf.sha256.clone(), kind: FailureKind::SecondOpinion, words })
}

fn is_key_of(certificate: &ParsedCertificate, root: &Root) -> bool {
    let key = certificate.key.as_ref().is_ok_and(|key| key.spki_sha256 == root.key.spki_sha256);
    key && certificate.subject.as_ref().is_ok_and(|subject| subject.same_as(&root.subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    fn certificates(text: &str) -> Vec<ParsedCertificate> {
        let blocks = crate::pki::pem::scan(&SourceText::new(0, text.to_owned()), 0, text.len(), &mut Vec::new());
        blocks.iter().map(|block| ParsedCertificate::from_der(&block.der).unwrap()).collect()
    }

    #[test]
    fn an_effort_that_is_used_up_proves_nothing_and_refutes_nothing() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let chain = certificates(include_str!("../../../tests/cases/pki/chain-without-root.pem"));
        let root = certificates(include_str!("../../../tests/cases/pki/chain-root.pem"));
        let store = TrustStore::of_certificates("test", at, "made for this test", String::new(), root);
        let others: Vec<&ParsedCertificate> = chain.iter().skip(1).collect();
        let purpose = Purpose::Server;
        let question = Question { leaf: &chain[0], others: &others, store: &store, at, host: None, purpose };
        for (mut effort, trusted, left) in [(100, true, 96), (4, true, 0), (2, true, 0), (1, false, 0), (0, false, 0)] {
            let had = effort;
            let answer = prove_within(&question, &mut effort);
            assert_eq!((answer.trusted, answer.stopped.is_none(), effort), (trusted, trusted, left), "{had}");
            assert_eq!(answer.paths.len(), usize::from(trusted), "{had}");
        }
    }
}
