//! `fips-algorithms`: every accepted suite, group and signature scheme is made of FIPS-approved algorithms.

use serde::Serialize;

use super::groups::{judge_groups, judge_offers};
use super::suites::{Judged, judge_suites, no_suite_with};
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::{Dossier, SubjectKind, offers};
use crate::iana::{
    Authentication, Cipher, GroupInfo, GroupKind, HashAlgorithm, KeyExchange, Mac, SignatureScheme, SuiteInfo,
};
use crate::policy::Level;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct FipsAlgorithms;

/// Whether X25519 and X448 count as approved. SP 800-186 (2023-02) specifies their curves; SP 800-56A Rev. 3 (2018-04)
/// does not list them for key agreement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    x25519_is_approved: bool,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("x25519IsApproved", &mut self.x25519_is_approved);
    }
}

const REQUIRED: &str = "FIPS-approved algorithms only";
/// P-224, P-256, P-384 and P-521.
const NIST_CURVES: [u16; 4] = [21, 23, 24, 25];
/// X25519 and X448.
const MONTGOMERY_CURVES: [u16; 2] = [29, 30];
/// ML-KEM with a curve behind it: X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024.
const ML_KEM_HYBRIDS: [u16; 3] = [0x11EC, 0x11EB, 0x11ED];
/// The key exchanges that use a group of the list.
const WITH_GROUPS: [KeyExchange; 5] =
    [KeyExchange::Ecdhe, KeyExchange::EcdhePsk, KeyExchange::Dhe, KeyExchange::DhePsk, KeyExchange::Tls13];

impl Rule for FipsAlgorithms {
    type Params = Params;

    const ABOUT: About = About {
        id: "fips-algorithms",
        title: "FIPS-approved algorithms",
        checks: "Whether every accepted suite, group and, as far as shown, signature scheme uses approved algorithms: AES; \
                 HMAC with SHA-1 or SHA-2; ephemeral or static Diffie-Hellman; P-224 to P-521, the ffdhe groups and ML-KEM; \
                 RSA, ECDSA and EdDSA signatures over SHA-2. X25519 is a parameter. Algorithms are all that a connection \
                 shows: that the module is validated is an attestation, with its certificate number, and not judged here.",
        why: "Where FIPS 140 is demanded by contract or law, data that an unapproved algorithm protects counts as not protected.",
        fix: &[
            ("nginx", "ssl_ciphers ECDHE+AESGCM; and ssl_ecdh_curve prime256v1:secp384r1;"),
            ("Apache", "SSLCipherSuite ECDHE+AESGCM and SSLOpenSSLConfCmd Groups prime256v1:secp384r1"),
            ("Postfix", "tls_eecdh_auto_curves = prime256v1 secp384r1, on a system whose OpenSSL runs in FIPS mode"),
            (
                "Exchange / Schannel",
                "local policy: System cryptography: Use FIPS compliant algorithms; Disable-TlsEccCurve -Name curve25519",
            ),
        ],
        citations: &[
            Clause {
                document: "Microsoft, Office 365 encryption for data in transit",
                clause: "FIPS 140-2 Level 2-validated",
                url: "https://learn.microsoft.com/purview/office-365-encryption-in-transit",
                date: "undated",
            },
            Clause {
                document: "NIST SP 800-131A Rev. 2",
                clause: "SHA-1 signatures, 3DES and, after 2023, RSA key transport with PKCS #1 v1.5 are disallowed",
                url: "https://doi.org/10.6028/NIST.SP.800-131Ar2",
                date: "2019-03",
            },
            Clause {
                document: "NIST SP 800-56A Rev. 3",
                clause: "appendix D: approved curves and safe primes, X25519 not among them",
                url: "https://doi.org/10.6028/NIST.SP.800-56Ar3",
                date: "2018-04",
            },
            Clause {
                document: "FIPS 203 and NIST SP 800-56C Rev. 2",
                clause: "ML-KEM; an approved secret followed by another one stays approved",
                url: "https://doi.org/10.6028/NIST.FIPS.203",
                date: "2024-08-13",
            },
        ],
        effective: "2024-01-01",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let suites = judge_suites(dossier, &suite_offence).settled(
            "Suites that are not FIPS-approved are accepted",
            "Every accepted suite is made of FIPS-approved algorithms.",
            "Whether every accepted suite is FIPS-approved is not known.",
        );
        findings.add(suites.facet("suites").required(REQUIRED));

        let groups = judge_groups(dossier, &|info| group_offence(info, params.x25519_is_approved));
        let unused = groups.offending.is_empty().then(|| no_suite_with(dossier, &WITH_GROUPS)).flatten();
        let groups = match unused {
            Some(words) => {
                Draft::not_applicable("No accepted suite uses a group.").cite(&words, "no suite with a group")
            }
            None => groups.settled(
                "Groups that are not FIPS-approved are accepted",
                "Every accepted group is FIPS-approved.",
                "Whether every accepted group is FIPS-approved is not known.",
            ),
        };
        findings.add(groups.facet("groups").required(REQUIRED));

        let schemes = judge_schemes(dossier);
        // No scanner lists them all, so that an open list weighs less than a bad entry.
        let level = if schemes.offending.is_empty() { Level::Warning } else { Level::Error };
        let schemes = schemes.settled(
            "Signature schemes that are not FIPS-approved are accepted",
            "Every accepted signature scheme is FIPS-approved.",
            "Whether every accepted signature scheme is FIPS-approved is not known.",
        );
        findings.add(schemes.facet("signature-schemes").level(level).required(REQUIRED));
    }
}

