//! Exit codes and the errors that choose them. 0 is success, 2 wrong usage (clap's own too), 3 input that cannot be used,
//! 130 cancelled, 1 everything else.

use std::{fmt, process::ExitCode};

/// The exit code of work that the user stopped, as shells have it for Ctrl-C.
pub const CANCELLED: u8 = 130;

/// The exit code of wrong usage, which is clap's own.
const WRONG_USAGE: u8 = 2;

/// The exit code of input that cannot be used.
const BAD_INPUT: u8 = 3;

/// Something the user said makes no sense, whatever the files hold: a value out of range, a name that nothing has, options that
/// exclude each other.
#[derive(Debug)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Something the user gave cannot be used: a picture, a mask, a model, a folder.
#[derive(Debug)]
pub struct InputError(String);

impl fmt::Display for InputError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InputError {}

/// The user stopped it.
#[derive(Debug)]
pub struct Cancelled(pub String);

impl fmt::Display for Cancelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Cancelled {}

/// An error that is the input's fault, with everything `cause` has to say.
pub fn input(cause: impl fmt::Display) -> anyhow::Error {
    // The alternate form of an anyhow error is its whole chain.
    InputError(format!("{cause:#}")).into()
}

/// An error in what was said, with everything `cause` has to say.
pub fn usage(cause: impl fmt::Display) -> anyhow::Error {
    UsageError(format!("{cause:#}")).into()
}

/// Refuses options that would do nothing: the first that was given, by its reason.
///
/// # Errors
/// One was given.
pub fn refuse_idle<T: fmt::Display>(options: impl IntoIterator<Item = (bool, T)>) -> anyhow::Result<()> {
    match options.into_iter().find(|(given, _)| *given) {
        Some((_, why)) => Err(usage(why)),
        None => Ok(()),
    }
}

/// Whether an error is the input's fault.
pub fn is_input(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<InputError>())
}

/// Whether an error is in what was said.
pub fn is_usage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<UsageError>())
}

/// The exit code of an error.
pub fn code(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(|cause| cause.is::<Cancelled>()) {
        ExitCode::from(CANCELLED)
    } else if is_usage(error) {
        ExitCode::from(WRONG_USAGE)
    } else if is_input(error) {
        ExitCode::from(BAD_INPUT)
    } else {
        ExitCode::from(1)
    }
}
