//! The devices that share a training: those of this machine, and those that other machines offer.

use std::{collections::BTreeSet, str::FromStr};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use clap::Args;

use super::{DeviceArguments, DeviceChoice, check_in_child, make, name, pick};
use crate::exit::input;

/// The variable that holds what a client presents to a server, and a server demands.
#[cfg(feature = "remote")]
pub const TOKEN: &str = "INFILL_TOKEN";

/// The options that choose devices for training.
#[derive(Clone, Debug, Args)]
pub struct DevicesArguments {
    #[command(flatten)]
    pub one: DeviceArguments,
    /// Devices that share every batch: how many of the kind of --device (--device cuda --devices 8), or which
    /// (cuda:0,cuda:1 or cpu,cpu or vulkan:0,remote:ws://HOST:PORT, where `infill serve-device` runs; #1 after
    /// the address is its second device). The weights are kept on the first.
    #[arg(long, value_name = "DEVICES", value_delimiter = ',')]
    pub devices: Vec<String>,
}

impl DevicesArguments {
    /// The addresses of other machines among the devices, each once.
    pub fn servers(&self) -> BTreeSet<String> {
        let places = self.devices.iter().filter_map(|text| text.parse().ok());
        places
            .filter_map(|place| match place {
                Place::Remote { address, .. } => Some(address),
                Place::Local { .. } => None,
            })
            .collect()
    }
}

/// Where one of several devices is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Local { choice: DeviceChoice, index: usize },
    Remote { address: String, index: usize },
}

impl FromStr for Place {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || format!("`{text}` is no device; there are cpu, cuda:N, vulkan:N, wgpu:N and remote:ws://HOST:PORT");
        if let Some(address) = text.strip_prefix("remote:") {
            let (address, index) = address.split_once('#').unwrap_or((address, "0"));
            if !(address.starts_with("ws://") || address.starts_with("wss://")) {
                bail!(input(refused()));
            }
            return Ok(Self::Remote { address: address.to_owned(), index: index.parse().with_context(refused).map_err(input)? });
        }
        let (kind, index) = text.split_once(':').unwrap_or((text, "0"));
        let choice = [DeviceChoice::Cpu, DeviceChoice::Cuda, DeviceChoice::Vulkan, DeviceChoice::Wgpu];
        let choice = choice.into_iter().find(|choice| name(*choice) == kind).with_context(refused).map_err(input)?;
        Ok(Self::Local { choice, index: index.parse().with_context(refused).map_err(input)? })
    }
}

/// Makes the devices that were asked for, and says which they are; without `--devices` it is one.
///
/// # Errors
/// A device that this build does not have, that does not work or cannot be reached.
pub fn choose_several(arguments: &DevicesArguments) -> Result<Vec<Device>> {
    let places: Vec<Place> = match arguments.devices.as_slice() {
        [] => return Ok(vec![super::choose(&arguments.one)?]),
        [count] if count.parse::<usize>().is_ok() => {
            let count: usize = count.parse()?;
            if count == 0 {
                bail!(input("0 devices compute nothing; choose 1 or more, or leave out --devices"));
            }
            let choice = pick(&arguments.one)?;
            (0..count).map(|index| Place::Local { choice, index }).collect()
        }
        list => list.iter().map(|text| text.parse()).collect::<Result<_>>()?,
    };
    let devices = places.iter().map(open).collect::<Result<Vec<_>>>()?;
    tracing::info!("every batch is shared out to {} devices", devices.len());
    Ok(devices)
}

fn open(place: &Place) -> Result<Device> {
    match place {
        Place::Local { choice, index } => {
            if *choice != DeviceChoice::Cpu {
                super::check_is_built(*choice)?;
                check_in_child(*choice, *index, true)
                    .with_context(|| format!("{}:{index} cannot be used", name(*choice)))
                    .map_err(input)?;
            }
            tracing::info!("computing on {}:{index}", name(*choice));
            Ok(make(*choice, *index))
        }
        Place::Remote { address, index } => remote(address, *index),
    }
}

#[cfg(feature = "remote")]
fn remote(address: &str, index: usize) -> Result<Device> {
    use burn::tensor::remote::RemoteHost;
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
    bail!(input(format!("{address} cannot be reached: this program was built without devices of other machines; add --features remote")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_others_named() {
        let local = |choice, index| Place::Local { choice, index };
        for (text, place) in [
            ("cpu", local(DeviceChoice::Cpu, 0)),
            ("cuda:3", local(DeviceChoice::Cuda, 3)),
            ("vulkan", local(DeviceChoice::Vulkan, 0)),
            ("remote:ws://gpu:4300", Place::Remote { address: "ws://gpu:4300".to_owned(), index: 0 }),
            ("remote:ws://[::1]:4300#1", Place::Remote { address: "ws://[::1]:4300".to_owned(), index: 1 }),
        ] {
            assert_eq!(text.parse::<Place>().unwrap(), place);
        }
        for text in ["", "gpu", "cuda:one", "remote:gpu:4300", "auto", "remote:ws://gpu:1#x"] {
            let error = text.parse::<Place>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("remote:ws://"), "{error}");
        }
    }
}
