//! Exported graphs as a process, and in onnxruntime where Python has it.

mod support;

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    model_file::{Encoding, ModelFile},
    noise::{self, Purpose},
};
use serde_json::{Value, json};
use support::{expect, infill, model, strays, workplace};

const SHAPE: [usize; 4] = [2, 3, 16, 24];

#[test]
fn graphs_are_written_and_nothing_is_lost() {
    let folder = workplace();
    let path = folder.path();
    let output = infill(path, "export model.infill --onnx -o net.onnx");
    expect(&output, 0, &[]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("net.onnx"));
    expect(&infill(path, "export model.infill --onnx -o net.onnx"), 3, &["--force"]);
    expect(&infill(path, "export model.infill --onnx --quantize q8 -o small.onnx"), 0, &[]);
    let size = |name: &str| std::fs::metadata(path.join(name)).unwrap().len() as f64;
    assert!(size("small.onnx") < 0.5 * size("net.onnx"));
    expect(&infill(path, "export model.infill --onnx --external-data -o apart.onnx"), 0, &[]);
    let beside = strays(path, &["model.infill", "photo.png", "net.onnx", "small.onnx", "apart.onnx"]);
    assert!(beside.len() == 1 && beside[0].to_string_lossy().ends_with(".data"), "{beside:?}");
    expect(&infill(path, "export photo.png --onnx -o other.onnx"), 3, &["photo.png"]);
    expect(&infill(path, "export model.infill --external-data -o other.infill"), 2, &["--onnx"]);
    expect(&infill(path, "export model.infill --onnx -o no/where.onnx"), 3, &["no"]);
    assert!(!path.join("other.onnx").exists());
}

/// The suite installs onnxruntime and names its Python in INFILL_PYTHON (`xtask`); then its absence is a failure. Where nobody
/// names one and `python3` has none, it says that it was skipped. `native/src/formats/onnx/tests.rs` needs neither.
#[test]
fn onnxruntime_computes_what_the_net_computes() {
    let named = std::env::var("INFILL_PYTHON").ok();
    let python = named.clone().unwrap_or("python3".to_owned());
    let there = Command::new(&python).args(["-c", "import onnxruntime"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        assert!(named.is_none(), "`{python}`, which INFILL_PYTHON names, has no onnxruntime");
        // Not by a macro, whose output the test runner keeps to itself.
        let said =
            format!("\nSKIPPED: `{python}` has no onnxruntime; name a Python that has it in INFILL_PYTHON, or run `cargo xtask test`\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    }
    let folder = workplace();
    let path = folder.path();
    for (encoding, options) in [
        ("f32", ""),
        ("f16", "--quantize f16"),
        ("q8", "--quantize q8"),
        ("f32", "--external-data"),
        ("q8", "--quantize q8 --external-data"),
    ] {
        std::fs::write(path.join("model.infill"), model(if encoding == "q8" { Encoding::Q8 } else { Encoding::F16 })).unwrap();
        expect(&infill(path, &format!("export model.infill --onnx {options} --force -o net.onnx")), 0, &[]);
        let (expected, found) = (net(&path.join("model.infill")), peer(&python, &path.join("net.onnx")));
        let furthest = expected.iter().zip(&found).fold(0f32, |largest, (left, right)| largest.max((left - right).abs()));
        let size = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        println!("{encoding} {options}: outputs up to {size}, off by {furthest}");
        assert!(size > 0.0 && furthest <= 1e-4 * size, "{encoding} {options}: outputs up to {size} are off by {furthest}");
    }
}

fn gaussian(step: u64, count: usize) -> Vec<f32> {
    noise::gaussian(&mut noise::stream(6, Purpose::Evaluation, step, 0), count)
}

fn inputs() -> [(&'static str, Vec<usize>, Vec<f32>); 3] {
    let count = SHAPE.iter().product();
    [
        ("condition", SHAPE.to_vec(), gaussian(0, count)),
        ("input", SHAPE.to_vec(), gaussian(1, count)),
        ("level", vec![2], vec![-20.0, 35.5]),
    ]
}

fn net(file: &Path) -> Vec<f32> {
    let device = Device::flex();
    let model = ModelFile::parse(&std::fs::read(file).unwrap()).unwrap().to_model(&device).unwrap();
    let [(_, _, condition), (_, _, input), (_, _, level)] = inputs();
    let picture = |values| Tensor::<4>::from_data(TensorData::new(values, SHAPE), &device);
    let level = Tensor::from_data(TensorData::new(level, [2]), &device);
    model.unet.forward(picture(condition), picture(input), level).into_data().try_to_vec().unwrap()
}

fn peer(python: &str, graph: &Path) -> Vec<f32> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/peers/onnx_run.py");
    let mut child = Command::new(python).arg(script).arg(graph).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let arrays = inputs().into_iter().map(|(name, shape, values)| (name.to_owned(), json!({ "shape": shape, "values": values })));
    let asked = json!({ "inputs": arrays.collect::<serde_json::Map<String, Value>>() });
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the peer failed; what it said stands above");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["shape"], json!(SHAPE));
    serde_json::from_value(said["values"].clone()).unwrap()
}
