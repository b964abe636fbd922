//! TLSA records against chains that are made while the tests run.

use intransit::evidence::{
    Attribute, Basis, Completion, Exhibit, Fact, Gap, GapReason, Observed, Particular, Subject, SubjectKind,
};
use intransit::pki::ParsedCertificate;
use intransit::policy::pack;
use intransit::source::{SourceText, hex, sha256_hex};
use intransit::{Clock, Declared, Input, Outcome, Policy, Report, evaluate, read_declared};
use sha2::{Digest, Sha512};

use crate::made::{HOST, Party};
use crate::session::session;

/// What a record has to say of a certificate.
fn record(usage: u8, selector: u8, matching: u8, certificate: &ParsedCertificate) -> String {
    let bytes = if selector == 0 { certificate.der.clone() } else { certificate.key.as_ref().unwrap().spki.clone() };
    let data = match matching {
        0 => hex(&bytes),
        1 => sha256_hex(&bytes),
        _ => hex(&Sha512::digest(&bytes)),
    };
    // As tools print it: in two pieces, in capitals.
    let (one, two) = data.split_at(data.len() / 2);
    format!("{usage} {selector} {matching} {} {}", one.to_uppercase(), two.to_uppercase())
}

/// What `delv` prints of these records.
fn delv(owner: &str, records: &[String]) -> String {
    let lines = records.iter().map(|record| format!("{owner} 3600\tIN\tTLSA\t{record}\n"));
    let signature = "RRSIG\tTLSA 13 5 3600 20261221232941 20261121232941 30720 example.com. AA==";
    format!("; fully validated\n{}{owner} 3600\tIN\t{signature}\n", lines.collect::<String>())
}

const OWNER: &str = "_25._tcp.mail.example.com.";

fn policy() -> Policy {
    pack("dane-1.0").unwrap().policy().unwrap()
}

fn judged(policy: &Policy, text: &str) -> Report {
    let time = "2026-11-22T10:00:00Z".parse().unwrap();
    let declared = Declared { collected: Some(time), ..Declared::default() };
    let reading = read_declared(&[Input::new("input", text.as_bytes())], &declared);
    evaluate(&reading.evidence, policy, Clock { at: time, now: time }, reading.diagnostics)
}

/// What `tlsa-mismatch` says of each chain, as signs, and in words.
fn mismatch(text: &str) -> (String, String) {
    let report = judged(&policy(), text);
    let all = report.findings.iter().filter(|finding| finding.rule == "tlsa-mismatch" && finding.facet.is_none());
    let signs = all.clone().map(|finding| match finding.outcome {
        Outcome::Pass => '+',
        Outcome::Fail => '-',
        Outcome::Unknown => '?',
        Outcome::NotApplicable => '.',
    });
    let gaps = |finding: &intransit::report::Finding| {
        finding.gaps.iter().map(|gap| gap.detail.clone()).collect::<Vec<_>>().join("; ")
    };
    (signs.collect(), all.map(|finding| format!("{} {}", finding.summary, gaps(finding))).collect())
}

/// Root, issuing CA, and a server with its certificate.
struct Made {
    root: ParsedCertificate,
    issuing: ParsedCertificate,
    leaf: ParsedCertificate,
    /// Of the same names as the issuing CA, with another key.
    namesake: ParsedCertificate,
    stranger: ParsedCertificate,
}

fn made() -> Made {
    let (root, issuing, server) =
        (Party::authority("Example Root"), Party::authority("Example Issuing CA"), Party::server());
    Made {
        root: root.by_itself(),
        issuing: issuing.by(&root),
        leaf: server.by(&issuing),
        namesake: Party::authority("Example Issuing CA").by(&root),
        stranger: Party::server().by_itself(),
    }
}

fn at_25(chain: &[&ParsedCertificate]) -> String {
    session("mail.example.com:25", "-starttls smtp", chain)
}

