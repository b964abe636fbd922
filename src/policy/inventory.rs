//! The flows that must be shown, from a policy or from a file of their own: JSON or CSV.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Dossier, EndpointKey, Flow};
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::report::FlowSummary;
use crate::settings::{self, Setting, object};

/// A flow that must be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedFlow {
    /// What people call it.
    pub name: String,
    /// Which of the three flows it is, where that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// Endpoints as `host:port`; one of them must be shown.
    pub any_of: Vec<String>,
}

impl ExpectedFlow {
    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        if self.any_of.is_empty() {
            return Some(format!("the flow `{}` names no endpoint in `anyOf`", self.name));
        }
        let bad = self.any_of.iter().find(|endpoint| parts(endpoint).is_none())?;
        Some(format!("the flow `{}` names `{bad}`; expected an endpoint as `host:port`", self.name))
    }

    /// The flow with the endpoints that show it: those of scans that finished.
    pub(crate) fn summary(&self, dossiers: &[Dossier<'_>]) -> FlowSummary {
        let shows = |dossier: &Dossier<'_>| {
            dossier.unfinished().is_none()
                && (self.flow.is_none() || dossier.flow() == self.flow)
                && self.any_of.iter().any(|endpoint| is_of(endpoint, dossier.key))
        };
        let shown_by = (0..).zip(dossiers).filter(|(_, dossier)| shows(dossier)).map(|(index, _)| index).gathered();
        FlowSummary { name: self.name.clone(), flow: self.flow, any_of: self.any_of.clone(), shown_by }
    }
}

impl Setting for ExpectedFlow {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (name, flow, any_of) = (members.required("name"), members.optional("flow"), members.required("anyOf"));
            Some(Self { name: name?, flow, any_of: any_of? })
        })
    }
}

/// Whether `endpoint`, as `host:port`, is this one.
fn is_of(endpoint: &str, key: &EndpointKey) -> bool {
    let Some((host, port)) = parts(endpoint) else { return false };
    let same = |known: &Option<String>| known.as_deref().is_some_and(|known| same_host(known, host));
    port == key.port && (same(&key.host) || same(&key.address))
}

fn same_host(a: &str, b: &str) -> bool {
    match (a.parse::<IpAddr>(), b.parse::<IpAddr>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.')),
    }
}

fn parts(endpoint: &str) -> Option<(&str, u16)> {
    let (host, port) = endpoint.trim().rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    // Port 0 is that of services whose port no report says: it would be any of them.
    Some((host, port.parse().ok()?)).filter(|(host, port)| !host.is_empty() && *port != 0)
}

/// Reads an inventory: a JSON array of flows, or CSV with the columns `name`, `flow` and `endpoints`, where several
/// endpoints are separated by blanks and `flow` may be empty.
///
/// # Errors
/// What was found and what was expected, with the line.
pub fn read_inventory(text: &str) -> Result<Vec<ExpectedFlow>, Vec<Diagnostic>> {
    let invalid = |message: String| Diagnostic::error(Code::InvalidPolicy, format!("inventory: {message}"));
    let flows: Vec<ExpectedFlow> = if text.trim_start().starts_with('[') {
        settings::read(text)
            .map_err(|problems| problems.iter().map(|problem| invalid(problem.to_string())).gathered())?
    } else {
        csv(text).map_err(|message| vec![invalid(message)])?
    };
    // A list that lost its rows on the way would demand nothing.
    if flows.is_empty() {
        return Err(vec![invalid("expected at least one flow, found none".to_owned())]);
    }
    let problems: Vec<Diagnostic> = flows.iter().filter_map(ExpectedFlow::problem).map(invalid).gathered();
    if problems.is_empty() { Ok(flows) } else { Err(problems) }
}

fn csv(text: &str) -> Result<Vec<ExpectedFlow>, String> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let header: Vec<String> = lines
        .next()
        .map(|(_, line)| fields(line))
        .ok_or("expected a line with the columns `name`, `flow`, `endpoints`")?;
    let column = |name: &str| {
        let at = header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
        at.ok_or_else(|| format!("expected a column `{name}` in line 1, found `{}`", header.join(",")))
    };
    let (name, flow, endpoints) = (column("name")?, column("flow")?, column("endpoints")?);
    lines
        .map(|(number, line)| {
            let fields = fields(line);
            let field = |at: usize| fields.get(at).map(|field| field.trim()).unwrap_or_default();
            let flow = match field(flow) {
                "" => None,
                word => Some(Flow::from_name(word).ok_or_else(|| {
                    format!(
                        "line {}: found the flow `{word}`; expected `clientToService`, `insideService`, `serviceToOther` or none",
                        number + 1
                    )
                })?),
            };
            let any_of = field(endpoints).split_whitespace().map(str::to_owned).gathered();
            Ok(ExpectedFlow { name: field(name).to_owned(), flow, any_of })
        })
        .collect()
}

/// The fields of a line of CSV ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), without line ends inside quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.trim_start_matches('\u{FEFF}').chars().peekable();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' | ';' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_csv_and_json_alike() {
        let csv = "name,flow,endpoints\n\"Partner, mail\",serviceToOther,mail.example.com:25\nWeb,,www.example.com:443 [2001:db8::1]:443\n";
        let json = r#"[{"name":"Partner, mail","flow":"serviceToOther","anyOf":["mail.example.com:25"]},
            {"name":"Web","anyOf":["www.example.com:443","[2001:db8::1]:443"]}]"#;
        assert_eq!(read_inventory(csv).unwrap(), read_inventory(json).unwrap());
    }

    #[test]
    fn says_where_an_inventory_is_wrong() {
        for (text, expected) in [
            ("", "expected a line with the columns"),
            ("a,b\n", "expected a column `name`"),
            ("name,flow,endpoints\nx,up,h:1\n", "line 2: found the flow `up`"),
            ("name,flow,endpoints\nx,,h\n", "expected an endpoint as `host:port`"),
            ("name,flow,endpoints\nx,,\n", "names no endpoint"),
            ("name,flow,endpoints\nx,,h:0\n", "expected an endpoint as `host:port`"),
            ("name,flow,endpoints\n# x,,h:1\n", "expected at least one flow"),
            ("[]", "expected at least one flow"),
        ] {
            let problems = read_inventory(text).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{text}: {problems:?}");
        }
    }
}
