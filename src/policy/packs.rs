//! The shipped packs: one JSON file each, one line each in [`PACKS`], never changed once released.

use super::{Policy, PolicyDocument};
use crate::diagnostic::Diagnostic;

/// A shipped policy.
#[derive(Debug)]
pub struct Pack {
    /// What names it on a command line: id and version.
    pub id: &'static str,
    /// Its text.
    pub json: &'static str,
}

/// Every pack there is, the default first.
pub static PACKS: &[Pack] = &[
    Pack { id: "m365-in-transit-1.0", json: include_str!("packs/m365-in-transit-1.0.json") },
    Pack { id: "m365-in-transit-1.1", json: include_str!("packs/m365-in-transit-1.1.json") },
    Pack { id: "m365-in-transit-strict-1.0", json: include_str!("packs/m365-in-transit-strict-1.0.json") },
    Pack { id: "baseline-1.0", json: include_str!("packs/baseline-1.0.json") },
    Pack { id: "mozilla-intermediate-6.0", json: include_str!("packs/mozilla-intermediate-6.0.json") },
    Pack { id: "mozilla-modern-6.0", json: include_str!("packs/mozilla-modern-6.0.json") },
    Pack { id: "mozilla-intermediate-5.8", json: include_str!("packs/mozilla-intermediate-5.8.json") },
    Pack { id: "cabf-tls-br-2.2.6", json: include_str!("packs/cabf-tls-br-2.2.6.json") },
    Pack { id: "mail-in-transit-1.0", json: include_str!("packs/mail-in-transit-1.0.json") },
    Pack { id: "mta-sts-1.0", json: include_str!("packs/mta-sts-1.0.json") },
    Pack { id: "dane-1.0", json: include_str!("packs/dane-1.0.json") },
    Pack { id: "ipsec-baseline-1.0", json: include_str!("packs/ipsec-baseline-1.0.json") },
    Pack { id: "m365-forced-tls-1.0", json: include_str!("packs/m365-forced-tls-1.0.json") },
];

/// The pack that judges where nobody chose one.
pub const DEFAULT_PACK: &str = "m365-in-transit-1.0";

/// The pack of this id.
#[must_use]
pub fn pack(id: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|pack| pack.id == id)
}

impl Pack {
    /// The policy that it is.
    ///
    /// # Errors
    /// None in a build whose tests passed: every shipped pack is read by a test.
    pub fn policy(&self) -> Result<Policy, Vec<Diagnostic>> {
        Policy::from_json(self.id, self.json)
    }

    /// Its text, read without being prepared for judging.
    #[must_use]
    pub fn document(&self) -> PolicyDocument {
        crate::settings::read(self.json).unwrap_or_else(|_| PolicyDocument {
            schema: None,
            id: self.id.to_owned(),
            version: String::new(),
            title: None,
            extends: None,
            expects: None,
            max_evidence_age_days: None,
            rules: Vec::new(),
            identities: None,
            owned_addresses: None,
            inventory: Vec::new(),
            own_hosts: Vec::new(),
            partners: Vec::new(),
            waivers: Vec::new(),
            attestations: Vec::new(),
            sources: Vec::new(),
        })
    }
}