#[test]
fn records_are_compared_as_their_numbers_say() {
    let Made { root, issuing, leaf, stranger, .. } = made();
    let whole = at_25(&[&leaf, &issuing, &root]);
    for selector in [0, 1] {
        for matching in [0, 1, 2] {
            let of = |usage, certificate| record(usage, selector, matching, certificate);
            for (what, records, expected) in [
                ("the server's own", vec![of(3, &leaf)], "+"),
                ("another server's", vec![of(3, &stranger)], "-"),
                ("the issuing CA's as the server's", vec![of(3, &issuing)], "-"),
                ("the issuing CA's", vec![of(2, &issuing)], "+"),
                ("the root CA's", vec![of(2, &root)], "+"),
                ("the server's as a CA's", vec![of(2, &leaf)], "-"),
                ("one of two", vec![of(3, &stranger), of(3, &leaf)], "+"),
                ("one that mail servers cannot use", vec![of(1, &leaf)], "."),
                ("beside one that they cannot use", vec![of(1, &leaf), of(3, &stranger)], "-"),
            ] {
                let (found, words) = mismatch(&format!("{}{whole}", delv(OWNER, &records)));
                assert_eq!(found, expected, "{what}, {selector} {matching}: {words}");
            }
        }
    }
}

#[test]
fn an_anchor_counts_only_in_the_chain_and_with_signatures_that_hold() {
    let Made { root, issuing, leaf, namesake, .. } = made();
    let (of_issuing, of_namesake) = (record(2, 0, 1, &issuing), record(2, 0, 1, &namesake));
    let mut old = Party::server();
    old.params.not_after = rcgen::date_time_ymd(2026, 6, 1);
    let mut other = Party::server();
    other.params.subject_alt_names = vec![rcgen::SanType::DnsName("example.com".try_into().unwrap())];
    let ca = Party::authority("Example Issuing CA");
    let issuer = ca.by_itself();
    let (old, other) = (old.by(&ca), other.by(&ca));
    for (what, records, chain, expected, words) in [
        ("not sent", vec![of_issuing.clone()], vec![&leaf], "-", "No issuer's certificate in the chain is that of"),
        ("the root, not sent", vec![record(2, 1, 1, &root)], vec![&leaf, &issuing], "-", "No issuer's certificate"),
        ("of the same name, that did not sign", vec![of_namesake], vec![&leaf, &namesake], "-", "does not hold"),
        ("with both", vec![of_issuing], vec![&leaf, &namesake, &issuing], "+", "which issued the server's"),
        ("expired", vec![record(2, 0, 1, &issuer)], vec![&old, &issuer], "-", "does not hold"),
        ("expired, by its own record", vec![record(3, 1, 1, &old)], vec![&old], "+", ""),
        ("for the domain alone", vec![record(2, 0, 1, &issuer)], vec![&other, &issuer], "?", "domain of the mail"),
        ("for the domain alone, by its own record", vec![record(3, 1, 1, &other)], vec![&other], "+", ""),
    ] {
        let (found, said) = mismatch(&format!("{}{}", delv(OWNER, &records), at_25(&chain)));
        assert_eq!(found, expected, "{what}: {said}");
        assert!(said.contains(words), "{what}: {said}");
    }
}

