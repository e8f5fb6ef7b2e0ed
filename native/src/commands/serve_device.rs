//! `infill serve-device` on the command line.

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;
use clap::Args;

use super::device_arguments::DevicesArguments;
use crate::device;

/// Offer this machine's devices to trainings on other machines (`--devices remote:ws://HOST:PORT` there).
///
/// Anybody who can reach the port and knows the token can compute here. The token is the environment variable INFILL_TOKEN, the
/// same on both machines; without it nothing is served, because web pages reach ports of the machine that they are opened on. Nothing is encrypted: use a trusted network or a tunnel.
#[derive(Debug, Args)]
pub struct ServeDeviceArguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 4300)]
    pub port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: IpAddr,
    #[command(flatten)]
    pub devices: DevicesArguments,
}

/// Runs the command.
///
/// # Errors
/// Devices that cannot be used, an address that cannot be listened on, no token where one is needed.
pub fn run(arguments: &ServeDeviceArguments) -> Result<()> {
    device::serve(SocketAddr::new(arguments.address, arguments.port), &arguments.devices.resolve()?)
}
