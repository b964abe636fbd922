//! What a policy has to know of a service, found out by asking the policy: made-up services that differ in one thing are
//! judged, and what changes an answer has to be asked for.
//!
//! Nothing rests on this being right: what was not asked stays unknown, and a rule takes it for harmless only where it
//! has nothing against the value itself.

use intransit::evidence::{
    Basis, Completion, DhParameters, Endpoint, EndpointKey, Enumerated, Evidence, Fact, Gap, GapReason, NOT_ASKED,
    Observed, Preference, Refusal, RefusalKind, Rest, Scan, Subject, SuiteList, TlsSupport,
};
use intransit::iana::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use intransit::policy::{Level, Policy};
use intransit::source::{Source, Span};
use intransit::{Clock, Outcome, evaluate};

use crate::scan::offers;

/// What is asked of a service.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// The suites up to TLS 1.2 that matter.
    pub(crate) suites: Vec<CipherSuite>,
    /// Those of TLS 1.3.
    pub(crate) suites_of_tls13: Vec<CipherSuite>,
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) schemes: Vec<SignatureScheme>,
    /// Who chooses among the suites up to TLS 1.2.
    pub(crate) preference: bool,
    pub(crate) compression: bool,
    /// The primes of finite-field Diffie-Hellman.
    pub(crate) primes: bool,
}

/// One thing in which a made-up service differs from a good one.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Value(Value, How),
    /// Every group, accepted.
    EveryGroup,
    /// Every signature scheme, accepted.
    EveryScheme,
    Preference(How),
    Compression(How),
    Primes,
}

/// One of what is listed.
#[derive(Debug, Clone, Copy)]
enum Value {
    Suite(ProtocolVersion, CipherSuite),
    Group(NamedGroup),
    Scheme(SignatureScheme),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It is accepted beside the others, or in the place of the good one.
    Accepted,
    Unasked,
    /// It is all that is accepted.
    Alone,
}

/// What a policy says at its error level that is not a pass.
type Objections = Vec<(String, Option<String>, Outcome)>;

/// So many made-up services are judged at a time: what a report says of each of them takes some 60 kB.
const AT_A_TIME: usize = 8;

const PLACE: Span = Span { source: 0, start: 0, end: 1, line: 1, column: 1 };
const TLS1_2: ProtocolVersion = ProtocolVersion::TLS1_2;
const TLS1_3: ProtocolVersion = ProtocolVersion::TLS1_3;

/// What most policies have nothing against, to begin with; other things are judged beside it.
#[derive(Debug, Clone, Copy)]
struct Good {
    /// Whether TLS 1.2 is on beside TLS 1.3.
    has_older: bool,
    suite: CipherSuite,
    /// Beside it, there is an order to have.
    second: CipherSuite,
    suite_of_tls13: CipherSuite,
    group: NamedGroup,
    scheme: SignatureScheme,
}

