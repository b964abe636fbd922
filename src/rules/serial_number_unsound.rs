//! `serial-number-unsound`: serial numbers are positive, of 20 bytes at most, and long enough to be random.

use super::demands::{Answer, Demand, Whose, baseline, each_demand, rfc5280};
use super::{About, Context, Findings, NoParams, OPENSSL, OPENSSL_WITHOUT_NAME, Rule, Subject, TESTSSL};
use crate::evidence::SubjectKind;
use crate::pki::ParsedCertificate;

/// See [`Rule::ABOUT`].
pub(super) struct SerialNumberUnsound;

/// 2016-09-30 in seconds since 1970.
const RANDOM_SINCE: i64 = 1_475_193_600;

const DEMANDS: &[Demand] = &[
    Demand::new("positive", is_positive),
    Demand::new("length", is_short),
    Demand::new("random", is_long).since(RANDOM_SINCE),
];

impl Rule for SerialNumberUnsound {
    type Params = NoParams;

    const ABOUT: About = About {
        id: "serial-number-unsound",
        title: "serial numbers that are positive, random and not too long",
        checks: "The serial number of every certificate that another one issued: above zero, at most 20 bytes, and, since \
                 2016-09-30, with room for 64 random bits. That bits are random cannot be seen: a number of less than 32 bits \
                 fails, since 64 random ones give one so small once in four billion times, and one of less than 57 is unknown.",
        why: "Who can foresee the whole of a certificate can prepare a collision of its hash, as was done to MD5 in 2008. A \
              serial number nobody can foresee prevents it.",
        fix: &[(
            "any",
            "have a certificate issued by a CA that draws serial numbers at random (openssl ca -rand_serial)",
        )],
        citations: &[
            baseline(
                "section 7.1: serial numbers above zero and below 2^159 with at least 64 bits of output from a CSPRNG",
            ),
            rfc5280("section 4.1.2.2: positive, not longer than 20 octets"),
        ],
        effective: "2016-09-30",
        subjects: &[SubjectKind::Endpoint, SubjectKind::Chain],
        decide_by: &[TESTSSL, OPENSSL, OPENSSL_WITHOUT_NAME],
    };

    fn check(_: &NoParams, context: &Context<'_>, subject: &Subject<'_>, findings: &mut Findings) {
        let (required, all) =
            ("a serial number above 0, of 20 bytes at most, with 64 random bits", "has a sound serial number");
        each_demand(context, subject, Whose::All, DEMANDS, required, all, findings);
    }
}

fn is_positive(certificate: &ParsedCertificate) -> Answer {
    match &certificate.serial {
        Err(why) => Answer::Open("its serial number", why.clone()),
        Ok(serial) if serial.bytes().all(|digit| digit == b'0') => {
            Answer::Departs("has the serial number 0".to_owned())
        }
        Ok(_) => Answer::unless(!certificate.has_negative_serial(), "has a negative serial number"),
    }
}

fn is_short(certificate: &ParsedCertificate) -> Answer {
    let bits = bits(certificate);
    Answer::unless(bits < 160, &format!("has a serial number of {bits} bits; 159 are the most"))
}

fn is_long(certificate: &ParsedCertificate) -> Answer {
    let answer = match bits(certificate) {
        0 => Answer::Meets,
        bits @ 1..32 => {
            Answer::Departs(format!("has a serial number of {bits} bits, in which no 64 random ones have room"))
        }
        bits @ 32..57 => Answer::Unshown(
            "has a random serial number",
            format!("a number of {bits} bits may be a counter, or a rare one of 64 random bits"),
        ),
        _ => Answer::Meets,
    };
    // What a root is called by its own hand collides with nothing.
    answer.unless_self_signed(certificate)
}

/// The length of the number, without leading zeros; 0 where it cannot be read.
fn bits(certificate: &ParsedCertificate) -> usize {
    let serial = certificate.serial.as_deref().unwrap_or_default().trim_start_matches('0');
    let first = serial.chars().next().and_then(|digit| digit.to_digit(16)).unwrap_or(0);
    let of_first = usize::try_from(u32::BITS - first.leading_zeros()).unwrap_or(0);
    serial.len().saturating_sub(1) * 4 + of_first
}
