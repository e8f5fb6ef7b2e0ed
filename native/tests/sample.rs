//! The four tasks as a process: sizes, pixels that must not change, and what is said about bad input.

mod support;

use image::{DynamicImage, GenericImageView, ImageEncoder};
use support::{command, expect, infill, interrupt, mask, messages, photo, same_outside, sample, strays, workplace};

const HOLE: [u32; 4] = [20, 12, 15, 10];

fn with_mask(folder: &std::path::Path) {
    mask(60, 44, HOLE).save(folder.join("mask.png")).unwrap();
}

#[test]
fn inpainting_keeps_every_unmasked_pixel() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    expect(&sample(path, "inpaint photo.png --mask mask.png -o out.png"), 0, &["CPU"]);
    same_outside(&path.join("photo.png"), &path.join("out.png"), HOLE);
    assert!(strays(path, &["model.infill", "photo.png", "mask.png", "out.png"]).is_empty());
}

#[test]
fn the_same_seed_gives_the_same_picture_and_samples_are_numbered() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    // On so small a picture the detail can hide what little the untrained net does.
    expect(&sample(path, "inpaint photo.png --mask mask.png -o one.png --seed 8 --detail 0"), 0, &[]);
    expect(&sample(path, "inpaint photo.png --mask mask.png -o many.png --seed 7 --samples 2 --detail 0"), 0, &[]);
    let read = |name: &str| std::fs::read(path.join(name)).unwrap();
    assert_eq!(read("one.png"), read("many-2.png"));
    assert_ne!(read("one.png"), read("many-1.png"));
}

#[test]
fn every_sampler_works_and_an_unknown_one_is_named() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    for sampler in ["ancestral", "ddim", "dpm-solver", "uni-pc"] {
        let output = sample(path, &format!("inpaint photo.png --mask mask.png -o {sampler}.png --sampler {sampler}"));
        expect(&output, 0, &[]);
    }
    expect(&sample(path, "inpaint photo.png --mask mask.png -o out.png --sampler euler"), 2, &["euler", "dpm-solver"]);
    let output = infill(path, "inpaint photo.png --mask mask.png -o out.png --model model.infill --device cpu --steps 0");
    expect(&output, 2, &["0 steps"]);
}

#[test]
fn uncropping_makes_the_picture_larger_and_keeps_it() {
    let folder = workplace();
    let path = folder.path();
    expect(&sample(path, "uncrop photo.png -o out.png --all 6 --left 11"), 0, &[]);
    let (before, after) = (image::open(path.join("photo.png")).unwrap(), image::open(path.join("out.png")).unwrap());
    assert_eq!(after.dimensions(), (60 + 11 + 6, 44 + 12));
    assert_eq!(after.crop_imm(11, 6, 60, 44).to_rgb8(), before.to_rgb8());
    expect(&sample(path, "uncrop photo.png -o other.png"), 2, &["nothing is to be added", "--left"]);
}

#[test]
fn colorizing_and_restoring_keep_the_size() {
    let folder = workplace();
    let path = folder.path();
    DynamicImage::from(photo(60, 44)).to_luma8().save(path.join("grey.png")).unwrap();
    photo(60, 44).save(path.join("photo.jpg")).unwrap();
    for arguments in ["colorize grey.png -o out1.png", "restore photo.jpg -o out2.jpg", "restore photo.png -o out3.webp"] {
        expect(&sample(path, arguments), 0, &[]);
    }
    for (name, colours) in [("out1.png", 3), ("out2.jpg", 3), ("out3.webp", 3)] {
        let picture = image::open(path.join(name)).unwrap();
        assert_eq!((picture.dimensions(), picture.color().channel_count()), ((60, 44), colours), "{name}");
    }
}

