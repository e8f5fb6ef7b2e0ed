//! `infill serve-device`: this machine's devices for trainings that run on other machines. The graph of a
//! training stays with its client; operations come over the network and results go back.

use std::net::IpAddr;

use anyhow::Result;
use clap::Args;

use super::DevicesArguments;

/// Offer this machine's devices to trainings on other machines (`--devices remote:ws://HOST:PORT` there).
///
/// Whoever can reach the port and knows the token (the variable INFILL_TOKEN, the same on both sides) can
/// compute here. What goes over the network is not encrypted: use it inside a trusted network or a tunnel.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 4300)]
    pub port: u16,
    /// Address to listen on. Any but this machine's own needs INFILL_TOKEN.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: IpAddr,
    #[command(flatten)]
    pub devices: DevicesArguments,
}

/// Serves until it is interrupted.
///
/// # Errors
/// Devices that cannot be used, an address that cannot be listened on, no token where one is needed.
#[cfg(feature = "remote")]
pub fn run(arguments: &ServeArguments) -> Result<()> {
    use std::net::{SocketAddr, TcpListener};

    use anyhow::{Context, bail};
    use burn::server::{RemoteServer, TokenAuthorizer, WebSocketTransport};

    use super::several::{TOKEN, choose_several};
    use crate::exit::input;

    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    if token.is_none() && !arguments.address.is_loopback() {
        bail!(input(format!("{} can be reached from other machines; set {TOKEN}, here and where it is used", arguments.address)));
    }
    let devices = choose_several(&arguments.devices)?;
    let address = SocketAddr::new(arguments.address, arguments.port);
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}")).map_err(input)?;
    let address = listener.local_addr().context("the system does not say where it listens")?;
    let mut server = RemoteServer::new(devices);
    if let Some(token) = token {
        server = server.with_authorizer(TokenAuthorizer::new(token).context("the token is empty")?);
    }
    println!("serving on ws://{address}");
    server.serve(WebSocketTransport::from_listener(listener)).context("the server ended")
}

/// Without the feature there is nothing to serve with.
///
/// # Errors
/// Always; it says how to build it in.
#[cfg(not(feature = "remote"))]
pub fn run(arguments: &ServeArguments) -> Result<()> {
    Err(crate::exit::input(format!(
        "nothing can be served on {}:{}: this program was built without devices of other machines; add --features remote",
        arguments.address, arguments.port
    )))
}
