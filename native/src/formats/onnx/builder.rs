//! Nodes and constants of a graph as they are put down one after the other. It knows how ONNX writes
//! them and how weights are stored, not what net they belong to.

use std::collections::{BTreeMap, BTreeSet};

use half::f16;
use infill::model_file::{Encoding, ModelFileError, Weight};
use infill_kernel::quantize::{BLOCK, Bits, Quantized};
use sha2::{Digest, Sha256};

use super::proto::{Attribute, EXTERNAL, Entry, Graph, Node, Tensor, ValueInfo, attribute_type, data_type};

/// Constants shorter than this stay in the graph when the others go into a file beside it, as in ONNX's own tools.
const SMALL: usize = 1024;

/// Where constants begin in the file beside the graph, so that they can be mapped into memory.
const ALIGNMENT: usize = 4096;

/// A value of the graph, by its name.
#[derive(Clone, Debug)]
pub struct Value(pub String);

/// A graph that is being put together.
pub struct Builder<'a> {
    weights: BTreeMap<&'a str, &'a Weight>,
    encoding: Encoding,
    nodes: Vec<Node>,
    constants: Vec<Tensor>,
    written: BTreeSet<String>,
}

impl<'a> Builder<'a> {
    /// With the weights of a model, to be stored in an encoding.
    pub fn new(weights: &'a [Weight], encoding: Encoding) -> Self {
        let weights = weights.iter().map(|weight| (weight.name.as_str(), weight)).collect();
        Self { weights, encoding, nodes: Vec::new(), constants: Vec::new(), written: BTreeSet::new() }
    }

    /// Adds a node with one output, which has the node's name.
    pub fn node(&mut self, operator: &str, name: String, inputs: &[&Value], attributes: Vec<Attribute>) -> Value {
        self.nodes.push(Node {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.to_owned(),
            attribute: attributes,
        });
        Value(name)
    }

    /// Adds a node that cuts a value into `count` parts of `length` each along an axis.
    pub fn split(&mut self, name: &str, input: &Value, axis: i64, length: usize, count: usize) -> Vec<Value> {
        let lengths = self.integers(&vec![length as i64; count]);
        let names: Vec<String> = (0..count).map(|part| format!("{name}/{part}")).collect();
        self.nodes.push(Node {
            input: vec![input.0.clone(), lengths.0],
            output: names.clone(),
            name: name.to_owned(),
            op_type: "Split".to_owned(),
            attribute: vec![int("axis", axis)],
        });
        names.into_iter().map(Value).collect()
    }

    /// Integers, such as a shape. Equal ones are one constant.
    pub fn integers(&mut self, values: &[i64]) -> Value {
        let text: Vec<String> = values.iter().map(ToString::to_string).collect();
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(format!("integers[{}]", text.join(",")), &[values.len()], data_type::INT64, bytes)
    }

