//! One evaluation of the net on numbers from outside, and how long it took: for `cargo xtask bench web`, which
//! gives the same numbers to another runtime.

use burn::tensor::{Tensor, TensorData};
use infill::{denoiser::Model, unet::PICTURE_CHANNELS};
use js_sys::Uint8Array;

use crate::{
    message::Failure,
    worker::{
        readback::{refused, values},
        scope::now,
    },
};

/// Runs the net for one picture of `side`×`side` pixels. The buffers are condition and input as 32-bit floats. Gives
/// the milliseconds from these bytes to those of the output, and the output's.
pub async fn evaluate(model: &Model, side: usize, level: f32, buffers: &[Uint8Array]) -> Result<(f64, Uint8Array), Failure> {
    let shape = [1, PICTURE_CHANNELS, side, side];
    let count: usize = shape.iter().product();
    let [condition, input] = buffers else {
        return Err(refused(format!("{} buffers came, not condition and input", buffers.len())));
    };
    if side == 0 || !side.is_multiple_of(model.config.unet.divisor()) {
        return Err(refused(format!("a side of {side} is no multiple of {}, which the net needs", model.config.unet.divisor())));
    }
    for buffer in [condition, input] {
        if buffer.length() as usize != 4 * count {
            return Err(refused(format!("{} bytes came, a side of {side} has {}", buffer.length(), 4 * count)));
        }
    }
    let begun = now();
    let device = infill::unet::parameters::device(&model.unet);
    let picture = |bytes: &Uint8Array| {
        let values: Vec<f32> = bytes.to_vec().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Tensor::<4>::from_data(TensorData::new(values, shape), &device)
    };
    let level = Tensor::from_data(TensorData::new(vec![level], [1]), &device);
    let output = values(model.unet.forward(picture(condition), picture(input), level)).await?;
    let milliseconds = now() - begun;
    let bytes: Vec<u8> = output.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok((milliseconds, Uint8Array::from(bytes.as_slice())))
}
