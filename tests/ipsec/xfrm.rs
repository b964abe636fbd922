//! Tunnels as the kernel has them: associations and policies, which are one only together.

use intransit::evidence::{Attribute, Exhibit};
use intransit::{Input, Policy, Verdict, read};

use super::{fixture, judged, judged_by, outcomes, policy_of, tunnels};

const SITES: &str = "10.1.0.0/24 10.2.0.0/24";

fn list(name: &str) -> String {
    fixture(&format!("ip-xfrm/{name}.txt"))
}

/// Encrypted, current, covering the sites, used, with forward secrecy.
fn judgement(text: &str) -> String {
    judgement_by(&Policy::from_json("own", &policy_of(&[SITES])).unwrap(), text)
}

fn judgement_by(policy: &Policy, text: &str) -> String {
    let report = judged_by(policy, text);
    let rules = ["tunnel-unencrypted", "tunnel-weak", "tunnel-does-not-cover", "tunnel-idle", "tunnel-no-pfs"];
    rules.map(|rule| outcomes(&report, rule)).join(" ")
}

fn words(tunnel: &Exhibit) -> String {
    let all = [Attribute::State, Attribute::Protocol, Attribute::Algorithm, Attribute::BytesIn, Attribute::BytesOut];
    let all = all.into_iter().chain([Attribute::LocalSelector, Attribute::RemoteSelector, Attribute::Lifetime]);
    let all = all.chain([Attribute::ExtendedSequenceNumbers]);
    let known: Vec<&str> = all.flat_map(|attribute| tunnel.facts(attribute)).map(|fact| fact.value.as_str()).collect();
    format!("{}: {}", tunnel.name, known.join(" "))
}

#[test]
fn associations_and_policies_are_read_as_they_are() {
    let sites = "tunnel for 10.1.0.0/24 ↔ 10.2.0.0/24";
    for (name, expected) in [
        (
            "gcm",
            vec![format!(
                "{sites}: KERNEL ESP ESP AES_GCM_16-256 AES_GCM_16-256 4956 5040 10.1.0.0/24 10.2.0.0/24 3960 3960 yes yes"
            )],
        ),
        (
            "cbc-with-keys",
            vec![format!(
                "{sites}: KERNEL ESP ESP HMAC_SHA2_256_128 AES_CBC-256 HMAC_SHA2_256_128 AES_CBC-256 10.1.0.0/24 10.2.0.0/24"
            )],
        ),
        (
            "null",
            vec![format!(
                "{sites}: KERNEL ESP ESP HMAC_SHA2_256_128 NULL HMAC_SHA2_256_128 NULL 5040 5040 10.1.0.0/24 10.2.0.0/24 3960 3960"
            )],
        ),
        ("hole", vec![format!("{sites}: KERNEL ESP ESP AES_GCM_16-256 AES_GCM_16-256 4956 5040 3960 3960")]),
        (
            "states-only",
            vec![
                "association 203.0.113.1 → 203.0.113.2 without a policy: ESP AES_GCM_16-256 3960".to_owned(),
                "association 203.0.113.2 → 203.0.113.1 without a policy: ESP AES_GCM_16-256 3960".to_owned(),
            ],
        ),
        ("policies-only", vec![format!("{sites}: ESP 10.1.0.0/24 10.2.0.0/24")]),
    ] {
        let text = list(name);
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        for text in [&text, &quoted, &text.replace('\n', "\r\n")] {
            assert_eq!(tunnels(text).iter().map(words).collect::<Vec<_>>(), expected, "{name}");
        }
    }
}

