//! Certificates that a report both shows and describes: the description may contradict the bytes, and is believed
//! only against the server.

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Basis, Certificate, Der, Fact, ReportedCertificate};
use crate::source::Span;
use crate::time::Timestamp;

use super::certificates::note_problems;

/// A certificate by its bytes, and what there is to say of them.
pub(super) fn shown(der: Der, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Certificate {
    match der.parsed() {
        Ok(parsed) => note_problems(parsed, place, diagnostics),
        Err(error) => diagnostics.push(
            Diagnostic::error(Code::InvalidCertificate, format!("the certificate cannot be read: {error}")).at(place),
        ),
    }
    Certificate::Der(Fact::new(der, Basis::Wire, [place]))
}

/// What a description says otherwise than the bytes, if it does, as an error.
pub(super) fn contradiction(described: &ReportedCertificate, der: &Der) -> Option<Diagnostic> {
    let parsed = der.parsed().ok()?;
    let differs = |stated: String, has: String, words: &[Span]| {
        let message = format!("the report states `{stated}` of a certificate that has `{has}`; both are judged");
        let note = Diagnostic::error(Code::ContradictoryInput, message);
        words.first().map_or_else(|| note.clone(), |place| note.clone().at(*place))
    };
    if let Some(stated) = described.sha256.as_ref().filter(|stated| stated.value != parsed.sha256) {
        return Some(differs(stated.value.clone(), parsed.sha256.clone(), &stated.words));
    }
    let bits = parsed.key.as_ref().ok().and_then(|key| key.bits);
    if let (Some(stated), Some(bits)) = (&described.key_bits, bits)
        && stated.value != bits
    {
        return Some(differs(format!("{} bits", stated.value), format!("{bits} bits"), &stated.words));
    }
    if let (Some(stated), Ok(end)) = (&described.not_after, &parsed.not_after)
        && stated.value != *end
    {
        return Some(differs(stated.value.to_string(), end.to_string(), &stated.words));
    }
    let names = parsed.common_names();
    let stated = described.common_name.as_ref()?;
    (!names.is_empty() && !names.contains(&stated.value.as_str()))
        .then(|| differs(stated.value.clone(), names.join(", "), &stated.words))
}

/// The number of a month by its first three letters.
pub(super) fn month(name: &str) -> Option<usize> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS.iter().position(|known| *known == name).map(|at| at + 1)
}

/// The time that OpenSSL prints: `Dec 23 22:48:51 2027 GMT`.
pub(super) fn openssl_time(text: &str) -> Option<Timestamp> {
    let mut words = text.split_whitespace();
    let month = words.next().and_then(month)?;
    let day: u8 = words.next()?.parse().ok()?;
    let (clock, year) = (words.next()?, words.next()?);
    (words.next() == Some("GMT")).then(|| format!("{year}-{month:02}-{day:02}T{clock}Z").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_openssl_are_read_whole() {
        let expected: Timestamp = "2027-12-03T22:48:51Z".parse().unwrap();
        assert_eq!(openssl_time("Dec  3 22:48:51 2027 GMT"), Some(expected));
        for text in
            ["", "Dec 3 22:48:51 2027", "Dec 3 22:48:51 2027 GM", "Foo 3 22:48:51 2027 GMT", "Dec 32 1:1 2027 GMT"]
        {
            assert_eq!(openssl_time(text), None, "{text}");
        }
    }
}
