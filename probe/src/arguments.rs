//! The command line.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use intransit::Timestamp;
use intransit::policy::{DEFAULT_PACK, PACKS};
use intransit::render::RENDERERS;

use crate::exit::Exit;
use crate::terminal;

const CHECK_EXIT_CODES: &str = "\
Exit codes:
  0  compliant: everything that must hold was shown to hold
  1  non-compliant: something that must hold does not
  2  the command line, the policy or an input cannot be used
  3  indeterminate: neither is proven

A file that cannot be opened does not keep the others from being judged: the report is printed, never compliant,
and the code is 1 if it is non-compliant, 2 otherwise. Where nothing could be read there is no report, and the
code is 2.

With --stream every line of the files, or of standard input where none is named, is a record of its own: a scan
report as JSON, such as tlsx, zgrab2 and `jq -c` write them. For each one a line of JSON is written, with `verdict`
or, where nothing of it could be read, `unread`. Standard error ends with how many there were of each. The code is
1 if a record is non-compliant, otherwise 2 if one could not be read or there was none, otherwise 3 if one is
indeterminate. `sed -n 17p FILE | intransit-probe check -` gives the whole report of line 17.";

/// Names the output for people.
pub(crate) const TEXT: &str = "text";

/// Names the output that is evidence and no report.
pub(crate) const EVIDENCE: &str = "evidence";

const READ_HELP: &str = "\
One document is written, in one line of JSON, with a hash of its content: changed or cut, it is read no more. What could
not be read stands in it as a scan that did not finish, and the code is 2; otherwise it is 0.";

const SCAN_HELP: &str = "\
What is offered to a service and what it answers can be seen with --explain. A version or suite counts as refused
only where the server answered the same offer in another form before and after; a timeout, a rate limit or a closed
port says nothing, and is said so.

Exit codes: as of `check` with --check; otherwise 0, or 2 where a target cannot be used.";

