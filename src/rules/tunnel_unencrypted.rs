//! `tunnel-unencrypted`: what goes through an IPsec tunnel is encrypted.

use super::ipsec::{BETWEEN_DATACENTERS, Purpose, algorithm, is_up, not_up, tunnel};
use super::{About, Clause, Context, Draft, Findings, NoParams, Rule, SWANCTL, Subject};
use crate::evidence::SubjectKind;
use crate::evidence::{Attribute, Gap, GapReason};
use crate::gathered::Gathered;

/// See [`Rule::ABOUT`].
pub(super) struct TunnelUnencrypted;

impl Rule for TunnelUnencrypted {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "tunnel-unencrypted",
        title: "a tunnel that encrypts",
        checks: "Whether the tunnel is installed by an association that is established, uses ESP, and a cipher. NULL encryption, \
                 NULL_AES_GMAC and AH protect integrity and encrypt nothing.",
        why: "A tunnel that only authenticates looks like any other in a list, and everything in it is read on the way.",
        fix: &[
            ("strongSwan", "esp_proposals = aes256gcm16-ecp384 in swanctl.conf, without null, and no ah_proposals"),
            ("libreswan", "esp=aes_gcm256 (or phase2alg=), phase2=esp"),
            ("Azure", "ipsecEncryption GCMAES256 with ipsecIntegrity GCMAES256"),
        ],
        citations: &[
            BETWEEN_DATACENTERS,
            Clause {
                document: "RFC 8221",
                clause: "sections 4 and 5: ESP with encryption is RECOMMENDED over AH; ENCR_NULL gives no confidentiality",
                url: "https://www.rfc-editor.org/rfc/rfc8221#section-4",
                date: "2017-10",
            },
        ],
        effective: "2017-10-01",
        subjects: &[SubjectKind::Tunnel],
        decide_by: &[SWANCTL],
    };

    fn check(_: &NoParams, _: &Context, subject: &Subject<'_>, findings: &mut Findings) {
        let Some(tunnel) = tunnel(subject) else { return };
        let known: Vec<_> =
            tunnel.facts(Attribute::Algorithm).filter_map(|fact| Some((algorithm(&fact.value)?.0, fact))).gathered();
        let null = known.iter().find(|(purpose, _)| *purpose == Purpose::Null);
        let cipher = known.iter().find(|(purpose, _)| matches!(purpose, Purpose::Cipher | Purpose::Aead));
        let protocol = tunnel.fact(Attribute::Protocol);
        let unknown = |gap| Draft::unknown("Whether the tunnel encrypts is not known.", vec![gap]);
        let draft = match (protocol.map(|fact| fact.value.as_str()), null, cipher) {
            (Some("AH"), ..) => Draft::fail("The tunnel encrypts nothing: it uses AH."),
            (_, Some((_, fact)), _) => Draft::fail(format!("The tunnel encrypts nothing: it uses {}.", fact.value)),
            _ if !is_up(tunnel) => unknown(not_up(tunnel)),
            (Some("ESP"), None, Some((_, fact))) => Draft::pass(format!("The tunnel encrypts, by {}.", fact.value)),
            (Some("ESP"), ..) => {
                let detail = "the tunnel names no cipher that intransit knows";
                unknown(Gap::new(GapReason::Unsupported, detail).at(tunnel.words()))
            }
            _ => unknown(tunnel.gap(Attribute::Protocol)),
        };
        let facts = [Attribute::Algorithm, Attribute::Protocol, Attribute::State, Attribute::IkeState].into_iter();
        let facts = facts.flat_map(|attribute| tunnel.facts(attribute));
        let draft = facts.fold(draft, |draft, fact| draft.cite(&fact.words, &fact.value).basis(fact.basis));
        findings.add(draft.required("ESP with a cipher"));
    }
}
