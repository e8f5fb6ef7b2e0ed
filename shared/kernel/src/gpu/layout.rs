//! Tensors with their channels last, as the kernels here read and write them. Outside they are tensors
//! `[batch, channels, height, width]` like any other, whose strides say that the channels lie side by side in
//! memory; burn's operations follow the strides.

use burn::{backend::TensorMetadata, tensor::DType};
use burn_cubecl::{
    kernel::into_contiguous,
    ops::{
        numeric::empty_device_contiguous_dtype,
        {permute_nchw_to_nhwc, permute_nhwc_to_nchw},
    },
    tensor::CubeTensor,
};
use cubecl::{
    calculate_cube_count_elemwise,
    ir::{ElemType, FloatKind},
    prelude::*,
};

use crate::plan::Plan;

/// The shape of a tensor with channels last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Extent {
    /// Of a tensor `[batch, height, width, channels]`.
    pub fn of(tensor: &CubeTensor) -> Self {
        let [batch, height, width, channels] = tensor.shape().dims();
        Self { batch, height, width, channels }
    }

    /// Pixels of a plane.
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// Numbers of the tensor.
    pub fn count(self) -> usize {
        self.batch * self.area() * self.channels
    }
}

/// From `[batch, channels, height, width]` in any layout; copied only if its channels do not lie side by side.
pub(super) fn channels_last(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(permute_nchw_to_nhwc(tensor))
}

/// Back to what the outside sees; nothing is moved.
pub(super) fn channels_first(tensor: CubeTensor) -> CubeTensor {
    permute_nhwc_to_nchw(tensor)
}

/// Memory for a result beside `like`, of its type.
pub(super) fn empty(like: &CubeTensor, extent: Extent) -> CubeTensor {
    empty_of(like, extent, like.dtype)
}

/// The same, of another type.
pub(super) fn empty_of(like: &CubeTensor, extent: Extent, dtype: DType) -> CubeTensor {
    let Extent { batch, height, width, channels } = extent;
    let shape = [batch, height, width, channels].into();
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, dtype)
}

/// Numbers that are read and written at once.
pub(super) fn lanes(channels: usize) -> usize {
    [4, 2].into_iter().find(|lanes| channels.is_multiple_of(*lanes)).unwrap_or(1)
}

/// The sum of numbers that were read at once.
#[cube]
pub(super) fn across<N: Size>(value: Vector<f32, N>) -> f32 {
    let sum = RuntimeCell::<f32>::new(0.0_f32);
    #[unroll]
    for lane in 0..N::value() {
        sum.store(sum.read() + value.extract(lane));
    }
    sum.read()
}

/// What the numbers of a feature map are to a kernel: of 16 bits or of 32.
pub(super) fn element(tensor: &CubeTensor) -> ElemType {
    ElemType::Float(if tensor.dtype == DType::F16 { FloatKind::F16 } else { FloatKind::F32 })
}

#[cube(launch_unchecked)]
#[allow(clippy::too_many_arguments, reason = "what a kernel takes is what is bound to it")]
fn join<S: Float, N: Size>(
    first: &[Vector<S, N>],
    second: &[Vector<S, N>],
    output: &mut [Vector<S, N>],
    of_first: u32,
    of_second: u32,
    count: u32,
    #[define(S)] _element: ElemType,
) {
    let position = ABSOLUTE_POS as u32;
    if position >= count {
        terminate!();
    }
    let all = of_first + of_second;
    let (pixel, channel) = (position / all, position % all);
    if channel < of_first {
        output[position as usize] = first[(pixel * of_first + channel) as usize];
    } else {
        output[position as usize] = second[(pixel * of_second + channel - of_first) as usize];
    }
}

/// The channels of two tensors of one resolution, one after the other.
pub(super) fn concatenate(first: CubeTensor, second: CubeTensor, plan: &Plan) -> CubeTensor {
    let (left, right) = (Extent::of(&first), Extent::of(&second));
    let target = Extent { channels: left.channels + right.channels, ..left };
    let width = lanes(left.channels).min(lanes(right.channels));
    let output = empty(&first, target);
    let count = target.count() / width;
    let client = first.client.clone();
    let element = element(&first);
    let cube_dim = CubeDim::new_1d(plan.units);
    // SAFETY: a position below the count belongs to one pixel and channel of one of the inputs.
    #[expect(unsafe_code, reason = "bounds are checked once for an invocation, not for each access")]
    unsafe {
        join::launch_unchecked(
            &client,
            calculate_cube_count_elemwise(&client, count, cube_dim),
            cube_dim,
            width,
            first.into_buffer_arg(),
            second.into_buffer_arg(),
            output.clone().into_buffer_arg(),
            (left.channels / width) as u32,
            (right.channels / width) as u32,
            count as u32,
            element,
        );
    }
    output
}
