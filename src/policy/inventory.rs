//! The flows that must be shown, from a policy or from a file of their own: JSON or CSV.

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::evidence::{Dossier, EndpointKey, Flow, Merged, SubjectKind};
use crate::formats::json::Value;
use crate::gathered::Gathered;
use crate::network::Network;
use crate::pki::is_same_host;
use crate::report::FlowSummary;
use crate::rules::carries;
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<String>,
    /// Its two ends, each an address or a block such as `10.1.0.0/24`, where a tunnel around both may show it;
    /// `flow-unprotected` then judges the flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<String>,
}

impl ExpectedFlow {
    /// What is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        if self.any_of.is_empty() && self.between.is_empty() {
            return Some(format!("the flow `{}` names no endpoint in `anyOf`, and no ends in `between`", self.name));
        }
        if !self.between.is_empty() && self.ends().is_none() {
            let found = self.between.join(" ");
            let expected = "expected two blocks of addresses such as `10.1.0.0/24 10.2.0.0/24`";
            return Some(format!("the flow `{}` is between `{found}`; {expected}", self.name));
        }
        let bad = self.any_of.iter().find(|endpoint| parts(endpoint).is_none())?;
        Some(format!("the flow `{}` names `{bad}`; expected an endpoint as `host:port`", self.name))
    }

    /// Its two ends, where it names them.
    pub(crate) fn ends(&self) -> Option<(Network, Network)> {
        let [one, other] = self.between.as_slice() else { return None };
        let ends = (Network::parse(one)?, Network::parse(other)?);
        (ends.0 != ends.1 && ends.0.first().is_ipv4() == ends.1.first().is_ipv4()).then_some(ends)
    }

    /// Whether the endpoint is the one that it names so.
    pub(crate) fn is_at(&self, endpoint: &str, dossier: &Dossier<'_>) -> bool {
        (self.flow.is_none() || dossier.flow() == self.flow) && is_of(endpoint, dossier.key)
    }

    /// The flow with what shows it: endpoints and tunnels of scans that finished.
    pub(crate) fn summary(&self, merged: &Merged<'_>) -> FlowSummary {
        let shows = |dossier: &Dossier<'_>| {
            dossier.unfinished().is_none() && self.any_of.iter().any(|endpoint| self.is_at(endpoint, dossier))
        };
        let dossiers = (0..).zip(&merged.dossiers);
        let shown_by = dossiers.filter(|(_, dossier)| shows(dossier)).map(|(index, _)| index).gathered();
        let mut tunnels = Vec::new();
        if let Some((one, other)) = self.ends() {
            let finished = merged.exhibits.iter().filter(|view| view.scan.completion.gap().is_none());
            let all = finished.map(|view| view.exhibit).filter(|exhibit| exhibit.kind == SubjectKind::Tunnel);
            tunnels.extend(all.filter(|tunnel| carries(tunnel, &one, &other)).map(|tunnel| tunnel.name.clone()));
        }
        FlowSummary {
            name: self.name.clone(),
            flow: self.flow,
            any_of: self.any_of.clone(),
            between: self.between.clone(),
            shown_by,
            tunnels,
        }
    }
}

impl Setting for ExpectedFlow {
    fn read(value: Value<'_>, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        object(Some(value), problems, |members| {
            let (name, flow) = (members.required("name"), members.optional("flow"));
            Some(Self {
                name: name?,
                flow,
                any_of: members.or_default("anyOf"),
                between: members.or_default("between"),
            })
        })
    }
}

/// Whether `endpoint`, as `host:port`, is this one.
fn is_of(endpoint: &str, key: &EndpointKey) -> bool {
    let Some((host, port)) = parts(endpoint) else { return false };
    let same = |known: &Option<String>| known.as_deref().is_some_and(|known| is_same_host(known, host));
    port == key.port && (same(&key.host) || same(&key.address))
}

