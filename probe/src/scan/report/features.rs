//! Extensions and application protocols.

use intransit::evidence::{Fact, Feature, FeatureName, Gap, GapReason, Observed};
use intransit::iana::{Mode, ProtocolVersion};

use super::Maker;
use crate::scan::codec::ServerHello;
use crate::scan::codec::hello::{ENCRYPT_THEN_MAC, EXTENDED_MASTER_SECRET};

impl Maker<'_> {
    pub(super) fn features(&self) -> Vec<Feature> {
        let is_cbc = |hello: &ServerHello| hello.suite.info().is_some_and(|info| info.mode == Mode::Cbc);
        let asked = |answer: &Result<(bool, usize), Gap>, expected: bool| match answer {
            Ok((value, number)) => Observed::Known(self.wire(*value == expected, &[*number])),
            Err(gap) => Observed::NotObserved(gap.clone()),
        };
        let clear = self.survey.clear_mail.as_ref().map(|answer| (FeatureName::TlsBeforeMail, asked(answer, false)));
        let usual = [
            (FeatureName::FallbackScsv, asked(&self.survey.fallback, true)),
            (FeatureName::ExtendedMasterSecret, self.everywhere(EXTENDED_MASTER_SECRET, &|_| true)),
            (FeatureName::EncryptThenMac, self.everywhere(ENCRYPT_THEN_MAC, &is_cbc)),
        ];
        usual.into_iter().chain(clear).map(|(name, offered)| Feature { name, offered }).collect()
    }

    pub(super) fn application_protocols(&self) -> Vec<Fact<String>> {
        let taken = self.survey.application_protocols.iter();
        taken.map(|(name, number)| self.wire(name.clone(), &[*number])).collect()
    }

    /// Whether each of these answers has an extension that every hello offers; one without it is enough to know that it
    /// is not used everywhere.
    fn everywhere(&self, extension: u16, concerns: &dyn Fn(&ServerHello) -> bool) -> Observed<bool> {
        let mut shown = Vec::new();
        for exchange in &self.survey.exchanges {
            let hello = exchange.accepted().filter(|hello| {
                hello.version > ProtocolVersion::SSL3 && hello.version < ProtocolVersion::TLS1_3 && concerns(hello)
            });
            match hello.map(|hello| hello.has(extension)) {
                Some(true) => shown.push(exchange.number),
                Some(false) => return Observed::Known(self.wire(false, &[exchange.number])),
                None => {}
            }
        }
        if shown.is_empty() {
            let detail = "no answer up to TLS 1.2 was seen that it concerns";
            return Observed::NotObserved(Gap::new(GapReason::NotAttempted, detail));
        }
        Observed::Known(self.wire(true, &shown))
    }
}
