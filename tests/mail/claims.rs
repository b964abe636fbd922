//! Whose word a line is: nothing that anybody on the way can write passes.

use intransit::evidence::Attribute;
use intransit::{Input, Verdict, read};

use super::{hops, judged, message, outcomes, reading, said};

const TOP: &str = "Received: from mail.example.org (mail.example.org [192.0.2.10])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\n\tby mx.example.net (Postfix) with ESMTPS id 1;\n\tSun, 22 Nov 2026 00:29:47 +0000 (UTC)\n";
const END: &str = "From: a@example.org\nDate: Sun, 22 Nov 2026 00:29:47 +0000\n\nhello\n";

/// A line with a good suite.
fn line(from: &str, by: &str) -> String {
    format!(
        "Received: from {from} by {by} with ESMTPS (version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384); Sun, 22 Nov 2026 00:29:40 +0000\n"
    )
}

#[test]
fn below_the_first_foreign_line_nothing_passes() {
    let own_name = "inner.example.net";
    for (what, below, own, expected) in [
        ("a forged line of an own host", line("a.example", own_name), &["mx.example.net", own_name][..], "+?"),
        (
            "the sender is an own host by its checked name",
            line("a.example", "mail.example.org"),
            &["mx.example.net", "mail.example.org"],
            "++",
        ),
        ("by its address", line("a.example", own_name), &["*.example.net", "192.0.2.10"], "++"),
        ("two forged lines", line("a.example", own_name) + &line("a.example", own_name), &["*.example.net"], "+??"),
        ("no own hosts", line("a.example", own_name), &[], "??"),
        ("the topmost line is foreign", line("a.example", own_name), &[own_name], "??"),
    ] {
        let report = judged(&format!("{TOP}{below}{END}"), own);
        assert_eq!(outcomes(&report, "clear-text-hop"), expected, "{what}");
        assert_eq!(outcomes(&report, "hop-below-tls12"), expected, "{what}");
        assert_eq!(outcomes(&report, "hop-without-forward-secrecy"), expected, "{what}");
    }
}

#[test]
fn what_a_sender_calls_itself_counts_for_nothing() {
    let below = line("a.example", "relay.example.net");
    for from in [
        "relay.example.net (unknown [198.51.100.7])",
        "relay.example.net (evil.example [198.51.100.7])",
        "relay.example.net ([198.51.100.7])",
        "relay.example.net (relay.example.net [198.51.100.7] (may be forged))",
        "[192.0.2.9] (evil.example [198.51.100.7])",
        "relay.example.net",
        "relay.example.net (HELO relay.example.net) (198.51.100.7)",
    ] {
        let top = TOP.replace("mail.example.org (mail.example.org [192.0.2.10])", from);
        let report = judged(&format!("{top}{below}{END}"), &["*.example.net", "192.0.2.0/24"]);
        assert_eq!(outcomes(&report, "clear-text-hop"), "+?", "{from}");
    }
    // Only some servers look a name up in both directions.
    for software in ["", "(OpenSMTPD)", "(Some Server)"] {
        let top = TOP.replace("mail.example.org", "relay.example.net").replace("(Postfix)", software);
        let report = judged(&format!("{top}{below}{END}"), &["*.example.net"]);
        assert_eq!(outcomes(&report, "clear-text-hop"), "+?", "{software}");
    }
}