fn parts(endpoint: &str) -> Option<(&str, u16)> {
    let (host, port) = endpoint.trim().rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    // Port 0 is that of services whose port no report says: it would be any of them.
    Some((host, port.parse().ok()?)).filter(|(host, port)| !host.is_empty() && *port != 0)
}

/// Reads an inventory: a JSON array of flows, or CSV with the columns `name`, `flow` and `endpoints`, where several
/// endpoints are separated by blanks and `flow` may be empty. A column `between` may have the two ends of a flow. Lines
/// that begin with `#` are remarks; one with the cells of a flow is an error.
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
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<String> = lines
        .find(|(_, line)| !line.starts_with('#'))
        .map(|(_, line)| fields(line))
        .ok_or("expected a line with the columns `name`, `flow`, `endpoints`")?;
    let position = |name: &str| header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let column = |name: &str| {
        position(name).ok_or_else(|| format!("expected a column `{name}` in line 1, found `{}`", header.join(",")))
    };
    let (name, flow, endpoints) = (column("name")?, column("flow")?, column("endpoints")?);
    let between = position("between");
    lines
        .filter_map(|(number, line)| {
            let (fields, number) = (fields(line), number + 1);
            let field = |at: usize| fields.get(at).map(|field| field.trim()).unwrap_or_default();
            let words = |at: usize| field(at).split_whitespace().map(str::to_owned).gathered();
            let (any_of, between) = (words(endpoints), between.map(words).unwrap_or_default());
            if line.starts_with('#') {
                // A flow that is called `#1` is not to get lost as a remark.
                let is_flow = !any_of.is_empty() || !between.is_empty();
                return is_flow.then(|| {
                    Err(format!(
                        "line {number}: a remark, which begins with `#`, has the cells of a flow; put the flow's name in \
                         quotation marks, or take the line out"
                    ))
                });
            }
            let flow = match field(flow) {
                "" => None,
                word => match Flow::from_name(word) {
                    None => {
                        return Some(Err(format!(
                            "line {number}: found the flow `{word}`; expected `clientToService`, `insideService`, \
                             `serviceToOther` or none"
                        )));
                    }
                    found => found,
                },
            };
            Some(Ok(ExpectedFlow { name: field(name).to_owned(), flow, any_of, between }))
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
        let csv = "name,flow,endpoints,between\nSites,insideService,,10.1.0.0/24 10.2.0.9\n";
        let json = r#"[{"name":"Sites","flow":"insideService","between":["10.1.0.0/24","10.2.0.9"]}]"#;
        assert_eq!(read_inventory(csv).unwrap(), read_inventory(json).unwrap());
        let csv = "# flows, of November\nname,flow,endpoints\n# web\n\"#1 Web\",,www.example.com:443\n";
        let json = r##"[{"name":"#1 Web","anyOf":["www.example.com:443"]}]"##;
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
            ("name,flow,endpoints,between\nx,,,10.1.0.0/24\n", "expected two blocks of addresses"),
            ("name,flow,endpoints,between\nx,,h:1,10.1.0.0/24 2001:db8::/32\n", "expected two blocks of addresses"),
            (r#"[{"name":"x","between":["10.1.0.0/24","10.2.0.0/24","10.3.0.0/24"]}]"#, "expected two blocks"),
            (r#"[{"name":"x","between":["10.1.0.0/24","10.1.0.9/24"]}]"#, "expected two blocks of addresses"),
            (r#"[{"name":"x","between":["10.1.0.0/33","10.2.0.0/24"]}]"#, "expected two blocks of addresses"),
            ("name,flow,endpoints\n# x\n", "expected at least one flow"),
            ("name,flow,endpoints\ny,,h:2\n#1 x,,h:1\n", "line 3: a remark, which begins with `#`"),
            ("between,name,flow,endpoints\n#10.1.0.0/24 10.2.0.9,x,,\n", "line 2: a remark"),
            ("[]", "expected at least one flow"),
        ] {
            let problems = read_inventory(text).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains(expected)), "{text}: {problems:?}");
        }
    }
}
