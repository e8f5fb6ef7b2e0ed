//! A reader and plain interpreter of ONNX graphs for tests, in loops over numbers and without burn: what it
//! computes from the bytes of a file owes nothing to the code that wrote them. Only operations and settings that
//! occur are there; anything else is a panic, not a guess.
//!
//! Kept runtimes do not take its place: `rten` 0.27 (22 crates) and `tract-onnx` 0.23 (124) know no blocks in
//! `DequantizeLinear`, so neither can run the graphs of 8 bits. In the browser's benchmark onnxruntime-web runs them.

use std::collections::HashMap;

use half::f16;
use prost::Message;

use super::proto::{Attribute, Model, Node, Tensor, data_type};

/// Numbers in a shape, last dimension fastest. Integers are held as floats, which are exact for shapes.
#[derive(Clone, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Array {
    pub fn new(shape: &[usize], values: Vec<f32>) -> Self {
        assert_eq!(shape.iter().product::<usize>(), values.len(), "{shape:?}");
        Self { shape: shape.to_vec(), values }
    }

    fn build(shape: &[usize], value: impl Fn(&[usize]) -> f32) -> Self {
        let count = shape.iter().product();
        Self { shape: shape.to_vec(), values: (0..count).map(|place| value(&indices(shape, place))).collect() }
    }

    fn at(&self, indices: &[usize]) -> f32 {
        let place = self.shape.iter().zip(indices).fold(0, |place, (side, index)| place * side + index);
        self.values[place]
    }

    /// The element that broadcasting puts at a place of a larger shape.
    fn broadcast(&self, indices: &[usize]) -> f32 {
        let tail = &indices[indices.len() - self.shape.len()..];
        let own: Vec<usize> = tail.iter().zip(&self.shape).map(|(index, side)| if *side == 1 { 0 } else { *index }).collect();
        self.at(&own)
    }
}

fn indices(shape: &[usize], mut place: usize) -> Vec<usize> {
    let mut found = vec![0; shape.len()];
    for (index, side) in found.iter_mut().zip(shape).rev() {
        (*index, place) = (place % side, place / side);
    }
    found
}

/// Reads a constant, from a file beside the graph if it is there.
pub fn constant(tensor: &Tensor, data: Option<&[u8]>) -> Array {
    let entry = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let number = |key: &str| entry(key).unwrap().parse::<usize>().unwrap();
    let bytes = match &tensor.raw_data {
        Some(bytes) => bytes.as_slice(),
        None => &data.expect("a file beside the graph")[number("offset")..][..number("length")],
    };
    let values = match tensor.data_type {
        data_type::FLOAT => bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        data_type::FLOAT16 => bytes.as_chunks::<2>().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect(),
        data_type::INT64 => bytes.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f32).collect(),
        data_type::INT8 => bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        other => panic!("element type {other}"),
    };
    Array::new(&tensor.dims.iter().map(|side| *side as usize).collect::<Vec<_>>(), values)
}

/// Runs the graph in a file.
pub fn run(file: &[u8], data: Option<&[u8]>, inputs: [(&str, Array); 3]) -> Array {
    let graph = Model::decode(file).unwrap().graph.unwrap();
    let mut values: HashMap<String, Array> = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for tensor in &graph.initializer {
        values.insert(tensor.name.clone(), constant(tensor, data));
    }
    for node in &graph.node {
        let inputs: Vec<Option<&Array>> = node.input.iter().map(|name| values.get(name)).collect();
        let outputs = compute(node, &inputs);
        assert_eq!(outputs.len(), node.output.len(), "{}", node.name);
        values.extend(node.output.iter().cloned().zip(outputs));
    }
    values.remove(&graph.output[0].name).unwrap()
}

fn attribute<'a>(node: &'a Node, name: &str) -> &'a Attribute {
    node.attribute.iter().find(|attribute| attribute.name == name).unwrap_or_else(|| panic!("{} has no {name}", node.name))
}

fn int(node: &Node, name: &str) -> usize {
    attribute(node, name).i.unwrap() as usize
}

fn ints(node: &Node, name: &str) -> Vec<usize> {
    attribute(node, name).ints.iter().map(|value| *value as usize).collect()
}

