//! `alternative-name-unsound`: alternative names are names of hosts that somebody can have, and addresses.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, listed};
use super::{About, Clause, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::gathered::Gathered;
use crate::pki::extension::{Field, GeneralName};
use crate::pki::public_suffix::is_public_suffix;
use crate::pki::{Host, ParsedCertificate, parse_host};

/// See [`Rule::ABOUT`].
pub(super) struct AlternativeNameUnsound;

/// 2026-03-15 in seconds since 1970.
const REVERSE_ZONE_SINCE: i64 = 1_773_532_800;

const DEMANDS: &[Demand] = &[
    Demand::new("kind", are_hosts),
    Demand::new("wildcard", are_whole_labels),
    Demand::new("public-suffix", are_of_one_holder),
    Demand::new("host", are_host_names),
    Demand::new("underscore", have_no_underscore),
    Demand::new("reverse-zone", are_of_no_reverse_zone).since(REVERSE_ZONE_SINCE),
];

impl Rule for AlternativeNameUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "alternative-name-unsound",
        title: "alternative names that hosts can have",
        checks: "Of the alternative names of a server's certificate: DNS names and addresses alone; a wildcard only as the whole \
                 left-most label, with at least two labels behind it; letters, digits and hyphens in labels of 1 to 63 bytes, at \
                 least two of them, without a final dot; no underscore; since 2026-03-15 no name below in-addr.arpa or ip6.arpa. \
                 A wildcard right under a public suffix such as `*.co.uk` stays unknown: it is sound only for who holds all \
                 of the suffix, and no certificate shows that.",
        why: "A name that no host can have was checked by nobody, and a wildcard that is too wide stands for hosts of strangers.",
        fix: &[(
            "any",
            "have a certificate issued for full host names, each with its own entry or `*.` and your domain",
        )],
        citations: &[
            baseline("section 7.1.2.7.12: dNSName and iPAddress alone; names of reverse zones end on 2026-03-15"),
            baseline("section 3.2.2.6: wildcards under public suffixes, by the ICANN part of the list"),
            Clause {
                document: "RFC 9525",
                clause: "section 6.3: the wildcard is the whole left-most label",
                url: "https://www.rfc-editor.org/rfc/rfc9525#section-6.3",
                date: "2023-11",
            },
        ],
        effective: "2019-04-01",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) = ("names that hosts can have", "has no alternative name that no host can have");
        each_demand(context, subject, Whose::Servers, DEMANDS, required, all, findings);
    }
}

fn are_hosts(certificate: &ParsedCertificate) -> Answer {
    let names = match &certificate.extensions.subject_alternative_name {
        Field::Absent => return Answer::Meets,
        Field::Undecodable(why) => return Answer::Open("its alternative names", why.clone()),
        Field::Decoded(names) => names,
    };
    let other = |name: &&GeneralName| !matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_));
    if let Some(name) = names.names.iter().find(other) {
        let kind = match name {
            GeneralName::Email(_) => "a mail address",
            GeneralName::Uri(_) => "a URL",
            GeneralName::Directory(_) => "a directory name",
            _ => "a name of another kind",
        };
        return Answer::Departs(format!("has {kind} among its alternative names"));
    }
    match names.unreadable {
        0 => Answer::Meets,
        count => Answer::Open("its alternative names", format!("{count} of its names cannot be read")),
    }
}

fn are_whole_labels(certificate: &ParsedCertificate) -> Answer {
    departing(certificate, "the wildcard", &|name| match name.strip_prefix("*.") {
        Some(parent) => parent.contains('*') || !parent.contains('.'),
        None => name.contains('*'),
    })
}

fn are_of_one_holder(certificate: &ParsedCertificate) -> Answer {
    let is_wide = |name: &&str| name.strip_prefix("*.").is_some_and(is_public_suffix);
    match certificate.dns_names().filter(is_wide).gathered().as_slice() {
        [] => Answer::Meets,
        names => Answer::Unshown(
            "belongs to who holds all that its wildcards stand for",
            format!("strangers register names right under the public suffix of {}", listed(names)),
        ),
    }
}

fn are_host_names(certificate: &ParsedCertificate) -> Answer {
    departing(certificate, "the DNS name", &|name| {
        let host = name.strip_prefix("*.").unwrap_or(name);
        // Wildcards and underscores have demands of their own.
        let is_host = parse_host(&host.replace('*', "x")).is_ok_and(|host| matches!(host, Host::Dns(_)));
        // RFC 5890 §2.3.1: of the labels with `--` behind two letters only A-labels are given out.
        let is_kept = |label: &str| label.get(2..4) == Some("--") && !label.to_ascii_lowercase().starts_with("xn--");
        let is_bare = host.ends_with('.') || host.trim() != host || !name.contains('.');
        !is_host || is_bare || host.split('.').any(is_kept)
    })
}

fn have_no_underscore(certificate: &ParsedCertificate) -> Answer {
    departing(certificate, "the DNS name with an underscore", &|name| name.contains('_'))
}

fn are_of_no_reverse_zone(certificate: &ParsedCertificate) -> Answer {
    departing(certificate, "the name of a reverse zone", &|name| {
        let name = name.to_ascii_lowercase();
        [".in-addr.arpa", ".ip6.arpa"].iter().any(|zone| name.ends_with(zone))
    })
}

fn departing(certificate: &ParsedCertificate, what: &str, departs: &dyn Fn(&str) -> bool) -> Answer {
    match certificate.dns_names().filter(|name| departs(name)).gathered().as_slice() {
        [] => Answer::Meets,
        names => Answer::Departs(format!("has {what} {}, which no host can have", listed(names))),
    }
}
