//! `dh-group-short`: finite-field Diffie-Hellman runs over primes of at least the policy's size.

use serde::Serialize;

use super::answers::DISAGREE;
use super::groups::judge_groups;
use super::suites::{judge_suites, no_suite_with};
use super::{About, Clause, Context, Draft, Findings, Parameters, Rule, Subject, TESTSSL};
use crate::evidence::{DhParameters, Dossier, Fact, Gap, GapReason, SubjectKind};
use crate::gathered::Gathered;
use crate::iana::{GroupKind, KeyExchange};
use crate::ordered::Set;

use crate::settings::Members;
/// See [`Rule::ABOUT`].
pub(super) struct DhGroupShort;

/// The smallest prime, in bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Params {
    minimum_bits: u32,
}

impl Parameters for Params {
    fn set(&mut self, members: &mut Members<'_, '_>) {
        members.set("minimumBits", &mut self.minimum_bits);
    }
}

impl Default for Params {
    fn default() -> Self {
        Self { minimum_bits: 2048 }
    }
}

/// TLS 1.3 has ffdhe2048 and larger groups only ([RFC 8446 §4.2.7](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.7)).
const SMALLEST_OF_TLS13: u32 = 2048;
/// With parameters that the server sends.
const EPHEMERAL: [KeyExchange; 3] = [KeyExchange::Dhe, KeyExchange::DheExport, KeyExchange::DhePsk];
/// The same, and TLS 1.3.
const EPHEMERAL_OR_TLS13: [KeyExchange; 4] =
    [KeyExchange::Dhe, KeyExchange::DheExport, KeyExchange::DhePsk, KeyExchange::Tls13];

impl Rule for DhGroupShort {
    type Params = Params;

    const ABOUT: About = About {
        id: "dh-group-short",
        title: "Diffie-Hellman groups of 2048 bits or more",
        checks: "The primes of the finite-field Diffie-Hellman parameters that the server was seen to use, the ffdhe groups that \
                 it accepts, and DHE suites of export strength. Where DHE suites are accepted and no parameters were shown, \
                 the rule is unknown.",
        why: "The work for a 1024-bit prime is done once and then opens every connection that uses it (Logjam): many servers \
              share a handful of primes.",
        fix: &[
            ("nginx", "leave ssl_dhparam out and the DHE suites with it: ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;"),
            ("Apache", "SSLCipherSuite ECDHE+AESGCM:ECDHE+CHACHA20, or append ffdhe2048 to the certificate file"),
            ("Postfix", "smtpd_tls_dh1024_param_file = auto (3.7 or later), or smtpd_tls_exclude_ciphers = kDHE"),
            (
                "Exchange / Schannel",
                "ServerMinKeyBitLength=2048 under HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\\
                 KeyExchangeAlgorithms\\Diffie-Hellman",
            ),
        ],
        citations: &[
            Clause {
                document: "RFC 9325",
                clause: "section 4.5: Diffie-Hellman keys of at least 2048 bits",
                url: "https://www.rfc-editor.org/rfc/rfc9325#section-4.5",
                date: "2022-11",
            },
            Clause {
                document: "RFC 7919",
                clause: "negotiated finite-field groups, the smallest of 2048 bits",
                url: "https://www.rfc-editor.org/rfc/rfc7919",
                date: "2016-08",
            },
        ],
        effective: "2022-11-30",
        subjects: &[SubjectKind::Endpoint],
        decide_by: &[TESTSSL],
    };

    fn check(params: &Params, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(dossier) = subject.endpoint() else { return };
        let minimum = params.minimum_bits;
        findings.add(judged(dossier, minimum).required(format!("Diffie-Hellman groups of at least {minimum} bits")));
    }
}

fn judged(dossier: &Dossier<'_>, minimum: u32) -> Draft {
    let shown: Vec<&Fact<DhParameters>> =
        dossier.sightings.iter().flat_map(|sighting| &sighting.endpoint.dh_parameters).gathered();
    let groups = judge_groups(dossier, &|info| match info.kind {
        GroupKind::FiniteField { modulus_bits } if u32::from(modulus_bits) < minimum => {
            Some(format!("{modulus_bits} bits"))
        }
        _ => None,
    });
    let export = judge_suites(dossier, &|info| {
        (info.key_exchange == KeyExchange::DheExport).then(|| "at most 512 bits".to_owned())
    });
    let mut fail = Draft::fail("");
    // Several reports may show the same one.
    let mut primes: Set<(u32, String)> = Set::new();
    for fact in shown.iter().filter(|fact| fact.value.bits < minimum) {
        fail = fail.cite(&fact.words, &described(&fact.value)).basis(fact.basis);
        primes.insert((fact.value.bits, described(&fact.value)));
    }
    let mut short = primes.iter().map(|(_, prime)| prime.clone()).gathered();
    for judged in [&groups, &export].into_iter().filter(|judged| !judged.offending.is_empty()) {
        fail = judged.cite_offending(fail);
        short.push(judged.offenders());
    }
    if !short.is_empty() {
        let notes = [groups.note(), export.note()];
        let only_long = |sighting: &&crate::evidence::Sighting<'_>| {
            let parameters = &sighting.endpoint.dh_parameters;
            !parameters.is_empty() && parameters.iter().all(|fact| fact.value.bits >= minimum)
        };
        let mut others =
            dossier.sightings.iter().filter(only_long).flat_map(|other| &other.endpoint.dh_parameters).peekable();
        let differ = if others.peek().is_some() { DISAGREE } else { "" };
        fail = others.fold(fail, |draft, fact| draft.cite(&fact.words, &described(&fact.value)));
        let note = notes.iter().map(String::as_str).find(|note| !note.is_empty()).unwrap_or(differ);
        fail.summary = format!("Diffie-Hellman groups below {minimum} bits are used: {}.{note}", short.join(", "));
        return fail;
    }
    let tls13_may_be_short = minimum > SMALLEST_OF_TLS13 && !groups.gaps.is_empty();
    let candidates: &[KeyExchange] = if tls13_may_be_short { &EPHEMERAL_OR_TLS13 } else { &EPHEMERAL };
    if let Some(words) = no_suite_with(dossier, candidates) {
        return Draft::not_applicable("No accepted suite uses finite-field Diffie-Hellman.")
            .cite(&words, "no suite with finite-field Diffie-Hellman");
    }
    let mut gaps = export.gaps;
    if tls13_may_be_short {
        gaps.extend(groups.gaps);
    }
    if shown.is_empty() && no_suite_with(dossier, &EPHEMERAL).is_none() {
        gaps.push(Gap::new(
            GapReason::NotAttempted,
            "the parameters that the server uses with DHE suites were not shown",
        ));
    }
    if !gaps.is_empty() {
        return Draft::unknown(format!("Whether every Diffie-Hellman group has {minimum} bits is not known."), gaps);
    }
    let pass = Draft::pass(format!("Every Diffie-Hellman group that was seen has at least {minimum} bits."));
    let pass =
        shown.iter().fold(pass, |draft, fact| draft.cite(&fact.words, &described(&fact.value)).basis(fact.basis));
    groups.good.iter().fold(pass, |draft, used| draft.cite(&used.words, &used.name).basis(used.basis))
}

fn described(parameters: &DhParameters) -> String {
    match &parameters.name {
        Some(name) => format!("{} bits ({name})", parameters.bits),
        None => format!("{} bits", parameters.bits),
    }
}