#[test]
fn depth_grey_and_transparency_survive() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    let rgb = DynamicImage::from(photo(60, 44));
    let mut transparent = rgb.to_rgba16();
    for (x, y, pixel) in transparent.enumerate_pixels_mut() {
        pixel.0[0] = pixel.0[0].wrapping_add((x * 3 + y) as u16);
        pixel.0[3] = (x * 1000 + y) as u16;
    }
    let variants =
        [DynamicImage::from(transparent), rgb.to_luma8().into(), rgb.to_luma16().into(), rgb.to_rgb16().into(), rgb.to_rgba8().into()];
    for (number, variant) in variants.into_iter().enumerate() {
        let name = format!("{number}.png");
        variant.save(path.join(&name)).unwrap();
        expect(&sample(path, &format!("inpaint {name} --mask mask.png -o out-{name}")), 0, &[]);
        same_outside(&path.join(&name), &path.join(format!("out-{name}")), HOLE);
    }
    let (before, after) = (image::open(path.join("0.png")).unwrap().to_rgba16(), image::open(path.join("out-0.png")).unwrap().to_rgba16());
    assert!(before.pixels().zip(after.pixels()).all(|(before, after)| before.0[3] == after.0[3]));
}

#[test]
fn orientation_is_applied_and_the_colour_profile_kept() {
    let folder = workplace();
    let path = folder.path();
    // The header of a profile for RGB; what it says is passed on as it is.
    let profile = [&[0; 16], b"RGB ".as_slice(), &[7; 108]].concat();
    // EXIF of one entry: orientation 6, a quarter turn to the right.
    let exif = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".as_slice()].concat();
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.set_icc_profile(profile.clone()).unwrap();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(photo(60, 44).as_raw(), 60, 44, image::ExtendedColorType::Rgb8).unwrap();
    std::fs::write(path.join("turned.png"), png).unwrap();
    mask(44, 60, [10, 10, 9, 9]).save(path.join("mask.png")).unwrap();
    expect(&sample(path, "inpaint turned.png --mask mask.png -o out.png"), 0, &[]);
    let mut decoder = image::ImageReader::open(path.join("out.png")).unwrap().into_decoder().unwrap();
    assert_eq!(image::ImageDecoder::icc_profile(&mut decoder).unwrap(), Some(profile));
    assert_eq!(image::ImageDecoder::orientation(&mut decoder).unwrap(), image::metadata::Orientation::NoTransforms);
    let upright = image::imageops::rotate90(&photo(60, 44));
    upright.save(path.join("upright.png")).unwrap();
    same_outside(&path.join("upright.png"), &path.join("out.png"), [10, 10, 9, 9]);
}

#[test]
fn masks_of_every_kind_have_an_answer() {
    let folder = workplace();
    let path = folder.path();
    mask(50, 44, HOLE).save(path.join("small.png")).unwrap();
    expect(&sample(path, "inpaint photo.png --mask small.png -o out.png"), 3, &["50×44", "60×44"]);
    assert!(!path.join("out.png").exists());
    mask(60, 44, [0; 4]).save(path.join("empty.png")).unwrap();
    expect(&sample(path, "inpaint photo.png --mask empty.png -o unchanged.png"), 0, &["nothing to fill"]);
    let same = |name: &str| image::open(path.join(name)).unwrap().to_rgb8();
    assert_eq!(same("unchanged.png"), same("photo.png"));
    mask(60, 44, [0, 0, 60, 44]).save(path.join("full.png")).unwrap();
    expect(&sample(path, "inpaint photo.png --mask full.png -o full-out.png"), 0, &[]);
    same_outside(&path.join("photo.png"), &path.join("full-out.png"), [0, 0, 60, 44]);
}

#[test]
fn small_pictures_are_filled_too() {
    let folder = workplace();
    let path = folder.path();
    photo(7, 5).save(path.join("small.png")).unwrap();
    mask(7, 5, [2, 1, 3, 2]).save(path.join("mask.png")).unwrap();
    expect(&sample(path, "inpaint small.png --mask mask.png -o out.png"), 0, &[]);
    same_outside(&path.join("small.png"), &path.join("out.png"), [2, 1, 3, 2]);
    photo(1, 1).save(path.join("dot.png")).unwrap();
    for task in ["restore", "colorize"] {
        expect(&sample(path, &format!("{task} dot.png -o {task}.png")), 0, &[]);
    }
}

