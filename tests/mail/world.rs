//! A tenant, a domain and its mail server, as connectors, scans, chains and records in the texts that people have.

use intransit::evidence::{
    Basis, Certificate, ClientCertificate, Completion, Der, Endpoint, EndpointKey, Enumerated, Evidence, Fact, Flow,
    GapReason, Observed, Preference, Presented, Refusal, RefusalKind, Rest, Role, Scan, ServerName, StartTls, Subject,
    SuiteList, TlsSupport, Transport,
};
use intransit::iana::{CipherSuite, ProtocolVersion};
use serde_json::{Value, json};

use crate::party::Party;

pub(crate) const DOMAIN: &str = "example.com";
/// The domain's mail server.
pub(crate) const SERVER: &str = crate::party::HOST;

/// Everything that is shown.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) connector: Value,
    pub(crate) role: Role,
    pub(crate) tls: bool,
    pub(crate) version: ProtocolVersion,
    pub(crate) suite: CipherSuite,
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) mta_sts: Option<&'static str>,
    /// The data of TLSA records, and whether they were validated.
    pub(crate) tlsa: Option<(Vec<String>, bool)>,
    pub(crate) mx: String,
    pub(crate) roots: String,
}

/// One authority, and certificates of it.
pub(crate) struct Made {
    pub(crate) root: Party,
}

impl Made {
    pub(crate) fn chain(&self, change: impl Fn(&mut Party)) -> Vec<Vec<u8>> {
        let mut server = Party::server();
        server.params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ClientAuth);
        change(&mut server);
        vec![server.by(&self.root).der]
    }
}

pub(crate) fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

