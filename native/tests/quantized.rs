//! What fewer bits cost at the end of a run: the shipped net with weights between its 8-bit integers takes the place of
//! one that was never quantized, and is sampled in full, as it is and in 8 and 4 bits, with the same noise.

mod support;

use std::path::Path;

use image::RgbImage;
use infill::{
    mask::Mask,
    metric,
    model_file::{Encoding, ModelFile, TrainingRecord, Weight},
    noise::{self, Purpose},
    picture::Picture,
};
use support::{expect, infill, mask};

const SIDE: u32 = 64;

/// The shipped model, whose weights have 8 bits, with every weight moved by about half a step of its largest value: what lies
/// between the integers is as in a net that was never quantized.
fn between_integers() -> Vec<Weight> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/models/nature.infill");
    let file = ModelFile::parse(&std::fs::read(path).unwrap()).unwrap();
    let mut weights: Vec<Weight> = file.weights().collect();
    for (place, weight) in weights.iter_mut().enumerate() {
        let step = weight.values.iter().fold(0f32, |largest, value| largest.max(value.abs())) / 127.0;
        let mut stream = noise::stream(5, Purpose::Weights, place as u64, 0);
        let moves = noise::gaussian(&mut stream, weight.values.len());
        // A deviation of 0.29 steps is that of a uniform number within half a step.
        weight.values.iter_mut().zip(moves).for_each(|(value, by)| *value += by * 0.29 * step);
    }
    weights
}

/// A lake under mountains at evening, roughly.
fn scene() -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let ridge = 26.0 + 8.0 * (f64::from(x) * 0.17).sin() + 3.0 * (f64::from(x) * 0.61).sin();
        let grain = f64::from((x * 31 + y * 17) % 13) - 6.0;
        let [red, green, blue] = match f64::from(y) {
            row if row < ridge => [190.0 - 2.0 * row, 150.0 + row, 170.0 + 2.0 * row],
            row if row < 40.0 => [60.0, 90.0 - row, 50.0],
            row => [60.0, 80.0 + row, 180.0 - row],
        };
        image::Rgb([red, green, blue].map(|value| (value + grain).clamp(0.0, 255.0) as u8))
    })
}

#[test]
fn few_bits_give_nearly_the_same_picture() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path();
    let hole = [14, 10, 30, 36];
    scene().save(path.join("scene.png")).unwrap();
    mask(SIDE, SIDE, hole).save(path.join("mask.png")).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/models/nature.infill");
    let config = ModelFile::parse(&std::fs::read(shipped).unwrap()).unwrap().config;
    let weights = between_integers();
    let fill_with = |weights: &[Weight], encoding: Encoding| {
        let model = ModelFile::encode(&config, &TrainingRecord::default(), weights, encoding).unwrap();
        std::fs::write(path.join("model.infill"), model).unwrap();
        let arguments = "inpaint scene.png --mask mask.png --model model.infill -o out.png --force --device cpu \
                         --steps 20 --temperature 1 --seed 3 --detail 0";
        expect(&infill(path, arguments), 0, &[]);
        let filled = image::open(path.join("out.png")).unwrap().to_rgb8();
        Picture::new(SIDE as usize, SIDE as usize, filled.into_raw()).unwrap()
    };
    let fill = |encoding| fill_with(&weights, encoding);
    let whole = fill(Encoding::F32);
    let given = Picture::new(SIDE as usize, SIDE as usize, scene().into_raw()).unwrap();
    // Only where something was filled; all else is the same to the bit.
    let hole = Mask::new(SIDE as usize, SIDE as usize, mask(SIDE, SIDE, hole).into_raw()).unwrap();
    let changed = metric::psnr(&whole, &given, Some(&hole));
    assert!(changed < 30.0, "the run filled next to nothing: {changed} dB");
    for (encoding, least) in [(Encoding::Q8, 40.0), (Encoding::Q4, 30.0)] {
        let decibels = metric::psnr(&fill(encoding), &whole, Some(&hole));
        println!("{encoding:?}: {decibels:.1} dB");
        assert!(decibels >= least, "{encoding:?} is {decibels:.1} dB from weights that are not quantized, not {least}");
    }
    // The measure notices what few bits would do without care: three for each tensor as a whole.
    let rounded = weights.iter().cloned().map(|mut weight| {
        let step = weight.values.iter().fold(0f32, |largest, value| largest.max(value.abs())) / 3.0;
        weight.values.iter_mut().for_each(|value| *value = (*value / step.max(1e-9)).round() * step);
        weight
    });
    let decibels = metric::psnr(&fill_with(&rounded.collect::<Vec<_>>(), Encoding::F32), &whole, Some(&hole));
    assert!(decibels < 30.0, "weights of three bits are {decibels:.1} dB from the whole ones; nothing could fail here");
}
