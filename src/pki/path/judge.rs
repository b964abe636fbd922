//! What is wrong with a path: [RFC 5280 §6.1] for every certificate and link of it, at an instant, for a purpose.
//!
//! [RFC 5280 §6.1]: https://www.rfc-editor.org/rfc/rfc5280#section-6.1

use crate::pki::algorithm::HashAlgorithm;
use crate::pki::certificate::ParsedCertificate;
use crate::pki::extension::{Extensions, Field};
use crate::pki::key::{KeyAlgorithm, KeyInfo};
use crate::pki::name::{NameMatch, match_host};
use crate::pki::oid;
use crate::time::Timestamp;

use super::answer::{Failure, FailureKind, Purpose};
use super::constraints::{Constraints, names};
use super::explore::Question;
use super::store::Root;

/// What is wrong with the link between a certificate and its issuer.
pub(super) type Link = Option<(FailureKind, String)>;

/// Go and rustls-webpki allow as many.
const MOST_COMPARISONS: usize = 250_000;
/// More extensions than this are not looked at; real certificates have about ten.
pub(super) const MOST_EXTENSIONS: usize = 100;
const LEAST_RSA_BITS: u32 = 2048;
const LEAST_CURVE_BITS: u32 = 224;
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
const ANY: &str = "2.5.29.37.0";

/// Looks at paths, with one budget for all of them.
pub(super) struct Judge<'a> {
    question: &'a Question<'a>,
    comparisons: usize,
}