#[test]
fn only_what_delv_validated_of_this_very_service_passes() {
    let Made { issuing, leaf, stranger, .. } = made();
    let records = [record(3, 1, 1, &leaf)];
    let (answer, chain) = (delv(OWNER, &records), at_25(&[&leaf, &issuing]));
    let zone = format!("{OWNER} 3600 IN TLSA {}\n", records[0]);
    let dig = |flags: &str, server: &str| {
        format!(
            "; <<>> DiG 9.18.49 <<>> TLSA {OWNER}\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: {flags}; QUERY: 1, ANSWER: 1, \
             AUTHORITY: 0, ADDITIONAL: 0\n;; QUESTION SECTION:\n;{OWNER}\tIN\tTLSA\n\n;; ANSWER SECTION:\n{zone}\n;; SERVER: {server}\n;; MSG SIZE  rcvd: 1\n"
        )
    };
    for (what, text, expected) in [
        ("delv", format!("{answer}{chain}"), "+"),
        ("the other way round", format!("{chain}{answer}"), "+"),
        ("quoted", format!("{answer}{chain}").lines().map(|line| format!("> {line}\n")).collect(), "+"),
        ("two certificates, one named", format!("{answer}{chain}{}", at_25(&[&stranger])), "-+"),
        ("ad", format!("{}{chain}", dig("qr rd ra ad", "192.0.2.3#53")), "?"),
        ("ad of this machine", format!("{}{chain}", dig("qr rd ra ad", "127.0.0.1#53")), "?"),
        ("no ad", format!("{}{chain}", dig("qr rd ra", "192.0.2.3#53")), "?"),
        ("authoritative", format!("{}{chain}", dig("qr aa ad", "192.0.2.3#53")), "?"),
        ("+cd", format!("{}{chain}", dig("qr rd ra ad cd", "192.0.2.3#53")), "?"),
        ("a line of a zone", format!("{zone}\n{chain}"), "?"),
        ("a line of a zone behind delv", format!("{}{zone}{chain}", delv("_25._tcp.b.example.com.", &records)), "??"),
        ("a relative name", format!("{}{chain}", delv("_25._tcp.mail", &records)), "?"),
        ("unsigned", format!("{}{chain}", answer.replace("; fully validated", "; unsigned answer")), "?"),
        (
            "without the signature",
            format!("{}\n{chain}", answer.split("_25._tcp.mail.example.com. 3600\tIN\tRRSIG").next().unwrap()),
            "?",
        ),
        ("another port", format!("{answer}{}", session("mail.example.com:465", "", &[&leaf])), "?"),
        ("another host", format!("{answer}{}", session("mx.example.com:25", "-starttls smtp", &[&leaf])), "?"),
        ("over UDP", format!("{}{chain}", delv("_25._udp.mail.example.com.", &records)), "?"),
        ("no chain", answer.clone(), "?"),
    ] {
        let (found, words) = mismatch(&text);
        assert_eq!(found, expected, "{what}: {words}");
    }
    // A mismatch by a resolver's word fails; by nobody's word it is not known.
    let wrong = |flags: &str| format!("{}{}", dig(flags, "192.0.2.3#53"), at_25(&[&stranger]));
    assert_eq!(mismatch(&wrong("qr rd ra ad")).0, "-");
    assert_eq!(mismatch(&wrong("qr rd ra")).0, "?");
    // A PKIX record outside of mail may be right, which is not judged.
    let web = session("mail.example.com:443", "", &[&leaf, &issuing]);
    let pkix = delv("_443._tcp.mail.example.com.", &[record(1, 1, 1, &leaf)]);
    assert_eq!(mismatch(&format!("{pkix}{web}")).0, "?");
    assert!(HOST.ends_with("example.com"));
}

#[test]
fn what_is_cut_off_passes_nothing_more() {
    let Made { issuing, leaf, stranger, .. } = made();
    let policy = policy();
    let passes = |text: &str| {
        let report = judged(&policy, text);
        let passed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Pass);
        passed.filter(|finding| finding.rule.starts_with("tlsa")).count()
    };
    let good = format!("{}{}", at_25(&[&leaf, &issuing]), delv(OWNER, &[record(3, 1, 1, &leaf)]));
    let wrong = format!("{}{}", at_25(&[&leaf, &issuing]), delv(OWNER, &[record(3, 1, 1, &stranger)]));
    assert_eq!((passes(&good), passes(&wrong)), (1, 0));
    let start = good.len() - delv(OWNER, &[record(3, 1, 1, &leaf)]).len();
    for end in start..good.len() {
        assert_eq!(passes(&wrong[..end]), 0, "{}", &wrong[start..end]);
    }
    // One digit less, and one more, is another digest.
    let digest = record(3, 1, 1, &leaf);
    for changed in [digest[..digest.len() - 1].to_owned(), format!("{digest}0"), digest.replace("3 1 1", "3 0 1")] {
        let text = format!("{}{}", at_25(&[&leaf, &issuing]), delv(OWNER, &[changed]));
        assert!(!mismatch(&text).0.contains('+'));
    }
    let many: Vec<String> = (0..2000).map(|_| record(3, 1, 1, &stranger)).chain([digest]).collect();
    assert_eq!(mismatch(&format!("{}{}", delv(OWNER, &many), at_25(&[&leaf]))).0, "?", "bounded");
}

