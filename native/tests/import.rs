//! `infill import` as a process: the public Palette's checkpoints become models that answer as PyTorch does, and what is none is refused.
//!
//! `pytorch/palette-tiny.pth` was written by the public Palette (32 channels, multipliers 1 and 2, one block, attention at half the
//! resolution, 16 channels a head, random weights); `palette-tiny-io.safetensors` holds an input and what PyTorch answered.

mod support;

use std::{
    fs,
    io::{Cursor, Read, Write},
    path::Path,
    process::{Command, Stdio},
};

use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    model_file::ModelFile,
    noise::{self, Purpose},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use support::{expect, infill, mask, photo, python, workplace};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

const TINY: &[u8] = include_bytes!("pytorch/palette-tiny.pth");
const ANSWERS: &[u8] = include_bytes!("pytorch/palette-tiny-io.safetensors");
const OPTIONS: &str = "--size 16 --head-channels 16";

fn numbers(name: &str) -> (Vec<usize>, Vec<f32>) {
    let file = SafeTensors::deserialize(ANSWERS).unwrap();
    let tensor = file.tensor(name).unwrap();
    (tensor.shape().to_vec(), tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// What the net of a model file answers to PyTorch's input, furthest from what PyTorch answered.
fn furthest_from_pytorch(model: &Path) -> f32 {
    let device = Device::flex();
    let tensor = |name: &str| {
        let (shape, values) = numbers(name);
        Tensor::<1>::from_data(TensorData::new(values, [shape.iter().product::<usize>()]), &device)
    };
    let input: Tensor<4> = tensor("input").reshape([4, 6, 16, 16]);
    let (condition, noisy) = (input.clone().narrow(1, 0, 3), input.narrow(1, 3, 3));
    let net = ModelFile::parse(&fs::read(model).unwrap()).unwrap().to_model(&device).unwrap().unet;
    let output = net.forward(condition, noisy, tensor("noise_level"));
    (output - tensor("output").reshape([4, 3, 16, 16])).abs().max().into_scalar()
}

/// The tiny checkpoint with one file in its archive changed.
fn changed(name: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(TINY)).unwrap();
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let own = file.name().unwrap().into_owned();
        let bytes = if own.ends_with(name) { change(bytes) } else { Some(bytes) };
        if let Some(bytes) = bytes {
            written.start_file(own, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).unwrap();
            written.write_all(&bytes).unwrap();
        }
    }
    written.finish().unwrap().into_inner()
}

#[test]
fn an_imported_net_answers_as_pytorch_does() {
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("tiny.pth"), TINY).unwrap();
    let output = infill(path, &format!("import tiny.pth -o tiny.infill {OPTIONS}"));
    expect(&output, 0, &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["32 channels times 1, 2", "attention at 8", "16 channels a head", "6 tensors of the noise schedule"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let furthest = furthest_from_pytorch(&path.join("tiny.infill"));
    assert!(furthest < 1e-4, "{furthest}");
    // Head channels are not in the file; with others the net answers something else.
    expect(&infill(path, "import tiny.pth -o other.infill --size 16 --head-channels 32"), 0, &[]);
    assert!(furthest_from_pytorch(&path.join("other.infill")) > 1e-3);
}

#[test]
fn a_run_in_8_bits_stays_near() {
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("tiny.pth"), TINY).unwrap();
    mask(60, 44, [20, 12, 16, 16]).save(path.join("mask.png")).unwrap();
    let filled = |quantize: &str| {
        expect(&infill(path, &format!("import tiny.pth -o {quantize}.infill {OPTIONS} --quantize {quantize}")), 0, &[]);
        let options = format!("--mask mask.png -o {quantize}.png --model {quantize}.infill --device cpu --steps 8 --detail 0 --seed 4");
        expect(&infill(path, &format!("inpaint photo.png {options}")), 0, &[]);
        image::open(path.join(format!("{quantize}.png"))).unwrap().to_rgb8()
    };
    let (exact, small) = (filled("f32"), filled("q8"));
    let photo = photo(60, 44);
    let hole = || exact.pixels().zip(photo.pixels()).zip(small.pixels()).skip(12 * 60).take(16 * 60).enumerate();
    let inside = hole().filter(|(place, _)| (20..36).contains(&(place % 60)));
    let squares: f64 =
        inside.map(|(_, ((one, _), other))| (0..3).map(|c| (f64::from(one[c]) - f64::from(other[c])).powi(2)).sum::<f64>()).sum();
    let psnr = 10.0 * (255.0f64.powi(2) * 3.0 * 256.0 / squares.max(1e-9)).log10();
    assert!(psnr >= 40.0, "{psnr:.1} dB");
    assert!(hole().any(|(_, ((one, old), _))| one != old), "nothing was filled");
}