#[test]
fn the_kernels_tunnels_are_judged_by_what_is_there() {
    let gcm = list("gcm");
    let swapped = |from: &str, to: &str| {
        assert!(gcm.contains(from), "{from}");
        gcm.replace(from, to)
    };
    for (what, text, expected) in [
        ("AES-GCM", gcm.clone(), "+ ? + + ?"),
        ("without counters", list("cbc-with-keys"), "+ ? + ? ?"),
        ("NULL", list("null"), "- ? + + ?"),
        ("a policy that lets a part pass", list("hole"), "+ ? ? + ?"),
        ("no policies", list("states-only"), "?? ?? ? ?? ??"),
        ("no associations", list("policies-only"), "? ? ? ? ?"),
        ("associations that nobody counted", swapped("\t SAD count 2\n", ""), "? ? ? ? ?"),
        ("policies that nobody counted", swapped("\t SPD IN  1 OUT 1 FWD 1\n", ""), "+ ? ? + ?"),
        ("one association more", swapped("SAD count 2", "SAD count 3"), "? ? ? ? ?"),
        ("one policy more", swapped("OUT 1", "OUT 2"), "+ ? ? + ?"),
        ("another reqid", swapped("reqid 1 mode", "reqid 2 mode"), "??? ??? ? ??? ???"),
        ("another peer", swapped("tmpl src 203.0.113.2", "tmpl src 203.0.113.9"), "?? ?? ? ?? ??"),
        ("DES", swapped("aead rfc4106(gcm(aes)) <<Keys hidden>> (288 bits) 128", "enc cbc(des) 0x"), "+ - + + ?"),
        ("a cipher nobody knows", swapped("rfc4106(gcm(aes))", "rfc9999(x)"), "? ? + + ?"),
        ("GMAC", swapped("rfc4106(gcm(aes))", "rfc4543(gcm(aes))"), "- ? + + ?"),
        ("authentication alone", swapped("proto esp", "proto ah"), "- ? + + ?"),
        ("still under way", swapped("\taead rfc4106(gcm(aes)) <<Keys hidden>> (288 bits) 128\n", ""), "? ? ? ? ?"),
        (
            "a mark",
            swapped(
                "dir out priority 375423 ptype main \n",
                "dir out priority 375423 ptype main \n\tmark 0x5/0xffffffff\n",
            ),
            "+ ? ? + ?",
        ),
        (
            "an interface",
            swapped("dir out priority 375423 ptype main \n", "dir out priority 375423 ptype main \n\tif_id 0x2a\n"),
            "+ ? ? + ?",
        ),
        ("a device", swapped("dst 10.2.0.0/24 \n", "dst 10.2.0.0/24 dev eth0 \n"), "+ ? ? + ?"),
        ("one protocol", swapped("dst 10.2.0.0/24 \n", "dst 10.2.0.0/24 proto tcp dport 443 \n"), "+ ? - + ?"),
    ] {
        assert_eq!(judgement(&text), expected, "{what}");
        assert_ne!(judged(&text, &[]).verdict, Verdict::Compliant, "{what}: IKE is not shown");
    }
    let optional =
        gcm.replace("\t\tproto esp reqid 1 mode tunnel\n", "\t\tproto esp reqid 1 mode tunnel\n\t\tlevel use \n");
    assert_eq!(judgement(&optional), "?? ?? ? ?? ??", "a tunnel only where there is one");
    let one_way = gcm.replace("OUT 1 FWD 1", "OUT 1 FWD 0").replace(
        "src 10.2.0.0/24 dst 10.1.0.0/24 \n\tdir fwd priority 375423 ptype main \n\ttmpl src 203.0.113.2 dst 203.0.113.1\n\t\tproto esp reqid 1 mode tunnel\n",
        "",
    );
    assert_eq!(judgement(&one_way), "+ ? ? + ?", "what is forwarded may come in the clear");
    // A policy with a greater number comes later, and one that blocks lets nothing pass.
    let behind = list("hole").replace("443 \n\tdir out priority 100", "443 \n\tdir out priority 400000");
    assert_eq!(judgement(&behind), "+ ? + + ?");
    // Of two associations for one policy the worse one counts, wherever it stands.
    let (null, ends) = (list("null"), "\t SAD count 2\n");
    let both = format!("{}{}", null.split(ends).next().unwrap(), gcm.replace("SAD count 2", "SAD count 4"));
    assert_eq!(judgement(&both), "- ? + + ?");
}

