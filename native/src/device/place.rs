//! Which devices share a training: those of this machine, and those that other machines offer. Nothing is opened here.

use std::{collections::BTreeSet, str::FromStr};

use anyhow::{Context, Result, bail};

use super::choice::DeviceChoice;
use crate::exit::usage;

/// The variable that holds what a client presents to a server, and a server demands.
#[cfg(feature = "remote")]
pub const TOKEN: &str = "INFILL_TOKEN";

/// The devices that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// One of a kind.
    One(DeviceChoice),
    /// The first `count` of a kind.
    Several {
        /// The kind.
        choice: DeviceChoice,
        /// How many, 1 or more.
        count: usize,
    },
    /// Each by its name.
    Named(Vec<Place>),
}

impl Devices {
    /// From a kind and what `--devices` says: nothing, a number, or names.
    ///
    /// # Errors
    /// A name that no device has, or none at all.
    pub fn parse(choice: DeviceChoice, list: &[String]) -> Result<Self> {
        match list {
            [] => Ok(Self::One(choice)),
            [number] if number.parse::<usize>().is_ok() => {
                let count: usize = number.parse()?;
                if count == 0 {
                    bail!(usage("0 devices compute nothing; choose 1 or more, or leave out --devices"));
                }
                Ok(Self::Several { choice, count })
            }
            list if choice != DeviceChoice::Auto => bail!(usage(format!(
                "--device {choice} and --devices {} both name devices; leave out --device, or give --devices a number",
                list.join(",")
            ))),
            list => list.iter().map(|text| text.parse()).collect::<Result<_>>().map(Self::Named),
        }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Several { count, .. } => *count,
            Self::Named(places) => places.len(),
        }
    }

    /// The addresses of other machines among them, each once.
    pub fn servers(&self) -> BTreeSet<String> {
        let Self::Named(places) = self else { return BTreeSet::new() };
        places
            .iter()
            .filter_map(|place| match place {
                Place::Remote { address, .. } => Some(address.clone()),
                Place::Local { .. } => None,
            })
            .collect()
    }
}

/// Where one of several devices is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Local {
        /// The kind.
        choice: DeviceChoice,
        /// Which of that kind.
        index: usize,
    },
    /// On another machine.
    Remote {
        /// Its WebSocket address.
        address: String,
        /// Which of its devices.
        index: usize,
    },
}

impl FromStr for Place {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || format!("`{text}` is no device; there are cpu, cuda:N, vulkan:N, wgpu:N and remote:ws://HOST:PORT");
        if let Some(address) = text.strip_prefix("remote:") {
            let (address, index) = address.split_once('#').unwrap_or((address, "0"));
            if !(address.starts_with("ws://") || address.starts_with("wss://")) {
                bail!(usage(refused()));
            }
            return Ok(Self::Remote { address: address.to_owned(), index: index.parse().with_context(refused).map_err(usage)? });
        }
        let (kind, index) = text.split_once(':').unwrap_or((text, "0"));
        let choice = [DeviceChoice::Cpu, DeviceChoice::Cuda, DeviceChoice::Vulkan, DeviceChoice::Wgpu];
        let choice = choice.into_iter().find(|choice| choice.to_string() == kind).with_context(refused).map_err(usage)?;
        Ok(Self::Local { choice, index: index.parse().with_context(refused).map_err(usage)? })
    }
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
