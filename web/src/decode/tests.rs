//! Files of every kind that the page promises to read exactly, made here.

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageBuffer, ImageEncoder, Luma, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};

use super::*;

/// No two neighbours are alike.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 5) as u8, (x * 7 + y * 11) as u8]))
}

/// A profile of a kind of samples, as far as anybody here looks.
fn profile(kind: &[u8; 4], name: &[u8]) -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(kind);
    [profile.as_slice(), name].concat()
}

/// EXIF data that say how a picture is turned.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

fn encode(picture: &RgbImage, format: ImageFormat, profile: Vec<u8>, exif: Vec<u8>) -> Vec<u8> {
    let (mut bytes, size) = (Vec::new(), picture.dimensions());
    fn write(mut encoder: impl ImageEncoder, picture: &RgbImage, size: (u32, u32), profile: Vec<u8>, exif: Vec<u8>) {
        if !profile.is_empty() {
            encoder.set_icc_profile(profile).unwrap();
        }
        if !exif.is_empty() {
            encoder.set_exif_metadata(exif).unwrap();
        }
        encoder.write_image(picture, size.0, size.1, ExtendedColorType::Rgb8).unwrap();
    }
    match format {
        ImageFormat::Png => write(PngEncoder::new(&mut bytes), picture, size, profile, exif),
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, 95), picture, size, profile, exif),
        _ => write(WebPEncoder::new_lossless(&mut bytes), picture, size, profile, exif),
    }
    bytes
}

/// All of it, as the page gets it.
fn rgba(decoded: &Decoded) -> Vec<u8> {
    let mut rgba = Vec::new();
    (0..decoded.samples.size().1).for_each(|y| decoded.samples.append_row(y, &mut rgba));
    rgba
}

/// What is told of a file beside how strongly a JPEG is compressed, which is told of every one.
fn notes(decoded: &Decoded) -> Vec<Note> {
    decoded.notes.iter().copied().filter(|note| !matches!(note, Note::Jpeg(_))).collect()
}

const FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];

#[test]
fn samples_are_the_files_and_nothing_is_said_of_an_ordinary_picture() {
    let made = picture(40, 30);
    for format in FORMATS {
        let decoded = decode(&encode(&made, format, Vec::new(), Vec::new())).unwrap();
        assert_eq!((notes(&decoded).as_slice(), decoded.profile.len(), decoded.chunks.len()), (&[][..], 0, 0), "{format:?}");
        let exact = rgba(&decoded) == DynamicImage::from(made.clone()).to_rgba8().into_raw();
        assert_eq!(exact, format != ImageFormat::Jpeg, "{format:?}");
    }
    // Colours under any opacity, which a canvas would round away.
    let faint = RgbaImage::from_fn(20, 10, |x, y| Rgba([200, (x * 9) as u8, 7, (y * 20) as u8]));
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&faint, 20, 10, ExtendedColorType::Rgba8).unwrap();
    assert_eq!(rgba(&decode(&bytes).unwrap()), faint.into_raw());
}

#[test]
fn a_turned_picture_is_upright_in_every_format_and_spelling() {
    let made = picture(16, 8);
    for format in FORMATS {
        for prefix in [&b""[..], &b"Exif\0\0"[..]] {
            // JPEG's segment has the head, which its encoder writes.
            if format == ImageFormat::Jpeg && !prefix.is_empty() {
                continue;
            }
            let bytes = encode(&made, format, Vec::new(), [prefix, &exif(6)].concat());
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded.samples.size(), (8, 16), "{format:?} {prefix:?}");
            assert_eq!((notes(&decoded).as_slice(), &decoded.exif), (&[][..], &exif(6)));
            assert_eq!(decoded.notes.contains(&Note::Jpeg(95)), format == ImageFormat::Jpeg);
            assert_eq!(decoded.kind.media_type(), format.to_mime_type());
        }
    }
}

#[test]
fn what_says_how_colours_are_meant_is_kept_and_told_where_it_is_not_srgb() {
    let made = picture(9, 9);
    for format in FORMATS {
        let wide = profile(b"RGB ", b"Display P3");
        let decoded = decode(&encode(&made, format, wide.clone(), Vec::new())).unwrap();
        assert_eq!((notes(&decoded).as_slice(), &decoded.profile), (&[Note::Profile][..], &wide), "{format:?}");
        for usual in [&b"sRGB IEC61966-2.1"[..], b"\0s\0R\0G\0B"] {
            let usual = profile(b"RGB ", usual);
            let decoded = decode(&encode(&made, format, usual.clone(), Vec::new())).unwrap();
            assert_eq!((notes(&decoded).as_slice(), &decoded.profile), (&[][..], &usual), "{format:?}");
        }
        let decoded = decode(&encode(&made, format, profile(b"GRAY", b"Dot Gain"), Vec::new())).unwrap();
        assert_eq!((notes(&decoded).as_slice(), decoded.profile.len()), (&[Note::StrayProfile][..], 0), "{format:?}");
    }
}

