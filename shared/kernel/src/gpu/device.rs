//! What a device is to the kernels for GPUs: whether they take its tensors, what it can do, and how its work is cut.

use burn::{
    backend::DispatchDevice,
    tensor::{DType, Device, FloatDType, Tensor},
};
use burn_cubecl::{CubeDevice, tensor::CubeTensor};

use super::packed::is_packed;
use crate::plan::{Choice, Choices, Plan};

/// By device. burn hands an operation its tensors and nothing else, so what was chosen for their device is looked up by it,
/// as burn looks up the device's own settings.
static CHOICES: Choices<CubeDevice> = Choices::new();

/// The device as cubecl knows it, if it is one of its own.
fn cube(device: &Device) -> Option<CubeDevice> {
    match device.clone().inner().as_dispatch() {
        DispatchDevice::Cube(device) => Some(device.clone()),
        _ => None,
    }
}

/// Replaces the table's choice for this device from now on: for whoever makes it. A device without kernels for GPUs has none.
pub fn choose(device: &Device, choice: Choice) {
    if let Some(device) = cube(device) {
        CHOICES.choose(device, choice);
    }
}

/// What was chosen for this device last.
pub fn chosen(device: &Device) -> Choice {
    cube(device).map(|device| CHOICES.of(&device)).unwrap_or_default()
}

/// How work on this tensor is cut.
pub(super) fn plan(tensor: &CubeTensor) -> Plan {
    Plan::new(CHOICES.of(&tensor.device), tensor.client.properties().hardware.max_units_per_cube)
}

/// Whether the kernels here take tensors of this device.
pub(crate) fn runs_on(device: &Device) -> bool {
    matches!(device.as_dispatch(), DispatchDevice::Cube(_))
}

/// Whether they take this feature map: floats of 32 or 16 bits, without gradients.
pub(crate) fn takes<const D: usize>(tensor: &Tensor<D>) -> bool {
    let device = tensor.device();
    matches!(tensor.dtype(), DType::F32 | DType::F16) && runs_on(&device) && !chosen(&device).fallback
}

/// Whether feature maps beside this weight are of 16 bits: beside one of few bits, which is rounded more than they
/// are, where the device multiplies such numbers.
pub(crate) fn halves<const D: usize>(weight: &Tensor<D>) -> bool {
    let device = weight.device();
    is_packed(weight) && chosen(&device).half.unwrap_or(true) && has_half(&device)
}

/// Whether the kernels here can have feature maps of 16 bits on this device.
pub fn has_half(device: &Device) -> bool {
    runs_on(device) && device.supports_dtype(FloatDType::F16)
}
