//! Picture and mask files as people have them: what happens with each as a process. The files are made here.

mod support;

use std::{fs, io::Cursor, path::Path, process::Output};

use image::{DynamicImage, GrayImage, ImageDecoder, ImageEncoder, ImageFormat, Luma, LumaA, RgbImage, Rgba, RgbaImage};
use support::{command, expect, mask, messages, photo, sample, workplace};

const HOLE: [u32; 4] = [20, 12, 15, 10];

fn inside(x: u32, y: u32) -> bool {
    x >= HOLE[0] && y >= HOLE[1] && x < HOLE[0] + HOLE[2] && y < HOLE[1] + HOLE[3]
}

/// Fills `photo.png` by a mask; another output each time.
fn fill(path: &Path, mask: impl Into<DynamicImage>, name: &str) -> Output {
    mask.into().save(path.join(format!("mask-{name}"))).unwrap();
    sample(path, &format!("inpaint photo.png --mask mask-{name} -o out-{name}.png"))
}

#[test]
fn masks_that_are_not_quite_black_and_white_fill_the_same_hole() {
    let folder = workplace();
    let path = folder.path();
    expect(&fill(path, mask(60, 44, HOLE), "clean.png"), 0, &[]);
    let clean = fs::read(path.join("out-clean.png.png")).unwrap();
    let grey = |black: u8, white: u8| GrayImage::from_fn(60, 44, |x, y| Luma([if inside(x, y) { white } else { black }]));
    let coloured = |outside: [u8; 4], hole: [u8; 4]| RgbaImage::from_fn(60, 44, |x, y| Rgba(if inside(x, y) { hole } else { outside }));
    let deep = image::ImageBuffer::from_fn(60, 44, |x, y| Luma([if inside(x, y) { 64_000u16 } else { 3000 }]));
    for (name, variant) in [
        ("one.png", DynamicImage::from(grey(1, 255))),
        ("video.png", grey(16, 235).into()),
        ("deep.png", deep.into()),
        ("red.png", coloured([0, 0, 0, 255], [255, 0, 0, 255]).into()),
        ("alpha.png", coloured([0, 0, 0, 0], [0, 180, 0, 255]).into()),
        ("white-alpha.webp", coloured([255, 255, 255, 0], [255, 255, 255, 255]).into()),
    ] {
        expect(&fill(path, variant, name), 0, &[]);
        assert!(fs::read(path.join(format!("out-{name}.png"))).unwrap() == clean, "{name}");
    }
    // Compression of a hard edge rings; nothing that is known changes all the same.
    for quality in [50, 75, 92] {
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        encoder.write_image(grey(0, 255).as_raw(), 60, 44, image::ExtendedColorType::L8).unwrap();
        fs::write(path.join("mask.jpg"), bytes).unwrap();
        expect(&sample(path, "inpaint photo.png --mask mask.jpg -o out.png --force"), 0, &[]);
        let filled = image::open(path.join("out.png")).unwrap().into_rgb8();
        let changed =
            filled.enumerate_pixels().zip(photo(60, 44).pixels()).filter(|((x, y, new), old)| !inside(*x, *y) && new != old).count();
        assert!(changed * 50 < 60 * 44, "quality {quality}: {changed} known pixels changed");
    }
}

