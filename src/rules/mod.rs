//! The rules: one file each, one line each in [`RULES`].
//!
//! A rule looks at one subject and says what it finds. It never decides how much that weighs: levels and
//! bounds are the policy's. What it cannot see it calls unknown, with the gap.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::evidence::{
    Basis, ChainView, Dossier, Exhibit, ExhibitView, Fact, Gap, GapReason, Merged, PresentedView, Role, SubjectKind,
    Transport,
};
use crate::formats::json::{self, Value};
use crate::gathered::Gathered;
use crate::json_text::compact;
use crate::pki::path::{ChainAnswer, TrustStore};
use crate::policy::{ExpectedFlow, IdentityRecord, OwnedAddresses};
use crate::report::{Citation, Fix, RuleSummary};
use crate::revocations::Revocations;
use crate::settings::{Members, check_syntax, object};
use crate::sheet::Sheet;
use crate::source::SourceText;
use crate::time::Timestamp;

mod address_not_owned;
mod alternative_name_missing;
mod alternative_name_unsound;
mod answers;
mod broken_cipher;
mod ca_address_unreachable;
mod certificate_expired;
mod certificate_expiring;
mod certificate_lifetime_long;
mod certificate_malformed;
mod certificate_not_yet_valid;
mod certificate_revoked;
mod certificates;
mod chain_incomplete;
mod chain_unproven;
mod cipher_below_128_bits;
mod cipher_below_256_bits;
mod cipher_bits;
mod cipher_order_not_enforced;
mod cipher_order_unexpected;
mod clear_text_accepted;
mod clear_text_hop;
mod client_purpose_missing;
mod commands;
mod common_name_not_listed;
mod connector_certificate_mismatch;
mod connector_demands;
mod connectors;
mod delivery_refused;
mod demands;
mod dh_group_short;
mod draft;
mod ec_key_short;
mod evidence_too_old;
mod fips_algorithms;
mod flow_unprotected;
mod forced_tls_missing;
mod group_not_listed;
mod groups;
mod hop_below_tls12;
mod hop_unknown;
mod hop_without_forward_secrecy;
mod hops;
mod hybrid_certificate_unsound;
mod identities;
mod insecure_renegotiation;
mod ipsec;
mod issuer_extensions_unsound;
mod issuer_unexpected;
mod key_algorithm_not_listed;
mod key_identifier_unsound;
mod key_unexpected;
mod known_vulnerability;
mod leaf_extensions_unsound;
mod mta_sts;
mod mta_sts_mx_mismatch;
mod mta_sts_not_enforced;
mod must_staple_without_staple;
mod name_mismatch;
mod no_forward_secrecy;
mod obsolete_protocol;
mod organization_unexpected;
mod organizational_unit_present;
mod partner_not_authenticated;
mod plaintext_service;
mod purpose_missing;
mod purpose_not_allowed;
mod root_missing;
mod rsa_key_short;
mod rsa_parameters_unsound;
mod serial_number_unsound;
mod sheet_mismatch;
mod smtp_replies;
mod suite_not_listed;
mod suites;
mod tls13_missing;
mod tls_compression;
mod tls_report_failures;
mod tlsa;
mod tlsa_mismatch;
mod tlsa_unusable;
mod tunnel_does_not_cover;
mod tunnel_idle;
mod tunnel_no_pfs;
mod tunnel_unencrypted;
mod tunnel_weak;
mod weak_group;
mod weak_signature;

