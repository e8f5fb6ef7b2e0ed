//! The commands, one file each: it parses the options, turns them once into a plan, and runs the plan. Nothing below these
//! files knows options.

mod ablate;
mod amount;
mod bench;
mod cases;
mod check_device;
mod colorize;
mod compare;
mod completions;
mod curve;
mod device_arguments;
mod edit_arguments;
mod evaluate;
mod export;
mod import;
mod info;
mod inpaint;
mod launch;
mod measure_residual;
mod restore;
mod runs;
mod sampling_arguments;
mod serve_device;
mod study;
mod train;
mod train_classifier;
mod training_choices;
mod uncrop;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Subcommand};

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    Inpaint(inpaint::InpaintArguments),
    Uncrop(uncrop::UncropArguments),
    Colorize(colorize::ColorizeArguments),
    Restore(restore::RestoreArguments),
    Train(train::TrainArguments),
    Launch(launch::LaunchArguments),
    Runs(runs::RunsArguments),
    Evaluate(evaluate::EvaluateArguments),
    Info(info::InfoArguments),
    Export(export::ExportArguments),
    Import(import::ImportArguments),
    Compare(compare::CompareArguments),
    Study(study::StudyArguments),
    Curve(curve::CurveArguments),
    Ablate(ablate::AblateArguments),
    MeasureResidual(measure_residual::MeasureResidualArguments),
    TrainClassifier(train_classifier::TrainClassifierArguments),
    Completions(completions::CompletionsArguments),
    ServeDevice(serve_device::ServeDeviceArguments),
    #[command(subcommand)]
    Bench(bench::BenchArguments),
    #[command(hide = true)]
    CheckDevice(check_device::CheckDeviceArguments),
}

impl Command {
    /// Does it for the program `P`; the exit code is that of success, or the answer of a check.
    ///
    /// # Errors
    /// The command's own.
    pub fn run<P: CommandFactory>(&self) -> Result<ExitCode> {
        match self {
            Self::Inpaint(arguments) => inpaint::run(arguments),
            Self::Uncrop(arguments) => uncrop::run(arguments),
            Self::Colorize(arguments) => colorize::run(arguments),
            Self::Restore(arguments) => restore::run(arguments),
            Self::Train(arguments) => train::run(arguments),
            Self::Launch(arguments) => launch::run(arguments),
            Self::Runs(arguments) => runs::run(arguments),
            Self::Evaluate(arguments) => evaluate::run(arguments),
            Self::Info(arguments) => info::run(arguments),
            Self::Export(arguments) => export::run(arguments),
            Self::Import(arguments) => import::run(arguments),
            Self::Compare(arguments) => compare::run(arguments),
            Self::Study(arguments) => study::run(arguments),
            Self::Curve(arguments) => curve::run(arguments),
            Self::Ablate(arguments) => ablate::run(arguments),
            Self::MeasureResidual(arguments) => measure_residual::run(arguments),
            Self::TrainClassifier(arguments) => train_classifier::run(arguments),
            Self::Completions(arguments) => completions::run::<P>(arguments),
            Self::ServeDevice(arguments) => serve_device::run(arguments),
            Self::Bench(arguments) => bench::run(arguments),
            Self::CheckDevice(arguments) => return Ok(check_device::run(arguments)),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}
