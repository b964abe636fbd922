//! IPsec policies of Azure VPN gateways as `az` prints them, alone or in their connections: JSON.
//!
//! They are settings: that a tunnel is up, and with which of them, no policy shows. What surprises: a connection without a
//! policy takes Azure's default proposals, DHGroup2 (1024 bits) among them; `ikeEncryption` is that of the association and
//! `ipsecEncryption` that of the tunnel, whatever Azure's reference says of phases.

use super::exhibits::{Made, push};
use super::json::Kind;
use super::record::{any_record, completion, read_each};
use super::{Sink, json};
use crate::evidence::{Attribute, GapReason, SubjectKind};
use crate::letters::beginning;

pub(super) const ID: &str = "azure-ipsec";
pub(super) const COMMANDS: &[&str] =
    &["az network vpn-connection ipsec-policy list --connection-name CONNECTION --resource-group GROUP"];
pub(super) const NEVER_SHOWS: &[&str] = &[
    "that a tunnel is up, which data goes through it, and what its other side agreed to",
    "the proposals of a connection without a policy: those are Azure's defaults",
    "the time: state it",
];

/// Whether these are policies, or connections with them.
pub(super) fn recognises(root: json::Value<'_>) -> bool {
    any_record(root, is_one)
}

fn is_one(value: json::Value<'_>) -> bool {
    is_policy(value) || policies(value).is_some()
}

fn is_policy(value: json::Value<'_>) -> bool {
    value.get("ipsecEncryption").is_some() && value.get("ikeEncryption").is_some()
}

/// The policies of a connection; in templates of the resource manager they stand among its properties.
fn policies(value: json::Value<'_>) -> Option<json::Value<'_>> {
    let list = value.get("ipsecPolicies").or_else(|| value.get("properties")?.get("ipsecPolicies"))?;
    (list.kind() == Kind::Array).then_some(list)
}

/// Reads one document.
pub(super) fn read(document: &json::Document<'_>, sink: &mut Sink<'_>) {
    read_each(document, sink, is_one, one);
}

fn one(value: json::Value<'_>, sink: &mut Sink<'_>) {
    let name = value.only("name").and_then(json::Value::as_str).unwrap_or_default();
    let name = if name.is_empty() { String::new() } else { format!(" of {}", beginning(&name, 80)) };
    let mut made: Vec<Made> = Vec::new();
    match policies(value) {
        Some(list) => {
            for policy in list.elements() {
                made.push(of_policy(policy, format!("IPsec policy{name}")));
            }
            if made.is_empty() {
                let mut none = Made::new(SubjectKind::Tunnel, format!("no IPsec policy{name}"));
                let detail = "no policy is set: Azure's default proposals are taken, which are not shown";
                none.miss(Attribute::State, GapReason::NotStated, detail, list.span());
                made.push(none);
            }
        }
        None => made.push(of_policy(value, format!("IPsec policy{name}"))),
    }
    let started = sink.collected("an IPsec policy of Azure");
    push(sink, ID, Some("az".to_owned()), started, completion(value, None), made);
}

fn of_policy(policy: json::Value<'_>, name: String) -> Made {
    use Attribute::{Algorithm, IkeAlgorithm};
    let mut made = Made::new(SubjectKind::Tunnel, name);
    let detail = "a policy is a setting: that a tunnel is up is not shown";
    made.miss(Attribute::State, GapReason::NotReportedByFormat, detail, policy.span());
    for (attribute, cipher, integrity, group) in [
        (IkeAlgorithm, "ikeEncryption", "ikeIntegrity", "dhGroup"),
        (Algorithm, "ipsecEncryption", "ipsecIntegrity", "pfsGroup"),
    ] {
        let value = |name| policy.only(name).and_then(|value| Some((value.as_str()?, value.span())));
        for member in [cipher, integrity, group] {
            if value(member).is_none() {
                made.miss(
                    attribute,
                    GapReason::NotStated,
                    format!("`{member}` is not there, or not once"),
                    policy.span(),
                );
            }
        }
        let is_aead = value(cipher).is_some_and(|(cipher, _)| cipher.starts_with("GCM"));
        if let Some((text, span)) = value(cipher) {
            made.know(attribute, of_cipher(&text), span);
        }
        if let Some((text, span)) = value(integrity) {
            // For the tunnel's GCM the same name stands there again; in IKE it is the hash that derives keys as well.
            let names: &[&str] = match (&*text, is_aead) {
                (text, true) if text.starts_with("GCM") => &[],
                ("SHA384", true) => &["PRF_HMAC_SHA2_384"],
                ("SHA256", true) => &["PRF_HMAC_SHA2_256"],
                ("MD5", _) => &["HMAC_MD5_96"],
                ("SHA1", _) => &["HMAC_SHA1_96"],
                ("SHA256", _) => &["HMAC_SHA2_256_128"],
                ("SHA384", _) => &["HMAC_SHA2_384_192"],
                _ => &["unknown"],
            };
            for name in names {
                let name = if *name == "unknown" { beginning(&text, 40) } else { name };
                made.know(attribute, name, span);
            }
        }
        if let Some((text, span)) = value(group) {
            match of_group(&text) {
                Some(name) => made.know(attribute, name, span),
                None if text == "None" && attribute == Algorithm => made.know(Attribute::OwnKeyExchange, "none", span),
                None if text == "PFSMM" && attribute == Algorithm => {}
                None => made.know(attribute, beginning(&text, 40), span),
            }
        }
    }
    if let Some(seconds) = policy.only("saLifeTimeSeconds") {
        let text = seconds.partial_text().unwrap_or_default();
        made.know(Attribute::Lifetime, beginning(&text, 20), seconds.span());
    }
    made
}

/// Azure's name of a cipher in strongSwan's words; as it is where it is not known here.
fn of_cipher(name: &str) -> &str {
    match name {
        "None" => "NULL",
        "DES" => "DES_CBC",
        "DES3" => "3DES_CBC",
        "AES128" => "AES_CBC-128",
        "AES192" => "AES_CBC-192",
        "AES256" => "AES_CBC-256",
        "GCMAES128" => "AES_GCM_16-128",
        "GCMAES192" => "AES_GCM_16-192",
        "GCMAES256" => "AES_GCM_16-256",
        other => beginning(other, 40),
    }
}

fn of_group(name: &str) -> Option<&'static str> {
    Some(match name {
        "DHGroup1" | "PFS1" => "MODP_768",
        "DHGroup2" | "PFS2" => "MODP_1024",
        "DHGroup14" | "DHGroup2048" | "PFS14" | "PFS2048" => "MODP_2048",
        "DHGroup24" | "PFS24" => "MODP_2048_256",
        "ECP256" => "ECP_256",
        "ECP384" => "ECP_384",
        _ => return None,
    })
}
