//! The convolution as an operation of burn's: how tensors reach the CPU kernels, and its gradient.
//! The numbers are made in `arithmetic`.

use burn::{
    backend::{Backend, Flex, TensorMetadata, backend_extension, flex::FlexTensor, tensor::FloatTensor},
    tensor::Tensor,
};

use super::{arithmetic, sizes::Sizes, winograd};
use crate::cpu::flex::tensor;

/// The operation on a backend.
#[backend_extension(Autodiff: cfg(feature = "autodiff"), Flex)]
pub(super) trait ConvolutionBackend: Backend {
    /// Output `[batch, output, height, width]`.
    fn same_convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The same with a weight that stays as the kernel wants it, without a gradient.
#[backend_extension(Flex)]
trait FixedConvolutionBackend: Backend {
    /// Weight `[positions, output, input, 1]`, output `[batch, output, height, width]`.
    fn fixed_convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// # Shapes
/// - input: `[batch, input, height, width]`
/// - weight: `[output, input, side, side]`, side odd, or what [`fixed_weight`] gives
/// - bias: `[output]`
pub fn apply(input: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    type Dispatch = burn::backend::Dispatch;
    // Taps are as many in a row as in a column.
    let [_, _, height, width] = weight.dims();
    let (input, weight, bias) = (input.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    Tensor::from_dispatch(match height == width {
        true => <Dispatch as ConvolutionBackend>::same_convolution(input, weight, bias),
        false => <Dispatch as FixedConvolutionBackend>::fixed_convolution(input, weight, bias),
    })
}

/// A weight `[output, input, 3, 3]` that is not going to change, transformed once and not for every picture: numbers and
/// shape. A fifth of an evaluation of one small picture was spent on that. `None` where it would not pay.
pub fn fixed_weight(values: &[f32], shape: &[usize]) -> Option<(Vec<f32>, [usize; 4])> {
    let (output, input) = (*shape.first()?, *shape.get(1)?);
    winograd::keeps(shape).then(|| {
        let (values, positions) = winograd::fixed_weight(values, [output, input]);
        (values, [positions, output, input, 1])
    })
}

impl FixedConvolutionBackend for Flex {
    fn fixed_convolution(input: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let [batch, channels, height, width] = input.shape().dims();
        let [_, output, of_weight, _] = weight.shape().dims::<4>();
        assert_eq!(channels, of_weight, "channels of the input and of the convolution's weight");
        let sizes = Sizes { batch, input: channels, output, height, width, side: 3 };
        let (input, weight, bias) = (input.to_contiguous(), weight.to_contiguous(), bias.to_contiguous());
        let values = winograd::forward_fixed(sizes, input.storage(), weight.storage(), bias.storage());
        tensor(values, [batch, output, height, width])
    }
}

impl ConvolutionBackend for Flex {
    fn same_convolution(input: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let sizes = sizes(&input, &weight);
        let (input, weight, bias) = (input.to_contiguous(), weight.to_contiguous(), bias.to_contiguous());
        let output = arithmetic::forward(sizes, input.storage(), weight.storage(), bias.storage());
        tensor(output, [sizes.batch, sizes.output, sizes.height, sizes.width])
    }
}

fn sizes(input: &FlexTensor, weight: &FlexTensor) -> Sizes {
    let [batch, channels, height, width] = input.shape().dims();
    let [output, of_weight, side, _] = weight.shape().dims();
    assert_eq!(channels, of_weight, "channels of the input and of the convolution's weight");
    Sizes { batch, input: channels, output, height, width, side }
}

#[cfg(feature = "autodiff")]
mod gradient {
    use burn::backend::{
        Autodiff, Flex,
        autodiff::{
            NodeId,
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        flex::FlexTensor,
        tensor::FloatTensor,
    };

    use super::{ConvolutionBackend, arithmetic, sizes, tensor};

    /// What the gradient needs of a backend.
    trait ConvolutionGradient: ConvolutionBackend {
        /// Gradients of input, weight and bias.
        fn gradients(input: FloatTensor<Self>, weight: FloatTensor<Self>, gradient: FloatTensor<Self>) -> [FloatTensor<Self>; 3];
    }

    impl ConvolutionGradient for Flex {
        fn gradients(input: FlexTensor, weight: FlexTensor, gradient: FlexTensor) -> [FlexTensor; 3] {
            let sizes = sizes(&input, &weight);
            let (input, weight, gradient) = (input.to_contiguous(), weight.to_contiguous(), gradient.to_contiguous());
            let of_input = arithmetic::input_gradient(sizes, weight.storage(), gradient.storage());
            let (of_weight, of_bias) = arithmetic::weight_gradient(sizes, input.storage(), gradient.storage());
            [
                tensor(of_input, [sizes.batch, sizes.input, sizes.height, sizes.width]),
                tensor(of_weight, [sizes.output, sizes.input, sizes.side, sizes.side]),
                tensor(of_bias, [sizes.output]),
            ]
        }
    }

    #[derive(Debug)]
    struct Convolution;

    impl<B: ConvolutionGradient> Backward<B, 3> for Convolution {
        /// Input and weight.
        type State = (NodeId, NodeId);

        fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
            let parents = ops.parents;
            let gradient = gradients.consume::<B>(&ops.node);
            let (input, weight) = ops.state;
            let input = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(input);
            let weight = checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(weight);
            for (parent, gradient) in parents.into_iter().zip(B::gradients(input, weight, gradient)) {
                if let Some(node) = parent {
                    gradients.register::<B>(node.id, gradient);
                }
            }
        }
    }

    impl<B: ConvolutionGradient, C: CheckpointStrategy> ConvolutionBackend for Autodiff<B, C> {
        fn same_convolution(input: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
            match Convolution.prepare::<C>([input.node(), weight.node(), bias.node()]).compute_bound().stateful() {
                OpsKind::Tracked(mut prepared) => {
                    let state = (prepared.checkpoint(&input), prepared.checkpoint(&weight));
                    prepared.finish(state, B::same_convolution(input.into_primitive(), weight.into_primitive(), bias.into_primitive()))
                }
                OpsKind::UnTracked(prepared) => {
                    prepared.finish(B::same_convolution(input.into_primitive(), weight.into_primitive(), bias.into_primitive()))
                }
            }
        }
    }
}