pub(crate) use chain_unproven::undecided;
pub(crate) use clear_text_hop::hop_lock;
pub use commands::command;
pub(crate) use commands::{
    CERTUTIL, DELV, DIG_TLSA, OCSP_RESPONSE, OPENSSL, OPENSSL_RENEGOTIATION, OPENSSL_STATUS, OPENSSL_TLS13,
    OPENSSL_TLSA, OPENSSL_WITHOUT_NAME, OWN_HOSTS, PROBE_DNS, PROBE_ROOTS, SHEET, STORES, SWANCTL, SWANCTL_REKEY,
    TESTSSL, TESTSSL_ATTACKS, is_plain,
};
pub(crate) use connector_demands::{is_name_of, is_of_anybody};
pub(crate) use connectors::{Covers, MOST_PARTNERS, covers, name_of, off, partners};
pub use draft::{Draft, Findings};
pub use hops::Standing;
pub(crate) use hops::standings;
pub(crate) use ipsec::carries;
pub(crate) use mta_sts::{Names, Published, announcements, published};
pub(crate) use mta_sts_mx_mismatch::{host as mx_host, matches as mx_matches};
pub(crate) use smtp_replies::{Cause, meaning_of};
pub(crate) use tlsa::Record as TlsaRecord;

/// Every rule there is, in the order in which they are shown.
pub static RULES: &[Entry] = &[
    entry::<plaintext_service::PlaintextService>(),
    entry::<obsolete_protocol::ObsoleteProtocol>(),
    entry::<tls13_missing::Tls13Missing>(),
    entry::<no_forward_secrecy::NoForwardSecrecy>(),
    entry::<broken_cipher::BrokenCipher>(),
    entry::<cipher_below_128_bits::CipherBelow128Bits>(),
    entry::<cipher_below_256_bits::CipherBelow256Bits>(),
    entry::<cipher_order_not_enforced::CipherOrderNotEnforced>(),
    entry::<cipher_order_unexpected::CipherOrderUnexpected>(),
    entry::<suite_not_listed::SuiteNotListed>(),
    entry::<fips_algorithms::FipsAlgorithms>(),
    entry::<dh_group_short::DhGroupShort>(),
    entry::<weak_group::WeakGroup>(),
    entry::<group_not_listed::GroupNotListed>(),
    entry::<insecure_renegotiation::InsecureRenegotiation>(),
    entry::<tls_compression::TlsCompression>(),
    entry::<known_vulnerability::KnownVulnerability>(),
    entry::<rsa_key_short::RsaKeyShort>(),
    entry::<ec_key_short::EcKeyShort>(),
    entry::<key_algorithm_not_listed::KeyAlgorithmNotListed>(),
    entry::<rsa_parameters_unsound::RsaParametersUnsound>(),
    entry::<weak_signature::WeakSignature>(),
    entry::<certificate_expired::CertificateExpired>(),
    entry::<certificate_not_yet_valid::CertificateNotYetValid>(),
    entry::<certificate_expiring::CertificateExpiring>(),
    entry::<certificate_lifetime_long::CertificateLifetimeLong>(),
    entry::<certificate_malformed::CertificateMalformed>(),
    entry::<serial_number_unsound::SerialNumberUnsound>(),
    entry::<key_identifier_unsound::KeyIdentifierUnsound>(),
    entry::<leaf_extensions_unsound::LeafExtensionsUnsound>(),
    entry::<issuer_extensions_unsound::IssuerExtensionsUnsound>(),
    entry::<purpose_missing::PurposeMissing>(),
    entry::<purpose_not_allowed::PurposeNotAllowed>(),
    entry::<client_purpose_missing::ClientPurposeMissing>(),
    entry::<alternative_name_missing::AlternativeNameMissing>(),
    entry::<alternative_name_unsound::AlternativeNameUnsound>(),
    entry::<common_name_not_listed::CommonNameNotListed>(),
    entry::<organizational_unit_present::OrganizationalUnitPresent>(),
    entry::<name_mismatch::NameMismatch>(),
    entry::<chain_incomplete::ChainIncomplete>(),
    entry::<chain_unproven::ChainUnproven>(),
    entry::<root_missing::RootMissing>(),
    entry::<certificate_revoked::CertificateRevoked>(),
    entry::<must_staple_without_staple::MustStapleWithoutStaple>(),
    entry::<ca_address_unreachable::CaAddressUnreachable>(),
    entry::<issuer_unexpected::IssuerUnexpected>(),
    entry::<organization_unexpected::OrganizationUnexpected>(),
    entry::<key_unexpected::KeyUnexpected>(),
    entry::<address_not_owned::AddressNotOwned>(),
    entry::<sheet_mismatch::SheetMismatch>(),
    entry::<clear_text_hop::ClearTextHop>(),
    entry::<hop_below_tls12::HopBelowTls12>(),
    entry::<hop_without_forward_secrecy::HopWithoutForwardSecrecy>(),
    entry::<hop_unknown::HopUnknown>(),
    entry::<tls_report_failures::TlsReportFailures>(),
    entry::<mta_sts_not_enforced::MtaStsNotEnforced>(),
    entry::<mta_sts_mx_mismatch::MtaStsMxMismatch>(),
    entry::<tlsa_unusable::TlsaUnusable>(),
    entry::<tlsa_mismatch::TlsaMismatch>(),
    entry::<tunnel_unencrypted::TunnelUnencrypted>(),
    entry::<tunnel_weak::TunnelWeak>(),
    entry::<tunnel_does_not_cover::TunnelDoesNotCover>(),
    entry::<tunnel_idle::TunnelIdle>(),
    entry::<tunnel_no_pfs::TunnelNoPfs>(),
    entry::<flow_unprotected::FlowUnprotected>(),
    entry::<forced_tls_missing::ForcedTlsMissing>(),
    entry::<partner_not_authenticated::PartnerNotAuthenticated>(),
    entry::<connector_certificate_mismatch::ConnectorCertificateMismatch>(),
    entry::<hybrid_certificate_unsound::HybridCertificateUnsound>(),
    entry::<clear_text_accepted::ClearTextAccepted>(),
    entry::<delivery_refused::DeliveryRefused>(),
    entry::<evidence_too_old::EvidenceTooOld>(),
];

