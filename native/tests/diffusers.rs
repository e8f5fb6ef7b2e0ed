//! A folder of diffusers out and in, as a process: the same bits come back, what does not map is named, and diffusers answers the same.

mod support;

use std::{fs, path::Path, process::Command};

use burn::tensor::{Device, Tensor, TensorData};
use infill::{
    config::NoiseEmbedding,
    model_file::{ModelFile, Weight},
    noise::{self, Purpose},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use support::{expect, infill, json, python, workplace};
use tempfile::TempDir;

/// `palette.infill`, a net of the public Palette, and the folder `out` made of it.
fn exported() -> TempDir {
    let folder = workplace();
    let path = folder.path();
    fs::write(path.join("tiny.pth"), include_bytes!("pytorch/palette-tiny.pth")).unwrap();
    expect(&infill(path, "import tiny.pth -o palette.infill --size 16 --head-channels 16"), 0, &[]);
    expect(&infill(path, "export palette.infill --diffusers -o out"), 0, &[]);
    folder
}

fn model(path: &Path) -> ModelFile {
    ModelFile::parse(&fs::read(path).unwrap()).unwrap()
}

fn weights(path: &Path) -> Vec<Weight> {
    model(path).weights().collect()
}

#[test]
fn the_same_bits_and_the_same_configuration_come_back() {
    let folder = exported();
    let path = folder.path();
    let config = json(&path.join("out/unet/config.json"));
    assert_eq!(config["down_block_types"], serde_json::json!(["ResnetDownsampleBlock2D", "AttnDownBlock2D"]));
    for name in ["out", "out/unet"] {
        expect(&infill(path, &format!("import {name} -o back.infill --force")), 0, &[]);
        assert!(weights(&path.join("back.infill")) == weights(&path.join("palette.infill")));
        assert_eq!(model(&path.join("back.infill")).config, model(&path.join("palette.infill")).config);
    }
    expect(&infill(path, "export palette.infill --diffusers -o out"), 3, &["--force"]);
    expect(&infill(path, "export palette.infill --diffusers -o out --force"), 0, &[]);
}

#[test]
fn what_does_not_map_is_refused_by_name() {
    let folder = exported();
    let path = folder.path();
    // The tiny preset folds patches.
    expect(&infill(path, "export model.infill --diffusers -o not"), 3, &["model.infill", "2×2", "single pixels"]);
    assert!(!path.join("not").exists());
    expect(&infill(path, "import pictures -o not.infill"), 3, &["pictures"]);
    fs::create_dir(path.join("empty")).unwrap();
    expect(&infill(path, "import empty -o not.infill"), 3, &["empty", "unet/config.json"]);

    let file = path.join("out/unet/config.json");
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, whole.replace("\"scale_shift\"", "\"default\"")).unwrap();
    expect(&infill(path, "import out -o not.infill"), 3, &["resnet_time_scale_shift", "default", "scale_shift"]);
    fs::write(&file, &whole[..100]).unwrap();
    expect(&infill(path, "import out -o not.infill"), 3, &["config.json", "no JSON"]);
    fs::write(&file, &whole).unwrap();
    let weights = path.join("out/unet/diffusion_pytorch_model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    expect(&infill(path, "import out -o not.infill"), 3, &["diffusion_pytorch_model.safetensors"]);
    fs::remove_file(&weights).unwrap();
    expect(&infill(path, "import out -o not.infill"), 3, &["diffusion_pytorch_model.bin"]);
    assert!(!path.join("not.infill").exists());
}

/// The suite installs neither PyTorch nor diffusers.
#[test]
fn diffusers_answers_the_same_and_its_own_files_come_back() {
    let Some(python) = python("from diffusers import UNet2DModel") else { return };
    let folder = exported();
    let path = folder.path();
    let draw = |step, shape: &[usize]| noise::gaussian(&mut noise::stream(5, Purpose::Evaluation, step, 0), shape.iter().product());
    let shape = [2, 3, 16, 16];
    let (condition, noisy, level) = (draw(0, &shape), draw(1, &shape), vec![0.3f32, 0.9]);
    let bytes = [&condition, &noisy, &level].map(|values| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
    let views = [("condition", &shape[..], &bytes[0]), ("noisy", &shape[..], &bytes[1]), ("level", &[2][..], &bytes[2])];
    let views = views.map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
    fs::write(path.join("io.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/diffusers_unet.py");
    let run = Command::new(&python).arg(program).args(["out", "io.safetensors"]).current_dir(path).status().unwrap();
    assert!(run.success());

    let file = fs::read(path.join("io.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&file).unwrap();
    let theirs: Vec<f32> = file.tensor("output").unwrap().data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let device = Device::flex();
    let net = model(&path.join("palette.infill")).to_model(&device).unwrap().unet;
    let picture = |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, shape), &device);
    let own = net.forward(picture(condition), picture(noisy), Tensor::from_data(TensorData::new(level, [2]), &device));
    let furthest: f32 = (own - picture(theirs)).abs().max().into_scalar();
    assert!(furthest < 1e-4, "{furthest}");

    // What diffusers writes says nothing of our recipe; the net is the same.
    expect(&infill(path, "import out/again -o again.infill"), 0, &[]);
    assert!(weights(&path.join("again.infill")) == weights(&path.join("palette.infill")));
    let [again, palette] = ["again", "palette"].map(|name| model(&path.join(format!("{name}.infill"))).config);
    assert_eq!((again.unet, again.noise_embedding), (palette.unet, NoiseEmbedding::Step));
    expect(&infill(path, "import out/again -o like.infill --like palette.infill"), 0, &[]);
    assert_eq!(model(&path.join("like.infill")).config, model(&path.join("palette.infill")).config);
}