fn compute(node: &Node, inputs: &[Option<&Array>]) -> Vec<Array> {
    let input = |index: usize| inputs[index].unwrap_or_else(|| panic!("{} lacks input {index}", node.name));
    let each = |function: fn(f32) -> f32| Array::new(&input(0).shape, input(0).values.iter().map(|value| function(*value)).collect());
    vec![match node.op_type.as_str() {
        "Add" => elementwise(input(0), input(1), |left, right| left + right),
        "Mul" => elementwise(input(0), input(1), |left, right| left * right),
        "Sigmoid" => each(|value| 1.0 / (1.0 + (-value).exp())),
        "Cos" => each(f32::cos),
        "Sin" => each(f32::sin),
        "Identity" | "Cast" => input(0).clone(),
        "Shape" => Array::new(&[input(0).shape.len()], input(0).shape.iter().map(|side| *side as f32).collect()),
        "Reshape" => reshape(input(0), input(1)),
        "Concat" => concat(input(0), input(1), int(node, "axis")),
        "Split" => return split(input(0), input(1), int(node, "axis")),
        "Transpose" => transpose(input(0), &ints(node, "perm")),
        "MatMul" => matmul(input(0), input(1)),
        "Gemm" => elementwise(&matmul(input(0), input(1)), input(2), |left, right| left + right),
        "Softmax" => softmax(input(0), int(node, "axis")),
        "Conv" => convolution(node, input(0), input(1), input(2)),
        "InstanceNormalization" => instance_norm(input(0), input(1), input(2), attribute(node, "epsilon").f.unwrap()),
        "AveragePool" => {
            assert!(ints(node, "kernel_shape") == [2, 2] && ints(node, "strides") == [2, 2]);
            let [batch, channels, height, width] = input(0).shape[..] else { panic!("{:?}", input(0).shape) };
            let four = |at: &[usize]| {
                let cell = |dy: usize, dx: usize| input(0).at(&[at[0], at[1], 2 * at[2] + dy, 2 * at[3] + dx]);
                (cell(0, 0) + cell(0, 1) + cell(1, 0) + cell(1, 1)) / 4.0
            };
            Array::build(&[batch, channels, height / 2, width / 2], four)
        }
        "Resize" => {
            let setting = |name: &str| String::from_utf8(attribute(node, name).s.clone().unwrap()).unwrap();
            let settings = ["mode", "coordinate_transformation_mode", "nearest_mode"].map(setting);
            assert_eq!(settings, ["nearest", "asymmetric", "floor"]);
            assert_eq!(input(2).values, [1.0, 1.0, 2.0, 2.0]);
            let [batch, channels, height, width] = input(0).shape[..] else { panic!("{:?}", input(0).shape) };
            Array::build(&[batch, channels, 2 * height, 2 * width], |at| input(0).at(&[at[0], at[1], at[2] / 2, at[3] / 2]))
        }
        "DepthToSpace" => {
            assert_eq!(attribute(node, "mode").s.as_deref(), Some(&b"CRD"[..]));
            let side = int(node, "blocksize");
            let [batch, channels, height, width] = input(0).shape[..] else { panic!("{:?}", input(0).shape) };
            Array::build(&[batch, channels / (side * side), side * height, side * width], |at| {
                let channel = (at[1] * side + at[2] % side) * side + at[3] % side;
                input(0).at(&[at[0], channel, at[2] / side, at[3] / side])
            })
        }
        "DequantizeLinear" => {
            let (axis, block) = (int(node, "axis"), int(node, "block_size"));
            Array::build(&input(0).shape, |at| {
                let mut scale = at.to_vec();
                scale[axis] /= block;
                input(0).at(at) * input(1).at(&scale)
            })
        }
        other => panic!("no operation {other}"),
    }]
}

fn elementwise(left: &Array, right: &Array, function: impl Fn(f32, f32) -> f32) -> Array {
    let rank = left.shape.len().max(right.shape.len());
    let side = |array: &Array, axis: usize| (axis + array.shape.len()).checked_sub(rank).map_or(1, |axis| array.shape[axis]);
    let shape: Vec<usize> = (0..rank).map(|axis| side(left, axis).max(side(right, axis))).collect();
    Array::build(&shape, |at| function(left.broadcast(at), right.broadcast(at)))
}

fn reshape(input: &Array, shape: &Array) -> Array {
    let kept = |axis: usize, side: f32| if side == 0.0 { input.shape[axis] as f32 } else { side };
    let wanted: Vec<f32> = shape.values.iter().enumerate().map(|(axis, side)| kept(axis, *side)).collect();
    let known: f32 = wanted.iter().filter(|side| **side > 0.0).product();
    let rest = input.values.len() / known as usize;
    let shape: Vec<usize> = wanted.into_iter().map(|side| if side < 0.0 { rest } else { side as usize }).collect();
    Array::new(&shape, input.values.clone())
}