/// One rule.
pub(crate) trait Rule {
    /// What a policy can set, with the defaults of the rule's own document.
    type Params: Parameters + Send + Sync + 'static;
    /// What it is, why it matters, how to fix it, where it comes from.
    const ABOUT: About;
    /// What it finds on one subject.
    fn check(params: &Self::Params, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings);
}

/// What a policy can set of a rule. Written as JSON, the members are in the order of their names.
pub(crate) trait Parameters: Serialize + Default {
    /// Takes the members that are given; the others stay as they are.
    fn set(&mut self, members: &mut Members<'_, '_>);
}

/// What is said of a rule: its page, its line in the catalogue, and what a finding shows.
#[derive(Debug)]
pub struct About {
    /// What is wrong when it fails, in kebab case.
    pub id: &'static str,
    /// What it demands, in a few words.
    pub title: &'static str,
    /// What it checks.
    pub checks: &'static str,
    /// What could happen otherwise.
    pub why: &'static str,
    /// Product and text.
    pub fix: &'static [(&'static str, &'static str)],
    /// The documents that it follows.
    pub citations: &'static [Clause],
    /// Since when the demand has been in force, `YYYY-MM-DD`.
    pub effective: &'static str,
    /// The kinds of subject that it speaks of.
    pub subjects: &'static [SubjectKind],
    /// Commands that would decide an unknown. `{target}`, `{testssl_starttls}`,
    /// `{openssl_starttls}` and `{openssl_name}` are filled in.
    pub decide_by: &'static [&'static str],
}

/// A clause of a document.
#[derive(Debug)]
pub struct Clause {
    /// The document.
    pub document: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// Where to read it.
    pub url: &'static str,
    /// Its date, as precisely as it is known.
    pub date: &'static str,
}

impl About {
    /// The same as it travels in reports and catalogues.
    #[must_use]
    pub fn summary(&self) -> RuleSummary {
        RuleSummary {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            checks: self.checks.to_owned(),
            why: self.why.to_owned(),
            fix: self
                .fix
                .iter()
                .map(|(product, text)| Fix { product: (*product).to_owned(), text: (*text).to_owned() })
                .gathered(),
            citations: self
                .citations
                .iter()
                .map(|clause| Citation {
                    document: clause.document.to_owned(),
                    clause: clause.clause.to_owned(),
                    url: clause.url.to_owned(),
                    date: clause.date.to_owned(),
                })
                .gathered(),
            effective: self.effective.to_owned(),
        }
    }
}