#[test]
fn files_that_are_no_pictures_are_refused() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    std::fs::write(path.join("text.png"), "not a picture").unwrap();
    expect(&sample(path, "inpaint text.png --mask mask.png -o out.png"), 3, &["text.png"]);
    expect(&sample(path, "inpaint photo.png --mask text.png -o out.png"), 3, &["text.png"]);
    expect(&sample(path, "inpaint absent.png --mask mask.png -o out.png"), 3, &["absent.png"]);
    for name in ["cut.png", "cut.jpg", "cut.webp"] {
        photo(60, 44).save(path.join(name)).unwrap();
        let bytes = std::fs::read(path.join(name)).unwrap();
        std::fs::write(path.join(name), &bytes[..bytes.len() * 2 / 3]).unwrap();
        expect(&sample(path, &format!("restore {name} -o out.png")), 3, &[name]);
    }
    assert!(!path.join("out.png").exists());
}

#[test]
fn outputs_are_not_overwritten_unasked() {
    let folder = workplace();
    let path = folder.path();
    std::fs::write(path.join("out.png"), "dear to somebody").unwrap();
    expect(&sample(path, "restore photo.png -o out.png"), 3, &["out.png", "--force"]);
    assert_eq!(std::fs::read(path.join("out.png")).unwrap(), b"dear to somebody");
    expect(&sample(path, "restore photo.png -o out.png --force"), 0, &[]);
    assert_eq!(image::open(path.join("out.png")).unwrap().dimensions(), (60, 44));
    expect(&sample(path, "restore photo.png -o nowhere/out.png"), 3, &["nowhere"]);
    expect(&sample(path, "restore photo.png -o out.gif"), 2, &[".png"]);
}

#[test]
fn devices_that_were_not_built_say_how_to_get_them() {
    let folder = workplace();
    let output = infill(folder.path(), "restore photo.png -o out.png --model model.infill --steps 1 --device auto");
    expect(&output, 0, &["computing on"]);
    expect(&infill(folder.path(), "check-device cpu"), 0, &[]);
    if !cfg!(feature = "cuda") {
        let output = infill(folder.path(), "restore photo.png -o out2.png --model model.infill --device cuda");
        expect(&output, 3, &["--features cuda"]);
    }
    assert!(!messages(&infill(folder.path(), "restore photo.png -o o.png --device toaster")).is_empty());
}

#[test]
fn percent_adds_to_each_side_by_its_own_length() {
    let folder = workplace();
    let path = folder.path();
    expect(&sample(path, "uncrop photo.png -o out.png --percent 10 --top 0"), 0, &[]);
    let after = image::open(path.join("out.png")).unwrap();
    assert_eq!(after.dimensions(), (60 + 6 + 6, 44 + 5));
    assert_eq!(after.crop_imm(6, 0, 60, 44).to_rgb8(), photo(60, 44));
    expect(&sample(path, "uncrop photo.png -o other.png --percent 10 --all 3"), 2, &["--percent", "--all"]);
}

