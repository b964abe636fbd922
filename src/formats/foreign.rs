//! Reports and files that no reader takes, known by their first words: so that an input is never judged by the
//! certificates alone that happen to stand in a report which was not read.

/// A mark that is looked for in a line.
enum Mark {
    /// The line, without white space and quoting before it, starts with these words in any case.
    Starts(&'static str),
    /// The words, which begin with `<` or `"`, stand anywhere in the line.
    Has(&'static str),
}

use crate::search::find;
use Mark::{Has, Starts};

const NMAP: &str = "nmap's text, which is not read; use its -oX instead";
const XML: &str = "a part of a report that could not be read as XML; expected the whole file as the tool wrote it";
const SSLYZE: &str = "sslyze's text, which is not read; use its --json_out instead";
const TESTSSL: &str = "testssl.sh's text, which is not read; use its --jsonfile-pretty instead";
const FRAGMENT: &str =
    "a part of a report that could not be read as JSON; expected the whole file as the tool wrote it";

/// In the order in which they are tried on a line.
const MARKS: &[(Mark, &str)] = &[
    (Has("<nmaprun"), XML),
    (Starts("<!doctype nmaprun"), XML),
    (Has("<port protocol="), XML),
    (Has("<script id=\"ssl"), XML),
    (Starts("nmap scan report for"), NMAP),
    (Starts("ssl-enum-ciphers:"), NMAP),
    (Has("<document title=\"SSLScan"), XML),
    (Has("<ssltest "), XML),
    (Has("<cipher status="), XML),
    (Starts("<?xml"), "an XML document, which is not read; expected XML of nmap or sslscan"),
    (Starts("checking connectivity to server(s)"), SSLYZE),
    (Starts("checking host(s) availability"), SSLYZE),
    (Starts("scan results for"), SSLYZE),
    (Starts("testing protocols via sockets"), TESTSSL),
    (Starts("testing vulnerabilities"), TESTSSL),
    (Has("\"Invocation\""), FRAGMENT),
    (Has("\"targetHost\""), FRAGMENT),
    (Has("\"scanResult\""), FRAGMENT),
    (Starts("{ scanresult"), FRAGMENT),
    (Starts("{scanresult"), FRAGMENT),
    (Has("\"server_scan_results\""), FRAGMENT),
    (Has("\"server_location\""), FRAGMENT),
    (Has("\"scan_result\""), FRAGMENT),
    (Has("\"criteriaVersion\""), FRAGMENT),
    (Has("\"severity\":"), FRAGMENT),
    (Has("\"severity\" "), FRAGMENT),
];

/// The first line of a text that is of a report no reader takes: its offset and length, and what it is.
pub(super) fn report(text: &str) -> Option<(usize, usize, &'static str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let inner = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '#' | '*' | '_'));
        let start = at + (line.len() - inner.len());
        at += line.len();
        // Lines of base64 have neither: that is what nearly all lines are.
        let marked = memchr::memchr2(b'<', b'"', inner.as_bytes()).and_then(|first| inner.as_bytes().get(first..));
        let found = MARKS.iter().find(|(mark, _)| match mark {
            Starts(words) => inner.get(..words.len()).is_some_and(|head| head.eq_ignore_ascii_case(words)),
            Has(words) => marked.is_some_and(|rest| find(rest, words.as_bytes()).is_some()),
        });
        if let Some((_, what)) = found {
            return Some((start, inner.trim_end().len(), what));
        }
    }
    None
}

/// What binary data is, by its first bytes.
pub(super) fn file(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: &[(&[u8], &str)] = &[
        (b"%PDF-", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\x1F\x8B", "a gzip archive"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
    ];
    KINDS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, what)| *what)
}

/// Whether the text is a web page.
pub(super) fn is_web_page(text: &str) -> bool {
    let starts = |words: &str| text.get(..words.len()).is_some_and(|head| head.eq_ignore_ascii_case(words));
    starts("<!doctype html") || starts("<html")
}

/// Whether bytes begin as PKCS #7 SignedData does, in DER or in BER.
pub(super) fn is_pkcs7(bytes: &[u8]) -> bool {
    let length_octets = match bytes.get(1) {
        None => return false,
        Some(0..=0x80) => 0,
        Some(long) => usize::from(long & 0x7F),
    };
    let inside = bytes.get(2 + length_octets..).unwrap_or_default();
    inside.starts_with(&[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_reports_are_known_and_prose_is_not() {
        for (text, expected) in [
            ("<?xml version=\"1.0\"?>\n<testsuite name=\"a\">\n", Some(MARKS[9].1)),
            ("> <nmaprun scanner=\"nmap\">", Some(XML)),
            ("</script><script id=\"ssl-cert\" output=\"\">", Some(XML)),
            ("Starting\nNmap scan report for a.test (192.0.2.1)\n", Some(NMAP)),
            (" <ssltest host=\"a.test\" port=\"443\">", Some(XML)),
            (" SCAN RESULTS FOR A.TEST:443 - 192.0.2.1\n", Some(SSLYZE)),
            ("           \"targetHost\" : \"a.test\",\n", Some(FRAGMENT)),
            ("{ scanResult: [ ... ]}", Some(FRAGMENT)),
            ("CONNECTED(00000003)\ndepth=1 C = US\nverify return:1\n---\nServer certificate\n", None),
            ("Hello,\nthe \"id\" of the certificate, as nmap says, is \"a/b\",\"443\".\n", None),
            ("user@host:~$ openssl s_client -connect a.test:443 </dev/null\n", None),
        ] {
            assert_eq!(report(text).map(|(_, _, what)| what), expected, "{text}");
        }
    }
}
