//! One weight as a model file holds it: floats, or a few bits with scales.

use half::f16;
use infill_kernel::quantize::{Bits, Quantized};
use serde::{Deserialize, Serialize};

use crate::container::{self, Container, ContainerError, Dtype, Stored, Weight};

/// Suffix of the tensor that holds the scales of a weight of 8 or 4 bits.
const SCALES: &str = ".scales";

/// How weights are stored. Norms and biases are always f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers with an f16 scale for every 32 input channels; convolutions as [O, KH, KW, I].
    Q8,
    /// 4-bit integers likewise, two in a byte, the first one in the low half. A weight with an odd number of input
    /// channels has 8 bits.
    Q4,
}

/// A weight as the file has it.
#[derive(Clone)]
pub enum Content {
    /// Plain numbers, in the net's layout.
    Floats {
        /// Shape.
        shape: Vec<usize>,
        /// Values, last dimension fastest.
        values: Vec<f32>,
    },
    /// Integers of few bits with scales.
    Quantized(Quantized),
}

/// Whether a tensor belongs to the weight of another name.
pub fn is_part_of_another(name: &str) -> bool {
    name.ends_with(SCALES)
}

impl Content {
    /// From a weight. Norms and biases, which have one dimension, are always floats.
    pub fn of(weight: &Weight, encoding: Encoding) -> Self {
        let Weight { shape, values, .. } = weight;
        match encoding {
            Encoding::Q8 | Encoding::Q4 if shape.len() > 1 => Self::Quantized(Quantized::from_weight(shape, values, bits(encoding, shape))),
            _ => Self::Floats { shape: shape.clone(), values: values.clone() },
        }
    }

    /// Shape in the net's layout.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Floats { shape, .. } => shape.clone(),
            Self::Quantized(quantized) => quantized.net_shape(),
        }
    }

    /// Values in the net's layout.
    pub fn values(&self) -> Vec<f32> {
        match self {
            Self::Floats { values, .. } => values.clone(),
            Self::Quantized(quantized) => quantized.to_values(),
        }
    }

    /// The tensors that hold it in a file.
    pub fn store(&self, name: &str, encoding: Encoding) -> Vec<Stored> {
        let stored = |suffix: &str, dtype, shape, bytes| Stored { name: format!("{name}{suffix}"), dtype, shape, bytes };
        match self {
            Self::Floats { shape, values } if encoding == Encoding::F16 && shape.len() > 1 => {
                let bytes = values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
                vec![stored("", Dtype::F16, shape.clone(), bytes)]
            }
            Self::Floats { shape, values } => {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                vec![stored("", Dtype::F32, shape.clone(), bytes)]
            }
            Self::Quantized(quantized) => {
                let scales = quantized.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
                let mut shape = quantized.shape.clone();
                let (dtype, bytes) = match quantized.bits {
                    Bits::Eight => (Dtype::I8, quantized.values.iter().map(|value| value.cast_unsigned()).collect()),
                    Bits::Four => {
                        if let Some(row) = shape.last_mut() {
                            *row /= 2;
                        }
                        (Dtype::U8, quantized.values.as_chunks::<2>().0.iter().map(|[low, high]| join(*low, *high)).collect())
                    }
                };
                vec![stored("", dtype, shape, bytes), stored(SCALES, Dtype::F16, quantized.scales_shape(), scales)]
            }
        }
    }

    /// From a file.
    ///
    /// # Errors
    /// A tensor of a type that no weight has, or without its scales.
    pub fn load<H>(file: &Container<'_, H>, name: &str) -> Result<Self, ContainerError> {
        let damaged = |what: String| ContainerError::Damaged(format!("weight `{name}` {what}"));
        let (dtype, stored, data) = file.tensor(name)?;
        let quantized = |bits, shape: Vec<usize>, values: Vec<i8>| {
            let (dtype, of_scales, scales) = file.tensor(&format!("{name}{SCALES}"))?;
            let quantized = Quantized { bits, shape, values, scales: halves(scales).collect() };
            if dtype != Dtype::F16 || of_scales != quantized.scales_shape() {
                let wanted = quantized.scales_shape();
                return Err(damaged(format!("has scales {dtype:?} {of_scales:?}, not F16 {wanted:?}")));
            }
            if !quantized.scales.iter().all(|scale| scale.is_finite()) {
                return Err(damaged("has scales that are not finite".to_owned()));
            }
            Ok(Self::Quantized(quantized))
        };
        let floats = |values: Vec<f32>| match values.iter().all(|value| value.is_finite()) {
            true => Ok(Self::Floats { shape: stored.clone(), values }),
            false => Err(damaged("holds numbers that are not finite".to_owned())),
        };
        match dtype {
            Dtype::F32 => floats(container::floats(data)),
            Dtype::F16 => floats(halves(data).map(f16::to_f32).collect()),
            Dtype::I8 => quantized(Bits::Eight, stored.clone(), data.iter().map(|byte| byte.cast_signed()).collect()),
            Dtype::U8 => {
                let mut shape = stored.clone();
                if let Some(row) = shape.last_mut() {
                    *row *= 2;
                }
                quantized(Bits::Four, shape, data.iter().copied().flat_map(pair).collect())
            }
            other => Err(damaged(format!("has the type {other:?}, not F32, F16, I8 or U8"))),
        }
    }
}

/// Bits of a weight of this shape, [O, I, KH, KW] or [I, O].
fn bits(encoding: Encoding, shape: &[usize]) -> Bits {
    let input = if shape.len() == 2 { shape[0] } else { shape[1] };
    if encoding == Encoding::Q4 && input.is_multiple_of(2) { Bits::Four } else { Bits::Eight }
}

/// Two 4-bit integers in a byte, the first one in the low half.
fn join(low: i8, high: i8) -> u8 {
    (low & 15 | high << 4).cast_unsigned()
}

/// The two 4-bit integers of a byte.
fn pair(byte: u8) -> [i8; 2] {
    let byte = byte.cast_signed();
    [byte << 4 >> 4, byte >> 4]
}

fn halves(data: &[u8]) -> impl Iterator<Item = f16> {
    data.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::{join, pair};

    #[test]
    fn every_integer_of_four_bits_comes_back() {
        for low in -7..=7i8 {
            for high in -7..=7i8 {
                assert_eq!(pair(join(low, high)), [low, high]);
            }
        }
    }
}