#[test]
fn safetensors_and_averaged_weights_are_taken() {
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("3_Network.pth"), TINY).unwrap();
    expect(&infill(path, &format!("import 3_Network.pth -o one.infill {OPTIONS}")), 0, &[]);
    expect(&infill(path, "export one.infill --pytorch -o one.safetensors"), 0, &[]);
    expect(&infill(path, "import one.safetensors -o two.infill"), 0, &[]);
    expect(&infill(path, "export two.infill --pytorch -o two.safetensors"), 0, &[]);
    assert!(fs::read(path.join("one.safetensors")).unwrap() == fs::read(path.join("two.safetensors")).unwrap());
    assert!(furthest_from_pytorch(&path.join("two.infill")) < 1e-4);

    // A net with patches says itself what it is, or a model does whose configuration it has.
    expect(&infill(path, "export model.infill --pytorch -o own.safetensors"), 0, &[]);
    for (name, options) in [("said", ""), ("like", "--like model.infill")] {
        expect(&infill(path, &format!("import own.safetensors -o {name}.infill {options}")), 0, &[]);
        let weights = |name: &str| ModelFile::parse(&fs::read(path.join(name)).unwrap()).unwrap().weights().collect::<Vec<_>>();
        assert!(weights(&format!("{name}.infill")) == weights("model.infill"));
    }
    expect(&infill(path, "import own.safetensors -o not.infill --size 16"), 3, &["24 channels"]);
    expect(&infill(path, "import one.safetensors -o not.infill --like model.infill"), 3, &["of another shape"]);

    // Averaged weights beside the others are taken: here ones that are cut off, which only the message can tell.
    fs::write(path.join("3_Network_ema.pth"), &TINY[..1000]).unwrap();
    expect(&infill(path, &format!("import 3_Network.pth -o ema.infill {OPTIONS}")), 3, &["3_Network_ema.pth"]);
    expect(&infill(path, &format!("import 3_Network.pth -o ema.infill {OPTIONS} --no-ema")), 0, &[]);
}