impl Needs {
    /// Asks the policy, about services such as this one.
    pub(crate) fn of(policy: &Policy, clock: Clock, key: &EndpointKey) -> Self {
        let oracle = Oracle { policy, clock, key };
        let good = oracle.good();
        let mut values: Vec<Value> =
            offers::suites_before_tls13().into_iter().map(|one| Value::Suite(TLS1_2, one)).collect();
        values.extend(offers::suites_of_tls13().into_iter().map(|one| Value::Suite(TLS1_3, one)));
        values.extend(offers::groups().into_iter().map(Value::Group));
        values.extend(offers::schemes().into_iter().map(Value::Scheme));
        let mut changes = vec![Change::Nothing, Change::Primes, Change::EveryGroup, Change::EveryScheme];
        changes.extend(
            [How::Accepted, How::Unasked]
                .into_iter()
                .flat_map(|how| [Change::Preference(how), Change::Compression(how)]),
        );
        let answers = oracle.ask(&good, &changes);
        let usual = answers.first().cloned().unwrap_or_default();
        let matters = |objections: &Objections| !objections.iter().all(|objection| usual.contains(objection));
        let mut needs = Self::default();
        // Nobody has anything against the groups of most policies, nor against the schemes.
        let (mut groups, mut schemes) = (false, false);
        for (change, objections) in changes.iter().zip(&answers) {
            let matters = matters(objections);
            match change {
                Change::EveryGroup => groups = matters,
                Change::EveryScheme => schemes = matters,
                Change::Preference(_) => needs.preference |= matters,
                Change::Compression(_) => needs.compression |= matters,
                Change::Primes => needs.primes = matters,
                Change::Nothing | Change::Value(..) => {}
            }
        }
        values.retain(|value| match value {
            Value::Group(_) => groups,
            Value::Scheme(_) => schemes,
            Value::Suite(..) => true,
        });
        for how in [How::Accepted, How::Unasked] {
            let changes: Vec<Change> = values.iter().map(|value| Change::Value(*value, how)).collect();
            let answers = oracle.ask(&good, &changes);
            let mut harmless = Vec::new();
            for (value, objections) in values.into_iter().zip(&answers) {
                if !matters(objections) {
                    harmless.push(value);
                    continue;
                }
                match value {
                    Value::Suite(TLS1_3, suite) => needs.suites_of_tls13.push(suite),
                    Value::Suite(_, suite) => needs.suites.push(suite),
                    Value::Group(group) => needs.groups.push(group),
                    Value::Scheme(scheme) => needs.schemes.push(scheme),
                }
            }
            values = harmless;
        }
        needs
    }
}

struct Oracle<'a> {
    policy: &'a Policy,
    clock: Clock,
    key: &'a EndpointKey,
}

impl Oracle<'_> {
    /// What the policy likes best of what is usual.
    fn good(&self) -> Good {
        const SUITES: [u16; 6] = [0xC030, 0xC02F, 0xC02C, 0xC02B, 0xC028, 0xC014];
        let mut good = Good {
            has_older: true,
            suite: CipherSuite(0xC030),
            second: CipherSuite(0xC02F),
            suite_of_tls13: CipherSuite(0x1302),
            group: NamedGroup(0x0017),
            scheme: SignatureScheme(0x0804),
        };
        let against = |good: &Good| self.ask(good, &[Change::Nothing]).first().map_or(0, Vec::len);
        good.has_older = against(&Good { has_older: false, ..good }) >= against(&good);
        let suites = SUITES.map(|code| Change::Value(Value::Suite(TLS1_2, CipherSuite(code)), How::Alone));
        let tls13 =
            [0x1302, 0x1301, 0x1303].map(|code| Change::Value(Value::Suite(TLS1_3, CipherSuite(code)), How::Alone));
        let groups =
            [0x0017, 0x001D, 0x0018, 0x11EC].map(|code| Change::Value(Value::Group(NamedGroup(code)), How::Alone));
        let schemes = [0x0804, 0x0805, 0x0401, 0x0403]
            .map(|code| Change::Value(Value::Scheme(SignatureScheme(code)), How::Alone));
        for changes in [&suites[..], &tls13, &groups, &schemes] {
            let answers = self.ask(&good, changes);
            let best = changes.iter().zip(answers).min_by_key(|(_, objections)| objections.len());
            match best.map(|(change, _)| *change) {
                Some(Change::Value(Value::Suite(TLS1_3, suite), _)) => good.suite_of_tls13 = suite,
                Some(Change::Value(Value::Suite(_, suite), _)) => good.suite = suite,
                Some(Change::Value(Value::Group(group), _)) => good.group = group,
                Some(Change::Value(Value::Scheme(scheme), _)) => good.scheme = scheme,
                _ => {}
            }
        }
        let others = suites.map(|change| match change {
            Change::Value(value, _) => Change::Value(value, How::Accepted),
            other => other,
        });
        let beside = others.iter().zip(self.ask(&good, &others));
        let beside = beside.filter_map(|(change, objections)| match change {
            Change::Value(Value::Suite(_, suite), _) if *suite != good.suite => Some((*suite, objections.len())),
            _ => None,
        });
        good.second = beside.min_by_key(|(_, objections)| *objections).map_or(good.second, |(suite, _)| suite);
        good
    }

    fn ask(&self, good: &Good, changes: &[Change]) -> Vec<Objections> {
        changes.chunks(AT_A_TIME).flat_map(|changes| self.ask_some(good, changes)).collect()
    }

    fn ask_some(&self, good: &Good, changes: &[Change]) -> Vec<Objections> {
        let subjects = changes.iter().enumerate().map(|(number, change)| {
            let key = EndpointKey { host: Some(format!("n{number}.invalid")), address: None, ..self.key.clone() };
            Subject::Endpoint(Box::new(made_up(key, good, *change)))
        });
        let mut evidence = Evidence::new(vec![Source {
            id: 0,
            name: String::new(),
            sha256: String::new(),
            bytes: 1,
            unpacked_from: None,
        }]);
        evidence.scans.push(Scan {
            source: 0,
            format: String::new(),
            tool: None,
            tool_version: None,
            command: None,
            started: Observed::Known(fact(self.clock.now)),
            vantage: None,
            completion: Completion::Finished(vec![PLACE]),
            subjects: subjects.collect(),
        });
        let report = evaluate(&evidence, self.policy, self.clock, Vec::new());
        let mut objections: Vec<Objections> = changes.iter().map(|_| Vec::new()).collect();
        for finding in report.findings {
            let is_objection =
                finding.level == Level::Error && matches!(finding.outcome, Outcome::Fail | Outcome::Unknown);
            let number = finding.subject.endpoint.and_then(|at| usize::try_from(at).ok());
            if let Some(said) = number.filter(|_| is_objection).and_then(|number| objections.get_mut(number)) {
                said.push((finding.rule, finding.facet, finding.outcome));
            }
        }
        objections
    }
}

