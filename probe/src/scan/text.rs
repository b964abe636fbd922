//! What was seen, for a person: first what is known, then what is not, and why.

use std::fmt::Write as _;

use intransit::evidence::{
    Certificate, ClientCertificate, Endpoint, Enumerated, Evidence, FeatureName, Gap, Observed, Preference, Presented,
    Rest, RevocationEvidence, Subject, TlsSupport,
};

/// All of it, with what else there is to say of each scan.
pub(crate) fn text(evidence: &Evidence, remarks: &[Vec<String>]) -> String {
    let mut out = String::new();
    for (number, scan) in evidence.scans.iter().enumerate() {
        let remarks = remarks.get(number).map_or(&[][..], Vec::as_slice);
        let is_stapled = scan.subjects.iter().any(|subject| match subject {
            Subject::Revocation(revocation) => matches!(revocation.said, RevocationEvidence::OcspResponse(_)),
            _ => false,
        });
        for subject in &scan.subjects {
            if let Subject::Endpoint(endpoint) = subject {
                let mut writer = Writer { out: &mut out, unknown: Vec::new() };
                writer.endpoint(endpoint, remarks);
                if is_stapled {
                    writer.line("an OCSP response is sent with the certificate");
                }
                if let Some(gap) = scan.completion.gap() {
                    writer.unknown.push(("the scan did not finish".to_owned(), gap.clone()));
                }
                writer.unknown();
            }
        }
    }
    out
}

struct Writer<'a> {
    out: &'a mut String,
    /// What is not known, with the reason.
    unknown: Vec<(String, Gap)>,
}

