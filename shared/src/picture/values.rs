//! Values of a pixel: 0 to 255 as files have them, −1 to 1 as the net has them, and the luma of three.

/// Rec.601 luma of a pixel, 0 to 255, not rounded.
pub fn luma([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// 0..=255 → [−1, 1].
pub fn to_unit(value: u8) -> f32 {
    f32::from(value) / 127.5 - 1.0
}

/// [−1, 1] → 0..=255, rounded; what lies outside is cut. The exact inverse of [`to_unit`].
pub fn from_unit(value: f32) -> u8 {
    // The cast saturates, and takes NaN to 0.
    ((value + 1.0) * 127.5).round() as u8
}
