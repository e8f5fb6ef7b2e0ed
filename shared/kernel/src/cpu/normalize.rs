//! Group norm, FiLM and SiLU as one operation of burn's: how tensors reach the CPU kernel, and its
//! gradient. The arithmetic is in `group`.

use burn::{
    backend::{Backend, Flex, TensorMetadata, backend_extension, flex::FlexTensor, tensor::FloatTensor},
    tensor::Tensor,
};

use super::{
    flex::tensor,
    group::{self, Groups},
    parallel::for_each,
};

/// The operation on a backend. Settings are plain numbers, as the dispatch wants them.
#[backend_extension(Autodiff: cfg(feature = "autodiff"), Flex)]
pub(super) trait NormalizeBackend: Backend {
    /// Input and output `[batch, channels, height, width]`, factors and summands `[batch, channels]`.
    fn normalize(
        input: FloatTensor<Self>,
        factors: FloatTensor<Self>,
        summands: FloatTensor<Self>,
        groups: usize,
        epsilon: f64,
        activate: bool,
    ) -> FloatTensor<Self>;
}

/// silu(n·factors + summands), or without silu; n is the input normalised over groups of channels.
///
/// # Shapes
/// - input: `[batch, channels, height, width]`
/// - factors, summands: `[batch, channels]`
pub fn apply(input: Tensor<4>, factors: Tensor<2>, summands: Tensor<2>, groups: usize, epsilon: f64, activate: bool) -> Tensor<4> {
    type Dispatch = burn::backend::Dispatch;
    let (input, factors, summands) = (input.into_dispatch(), factors.into_dispatch(), summands.into_dispatch());
    Tensor::from_dispatch(<Dispatch as NormalizeBackend>::normalize(input, factors, summands, groups, epsilon, activate))
}

fn norm(input: &FlexTensor, groups: usize, epsilon: f64, activate: bool) -> Groups {
    let [_, channels, height, width] = input.shape().dims();
    Groups { groups, channels, area: height * width, epsilon: epsilon as f32, activate }
}

impl NormalizeBackend for Flex {
    fn normalize(input: FlexTensor, factors: FlexTensor, summands: FlexTensor, groups: usize, epsilon: f64, activate: bool) -> FlexTensor {
        let norm = norm(&input, groups, epsilon, activate);
        let shape: [usize; 4] = input.shape().dims();
        let (input, factors, summands) = (input.to_contiguous(), factors.to_contiguous(), summands.to_contiguous());
        let (values, factors, summands) = (input.storage::<f32>(), factors.storage::<f32>(), summands.storage::<f32>());
        let mut output = vec![0.0; values.len()];
        let (each, members) = (norm.each(), norm.members());
        let inputs = values.chunks_exact(each).zip(factors.chunks_exact(members).zip(summands.chunks_exact(members)));
        for_each(output.chunks_exact_mut(each).zip(inputs).collect(), |(output, (input, (factors, summands)))| {
            group::forward(norm, input, factors, summands, output);
        });
        tensor(output, shape)
    }
}

#[cfg(feature = "autodiff")]
mod gradient {
    use burn::backend::{
        Autodiff, Flex, TensorMetadata,
        autodiff::{
            NodeId,
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        flex::FlexTensor,
        tensor::FloatTensor,
    };

    use super::{
        NormalizeBackend, for_each,
        group::{self, GroupGradient},
        norm, tensor,
    };

    /// What the gradient needs of a backend.
    trait NormalizeGradient: NormalizeBackend {
        /// Gradients of the parents input, factors and summands.
        fn gradients(
            parents: [FloatTensor<Self>; 3],
            gradient: FloatTensor<Self>,
            groups: usize,
            epsilon: f64,
            activate: bool,
        ) -> [FloatTensor<Self>; 3];
    }

    impl NormalizeGradient for Flex {
        fn gradients(
            [input, factors, summands]: [FlexTensor; 3],
            gradient: FlexTensor,
            groups: usize,
            epsilon: f64,
            activate: bool,
        ) -> [FlexTensor; 3] {
            let norm = norm(&input, groups, epsilon, activate);
            let shape: [usize; 4] = input.shape().dims();
            let (input, factors, summands) = (input.to_contiguous(), factors.to_contiguous(), summands.to_contiguous());
            let gradient = gradient.to_contiguous();
            let (values, factors, summands) = (input.storage::<f32>(), factors.storage::<f32>(), summands.storage::<f32>());
            let (each, members) = (norm.each(), norm.members());
            let mut of_input = vec![0.0; values.len()];
            let (mut of_factors, mut of_summands) = (vec![0.0; factors.len()], vec![0.0; factors.len()]);
            let targets =
                of_input.chunks_exact_mut(each).zip(of_factors.chunks_exact_mut(members).zip(of_summands.chunks_exact_mut(members)));
            let inputs = values.chunks_exact(each).zip(factors.chunks_exact(members).zip(summands.chunks_exact(members)));
            let gradients = gradient.storage::<f32>().chunks_exact(each);
            for_each(targets.zip(inputs.zip(gradients)).collect(), |((input, (factors, summands)), (given, gradient))| {
                let target = GroupGradient { input, factors, summands };
                let (input, (factors, summands)) = given;
                group::backward(norm, input, factors, summands, gradient, target);
            });
            let of_channels = [shape[0], shape[1]];
            [tensor(of_input, shape), tensor(of_factors, of_channels), tensor(of_summands, of_channels)]
        }
    }

    #[derive(Debug)]
    struct Normalize;

    /// What the gradient needs: input, factors, summands, and the settings.
    #[derive(Clone, Debug)]
    struct State {
        parents: [NodeId; 3],
        groups: usize,
        epsilon: f64,
        activate: bool,
    }

    impl<B: NormalizeGradient> Backward<B, 3> for Normalize {
        type State = State;

        fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
            let parents = ops.parents;
            let gradient = gradients.consume::<B>(&ops.node);
            let State { parents: states, groups, epsilon, activate } = ops.state;
            let states = states.map(|node| checkpointer.retrieve_node_output::<B::FloatTensorPrimitive>(node));
            let found = B::gradients(states, gradient, groups, epsilon, activate);
            for (parent, gradient) in parents.into_iter().zip(found) {
                if let Some(node) = parent {
                    gradients.register::<B>(node.id, gradient);
                }
            }
        }
    }

    impl<B: NormalizeGradient, C: CheckpointStrategy> NormalizeBackend for Autodiff<B, C> {
        fn normalize(
            input: FloatTensor<Self>,
            factors: FloatTensor<Self>,
            summands: FloatTensor<Self>,
            groups: usize,
            epsilon: f64,
            activate: bool,
        ) -> FloatTensor<Self> {
            let run = |input: FloatTensor<Self>, factors: FloatTensor<Self>, summands: FloatTensor<Self>| {
                B::normalize(input.into_primitive(), factors.into_primitive(), summands.into_primitive(), groups, epsilon, activate)
            };
            match Normalize.prepare::<C>([input.node(), factors.node(), summands.node()]).compute_bound().stateful() {
                OpsKind::Tracked(mut prepared) => {
                    let parents = [prepared.checkpoint(&input), prepared.checkpoint(&factors), prepared.checkpoint(&summands)];
                    prepared.finish(State { parents, groups, epsilon, activate }, run(input, factors, summands))
                }
                OpsKind::UnTracked(prepared) => prepared.finish(run(input, factors, summands)),
            }
        }
    }
}