/// A line of the table of rules.
pub struct Entry {
    /// What is said of it.
    pub about: &'static About,
    /// Takes the parameters that a policy gives.
    prepare: fn(&mut Members<'_, '_>) -> (Box<dyn Judge>, String),
}

impl Entry {
    /// Its parameters as JSON, with their defaults.
    #[must_use]
    pub fn defaults(&self) -> String {
        self.read(None, &mut Vec::new()).1
    }

    /// The rule with the parameters of this JSON; none means the defaults.
    ///
    /// # Errors
    /// What is wrong with each parameter.
    pub fn prepare(&self, params: Option<&str>) -> Result<Box<dyn Judge>, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let source = SourceText::new(0, params.unwrap_or(NO_PARAMS).to_owned());
        let document = json::parse(&source, 0);
        check_syntax(&source, &document, &mut problems);
        let (judge, _) = self.read(document.root(), &mut problems);
        if problems.is_empty() { Ok(judge) } else { Err(problems) }
    }

    /// The rule with its parameters, and these as JSON, defaults filled in.
    pub(crate) fn read(&self, params: Option<Value<'_>>, problems: &mut Vec<Diagnostic>) -> (Box<dyn Judge>, String) {
        object(params, problems, |members| (self.prepare)(members))
    }
}

/// The parameters of a rule that has none, as JSON.
pub(crate) const NO_PARAMS: &str = "{}";

/// A rule with its parameters read.
pub trait Judge: Send + Sync {
    /// What it finds on one subject.
    fn judge(&self, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings);
}

struct Prepared<R: Rule>(R::Params);

impl<R: Rule> Judge for Prepared<R> {
    fn judge(&self, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        R::check(&self.0, context, subject, findings);
    }
}

const fn entry<R: Rule + 'static>() -> Entry {
    Entry {
        about: &R::ABOUT,
        prepare: |members| {
            let mut params = R::Params::default();
            params.set(members);
            let json = compact(&params, 0).unwrap_or_default();
            (Box::new(Prepared::<R>(params)), json)
        },
    }
}

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Entry> {
    RULES.iter().find(|entry| entry.about.id == id)
}

/// The parameters of a rule that has none.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NoParams {}

impl Parameters for NoParams {
    fn set(&mut self, _: &mut Members<'_, '_>) {}
}

/// When a rule judges, and what it may rest on besides its subject.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The instant that certificates are judged at.
    pub at: Timestamp,
    /// The instant of judging: the age of evidence counts from here.
    pub now: Timestamp,
    /// How old evidence may be, in days.
    pub max_evidence_age_days: u32,
    /// What is known of the paths of the subject's chains, in their order; nothing where no roots were chosen, or the
    /// leaf cannot be decoded.
    pub proofs: &'a [Option<ChainAnswer>],
    /// How a mail hop stands among the others of its message.
    pub standing: Standing<'a>,
    /// Everything that is neither an endpoint nor a chain: a policy and the records that it speaks of are several.
    pub exhibits: &'a [ExhibitView<'a>],
    /// Those among them that are found by name.
    pub(crate) names: &'a Names<'a>,
    /// Everything else that was shown.
    pub merged: &'a Merged<'a>,
    /// What CRLs and OCSP responses prove.
    pub(crate) revocations: &'a Revocations<'a>,
    /// Who is expected behind which host.
    pub identities: &'a [IdentityRecord],
    /// The addresses that are the policy's own.
    pub owned_addresses: &'a [OwnedAddresses],
    /// The roots that were chosen first, which decide.
    pub roots: Option<&'a TrustStore>,
    /// The stores that were chosen besides.
    pub further_roots: &'a [TrustStore],
    /// What each of these has for the subject's chains, as `proofs` has it for the first.
    pub further_proofs: &'a [Vec<Option<ChainAnswer>>],
    /// What a partner was told of the certificates, if a sheet was given.
    pub sheet: Option<&'a Sheet>,
}

