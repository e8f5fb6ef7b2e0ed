//! Whole results against pictures kept in `golden/`: what no single check sees, a change of the sampler,
//! of a schedule, of the net or of a mask, shows here. After a change that is meant to show, look at what
//! `INFILL_WRITE_GOLDEN=1 cargo test -p infill-cli --test golden` writes, and commit it.

mod support;

use std::path::Path;

use burn::tensor::Device;
use image::RgbImage;
use infill::{
    config::ModelConfig,
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    unet::{Unet, parameters},
};
use support::{expect, infill, mask, photo, workplace};

/// Largest difference that other processors' rounding may make, of 255.
const TOLERANCE: u8 = 3;

/// The tiny preset with weights that make its outputs as large as a trained net's.
fn loud_model() -> Vec<u8> {
    let config = ModelConfig::preset("tiny").unwrap();
    let unet = Unet::new(&config, &Device::flex()).with_gaussian_weights(5);
    let weights: Vec<Weight> = parameters::list(&unet)
        .into_iter()
        .map(|parameter| Weight {
            name: parameter.name,
            shape: parameter.shape,
            values: parameter.values.into_data().try_to_vec().unwrap(),
        })
        .collect();
    ModelFile::encode(&config, &TrainingRecord::default(), &weights, Encoding::F32).unwrap()
}

fn check(name: &str, found: &RgbImage) {
    // cargo runs tests in their package's folder.
    let path = Path::new("tests/golden").join(format!("{name}.png"));
    if std::env::var_os("INFILL_WRITE_GOLDEN").is_some() {
        found.save(&path).unwrap();
    }
    let golden = image::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).to_rgb8();
    assert_eq!(found.dimensions(), golden.dimensions(), "{name}");
    let furthest = found.as_raw().iter().zip(golden.as_raw()).map(|(found, golden)| found.abs_diff(*golden)).max().unwrap_or(0);
    assert!(furthest <= TOLERANCE, "{name} differs by up to {furthest} of 255");
}

#[test]
fn the_four_tasks_and_every_sampler_make_the_pictures_they_made() {
    let folder = workplace();
    let path = folder.path();
    std::fs::write(path.join("loud.infill"), loud_model()).unwrap();
    photo(36, 28).save(path.join("small.png")).unwrap();
    mask(36, 28, [10, 6, 13, 11]).save(path.join("mask.png")).unwrap();
    let cases = [
        ("inpaint", "inpaint small.png --mask mask.png --steps 4 --detail 0"),
        ("inpaint-ddim", "inpaint small.png --mask mask.png --steps 4 --sampler ddim --detail 0"),
        ("inpaint-ancestral", "inpaint small.png --mask mask.png --steps 4 --sampler ancestral --detail 0"),
        ("inpaint-uni-pc", "inpaint small.png --mask mask.png --steps 4 --sampler uni-pc --detail 0"),
        ("uncrop", "uncrop small.png --left 7 --bottom 5 --steps 4 --detail 0"),
        ("colorize", "colorize small.png --steps 4"),
        ("restore", "restore small.png --steps 4"),
    ];
    for (name, arguments) in cases {
        expect(&infill(path, &format!("{arguments} -o {name}.png --seed 9 --model loud.infill --device cpu")), 0, &[]);
        check(name, &image::open(path.join(format!("{name}.png"))).unwrap().to_rgb8());
    }
}
