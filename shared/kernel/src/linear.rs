//! Linear layers.

use burn::{nn::Linear, tensor::Tensor};

/// A linear layer with bias.
///
/// # Shapes
/// `[batch, input]` → `[batch, output]`
pub fn linear(layer: &Linear, input: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::linear_parameters(layer, &input) {
        return crate::gpu::linear(input, parameters);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    linear_of_rows(layer, input.unsqueeze_dim(0)).squeeze_dim(0)
}

/// A linear layer of all rows of all pictures.
///
/// # Shapes
/// `[batch, rows, input]` → `[batch, rows, output]`
pub(crate) fn linear_of_rows(layer: &Linear, input: Tensor<3>) -> Tensor<3> {
    // A packed weight is for these alone to read.
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::linear_parameters(layer, &input) {
        let [batch, rows, channels] = input.dims();
        let output = crate::gpu::linear(input.reshape([batch * rows, channels]), parameters);
        let channels = output.dims()[1];
        return output.reshape([batch, rows, channels]);
    }
    #[cfg(feature = "fallback")]
    return layer.forward(input);
    #[cfg(not(feature = "fallback"))]
    {
        let weight = layer.weight.val().unsqueeze_dim::<3>(0);
        let (batch, [_, inner, output]) = (input.dims()[0], weight.dims());
        let output = crate::product::product(input, weight.expand([batch, inner, output]));
        match &layer.bias {
            Some(bias) => output + bias.val().unsqueeze(),
            None => output,
        }
    }
}
