//! Inputs that hide something: whatever was not read is an error, so that no verdict can be compliant; and inputs that
//! repeat themselves, which must not cost more than they are worth.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intransit::{Input, Reading, read};

/// DER of one element.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..128 => out.push(length as u8),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

fn name(text: &str) -> Vec<u8> {
    let value = [&[0x06, 3, 0x55, 4, 3][..], &tlv(0x0C, text.as_bytes())].concat();
    tlv(0x30, &tlv(0x31, &tlv(0x30, &value)))
}

/// A small certificate: enough to be laid out.
fn certificate(serial: u32, subject: &str, issuer: &str) -> Vec<u8> {
    let algorithm = [0x30, 5, 0x06, 3, 0x2B, 0x65, 0x70];
    let key = tlv(0x30, &[&algorithm[..], &tlv(3, &[[0].as_slice(), &[1; 32]].concat())].concat());
    let time = |text: &str| tlv(0x17, text.as_bytes());
    let validity = tlv(0x30, &[time("250101000000Z"), time("350101000000Z")].concat());
    let number = tlv(2, &[&[1][..], &serial.to_be_bytes()].concat());
    let signed = [number, algorithm.to_vec(), name(issuer), validity, name(subject), key].concat();
    tlv(0x30, &[tlv(0x30, &signed), algorithm.to_vec(), tlv(3, &[0])].concat())
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
}

fn reading(text: &str) -> Reading {
    read(&[Input::new("mix.pem", text.as_bytes())])
}

#[test]
fn what_repeats_itself_stays_in_proportion() {
    let many = |count: u32, one: &dyn Fn(u32) -> String| (0..count).map(one).collect::<String>();
    let link = |i: u32| pem(&certificate(i, &format!("C{i}"), &format!("C{}", i + 1)));
    for (case, text, all) in [
        (
            "one authority, many times",
            pem(&certificate(1, "CA", "R")).repeat(500)
                + &many(500, &|i| pem(&certificate(1000 + i, &format!("L{i}"), "CA"))),
            501,
        ),
        (
            "many authorities of one name",
            many(3000, &|i| pem(&certificate(i, "S", "R"))) + &many(3000, &|i| pem(&certificate(9000 + i, "T", "S"))),
            6000,
        ),
        (
            "a long chain of many leaves",
            many(31, &link) + &many(2000, &|i| pem(&certificate(1000 + i, &format!("L{i}"), "C0"))),
            2031,
        ),
    ] {
        let started = std::time::Instant::now();
        let reading = reading(&text);
        assert!(started.elapsed().as_secs() < 10, "{case}: {:?}", started.elapsed());
        let json = serde_json::to_string(&reading.evidence).unwrap();
        assert!(json.len() < 30 * text.len(), "{case}: {} bytes of {}", json.len(), text.len());
        let mut shown: Vec<&str> =
            json.split("\"value\":\"MI").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), all, "{case}: every certificate stands in at least one chain");
    }
}