/// `tests/peers/unet.py` reads and writes what is exported, where Python has PyTorch. The suite does not install PyTorch, which is larger
/// than everything else together; `palette-tiny.pth` stands in for it there.
#[test]
fn the_twin_in_pytorch_answers_the_same_and_brings_weights_back() {
    let Some(python) = python("import torch, safetensors.torch") else { return };
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("tiny.pth"), TINY).unwrap();
    expect(&infill(path, &format!("import tiny.pth -o palette.infill {OPTIONS}")), 0, &[]);
    for name in ["model", "palette"] {
        expect(&infill(path, &format!("export {name}.infill --pytorch -o {name}.safetensors")), 0, &[]);
        let device = Device::flex();
        let draw = |step, shape: &[usize]| noise::gaussian(&mut noise::stream(5, Purpose::Evaluation, step, 0), shape.iter().product());
        let shape = [2, 3, 16, 16];
        let (condition, noisy, level) = (draw(0, &shape), draw(1, &shape), vec![0.3f32, 0.9]);
        let bytes = [&condition, &noisy, &level].map(|values| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
        let views = [("condition", &shape[..], &bytes[0]), ("noisy", &shape[..], &bytes[1]), ("level", &[2][..], &bytes[2])];
        let views = views.map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
        fs::write(path.join("io.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();

        let request = serde_json::json!({ "weights": format!("{name}.safetensors"), "io": "io.safetensors" }).to_string();
        let twin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/unet.py");
        let mut run = Command::new(&python).arg(twin).current_dir(path).stdin(Stdio::piped()).spawn().unwrap();
        run.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
        assert!(run.wait().unwrap().success());

        let file = fs::read(path.join("io.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&file).unwrap();
        let theirs: Vec<f32> = file.tensor("output").unwrap().data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let net = ModelFile::parse(&fs::read(path.join(format!("{name}.infill"))).unwrap()).unwrap().to_model(&device).unwrap().unet;
        let picture = |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, shape), &device);
        let own = net.forward(picture(condition), picture(noisy), Tensor::from_data(TensorData::new(level, [2]), &device));
        let furthest: f32 = (own - picture(theirs)).abs().max().into_scalar();
        assert!(furthest < 1e-4, "{name}: {furthest}");

        expect(&infill(path, &format!("import {name}.safetensors -o {name}-back.infill")), 0, &[]);
        let weights = |name: String| ModelFile::parse(&fs::read(path.join(name)).unwrap()).unwrap().weights().collect::<Vec<_>>();
        assert!(weights(format!("{name}.infill")) == weights(format!("{name}-back.infill")));
    }
}

#[test]
fn an_imported_net_can_be_trained_on() {
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("tiny.pth"), TINY).unwrap();
    support::add_pictures(path, 4);
    expect(&infill(path, &format!("import tiny.pth -o tiny.infill {OPTIONS}")), 0, &[]);
    let options = "--data pictures --run run --init tiny.infill --steps 2 --batch 2 --sample-every 0 --device cpu --threads 1";
    expect(&infill(path, &format!("train {options}")), 0, &[]);
    let trained = ModelFile::parse(&fs::read(path.join("run/model.infill")).unwrap()).unwrap();
    let begun = ModelFile::parse(&fs::read(path.join("tiny.infill")).unwrap()).unwrap();
    assert_eq!(trained.config.unet, begun.config.unet);
}

#[test]
fn what_is_no_checkpoint_is_refused_with_the_reason() {
    let folder = workplace();
    let path = folder.path();
    let refused = |bytes: &[u8], parts: &[&str]| {
        fs::write(path.join("given.pth"), bytes).unwrap();
        expect(&infill(path, &format!("import given.pth -o out.infill {OPTIONS}")), 3, parts);
        assert!(!path.join("out.infill").exists());
    };
    refused(b"a text", &["given.pth"]);
    refused(&[], &["given.pth"]);
    refused(&TINY[..TINY.len() / 2], &["given.pth"]);
    // Archives with a storage missing, or cut short; the first six are of the schedule, which is not read.
    refused(&changed("data/9", |_| None), &["given.pth"]);
    refused(&changed("data/9", |bytes| Some(bytes[..bytes.len() / 2].to_vec())), &["given.pth"]);
    // A number that is none.
    refused(&changed("data/7", |bytes| Some(f32::NAN.to_le_bytes().repeat(bytes.len() / 4))), &["NaN", "place 0"]);
    // Pickles that would run a program, hold an object, or a number. \x80\x02 begins a pickle, `.` ends it.
    let marker = path.join("ran");
    let text = format!("touch {}", marker.display());
    // Calls posix.system with the text.
    let call = [b"cposix\nsystem\nX".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes(), b"\x85R"].concat();
    let runs = [b"\x80\x02".as_slice(), &call, b"."].concat();
    refused(&changed("data.pkl", |_| Some(runs.clone())), &["given.pth"]);
    let inside = [b"\x80\x02}(X\x05\x00\x00\x00epochK\x07X\x01\x00\x00\x00x".as_slice(), &call, b"u."].concat();
    refused(&changed("data.pkl", |_| Some(inside.clone())), &["`epoch` (int)", "`x`", "posix"]);
    assert!(!marker.exists(), "a checkpoint ran a program");
    refused(&changed("data.pkl", |_| Some(b"\x80\x02}.".to_vec())), &["no tensors"]);
    // Before PyTorch 1.6 a checkpoint was several pickles, the first one a magic number.
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    refused(magic, &["given.pth"]);
    refused(&[8, 0, 0, 0, 0, 0, 0, 0, b'{'], &["given.pth"]);
    refused(&[255, 255, 255, 255, 255, 255, 255, 127, b'{'], &["header"]);
    // A whole file of another net.
    fs::write(path.join("own.safetensors"), fs::read(path.join("model.infill")).unwrap()).unwrap();
    expect(&infill(path, "import own.safetensors -o out.infill"), 3, &["guided-diffusion"]);
    expect(&infill(path, "import nothing.pth -o out.infill"), 3, &["nothing.pth"]);
    expect(&infill(path, "import own.safetensors -o out.infill --tasks draw"), 2, &["draw", "inpaint"]);
}