/// A chunk as PNG has it. Its check sum is computed here bit by bit.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut sum = u32::MAX;
    for byte in name.iter().chain(content) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    let length = (content.len() as u32).to_be_bytes();
    [&length[..], name, content, &(!sum).to_be_bytes()].concat()
}

#[test]
fn the_chunks_of_png_go_from_file_to_file() {
    let numbers = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>();
    let srgb = numbers(&[31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]);
    let cases = [
        (chunk(b"cICP", &[12, 13, 0, 1]), true),
        (chunk(b"cICP", &[1, 13, 0, 1]), false),
        (chunk(b"gAMA", &numbers(&[100_000])), true),
        ([chunk(b"gAMA", &numbers(&[45_455])), chunk(b"cHRM", &srgb)].concat(), false),
        (chunk(b"cHRM", &numbers(&[31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000])), true),
        // sRGB is said, and overrules the number.
        ([chunk(b"sRGB", &[0]), chunk(b"gAMA", &numbers(&[100_000]))].concat(), false),
    ];
    let plain = encode(&picture(9, 9), ImageFormat::Png, Vec::new(), Vec::new());
    for (chunks, told) in cases {
        let file = with_chunks(plain.clone(), &chunks);
        let decoded = decode(&file).unwrap();
        assert_eq!((&decoded.chunks, decoded.notes.contains(&Note::Profile)), (&chunks, told));
    }
    // Of the wrong length, or after the pixels, it says nothing.
    let odd = with_chunks(plain.clone(), &chunk(b"gAMA", &[1, 2, 3, 4, 5]));
    assert!(decode(&odd).map_or(true, |decoded| decoded.chunks.is_empty()));
    assert!(colours::chunks(&[plain, chunk(b"cICP", &[12, 13, 0, 1])].concat()).is_empty());
}

#[test]
fn sixteen_bits_become_eight_and_that_is_told() {
    let deep = ImageBuffer::from_fn(30, 20, |x, y| Luma([(x * 2000 + y) as u16]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(deep.clone()).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let decoded = decode(bytes.get_ref()).unwrap();
    assert_eq!(decoded.notes, [Note::Deep]);
    assert_eq!(rgba(&decoded), DynamicImage::from(deep).to_rgba8().into_raw());
}

#[test]
fn cut_files_are_refused_wherever_they_are_cut() {
    for format in FORMATS {
        let whole = encode(&picture(60, 50), format, Vec::new(), exif(1));
        for end in (12..whole.len() - 12).step_by(whole.len() / 40) {
            let cut = decode(&whole[..end]);
            assert!(matches!(cut, Err(Undecoded::Damaged { .. } | Undecoded::Unknown)), "{format:?} cut at {end} of {}", whole.len());
        }
    }
}

#[test]
fn the_end_of_a_jpeg_is_its_own() {
    let thumbnail = encode(&picture(8, 8), ImageFormat::Jpeg, Vec::new(), Vec::new());
    let whole = encode(&picture(60, 50), ImageFormat::Jpeg, Vec::new(), Vec::new());
    // A whole thumbnail before a cut picture.
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(((thumbnail.len() + 2) as u16).to_be_bytes());
    segment.extend(&thumbnail);
    let with_thumbnail = [&whole[..2], &segment, &whole[2..]].concat();
    assert!(decode(&with_thumbnail).is_ok());
    assert!(matches!(decode(&with_thumbnail[..with_thumbnail.len() - 40]), Err(Undecoded::Damaged { .. })));
    for more in [vec![0; 100_000], b"ftypmp42 and a film".to_vec(), thumbnail] {
        assert!(decode(&[whole.clone(), more].concat()).is_ok(), "what follows the end does not matter");
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_anything_is_made_of_it() {
    let plain = encode(&picture(9, 9), ImageFormat::Png, Vec::new(), Vec::new());
    let size = [40_000u32.to_be_bytes(), 40_000u32.to_be_bytes()].concat();
    let head = chunk(b"IHDR", &[&size, &[8, 2, 0, 0, 0][..]].concat());
    let bomb = [&plain[..8], &head, &plain[33..]].concat();
    assert_eq!(decode(&bomb).unwrap_err(), Undecoded::TooLarge { width: 40_000, height: 40_000 });
    let mut wide = encode(&picture(60, 50), ImageFormat::Jpeg, Vec::new(), Vec::new());
    let frame = wide.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a frame");
    wide[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(decode(&wide).unwrap_err(), Undecoded::TooLarge { width: 65_535, height: 65_535 });
}

#[test]
fn what_is_no_picture_here_is_left_to_the_browser() {
    for other in [&b"not a picture"[..], b"", b"GIF89a\x01\0\x01\0\0\0\0;", b"\0\0\0\x1cftypavif\0\0\0\0avif"] {
        assert_eq!(decode(other).unwrap_err(), Undecoded::Unknown);
    }
}
