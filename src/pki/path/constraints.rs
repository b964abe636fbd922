//! Name constraints ([RFC 5280 §4.2.1.10]): which names a CA lets those below it have.
//!
//! A form of name that cannot be compared and is constrained fails, as the RFC asks for critical extensions.
//!
//! [RFC 5280 §4.2.1.10]: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10

use crate::pki::certificate::ParsedCertificate;
use crate::pki::distinguished_name::DistinguishedName;
use crate::pki::oid;
use crate::pki::tlv::{self, SEQUENCE, Walker, only};

use super::judge::shortened;

/// A GeneralName: its tag and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    tag: u8,
    value: &'a [u8],
}

/// `permittedSubtrees` and `excludedSubtrees`.
#[derive(Debug)]
pub(super) struct Constraints<'a> {
    permitted: Vec<Name<'a>>,
    excluded: Vec<Name<'a>>,
}

/// A comparison of longer names counts as several.
const COMPARED_AT_ONCE: usize = 64;

const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xA4;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

/// Whether a certificate's constraints on DNS names begin with a dot, which RFC 5280 has for URIs only.
pub(crate) fn has_dotted_constraint(certificate: &ParsedCertificate) -> bool {
    let own = certificate.extensions.list.iter().find(|one| one.oid == oid::NAME_CONSTRAINTS);
    own.is_some_and(|own| Constraints::read(&own.value).is_ok_and(|read| read.has_leading_dot()))
}

impl<'a> Constraints<'a> {
    /// Reads a NameConstraints.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, String> {
        let list = only(der, "the name constraints").map_err(|error| error.to_string())?;
        let mut fields = list.inside();
        let mut subtrees = |tag| -> Result<Option<Vec<Name<'a>>>, String> {
            let found = fields.optional(tag, "subtrees").map_err(|error| error.to_string())?;
            found.map(|found| read_subtrees(found.inside())).transpose()
        };
        let (permitted, excluded) = (subtrees(0xA0)?, subtrees(0xA1)?);
        if !fields.is_empty() || permitted.is_none() && excluded.is_none() {
            return Err("expected permitted or excluded subtrees".to_owned());
        }
        let read = Self { permitted: permitted.unwrap_or_default(), excluded: excluded.unwrap_or_default() };
        match read.permitted.iter().chain(&read.excluded).find(|one| !is_sound(**one)) {
            Some(one) => Err(format!("the constraint {} is malformed", one.words())),
            None => Ok(read),
        }
    }

    fn has_leading_dot(&self) -> bool {
        self.permitted.iter().chain(&self.excluded).any(|one| one.tag == DNS && one.value.starts_with(b"."))
    }

    /// Whether all names are allowed; `budget` is how many comparisons may still be made.
    pub(super) fn allow(&self, names: &[Name<'_>], budget: &mut usize) -> Result<(), String> {
        let all = || self.permitted.iter().chain(&self.excluded);
        let bases: usize = all().map(|base| 1 + base.value.len() / COMPARED_AT_ONCE).sum();
        for name in names {
            let work = bases + all().count() * (name.value.len() / COMPARED_AT_ONCE);
            *budget = budget.checked_sub(work).ok_or("there are too many names and constraints to compare")?;
            let mut constrained = false;
            let mut permitted = false;
            for one in self.permitted.iter().filter(|one| one.tag == name.tag) {
                constrained = true;
                permitted |= within(*name, *one, false)?;
            }
            if constrained && !permitted {
                return Err(format!("{} is not among the permitted names", name.words()));
            }
            for one in self.excluded.iter().filter(|one| one.tag == name.tag) {
                if within(*name, *one, true)? {
                    return Err(format!("{} is among the excluded names", name.words()));
                }
            }
        }
        Ok(())
    }
}

/// The names of a certificate that constraints are about: subject and subject alternative name.
pub(super) fn names(certificate: &ParsedCertificate) -> Result<Vec<Name<'_>>, String> {
    let subject = certificate.subject.as_ref()?;
    let mut names = Vec::new();
    if !subject.is_empty() {
        names.push(Name { tag: DIRECTORY, value: &subject.der });
    }
    let alternative = certificate.extensions.list.iter().filter(|one| one.oid == oid::SUBJECT_ALTERNATIVE_NAME);
    for extension in alternative {
        let list = only(&extension.value, "the subject alternative name").map_err(|error| error.to_string())?;
        let mut entries = list.inside();
        while !entries.is_empty() {
            let entry = entries.element("a name").map_err(|error| error.to_string())?;
            names.push(Name { tag: entry.tag, value: entry.value });
        }
    }
    if !names.iter().any(|name| name.tag == EMAIL) {
        let addresses = subject.attributes().filter(|one| one.oid == EMAIL_ADDRESS && one.decoded);
        names.extend(addresses.map(|one| Name { tag: EMAIL, value: one.value.as_bytes() }));
    }
    Ok(names)
}

const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

fn read_subtrees<'a>(mut list: Walker<'a>) -> Result<Vec<Name<'a>>, String> {
    let mut names = Vec::new();
    while !list.is_empty() {
        let subtree = list.expect(SEQUENCE, "a subtree").map_err(|error| error.to_string())?;
        let mut fields = subtree.inside();
        let base = fields.element("a subtree's name").map_err(|error| error.to_string())?;
        if !fields.is_empty() {
            return Err("a subtree has a minimum or a maximum, which RFC 5280 forbids".to_owned());
        }
        names.push(Name { tag: base.tag, value: base.value });
    }
    if names.is_empty() {
        return Err("the subtrees are empty".to_owned());
    }
    Ok(names)
}

