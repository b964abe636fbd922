//! Instants: UTC, to the second, RFC 3339 on the wire. The core reads no clock.

use std::fmt;
use std::str::FromStr;

use ::time::{Date, Month};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds of one day, as validity periods are counted ([RFC 5280 §4.1.2.5], CA/B Forum BR §6.3.2).
///
/// [RFC 5280 §4.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
pub const SECONDS_PER_DAY: i64 = 86_400;

/// Seconds that the clock of a scanner may be ahead.
pub(crate) const CLOCK_TOLERANCE: i64 = 3600;

/// 1970-01-01 as a Julian day.
const EPOCH: i64 = 2_440_588;

/// A point in time, in seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
pub struct Timestamp(i64);

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Timestamp {
    /// From Unix seconds.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Unix seconds.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Whole days from `earlier` to this instant, towards zero; negative when this is the earlier one.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / SECONDS_PER_DAY
    }

    /// The calendar date, `YYYY-MM-DD`, in UTC.
    #[must_use]
    pub fn date(self) -> String {
        let text = self.to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.0.div_euclid(SECONDS_PER_DAY);
        let date = i32::try_from(day + EPOCH).ok().and_then(|day| Date::from_julian_day(day).ok());
        let Some(date) = date.filter(|date| date.year() >= 0) else {
            return write!(f, "{} seconds after 1970-01-01", self.0);
        };
        let minutes = self.0.rem_euclid(SECONDS_PER_DAY) / 60;
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let (hour, minute, second) = (minutes / 60, minutes % 60, self.0.rem_euclid(60));
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Reads RFC 3339 (`2026-11-22T10:00:00Z`, offsets allowed), or a bare date, which is its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        read(text.as_bytes())
            .ok_or_else(|| format!("expected a time as 2026-11-22T10:00:00Z or a date as 2026-11-22, found `{text}`"))
    }
}

/// Midnight of a day of the Gregorian calendar, if there is such a day.
pub(crate) fn midnight(year: u16, month: u8, day: u8) -> Option<Timestamp> {
    let date = Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day).ok()?;
    Some(Timestamp((i64::from(date.to_julian_day()) - EPOCH) * SECONDS_PER_DAY))
}

/// `date`, or `date T time zone` (RFC 3339 §5.6). A leap second counts as the second before it.
fn read(text: &[u8]) -> Option<Timestamp> {
    let (&[a, b, c, d, b'-', e, f, b'-', g, h], time) = text.split_first_chunk()? else { return None };
    let year = u16::from(number([a, b])?) * 100 + u16::from(number([c, d])?);
    let midnight = midnight(year, number([e, f])?, number([g, h])?)?;
    if time.is_empty() {
        return Some(midnight);
    }
    let (&[b'T' | b't' | b' ', a, b, b':', c, d, b':', e, f], rest) = time.split_first_chunk()? else { return None };
    let seconds = clock([a, b], [c, d])? * 60 + i64::from(number([e, f]).filter(|second| *second <= 60)?.min(59));
    let zone = match rest {
        [b'.' | b',', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits..).filter(|_| digits > 0)?
        }
        _ => rest,
    };
    let offset = match *zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] | [sign @ (b'+' | b'-'), a, b, c, d] => {
            let minutes = clock([a, b], [c, d])?;
            if sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(Timestamp(midnight.0 + seconds - offset * 60))
}

/// Minutes of a time of day.
fn clock(hour: [u8; 2], minute: [u8; 2]) -> Option<i64> {
    let hour = number(hour).filter(|hour| *hour < 24)?;
    let minute = number(minute).filter(|minute| *minute < 60)?;
    Some(i64::from(hour) * 60 + i64::from(minute))
}

fn number(digits: [u8; 2]) -> Option<u8> {
    let [tens, ones] = digits.map(|digit| digit.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| tens * 10 + ones)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_and_dates_and_writes_rfc_3339() {
        for (text, written) in [
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22T12:00:00+02:00", "2026-11-22T10:00:00Z"),
            (" 2026-11-22 ", "2026-11-22T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("1950-01-01T00:00:00Z", "1950-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00.5-0130", "0001-01-01T01:30:00Z"),
            ("2016-12-31t23:59:60z", "2016-12-31T23:59:59Z"),
            ("2024-02-29 23:59:59.999999+00:00", "2024-02-29T23:59:59Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "20a6-11-22",
            "2026-13-01",
            "2026-02-29",
            "2026-11-2",
            "2026-11-22T10:00:00",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z",
            "2026-11-22T10:00:61Z",
            "2026-11-22T10:00:00.Z",
            "2026-11-22T10:00:00+25:00",
            "2026-11-22T10:00:00Z[UTC]",
            "２026-11-22",
            "zz26-11-22",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807 seconds after 1970-01-01");
        assert_eq!(Timestamp(i64::MIN).to_string(), "-9223372036854775808 seconds after 1970-01-01");
    }

    #[test]
    fn days_are_86400_seconds() {
        let day = |n| Timestamp::from_unix(n);
        assert_eq!(day(86_400 * 3 + 5).days_since(day(5)), 3);
        assert_eq!(day(86_400 * 3 + 4).days_since(day(5)), 2);
    }
}