#[test]
fn masks_of_which_it_is_not_clear_what_they_mark_are_refused() {
    let folder = workplace();
    let path = folder.path();
    let label = GrayImage::from_fn(60, 44, |x, y| Luma([u8::from(inside(x, y))]));
    expect(&fill(path, label, "label.png"), 3, &["mask-label.png", "1 of 255", "white"]);
    let black = image::ImageBuffer::from_fn(60, 44, |x, y| LumaA([0u8, if inside(x, y) { 255 } else { 0 }]));
    expect(&fill(path, black, "black.png"), 3, &["black with transparency", "white"]);
    let mut holed = DynamicImage::from(photo(60, 44)).into_rgba8();
    holed.enumerate_pixels_mut().filter(|(x, y, _)| inside(*x, *y)).for_each(|(_, _, pixel)| pixel.0[3] = 0);
    expect(&fill(path, holed, "photo.png"), 3, &["neither black nor white"]);
    let two = RgbImage::from_fn(60, 44, |x, y| {
        image::Rgb(match (inside(x, y), x > 27) {
            (false, _) => [0, 0, 0],
            (true, false) => [255, 0, 0],
            (true, true) => [0, 0, 255],
        })
    });
    expect(&fill(path, two, "two.png"), 3, &["several colours", "#ff0000", "#0000ff"]);
    let faint = GrayImage::from_fn(60, 44, |x, y| Luma([if inside(x, y) { 150 } else { 0 }]));
    expect(&fill(path, faint, "faint.png"), 0, &["WARN", "150 of 255"]);
}

/// The size that a PNG's header claims becomes another, with a right checksum.
fn claim(png: &mut [u8], width: u32, height: u32) {
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32fast::hash(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
}

#[test]
fn sizes_are_checked_before_anything_is_allocated() {
    let folder = workplace();
    let path = folder.path();
    let mut png = fs::read(path.join("photo.png")).unwrap();
    claim(&mut png, 40_000, 40_000);
    fs::write(path.join("bomb.png"), &png).unwrap();
    claim(&mut png, u32::MAX >> 1, 3);
    fs::write(path.join("wide.png"), &png).unwrap();
    for name in ["bomb.png", "wide.png"] {
        let arguments = format!("restore {name} -o out.png --model model.infill --device cpu");
        let program = env!("CARGO_BIN_EXE_infill");
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\""]).arg(program).args(arguments.split_whitespace()).current_dir(path);
        expect(&limited.output().unwrap(), 3, &[name, "100 megapixels"]);
    }
    let wide = RgbImage::new(16_384, 1);
    wide.save(path.join("wide.png")).unwrap();
    expect(&sample(path, "restore wide.png -o out.webp"), 3, &["16384", "16383", ".png"]);
    expect(&sample(path, "uncrop photo.png -o out.webp --left 17000"), 3, &["16383"]);
    expect(&sample(path, "uncrop photo.png -o out.jpg --left 70000"), 3, &["65535"]);
}