/// What a sender calls itself, or its address is called, may be an address: it is neither this machine nor an own host.
#[test]
fn addresses_are_those_of_the_connection_alone() {
    let below = line("a.example", "relay.example.net");
    for (from, rest, expected) in [
        ("[198.51.100.7] (helo=[127.0.0.1])", "with esmtp (Exim 4.96)", Some("198.51.100.7")),
        ("[198.51.100.7] (port=4711 helo=[127.0.0.1])", "with esmtp (Exim 4.96)", Some("198.51.100.7")),
        ("[198.51.100.7] (helo=[192.0.2.5])", "with esmtp (Exim 4.96)", Some("198.51.100.7")),
        ("[198.51.100.7] (helo=x) ([127.0.0.1])", "with esmtp (Exim 4.96)", None),
        ("[127.0.0.1] (helo=x)", "with esmtp", None),
        ("x.example ([198.51.100.7] helo=[127.0.0.1])", "with esmtp (Exim 4.96)", Some("198.51.100.7")),
        ("unknown (HELO 127.0.0.1) (198.51.100.7)", "with SMTP", Some("198.51.100.7")),
        ("198.51.100.7 (EHLO [127.0.0.1]) (198.51.100.7)", "with SMTP", Some("198.51.100.7")),
        ("unknown (HELO x) (127.0.0.1@198.51.100.7)", "with SMTP", None),
        ("x (helo [127.0.0.1]) ([::ffff:198.51.100.7])", "with ESMTP", Some("198.51.100.7")),
        ("x (IDENT:[127.0.0.1]@y [198.51.100.7])", "with ESMTP", None),
        ("[127.0.0.1] (unknown [unknown])", "with ESMTP", None),
        ("[127.0.0.1]", "with ESMTP", None),
        ("127.0.0.1 (x)", "with ESMTP", None),
        ("x (127.0.0.1)", "with ESMTP", None),
        ("x (127.0.0.1 [198.51.100.7])", "with ESMTP", Some("198.51.100.7")),
        ("x (y [127.0.0.1]) (y [198.51.100.7])", "with ESMTP", None),
        ("x (y [127.0.0.1] [198.51.100.7])", "with ESMTP", None),
        ("x (y [198.51.100.7])\n\t(Client CN \"[127.0.0.1]\", Issuer \"x\")", "with ESMTP", Some("198.51.100.7")),
    ] {
        let top = format!(
            "Received: from {from}\n\tby mx.example.net {rest} id 1; Sun, 22 Nov 2026 00:29:47 +0000\n{below}{END}"
        );
        assert_eq!(hops(&reading(&top))[0].text(Attribute::FromAddress), expected, "{from}");
        let report = judged(&top, &["*.example.net", "192.0.2.0/24"]);
        assert_eq!(outcomes(&report, "clear-text-hop"), "-?", "{from}");
    }
}

