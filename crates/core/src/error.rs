//! One error for every public edge: its kind, whether a retry helps, what was being done, and why it failed.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, in the terms that every protocol can express.
///
/// The table that maps a kind to gRPC codes, Python classes and exit codes is keyed by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller sent something that cannot be used; sending it again fails again.
    InvalidInput,
    /// No such method or path.
    NotFound,
    /// Larger than a limit that the message names.
    TooLarge,
    /// A bounded queue is full.
    Overloaded,
    /// Nobody can serve it right now: starting, draining or gone.
    Unavailable,
    /// The caller's deadline has passed.
    DeadlineExceeded,
    /// The caller has gone.
    Cancelled,
    /// User code raised; the exception travels with the error.
    Executor,
    /// A peer speaks another protocol or another version.
    Protocol,
    /// Settings that cannot work.
    Config,
    /// A worker or server did not start.
    Startup,
    /// Known, and not available here.
    NotSupported,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, for tests that walk a table.
    pub const ALL: &'static [Self] = &[
        Self::InvalidInput,
        Self::NotFound,
        Self::TooLarge,
        Self::Overloaded,
        Self::Unavailable,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::Executor,
        Self::Protocol,
        Self::Config,
        Self::Startup,
        Self::NotSupported,
        Self::Internal,
    ];

    /// The kind's stable name, as it stands in logs and headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::Cancelled => "cancelled",
            Self::Executor => "executor",
            Self::Protocol => "protocol",
            Self::Config => "config",
            Self::Startup => "startup",
            Self::NotSupported => "not-supported",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retry {
    /// It may have had an effect, or would fail again.
    #[default]
    Never,
    /// It reached a worker, but never user code: another replica may take it.
    NeverStarted,
    /// It was not sent, or turned away by a worker that lives: another replica may take it, and nothing
    /// speaks against the request.
    NeverSent,
}

/// An exception raised by user code, as it travels: data, never a pickle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteException {
    /// The exception's class name, such as `ValueError`.
    pub name: String,
    /// `str()` of each of its arguments.
    pub args: Vec<String>,
    /// The formatted traceback, a chunk a line or more.
    pub stacks: Vec<String>,
    /// The Executor's class name.
    pub executor: String,
}

/// The error of every public edge.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    context: Vec<(&'static str, String)>,
    hint: Option<String>,
    exception: Option<RemoteException>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is lower-case, names the thing and has no full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            retry: Retry::Never,
            message: message.into(),
            context: Vec::new(),
            hint: None,
            exception: None,
            source: None,
        }))
    }

    /// An error that carries an exception of user code; `description` is its `repr`.
    #[must_use]
    pub fn executor(description: impl Into<String>, exception: RemoteException) -> Self {
        let mut error = Self::new(ErrorKind::Executor, description);
        error.0.exception = Some(exception);
        error
    }

    /// Says whether another replica may take the request.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Adds a fact, such as which Executor or which port.
    #[must_use]
    pub fn with_context(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.context.push((key, value.into()));
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Attaches an exception raised by user code.
    #[must_use]
    pub fn with_exception(mut self, exception: RemoteException) -> Self {
        self.0.exception = Some(exception);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the request may be sent again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// What went wrong, in words, without context and hint.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The facts added on the way up.
    #[must_use]
    pub fn context(&self) -> &[(&'static str, String)] {
        &self.0.context
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The exception raised by user code, where that is the cause.
    #[must_use]
    pub fn exception(&self) -> Option<&RemoteException> {
        self.0.exception.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        for (i, (key, value)) in self.0.context.iter().enumerate() {
            let lead = if i == 0 { " (" } else { ", " };
            write!(f, "{lead}{key}: {value}")?;
        }
        if !self.0.context.is_empty() {
            f.write_str(")")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_reads_as_one_sentence() {
        let error = Error::new(ErrorKind::Config, "port 80 is taken")
            .with_context("host", "127.0.0.1")
            .with_hint("leave `port` out to get a free one");
        assert_eq!(
            error.to_string(),
            "port 80 is taken (host: 127.0.0.1); leave `port` out to get a free one"
        );
    }

    #[test]
    fn kinds_have_distinct_names() {
        let names: std::collections::HashSet<_> =
            ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), ErrorKind::ALL.len());
    }
}
