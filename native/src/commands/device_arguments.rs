//! The options that choose devices, which several commands share.

use anyhow::Result;
use clap::Args;

use crate::device::{DeviceChoice, Devices};

/// The option that chooses a device.
#[derive(Clone, Debug, Args)]
pub struct DeviceArguments {
    /// Where to compute.
    #[arg(long, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
}

/// The options that choose devices for training.
#[derive(Clone, Debug, Args)]
pub struct DevicesArguments {
    #[command(flatten)]
    pub one: DeviceArguments,
    /// Devices that share every batch. A number takes that many of --device, as in --device cuda --devices 8; a list names
    /// them, as in cuda:0,cuda:1 or vulkan:0,remote:ws://HOST:PORT. `infill serve-device` offers the devices of another machine;
    /// #1 after its address is its second one. The first device keeps the weights.
    #[arg(long, value_name = "DEVICES", value_delimiter = ',')]
    pub devices: Vec<String>,
}

impl DevicesArguments {
    /// The devices meant.
    ///
    /// # Errors
    /// A name that no device has, or none at all.
    pub fn resolve(&self) -> Result<Devices> {
        Devices::parse(self.one.device, &self.devices)
    }
}
