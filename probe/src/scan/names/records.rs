//! Records of any kind, each as a line of a zone says it.

use hickory_resolver::proto::rr::{RData, RecordType};

use super::dnssec::{Alias, Validation};
use super::{Names, absolute};

/// What was answered to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// `NOERROR`, or `NXDOMAIN` where there is no such name.
    pub(crate) status: &'static str,
    /// The data of each record of the kind that was asked for; of TXT the text, of all others in lower case.
    pub(crate) data: Vec<String>,
    /// The aliases that were followed.
    pub(crate) aliases: Vec<Alias>,
    /// What is proven of it.
    pub(crate) validation: Validation,
}

/// The most records of one answer.
const MOST: usize = 64;

impl Names {
    /// The records of this kind.
    ///
    /// # Errors
    /// Why there is no answer: that there is no record is one.
    pub(crate) async fn records(&self, owner: &str, kind: RecordType) -> Result<Answered, String> {
        let validator = self.validator.as_ref().map_err(Clone::clone)?;
        let found = validator.find(absolute(owner)?, kind).await?;
        let data: Vec<String> = found.records.iter().map(|record| written(&record.data)).collect();
        if data.len() > MOST {
            return Err(format!("more than {MOST} records"));
        }
        let status = if found.is_nowhere { "NXDOMAIN" } else { "NOERROR" };
        Ok(Answered { status, data, aliases: found.aliases, validation: found.validation })
    }
}

fn written(data: &RData) -> String {
    match data {
        RData::TXT(text) => {
            let bytes: Vec<u8> = text.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
            String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        }
        other => other.to_string().to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dnssec::Anchors;
    use super::super::responder::{Answers, respond};
    use super::*;

    #[test]
    fn records_are_written_as_zones_have_them() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let names = Names::new(
                Some(respond(&[
                    ("a.test.", Answers::Records(&["MX 10 Mx.test.", "TXT v=STSv1; id=1;", "CAA 0 issue ca.test"])),
                    ("_25._tcp.mx.test.", Answers::Records(&["TLSA 3 1 1 ABCD"])),
                    ("broken.test.", Answers::Failure),
                ])),
                Anchors::default(),
            );
            for (owner, kind, expected) in [
                ("a.test", RecordType::MX, Ok(("NOERROR", vec!["10 mx.test."]))),
                ("a.test", RecordType::TXT, Ok(("NOERROR", vec!["v=STSv1; id=1;"]))),
                ("a.test", RecordType::CAA, Ok(("NOERROR", vec!["0 issue \"ca.test\""]))),
                ("_25._tcp.mx.test", RecordType::TLSA, Ok(("NOERROR", vec!["3 1 1 abcd"]))),
                ("_25._tcp.mx.test", RecordType::TXT, Ok(("NOERROR", vec![]))),
                ("none.test", RecordType::TXT, Ok(("NXDOMAIN", vec![]))),
                ("broken.test", RecordType::TXT, Err(())),
            ] {
                let found = names.records(owner, kind).await.map_err(|_| ());
                // A resolver that sends no signatures shows nothing of DNSSEC.
                assert!(found.iter().all(|found| found.validation.word() == "indeterminate"), "{found:?}");
                let expected = expected.map(|(status, data)| (status, data.into_iter().map(str::to_owned).collect()));
                assert_eq!(found.map(|found| (found.status, found.data)), expected, "{owner} {kind}");
            }
        });
    }
}