#[test]
fn a_chain_that_is_sent_under_another_name_is_none_of_the_host() {
    let Made { leaf, issuing, .. } = made();
    let records = delv(OWNER, &[record(3, 1, 1, &leaf)]);
    let own = at_25(&[&leaf, &issuing]);
    for (option, expected) in
        [("-servername mail.example.com ", "+"), ("-servername other.example.com ", "?"), ("-noservername ", "?")]
    {
        let asked = own.replace("-servername mail.example.com ", option);
        let (found, words) = mismatch(&format!("{records}{asked}"));
        assert_eq!(found, expected, "{option}: {words}");
    }
}

#[test]
fn a_signature_of_another_time_validates_nothing() {
    let Made { leaf, issuing, .. } = made();
    let chain = at_25(&[&leaf, &issuing]);
    let records = delv(OWNER, &[record(3, 1, 1, &leaf)]);
    for (times, expected) in [
        ("20261221232941 20261121232941", "+"),
        ("20261121232941 20261021232941", "?"),
        ("20271221232941 20271121232941", "?"),
        ("20261321232941 20261121232941", "?"),
        ("2026 20261121232941", "?"),
    ] {
        let answer = records.replace("20261221232941 20261121232941", times);
        let (found, words) = mismatch(&format!("{answer}{chain}"));
        assert_eq!(found, expected, "{times}: {words}");
    }
}

