//! The readers and their fixtures, for the fuzz targets and for the properties that hold for every reader.
//!
//! A new reader is one line in [`READERS`]; what follows from it is in `fuzz/README.md`.

use std::path::{Path, PathBuf};

use crate::grammar::Grammar;

/// A reader, or one of the shapes that it reads.
pub(crate) struct Reader {
    /// Its fuzz target.
    pub(crate) target: &'static str,
    /// The id of its format.
    pub(crate) format: &'static str,
    /// What the paths of its fixtures below `tests/cases` begin and end with.
    pub(crate) files: (&'static str, &'static str),
    /// How a fixture is taken apart.
    pub(crate) grammar: Grammar,
    /// Members whose lists have an order that means something.
    pub(crate) ordered: &'static [&'static str],
    /// Members whose lists have a length that nothing in a report tells: what they do not have cannot be missed.
    pub(crate) countless: &'static [&'static str],
}

/// Every reader.
#[rustfmt::skip]
pub(crate) static READERS: &[Reader] = &[
    Reader { target: "evidence", format: "intransit-evidence", files: ("formats/intransit/", ".json"), grammar: Grammar::Bytes, ordered: &[], countless: &[] },
    Reader { target: "testssl_flat", format: "testssl-json", files: ("formats/testssl-", "-flat.json"), grammar: Grammar::Json, ordered: &[], countless: &[] },
    Reader { target: "testssl_pretty", format: "testssl-json", files: ("formats/testssl-", "-pretty.json"), grammar: Grammar::Json, ordered: &[], countless: &[] },
    Reader { target: "testssl_csv", format: "testssl-csv", files: ("formats/testssl-", ".csv"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "s_client", format: "openssl-s-client", files: ("formats/openssl-", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "sslyze", format: "sslyze-json", files: ("formats/sslyze-", ".json"), grammar: Grammar::Json, ordered: &["received_certificate_chain"], countless: &["invalid_server_strings"] },
    Reader { target: "ssllabs", format: "ssllabs-json", files: ("formats/ssllabs-", ".json"), grammar: Grammar::Json, ordered: &["certIds", "list"], countless: &["endpoints", "certIds", "list", "protocols", "results"] },
    Reader { target: "sslscan_xml", format: "sslscan", files: ("formats/sslscan-", ".xml"), grammar: Grammar::Xml, ordered: &["cipher"], countless: &["cipher", "ssltest", "group", "certificate"] },
    Reader { target: "sslscan_text", format: "sslscan", files: ("formats/sslscan-", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &["Accepted", "Preferred"] },
    Reader { target: "nmap", format: "nmap-xml", files: ("formats/nmap-", ".xml"), grammar: Grammar::Xml, ordered: &["table"], countless: &["host", "port", "script"] },
    Reader { target: "tlsx", format: "tlsx-json", files: ("formats/tlsx/", ".jsonl"), grammar: Grammar::Json, ordered: &[], countless: &["records"] },
    Reader { target: "httpx", format: "tlsx-json", files: ("formats/httpx/", ".jsonl"), grammar: Grammar::Json, ordered: &[], countless: &["records"] },
    Reader { target: "zgrab2", format: "zgrab2-json", files: ("formats/zgrab2/", ".jsonl"), grammar: Grammar::Json, ordered: &[], countless: &["records"] },
    Reader { target: "tls_scan", format: "tls-scan-json", files: ("formats/tls-scan/", ".json"), grammar: Grammar::Json, ordered: &[], countless: &["records"] },
    Reader { target: "cryptolyzer", format: "cryptolyzer-json", files: ("formats/cryptolyzer-", ".json"), grammar: Grammar::Json, ordered: &[], countless: &["records"] },
    Reader { target: "mail_headers", format: "mail-headers", files: ("formats/mail-headers/", ".eml"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "tls_rpt", format: "tls-rpt-json", files: ("formats/tls-rpt/", ".json"), grammar: Grammar::Json, ordered: &[], countless: &["policies", "failure-details", "policy-string", "mx-host", "records"] },
    Reader { target: "mta_sts", format: "mta-sts-policy", files: ("formats/mta-sts/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "dig", format: "dig", files: ("formats/dig-9.18.49/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "swanctl", format: "swanctl-list-sas", files: ("formats/swanctl-5.9.8/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "swanctl_raw", format: "swanctl-list-sas", files: ("formats/swanctl-5.9.8/", ".raw"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "swanctl_pretty", format: "swanctl-list-sas", files: ("formats/swanctl-5.9.8/", ".pretty"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "xfrm", format: "ip-xfrm", files: ("formats/ip-xfrm/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "libreswan", format: "libreswan", files: ("formats/libreswan/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "azure_ipsec", format: "azure-ipsec", files: ("formats/azure-ipsec/", ".json"), grammar: Grammar::Json, ordered: &[], countless: &["records", "ipsecPolicies", ""] },
    Reader { target: "exchange_json", format: "exchange-settings", files: ("formats/exchange-settings/", ".json"), grammar: Grammar::Json, ordered: &[], countless: &["records", "", "RecipientDomains", "SenderDomains"] },
    Reader { target: "exchange_list", format: "exchange-settings", files: ("formats/exchange-settings/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "smtp_replies", format: "smtp-replies", files: ("formats/smtp-replies/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &[] },
    Reader { target: "packed", format: "tlsx-json", files: ("formats/packed/", ""), grammar: Grammar::Bytes, ordered: &[], countless: &[] },
    Reader { target: "certificates", format: "certificates", files: ("pki/", ".pem"), grammar: Grammar::Pem, ordered: &[], countless: &[] },
    Reader { target: "certificates_der", format: "certificates", files: ("pki/", ".der"), grammar: Grammar::Bytes, ordered: &[], countless: &[] },
    Reader { target: "certutil", format: "certutil", files: ("formats/certutil/", ".txt"), grammar: Grammar::Lines, ordered: &[], countless: &["Verified", "Failed"] },
    Reader { target: "revocation", format: "revocation", files: ("formats/revocation/", ".pem"), grammar: Grammar::Pem, ordered: &[], countless: &[] },
    Reader { target: "revocation_der", format: "revocation", files: ("formats/revocation/", ".der"), grammar: Grammar::Bytes, ordered: &[], countless: &[] },
];

/// A file that a reader reads.
pub(crate) struct Fixture {
    /// Its reader.
    pub(crate) reader: &'static Reader,
    /// Its path below `tests/cases`.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Every fixture of every reader, in the order of readers and names.
pub(crate) fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("tests/cases"));
    let root = root.into_iter().find(|folder| folder.is_dir()).expect("tests/cases is there");
    let mut names = Vec::new();
    for folder in children(&root.join("formats")).iter().chain([&root.join("pki")]) {
        let files = children(folder).into_iter();
        names.extend(files.map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()));
    }
    let of = |reader: &'static Reader| {
        let (start, end) = reader.files;
        let is_of = move |name: &&String| name.starts_with(start) && name.ends_with(end);
        let aside = |name: &&String| name.ends_with(".expected.json") || name.ends_with(".md");
        let mine = names.iter().filter(is_of).filter(|name| !aside(name));
        mine.map(|name| Fixture { reader, name: name.clone(), bytes: contents(&root.join(name)) }).collect::<Vec<_>>()
    };
    READERS.iter().flat_map(of).collect()
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are files")]
fn contents(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
