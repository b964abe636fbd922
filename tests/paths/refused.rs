//! A report of non-delivery beside the chain that caused it: which issuer's certificate the server has to send.

use intransit::pki::ParsedCertificate;
use intransit::{CheckOptions, Input, Outcome, check};
use rcgen::CustomExtension;

use crate::made::{HOST, Party, element};
use crate::session::{pem, session};

const ISSUER_AT: &str = "http://ca.example.com/issuing.crt";

/// As Exchange Online writes it.
fn report(server: &str) -> String {
    let server = if server.is_empty() { String::new() } else { format!(" [LastAttemptedServerName={server}]") };
    format!(
        "Your message to someone@example.com couldn't be delivered.\n\nError:\t450 4.4.317 Cannot connect to remote server \
         [Message=UntrustedRoot]{server}\n\t[LastAttemptedIP=192.0.2.10:25] [SmtpSecurity=11;-1]\n"
    )
}

/// Root, issuing CA and a server whose certificate says where the issuing CA's is.
struct Chain {
    root: ParsedCertificate,
    issuing: ParsedCertificate,
    leaf: ParsedCertificate,
}

fn chain() -> Chain {
    let (root, issuing, mut server) =
        (Party::authority("Example Root"), Party::authority("Example Issuing CA 7"), Party::server());
    // AuthorityInfoAccessSyntax with one AccessDescription: id-ad-caIssuers, and a URI.
    let description = element(0x30, &[&[6, 8, 0x2B, 6, 1, 5, 5, 7, 0x30, 2], &element(0x86, &[ISSUER_AT.as_bytes()])]);
    let access = element(0x30, &[&description]);
    server.params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access));
    Chain { root: root.by_itself(), issuing: issuing.by(&root), leaf: server.by(&issuing) }
}

/// What the reply's finding says, and all that the page and the text show of it.
fn said(inputs: &[&str], roots: Option<&ParsedCertificate>) -> (String, String) {
    let time = "2026-11-22T10:00:00Z".to_owned();
    let options = CheckOptions {
        at: time.clone(),
        now: time.clone(),
        collected: Some(time),
        policy: Some("m365-forced-tls-1.0".to_owned()),
        roots: roots.map(pem),
        ..CheckOptions::default()
    };
    let inputs: Vec<Input<'_>> = inputs.iter().map(|text| Input::new("input", text.as_bytes())).collect();
    let report = check(&inputs, &options).unwrap();
    let finding = report.findings.iter().find(|finding| finding.rule == "delivery-refused").unwrap();
    assert_eq!(finding.outcome, Outcome::Fail);
    let text = intransit::render::render(&report, "text").unwrap();
    (finding.summary.clone(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn the_missing_intermediate_is_named_with_its_address() {
    let Chain { root, issuing, leaf } = chain();
    let wanted = format!("have the server send that of `CN=Example Issuing CA 7`, which the CA offers at {ISSUER_AT}");
    let scan = session("mail.example.com:25", "-starttls smtp", &[&leaf]);
    for chain in [&scan, &format!("# mail.example.com\n{}", pem(&leaf))] {
        for roots in [None, Some(&root)] {
            let (summary, text) = said(&[&report(HOST), chain], roots);
            assert!(summary.contains(&wanted), "{summary}");
            assert!(text.contains(&wanted), "{text}");
        }
    }
    let upper = report("MAIL.Example.com.");
    assert!(said(&[&format!("{upper}\n{}", pem(&leaf))], None).0.contains(&wanted));
    let whole = session("mail.example.com:25", "-starttls smtp", &[&leaf, &issuing]);
    let (summary, _) = said(&[&report(HOST), &whole], Some(&root));
    assert!(summary.contains("no certificate is missing below the root CA `CN=Example Root`"), "{summary}");
    let (summary, _) = said(&[&report(HOST), &whole], None);
    assert!(summary.contains("that of `CN=Example Root`, unless that is a root CA"), "{summary}");
    let sent = session("mail.example.com:25", "-starttls smtp", &[&leaf, &issuing, &root]);
    let (summary, _) = said(&[&report(HOST), &sent], None);
    assert!(summary.contains("`Example Root`, a root CA that the sender does not trust"), "{summary}");
}

#[test]
fn a_chain_of_another_host_is_not_taken_for_the_servers() {
    let leaf = chain().leaf;
    let scan = |target: &str, options: &str| session(target, options, &[&leaf]);
    let other = "not of the mail server `mx9.example.org`: it says nothing here";
    for (server, chain, expected) in [
        ("", scan("mail.example.com:25", "-starttls smtp"), "The reply names no server"),
        ("", pem(&leaf), "The reply names no server"),
        ("mx9.example.org", scan("mail.example.com:25", "-starttls smtp"), other),
        ("mx9.example.org", pem(&leaf), other),
        // The certificate names the server; the scan was of another host, or of another service there.
        (HOST, scan("www.example.com:25", "-starttls smtp"), "The chain at hand is of www.example.com:25"),
        (HOST, scan("mail.example.com:443", ""), "The chain at hand is of mail.example.com:443"),
    ] {
        let (summary, text) = said(&[&report(server), &chain], None);
        assert!(summary.contains(expected), "{summary}");
        assert!(!text.contains(ISSUER_AT) || text.contains("chain-incomplete"), "{text}");
        assert!(!summary.contains("have the server send"), "{summary}");
    }
    assert!(!said(&[&report(HOST)], None).0.contains("chain at hand"));
}
