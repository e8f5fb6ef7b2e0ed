//! From what was asked for to devices that work, with a line that says which they are.

use anyhow::{Context, Result};
use burn::tensor::Device;

use super::{
    child::check_in_child,
    choice::{DeviceChoice, built},
    make::make,
    place::{Devices, Place},
};
use crate::exit::input;

/// Makes the device that was asked for and says which it is.
///
/// # Errors
/// A device that this build does not have, or that does not work.
pub fn choose(choice: DeviceChoice) -> Result<Device> {
    Ok(make(pick(choice)?, 0))
}

/// Which kind of device is used: never `Auto`.
fn pick(choice: DeviceChoice) -> Result<DeviceChoice> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu("as asked")),
        DeviceChoice::Auto => {
            for choice in built() {
                match check_in_child(choice, 0, false) {
                    Ok(()) => return Ok(gpu(choice)),
                    Err(error) => tracing::warn!("{choice} is passed over: {error:#}"),
                }
            }
            Ok(cpu(if built().is_empty() { "this build has no GPU support" } else { "no GPU works" }))
        }
        choice => {
            choice.check_is_built()?;
            check_in_child(choice, 0, true).with_context(|| format!("{choice} cannot be used; try --device auto")).map_err(input)?;
            Ok(gpu(choice))
        }
    }
}

fn cpu(why: &str) -> DeviceChoice {
    tracing::info!("computing on the CPU ({why})");
    DeviceChoice::Cpu
}

fn gpu(choice: DeviceChoice) -> DeviceChoice {
    tracing::info!("computing on the GPU through {choice}");
    choice
}

/// Makes all devices that were asked for, and says which they are.
///
/// # Errors
/// A device that this build does not have, that does not work or cannot be reached.
pub fn choose_several(devices: &Devices) -> Result<Vec<Device>> {
    let places: Vec<Place> = match devices {
        Devices::One(choice) => return Ok(vec![choose(*choice)?]),
        Devices::Several { choice, count } => {
            let choice = pick(*choice)?;
            (0..*count).map(|index| Place::Local { choice, index }).collect()
        }
        Devices::Named(places) => places.clone(),
    };
    let devices = places.iter().map(open).collect::<Result<Vec<_>>>()?;
    tracing::info!("every batch is shared out to {} devices", devices.len());
    Ok(devices)
}

fn open(place: &Place) -> Result<Device> {
    match place {
        Place::Local { choice, index } => {
            if *choice != DeviceChoice::Cpu {
                choice.check_is_built()?;
                check_in_child(*choice, *index, true).with_context(|| format!("{choice}:{index} cannot be used")).map_err(input)?;
            }
            tracing::info!("computing on {choice}:{index}");
            Ok(make(*choice, *index))
        }
        Place::Remote { address, index } => remote(address, *index),
    }
}

#[cfg(feature = "remote")]
fn remote(address: &str, index: usize) -> Result<Device> {
    use burn::tensor::remote::RemoteHost;

    use super::place::TOKEN;

    let mut host = RemoteHost::websocket(address);
    if let Ok(token) = std::env::var(TOKEN) {
        host = host.with_credential(token);
    }
    let place =
        || format!("the device {index} of {address} cannot be used; is `infill serve-device` running there, with the same {TOKEN}?");
    let device = Device::remote_options(&host).device_index(index).init().with_context(place).map_err(input)?;
    tracing::info!("computing on the device {index} of {address}");
    Ok(device)
}

#[cfg(not(feature = "remote"))]
fn remote(address: &str, _: usize) -> Result<Device> {
    Err(input(format!("{address} cannot be reached: this program was built without devices of other machines; add --features remote")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_always_there_and_a_device_not_built_says_how_to_build_it() {
        choose(DeviceChoice::Cpu).unwrap();
        if !cfg!(feature = "cuda") {
            let error = choose(DeviceChoice::Cuda).unwrap_err().to_string();
            assert!(error.contains("--features cuda"), "{error}");
        }
    }
}
