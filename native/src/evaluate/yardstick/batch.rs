//! Pictures as batches, at the sizes that the standard nets see.

use burn::tensor::{
    Device, Tensor, TensorData,
    module::interpolate,
    ops::{InterpolateMode, InterpolateOptions},
};
use infill::picture::Picture;

/// Square pictures in [−1, 1] at another size, bilinear between pixels' middles, without a filter before: as
/// `torch.nn.functional.interpolate(…, mode="bilinear", align_corners=False)` does, which pytorch-fid uses.
///
/// # Shapes
/// Pictures of one size → `[batch, 3, size, size]`
pub fn resized(pictures: &[&Picture], size: usize, device: &Device) -> Tensor<4> {
    let options = InterpolateOptions::new(InterpolateMode::Bilinear).with_align_corners(false).with_output_size([size, size]);
    interpolate(planes(pictures, device), options)
}

/// Pictures of one size in [−1, 1].
///
/// # Shapes
/// `[batch, 3, height, width]`
pub fn planes(pictures: &[&Picture], device: &Device) -> Tensor<4> {
    let (width, height) = pictures.first().map_or((1, 1), |picture| (picture.width(), picture.height()));
    let planes: Vec<f32> = pictures.iter().flat_map(|picture| picture.to_planes()).collect();
    Tensor::from_data(TensorData::new(planes, [pictures.len(), 3, height, width]), device)
}