#[test]
fn a_suite_that_does_not_protect_never_passes() {
    for (version, suite, expected) in [
        ("TLSv1.2", "AECDH-NULL-SHA", '-'),
        ("TLSv1.2", "ECDHE-RSA-NULL-SHA", '-'),
        ("TLSv1.2", "TLS_RSA_WITH_NULL_SHA256", '-'),
        ("TLSv1.3", "TLS_SHA256_SHA256", '-'),
        ("TLSv1.2", "MY-eNULL-SHA", '-'),
        ("TLSv1.2", "(NONE)", '-'),
        ("TLSv1.2", "EXP-RC4-MD5", '-'),
        ("TLSv1", "EXP1024-MINE-SHA", '-'),
        ("TLSv1.2", "AECDH-RC4-SHA", '-'),
        ("TLSv1.2", "ECDHE-RSA-RC4-SHA", '-'),
        ("TLSv1", "DES-CBC-SHA", '-'),
        ("TLSv1.2", "ADH-AES256-GCM-SHA384", '?'),
        ("TLSv1.2", "AECDH-MINE", '?'),
        ("TLSv1.3", "AES256-SHA", '?'),
        ("TLSv1.3", "ECDHE-RSA-AES256-GCM-SHA384", '?'),
        ("TLSv1.2", "TLS_AES_256_GCM_SHA384", '?'),
        ("TLSv1.1", "ECDHE-RSA-AES256-GCM-SHA384", '?'),
        ("TLSv1.3", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", '+'),
        ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", '+'),
    ] {
        let words = format!("using {version} with cipher {suite} ");
        let text = format!("{}{END}", TOP.replace("using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 ", &words));
        let report = judged(&text, &["mx.example.net"]);
        assert_eq!(outcomes(&report, "clear-text-hop"), expected.to_string(), "{version} {suite}");
        assert_eq!(report.verdict == Verdict::Compliant, expected == '+', "{version} {suite}");
    }
}

#[test]
fn words_of_tls_count_in_their_place_alone() {
    for (line, expected) in [
        ("from a ((using TLSv1.3 with cipher X) [192.0.2.1]) by b with ESMTP id 1", "none"),
        ("from version=TLSv1.3 (x [192.0.2.1]) by b with ESMTP id 1", "none"),
        ("from a (version=TLSv1.3 [192.0.2.1]) by b with SMTP id 1", "none"),
        ("from a (x [192.0.2.1]) by b with ESMTP id 1 for <\"(version=TLSv1.3)\"@b>", "none"),
        ("from a (x [192.0.2.1]) by b with ESMTP id 1 for <(version=TLSv1.3 cipher=AES128-SHA)@b>", "none"),
        ("from a (x [192.0.2.1]) by b with ESMTP (DHE-RSA encrypted) id 1", "?"),
        ("from a (x [192.0.2.1]) by b with (ECDHE-RSA-AES256-GCM-SHA384 encrypted) SMTP", "?"),
        (
            "from a (x [192.0.2.1]) by b with ESMTP (version=TLSv1.2 cipher=AES128-SHA bits=128 verify=NO) id 1",
            "tls TLS 1.2 AES128-SHA",
        ),
        ("from a (x [192.0.2.1]) by b with ESMTPS (version=TLSv1/SSLv3 cipher=OTHER) id 1", "tls"),
        ("from a (x [192.0.2.1]) by b with ESMTPS (version=TLSv1.2) (version=TLSv1.3) id 1", "?"),
        ("from a (x [192.0.2.1]) (using TLSv1.3 with cipher A-B) by b with ESMTPS id 1 by c", "?"),
        ("from a (x [192.0.2.1] by b with ESMTPS id 1", "?"),
        ("from a by b with ESMTPS with ESMTP id 1", "?"),
        (
            "from a (192.0.2.1) by b (192.0.2.2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20 via Frontend Transport",
            "tls TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
        ("from a (192.0.2.1) by b with Microsoft SMTP Server (TLS) id 14.3", "tls"),
        ("from a (192.0.2.1) by b with Microsoft SMTP Server id 15.20", "?"),
        ("from a ([fe80::1]) by a ([fe80::1%3]) with mapi id 15.20", "local"),
        ("from a ([192.0.2.1]) by b with mapi id 15.20", "?"),
        (
            "from a (a. [192.0.2.1]) by mx.google.com with ESMTPS id x for <b@c> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)",
            "tls TLS 1.3 TLS_AES_256_GCM_SHA384",
        ),
        ("by 2002:a05:6402:1:b0:1:2:3 with SMTP id x", "?"),
        (
            "from a ([192.0.2.1]) by b with esmtps (TLSv1.3:TLS_AES_256_GCM_SHA384:256) (Exim 4.90)",
            "tls TLS 1.3 TLS_AES_256_GCM_SHA384",
        ),
        (
            "from a (x [192.0.2.1]) by b (OpenSMTPD) with ESMTPS id 1 (TLSv1.2:ECDHE-RSA-AES128-SHA:128:NO)",
            "tls TLS 1.2 ECDHE-RSA-AES128-SHA",
        ),
        ("from a (x [192.0.2.1]) by b with UTF8SMTPSA id 1", "?"),
        ("from a (x [192.0.2.1]) by b with UTF8ESMTPS id 1", "tls"),
        ("from localhost (localhost [127.0.0.1]) by b (Postfix) with ESMTP id 1", "local"),
        ("(qmail 1 invoked by uid 7)", "?"),
        ("from a (x [192.0.2.1]) (using plain text) by b (Postfix) with ESMTP id 1", "none"),
        ("from a (x [192.0.2.1]) (using plain text) by b (Postfix) with ESMTPS id 1", "?"),
        ("from a (x [192.0.2.1]) by b with ESMTP (version=NONE, cipher=NONE) id 1", "?"),
        ("from a (x [192.0.2.1]) by b with ESMTPS (version=NONE, cipher=NONE) id 1", "?"),
        ("from a (x [192.0.2.1]) by b (Postfix) with ESMTP id 1 for <a@b> (TLSv1.3:x)", "?"),
        ("from a (x [192.0.2.1]) (TLS) by b (Postfix) with ESMTP id 1", "?"),
        ("from a (x [192.0.2.1]) by b with ESMTP (TLS) id 1", "?"),
        ("from a tls TLS_AES_256_GCM_SHA384 (x [192.0.2.1]) by b (Postfix) with ESMTP id 1", "none"),
        ("from a (x [192.0.2.1]) (using TLSv1.3 with cipher X) by b (Other) with ESMTP id 1", "?"),
        ("from a (x [192.0.2.1]) (using TLSv1.3 with cipher X-Y) by b (Postfix) with SMTP id 1", "tls TLS 1.3 X-Y"),
        ("from a by b with ESMTPS id 1; (x [192.0.2.1]) by b with ESMTP id 1", "?"),
    ] {
        let text = format!("Received: {line}; Sun, 22 Nov 2026 00:29:47 +0000\n{END}");
        assert_eq!(said(&text), [expected], "{line}");
    }
}

#[test]
fn a_hop_between_own_hosts_that_left_no_line_is_missed() {
    let own = ["*.example.net", "*.example.org", "192.0.2.0/24"];
    for (what, below, expected) in [
        ("the last line came from an own host", String::new(), "?"),
        ("the line below is of another host", line("a.example", "b.example"), "??"),
        ("the own host left its line", line("a.example ([203.0.113.1])", "mail.example.org"), "++"),
    ] {
        let report = judged(&format!("{TOP}{below}{END}"), &own);
        assert_eq!(outcomes(&report, "hop-unknown"), expected, "{what}");
        assert_eq!(report.verdict == Verdict::Compliant, expected == "++", "{what}: {:?}", report.reasons);
    }
}

#[test]
fn headers_that_end_or_are_torn_are_never_compliant() {
    let own = ["mx.example.net"];
    let whole = format!("{TOP}{END}");
    assert_eq!(judged(&whole, &own).verdict, Verdict::Compliant, "{:?}", judged(&whole, &own).reasons);
    for (what, text) in [
        ("cut", TOP.to_owned()),
        (
            "a line without its beginning above",
            format!("Delivered-To: b\n\tby mx2.example.net (Postfix) with ESMTP id 1\n{whole}"),
        ),
        ("and below", format!("{TOP}X: y\nSubject: from a by b with ESMTP; x\n{END}")),
        ("a report below", format!("{whole}\n{{\"a\":1}}\n")),
        ("certificates below", format!("{whole}-----BEGIN CERTIFICATE-----\n")),
        ("another message below", format!("{whole}\nFrom a@b\n{whole}")),
        ("its headers alone below", format!("{}\n\n{TOP}{END}", whole.replace("\n\nhello\n", "\n"))),
        ("headers below the text", format!("{whole}\n\n{TOP}{END}")),
        ("headers in small letters", format!("{whole}\nreceived: from a by b with ESMTP; x\n")),
        ("other fields first", format!("{}\nX-A: b\n\n--c\n{TOP}", whole.replace("\n\nhello\n", "\n"))),
    ] {
        assert_eq!(judged(&text, &own).verdict, Verdict::Indeterminate, "{what}");
    }
}

#[test]
fn many_hops_and_endless_lines_are_bounded() {
    let many = line("a.example", "b.example").repeat(1000) + END;
    assert_eq!(said(&many).len(), 1000);
    let more = line("a.example", "b.example").repeat(1001) + END;
    assert_eq!(reading(&more).evidence.scans[0].subjects.len(), 1000);
    assert_ne!(judged(&more, &["b.example"]).verdict, Verdict::Compliant);
    let long = format!("Received: from a by b with ESMTPS\n{}{END}", " (c)\n".repeat(100_000));
    assert_eq!(said(&long), ["?"]);
    let nested = format!("Received: from a by b with ESMTPS {}\n{END}", "(".repeat(10_000));
    assert_eq!(said(&nested), ["?"]);
    let strange = "Received: from \u{202e}\u{fffd}ä (🦊 [192.0.2.1]) by b with ESMTPS;\n\u{a0}\u{2028}x\nDate: x\n";
    assert_eq!(said(strange), ["tls"]);
    let odd = read(&[Input::new("message", b"Received: from \xff\xfe by b with ESMTP; x\nDate: y\n")]);
    assert_eq!(odd.evidence.scans[0].subjects.len(), 1);
}

#[test]
fn evidence_carries_hops_and_claims_stay_claims() {
    let reading = reading(&message("pf-exim-pf-all-tls"));
    let document = reading.evidence.to_document(&reading.diagnostics);
    let own = ["*.example.net", "*.example.com", "192.0.2.0/24"];
    let (from_text, from_document) = (judged(&message("pf-exim-pf-all-tls"), &own), judged(&document, &own));
    for rule in ["clear-text-hop", "hop-below-tls12", "hop-without-forward-secrecy", "hop-unknown"] {
        assert_eq!(outcomes(&from_text, rule), outcomes(&from_document, rule), "{rule}");
    }
    assert_eq!(outcomes(&judged(&document, &[]), "clear-text-hop"), "??.");
}