impl<'a> Judge<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        Self { question, comparisons: MOST_COMPARISONS }
    }

    /// Everything that is wrong with a path, from the leaf upwards.
    pub(super) fn failures(
        &mut self,
        path: &[&ParsedCertificate],
        root: Option<&Root>,
        links: &[Link],
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (position, certificate) in path.iter().enumerate() {
            let mut found = Found { certificate: &certificate.sha256, failures: &mut failures };
            self.certificate(certificate, position, &mut found);
            if position == 0 {
                self.leaf(certificate, &mut found);
            } else {
                let below = path.get(1..position).unwrap_or_default();
                issuer(certificate, below, &mut found);
            }
            if let Some(Some((kind, words))) = links.get(position) {
                found.add(*kind, words.clone());
            }
        }
        if let Some(root) = root {
            let mut found = Found { certificate: &root.sha256, failures: &mut failures };
            self.root(root, path, &mut found);
        }
        self.constraints(path, root, &mut failures);
        failures
    }

    /// What holds for every certificate.
    fn certificate(&self, certificate: &ParsedCertificate, position: usize, found: &mut Found<'_>) {
        let who = called(certificate);
        match &certificate.version {
            Ok(3) => {}
            Ok(version) => found.add(FailureKind::Version, format!("{who} is of version {version}; expected 3")),
            Err(why) => found.unreadable(&who, why),
        }
        match (&certificate.signature_algorithm, weak_hash(certificate)) {
            (Err(why), _) => found.unreadable(&who, why),
            (Ok(algorithm), Some(hash)) => {
                let words = format!("{who} is signed with {algorithm}; clients refuse {hash}");
                found.add(FailureKind::AlgorithmWeak, words);
            }
            (Ok(_), None) => {}
        }
        if let Err(why) = &certificate.signature {
            found.unreadable(&who, why);
        }
        if !certificate.algorithms_agree {
            let words = format!("{who} names two signature algorithms, inside the signed part and outside");
            found.add(FailureKind::Unreadable, words);
        }
        match (&certificate.not_before, &certificate.not_after) {
            (Ok(begin), Ok(end)) => found.validity(&who, self.question.at, *begin, *end),
            (Err(why), _) | (_, Err(why)) => found.unreadable(&who, why),
        }
        match &certificate.key {
            Ok(key) => found.key(&who, key),
            Err(why) => found.unreadable(&who, why),
        }
        found.extensions(&who, &certificate.extensions);
        self.purpose(&who, &certificate.extensions, position == 0, found);
    }

    fn leaf(&self, leaf: &ParsedCertificate, found: &mut Found<'_>) {
        let who = called(leaf);
        match &leaf.extensions.basic_constraints {
            Field::Decoded(constraints) if constraints.ca => {
                found.add(FailureKind::LeafIsCa, format!("{who} is a CA's certificate, not a server's or client's"));
            }
            Field::Undecodable(why) => found.unreadable(&who, why),
            Field::Decoded(_) | Field::Absent => {}
        }
        let Some(host) = self.question.host else { return };
        let why = match match_host(host, leaf) {
            NameMatch::Matches { .. } => return,
            NameMatch::Mismatch { near_miss, .. } | NameMatch::NoNames { near_miss } => near_miss,
            NameMatch::Unreadable { reason } => Some(reason),
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        found.add(FailureKind::HostMismatch, format!("{who} is not for `{host}`{why}"));
    }

    fn purpose(&self, who: &str, extensions: &Extensions, is_leaf: bool, found: &mut Found<'_>) {
        let (wanted, name) = match self.question.purpose {
            Purpose::Server => (SERVER, "a server's"),
            Purpose::Client => (CLIENT, "a client's"),
        };
        match &extensions.extended_key_usage {
            Field::Absent => {}
            Field::Undecodable(why) => found.unreadable(who, why),
            Field::Decoded(purposes) => {
                let named = purposes.iter().any(|one| one == wanted || !is_leaf && one == ANY);
                if !named {
                    found.add(FailureKind::Purpose, format!("the purposes of {who} do not include {name} certificate"));
                }
            }
        }
    }

    /// A root is a name and a key; what its certificate says is heard where the store has it.
    fn root(&self, root: &Root, path: &[&ParsedCertificate], found: &mut Found<'_>) {
        let who = format!("the root {}", quoted(&root.subject));
        found.validity(&who, self.question.at, root.not_before, root.not_after);
        found.key(&who, &root.key);
        let Some(certificate) = root.certificate.as_ref() else { return };
        found.extensions(&who, &certificate.extensions);
        self.purpose(&who, &certificate.extensions, false, found);
        // A certificate that is in the store itself needs no issuer.
        if path.len() == 1 && path.first().is_some_and(|leaf| leaf.sha256 == root.sha256) {
            return;
        }
        // Roots of version 1 had no way to say that they are a CA's; a server's own certificate is in stores as well.
        if certificate.version != Ok(1) || !certificate.extensions.basic_constraints.is_absent() {
            issuer(certificate, path.get(1..).unwrap_or_default(), found);
        }
    }

    fn constraints(&mut self, path: &[&ParsedCertificate], root: Option<&Root>, failures: &mut Vec<Failure>) {
        let mut all: Vec<(usize, String, &str, &[u8])> = Vec::new();
        for (position, one) in path.iter().enumerate() {
            let constraints = one.extensions.list.iter().filter(|one| one.oid == oid::NAME_CONSTRAINTS);
            all.extend(constraints.map(|found| (position, called(one), one.sha256.as_str(), found.value.as_slice())));
        }
        if let Some(root) = root {
            let constraints = root.name_constraints.as_deref();
            let who = format!("the root {}", quoted(&root.subject));
            all.extend(constraints.map(|found| (path.len(), who, root.sha256.as_str(), found)));
        }
        for (position, who, sha256, der) in all {
            let mut found = Found { certificate: sha256, failures };
            let constraints = match Constraints::read(der) {
                Ok(constraints) => constraints,
                Err(why) => {
                    found.add(FailureKind::NameConstraints, format!("the name constraints of {who}: {why}"));
                    continue;
                }
            };
            for (below, certificate) in path.iter().take(position).enumerate() {
                if below > 0 && certificate.is_self_issued() == Some(true) {
                    continue;
                }
                let allowed = names(certificate).and_then(|names| constraints.allow(&names, &mut self.comparisons));
                if let Err(why) = allowed {
                    let mut found = Found { certificate: &certificate.sha256, failures: found.failures };
                    let below = called(certificate);
                    found.add(FailureKind::NameConstraints, format!("{who} constrains the names of {below}: {why}"));
                }
            }
        }
    }
}

