//! What the reader has to say about the input itself: where it stands, what was found, what was expected.
//!
//! A diagnostic is about *reading*; a [`Finding`](crate::report::Finding) is about *judging*.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know; nothing was lost.
    Info,
    /// Something was not understood or not used.
    Warning,
    /// A part of the input, or all of it, could not be read.
    Error,
}

/// What kind of thing a diagnostic is about; stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// Nothing in it but white space.
    EmptyInput,
    /// More bytes than one input may have.
    InputTooLarge,
    /// Not text, and not DER.
    BinaryInput,
    /// Bytes that are not UTF-8 stand in the text.
    NotUtf8,
    /// No reader recognises it.
    UnrecognisedInput,
    /// JSON that breaks RFC 8259; reading went on behind it.
    InvalidJson,
    /// XML that is not well-formed, or that declares entities; what could be read of it was.
    InvalidXml,
    /// The input ends in the middle of something.
    TruncatedInput,
    /// A PEM block that cannot be read.
    InvalidPem,
    /// A certificate that cannot be decoded.
    InvalidCertificate,
    /// One extension of a certificate cannot be decoded; the certificate stays.
    InvalidExtension,
    /// A private key stood in the input and was blanked.
    PrivateKeyBlanked,
    /// Keys of sessions or tunnels stood in the input and were blanked.
    SessionKeysBlanked,
    /// Text that belongs to no recognised part.
    UnusedText,
    /// A value of a tool that this reader does not know.
    UnknownValue,
    /// The same thing is said in two ways that contradict each other.
    ContradictoryInput,
    /// The tool said that its own client was limited, or that the scan did not finish.
    LimitedScan,
    /// A policy that cannot be used as it stands.
    InvalidPolicy,
    /// An option of the caller that cannot be used.
    InvalidOption,
}

/// One remark on the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// Its weight.
    pub severity: Severity,
    /// What was found and what was expected; the user's text in backticks.
    pub message: String,
    /// Where, if it has a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// Something that could not be read.
    #[must_use]
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span: None, help: None }
    }

    /// Something that was not understood or not used.
    #[must_use]
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Something good to know.
    #[must_use]
    pub fn info(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::error(code, message) }
    }

    /// The same, with its place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.span {
            Some(span) => write!(f, "{} (line {}, column {})", self.message, span.line, span.column),
            None => f.write_str(&self.message),
        }
    }
}
