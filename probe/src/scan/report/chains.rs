//! Chains and what handshakes show of them.

use intransit::evidence::{
    Certificate, ClientCertificate, Der, EndpointKey, Gap, GapReason, Observed, Presented, Rest, Revocation,
    RevocationEvidence, Subject,
};
use intransit::iana::{Authentication, CipherSuite, ProtocolVersion};

use super::Maker;
use crate::scan::connect::Exchange;
use crate::scan::handshake::Shaken;
use crate::scan::survey::VersionSuites;

/// One chain as it was sent, and by which connections.
struct Sent<'a> {
    certificates: &'a [Vec<u8>],
    numbers: Vec<usize>,
    /// The handshakes whose signature its key made.
    possessed_by: Vec<usize>,
}

impl Maker<'_> {
    pub(super) fn shaken(&self) -> impl Iterator<Item = &Shaken> {
        let of_tls13 = self.survey.handshakes.iter().flat_map(|handshakes| &handshakes.shaken);
        of_tls13.chain(&self.survey.shaken)
    }

    pub(super) fn chains(&self) -> Vec<Presented> {
        let mut chains: Vec<Sent<'_>> = Vec::new();
        let mut add = |certificates, number, is_possessed: bool| {
            let possessed_by = if is_possessed { vec![number] } else { Vec::new() };
            match chains.iter_mut().find(|known: &&mut Sent<'_>| known.certificates == certificates) {
                Some(known) => {
                    known.numbers.push(number);
                    known.possessed_by.extend(possessed_by);
                }
                None => chains.push(Sent { certificates, numbers: vec![number], possessed_by }),
            }
        };
        for exchange in &self.survey.exchanges {
            if let Some(sent) = sent(exchange) {
                add(sent, exchange.number, false);
            }
        }
        for shaken in self.shaken().filter(|shaken| !shaken.certificates.is_empty()) {
            add(shaken.certificates.as_slice(), shaken.number, shaken.is_possessed);
        }
        chains.into_iter().map(|sent| self.presented(&sent)).collect()
    }

    fn presented(&self, sent: &Sent<'_>) -> Presented {
        let certificates = sent.certificates.iter();
        Presented {
            certificates: certificates
                .map(|bytes| Certificate::Der(self.wire(Der::new(bytes.clone()), &sent.numbers)))
                .collect(),
            rest: Rest::Complete(self.wire(true, &sent.numbers)),
            possession: if sent.possessed_by.is_empty() {
                Observed::missing(GapReason::ClientLimited, "no handshake with its key was completed")
            } else {
                Observed::Known(self.wire(true, &sent.possessed_by))
            },
            tool_trust: Observed::missing(GapReason::NotAttempted, "the probe trusts nobody"),
        }
    }

    /// All chains were shown where every kind of key that could be used was answered with one, or refused.
    pub(super) fn chains_rest(&self) -> Rest {
        let mut numbers = match &self.survey.chains_alone {
            Some(Ok(shown)) => shown.numbers.clone(),
            Some(Err(gap)) => return Rest::Gap(gap.clone()),
            None => match self.chains_of_suites() {
                Ok(numbers) => numbers,
                Err(gap) => return Rest::Gap(gap),
            },
        };
        match self.survey.handshakes.as_ref().map(|handshakes| &handshakes.rest) {
            Some(Ok(shown)) => numbers.extend(shown),
            Some(Err(gap)) => return Rest::Gap(gap.clone()),
            None => {}
        }
        match &self.survey.other_keys {
            Some(Ok(shown)) => numbers.extend(shown),
            Some(Err(gap)) => return Rest::Gap(gap.clone()),
            None => {}
        }
        if numbers.is_empty() {
            return Rest::Gap(Gap::new(GapReason::Failed, "no certificate was sent"));
        }
        Rest::Complete(self.wire(true, &numbers))
    }

    /// The connections that show a chain for each kind of authentication of the suites that are accepted.
    fn chains_of_suites(&self) -> Result<Vec<usize>, Gap> {
        let survey = self.survey;
        let unlisted = survey.suites.iter().find_map(|list| list.suites.rest.clone().err());
        if let Some(gap) = survey.versions.first_unknown().or(unlisted) {
            return Err(gap);
        }
        let mut numbers = Vec::new();
        for list in survey.suites.iter().filter(|list| list.version != ProtocolVersion::TLS1_3) {
            for authentication in needed(list) {
                let is_of = |suite: CipherSuite| suite.info().is_some_and(|info| info.authentication == authentication);
                let shows = |exchange: &&Exchange| {
                    let answered = exchange.accepted().filter(|_| sent(exchange).is_some());
                    answered.is_some_and(|hello| hello.version == list.version && is_of(hello.suite))
                };
                let Some(exchange) = survey.exchanges.iter().find(shows) else {
                    let detail = format!("a chain of {} was not seen whole", list.version);
                    return Err(Gap::new(GapReason::Failed, detail));
                };
                numbers.push(exchange.number);
            }
            // Whose certificate such a suite takes, nobody knows: it has to have shown one itself.
            for (suite, number) in list.suites.accepted.iter().filter(|(suite, _)| suite.info().is_none()) {
                let shows = |exchange: &&Exchange| exchange.number == *number && sent(exchange).is_some();
                if !survey.exchanges.iter().any(|exchange| shows(&exchange)) {
                    let detail = format!("which certificate goes with the suite {suite} was not seen");
                    return Err(Gap::new(GapReason::Failed, detail));
                }
                numbers.push(*number);
            }
        }
        Ok(numbers)
    }

    /// The OCSP responses that were stapled, and whether any was: every hello asks for one.
    pub(super) fn revocations(&self, key: &EndpointKey) -> Vec<Subject> {
        let mut responses: Vec<(&Vec<u8>, Vec<usize>)> = Vec::new();
        let mut without = Vec::new();
        let clear = self.survey.exchanges.iter().filter(|exchange| exchange.answer.is_done && sent(exchange).is_some());
        let clear = clear.map(|exchange| (exchange.answer.staple.as_ref(), exchange.number));
        let whole = self.shaken().filter(|shaken| !shaken.certificates.is_empty());
        for (staple, number) in clear.chain(whole.map(|shaken| (shaken.staple.as_ref(), shaken.number))) {
            match staple {
                None => without.push(number),
                Some(response) => match responses.iter_mut().find(|(known, _)| *known == response) {
                    Some((_, numbers)) => numbers.push(number),
                    None => responses.push((response, vec![number])),
                },
            }
        }
        let stapled = match responses.first() {
            Some((_, numbers)) => Some(self.wire(true, numbers)),
            None if without.is_empty() => None,
            None => Some(self.wire(false, &without)),
        };
        let shown = responses
            .iter()
            .map(|(bytes, numbers)| RevocationEvidence::OcspResponse(self.wire(Der::new(bytes.to_vec()), numbers)));
        let said = stapled.map(RevocationEvidence::Stapled).into_iter().chain(shown);
        said.map(|said| Subject::Revocation(Box::new(Revocation { endpoint: Some(key.clone()), said }))).collect()
    }

    /// The worse answer counts: whoever asks once, asks.
    pub(super) fn client_certificate(&self) -> Observed<ClientCertificate> {
        let clear: Vec<usize> =
            self.survey.exchanges.iter().filter(|one| one.answer.asks_certificate).map(|one| one.number).collect();
        for answer in [ClientCertificate::Required, ClientCertificate::Optional] {
            if let Some(shaken) = self.shaken().find(|shaken| shaken.client_certificate == Some(answer)) {
                return Observed::Known(self.wire(answer, &[shaken.number]));
            }
        }
        if !clear.is_empty() || self.shaken().any(|shaken| shaken.asks_certificate) {
            let detail = "a client certificate is asked for; whether it has to be there takes a whole handshake";
            let gap = Gap::new(GapReason::ClientLimited, detail).at(self.journal.places(&clear));
            return Observed::NotObserved(gap);
        }
        let whole = self.survey.exchanges.iter().find(|exchange| exchange.answer.is_done).map(|one| one.number);
        let completed = || {
            let is_none = |shaken: &&Shaken| shaken.client_certificate == Some(ClientCertificate::NotRequested);
            self.shaken().find(is_none).map(|shaken| shaken.number)
        };
        match whole.or_else(completed) {
            Some(number) => Observed::Known(self.wire(ClientCertificate::NotRequested, &[number])),
            None => Observed::missing(GapReason::ClientLimited, "no answer was seen to its end"),
        }
    }
}

/// The certificates of an answer, where it is one.
fn sent(exchange: &Exchange) -> Option<&[Vec<u8>]> {
    let sent = exchange.accepted().and(exchange.answer.certificates.as_deref());
    sent.filter(|sent| !sent.is_empty())
}

/// The kinds of authentication with a certificate that some accepted suite has.
fn needed(list: &VersionSuites) -> Vec<Authentication> {
    let mut needed: Vec<Authentication> = Vec::new();
    for (suite, _) in &list.suites.accepted {
        let info = suite.info().filter(|info| info.uses_certificate());
        if let Some(info) = info.filter(|info| !needed.contains(&info.authentication)) {
            needed.push(info.authentication);
        }
    }
    needed
}
