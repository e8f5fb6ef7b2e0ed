//! Devices as burn has them. Whether one works is not asked here.

use burn::tensor::Device;

use super::choice::DeviceChoice;

/// Whether a device is the CPU.
pub fn is_cpu(device: &Device) -> bool {
    *device == Device::flex()
}

/// What people call it.
pub fn name(device: &Device) -> String {
    if is_cpu(device) { "the CPU".to_owned() } else { format!("{device:?}").replace("Device<", "").trim_end_matches('>').to_owned() }
}

/// What other devices are compared with: the CPU.
pub fn reference() -> Device {
    Device::flex()
}

/// Makes a device without asking whether it works. Through Vulkan, 0 is the best adapter and others are
/// counted among the discrete ones.
pub fn make(choice: DeviceChoice, index: usize) -> Device {
    #[cfg(any(feature = "vulkan", feature = "wgpu"))]
    let kind = if index == 0 { burn::tensor::DeviceKind::DefaultDevice } else { burn::tensor::DeviceKind::DiscreteGpu(index) };
    match choice {
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan => Device::vulkan(kind),
        #[cfg(all(feature = "wgpu", not(feature = "vulkan")))]
        DeviceChoice::Wgpu => Device::wgpu(kind),
        #[cfg(feature = "cuda")]
        DeviceChoice::Cuda => Device::cuda(index),
        _ => {
            // All of the machine's processors are one CPU.
            let _ = index;
            Device::flex()
        }
    }
}
