//! Group norms with what follows them in a block: FiLM, SiLU, half the resolution.

use burn::{nn::GroupNorm, tensor::Tensor};

use crate::resample::Resample;

/// Scale and shift of every channel of every picture.
///
/// # Shapes
/// `[batch, 2·channels]`: the scales, then the shifts. The input is multiplied by 1 + scale.
pub struct ScaleShift(pub Tensor<2>);

impl ScaleShift {
    fn halves(&self) -> (Tensor<2>, Tensor<2>) {
        let channels = self.0.dims()[1] / 2;
        (self.0.clone().narrow(1, 0, channels), self.0.clone().narrow(1, channels, channels))
    }
}

/// silu(norm(input)·(1 + scale) + shift).
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn activate(norm: &GroupNorm, input: Tensor<4>, film: Option<ScaleShift>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if crate::device::on_cpu(&input)
        && let Some((factors, summands)) = coefficients(norm, &input, film.as_ref())
    {
        return crate::cpu::normalize::apply(input, factors, summands, norm.num_groups, norm.epsilon, true);
    }
    #[cfg(feature = "gpu")]
    if let Some(norm) = crate::gpu::norm(norm, &input) {
        return match film {
            None => crate::gpu::normalize(input, norm, true, false),
            Some(ScaleShift(film)) => crate::gpu::normalize_film(input, norm, film),
        };
    }
    #[cfg(feature = "fallback")]
    return burn_norm::activate(norm, input, film);
    #[cfg(not(feature = "fallback"))]
    crate::device::missing("a group norm", &input)
}

/// silu(norm(input)) at half the resolution.
///
/// # Shapes
/// `[batch, channels, height, width]` → `[batch, channels, height/2, width/2]`
pub fn activate_halved(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(norm) = crate::gpu::norm(norm, &input) {
        return crate::gpu::normalize(input, norm, true, true);
    }
    Resample::Down.apply(activate(norm, input, None))
}

/// A group norm alone.
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn normalize(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if crate::device::on_cpu(&input)
        && let Some((factors, summands)) = coefficients(norm, &input, None)
    {
        return crate::cpu::normalize::apply(input, factors, summands, norm.num_groups, norm.epsilon, false);
    }
    #[cfg(feature = "gpu")]
    if let Some(norm) = crate::gpu::norm(norm, &input) {
        return crate::gpu::normalize(input, norm, false, false);
    }
    #[cfg(feature = "fallback")]
    return burn_norm::normalize(norm, input);
    #[cfg(not(feature = "fallback"))]
    crate::device::missing("a group norm", &input)
}

/// Group norms of burn's.
#[cfg(feature = "fallback")]
mod burn_norm {
    use super::ScaleShift;
    use crate::precision::dtype;
    use burn::{
        nn::GroupNorm,
        tensor::{FloatDType, Tensor, activation::silu},
    };

    pub(super) fn activate(norm: &GroupNorm, input: Tensor<4>, film: Option<ScaleShift>) -> Tensor<4> {
        let [batch, channels, _, _] = input.dims();
        let precision = dtype(&input);
        // Sums over a group, and what is divided by them, are made in 32 bits.
        let hidden = norm.forward(input.cast(FloatDType::F32));
        let output = silu(match film {
            None => hidden,
            Some(film) => {
                let (scale, shift) = film.halves();
                let column = |tensor: Tensor<2>| tensor.reshape([batch, channels, 1, 1]).cast(FloatDType::F32);
                hidden * (column(scale) + 1.0) + column(shift)
            }
        });
        output.cast(precision)
    }

    pub(super) fn normalize(norm: &GroupNorm, input: Tensor<4>) -> Tensor<4> {
        let precision = dtype(&input);
        norm.forward(input.cast(FloatDType::F32)).cast(precision)
    }
}

/// What remains of the norm's own scale and shift and of FiLM's once the input is normalised,
/// `[batch, channels]` each.
#[cfg(feature = "cpu")]
fn coefficients(norm: &GroupNorm, input: &Tensor<4>, film: Option<&ScaleShift>) -> Option<(Tensor<2>, Tensor<2>)> {
    let [batch, channels, _, _] = input.dims();
    let row = |tensor: Tensor<1>| tensor.reshape([1, channels]).expand([batch, channels]);
    let (gamma, beta) = (row(norm.gamma.as_ref()?.val()), row(norm.beta.as_ref()?.val()));
    Some(match film {
        None => (gamma, beta),
        Some(film) => {
            let (scale, shift) = film.halves();
            let scale = scale + 1.0;
            (gamma * scale.clone(), beta * scale + shift)
        }
    })
}
