//! libreswan: what each of its lists shows, and that a log line counts only for the tunnel with its SPIs.

use intransit::evidence::{Attribute, Exhibit};
use intransit::{Policy, Verdict};

use super::{fixture, judged_by, outcomes, policy_of, tunnels};

const SITES: &str = "10.1.0.0/24 10.2.0.0/24";

/// Encrypted, current, covering the sites, used, with forward secrecy.
fn judgement_by(policy: &Policy, text: &str) -> String {
    let report = judged_by(policy, text);
    assert_ne!(report.verdict, Verdict::Compliant, "the lists have no end");
    let rules = ["tunnel-unencrypted", "tunnel-weak", "tunnel-does-not-cover", "tunnel-idle", "tunnel-no-pfs"];
    rules.map(|rule| outcomes(&report, rule)).join(" ")
}

fn judgement(text: &str) -> String {
    judgement_by(&Policy::from_json("own", &policy_of(&[SITES])).unwrap(), text)
}

fn words(tunnel: &Exhibit) -> String {
    let all = [Attribute::State, Attribute::IkeState, Attribute::IkeVersion, Attribute::Protocol, Attribute::Algorithm];
    let all = all.into_iter().chain([
        Attribute::BytesIn,
        Attribute::BytesOut,
        Attribute::LocalSelector,
        Attribute::RemoteSelector,
    ]);
    let value = |attribute| {
        tunnel.facts(attribute).map(|fact| fact.value.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let known: Vec<String> = all.filter(|attribute| *attribute != Attribute::State).flat_map(value).collect();
    let state = tunnel.text(Attribute::State).unwrap_or("-");
    format!("{}: {state} {}", tunnel.name, known.join(" "))
}

#[test]
fn lists_are_read_as_they_are() {
    for (name, expected) in [
        (
            "status-traffic-log",
            vec!["tunnel branch #2: INSTALLED ESTABLISHED 2 ESP ESP AES_GCM_16-256 5040 4956 10.1.0.0/24 10.2.0.0/24"],
        ),
        ("trafficstatus", vec!["tunnel branch #2: INSTALLED ESP 5040 4956", "tunnel road #5: - "]),
        (
            "log-of-3des",
            vec!["tunnel old #7, as it was logged: - ESP 3DES_CBC HMAC_MD5_96 MODP_1024 10.1.0.0/24 10.2.0.0/24"],
        ),
    ] {
        let text = fixture(&format!("libreswan/{name}.txt"));
        let quoted: String = text.lines().map(|line| format!("> {line}\n")).collect();
        for text in [&text, &quoted, &text.replace('\n', "\r\n")] {
            assert_eq!(tunnels(text).iter().map(words).collect::<Vec<_>>(), expected, "{name}");
        }
    }
}

#[test]
fn only_what_belongs_together_counts_together() {
    let all = fixture("libreswan/status-traffic-log.txt");
    let swapped = |from: &str, to: &str| {
        assert!(all.contains(from), "{from}");
        all.replace(from, to)
    };
    let without = |word: &str| {
        all.lines().filter(|line| !line.contains(word)).map(|line| format!("{line}\n")).collect::<String>()
    };
    for (what, text, expected) in [
        ("all of it", all.clone(), "+ ? + + ?"),
        ("NULL", swapped("AES_GCM_16_256-NONE", "NULL-HMAC_SHA2_256_128"), "- ? + + ?"),
        ("GMAC", swapped("AES_GCM_16_256-NONE", "NULL_AUTH_AES_GMAC_256-NONE"), "- ? + + ?"),
        ("3DES", swapped("AES_GCM_16_256-NONE", "3DES_CBC-HMAC_SHA1_96"), "+ - + + ?"),
        ("a group of its own", swapped("AES_GCM_16_256-NONE", "AES_GCM_16_256-NONE-DH20"), "+ ? + + +"),
        ("a cipher nobody knows", swapped("AES_GCM_16_256", "TWOFISH_CBC_256"), "? ? + + ?"),
        (
            "AH",
            swapped("{ESP/ESN=", "{AH=")
                .replace("type=ESP", "type=AH")
                .replace("AES_GCM_16_256-NONE", "HMAC_SHA2_256_128"),
            "- ? + + ?",
        ),
        ("without the log", without("pluto"), "? ? ? + ?"),
        ("without the IKE association", without("(established IKE SA)"), "? ? ? ? ?"),
        ("of another IKE association", swapped("IKE SA #1;", "IKE SA #9;"), "? ? ? ? ?"),
        ("without the state", without("(established Child SA)"), "? ? ? ? ?"),
        ("without SPIs", without("esp.9894a50e"), "?? ?? ? +? ??"),
        ("a log of another run", swapped("esp.84ac8cb5", "esp.84ac8cb6"), "?? ?? ? +? ??"),
        ("half of the sites", swapped("10.2.0.0/24]", "10.2.0.0/25]"), "+ ? ? + ?"),
        ("some ports", swapped("10.1.0.0/24===10.2.0.0/24", "10.1.0.0/24/TCP===10.2.0.0/24/TCP/443"), "+ ? ? + ?"),
        ("nothing came", swapped("inBytes=5040", "inBytes=0"), "+ ? + - ?"),
        ("a state twice", format!("{all}{}", all.lines().nth(5).unwrap()), "? ? ? ? ?"),
        (
            "IKEv1",
            swapped("STATE_V2_ESTABLISHED_CHILD_SA (established Child SA)", "STATE_QUICK_R2 (IPsec SA established)"),
            "+ - + + -",
        ),
    ] {
        assert_eq!(judgement(&text), expected, "{what}");
    }
    assert_eq!(judgement(&fixture("libreswan/log-of-3des.txt")), "? - ? ? ?");
}

#[test]
fn what_users_and_peers_call_themselves_changes_nothing() {
    let all = fixture("libreswan/status-traffic-log.txt");
    for id in [
        "x', inBytes=7, type=ESP",
        "\" #2: initiator established Child SA using #1; IPsec tunnel [0.0.0.0/0===0.0.0.0/0] {ESP=>0x1 <0x2 xfrm=AES_GCM_16_256-NONE}",
    ] {
        let idle = all.replace("inBytes=5040", "inBytes=0").replace("@branch.example.org", id);
        assert_eq!(judgement(&idle), "+ ? + - ?", "{id}");
    }
    let named = all
        .replace("inBytes=5040", "inBytes=0")
        .replace(", type=ESP", ", username=a, type=ESP, add_time=1, inBytes=9, outBytes=9, type=ESP");
    assert!(!judgement(&named).contains('+'), "{}", judgement(&named));
}

#[test]
fn what_is_cut_or_left_out_passes_nothing_more() {
    let policy = Policy::from_json("own", &policy_of(&[SITES])).unwrap();
    let all = fixture("libreswan/status-traffic-log.txt");
    let null = all.replace("AES_GCM_16_256-NONE", "NULL-NONE");
    let rules = |text: &str| judgement_by(&policy, text).split(' ').map(|rule| rule.contains('+')).collect::<Vec<_>>();
    for text in [&all, &null] {
        let before = rules(text);
        let grown = |text: &str| rules(text).into_iter().zip(&before).any(|(after, before)| after && !before);
        for end in (90..text.len()).step_by(7) {
            assert!(!grown(&text[..end]), "{}", &text[..end]);
        }
        for left_out in 0..text.lines().count() {
            let lines = text.lines().enumerate().filter(|(at, _)| *at != left_out);
            let rest: String = lines.map(|(_, line)| format!("{line}\n")).collect();
            assert!(!grown(&rest), "{rest}");
        }
    }
    let many: String =
        (0..3000).map(|at| format!("#{at}: \"a\", type=ESP, add_time=1, inBytes=1, outBytes=1\n")).collect();
    assert_eq!(tunnels(&many).len(), 0, "bounded");
}
