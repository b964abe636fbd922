//! What readers of scan reports share: how a service is named.

use std::net::IpAddr;

use super::json;
use crate::letters::lower_case;

/// A host as keys hold it: lower case, without brackets and final dot; an address in its usual spelling.
pub(super) fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['[', ']']).trim_end_matches('.');
    (!text.is_empty()).then(|| address(text).unwrap_or_else(|| lower_case(text)))
}

/// An address in its usual spelling: `2606:4700:3034::6815:286f` for `2606:4700:3034:0:0:0:6815:286f`.
pub(super) fn address(text: &str) -> Option<String> {
    text.trim().trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|address| address.to_string())
}

/// The value itself, if all of it was read.
pub(super) fn whole(value: json::Value<'_>) -> Option<json::Value<'_>> {
    value.is_complete().then_some(value)
}