    /// Floats under a name of the caller's choice. What has the same name is the same constant.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        self.constant(name.to_owned(), shape, data_type::FLOAT, float_bytes(values))
    }

    /// A weight of the net as it is, in the encoding asked for.
    ///
    /// # Errors
    /// It is missing or has another shape.
    pub fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Value, ModelFileError> {
        let weight = self.find(name, shape)?;
        Ok(match self.encoding {
            // Norms and biases stay floats, as in model files.
            _ if shape.len() == 1 => self.floats(name, shape, &weight.values),
            Encoding::F32 => self.floats(name, shape, &weight.values),
            Encoding::F16 => {
                let bytes = weight.values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
                let stored = self.constant(format!("{name}.stored"), shape, data_type::FLOAT16, bytes);
                self.node("Cast", name.to_owned(), &[&stored], vec![int("to", data_type::FLOAT.into())])
            }
            // 4 bits are refused before; were they asked for here, 8 would hold them.
            Encoding::Q8 | Encoding::Q4 => self.blocks(name, shape, &Quantized::from_weight(shape, &weight.values, Bits::Eight)),
        })
    }

    /// A weight's values, for one that the graph holds in another form. They are what its encoding makes of them.
    ///
    /// # Errors
    /// It is missing or has another shape.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelFileError> {
        let values = &self.find(name, shape)?.values;
        Ok(match self.encoding {
            Encoding::F16 if shape.len() > 1 => values.iter().map(|value| f16::from_f32(*value).to_f32()).collect(),
            Encoding::Q8 | Encoding::Q4 if shape.len() > 1 => Quantized::from_weight(shape, values, Bits::Eight).to_values(),
            _ => values.clone(),
        })
    }

    fn find(&self, name: &str, shape: &[usize]) -> Result<&'a Weight, ModelFileError> {
        let found = self.weights.get(name).copied();
        found.filter(|weight| weight.shape == shape).ok_or_else(|| ModelFileError::Weight {
            name: name.to_owned(),
            found: found.map_or("none".to_owned(), |weight| format!("{:?}", weight.shape)),
            wanted: format!("{shape:?}"),
        })
    }

    /// 8-bit blocks with their scales, in ONNX's layout: input channels are the second dimension of a convolution
    /// and the first of a linear weight, and there a scale stands for [`BLOCK`] of them.
    fn blocks(&mut self, name: &str, shape: &[usize], quantized: &Quantized) -> Value {
        let axis = usize::from(shape.len() == 4);
        let values: Vec<u8> = inputs_back(&quantized.shape, &quantized.values).into_iter().map(i8::cast_unsigned).collect();
        let scales: Vec<f32> = quantized.scales.iter().map(|scale| scale.to_f32()).collect();
        let scales = inputs_back(&quantized.scales_shape(), &scales);
        let mut scales_shape = shape.to_vec();
        scales_shape[axis] = shape[axis].div_ceil(BLOCK);
        let stored = self.constant(format!("{name}.stored"), shape, data_type::INT8, values);
        let scales = self.floats(&format!("{name}.scales"), &scales_shape, &scales);
        self.node("DequantizeLinear", name.to_owned(), &[&stored, &scales], vec![int("axis", axis as i64), int("block_size", BLOCK as i64)])
    }

    fn constant(&mut self, name: String, shape: &[usize], data_type: i32, bytes: Vec<u8>) -> Value {
        if self.written.insert(name.clone()) {
            let dims = shape.iter().map(|side| *side as i64).collect();
            self.constants.push(Tensor { dims, data_type, name: name.clone(), raw_data: Some(bytes), ..Tensor::default() });
        }
        Value(name)
    }

    /// The finished graph.
    pub fn finish(self, name: &str, input: Vec<ValueInfo>, output: Vec<ValueInfo>) -> Graph {
        Graph { node: self.nodes, name: name.to_owned(), initializer: self.constants, input, output }
    }
}

/// Bytes of a graph's constants.
pub fn constant_bytes(graph: &Graph) -> u64 {
    graph.initializer.iter().filter_map(|tensor| tensor.raw_data.as_ref()).map(|bytes| bytes.len() as u64).sum()
}

/// Takes the constants out of a graph, all but the small ones, and gives what goes into a file beside it. Its name is
/// `stem`, a hash of what it holds, and `.data`: graph and weights of two exports are then never mixed up.
pub fn move_out(graph: &mut Graph, stem: &str) -> (String, Vec<u8>) {
    let mut data = Vec::new();
    let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
    for tensor in &mut graph.initializer {
        let Some(bytes) = tensor.raw_data.take_if(|bytes| bytes.len() >= SMALL) else { continue };
        data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        tensor.data_location = Some(EXTERNAL);
        tensor.external_data = vec![entry("offset", data.len().to_string()), entry("length", bytes.len().to_string())];
        data.extend_from_slice(&bytes);
    }
    let hash: String = Sha256::digest(&data).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{stem}-{hash}.data");
    for tensor in graph.initializer.iter_mut().filter(|tensor| tensor.data_location.is_some()) {
        tensor.external_data.push(entry("location", name.clone()));
    }
    (name, data)
}

/// From a layout with input channels last to the net's: [O, KH, KW, I] to [O, I, KH, KW], or [O, I] to [I, O].
fn inputs_back<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
    match *shape {
        [output, height, width, input] => {
            let area = height * width;
            let cells = |o: usize, i: usize| (0..area).map(move |cell| (o * area + cell) * input + i);
            (0..output).flat_map(|o| (0..input).flat_map(move |i| cells(o, i))).map(|place| values[place]).collect()
        }
        [output, input] => (0..input).flat_map(|i| (0..output).map(move |o| o * input + i)).map(|place| values[place]).collect(),
        _ => values.to_vec(),
    }
}

fn float_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// An attribute that is a whole number.
pub fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.to_owned(), i: Some(value), r#type: attribute_type::INT, ..Attribute::default() }
}

/// An attribute that is a number.
pub fn float(name: &str, value: f32) -> Attribute {
    Attribute { name: name.to_owned(), f: Some(value), r#type: attribute_type::FLOAT, ..Attribute::default() }
}

/// An attribute that is a text.
pub fn text(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), s: Some(value.as_bytes().to_vec()), r#type: attribute_type::STRING, ..Attribute::default() }
}

/// An attribute that is several whole numbers.
pub fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), ints: values.to_vec(), r#type: attribute_type::INTS, ..Attribute::default() }
}
