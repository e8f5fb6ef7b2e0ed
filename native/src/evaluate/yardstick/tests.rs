//! The standard nets with random weights, against what the usual Python packages say of the same weights and pictures: numbers that
//! were written down once, and the packages themselves where a Python has them.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use burn::tensor::Device;
use infill::picture::Picture;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use super::*;
use crate::evaluate::{
    distribution::{distance, frechet_distance, inception_score},
    feature_net::{FeatureNet, Seen},
};

const INCEPTION: &str = include_str!("../../../tests/pytorch/inception-v3.txt");
const RESNET: &str = include_str!("../../../tests/pytorch/resnet50.txt");
const ALEX: &str = include_str!("../../../tests/pytorch/lpips-alex.txt");
const VGG: &str = include_str!("../../../tests/pytorch/lpips-vgg.txt");

/// Numbers agree to this part.
const TOLERANCE: f64 = 1e-3;
/// Pictures of each of two sets, and their side.
const COUNT: usize = 6;
const SIDE: usize = 40;

/// Random numbers of −1 to 1 that depend on a place in a list of tensors and in the tensor alone.
fn random(tensor: usize, place: usize) -> f32 {
    let mut bits = ((tensor as u64) << 32 | place as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ bits >> 31) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

/// A checkpoint with the tensors of a list, by which pictures stay apart: variances near 1, norms that keep what they get.
fn checkpoint(list: &str) -> Vec<u8> {
    let mut tensors: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (number, line) in list.lines().enumerate() {
        let (name, shape) = line.split_once(' ').expect("a name and a shape");
        if tensors.iter().any(|tensor| tensor.0 == name) {
            continue;
        }
        if shape == "i64" {
            tensors.push((name, Dtype::I64, vec![], vec![0; 8]));
            continue;
        }
        let shape: Vec<usize> = shape.split(',').map(|length| length.parse().expect("a length")).collect();
        let fan_in = shape[1..].iter().product::<usize>().max(1) as f32;
        let value = |place| {
            let random = random(number, place);
            match (shape.len(), name) {
                _ if name == "scaling_layer.shift" => [-0.030, -0.088, -0.188][place],
                _ if name == "scaling_layer.scale" => [0.458, 0.448, 0.450][place],
                // The list and its entries are one thing.
                _ if name.starts_with("lin") => 0.5 + 0.5 * (place as f32 * 0.37).sin(),
                (1, _) if name.ends_with("running_var") => 1.0 + 0.5 * random,
                // Inception has no shortcuts that keep differences alive.
                (1, _) if name.ends_with(".bn.weight") => 1.2 + 0.2 * random,
                (1, _) if name.ends_with("weight") => 0.8 + 0.2 * random,
                (1, _) => 0.1 * random,
                // So many more features' worth would make every picture certain.
                (2, _) if shape[0] == 1008 => 0.02 * random * (3.0 / fan_in).sqrt(),
                (2, _) => random * (3.0 / fan_in).sqrt(),
                _ => random * (6.0 / fan_in).sqrt(),
            }
        };
        let bytes = (0..shape.iter().product()).flat_map(|place| value(place).to_le_bytes()).collect();
        tensors.push((name, Dtype::F32, shape, bytes));
    }
    serialize(&tensors)
}

fn serialize(tensors: &[(&str, Dtype, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let view = |(name, dtype, shape, bytes)| (name, TensorView::new(dtype, shape, bytes).expect("as many bytes as the shape says"));
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| view((*name, *dtype, shape.clone(), bytes.as_slice())));
    safetensors::serialize(views, None).expect("a checkpoint")
}

/// Waves of several colours, and the same with coarser steps and another light.
fn pictures() -> [Vec<Picture>; 2] {
    let draw = |number: usize, step: f64, light: f64| {
        let value = |place: usize| {
            let (x, y, channel) = ((place / 3 % SIDE) as f64, (place / 3 / SIDE) as f64, (place % 3) as f64);
            let angle = 0.9 * number as f64 + channel;
            let wave = (0.1 * (1.0 + number as f64) * (x * angle.cos() + y * angle.sin())).sin() + 0.4 * (0.07 * x * y + channel).cos();
            ((128.0 + light + 70.0 * wave) / step).round() * step
        };
        Picture::new(SIDE, SIDE, (0..SIDE * SIDE * 3).map(|place| value(place).clamp(0.0, 255.0) as u8).collect()).expect("a picture")
    };
    [(0..COUNT).map(|number| draw(number, 1.0, 0.0)).collect(), (0..COUNT).map(|number| draw(number, 48.0, 9.0)).collect()]
}

/// What Python's packages say, where there is a Python that has them.
fn python(net: &str, folder: &Path, weights: &Path) -> Option<Value> {
    let python = std::env::var("INFILL_PYTHON").unwrap_or("python3".to_owned());
    let imports = "import torch, torchvision, safetensors.torch, pytorch_fid.fid_score, lpips";
    let there = Command::new(&python).args(["-c", imports]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        // Not by a macro, whose output the test runner keeps to itself.
        let said =
            format!("\nSKIPPED: `{python}` lacks one of torchvision, pytorch-fid, lpips, safetensors; INFILL_PYTHON names another\n");
        std::io::stderr().write_all(said.as_bytes()).expect("an error output");
        return None;
    }
    let bytes = pictures().map(|set| set.iter().flat_map(|picture| picture.pixels().to_vec()).collect::<Vec<u8>>());
    let [first, second] = bytes;
    let shape = vec![COUNT, SIDE, SIDE, 3];
    let file = folder.join("pictures.safetensors");
    let tensors = [("first", Dtype::U8, shape.clone(), first), ("second", Dtype::U8, shape, second)];
    std::fs::write(&file, serialize(&tensors)).expect("a file");
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/yardsticks.py");
    let mut run = Command::new(&python).arg(peer).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python");
    let request = json!({ "net": net, "weights": weights, "pictures": file }).to_string();
    run.stdin.take().expect("an input").write_all(request.as_bytes()).expect("a request");
    let output = run.wait_with_output().expect("an end");
    assert!(output.status.success(), "{net} in Python");
    Some(serde_json::from_slice(&output.stdout).expect("an answer"))
}

/// Compares with the numbers that were written down, and with Python's.
fn agrees(what: &str, found: &[f64], written: &[f64], python: Option<&Value>) {
    let of_python: Option<Vec<f64>> = python.map(|value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_f64).collect(),
        value => value.as_f64().into_iter().collect(),
    });
    for (whose, expected) in [("written down", Some(written)), ("Python", of_python.as_deref())] {
        let Some(expected) = expected else { continue };
        let near = |(found, expected): (&f64, &f64)| (found - expected).abs() <= TOLERANCE * expected.abs();
        assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{what}: {found:?}, {whose}: {expected:?}");
    }
}

