//! Reads model files by `docs/model-format.md` alone, without this library's reader and without safetensors, and holds the
//! numbers against those that the library reads.

use std::{collections::BTreeMap, fs, path::Path};

use half::f16;
use infill::model_file::{Encoding, ModelFile, Weight};
use serde_json::Value;

/// A file's bytes, cut as the document says.
struct File<'a> {
    header: Value,
    data: &'a [u8],
}

impl<'a> File<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        Self { header: serde_json::from_slice(&bytes[8..8 + length]).unwrap(), data: &bytes[8 + length..] }
    }

    /// The object of the metadata.
    fn infill(&self) -> Value {
        serde_json::from_str(self.header["__metadata__"]["infill"].as_str().unwrap()).unwrap()
    }

    fn tensor(&self, name: &str) -> (&str, Vec<usize>, &'a [u8]) {
        let entry = &self.header[name];
        let number = |value: &Value| value.as_u64().unwrap() as usize;
        let shape = entry["shape"].as_array().unwrap().iter().map(number).collect();
        let [first, after] = [0, 1].map(|place| number(&entry["data_offsets"][place]));
        (entry["dtype"].as_str().unwrap(), shape, &self.data[first..after])
    }

    /// A weight's shape and values in the net's own layout.
    fn weight(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (dtype, mut shape, bytes) = self.tensor(name);
        let integers: Vec<i8> = match dtype {
            "F32" => return (shape, bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()),
            "F16" => return (shape, halves(bytes)),
            "I8" => bytes.iter().map(|byte| byte.cast_signed()).collect(),
            "U8" => {
                *shape.last_mut().unwrap() *= 2;
                bytes
                    .iter()
                    .flat_map(|byte| [byte & 15, byte >> 4])
                    .map(|four| if four < 8 { four as i8 } else { four as i8 - 16 })
                    .collect()
            }
            other => panic!("{name} has the dtype {other}"),
        };
        let (kind, scales_shape, scales) = self.tensor(&format!("{name}.scales"));
        let inputs = *shape.last().unwrap();
        let blocks = inputs.div_ceil(32);
        assert_eq!((kind, &scales_shape[..shape.len() - 1], scales_shape[shape.len() - 1]), ("F16", &shape[..shape.len() - 1], blocks));
        let scales = halves(scales);
        let value = |row: usize, input: usize| f32::from(integers[row * inputs + input]) * scales[row * blocks + input / 32];
        let &[output, height, width, inputs] = shape.as_slice() else {
            let output = shape[0];
            let values = (0..inputs).flat_map(|input| (0..output).map(move |row| value(row, input)));
            return (vec![inputs, output], values.collect());
        };
        let cell = |o, i, place| value(o * height * width + place, i);
        let values = (0..output).flat_map(|o| (0..inputs).flat_map(move |i| (0..height * width).map(move |place| cell(o, i, place))));
        (vec![output, inputs, height, width], values.collect())
    }
}

fn halves(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks(2).map(|two| f16::from_le_bytes(two.try_into().unwrap()).to_f32()).collect()
}

/// Reads a file both ways.
fn compare(bytes: &[u8], encoding: &str) {
    let file = File::new(bytes);
    let infill = file.infill();
    assert_eq!((&infill["format"], &infill["version"], &infill["encoding"]), (&"infill-model".into(), &1.into(), &encoding.into()));
    let known = ModelFile::parse(bytes).unwrap();
    assert_eq!(infill["config"], serde_json::to_value(&known.config).unwrap());
    let names = file.header.as_object().unwrap().keys().filter(|name| *name != "__metadata__" && !name.ends_with(".scales"));
    let read: BTreeMap<String, (Vec<usize>, Vec<f32>)> = names.map(|name| (name.clone(), file.weight(name))).collect();
    let known: BTreeMap<String, (Vec<usize>, Vec<f32>)> =
        known.weights().map(|Weight { name, shape, values }| (name, (shape, values))).collect();
    assert!(read == known, "{encoding} reads differently");
}

#[test]
fn the_document_is_enough_to_read_every_encoding() {
    let shipped = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/models/nature.infill")).unwrap();
    compare(&shipped, "q8");
    let model = ModelFile::parse(&shipped).unwrap();
    let weights: Vec<Weight> = model.weights().collect();
    for (encoding, name) in [(Encoding::F32, "f32"), (Encoding::F16, "f16"), (Encoding::Q4, "q4")] {
        compare(&ModelFile::encode(&model.config, &model.training, &weights, encoding).unwrap(), name);
    }
}
