//! This machine's devices for trainings that run on other machines. The graph of a training stays with its client;
//! operations come over the network and results go back.

use std::net::SocketAddr;

use anyhow::Result;

use super::place::Devices;
use crate::exit::input;
#[cfg(feature = "remote")]
use crate::stdout::say;

/// Serves until it is interrupted.
///
/// # Errors
/// Devices that cannot be used, an address that cannot be listened on, no token where one is needed.
#[cfg(feature = "remote")]
pub fn serve(address: SocketAddr, devices: &Devices) -> Result<()> {
    use std::net::TcpListener;

    use anyhow::{Context, bail};
    use burn::server::{RemoteServer, TokenAuthorizer, WebSocketTransport};

    use super::{choose::choose_several, place::TOKEN};

    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    // On loopback too: any web page that somebody opens on this machine can reach a WebSocket there.
    let Some(token) = token else {
        bail!(input(format!("whoever reaches {} could compute here; set {TOKEN}, here and where it is used", address.ip())));
    };
    let devices = choose_several(devices)?;
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}")).map_err(input)?;
    let address = listener.local_addr().context("the system does not say where it listens")?;
    // It compares digests, in the same time whatever was presented, and prints neither.
    let server = RemoteServer::new(devices).with_authorizer(TokenAuthorizer::new(token).context("the token is empty")?);
    say!("serving on ws://{address}");
    server.serve(WebSocketTransport::from_listener(listener)).context("the server ended")
}

/// Without the feature there is nothing to serve with.
///
/// # Errors
/// Always; it says how to build it in.
#[cfg(not(feature = "remote"))]
pub fn serve(address: SocketAddr, _: &Devices) -> Result<()> {
    Err(input(format!(
        "nothing can be served on {address}: this program was built without devices of other machines; add --features remote"
    )))
}