#[test]
fn the_mean_of_two_samples_lies_between_them() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    expect(&sample(path, "inpaint photo.png --mask mask.png -o each.png --samples 2 --detail 0"), 0, &[]);
    expect(&sample(path, "inpaint photo.png --mask mask.png -o mean.png --samples 2 --mean --detail 0"), 0, &[]);
    let read = |name: &str| image::open(path.join(name)).unwrap().to_rgb8().into_raw();
    let (first, second, mean) = (read("each-1.png"), read("each-2.png"), read("mean.png"));
    assert_ne!(first, second);
    for ((first, second), mean) in first.iter().zip(&second).zip(&mean) {
        assert_eq!(u16::from(*mean), (u16::from(*first) + u16::from(*second)).div_ceil(2));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_stops_with_its_own_code_and_leaves_nothing_behind() {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };
    let folder = workplace();
    let path = folder.path();
    let arguments = "restore photo.png -o out.png --model model.infill --device cpu --steps 10000";
    let mut child = command(path, arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // By then it listens, and ten thousand steps for each tile are far from done.
    assert!(lines.next().unwrap().unwrap().contains("computing on the CPU"));
    interrupt(&child);
    let said: String = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("pictures written: 0"), "{said}");
    assert!(strays(path, &["model.infill", "photo.png"]).is_empty());
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let folder = workplace();
    let output = infill(folder.path(), "--help");
    expect(&output, 0, &[]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for text in ["train", "evaluate", "inpaint", "uncrop", "colorize", "restore", "export", "info", "130 cancelled", "3 input"] {
        assert!(help.contains(text), "`{text}` is not in: {help}");
    }
    assert!(!help.contains("check-device"), "{help}");
    expect(&infill(folder.path(), "paint"), 2, &["paint"]);
}

/// Every level says what the one before says, and more.
#[test]
fn each_v_shows_more() {
    let folder = workplace();
    let path = folder.path();
    with_mask(path);
    let said = |more: &str| messages(&sample(path, &format!("inpaint photo.png --mask mask.png -o out.png --force {more}")));
    let levels = ["-q", "", "-v", "-vv"].map(said);
    let new: [&[&str]; 4] =
        [&[], &["wrote out.png"], &["read model.infill", "2 steps, seed 0", "drawn in"], &["1 evaluations of the net are made"]];
    for (number, said) in levels.iter().enumerate() {
        for (since, texts) in new.iter().enumerate() {
            assert!(texts.iter().all(|text| said.contains(text) == (since <= number)), "at level {number}, {texts:?}: {said}");
        }
    }
    assert_eq!(levels[0], "");
    let train =
        |level: &str| messages(&infill(path, &format!("train --preset tiny --data . --run run{level} --steps 1 --device cpu {level}")));
    assert!(train("-vv").contains("step 1: loss") && !train("-v").contains("step 1: loss"));
}

#[test]
fn hints_are_kept_and_colour_what_is_like_them() {
    let folder = workplace();
    let path = folder.path();
    let mut hints = image::RgbaImage::new(60, 44);
    for x in 10..14 {
        hints.put_pixel(x, 20, image::Rgba([200, 40, 40, 255]));
    }
    hints.save(path.join("hints.png")).unwrap();
    image::GrayImage::from_pixel(60, 44, image::Luma([120])).save(path.join("grey.png")).unwrap();
    for (name, hints) in [("with", "--hints hints.png"), ("without", "")] {
        expect(&sample(path, &format!("colorize grey.png {hints} -o {name}.png")), 0, &[]);
    }
    let read = |name: &str| image::open(path.join(name)).unwrap().into_rgb8();
    let (with, without) = (read("with.png"), read("without.png"));
    let red = |picture: &image::RgbImage, x: u32, y: u32| i32::from(picture.get_pixel(x, y)[0]) - i32::from(picture.get_pixel(x, y)[2]);
    // The chroma of the hint, for which there is room at this brightness.
    assert!((red(&with, 12, 20) - 160).abs() <= 3, "{:?}", with.get_pixel(12, 20));
    assert!(red(&with, 50, 40) > red(&without, 50, 40) + 60, "{:?} and {:?}", with.get_pixel(50, 40), without.get_pixel(50, 40));
    expect(&sample(path, "colorize grey.png --hints hints.png --saturation 0 -o none.png"), 0, &[]);
    let grey = |[red, green, blue]: [u8; 3]| red == green && green == blue && red.abs_diff(120) <= 1;
    assert!(read("none.png").pixels().all(|pixel| grey(pixel.0)), "no saturation leaves the brightness alone");
    photo(30, 20).save(path.join("small.png")).unwrap();
    expect(&sample(path, "colorize small.png --hints hints.png -o out.png"), 3, &["60×44", "30×20"]);
    expect(&sample(path, "colorize grey.png --hints photo.png -o out.png"), 3, &["photo.png", "every pixel is opaque"]);
}