fn fact<T>(value: T) -> Fact<T> {
    Fact::new(value, Basis::Wire, [PLACE])
}

fn list<T: Copy + PartialEq>(good: T, other: T, how: How) -> Enumerated<T> {
    let accepted = match how {
        How::Accepted => vec![fact(good), fact(other)],
        How::Unasked => vec![fact(good)],
        How::Alone => vec![fact(other)],
    };
    // What is accepted was asked.
    let is_left_out = how == How::Unasked && good != other;
    let unasked = if is_left_out { vec![other] } else { Vec::new() };
    Enumerated { accepted, refused: Vec::new(), unasked, rest: Rest::Complete(fact(true)) }
}

fn every<T: Copy>(values: Vec<T>) -> Enumerated<T> {
    let accepted = values.into_iter().map(fact).collect();
    Enumerated { accepted, refused: Vec::new(), unasked: Vec::new(), rest: Rest::Complete(fact(true)) }
}

fn answer<T>(usual: T, other: T, how: Option<How>) -> Observed<T> {
    match how {
        None => Observed::Known(fact(usual)),
        Some(How::Unasked) => Observed::NotObserved(Gap::new(GapReason::NotAttempted, NOT_ASKED)),
        Some(_) => Observed::Known(fact(other)),
    }
}

fn made_up(key: EndpointKey, good: &Good, change: Change) -> Endpoint {
    let second = good.second;
    let suites = |version, good| {
        let suites = match change {
            Change::Value(Value::Suite(of, suite), how) if of == version => list(good, suite, how),
            Change::Preference(_) if version == TLS1_2 => list(good, second, How::Accepted),
            _ => list(good, good, How::Alone),
        };
        let preference = match change {
            Change::Preference(how) => answer(Preference::Server, Preference::Client, Some(how)),
            _ => Observed::Known(fact(Preference::Server)),
        };
        SuiteList { version: Some(version), suites, preference }
    };
    let on: Vec<ProtocolVersion> = good.has_older.then_some(TLS1_2).into_iter().chain([TLS1_3]).collect();
    let refused = ProtocolVersion::ALL.into_iter().filter(|version| !on.contains(version));
    Endpoint {
        tls: Observed::Known(fact(TlsSupport::Available)),
        versions: Enumerated {
            accepted: on.iter().copied().map(fact).collect(),
            refused: refused
                .map(|version| Refusal {
                    offered: version,
                    how: RefusalKind::Closed,
                    control: Observed::Known(fact(true)),
                    words: vec![PLACE],
                })
                .collect(),
            unasked: Vec::new(),
            rest: Rest::Complete(fact(true)),
        },
        suites: [suites(TLS1_2, good.suite), suites(TLS1_3, good.suite_of_tls13)]
            .into_iter()
            .filter(|list| list.version.is_some_and(|version| on.contains(&version)))
            .collect(),
        groups: match change {
            Change::Value(Value::Group(group), how) => list(good.group, group, how),
            Change::EveryGroup => every(offers::groups()),
            _ => list(good.group, good.group, How::Alone),
        },
        signature_schemes: match change {
            Change::Value(Value::Scheme(scheme), how) => list(good.scheme, scheme, how),
            Change::EveryScheme => every(offers::schemes()),
            _ => list(good.scheme, good.scheme, How::Alone),
        },
        dh_parameters: match change {
            Change::Primes => vec![fact(DhParameters { bits: 512, name: None })],
            _ => Vec::new(),
        },
        secure_renegotiation: Observed::Known(fact(true)),
        compression: match change {
            Change::Compression(how) => answer(false, true, Some(how)),
            _ => Observed::Known(fact(false)),
        },
        ..Endpoint::unseen(key, &Gap::new(GapReason::NotAttempted, NOT_ASKED))
    }
}

