//! The program `infill`: train Palette models, and fill, extend, colour and repair pictures.

#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod bench;
mod commands;
mod device;
mod draw;
mod edit;
mod evaluate;
mod exit;
mod files;
mod formats;
#[cfg(test)]
mod fuzz;
mod interrupt;
mod launch;
mod model_on_disk;
mod pictures;
mod plot;
mod progress;
mod readback;
mod runs;
mod site;
mod stdout;
mod study;
mod train;

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser};
use tracing_subscriber::EnvFilter;

use commands::Command;

/// Where options that every command takes stand in its help: behind its own.
const LAST: usize = 1000;

/// What is asked for most.
const EXAMPLES: &str = "\
Examples:
  infill inpaint photo.jpg --mask mask.png -o out.png      fill where the mask is white
  infill uncrop photo.jpg --left 10% --right 200 -o wide.png
  infill colorize old/ --output-dir coloured/              all pictures of a folder
  infill restore - -o - <blocky.jpg >repaired.png          from and to other programs
  infill train --data pictures/ --run runs/mine            train; --resume goes on, --dry-run only says what would be
  infill evaluate --model runs/mine/model.infill --data others/ -o evaluation
  infill info runs/mine/model.infill                       what a model is
  infill completions bash >~/.local/share/bash-completion/completions/infill";

/// Image-to-image diffusion: train models, and fill, extend, colour and repair pictures.
///
/// Exit codes: 0 success, 2 wrong usage, 3 input that cannot be used, 130 cancelled, 1 anything else.
#[derive(Debug, Parser)]
#[command(name = "infill", version, after_help = EXAMPLES)]
struct Arguments {
    /// Print more messages: what is read and written, and how long answers take; given twice, each evaluation of the net and each step of a training
    /// too; thrice, what devices do.
    #[arg(long, short, global = true, action = clap::ArgAction::Count, display_order = LAST)]
    verbose: u8,
    /// Print errors only.
    #[arg(long, short, global = true, conflicts_with = "verbose", display_order = LAST)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_arg_matches(&with_negative_numbers(Arguments::command()).get_matches());
    let arguments = arguments.unwrap_or_else(|error| error.exit());
    log(arguments.verbose, arguments.quiet);
    match arguments.command.run::<Arguments>().and_then(|code| stdout::check().map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            // Where nobody listens any more, the exit code is left.
            let _ = writeln!(std::io::stderr(), "infill: {error:#}");
            exit::code(&error)
        }
    }
}

/// A command whose options take a negative number for a number and not for an option, so that whoever gives one reads what may be given.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    let takes = |argument: clap::Arg| {
        let numbers = argument.get_action().takes_values() && !argument.is_positional();
        if numbers { argument.allow_negative_numbers(true) } else { argument }
    };
    command.mut_args(takes).mut_subcommands(with_negative_numbers)
}

/// Messages go to the error stream, so that the output stream holds results alone.
fn log(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        // A server that is gone is named in one error; burn warns of every message that it would have been sent.
        (_, 0) => "warn,burn_remote=error,infill=info",
        (_, 1) => "info,infill=debug",
        (_, 2) => "debug,infill=trace",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // A terminal that is gone takes no messages, and that must not end a training.
    let messages = tracing_subscriber::fmt().log_internal_errors(false);
    messages.with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).with_target(false).without_time().init();
}