/// What the probe found: an answer, what stands in it, and what DNSSEC says of it; `?` where that is not known.
type Found<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The words of both rules on `mail.example.com` of what the probe found.
fn live(found: &[Found<'_>], chain: &str) -> Vec<String> {
    let time = "2026-11-22T10:00:00Z".parse().unwrap();
    let declared = Declared { collected: Some(time), ..Declared::default() };
    let mut evidence = read_declared(&[Input::new("input", chain.as_bytes())], &declared).evidence;
    let mut scan = evidence.scans.first().unwrap().clone();
    let words = vec![SourceText::new(0, chain.to_owned()).span(0, 4)];
    scan.completion = Completion::Finished(words.clone());
    scan.subjects.clear();
    for (owner, kind, data, validation) in found {
        let know = |attribute, value: &str| Particular {
            attribute,
            observed: Observed::Known(Fact::new(value.to_owned(), Basis::Computed, words.iter().copied())),
        };
        let mut particulars = vec![know(Attribute::Owner, owner), know(Attribute::RecordType, kind)];
        particulars.extend((!data.is_empty()).then(|| know(Attribute::Data, data)));
        particulars.push(match *validation {
            "?" => Particular {
                attribute: Attribute::Validation,
                observed: Observed::NotObserved(Gap::new(GapReason::Failed, "the resolver sends no signatures")),
            },
            said => know(Attribute::Validation, said),
        });
        let exhibit = Exhibit { kind: SubjectKind::DnsRecord, name: format!("{kind} records of {owner}"), particulars };
        scan.subjects.push(Subject::Exhibit(Box::new(exhibit)));
    }
    evidence.scans.push(scan);
    let report = evaluate(&evidence, &policy(), Clock { at: time, now: time }, Vec::new());
    let of_dane = report.findings.iter().filter(|finding| finding.rule.starts_with("tlsa-") && finding.facet.is_none());
    let shown = of_dane.map(|finding| format!("{} {:?}: {}", finding.rule, finding.outcome, finding.summary));
    shown.collect()
}

#[test]
fn what_the_probe_validated_passes_with_all_that_leads_there() {
    let Made { leaf, .. } = made();
    let data = record(3, 1, 1, &leaf).to_lowercase();
    let (one, two) = data.rsplit_once(' ').unwrap();
    let data = format!("{one}{two}");
    let chain = at_25(&[&leaf]);
    let tlsa = |validation| ("_25._tcp.mail.example.com", "TLSA", data.as_str(), validation);
    let none = |validation| ("_25._tcp.mail.example.com", "TLSA", "", validation);
    let a = |validation| ("mail.example.com", "A", "192.0.2.1", validation);
    let aaaa = |validation| ("mail.example.com", "AAAA", "", validation);
    let alias = |validation| ("mail.example.com", "CNAME", "host.example.net.", validation);
    let mx = |validation| ("example.com", "MX", "10 mail.example.com.", validation);
    let implicit = |validation| ("mail.example.com", "MX", "", validation);
    const SECURE: &str = "secure";
    const INSECURE: &str = "insecure: `example.com` is not signed";
    const BOGUS: &str = "bogus: the signature expired";
    let rows: &[(&str, Vec<Found<'_>>, &str, &str)] = &[
        ("all is signed", vec![tlsa(SECURE), a(SECURE), aaaa(SECURE), mx(SECURE)], "+", "+"),
        ("without the domain", vec![tlsa(SECURE), a(SECURE)], "?", "+"),
        ("a domain that has no MX records", vec![tlsa(SECURE), a(SECURE), implicit(SECURE)], "+", "+"),
        ("the same, not signed", vec![tlsa(SECURE), a(SECURE), implicit(INSECURE)], "-", "+"),
        ("by delv, all of it", vec![tlsa("delv"), a(SECURE), mx(SECURE)], "+", "+"),
        ("by delv alone", vec![tlsa("delv")], "?", "+"),
        ("addresses that are not shown", vec![tlsa(SECURE), mx(SECURE)], "?", "+"),
        ("nothing but a resolver's word", vec![tlsa("ad"), a(SECURE)], "?", "?"),
        ("not signed", vec![tlsa(INSECURE), a(INSECURE)], "-", "."),
        ("bogus", vec![tlsa(BOGUS), a(SECURE)], "-", "."),
        ("not found out", vec![tlsa("?"), a(SECURE)], "?", "?"),
        ("a word of another kind", vec![tlsa("securely"), a(SECURE)], "?", "?"),
        ("no records, signed", vec![none(SECURE), a(SECURE)], ".", "."),
        ("no records, not signed", vec![none(INSECURE), a(INSECURE)], ".", "."),
        ("no records, bogus", vec![none(BOGUS), a(SECURE)], "-", "."),
        ("addresses that are not signed", vec![tlsa(SECURE), a(INSECURE), aaaa(SECURE), mx(SECURE)], "-", "+"),
        ("addresses that are not known", vec![tlsa(SECURE), a(SECURE), aaaa("?"), mx(SECURE)], "?", "+"),
        ("bogus addresses", vec![tlsa(SECURE), a(BOGUS), mx(SECURE)], "-", "+"),
        ("a domain that is not signed", vec![tlsa(SECURE), a(SECURE), mx(INSECURE)], "-", "+"),
        ("a domain that is not known", vec![tlsa(SECURE), a(SECURE), mx("?")], "?", "+"),
        ("an alias out of the signed zone", vec![tlsa(SECURE), alias(SECURE), a(INSECURE), mx(SECURE)], "+", "+"),
        ("an alias that is not signed", vec![tlsa(SECURE), alias(INSECURE), a(INSECURE), mx(SECURE)], "-", "+"),
        ("an alias within signed zones", vec![tlsa(SECURE), alias(SECURE), a(SECURE), mx(SECURE)], "?", "+"),
    ];
    for (case, found, unusable, mismatch) in rows {
        let shown = live(found, &chain);
        let sign = |rule: &str| -> String {
            let signs = shown.iter().filter(|one| one.starts_with(rule)).map(|one| match one {
                one if one.contains("Pass: ") => '+',
                one if one.contains("Fail: ") => '-',
                one if one.contains("Unknown: ") => '?',
                _ => '.',
            });
            signs.collect()
        };
        assert_eq!(
            (sign("tlsa-unusable").as_str(), sign("tlsa-mismatch").as_str()),
            (*unusable, *mismatch),
            "{case}: {shown:#?}"
        );
    }
}