fn concat(left: &Array, right: &Array, axis: usize) -> Array {
    let mut shape = left.shape.clone();
    shape[axis] += right.shape[axis];
    Array::build(&shape, |at| {
        let mut place = at.to_vec();
        match at[axis].checked_sub(left.shape[axis]) {
            None => left.at(&place),
            Some(beyond) => {
                place[axis] = beyond;
                right.at(&place)
            }
        }
    })
}

fn split(input: &Array, lengths: &Array, axis: usize) -> Vec<Array> {
    let mut begin = 0;
    let part = |length: &f32| {
        let (mut shape, from) = (input.shape.clone(), begin);
        shape[axis] = *length as usize;
        begin += shape[axis];
        Array::build(&shape, |at| {
            let mut place = at.to_vec();
            place[axis] += from;
            input.at(&place)
        })
    };
    let parts: Vec<Array> = lengths.values.iter().map(part).collect();
    assert_eq!(begin, input.shape[axis]);
    parts
}

fn transpose(input: &Array, order: &[usize]) -> Array {
    let shape: Vec<usize> = order.iter().map(|axis| input.shape[*axis]).collect();
    Array::build(&shape, |at| {
        let mut place = vec![0; at.len()];
        order.iter().zip(at).for_each(|(axis, index)| place[*axis] = *index);
        input.at(&place)
    })
}

/// Products of the last two dimensions; the right side's other dimensions are the left side's, or none.
fn matmul(left: &Array, right: &Array) -> Array {
    let (rank, inner) = (left.shape.len(), left.shape[left.shape.len() - 1]);
    assert_eq!(inner, right.shape[right.shape.len() - 2]);
    let mut shape = left.shape.clone();
    shape[rank - 1] = right.shape[right.shape.len() - 1];
    Array::build(&shape, |at| {
        let (mut row, mut column) = (at.to_vec(), at.to_vec());
        let product = |index| {
            (row[rank - 1], column[rank - 2]) = (index, index);
            left.at(&row) * right.at(&column[rank - right.shape.len()..])
        };
        (0..inner).map(product).sum()
    })
}

fn softmax(input: &Array, axis: usize) -> Array {
    assert_eq!(axis + 1, input.shape.len());
    let row = |row: &[f32]| {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f32> = row.iter().map(|value| (value - largest).exp()).collect();
        let sum: f32 = powers.iter().sum();
        powers.into_iter().map(move |power| power / sum)
    };
    Array::new(&input.shape, input.values.chunks(input.shape[axis]).flat_map(row).collect())
}

fn convolution(node: &Node, input: &Array, weight: &Array, bias: &Array) -> Array {
    let (pads, strides) = (ints(node, "pads"), ints(node, "strides"));
    let dilated = node.attribute.iter().any(|attribute| attribute.name == "dilations");
    let dilations = if dilated { ints(node, "dilations") } else { vec![1, 1] };
    let [batch, channels, height, width] = input.shape[..] else { panic!("{:?}", input.shape) };
    let [outputs, inputs, rows, columns] = weight.shape[..] else { panic!("{:?}", weight.shape) };
    assert!(inputs == channels && ints(node, "kernel_shape") == [rows, columns]);
    let side = |length: usize, axis: usize, kernel: usize| {
        (length + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel - 1) - 1) / strides[axis] + 1
    };
    Array::build(&[batch, outputs, side(height, 0, rows), side(width, 1, columns)], |at| {
        let mut sum = bias.values[at[1]];
        for place in 0..channels * rows * columns {
            let (channel, row, column) = (place / columns / rows, place / columns % rows, place % columns);
            let y = (at[2] * strides[0] + row * dilations[0]).checked_sub(pads[0]).filter(|y| *y < height);
            let x = (at[3] * strides[1] + column * dilations[1]).checked_sub(pads[1]).filter(|x| *x < width);
            if let (Some(y), Some(x)) = (y, x) {
                sum += input.at(&[at[0], channel, y, x]) * weight.at(&[at[1], channel, row, column]);
            }
        }
        sum
    })
}

fn instance_norm(input: &Array, scale: &Array, shift: &Array, epsilon: f32) -> Array {
    let (channels, area) = (input.shape[1], input.shape[2..].iter().product::<usize>());
    let plane = |(index, plane): (usize, &[f32])| {
        let mean = plane.iter().sum::<f32>() / area as f32;
        let variance = plane.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / area as f32;
        let factor = scale.values[index % channels] / (variance + epsilon).sqrt();
        let summand = shift.values[index % channels];
        plane.iter().map(|value| (value - mean) * factor + summand).collect::<Vec<f32>>()
    };
    Array::new(&input.shape, input.values.chunks(area).enumerate().flat_map(plane).collect())
}