impl Name<'_> {
    fn words(self) -> String {
        let kind = match self.tag {
            DIRECTORY => {
                return format!("the name `{}`", directory(self.value).map_or_else(String::new, |one| shortened(&one)));
            }
            EMAIL => "mail address",
            DNS => "DNS name",
            URI => "URI",
            IP => return format!("the address {}", shortened(&crate::source::hex(self.value))),
            tag => return format!("a name of the kind {}", tlv::tag_name(tag)),
        };
        format!("the {kind} `{}`", shortened(&String::from_utf8_lossy(self.value).escape_debug()))
    }
}

fn directory(value: &[u8]) -> Option<DistinguishedName> {
    let name = Walker::new(value, 0).expect(SEQUENCE, "a name").ok()?;
    DistinguishedName::read(&name, &mut Vec::new()).ok()
}

fn text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().filter(|text| text.is_ascii()).map(str::to_ascii_lowercase)
}

/// Whether the base of a subtree has the form that RFC 5280 gives it.
fn is_sound(base: Name<'_>) -> bool {
    match base.tag {
        DNS => text(base.value).is_some_and(|name| is_host(name.strip_prefix('.').unwrap_or(&name)) || name.is_empty()),
        IP => base.value.len() == 8 && is_mask(base.value, 4) || base.value.len() == 32 && is_mask(base.value, 16),
        EMAIL => text(base.value).is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace)),
        DIRECTORY => directory(base.value).is_some(),
        _ => true,
    }
}

/// Ones, then zeros.
fn is_mask(value: &[u8], half: usize) -> bool {
    let bits = value.iter().skip(half).flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut zeros = false;
    for bit in bits {
        if zeros && bit == 1 {
            return false;
        }
        zeros |= bit == 0;
    }
    true
}

fn is_host(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

/// Whether a name is in a subtree of its kind. `any` asks whether a wildcard covers a name in it, else whether all that
/// it covers are.
fn within(name: Name<'_>, base: Name<'_>, any: bool) -> Result<bool, String> {
    let malformed = || format!("{} is malformed, and names of its kind are constrained", name.words());
    match name.tag {
        DNS => {
            let (host, base) = (text(name.value).ok_or_else(malformed)?, text(base.value).unwrap_or_default());
            let parent = host.strip_prefix("*.");
            if !is_host(parent.unwrap_or(&host)) {
                return Err(malformed());
            }
            let covered = match parent {
                Some(parent) => any && base.strip_suffix(parent).is_some_and(|label| label.ends_with('.')),
                None => false,
            };
            Ok(covered || is_below(&host, &base))
        }
        IP => {
            let half = base.value.len() / 2;
            if !matches!(name.value.len(), 4 | 16) {
                return Err(malformed());
            }
            let (network, mask) = base.value.split_at_checked(half).unwrap_or_default();
            let pairs = name.value.iter().zip(network).zip(mask);
            Ok(name.value.len() == half
                && pairs.into_iter().all(|((byte, network), mask)| byte & mask == network & mask))
        }
        EMAIL => {
            let address = std::str::from_utf8(name.value).ok().filter(|one| one.is_ascii()).ok_or_else(malformed)?;
            let (local, host) = address.rsplit_once('@').ok_or_else(malformed)?;
            if local.is_empty() || !is_host(host) {
                return Err(malformed());
            }
            let base = std::str::from_utf8(base.value).unwrap_or_default();
            Ok(match base.rsplit_once('@') {
                Some((wanted, at)) => wanted == local && at.eq_ignore_ascii_case(host),
                None => is_host_of(host, base),
            })
        }
        URI => {
            let uri = text(name.value).ok_or_else(malformed)?;
            let host = host_of_uri(&uri).filter(|host| is_host(host)).ok_or_else(malformed)?;
            Ok(is_host_of(host, &text(base.value).unwrap_or_default()))
        }
        DIRECTORY => {
            let (Some(name), Some(base)) = (directory(name.value), directory(base.value)) else {
                return Err(malformed());
            };
            let depth = base.relative_names.len();
            let relative_names = name.relative_names.into_iter().take(depth).collect();
            Ok(base.same_as(&DistinguishedName { der: Vec::new(), relative_names }))
        }
        tag => Err(format!("names of the kind {} are constrained, which is not supported", tlv::tag_name(tag))),
    }
}

/// Itself or below it; a leading dot, which stores and private CAs write, leaves out itself.
fn is_below(host: &str, base: &str) -> bool {
    let below = |base: &str| host.strip_suffix(base).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    match base.strip_prefix('.') {
        Some(_) => host.len() > base.len() && host.ends_with(base),
        None => base.is_empty() || below(base),
    }
}

/// For mail and URIs a name is one host, a leading dot means all hosts below it.
fn is_host_of(host: &str, base: &str) -> bool {
    let (host, base) = (host.to_ascii_lowercase(), base.to_ascii_lowercase());
    match base.strip_prefix('.') {
        Some(_) => host.len() > base.len() && host.ends_with(&base),
        None => host == base,
    }
}

fn host_of_uri(uri: &str) -> Option<&str> {
    let authority = uri.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next()
}