/// What an issuer must be. `below` are the CA certificates between it and the leaf.
fn issuer(certificate: &ParsedCertificate, below: &[&ParsedCertificate], found: &mut Found<'_>) {
    let who = called(certificate);
    match &certificate.extensions.basic_constraints {
        Field::Decoded(constraints) if constraints.ca => {
            let follow = below.iter().filter(|one| one.is_self_issued() != Some(true)).count();
            if let Some(most) = constraints.path_length.filter(|most| usize::from(*most) < follow) {
                let words = format!("{who} allows {most} CA certificates below it, {follow} follow");
                found.add(FailureKind::PathTooLong, words);
            }
        }
        Field::Decoded(_) | Field::Absent => {
            found.add(FailureKind::NotCa, format!("{who} is no CA's certificate, by its basic constraints"));
        }
        Field::Undecodable(why) => found.unreadable(&who, why),
    }
    match &certificate.extensions.key_usage {
        Field::Absent => {}
        Field::Decoded(usage) if usage.key_cert_sign() => {}
        Field::Decoded(_) => {
            found.add(FailureKind::KeyUsage, format!("the key of {who} may not sign certificates"));
        }
        Field::Undecodable(why) => found.unreadable(&who, why),
    }
}

/// Failures of one certificate.
struct Found<'a> {
    certificate: &'a str,
    failures: &'a mut Vec<Failure>,
}

impl Found<'_> {
    fn add(&mut self, kind: FailureKind, words: String) {
        self.failures.push(Failure { certificate: self.certificate.to_owned(), kind, words });
    }

    fn unreadable(&mut self, who: &str, why: &str) {
        self.add(FailureKind::Unreadable, format!("{who} cannot be read: {}", shortened(why)));
    }

    fn validity(&mut self, who: &str, at: Timestamp, begin: Timestamp, end: Timestamp) {
        if at < begin {
            self.add(FailureKind::NotYetValid, format!("{who} is valid from {begin} on"));
        } else if at > end {
            self.add(FailureKind::Expired, format!("{who} expired at {end}"));
        }
    }

    fn key(&mut self, who: &str, key: &KeyInfo) {
        let weak = match (&key.algorithm, key.bits) {
            (KeyAlgorithm::Dsa, _) => true,
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss, bits) => bits.is_some_and(|bits| bits < LEAST_RSA_BITS),
            (KeyAlgorithm::Ec(_), bits) => bits.is_some_and(|bits| bits < LEAST_CURVE_BITS),
            _ => false,
        };
        if weak {
            self.add(FailureKind::KeyWeak, format!("the key of {who} is {key}, which clients refuse"));
        }
        if let Some(problem) = &key.problem {
            self.unreadable(who, problem);
        }
    }

    fn extensions(&mut self, who: &str, extensions: &Extensions) {
        if extensions.list.len() > MOST_EXTENSIONS {
            return self.unreadable(who, &format!("it has more than {MOST_EXTENSIONS} extensions"));
        }
        for (position, one) in extensions.list.iter().enumerate() {
            if extensions.list.iter().take(position).any(|before| before.oid == one.oid) {
                let name = one.name.unwrap_or(&one.oid);
                self.unreadable(who, &format!("the extension {name} stands in it twice"));
            }
        }
        for one in extensions.unknown_critical() {
            let name = one.name.unwrap_or(&one.oid);
            self.add(
                FailureKind::CriticalExtension,
                format!("{who} has the critical extension {name}, which is not known"),
            );
        }
        for problem in &extensions.problems {
            if problem.oid.is_empty() || extensions.is_critical(&problem.oid) {
                self.unreadable(who, &problem.message);
            }
        }
    }
}

/// The hash of its signature, if it is one that clients refuse.
pub(super) fn weak_hash(certificate: &ParsedCertificate) -> Option<HashAlgorithm> {
    use HashAlgorithm::{Md2, Md4, Md5, Sha1};
    let hash = certificate.signature_algorithm.as_ref().ok()?.hash?;
    matches!(hash, Md2 | Md4 | Md5 | Sha1).then_some(hash)
}

/// A certificate as people call it.
pub(super) fn called(certificate: &ParsedCertificate) -> String {
    let name = certificate.common_names().last().map(|name| quoted(&name.escape_debug()));
    let name = name.or_else(|| certificate.subject.as_ref().ok().filter(|name| !name.is_empty()).map(quoted));
    name.unwrap_or_else(|| format!("the certificate {}", certificate.sha256.get(..16).unwrap_or_default()))
}

/// Names as long as people write them are left whole.
const MOST_CHARACTERS: usize = 300;

/// A text of somebody else's in words of ours.
pub(super) fn quoted(text: &impl ToString) -> String {
    format!("`{}`", shortened(text))
}

/// The beginning of a text that may be endless.
pub(super) fn shortened(text: &(impl ToString + ?Sized)) -> String {
    let text = text.to_string();
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
