//! Layers before their weights are known. burn's own constructors would bring along every way in which burn
//! can draw numbers, a QR decomposition among them, though weights always come from a file or from a seed
//! of the net that they belong to.

use burn::{
    module::{Param, ParamId},
    nn::{GroupNorm, Linear, PaddingConfig2d, conv::Conv2d},
    tensor::{Device, Tensor},
};

/// A convolution of `side`² that keeps the resolution; weight and bias are 0.
pub fn convolution(input: usize, output: usize, side: usize, device: &Device) -> Conv2d {
    Conv2d {
        weight: constant([output, input, side, side], 0.0, device),
        bias: Some(constant([output], 0.0, device)),
        stride: [1, 1],
        kernel_size: [side, side],
        dilation: [1, 1],
        groups: 1,
        padding: PaddingConfig2d::Same,
    }
}

/// A linear layer; weight and bias are 0.
pub fn linear(input: usize, output: usize, device: &Device) -> Linear {
    Linear { weight: constant([input, output], 0.0, device), bias: Some(constant([output], 0.0, device)) }
}

/// A group norm with ε of 1e-5; its scales are 1, its shifts 0.
pub fn norm(groups: usize, channels: usize, device: &Device) -> GroupNorm {
    GroupNorm {
        gamma: Some(constant([channels], 1.0, device)),
        beta: Some(constant([channels], 0.0, device)),
        num_groups: groups,
        num_channels: channels,
        epsilon: 1e-5,
        affine: true,
    }
}

/// Takes memory only when it is first used, which for a weight that is replaced is never.
fn constant<const D: usize>(shape: [usize; D], value: f32, device: &Device) -> Param<Tensor<D>> {
    let make = move |device: &Device, gradient: bool| {
        let tensor = Tensor::full(shape, value, device);
        if gradient { tensor.require_grad() } else { tensor }
    };
    Param::uninitialized(ParamId::new(), make, device.clone(), true, shape.into())
}

/// The layers of self-attention.
pub struct AttentionLayers<'a> {
    /// Channels to (head, one of query, key and value, channel of the head), slow to fast.
    pub qkv: &'a Linear,
    /// What comes after the heads were put together.
    pub project: &'a Linear,
    /// How many heads.
    pub heads: usize,
}