/// Is everything we run encrypted in transit, and can we prove it?
#[derive(Debug, Parser)]
#[command(name = "intransit-probe", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Judge certificates and scan reports by a policy
    #[command(after_help = CHECK_EXIT_CODES)]
    Check(Check),
    /// Write what certificates and scan reports say, without judging it, as evidence that `check` reads
    #[command(after_help = READ_HELP)]
    Read(Read),
    /// Look at live services, and write what they answer; judge it with --check
    #[command(after_help = SCAN_HELP)]
    Scan(Scan),
    /// Serve the page on this machine, and only to it
    Serve(Serve),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[arg(long, value_name = "ID|FILE", default_value = DEFAULT_PACK, help = policy_help())]
    pub(crate) policy: OsString,
    /// Judge certificates as at this time, such as 2026-11-22T10:00:00Z or 2026-11-22 [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// Count the age of evidence from this time [default: the clock]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,
    /// When the evidence was collected, where it does not say so itself
    #[arg(long, value_name = "TIME")]
    pub(crate) collected: Option<Timestamp>,
    /// The host that certificates without a service are for
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Flows that must be shown: CSV (name, flow, endpoints) or JSON; not shown is never compliant
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<OsString>,
    /// The roots that chains are verified against: `mozilla`, `system` or a file (PEM, DER, PKCS #7, or what `certutil
    /// -store` or `keytool -list` print); again for further stores, which are laid beside the first [default: none]
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) roots: Vec<OsString>,
    /// A hand-off sheet that certificates are compared with, as `--format sheet` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) sheet: Option<OsString>,
    /// A mail host of yours, whose `Received` lines are believed: a name, `*.example.net` or addresses; again for more
    #[arg(long, value_name = "HOST")]
    pub(crate) own_host: Vec<String>,
    /// How to write the report
    #[arg(long, default_value = "text", value_parser = PossibleValuesParser::new(RENDERERS.iter().map(|one| one.id)))]
    pub(crate) format: String,
    /// Judge every line on its own, as it comes: JSON lines in, JSON lines out
    #[arg(long, conflicts_with_all = ["inventory", "format"])]
    pub(crate) stream: bool,
    /// Write the lines in the order of the records, not as they are done
    #[arg(long, requires = "stream")]
    pub(crate) ordered: bool,
    /// Add the hash of each record's whole report, which has to be made for it
    #[arg(long, requires = "stream")]
    pub(crate) hash: bool,
    /// Certificates (PEM or DER) and scan reports; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "stream")]
    pub(crate) files: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Read {
    /// When the evidence was collected, where it does not say so itself
    #[arg(long, value_name = "TIME")]
    pub(crate) collected: Option<Timestamp>,
    /// The host that certificates without a service are for
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Certificates (PEM or DER) and scan reports; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// The protocol that starts TLS by a command, such as `smtp` [default: by the port]
    #[arg(long, value_name = "PROTOCOL")]
    pub(crate) starttls: Option<String>,
    /// The name to ask the server for; empty for none [default: the host]
    #[arg(long, value_name = "NAME")]
    pub(crate) server_name: Option<String>,
    /// Look at IPv4 addresses alone
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub(crate) ipv4: bool,
    /// Look at IPv6 addresses alone
    #[arg(short = '6', long)]
    pub(crate) ipv6: bool,
    /// Judge what was seen, with the exit codes of `check`
    #[arg(long)]
    pub(crate) check: bool,
    #[arg(long, value_name = "ID|FILE", help = format!("{}; only what it needs is asked, see --full [default: {DEFAULT_PACK}]", policy_help()))]
    pub(crate) policy: Option<OsString>,
    /// Ask for everything, also with --policy or --check; without them everything is asked anyway
    #[arg(long)]
    pub(crate) full: bool,
    /// The roots that chains are verified against, as for `check`, with --check [default: none]; with --dns the first
    /// ones are those of the hosts of MTA-STS as well [default: mozilla]
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) roots: Vec<OsString>,
    /// How to write it; other than `text` and `evidence` only with --check
    #[arg(long, default_value = "text", value_parser = PossibleValuesParser::new(scan_formats()))]
    pub(crate) format: String,
    /// Write the evidence into this file as well; `check` reads it
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<OsString>,
    /// Seconds for each address [default: 10, for mail 30]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) deadline: Option<u64>,
    /// Connections at a time to one address [default: 8, and as many opened ahead to distant ones; for mail 2]
    #[arg(long, value_name = "N", value_parser = at_a_time)]
    pub(crate) lanes: Option<usize>,
    /// Connections in all to one address
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = connections)]
    pub(crate) connections: usize,
    /// Say on standard error what was offered and answered, connection by connection
    #[arg(long)]
    pub(crate) explain: bool,
    /// A list of targets, any number on a line, `#` for comments; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Vec<OsString>,
    /// Look at the hosts that take the mail of this domain; `mx:DOMAIN` as a target
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) mx: Vec<String>,
    /// With `m365`: the domain whose host at Exchange Online Protection is looked at [default: Microsoft's own]
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) tenant: Option<String>,
    /// The DNS server to ask [default: the system's]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) resolver: Option<String>,
    /// Ask whether the addresses of CRLs, OCSP responders and issuers inside of the certificates answer
    #[arg(long)]
    pub(crate) ca_addresses: bool,
    /// Ask what is published as well, validated by DNSSEC: TLSA, CAA and addresses of each host; of mx:DOMAIN also MX,
    /// MTA-STS with its policy, and TLSRPT
    #[arg(long)]
    pub(crate) dns: bool,
    /// The root's keys of DNSSEC, as DNSKEY or DS records; with --dns [default: IANA's]
    #[arg(long, value_name = "FILE", requires = "dns")]
    pub(crate) trust_anchor: Option<OsString>,
    /// Ask servers of SMTP whether mail is taken before TLS: MAIL FROM, taken back at once; no recipient, no message
    #[arg(long)]
    pub(crate) enforced: bool,
    /// Go to private addresses as well where a peer names them: MX hosts, addresses inside of certificates
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// Targets at a time; each takes as many open files as it has lanes
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = at_a_time)]
    pub(crate) at_a_time: usize,
    /// Connections a second to one address
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: u32,
    /// Go on with the file of --save where the scan with this journal was cut off; begins it where there is none
    #[arg(long, value_name = "JOURNAL", requires = "save", conflicts_with = "check")]
    pub(crate) resume: Option<OsString>,
    /// Services as HOST, HOST:PORT or HOST:PORT/PROTOCOL, networks and ranges of addresses, mx:DOMAIN, or `m365`
    #[arg(value_name = "TARGET", required_unless_present_any = ["input", "mx"])]
    pub(crate) targets: Vec<String>,
}

fn connections(word: &str) -> Result<usize, String> {
    word.parse().ok().filter(|number| *number > 0).ok_or_else(|| "expected 1 or more".to_owned())
}

fn at_a_time(word: &str) -> Result<usize, String> {
    word.parse().ok().filter(|number| (1..=4096).contains(number)).ok_or_else(|| "expected 1 to 4096".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Open the page in a browser
    #[arg(long)]
    pub(crate) open: bool,
    /// The port to listen on; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port: u16,
}

/// What `scan` can write.
fn scan_formats() -> Vec<&'static str> {
    RENDERERS.iter().map(|one| one.id).chain([EVIDENCE]).collect()
}

fn policy_help() -> String {
    let packs: Vec<&str> = PACKS.iter().map(|pack| pack.id).collect();
    format!("A shipped policy ({}) or a policy file", packs.join(", "))
}

/// Prints why a command line was not taken, or the help or version that it asked for.
pub(crate) fn explain(message: &clap::Error) -> Exit {
    let words = message.render().to_string();
    if message.use_stderr() {
        terminal::complain(&words);
        return Exit::Unusable;
    }
    terminal::print(&words, Exit::Success)
}