pub(crate) fn der(pem: &str) -> Vec<u8> {
    use base64::Engine as _;
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

pub(crate) fn outbound(level: Value) -> Value {
    json!({
        "Name": "To Example", "Enabled": true, "TestMode": false, "IsTransportRuleScoped": false,
        "RouteAllMessagesViaOnPremises": false, "ConnectorType": "Partner", "RecipientDomains": [DOMAIN],
        "TlsSettings": level, "TlsDomain": SERVER, "UseMXRecord": true, "MtaStsMode": "Opportunistic",
    })
}

pub(crate) fn inbound(require: bool, restrict: bool) -> Value {
    json!({
        "Name": "From Example", "Enabled": true, "ConnectorType": "Partner", "SenderDomains": [DOMAIN],
        "AssociatedAcceptedDomains": [], "RequireTls": require, "RestrictDomainsToCertificate": restrict,
        "TlsSenderCertificateName": if restrict { json!(SERVER) } else { Value::Null }, "SenderIPAddresses": [],
    })
}

pub(crate) fn dig(kind: &str, owner: &str, records: &[String]) -> String {
    let lines: Vec<String> = records.iter().map(|data| format!("{owner}.\t3600\tIN\t{kind}\t{data}\n")).collect();
    format!(
        "; <<>> DiG 9.18.49 <<>> {kind} {owner}\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\
         ;; flags: qr rd ra ad; QUERY: 1, ANSWER: {}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; QUESTION SECTION:\n\
         ;{owner}.\t\tIN\t{kind}\n\n;; ANSWER SECTION:\n{}\n;; WHEN: Sun Nov 22 09:00:00 UTC 2026\n\n",
        records.len(),
        lines.concat()
    )
}

/// A fact of the scan; its words become those of the document.
pub(crate) fn known<T>(value: T) -> Fact<T> {
    Fact::new(
        value,
        Basis::Wire,
        [serde_json::from_value(json!({ "source": 0, "start": 0, "end": 1, "line": 1, "column": 1 })).unwrap()],
    )
}

impl World {
    pub(crate) fn new(made: &Made) -> Self {
        Self {
            connector: outbound(Value::Null),
            role: Role::Server,
            tls: true,
            version: ProtocolVersion::TLS1_3,
            suite: CipherSuite(0x1302),
            chain: made.chain(|_| ()),
            mta_sts: None,
            tlsa: None,
            mx: format!("10 {SERVER}."),
            roots: pem(&made.root.by_itself().der),
        }
    }

    pub(crate) fn endpoint(&self, server_name: ServerName) -> Endpoint {
        let missing = || GapReason::NotAttempted;
        let nothing = self.tls.then(|| Rest::Complete(known(true)));
        let rest = || nothing.clone().unwrap_or(Rest::Gap(intransit::evidence::Gap::new(missing(), "no TLS")));
        let all = [ProtocolVersion::TLS1_0, ProtocolVersion::TLS1_1, ProtocolVersion::TLS1_2, ProtocolVersion::TLS1_3];
        let others = all.into_iter().filter(|version| *version != self.version && self.tls);
        let refused = others.map(|offered| Refusal {
            offered,
            how: RefusalKind::Alert(70),
            control: Observed::Known(known(true)),
            words: Vec::new(),
        });
        let refused = refused.collect();
        let accepted = if self.tls { vec![known(self.version)] } else { Vec::new() };
        let suites =
            Enumerated { accepted: vec![known(self.suite)], refused: Vec::new(), unasked: Vec::new(), rest: rest() };
        let list =
            SuiteList { version: Some(self.version), suites, preference: Observed::Known(known(Preference::Server)) };
        let chain = Presented {
            certificates: self.chain.iter().map(|der| Certificate::Der(known(Der::new(der.clone())))).collect(),
            rest: Rest::Complete(known(true)),
            possession: Observed::Known(known(true)),
            tool_trust: Observed::missing(missing(), "not asked"),
        };
        Endpoint {
            key: EndpointKey {
                host: Some(SERVER.to_owned()),
                address: Some("192.0.2.25".to_owned()),
                port: 25,
                transport: Transport::StartTls(StartTls::Smtp),
                server_name,
                role: self.role,
            },
            flow: Observed::Known(known(Flow::ServiceToOther)),
            tls: Observed::Known(known(if self.tls {
                TlsSupport::Available
            } else {
                TlsSupport::StartTlsNotAdvertised
            })),
            versions: Enumerated { accepted, refused, unasked: Vec::new(), rest: rest() },
            suites: if self.tls { vec![list] } else { Vec::new() },
            suite_classes: Vec::new(),
            groups: Enumerated::unknown(missing(), "not asked"),
            signature_schemes: Enumerated::unknown(missing(), "not asked"),
            chains: if self.tls && !self.chain.is_empty() { vec![chain] } else { Vec::new() },
            chains_rest: rest(),
            client_certificate: Observed::<ClientCertificate>::missing(missing(), "not asked"),
            dh_parameters: Vec::new(),
            secure_renegotiation: Observed::missing(missing(), "not asked"),
            compression: Observed::missing(missing(), "not asked"),
            attacks: Vec::new(),
            features: Vec::new(),
            application_protocols: Vec::new(),
        }
    }

    /// The answer for the TLSA records, as `delv` prints it where it validated them, else `dig` of a resolver that does not.
    fn tlsa_answer(&self) -> String {
        let owner = format!("_25._tcp.{SERVER}");
        let (data, is_validated) = self.tlsa.clone().unwrap_or_default();
        if !is_validated {
            return dig("TLSA", &owner, &data).replace(" ad;", ";");
        }
        let lines: Vec<String> = data.iter().map(|data| format!("{owner}.\t3600\tIN\tTLSA\t{data}\n")).collect();
        let signature =
            "TLSA 13 5 3600 20261221232941 20261121232941 30720 example.com. cQm8J3Bf5VvUfw5qtQnWfPV0lS9zBOzw";
        format!("; fully validated\n{}{owner}.\t3600\tIN\tRRSIG\t{signature}\n", lines.concat())
    }

    /// The inputs by name, as people have them.
    pub(crate) fn inputs(&self) -> Vec<(&'static str, String)> {
        self.inputs_with(&|_| ())
    }

    /// The same after something happened to what the scan has.
    pub(crate) fn inputs_with(&self, change: &dyn Fn(&mut Endpoint)) -> Vec<(&'static str, String)> {
        // Mail systems may leave out the server name.
        let mut names = vec![ServerName::Omitted];
        names.extend((self.role == Role::Server && self.tls).then(|| ServerName::Sent(SERVER.to_owned())));
        let subjects = names.into_iter().map(|name| {
            let mut endpoint = self.endpoint(name);
            change(&mut endpoint);
            Subject::Endpoint(Box::new(endpoint))
        });
        let announced = self.mta_sts.map(|_| "\"v=STSv1; id=1\"".to_owned());
        let mut inputs = vec![
            ("connectors.json", serde_json::to_string_pretty(&json!([self.connector])).unwrap()),
            ("scan.json", document(subjects.collect())),
            ("mx.txt", dig("MX", DOMAIN, std::slice::from_ref(&self.mx))),
            ("txt.txt", dig("TXT", &format!("_mta-sts.{DOMAIN}"), announced.as_slice())),
            ("tlsa.txt", self.tlsa_answer()),
        ];
        if let Some(policy) = self.mta_sts {
            let command = format!("$ curl -s https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt\n");
            inputs.push(("mta-sts.txt", format!("{command}version: STSv1\n{policy}\nmax_age: 604800\n")));
        }
        inputs
    }
}

/// A document of evidence with these subjects.
pub(crate) fn document(subjects: Vec<Subject>) -> String {
    document_as_of("2026-11-22T09:00:00Z", subjects)
}

/// The same of a scan that was started then.
pub(crate) fn document_as_of(time: &str, subjects: Vec<Subject>) -> String {
    let scan = Scan {
        source: 0,
        format: "intransit-evidence".to_owned(),
        tool: None,
        tool_version: None,
        command: None,
        started: Observed::Known(Fact::new(time.parse().unwrap(), Basis::Wire, [])),
        vantage: None,
        completion: Completion::Finished(Vec::new()),
        subjects,
    };
    let source = json!({ "id": 0, "name": "scan", "sha256": "00".repeat(32), "bytes": 1 });
    let mut evidence = Evidence::new(vec![serde_json::from_value(source).unwrap()]);
    evidence.scans.push(scan);
    evidence.to_document(&[])
}
