//! Instants: UTC, to the second, RFC 3339 on the wire. The core reads no clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds of one day, as validity periods are counted ([RFC 5280 §4.1.2.5], CA/B Forum BR §6.3.2).
///
/// [RFC 5280 §4.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
pub const SECONDS_PER_DAY: i64 = 86_400;

const EPOCH: jiff::civil::DateTime = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const DATE_LENGTH: usize = "2026-11-22".len();

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
        match EPOCH.checked_add(jiff::SignedDuration::from_secs(self.0)) {
            Ok(instant) => write!(f, "{instant}Z"),
            Err(_) => write!(f, "{} seconds after 1970-01-01", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Reads RFC 3339 (`2026-11-22T10:00:00Z`, offsets allowed), or a bare date, which is its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_second()));
        }
        // The last day of 9999, which certificates without an end carry (RFC 5280 §4.1.2.5), is beyond jiff's instants.
        let utc = text.strip_suffix('Z').and_then(|utc| utc.parse::<jiff::civil::DateTime>().ok());
        let midnight = || {
            let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == DATE_LENGTH)?;
            Some(date.to_datetime(jiff::civil::Time::midnight()))
        };
        utc.or_else(midnight)
            .map(|instant| Self(instant.duration_since(EPOCH).as_secs()))
            .ok_or_else(|| format!("expected a time as 2026-11-22T10:00:00Z or a date as 2026-11-22, found `{text}`"))
    }
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
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written, "{text}");
        }
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!("2026-13-01".parse::<Timestamp>().is_err());
    }

    #[test]
    fn days_are_86400_seconds() {
        let day = |n| Timestamp::from_unix(n);
        assert_eq!(day(86_400 * 3 + 5).days_since(day(5)), 3);
        assert_eq!(day(86_400 * 3 + 4).days_since(day(5)), 2);
    }
}
