//! The program `infill`: train Palette models, and fill, extend, colour and repair pictures.

mod bench;
mod commands;
mod device;
mod draw;
mod evaluate;
mod exit;
mod files;
mod formats;
mod interrupt;
mod model_on_disk;
mod pictures;
mod progress;
mod train;

use std::{io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use commands::{export, info, sample};
use evaluate::{ablate, curve};

/// Image-to-image diffusion: train models, and fill, extend, colour and repair pictures.
///
/// Exit codes: 0 success, 2 wrong usage, 3 input that cannot be used, 130 cancelled, 1 anything else.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Say more; again for still more.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(commands::train::TrainArguments),
    TrainClassifier(commands::train_classifier::TrainClassifierArguments),
    Ablate(ablate::AblateArguments),
    Evaluate(commands::evaluate::EvaluateArguments),
    Curve(curve::CurveArguments),
    MeasureResidual(commands::measure_residual::MeasureResidualArguments),
    Inpaint(sample::InpaintArguments),
    Uncrop(sample::UncropArguments),
    /// Give a picture new colours; its brightness stays.
    Colorize(sample::SampleArguments),
    /// Remove what JPEG compression did to a picture.
    Restore(sample::SampleArguments),
    Export(export::ExportArguments),
    Info(info::InfoArguments),
    #[command(subcommand)]
    Bench(bench::BenchArguments),
    ServeDevice(device::ServeArguments),
    /// Check a device; used by the program itself.
    #[command(hide = true)]
    CheckDevice {
        /// The device.
        device: device::DeviceChoice,
        /// Which of them.
        #[arg(long, default_value_t = 0)]
        index: usize,
        /// Accept software adapters.
        #[arg(long)]
        software: bool,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log(arguments.verbose, arguments.quiet);
    let result = match &arguments.command {
        Command::Train(train) => train::run(train),
        Command::TrainClassifier(train) => commands::train_classifier::run(train),
        Command::Ablate(ablate) => ablate::run(ablate),
        Command::Evaluate(evaluate) => commands::evaluate::run(evaluate),
        Command::Curve(curve) => curve::run(curve),
        Command::MeasureResidual(measure) => commands::measure_residual::run(measure),
        Command::Inpaint(inpaint) => sample::inpaint(inpaint),
        Command::Uncrop(uncrop) => sample::uncrop(uncrop),
        Command::Colorize(colorize) => sample::colorize(colorize),
        Command::Restore(restore) => sample::restore(restore),
        Command::Export(export) => export::run(export),
        Command::Info(info) => info::run(info),
        Command::Bench(bench) => bench::run(bench),
        Command::ServeDevice(serve) => device::serve(serve),
        Command::CheckDevice { device, index, software } => return device::run_check(*device, *index, *software),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("infill: {error:#}");
            exit::code(&error)
        }
    }
}

/// Messages go to the error stream, so that the output stream holds results alone.
fn log(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        // A server that is gone is named in one error; burn warns of every message that it would have been sent.
        (_, 0) => "warn,burn_remote=error,infill=info",
        (_, 1) => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi).with_target(false).without_time().init();
}