#[test]
fn files_of_other_kinds_and_animations_are_named() {
    let folder = workplace();
    let path = folder.path();
    for (name, bytes, kind) in [
        ("heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), "HEIC"),
        ("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "avif"),
        ("a.jxl", b"\xff\x0a\xfa\x7f\x90\x01", "JPEG XL"),
        ("a.psd", b"8BPS\0\x01\0\0\0\0\0\0", "Photoshop"),
        ("a.cr2", b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\0\0\0\0\0\0", "camera's raw"),
        ("a.ico", b"\0\0\x01\0\x01\0\x10\x10", "ico"),
    ] {
        fs::write(path.join(name), bytes).unwrap();
        let output = sample(path, &format!("restore {name} -o out.png"));
        expect(&output, 3, &[name, "which is not read; png, jpeg, webp, bmp, gif and tiff can be read: convert it"]);
        assert!(messages(&output).to_lowercase().contains(&kind.to_lowercase()), "{}", messages(&output));
    }
    fs::write(path.join("empty.png"), b"").unwrap();
    expect(&sample(path, "restore empty.png -o out.png"), 3, &["empty.png", "empty"]);
    fs::copy(path.join("photo.png"), path.join("png.jpg")).unwrap();
    expect(&sample(path, "restore png.jpg -o out.png"), 0, &[]);
    for name in ["picture-animated.png", "picture-animated.webp"] {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fuzz/seeds").join(name), path.join(name)).unwrap();
        expect(&sample(path, &format!("restore {name} -o out.png --force")), 0, &["WARN", name, "animation"]);
    }
}

/// A file of a picture in another format.
fn file_as(format: ImageFormat, picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn bmp_gif_and_tiff_are_read_whole_and_the_first_of_several_pictures_is_said() {
    let folder = workplace();
    let path = folder.path();
    let small = photo(40, 28);
    fs::write(path.join("a.bmp"), file_as(ImageFormat::Bmp, small.clone())).unwrap();
    fs::write(path.join("a.tiff"), file_as(ImageFormat::Tiff, small.clone())).unwrap();
    mask(40, 28, [10, 8, 12, 9]).save(path.join("hole.bmp")).unwrap();
    fs::write(path.join("a.png"), file_as(ImageFormat::Png, small.clone())).unwrap();
    for name in ["a.png", "a.bmp", "a.tiff"] {
        expect(&sample(path, &format!("inpaint {name} --mask hole.bmp -o {name}.png")), 0, &[]);
    }
    let read = |name: &str| image::open(path.join(name)).unwrap();
    for name in ["a.bmp.png", "a.tiff.png"] {
        assert!(read(name) == read("a.png.png"), "the format changed the answer: {name}");
    }
    // 16 bits stay 16 bits.
    let deep = DynamicImage::from(small.clone()).into_rgb16();
    fs::write(path.join("deep.tif"), file_as(ImageFormat::Tiff, deep.clone())).unwrap();
    expect(&sample(path, "inpaint deep.tif --mask hole.bmp -o deep.png"), 0, &[]);
    let kept = read("deep.png");
    assert_eq!((kept.color(), kept.as_rgb16().unwrap().get_pixel(0, 0)), (image::ColorType::Rgb16, deep.get_pixel(0, 0)));

    let mut bytes = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        for shade in [10, 200] {
            encoder.encode_frame(image::Frame::new(RgbaImage::from_pixel(40, 28, Rgba([shade, 0, 0, 255])))).unwrap();
        }
    }
    fs::write(path.join("moves.gif"), &bytes).unwrap();
    expect(&sample(path, "inpaint moves.gif --mask hole.bmp -o moves.png"), 0, &["WARN", "moves.gif", "animation", "first picture"]);
    assert_eq!(read("moves.png").into_rgb8().get_pixel(0, 0)[0], 10);
    fs::write(path.join("still.gif"), file_as(ImageFormat::Gif, DynamicImage::from(small.clone()).into_rgba8())).unwrap();
    let still = sample(path, "inpaint still.gif --mask hole.bmp -o still.png");
    expect(&still, 0, &[]);
    assert!(!messages(&still).contains("animation"), "{}", messages(&still));

    for (name, format) in [("cut.bmp", ImageFormat::Bmp), ("cut.gif", ImageFormat::Gif), ("cut.tif", ImageFormat::Tiff)] {
        let bytes = file_as(format, DynamicImage::from(small.clone()).into_rgba8());
        fs::write(path.join(name), &bytes[..bytes.len() / 2]).unwrap();
        expect(&sample(path, &format!("restore {name} -o out.png")), 3, &[name, "damaged or cut short"]);
    }
    let mut large = file_as(ImageFormat::Bmp, small);
    large[18..26].copy_from_slice(&[0x20, 0x4e, 0, 0, 0x20, 0x4e, 0, 0]);
    fs::write(path.join("large.bmp"), large).unwrap();
    expect(&sample(path, "restore large.bmp -o out.png"), 3, &["large.bmp", "20000×20000"]);
}

#[test]
fn a_jpeg_is_whole_up_to_its_own_end_and_not_to_its_thumbnail_s() {
    let folder = workplace();
    let path = folder.path();
    let mut bytes = Cursor::new(Vec::new());
    photo(60, 44).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let jpeg = bytes.into_inner();
    fs::write(path.join("padded.jpg"), [jpeg.clone(), vec![0; 100_000]].concat()).unwrap();
    fs::write(path.join("motion.jpg"), [jpeg.clone(), vec![9; 100_000]].concat()).unwrap();
    expect(&sample(path, "restore padded.jpg -o out1.png"), 0, &[]);
    expect(&sample(path, "restore motion.jpg -o out2.png"), 0, &["left out", "motion photo"]);
    let thumbnail = [b"Exif\0\0".as_slice(), &jpeg].concat();
    let length = u16::try_from(thumbnail.len() + 2).unwrap().to_be_bytes();
    let with = [&jpeg[..2], &[0xFF, 0xE1], &length, &thumbnail, &jpeg[2..]].concat();
    fs::write(path.join("cut.jpg"), &with[..with.len() - jpeg.len() / 3]).unwrap();
    expect(&sample(path, "restore cut.jpg -o out3.png"), 3, &["cut.jpg", "end is missing"]);
}

/// EXIF with orientation 6 and a date.
fn exif() -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0\x02\0".to_vec();
    bytes.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    bytes.extend(b"\x32\x01\x02\0\x14\0\0\0\x26\0\0\0\0\0\0\0");
    bytes.extend(b"2024:05:06 07:08:09\0");
    bytes
}

#[test]
fn what_a_picture_says_about_itself_goes_into_every_format() {
    let folder = workplace();
    let path = folder.path();
    let profile = [&[0; 16], b"RGB ".as_slice(), &[7; 108]].concat();
    let raw = photo(60, 44).into_raw();
    let size = (60, 44, image::ExtendedColorType::Rgb8);
    for (name, exif) in
        [("a.png", exif()), ("a.jpg", exif()), ("a.webp", exif()), ("prefixed.webp", [b"Exif\0\0".to_vec(), exif()].concat())]
    {
        let mut bytes = Vec::new();
        match &name[name.len() - 3..] {
            "png" => encode(image::codecs::png::PngEncoder::new(&mut bytes), &raw, size, &profile, exif),
            "jpg" => encode(image::codecs::jpeg::JpegEncoder::new(&mut bytes), &raw, size, &profile, exif),
            _ => encode(image::codecs::webp::WebPEncoder::new_lossless(&mut bytes), &raw, size, &profile, exif),
        }
        fs::write(path.join(name), bytes).unwrap();
        for ending in ["png", "jpg", "webp"] {
            let out = format!("{name}.{ending}");
            expect(&sample(path, &format!("colorize {name} -o {out}")), 0, &[]);
            let mut decoder = image::ImageReader::open(path.join(&out)).unwrap().into_decoder().unwrap();
            assert_eq!(decoder.dimensions(), (44, 60), "{out}");
            assert_eq!(decoder.icc_profile().unwrap().as_ref(), Some(&profile), "{out}");
            let kept = decoder.exif_metadata().unwrap().expect("EXIF");
            assert!(kept.windows(19).any(|part| part == b"2024:05:06 07:08:09"), "{out}");
            assert_eq!(decoder.orientation().unwrap(), image::metadata::Orientation::NoTransforms, "{out}");
        }
    }
    // A grey profile does not go with colours, and that is said.
    let mut bytes = Vec::new();
    let grey = [&[0; 16], b"GRAY".as_slice(), &[7; 108]].concat();
    let pixels = DynamicImage::from(photo(60, 44)).into_luma8().into_raw();
    encode(image::codecs::png::PngEncoder::new(&mut bytes), &pixels, (60, 44, image::ExtendedColorType::L8), &grey, exif());
    fs::write(path.join("grey.png"), bytes).unwrap();
    for out in ["grey-out.webp", "grey-colours.png"] {
        let task = if out.ends_with("webp") { "restore" } else { "colorize" };
        let output = sample(path, &format!("{task} grey.png -o {out}"));
        expect(&output, 0, &["left out of", "GRAY"]);
        let mut decoder = image::ImageReader::open(path.join(out)).unwrap().into_decoder().unwrap();
        assert_eq!(decoder.icc_profile().unwrap(), None, "{}", messages(&output));
    }
}

fn encode(mut encoder: impl ImageEncoder, raw: &[u8], size: (u32, u32, image::ExtendedColorType), profile: &[u8], exif: Vec<u8>) {
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(raw, size.0, size.1, size.2).unwrap();
}

#[cfg(unix)]
#[test]
fn names_need_not_be_utf_8_and_modes_and_links_are_respected() {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt, fs::PermissionsExt, fs::symlink},
    };
    let folder = workplace();
    let path = folder.path();
    let odd = OsStr::from_bytes(b"latin1_\xe9.png");
    fs::copy(path.join("photo.png"), path.join(odd)).unwrap();
    let run = |arguments: &str, names: [&OsStr; 3]| {
        let mut run = command(path, arguments);
        run.args(names).args(["--model", "model.infill", "--device", "cpu", "--steps", "1"]);
        run.output().unwrap()
    };
    expect(&run("restore --samples 2", [odd, OsStr::new("-o"), OsStr::from_bytes(b"out_\xe9.png")]), 0, &[]);
    for name in [b"out_\xe9-1.png".as_slice(), b"out_\xe9-2.png"] {
        assert!(path.join(OsStr::from_bytes(name)).is_file());
    }
    let mode = |name: &str| fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    let arguments = "restore photo.png -o private.png --model model.infill --device cpu --steps 1";
    let mut private = std::process::Command::new("sh");
    private.args(["-c", "umask 077; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_infill")).args(arguments.split_whitespace());
    expect(&private.current_dir(path).output().unwrap(), 0, &[]);
    assert_eq!(mode("private.png"), 0o600);
    fs::copy(path.join("photo.png"), path.join("real.png")).unwrap();
    fs::set_permissions(path.join("real.png"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.png", path.join("link.png")).unwrap();
    expect(&sample(path, "restore photo.png -o link.png --force"), 0, &[]);
    assert!(path.join("link.png").is_symlink());
    assert_eq!(mode("real.png"), 0o640);
    assert_ne!(fs::read(path.join("real.png")).unwrap(), fs::read(path.join("photo.png")).unwrap());
}

#[test]
fn the_quality_of_a_jpeg_is_said_and_a_repair_can_be_of_a_part() {
    let folder = workplace();
    let path = folder.path();
    let mut bytes = Vec::new();
    let rough = RgbImage::from_fn(60, 44, |x, y| image::Rgb([if x < 24 { (x * x + 7 * y * y) as u8 } else { 90 }; 3]));
    rough.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 20)).unwrap();
    fs::write(path.join("rough.jpg"), bytes).unwrap();
    let said = String::from_utf8(support::infill(path, "info rough.jpg").stdout).unwrap();
    assert!(said.contains("about 20") && said.contains("60 × 44"), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&support::infill(path, "info rough.jpg --json").stdout).unwrap();
    assert_eq!(json["quality"], 20);
    let repaired = |options: &str, name: &str| {
        let output = sample(path, &format!("restore rough.jpg {options} -o {name}.png"));
        expect(&output, 0, &["quality of about 20"]);
        image::open(path.join(format!("{name}.png"))).unwrap().into_rgb8()
    };
    let before = image::open(path.join("rough.jpg")).unwrap().into_rgb8();
    assert!(repaired("--strength 0", "none") == before);
    let part = repaired("--leave-clean", "part");
    let changed = |part: &RgbImage, from: u32, to: u32| {
        (from..to).flat_map(|x| (0..44).map(move |y| (x, y))).filter(|(x, y)| part.get_pixel(*x, *y) != before.get_pixel(*x, *y)).count()
    };
    assert!(changed(&part, 0, 16) > 500 && changed(&part, 44, 60) == 0, "{} and {}", changed(&part, 0, 16), changed(&part, 44, 60));
    assert!(changed(&repaired("", "all"), 44, 60) > 0);
}
