//! What was seen, for a person.

use std::fmt::Write as _;

use intransit::evidence::{Endpoint, Enumerated, Evidence, Gap, Observed, Rest, ServerName, Subject};

/// All of it.
pub(crate) fn text(evidence: &Evidence) -> String {
    let mut out = String::new();
    for scan in &evidence.scans {
        for subject in &scan.subjects {
            if let Subject::Endpoint(endpoint) = subject {
                endpoint_text(&mut out, endpoint);
            }
        }
        if let Some(gap) = scan.completion.gap() {
            let _ = writeln!(out, "  not finished: {}", said(gap));
        }
    }
    out
}

fn endpoint_text(out: &mut String, endpoint: &Endpoint) {
    let name = match &endpoint.key.server_name {
        ServerName::Sent(name) => format!("server name {name}"),
        ServerName::Omitted | ServerName::Unstated => "no server name".to_owned(),
    };
    let _ = writeln!(out, "{}, {name}", endpoint.key);
    if let Observed::NotObserved(gap) = &endpoint.tls {
        let _ = writeln!(out, "  TLS: not known: {}", said(gap));
    }
    let _ = writeln!(out, "  versions");
    for fact in &endpoint.versions.accepted {
        let _ = writeln!(out, "    on       {}", fact.value);
    }
    for refusal in &endpoint.versions.refused {
        match &refusal.control {
            Observed::Known(_) => {
                let _ = writeln!(out, "    off      {}", refusal.offered);
            }
            Observed::NotObserved(gap) => {
                let _ = writeln!(out, "    unknown  {}: {}", refusal.offered, said(gap));
            }
        }
    }
    for list in endpoint.suites.iter().rev() {
        let version = list.version.map_or_else(String::new, |version| format!(" of {version}"));
        listed(out, &format!("suites{version}"), &list.suites);
    }
    listed(out, "groups", &endpoint.groups);
}

fn listed<T: std::fmt::Display>(out: &mut String, what: &str, list: &Enumerated<T>) {
    let _ = writeln!(out, "  {what}");
    for fact in &list.accepted {
        let _ = writeln!(out, "    {}", fact.value);
    }
    match &list.rest {
        Rest::Complete(_) => {}
        Rest::Gap(gap) => {
            let _ = writeln!(out, "    and others, perhaps: {}", said(gap));
        }
    }
}

fn said(gap: &Gap) -> String {
    format!("{} ({})", gap.detail, gap.reason.words())
}
