//! Numbers as the bytes that travel between page and workers: little-endian f32.

use js_sys::Uint8Array;

/// The bytes, in the browser's memory.
pub fn pack(values: &[f32]) -> Uint8Array {
    Uint8Array::from(values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().as_slice())
}

/// The numbers.
pub fn unpack(bytes: &Uint8Array) -> Vec<f32> {
    bytes.to_vec().as_chunks::<4>().0.iter().map(|value| f32::from_le_bytes(*value)).collect()
}