impl Writer<'_> {
    fn line(&mut self, words: &str) {
        let _ = writeln!(self.out, "  {words}");
    }

    fn endpoint(&mut self, endpoint: &Endpoint, remarks: &[String]) {
        let _ = writeln!(self.out, "{}", endpoint.key);
        match &endpoint.tls {
            Observed::Known(fact) => match fact.value {
                TlsSupport::Available => {}
                TlsSupport::NotAvailable => return self.line("no TLS: the service answers in the clear"),
                TlsSupport::StartTlsNotAdvertised => return self.line("no TLS: STARTTLS is not advertised"),
            },
            Observed::NotObserved(gap) => return self.unknown.push(("TLS".to_owned(), gap.clone())),
        }
        self.versions(endpoint);
        for list in endpoint.suites.iter().rev() {
            let version = list.version.map_or_else(String::new, |version| version.to_string());
            let who = match &list.preference {
                Observed::Known(fact) => match fact.value {
                    Preference::Server => ", best first: the server chooses",
                    Preference::ServerExceptChaCha20 => {
                        ", best first: the server chooses, and leaves ChaCha20 to the client"
                    }
                    Preference::Client => ": the client chooses",
                },
                Observed::NotObserved(_) => "",
            };
            self.line(&format!("suites of {version}{who}"));
            self.list(&format!("other suites of {version}"), &list.suites, true);
        }
        if !endpoint.suites.is_empty() {
            if !endpoint.groups.accepted.is_empty() {
                self.line("groups");
            }
            self.list("other groups", &endpoint.groups, false);
            self.features(endpoint);
            for remark in remarks {
                self.line(remark);
            }
        }
        self.chains(endpoint);
    }

    fn versions(&mut self, endpoint: &Endpoint) {
        let names = |values: Vec<String>| if values.is_empty() { "none".to_owned() } else { values.join(", ") };
        let on = endpoint.versions.accepted.iter().map(|fact| fact.value.to_string()).collect();
        let known = endpoint.versions.refused.iter().filter(|refusal| refusal.control.fact().is_some());
        let off: Vec<String> = known.map(|refusal| refusal.offered.to_string()).collect();
        self.line(&format!("on   {}", names(on)));
        if !off.is_empty() || endpoint.versions.refused.is_empty() {
            self.line(&format!("off  {}", names(off)));
        }
        for refusal in &endpoint.versions.refused {
            if let Observed::NotObserved(gap) = &refusal.control {
                self.unknown.push((refusal.offered.to_string(), gap.clone()));
            }
        }
    }

    fn list<T: std::fmt::Display>(&mut self, others: &str, list: &Enumerated<T>, is_tall: bool) {
        let names: Vec<String> = list.accepted.iter().map(|fact| fact.value.to_string()).collect();
        if is_tall {
            for name in names {
                self.line(&format!("  {name}"));
            }
        } else if !names.is_empty() {
            self.line(&format!("  {}", names.join(", ")));
        }
        if let Some(gap) = list.gap() {
            self.unknown.push((others.to_owned(), gap));
        }
    }

    fn features(&mut self, endpoint: &Endpoint) {
        for fact in &endpoint.dh_parameters {
            let name = fact.value.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            self.line(&format!("Diffie-Hellman over {} bits{name}", fact.value.bits));
        }
        for (what, observed, yes, no) in [
            ("renegotiation", &endpoint.secure_renegotiation, "secure renegotiation", "no secure renegotiation"),
            ("compression", &endpoint.compression, "compression", "no compression"),
        ] {
            match observed {
                Observed::Known(fact) => self.line(if fact.value { yes } else { no }),
                Observed::NotObserved(gap) => self.unknown.push((what.to_owned(), gap.clone())),
            }
        }
        for feature in &endpoint.features {
            let what = feature.name.words();
            match &feature.offered {
                Observed::Known(fact) if fact.value => self.line(what),
                Observed::Known(_) if feature.name == FeatureName::TlsBeforeMail => {
                    self.line("mail is taken before TLS, in the clear")
                }
                Observed::Known(_) => self.line(&format!("no {what}")),
                Observed::NotObserved(gap) => self.unknown.push((what.to_owned(), gap.clone())),
            }
        }
        if !endpoint.application_protocols.is_empty() {
            let names: Vec<&str> = endpoint.application_protocols.iter().map(|fact| fact.value.as_str()).collect();
            self.line(&format!("application protocols: {}", names.join(", ")));
        }
        match &endpoint.client_certificate {
            Observed::Known(fact) => self.line(match fact.value {
                ClientCertificate::NotRequested => "no client certificate is asked for",
                ClientCertificate::Optional => "a client certificate is asked for, and may be left out",
                ClientCertificate::Required => "a client certificate is required",
            }),
            Observed::NotObserved(gap) => self.unknown.push(("client certificate".to_owned(), gap.clone())),
        }
    }

    fn chains(&mut self, endpoint: &Endpoint) {
        for chain in &endpoint.chains {
            self.line(&described(chain));
        }
        if let Rest::Gap(gap) = &endpoint.chains_rest {
            self.unknown.push(("other certificates".to_owned(), gap.clone()));
        }
    }

    /// Each reason once, with all that it stands for.
    fn unknown(&mut self) {
        let mut reasons: Vec<(Vec<String>, String)> = Vec::new();
        for (what, gap) in std::mem::take(&mut self.unknown) {
            let why = format!("{} ({})", gap.detail, gap.reason.words());
            match reasons.iter_mut().find(|(_, known)| *known == why) {
                Some((things, _)) => things.push(what),
                None => reasons.push((vec![what], why)),
            }
        }
        for (things, why) in reasons {
            self.line(&format!("not known: {}: {why}", things.join(", ")));
        }
    }
}

fn described(chain: &Presented) -> String {
    let leaf = chain.certificates.first();
    let parsed = leaf.and_then(|leaf| match leaf {
        Certificate::Der(fact) => fact.value.parsed().ok(),
        Certificate::Reported(_) => None,
    });
    let mut words: Vec<String> = Vec::new();
    if let Some(parsed) = parsed {
        words.extend(parsed.key.as_ref().ok().map(ToString::to_string));
        words.extend(parsed.subject.as_ref().ok().map(|subject| format!("`{subject}`")));
        words.extend(parsed.not_after.as_ref().ok().map(|end| format!("until {}", end.date())));
    }
    words.push(format!("{} sent", chain.certificates.len()));
    words.push(
        match chain.possession {
            Observed::Known(_) => "the server has its key",
            Observed::NotObserved(_) => "whether the server has its key was not shown",
        }
        .to_owned(),
    );
    format!("certificate: {}", words.join(", "))
}
