//! What was offered on one connection, how it ended, and what that says of the offer.

use intransit::evidence::{Gap, GapReason, RefusalKind};

use super::codec::{Answer, ClientHello, Problem, ServerHello};
use super::describe;
use super::starttls::NoStart;

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Offer {
    Tls(ClientHello),
    Ssl2,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer, or what there was of one.
    Answered,
    /// The server closed it before it had sent anything.
    Closed,
    /// The server reset it before it had sent anything.
    Reset,
    /// The server closed or reset it in the middle of its answer.
    Cut,
    /// Nothing came, or nothing more.
    TimedOut,
    /// There was no connection.
    Unreachable(String),
    /// There was no TLS to speak.
    NoStart(NoStart),
    /// It was not tried any more.
    NotTried(&'static str),
}

/// One connection.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// Its line in the journal.
    pub(crate) number: usize,
    pub(crate) offer: Offer,
    pub(crate) answer: Answer,
    pub(crate) end: End,
}

/// What a connection says about its offer.
#[derive(Debug)]
pub(crate) enum Verdict<'a> {
    Accepted(&'a ServerHello),
    /// SSL 2.0 was answered.
    Ssl2,
    Refused(RefusalKind),
    Inconclusive(Gap),
}

impl Exchange {
    /// What follows from it. A timeout, a rate limit, an unusual alert: nothing.
    pub(crate) fn verdict(&self) -> Verdict<'_> {
        let unclear = |reason, detail: String| Verdict::Inconclusive(Gap::new(reason, detail));
        if let (Some(hello), Offer::Tls(offered)) = (&self.answer.hello, &self.offer) {
            return match contradiction(hello, offered) {
                None => Verdict::Accepted(hello),
                Some(what) => unclear(GapReason::Failed, format!("the server chose {what}, which was not offered")),
            };
        }
        if self.answer.ssl2.is_some() {
            return Verdict::Ssl2;
        }
        if let Some(alert) = self.answer.alert {
            return match alert.code {
                40 | 70 | 71 => Verdict::Refused(RefusalKind::Alert(alert.code)),
                0 => Verdict::Refused(RefusalKind::Closed),
                code => unclear(GapReason::Failed, format!("the server answered with {}", describe::alert(code))),
            };
        }
        if self.answer.ssl2_error.is_some() || self.answer.problem.is_some() {
            return unclear(GapReason::Failed, describe::answered(self));
        }
        match &self.end {
            End::Closed | End::Reset => Verdict::Refused(RefusalKind::Closed),
            End::NotTried(why) => unclear(GapReason::Truncated, (*why).to_owned()),
            End::Answered | End::Cut => unclear(GapReason::Failed, describe::answered(self)),
            End::TimedOut | End::Unreachable(_) | End::NoStart(_) => {
                unclear(GapReason::Blocked, describe::answered(self))
            }
        }
    }

    /// The ServerHello, where it answers the offer.
    pub(crate) fn accepted(&self) -> Option<&ServerHello> {
        match self.verdict() {
            Verdict::Accepted(hello) => Some(hello),
            _ => None,
        }
    }

    /// Whether the server ended it without a word, or did not say any.
    pub(super) fn is_silent(&self) -> bool {
        let nothing = self.answer.hello.is_none() && self.answer.ssl2.is_none() && self.answer.problem.is_none();
        let is_over = match self.answer.alert {
            // close_notify says no more than the end itself.
            Some(alert) => alert.code == 0,
            None => matches!(self.end, End::Closed | End::Reset | End::Cut | End::TimedOut | End::Unreachable(_)),
        };
        nothing && is_over
    }

    /// Whether what came is something else than TLS.
    pub(crate) const fn is_not_tls(&self) -> bool {
        matches!(self.answer.problem, Some(Problem::NotTls(_)))
    }
}

/// What a server chose that it was not offered.
fn contradiction(hello: &ServerHello, offered: &ClientHello) -> Option<String> {
    let is_offered = match offered.versions.as_slice() {
        [] => hello.version <= offered.version,
        listed => listed.contains(&hello.version),
    };
    if !is_offered {
        return Some(hello.version.name().into_owned());
    }
    if !offered.suites.contains(&hello.suite) {
        return Some(hello.suite.name().into_owned());
    }
    if !offered.compression.contains(&hello.compression) {
        return Some(format!("compression method {}", hello.compression));
    }
    let group = hello.group.filter(|group| !offered.groups.contains(group))?;
    Some(group.name().into_owned())
}
