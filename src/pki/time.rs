//! The two times of a validity period ([RFC 5280 §4.1.2.5]), with the forms that older issuers wrote.
//!
//! RFC 5280 wants UTCTime with seconds and `Z` up to 2049, then GeneralizedTime. X.680 allows more, and certificates
//! that are still around use it; what the instant is remains certain, so they are read, and the form is noted.
//!
//! [RFC 5280 §4.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5

use crate::time::{Timestamp, midnight};

use super::tlv::{Tlv, tag_name};

/// The instant, and what is odd about how it is written.
pub(super) fn read(element: &Tlv<'_>) -> Result<(Timestamp, Option<&'static str>), String> {
    let shown = String::from_utf8_lossy(element.value);
    let error = || format!("expected a time as `260102030405Z`, found `{}`", shown.escape_debug());
    let year_digits = match element.tag {
        0x17 => 2,
        0x18 => 4,
        other => return Err(format!("expected UTCTime or GeneralizedTime, found {}", tag_name(other))),
    };
    let digits = element.value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (date, rest) = element.value.split_at_checked(digits).ok_or_else(error)?;
    let (year, fields) = date.split_at_checked(year_digits).ok_or_else(error)?;
    let mut fields = fields.chunks(2);
    let mut field = || fields.next().filter(|pair| pair.len() == 2).map(number);
    let (month, day, hour) = (field(), field(), field());
    let (minute, second) = (field(), field());
    if fields.next().is_some() || digits % 2 != 0 {
        return Err(error());
    }
    let (Some(month), Some(day), Some(hour)) = (month, day, hour) else { return Err(error()) };
    let general = year_digits == 4;
    if minute.is_none() && !general || hour > 23 || minute > Some(59) || second > Some(59) {
        return Err(error());
    }
    let (fraction, rest) = match rest {
        [b'.' | b',', tail @ ..] if general && second.is_some() => {
            let digits = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (digits > 0, tail.get(digits..).unwrap_or(&[]))
        }
        _ => (false, rest),
    };
    let offset = match rest {
        b"Z" => 0,
        [] => return Err(format!("`{}` has no time zone; expected `Z`", shown.escape_debug())),
        [sign @ (b'+' | b'-'), zone @ ..] if zone.len() == 4 && zone.iter().all(u8::is_ascii_digit) => {
            let (hours, minutes) = (number(zone.get(..2).unwrap_or(&[])), number(zone.get(2..).unwrap_or(&[])));
            let seconds = (i64::from(hours) * 60 + i64::from(minutes)) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return Err(error()),
    };
    let year = match (number(year), general) {
        (year, true) => year,
        (year @ 0..=49, false) => 2000 + year,
        (year, false) => 1900 + year,
    };
    let seconds_of_day = (i64::from(hour) * 60 + i64::from(minute.unwrap_or(0))) * 60 + i64::from(second.unwrap_or(0));
    let pair = u8::try_from(month).ok().zip(u8::try_from(day).ok());
    let midnight = pair.and_then(|(month, day)| midnight(year, month, day)).ok_or_else(error)?;
    let note = if second.is_none() {
        Some("a time without seconds")
    } else if rest != b"Z" {
        Some("a time with a zone instead of `Z`")
    } else if fraction {
        Some("a time with fractions of a second")
    } else if general && year < 2050 {
        Some("a GeneralizedTime before 2050")
    } else {
        None
    };
    Ok((Timestamp::from_unix(midnight.unix() + seconds_of_day - offset), note))
}

fn number(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit.wrapping_sub(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_real_certificates() {
        for (tag, text, expected) in [
            (0x17, "260102030405Z", "2026-01-02T03:04:05Z"),
            (0x17, "500101000000Z", "1950-01-01T00:00:00Z"),
            (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
            (0x17, "2601020304Z", "2026-01-02T03:04:00Z (a time without seconds)"),
            (0x17, "260102030405+0100", "2026-01-02T02:04:05Z (a time with a zone instead of `Z`)"),
            (0x18, "20500102030405Z", "2050-01-02T03:04:05Z"),
            (0x18, "20260102030405Z", "2026-01-02T03:04:05Z (a GeneralizedTime before 2050)"),
            (0x18, "20500102030405.25Z", "2050-01-02T03:04:05Z (a time with fractions of a second)"),
            (0x17, "260102030405", "`260102030405` has no time zone; expected `Z`"),
            (0x17, "261302030405Z", "expected a time as `260102030405Z`, found `261302030405Z`"),
            (0x17, "260230030405Z", "expected a time as `260102030405Z`, found `260230030405Z`"),
            (0x17, "260102250405Z", "expected a time as `260102030405Z`, found `260102250405Z`"),
            (0x17, "", "expected a time as `260102030405Z`, found ``"),
            (0x04, "x", "expected UTCTime or GeneralizedTime, found OCTET STRING"),
        ] {
            let element = Tlv { tag, start: 0, value_start: 0, value: text.as_bytes(), raw: &[] };
            let found = match read(&element) {
                Ok((instant, None)) => instant.to_string(),
                Ok((instant, Some(note))) => format!("{instant} ({note})"),
                Err(error) => error,
            };
            assert_eq!(found, expected);
        }
        let forever = Tlv { tag: 0x18, start: 0, value_start: 0, value: b"99991231235959Z", raw: &[] };
        assert_eq!(read(&forever).unwrap().0.unix(), 253_402_300_799);
    }
}