fn seen(net: &dyn FeatureNet) -> [Vec<Seen>; 2] {
    pictures().map(|set| net.look(&set.iter().collect::<Vec<_>>()).expect("features"))
}

fn distances([first, second]: &[Vec<Seen>; 2]) -> Vec<f64> {
    first.iter().zip(second).map(|(one, other)| distance(&one.features, &other.features)).collect()
}

#[test]
fn inception_measures_what_pytorch_fid_measures() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("inception.safetensors");
    std::fs::write(&path, checkpoint(INCEPTION)).expect("a checkpoint");
    let net = Inception::open(&path, &Device::flex()).expect("the net");
    let seen = seen(&net);
    let [first, second] = seen.each_ref().map(|set| set.iter().map(|seen| seen.features.as_slice()).collect::<Vec<_>>());
    let probabilities: Vec<&[f64]> = seen[1].iter().map(|seen| seen.probabilities.as_slice()).collect();
    let python = python("inception-v3", folder.path(), &path);
    let part = |name: &str| python.as_ref().map(|answer| &answer[name]);
    let groups = seen.each_ref().map(|set| {
        let mean = |group: &[f64]| group.iter().sum::<f64>() / group.len() as f64;
        set.iter().map(|seen| seen.features.chunks(512).map(mean).collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    let [one, other] = groups.each_ref().map(|set| set.iter().map(Vec::as_slice).collect::<Vec<_>>());
    agrees("FID of groups", &[frechet_distance(&one, &other).expect("a distance")], &[1098.28285], part("fid_of_groups"));
    agrees("FID", &[frechet_distance(&first, &second).expect("a distance")], &[1_682_579.27], part("fid"));
    agrees("IS", &[inception_score(&probabilities)], &[1.013_183], part("inception_score"));
    let written = [2220.18447, 1054.24281, 1128.5078, 1082.66177, 865.45514, 1110.56714];
    agrees("distances", &distances(&seen), &written, part("distances"));
}

#[test]
fn resnet_says_what_torchvision_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("resnet50.safetensors");
    std::fs::write(&path, checkpoint(RESNET)).expect("a checkpoint");
    let names = folder.path().join("classes.txt");
    std::fs::write(&names, (0..1000).map(|number| format!("n{number}\n")).collect::<String>()).expect("names");
    let net = Resnet50::open(&path, Some(&names), &Device::flex()).expect("the net");
    assert_eq!(net.class_number("n17"), Some(17));
    let seen = seen(&net);
    let classes: Vec<f64> = seen.iter().flatten().map(|seen| seen.class() as f64).collect();
    let python = python("resnet50", folder.path(), &path);
    let part = |name: &str| python.as_ref().map(|answer| &answer[name]);
    let written = [613.0, 994.0, 613.0, 994.0, 613.0, 613.0, 613.0, 613.0, 613.0, 994.0, 613.0, 613.0];
    agrees("classes", &classes, &written, part("classes"));
    let written = [104.55112, 60.01702, 71.354, 68.02608, 69.65953, 65.14674];
    agrees("distances", &distances(&seen), &written, part("distances"));

    std::fs::write(&names, "one\ntwo\n").expect("names");
    let failure = format!("{:#}", Resnet50::open(&path, Some(&names), &Device::flex()).err().expect("an error"));
    assert!(failure.contains("names 2 classes and the net has 1000"), "{failure}");
    let failure = format!("{:#}", Inception::open(&path, &Device::flex()).err().expect("an error"));
    assert!(failure.contains("missing: Conv2d_1a_3x3.conv.weight") && failure.contains("unknown: bn1.bias"), "{failure}");
}

#[test]
fn lpips_is_that_of_the_package() {
    let folder = tempfile::tempdir().expect("a folder");
    let alex = [0.05227035, 0.08504858, 0.07557724, 0.08110487, 0.06633785, 0.08118311];
    let vgg = [0.06403271, 0.08611178, 0.08544382, 0.09610525, 0.08580901, 0.07931007];
    for (name, list, written) in [("lpips-alex", ALEX, alex), ("lpips-vgg", VGG, vgg)] {
        let path = folder.path().join(format!("{name}.safetensors"));
        std::fs::write(&path, checkpoint(list)).expect("a checkpoint");
        let net = Lpips::open(std::slice::from_ref(&path), &Device::flex()).expect("the net");
        let [first, second] = pictures();
        let found = net.distances(&first.iter().zip(&second).collect::<Vec<_>>()).expect("distances");
        let python = python(name, folder.path(), &path);
        agrees(name, &found, &written, python.as_ref().map(|answer| &answer["distances"]));
        assert_eq!(net.distances(&[(&first[0], &first[0])]).expect("a distance"), [0.0]);

        // The net below and the weights above as two files, by the names of two packages.
        let renamed: Vec<String> = list.lines().map(|line| line.replacen("net.slice", "features.", 1)).collect();
        let files = [("trunk", "features."), ("linear", "lin")].map(|(file, start)| {
            // A tensor's numbers follow from its line: lines of the other file stay, as counters.
            let other =
                |line: &String| if line.starts_with(start) { without_slice(line) } else { format!("{file}.num_batches_tracked i64") };
            let path = folder.path().join(format!("{name}-{file}.safetensors"));
            std::fs::write(&path, checkpoint(&renamed.iter().map(other).collect::<Vec<_>>().join("\n"))).expect("a checkpoint");
            path
        });
        let net = Lpips::open(&files, &Device::flex()).expect("the net");
        assert_eq!(net.distances(&first.iter().zip(&second).collect::<Vec<_>>()).expect("distances"), found);
        assert!(Lpips::open(&files[1..], &Device::flex()).is_err_and(|error| error.to_string().contains("neither AlexNet nor VGG-16")));
        let small = [(&first[0].resize(20, 40), &first[0].resize(20, 40))];
        assert!(net.distances(&small).is_err_and(|error| error.to_string().contains("20×40")));
    }
    let failure = format!("{:#}", Lpips::open(&[folder.path().join("none.pth")], &Device::flex()).err().expect("an error"));
    assert!(failure.contains("none.pth"), "{failure}");
}

/// `features.2.3.weight …` → `features.3.weight …`
fn without_slice(line: &str) -> String {
    line.strip_prefix("features.").map_or(line.to_owned(), |rest| format!("features.{}", &rest[2..]))
}