impl<'a> Context<'a> {
    /// What each store has for the chain at a position, the deciding store first.
    #[must_use]
    pub fn answers(&self, position: usize) -> Vec<Option<&'a ChainAnswer>> {
        let of = |proofs: &'a [Option<ChainAnswer>]| proofs.get(position).and_then(Option::as_ref);
        let first = self.roots.map(|_| of(self.proofs));
        first.into_iter().chain(self.further_proofs.iter().map(|proofs| of(proofs))).gathered()
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A service, with all that was shown of it.
    Endpoint(&'a Dossier<'a>),
    /// Certificates without a service.
    Chain(&'a ChainView<'a>),
    /// Anything else.
    Exhibit(&'a ExhibitView<'a>),
    /// A domain that mail is exchanged with.
    Partner(&'a str),
    /// A flow of the inventory.
    Flow(&'a ExpectedFlow),
}

impl<'a> Subject<'a> {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Endpoint(_) => SubjectKind::Endpoint,
            Self::Chain(_) => SubjectKind::Chain,
            Self::Exhibit(view) => view.exhibit.kind,
            Self::Partner(_) => SubjectKind::MailPartner,
            Self::Flow(_) => SubjectKind::InventoryFlow,
        }
    }

    /// The endpoint, if it is one.
    #[must_use]
    pub const fn endpoint(&self) -> Option<&'a Dossier<'a>> {
        match self {
            Self::Endpoint(dossier) => Some(dossier),
            Self::Chain(_) | Self::Exhibit(_) | Self::Partner(_) | Self::Flow(_) => None,
        }
    }

    /// The exhibit, if it is one of this kind.
    #[must_use]
    pub fn exhibit(&self, kind: SubjectKind) -> Option<&'a Exhibit> {
        match self {
            Self::Exhibit(view) if view.exhibit.kind == kind => Some(view.exhibit),
            _ => None,
        }
    }

    /// The side whose certificates it has; certificates without a service are taken for a server's.
    #[must_use]
    pub fn role(&self) -> Role {
        self.endpoint().map_or(Role::Server, |dossier| dossier.key.role)
    }

    /// Its chains.
    #[must_use]
    pub fn chains(&self) -> &'a [PresentedView<'a>] {
        match self {
            Self::Endpoint(dossier) => &dossier.chains,
            Self::Chain(chain) => std::slice::from_ref(&chain.presented),
            Self::Exhibit(_) | Self::Partner(_) | Self::Flow(_) => &[],
        }
    }

    /// What keeps its certificates from being all that there are: other chains, and the rest of each chain.
    #[must_use]
    pub fn certificate_gaps(&self) -> Vec<Gap> {
        let mut gaps = self.endpoint().map(Dossier::chain_gaps).unwrap_or_default();
        if self.chains().is_empty() && gaps.is_empty() {
            gaps.push(Gap::new(GapReason::NotAttempted, "no certificate was shown"));
        }
        for gap in self.chains().iter().filter_map(PresentedView::gap) {
            if !gaps.iter().any(|known| known.detail == gap.detail) {
                gaps.push(gap.clone());
            }
        }
        gaps
    }

    /// The host that was asked for, with what it rests on.
    #[must_use]
    pub fn host(&self) -> Option<Fact<String>> {
        match self {
            Self::Endpoint(dossier) => {
                // A report that says neither the port nor how TLS starts does not say the host either: its supplier did.
                let is_bare = matches!(
                    dossier.key.transport,
                    Transport::Unstated | Transport::StartTls(crate::evidence::StartTls::Unnamed)
                );
                let basis = if is_bare && !dossier.key.is_stated() { Basis::Declared } else { Basis::Wire };
                dossier.key.host.clone().map(|host| Fact::new(host, basis, []))
            }
            Self::Chain(chain) => chain.host().fact().cloned(),
            Self::Exhibit(_) | Self::Partner(_) | Self::Flow(_) => None,
        }
    }
}