fn suite_offence(info: &SuiteInfo) -> Option<String> {
    if info.is_anonymous() {
        return Some("does not authenticate the server".to_owned());
    }
    let cipher = match info.cipher {
        Cipher::Aes128 | Cipher::Aes256 => None,
        Cipher::Null => Some("no encryption".to_owned()),
        Cipher::TripleDes => Some("3DES, disallowed since 2024".to_owned()),
        other => Some(format!("{other:?}")),
    };
    let mac = match info.mac {
        Mac::Aead | Mac::Sha1 | Mac::Sha256 | Mac::Sha384 => None,
        other => Some(format!("integrity by {other:?}")),
    };
    let key_exchange = match info.key_exchange {
        KeyExchange::Dh
        | KeyExchange::Dhe
        | KeyExchange::Ecdh
        | KeyExchange::Ecdhe
        | KeyExchange::DhePsk
        | KeyExchange::EcdhePsk
        | KeyExchange::Tls13 => None,
        KeyExchange::Rsa | KeyExchange::RsaPsk => Some("RSA key transport, disallowed since 2024".to_owned()),
        other => Some(format!("key exchange {other:?}")),
    };
    let authentication = (info.authentication == Authentication::Dss).then(|| "DSA signatures".to_owned());
    cipher.or(mac).or(key_exchange).or(authentication)
}

fn group_offence(info: &GroupInfo, x25519_is_approved: bool) -> Option<String> {
    let is_approved = match info.kind {
        GroupKind::FiniteField { .. } => true,
        GroupKind::PostQuantum { .. } => info.name.starts_with("MLKEM"),
        GroupKind::PostQuantumHybrid { .. } => ML_KEM_HYBRIDS.contains(&info.code),
        GroupKind::EllipticCurve { .. } => {
            NIST_CURVES.contains(&info.code) || (x25519_is_approved && MONTGOMERY_CURVES.contains(&info.code))
        }
        GroupKind::Explicit => false,
    };
    (!is_approved).then(String::new)
}

fn judge_schemes(dossier: &Dossier<'_>) -> Judged {
    let offers = offers(dossier.sightings.iter().map(|sighting| &sighting.endpoint.signature_schemes));
    let name = |scheme: &SignatureScheme| scheme.name().into_owned();
    let is_grease = |scheme: &SignatureScheme| scheme.is_grease();
    judge_offers("signature scheme", offers, &name, &is_grease, &|scheme| scheme_offence(*scheme))
}

/// `None` where nobody registered it.
fn scheme_offence(scheme: SignatureScheme) -> Option<Option<String>> {
    let is_approved = match scheme.hash()? {
        HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Sm3 => false,
        HashAlgorithm::Streebog256 | HashAlgorithm::Streebog512 => false,
        HashAlgorithm::Sha224 | HashAlgorithm::Sha256 | HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => {
            // eccsi_sha256 (RFC 6507) and the brainpool schemes hash well and sign by no approved method.
            let name = scheme.name();
            !name.starts_with("eccsi") && !name.contains("brainpool")
        }
        HashAlgorithm::Intrinsic => true,
    };
    Some((!is_approved).then(String::new))
}