#[test]
fn policies_ahead_leave_the_cover_unknown_unless_they_encrypt() {
    let gcm = list("gcm");
    let two = |one: &str, other: &str| {
        format!(
            "\tdir out priority 100 ptype main \n\
             \ttmpl src 203.0.113.1 dst 203.0.113.2\n\t\tproto {one} reqid 2 mode tunnel\n\
             \ttmpl src 203.0.113.1 dst 203.0.113.2\n\t\tproto {other} reqid 3 mode transport\n"
        )
    };
    for (what, policy, expected) in [
        ("a hole", "\tdir out priority 100 ptype main \n".to_owned(), "?"),
        ("a hole behind", "\tdir out priority 400000 ptype main \n".to_owned(), "+"),
        ("AH twice", two("ah", "ah"), "?"),
        ("AH twice, behind", two("ah", "ah").replace("100", "400000"), "+"),
        ("ESP and AH", two("esp", "ah"), "?"),
        ("ESP and compression", two("esp", "comp"), "+"),
        ("AH", two("ah", "comp"), "?"),
        ("another word", "\tdir OUT priority 100 ptype main \n".to_owned(), "?"),
        ("no word", "\tdir priority 100 ptype main \n".to_owned(), "?"),
        ("no priority", "\tdir out ptype main \n".to_owned(), "?"),
        ("a priority that is no number", "\tdir out priority x ptype main \n".to_owned(), "?"),
        ("two priorities", "\tdir out priority 400000 priority 1 ptype main \n".to_owned(), "?"),
    ] {
        let policy = format!(" SAD count 2\nsrc 10.1.0.0/24 dst 10.2.0.0/28 \n{policy}");
        let text = gcm.replace(" SAD count 2\n", &policy).replace("OUT 1", "OUT 2");
        assert_eq!(judgement(&text).split(' ').nth(2), Some(expected), "{what}");
    }
    let unsaid = gcm.replace("out priority 375423 ", "out ");
    assert_eq!(judgement(&unsaid), "+ ? ? + ?", "a tunnel that does not say its place");
}

#[test]
fn a_cut_or_doubled_list_passes_nothing_more() {
    let policy = Policy::from_json("own", &policy_of(&[SITES])).unwrap();
    for name in ["gcm", "null", "hole"] {
        let text = list(name);
        let judgement = |text: &str| judgement_by(&policy, text);
        let before = judgement(&text);
        let passes = |judgement: &str| judgement.matches('+').count();
        // The end is where counts may become smaller numbers.
        for end in (40..text.len()).filter(|end| end % 17 == 0 || end + 250 > text.len()) {
            assert!(passes(&judgement(&text[..end])) <= passes(&before), "{name} up to {end}");
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let without: String =
                lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, line)| *line).collect();
            let rules = |text: &str| judgement(text).split(' ').map(|rule| rule.contains('+')).collect::<Vec<_>>();
            let grown = rules(&without).into_iter().zip(rules(&text)).any(|(after, before)| after && !before);
            assert!(!grown, "{name} without `{}`", lines[at]);
        }
    }
    assert_eq!(tunnels(&list("gcm").repeat(600)).len(), 0, "bounded");
}

#[test]
fn keys_are_in_no_output() {
    let text = list("cbc-with-keys");
    let on_one_line = text.replace("\n\t", "\\\t");
    let command = "ip xfrm state add src 203.0.113.1 dst 203.0.113.2 proto esp spi 0x1 enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff\n";
    for text in [format!("{command}{text}"), format!("{}{on_one_line}", list("gcm"))] {
        let reading = read(&[Input::new("list", text.as_bytes())]);
        let evidence = reading.evidence.to_document(&reading.diagnostics);
        let report = judged(&text, &[SITES]);
        let mut outputs = vec![evidence, format!("{:?}", reading.diagnostics), reading.texts.concat()];
        outputs.extend(intransit::RENDERERS.iter().map(|renderer| (renderer.render)(&report)));
        for key in ["00112233", "ffeeddcc", "33221100", "ccddeeff"] {
            assert!(outputs.iter().all(|output| !output.contains(key)), "{key}");
        }
    }
}