#[cfg(test)]
mod tests {
    use intransit::Timestamp;
    use intransit::evidence::{Role, ServerName, Transport};
    use intransit::policy::pack;

    use super::*;

    fn needs(policy: &Policy) -> Needs {
        let key = EndpointKey {
            host: Some("a.test".to_owned()),
            address: None,
            port: 443,
            transport: Transport::Direct,
            server_name: ServerName::Sent("a.test".to_owned()),
            role: Role::Server,
        };
        let now = Timestamp::from_unix(1_795_000_000);
        Needs::of(policy, Clock { at: now, now }, &key)
    }

    #[test]
    fn a_policy_needs_what_it_has_something_against() {
        for (id, suite, tls13, group, schemes) in [
            ("m365-in-transit-1.0", true, true, false, false),
            ("baseline-1.0", true, true, true, false),
            // TLS 1.2 is reason enough to fail.
            ("mozilla-modern-6.0", false, true, true, false),
            ("cabf-tls-br-2.2.6", false, false, false, false),
        ] {
            let needs = needs(&pack(id).unwrap().policy().unwrap());
            let named = |name: &str| CipherSuite::from_name(name).unwrap();
            assert_eq!(needs.suites.contains(&named("TLS_RSA_WITH_RC4_128_MD5")), suite, "{id}");
            // Nobody knows what this one does.
            assert_eq!(needs.suites.contains(&CipherSuite(0xFF85)), suite, "{id}");
            assert!(!needs.suites.contains(&named("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")), "{id}");
            assert_eq!(!needs.suites_of_tls13.is_empty(), tls13, "{id}: {needs:?}");
            assert_eq!(!needs.groups.is_empty(), group, "{id}: {needs:?}");
            assert_eq!(!needs.schemes.is_empty(), schemes, "{id}: {needs:?}");
            assert!(!needs.preference && !needs.compression, "{id}");
        }
    }

    #[test]
    fn what_a_policy_demands_of_the_order_takes_everything() {
        let text = r#"{"id": "a", "version": "1", "title": "a", "rules": [
            {"rule": "cipher-order-unexpected", "level": "error"}, {"rule": "tls-compression", "level": "error"}]}"#;
        let policy = Policy::from_json("a", text).unwrap();
        let needs = needs(&policy);
        assert!(needs.preference && needs.compression);
        assert!(needs.suites.len() > 300 && needs.suites_of_tls13.is_empty(), "{}", needs.suites.len());
    }
}
