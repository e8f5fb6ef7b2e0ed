//! The layers of the U-Net as ONNX nodes, each beside the module of `infill::unet` that it follows. Values are
//! `[batch, channels, height, width]`; batch, height and width are known only when the graph runs.

use infill::{
    model_file::ModelFileError,
    unet::{groups, walk::Step},
};
use infill_kernel::Resample;

use super::builder::{Builder, Value, float, int, ints, text};

/// ε of burn's group norm.
const EPSILON: f32 = 1e-5;

/// A feature map and how many channels it has.
#[derive(Clone, Debug)]
pub struct Map {
    /// The value.
    pub value: Value,
    /// Its channels.
    pub channels: usize,
}

pub(super) type Result<T> = std::result::Result<T, ModelFileError>;

/// The layers, put down through a [`Builder`].
pub struct Layers<'a> {
    /// What takes the nodes.
    pub builder: Builder<'a>,
}

impl Layers<'_> {
    /// `Embedding`: the noise level, `[batch]`, to the vector that steers every block, `[batch, 4·channels]`.
    pub fn embedding(&mut self, level: &Value, channels: usize) -> Result<Value> {
        let half = channels / 2;
        let frequencies: Vec<f32> = (0..half).map(|i| (-(10000f64.ln()) * i as f64 / half as f64).exp() as f32).collect();
        let name = |what: &str| format!("embedding/{what}");
        let frequencies = self.builder.floats("embedding.frequencies", &[1, half], &frequencies);
        let column = self.reshape(name("column"), level, &[-1, 1]);
        let angles = self.builder.node("Mul", name("angles"), &[&column, &frequencies], Vec::new());
        let cosines = self.builder.node("Cos", name("cosines"), &[&angles], Vec::new());
        let sines = self.builder.node("Sin", name("sines"), &[&angles], Vec::new());
        let sinusoids = self.builder.node("Concat", name("sinusoids"), &[&cosines, &sines], vec![int("axis", 1)]);
        let hidden = self.linear("embedding.first", &sinusoids, channels, 4 * channels)?;
        let hidden = self.silu("embedding.first", &hidden);
        let hidden = self.linear("embedding.second", &hidden, 4 * channels, 4 * channels)?;
        Ok(self.silu("embedding.second", &hidden))
    }

    /// `space_to_depth` and the first convolution as one. Folding `patch`×`patch` pixels into channels and then a 3×3
    /// convolution over cells is the same as a convolution over pixels, of 3·`patch` to the side with steps of `patch`:
    /// the same products, and no operation that moves pixels, which several runtimes have on the CPU only.
    pub fn stem(&mut self, input: &Map, patch: usize, output: usize) -> Result<Map> {
        let cells = patch * patch;
        let values = self.builder.values("stem.weight", &[output, input.channels * cells, 3, 3])?;
        let side = 3 * patch;
        let mut unfolded = vec![0.0; values.len()];
        for (place, value) in values.into_iter().enumerate() {
            // [output, (channel, row in the patch, column in it), row of cells, column of cells]
            let (kernel_row, kernel_column) = (place / 3 % 3, place % 3);
            let (row, column) = (place / 9 / patch % patch, place / 9 % patch);
            let channel = place / 9 / cells;
            unfolded[(channel * side + kernel_row * patch + row) * side + kernel_column * patch + column] = value;
        }
        let weight = self.builder.floats("stem.weight", &[output, input.channels, side, side], &unfolded);
        let bias = self.builder.weight("stem.bias", &[output])?;
        let (step, padding) = (patch as i64, patch as i64);
        let settings = convolution_settings(side, step, padding);
        let value = self.builder.node("Conv", "stem".to_owned(), &[&input.value, &weight, &bias], settings);
        Ok(Map { value, channels: output })
    }

    /// The last norm, SiLU and convolution, and `depth_to_space`.
    pub fn head(&mut self, input: &Map, patch: usize, channels: usize) -> Result<Value> {
        let hidden = self.activate("head_norm", input, None)?;
        let output = self.convolution("head", &hidden, channels * patch * patch, [3, 1])?;
        Ok(match patch {
            1 => self.builder.node("Identity", "output".to_owned(), &[&output.value], Vec::new()),
            _ => {
                // (channel, row, column) from slow to fast is what ONNX calls CRD.
                let settings = vec![int("blocksize", patch as i64), text("mode", "CRD")];
                self.builder.node("DepthToSpace", "output".to_owned(), &[&output.value], settings)
            }
        })
    }

    /// `ResidualBlock`.
    pub fn residual(&mut self, step: &Step, input: &Map, embedding: &Map) -> Result<Map> {
        let Step { residual: name, output, resample, dilation, .. } = step;
        let (output, resample, dilation) = (*output, *resample, *dilation);
        let hidden = self.activate(&format!("{name}.input_norm"), input, None)?;
        let hidden = self.resample(&format!("{name}/hidden"), hidden, resample);
        let hidden = self.convolution(&format!("{name}.input_convolution"), &hidden, output, [3, dilation])?;
        let hidden = self.activate(&format!("{name}.output_norm"), &hidden, Some((&format!("{name}.film"), embedding)))?;
        let hidden = self.convolution(&format!("{name}.output_convolution"), &hidden, output, [3, dilation])?;
        let mut input = self.resample(&format!("{name}/input"), input.clone(), resample);
        if input.channels != output {
            input = self.convolution(&format!("{name}.skip"), &input, output, [1, 1])?;
        }
        let value = self.builder.node("Add", name.clone(), &[&input.value, &hidden.value], Vec::new());
        Ok(Map { value, channels: output })
    }

    /// `infill_kernel::activate`: group norm, FiLM by a layer of that name if there is one, and SiLU.
    fn activate(&mut self, name: &str, input: &Map, film: Option<(&str, &Map)>) -> Result<Map> {
        let mut hidden = self.normalize(name, input)?;
        if let Some((film, embedding)) = film {
            let channels = input.channels;
            let both = self.linear(&format!("{film}.linear"), &embedding.value, embedding.channels, 2 * channels)?;
            let both = self.reshape(format!("{film}/columns"), &both, &[0, 2 * channels as i64, 1, 1]);
            let parts = self.builder.split(&format!("{film}/parts"), &both, 1, channels, 2);
            let one = self.builder.floats("one", &[], &[1.0]);
            let scale = self.builder.node("Add", format!("{film}/scale"), &[&parts[0], &one], Vec::new());
            let scaled = self.builder.node("Mul", format!("{film}/scaled"), &[&hidden, &scale], Vec::new());
            hidden = self.builder.node("Add", format!("{film}/shifted"), &[&scaled, &parts[1]], Vec::new());
        }
        Ok(Map { value: self.silu(name, &hidden), channels: input.channels })
    }

    /// Group norm as an instance norm of groups, which every runtime has: `GroupNormalization` came with opset 18 and is
    /// a function that onnxruntime takes apart.
    pub(super) fn normalize(&mut self, name: &str, input: &Map) -> Result<Value> {
        let (channels, groups) = (input.channels, groups(input.channels));
        let part = |what: &str| format!("{name}/{what}");
        let rows = self.reshape(part("groups"), &input.value, &[0, groups as i64, -1]);
        let ones = self.builder.floats(&format!("ones[{groups}]"), &[groups], &vec![1.0; groups]);
        let zeros = self.builder.floats(&format!("zeros[{groups}]"), &[groups], &vec![0.0; groups]);
        let settings = vec![float("epsilon", EPSILON)];
        let rows = self.builder.node("InstanceNormalization", part("rows"), &[&rows, &ones, &zeros], settings);
        let normalized = self.reshape_like(part("normalized"), &rows, &input.value);
        let mut column = |what: &str| -> Result<Value> {
            let values = self.builder.values(&format!("{name}.inner.{what}"), &[channels])?;
            Ok(self.builder.floats(&format!("{name}.inner.{what}"), &[channels, 1, 1], &values))
        };
        let (gamma, beta) = (column("gamma")?, column("beta")?);
        let scaled = self.builder.node("Mul", part("scaled"), &[&normalized, &gamma], Vec::new());
        Ok(self.builder.node("Add", part("shifted"), &[&scaled, &beta], Vec::new()))
    }

    fn silu(&mut self, name: &str, input: &Value) -> Value {
        let gate = self.builder.node("Sigmoid", format!("{name}/sigmoid"), &[input], Vec::new());
        self.builder.node("Mul", format!("{name}/silu"), &[input, &gate], Vec::new())
    }

    fn resample(&mut self, name: &str, input: Map, resample: Resample) -> Map {
        let value = match resample {
            Resample::None => return input,
            Resample::Down => {
                let settings = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
                self.builder.node("AveragePool", format!("{name}/halved"), &[&input.value], settings)
            }
            Resample::Up => {
                let scales = self.builder.floats("doubling", &[4], &[1.0, 1.0, 2.0, 2.0]);
                let settings =
                    vec![text("mode", "nearest"), text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor")];
                // The second input, a region of interest, is left out.
                let nothing = Value(String::new());
                self.builder.node("Resize", format!("{name}/doubled"), &[&input.value, &nothing, &scales], settings)
            }
        };
        Map { value, channels: input.channels }
    }

    /// A convolution that keeps the resolution. `taps`: how many in a row, and how many cells from one to the next.
    fn convolution(&mut self, name: &str, input: &Map, output: usize, taps: [usize; 2]) -> Result<Map> {
        let [side, dilation] = taps;
        let weight = self.builder.weight(&format!("{name}.weight"), &[output, input.channels, side, side])?;
        let bias = self.builder.weight(&format!("{name}.bias"), &[output])?;
        let mut settings = convolution_settings(side, 1, (side / 2 * dilation) as i64);
        if dilation > 1 {
            settings.push(ints("dilations", &[dilation as i64; 2]));
        }
        let value = self.builder.node("Conv", name.to_owned(), &[&input.value, &weight, &bias], settings);
        Ok(Map { value, channels: output })
    }

    /// A linear layer over `[batch, input]`.
    fn linear(&mut self, name: &str, input: &Value, inputs: usize, outputs: usize) -> Result<Value> {
        let weight = self.builder.weight(&format!("{name}.weight"), &[inputs, outputs])?;
        let bias = self.builder.weight(&format!("{name}.bias"), &[outputs])?;
        Ok(self.builder.node("Gemm", name.to_owned(), &[input, &weight, &bias], Vec::new()))
    }

    /// A linear layer over `[batch, tokens, input]`.
    pub(super) fn linear_of_tokens(&mut self, name: &str, input: &Value, inputs: usize, outputs: usize) -> Result<Value> {
        let weight = self.builder.weight(&format!("{name}.weight"), &[inputs, outputs])?;
        let bias = self.builder.weight(&format!("{name}.bias"), &[outputs])?;
        let product = self.builder.node("MatMul", format!("{name}/product"), &[input, &weight], Vec::new());
        Ok(self.builder.node("Add", name.to_owned(), &[&product, &bias], Vec::new()))
    }

    /// Another shape; 0 keeps a side, −1 is what is left.
    pub(super) fn reshape(&mut self, name: String, input: &Value, shape: &[i64]) -> Value {
        let shape = self.builder.integers(shape);
        self.builder.node("Reshape", name, &[input, &shape], Vec::new())
    }

    pub(super) fn reshape_like(&mut self, name: String, input: &Value, like: &Value) -> Value {
        let shape = self.builder.node("Shape", format!("{name}/shape"), &[like], Vec::new());
        self.builder.node("Reshape", name, &[input, &shape], Vec::new())
    }

    pub(super) fn transpose(&mut self, name: String, input: &Value, order: &[i64]) -> Value {
        self.builder.node("Transpose", name, &[input], vec![ints("perm", order)])
    }
}

fn convolution_settings(side: usize, step: i64, padding: i64) -> Vec<super::proto::Attribute> {
    vec![ints("kernel_shape", &[side as i64; 2]), ints("strides", &[step; 2]), ints("pads", &[padding; 4])]
}
