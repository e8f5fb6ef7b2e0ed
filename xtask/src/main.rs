//! `cargo xtask`: one command for everything.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{bench, demo, pictures, rows, server::Server, stages, web};

/// Builds, shows and tests Infill.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing, build the page quickly, and serve it on 127.0.0.1.
    Demo {
        /// Port; the next free one is taken when it is in use.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Build the page to publish, as small as it gets, into web/dist, and print its size.
    Web {
        /// Address of the folder that it is to be hosted in, such as https://example.org/infill/, for the picture that other sites show
        /// of a link to it.
        #[arg(long)]
        address: Option<String>,
        /// Origin of a site that may show the page in a frame and speak with it (docs/embedding.md), such as https://example.org. May be
        /// given again.
        #[arg(long, value_name = "ORIGIN")]
        embed: Vec<String>,
    },
    /// Serve a folder on 127.0.0.1 as a static host would.
    Serve {
        /// The folder.
        #[arg(default_value = "web/dist")]
        folder: PathBuf,
        /// Port.
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// The fast checks: formatting, tidiness, clippy natively and for wasm.
    Check,
    /// The whole test suite, cheapest first.
    Test {
        /// Only the stage of this name.
        #[arg(long)]
        only: Option<String>,
        /// Run nothing; list the rows of the editor's reference that have a test in the browser, and those that have none.
        #[arg(long)]
        list_rows: bool,
    },
    /// Try hostile files of every format that the program reads, made from seeds by a generator of random numbers.
    Fuzz {
        /// How long in all, shared out to the formats.
        #[arg(default_value_t = 600)]
        seconds: u64,
        /// Seed of the generator; another one makes other files.
        #[arg(long, default_value_t = 2)]
        seed: u64,
    },
    /// Make the pictures of the README and of the model card anew, from the shipped model.
    Pictures,
    /// Measure, beside a peer, and print the goals with the figures.
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Subcommand)]
enum Bench {
    /// The page beside onnxruntime-web, in one browser, on the same net with the same weights.
    Web(bench::Settings),
    /// Measure how the page feels: how soon something is seen, and how long it stands still with a large picture.
    Page(bench::PageSettings),
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Demo { port } => {
            let page = demo::build()?;
            serve(page, port)
        }
        Command::Web { address, embed } => web::build_for(address.as_deref(), &embed),
        Command::Serve { folder, port } => serve(folder, port),
        Command::Check => stages::run(&stages::check()),
        Command::Test { list_rows: true, .. } => rows::list(),
        Command::Test { only, .. } => stages::run(&stages::select(stages::test(), only.as_deref())?),
        Command::Fuzz { seconds, seed } => stages::fuzz(seconds, seed),
        Command::Pictures => pictures::make(),
        Command::Bench(Bench::Web(settings)) => bench::web(settings),
        Command::Bench(Bench::Page(settings)) => bench::page(&settings),
    }
}

fn serve(folder: PathBuf, port: u16) -> Result<()> {
    let server = Server::start(folder, port)?;
    println!("\nInfill is at http://127.0.0.1:{}/ (stop with Ctrl-C)", server.port());
    server.wait();
    Ok(())
}
