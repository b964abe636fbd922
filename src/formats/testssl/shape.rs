//! Entries wherever they stand, and everything that stands where testssl.sh writes no such thing.
//!
//! An entry that is passed over could be the one that says `offered`: what is neither an entry nor a known member
//! is an error, and so is an entry in another spelling than testssl.sh's.

use super::rows::{Row, Rows};
use crate::diagnostic::{Code, Diagnostic};
use crate::formats::json::{Kind, Value};
use crate::letters::beginning;

/// The ids that the readers look for, as testssl.sh spells them.
const IDS: [&str; 34] = [
    "SSLv2",
    "SSLv3",
    "TLS1",
    "TLS1_1",
    "TLS1_2",
    "TLS1_3",
    "FS",
    "PFS",
    "FS_ciphers",
    "PFS_ciphers",
    "FS_KEMs",
    "FS_ECDHE_curves",
    "PFS_ECDHE_curves",
    "DH_groups",
    "cert",
    "cert_numbers",
    "certs_countServer",
    "intermediate_cert",
    "clientAuth",
    "secure_renego",
    "secure_client_renego",
    "CRIME_TLS",
    "heartbleed",
    "ticketbleed",
    "CCS",
    "ROBOT",
    "RC4",
    "BEAST",
    "LOGJAM",
    "DROWN",
    "scanProblem",
    "optimal_proto",
    "scanTime",
    "service",
];

/// How the ids of families begin.
const FAMILIES: [&str; 8] = [
    "cipher-",
    "cipher_x",
    "cipher_order",
    "cipherorder_",
    "cipherlist_",
    "supportedciphers_",
    "cert_",
    "intermediate_cert_",
];

/// Whether an id is one that says something of a server, in whatever case it is written.
pub(super) fn speaks_of_a_server(id: &str) -> bool {
    let id = base(id);
    let is_of = |family: &&str| id.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family));
    IDS.iter().any(|known| known.eq_ignore_ascii_case(id)) || FAMILIES.iter().any(is_of)
}

/// Whether an id is spelt as testssl.sh spells it, if the readers look for it at all.
fn is_spelt_well(id: &str) -> bool {
    let base = base(id);
    FAMILIES.iter().any(|family| base.starts_with(family)) || IDS.contains(&base) || !speaks_of_a_server(id)
}

/// `cert_keySize <cert#2>` without its number.
fn base(id: &str) -> &str {
    id.split('<').next().unwrap_or_default().trim()
}

/// Whether all three parts of an entry are there.
pub(super) fn is_row(value: Value<'_>) -> bool {
    ["id", "severity", "finding"].into_iter().all(|key| value.get(key).is_some())
}

/// An entry, also one with parts missing.
pub(super) fn is_like_row(value: Value<'_>) -> bool {
    value.get("id").is_some() && (value.get("finding").is_some() || value.get("severity").is_some())
}

/// An entry, with what is odd about it said.
pub(super) fn row<'d>(value: Value<'d>, diagnostics: &mut Vec<Diagnostic>) -> Row<'d> {
    let row = Row::of(value);
    let id = row.id();
    if !row.is_whole() && !is_row(value) {
        let message = format!("expected `id`, `severity` and `finding` in the entry `{}`", id.escape_debug());
        diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(value.span()));
    }
    if value.members().any(|(_, part)| matches!(part.kind(), Kind::Array | Kind::Object)) {
        let message = format!("the entry `{}` has a list in it; expected texts", id.escape_debug());
        diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(value.span()));
    }
    repeated(value, diagnostics);
    spelling(row, diagnostics);
    row
}

/// Says so where an id is written otherwise than testssl.sh writes it.
pub(super) fn spelling(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let id = row.id();
    if !is_spelt_well(&id) {
        let message = format!("found the id `{}`, which testssl.sh spells otherwise", id.escape_debug());
        diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(row.place()));
    }
}

/// Says so where two members of an object have the same name.
pub(super) fn repeated(value: Value<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(name) = value.repeated_name() {
        let shown = name.as_str().unwrap_or_default();
        let shown = beginning(&shown, 40);
        let message = format!("`{}` stands twice in the same object", shown.escape_debug());
        diagnostics.push(Diagnostic::error(Code::ContradictoryInput, message).at(name.span()));
    }
}

/// The entries of a section: those in its list, and those that stand deeper, where testssl.sh writes none.
pub(super) fn section<'d>(section: Value<'d>, rows: &mut Rows<'d>, diagnostics: &mut Vec<Diagnostic>) {
    if section.kind() != Kind::Array {
        odd(section, diagnostics);
    }
    let mut open = vec![section];
    while let Some(value) = open.pop() {
        let parts = value.elements().chain(value.members().map(|(_, member)| member));
        let mut deeper = Vec::new();
        for part in parts {
            if is_like_row(part) {
                rows.push(row(part, diagnostics));
            } else {
                odd(part, diagnostics);
                deeper.push(part);
            }
        }
        open.extend(deeper.into_iter().rev());
    }
}

/// Says that this is not what testssl.sh writes here.
pub(super) fn odd(value: Value<'_>, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(
        Diagnostic::error(Code::UnknownValue, "expected an entry with `id`, `severity` and `finding`").at(value.span()),
    );
}

/// Says that an entry belongs to no target.
pub(super) fn without_target(row: Row<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("the entry `{}` belongs to no target", row.id().escape_debug());
    diagnostics.push(Diagnostic::error(Code::UnknownValue, message).at(row.span()));
}
