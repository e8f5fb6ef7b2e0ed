//! Tests of the training data on pictures made here: a folder and a shard with every format, broken
//! members, and batches that must not depend on threads or on where a training was resumed.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageFormat, RgbImage};
use infill::metric::psnr;
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::task::{Chroma, HoleCondition, Jpeg, Masks, TaskKind};
use rand::Rng;
use tempfile::TempDir;

use super::loader::Batch;
use super::picture_file::PictureFile;
use super::*;

/// A smooth picture with a little texture, different for every `seed`.
fn painting(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = ((x * (seed % 5 + 1) + y * 3) % 64) * 2;
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, (wave + seed * 11 % 120) as u8])
    })
}

fn encoded(picture: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).expect("an encoder of the test");
    bytes.into_inner()
}

/// One picture of each format.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.png", encoded(painting(40, 30, 1), ImageFormat::Png)),
        ("b.jpeg", encoded(painting(33, 47, 2), ImageFormat::Jpeg)),
        ("c.webp", encoded(painting(150, 90, 3), ImageFormat::WebP)),
        ("d.JPG", encoded(painting(20, 20, 4), ImageFormat::Jpeg)),
    ]
}

fn write_folder(folder: &Path) {
    std::fs::create_dir_all(folder.join("sub")).expect("a folder");
    for (number, (name, bytes)) in files().into_iter().enumerate() {
        let place = if number % 2 == 0 { folder.to_path_buf() } else { folder.join("sub") };
        std::fs::write(place.join(name), bytes).expect("a file");
    }
    std::fs::write(folder.join("notes.txt"), "not a picture").expect("a file");
}

fn write_shard(path: &Path, members: &[(&str, Vec<u8>)]) {
    let mut tar = tar::Builder::new(std::fs::File::create(path).expect("a shard"));
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes.as_slice()).expect("a member");
    }
    tar.finish().expect("the end of a shard");
}

fn decode(bytes: &[u8]) -> anyhow::Result<Picture> {
    PictureFile::decode(bytes)?.over_white()
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn open(path: &Path) -> Dataset {
    Dataset::open(&[text(path)]).expect("a data set")
}

fn failure(sources: &[String]) -> String {
    format!("{:#}", Dataset::open(sources).expect_err("a set that must not open"))
}

#[test]
fn a_folder_is_walked_in_order_and_decodes_every_format() {
    let folder = TempDir::new().expect("a folder");
    let root = folder.path().join("photos");
    write_folder(&root);
    let dataset = open(&root);
    let names: Vec<_> = (0..dataset.len()).map(|index| dataset.name(index)).collect();
    assert_eq!(names, ["photos/a.png", "photos/c.webp", "photos/sub/b.jpeg", "photos/sub/d.JPG"]);
    for (index, (width, height)) in [(40, 30), (150, 90), (33, 47), (20, 20)].into_iter().enumerate() {
        let picture = dataset.decode(index).expect("a whole picture");
        assert_eq!((picture.width(), picture.height()), (width, height), "{}", names[index]);
    }
    assert_eq!(dataset.decode(0).expect("a whole picture").pixels(), painting(40, 30, 1).as_raw());
}

#[test]
fn a_shard_gives_the_same_pictures_with_classes_from_memory_and_from_disk() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("set-train-000.tar");
    let mut members = files();
    members.push(("a.cls", b"forest\n".to_vec()));
    write_shard(&path, &members);
    let dataset = open(&path);
    assert_eq!(dataset.len(), 4);
    assert_eq!(dataset.name(0), "set-train-000.tar:a.png");
    assert_eq!((dataset.class(0), dataset.class(1)), (Some("forest"), None));
    assert_eq!(dataset.decode(0).expect("a whole picture").pixels(), painting(40, 30, 1).as_raw());

    let (on_disk, indexed) = shards::open(&path, false).expect("a shard");
    for (member, (_, bytes)) in indexed.iter().zip(files()) {
        assert_eq!(*on_disk.read(member.offset, member.bytes).expect("a member"), *bytes);
    }
    let record = dataset.describe();
    assert_eq!((record.pictures, record.sources[0].classes["forest"]), (4, 1));
    assert_eq!(record.index_sha256.len(), 64);
    assert_eq!(record, open(&path).describe());
    write_shard(&path, &members[1..]);
    assert_ne!(record.index_sha256, open(&path).describe().index_sha256);
}

#[test]
fn patterns_are_expanded_in_order_and_every_path_is_used_once() {
    let folder = TempDir::new().expect("a folder");
    for name in ["x-train-1.tar", "x-train-0.tar", "x-val-0.tar"] {
        write_shard(&folder.path().join(name), &files()[..1]);
    }
    let pattern = text(&folder.path().join("*-train-*.tar"));
    let dataset = Dataset::open(&[pattern.clone(), pattern]).expect("a data set");
    let names: Vec<_> = (0..dataset.len()).map(|index| dataset.name(index)).collect();
    assert_eq!(names, ["x-train-0.tar:a.png", "x-train-1.tar:a.png"]);
}

#[test]
fn sources_that_give_nothing_are_named() {
    let folder = TempDir::new().expect("a folder");
    let empty = text(folder.path());
    assert!(failure(std::slice::from_ref(&empty)).contains(&empty));
    assert!(failure(&[]).contains("no training data"));
    assert!(failure(&["no/such/place".to_owned()]).contains("no/such/place"));
    assert!(failure(&["no/such/*.tar".to_owned()]).contains("no/such/*.tar"));

    write_shard(&folder.path().join("a.tar"), &files());
    assert!(failure(&[empty]).contains("only when named"));
}

#[test]
fn damaged_shards_are_named() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("cut.tar");
    write_shard(&path, &files());
    let bytes = std::fs::read(&path).expect("the shard");
    std::fs::write(&path, &bytes[..1500]).expect("a cut shard");
    let message = failure(&[text(&path)]);
    assert!(message.contains("cut.tar"), "{message}");
    std::fs::write(&path, vec![7; 4096]).expect("not a shard");
    let message = failure(&[text(&path)]);
    assert!(message.contains("cut.tar"), "{message}");
}

#[test]
fn orientation_transparency_and_depth_are_resolved() {
    let mut clear = image::RgbaImage::from_pixel(3, 2, image::Rgba([10, 20, 30, 0]));
    clear.put_pixel(0, 0, image::Rgba([10, 20, 30, 255]));
    let mut bytes = Cursor::new(Vec::new());
    clear.write_to(&mut bytes, ImageFormat::Png).expect("a png");
    let picture = decode(bytes.get_ref()).expect("a picture");
    assert_eq!(&picture.pixels()[..6], [10, 20, 30, 255, 255, 255]);

    let deep = image::ImageBuffer::from_pixel(2, 2, image::Luma([0x8080u16]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma16(deep).write_to(&mut bytes, ImageFormat::Png).expect("a png");
    assert_eq!(decode(bytes.get_ref()).expect("a picture").pixels(), [0x80; 12]);

    // An EXIF segment that says "rotate by 90°" (tag 0x0112, value 6), put behind the start marker.
    let exif = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let jpeg = encoded(painting(24, 16, 5), ImageFormat::Jpeg);
    let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
    let picture = decode(&turned).expect("a picture");
    assert_eq!((picture.width(), picture.height()), (16, 24));
}

fn settings(threads: usize) -> LoaderSettings {
    LoaderSettings {
        size: 16,
        smaller_before: None,
        smallest_crop: 0.7,
        masks: Masks::Paper,
        batch: 3,
        tasks: TaskKind::ALL.to_vec(),
        hole: HoleCondition::Smooth,
        seed: 5,
        threads,
        prefetch: 2,
    }
}

/// Two pictures of nine are broken: one is no picture, one is cut.
fn damaged_set(folder: &TempDir) -> Arc<Dataset> {
    let path = folder.path().join("mixed.tar");
    let mut members: Vec<(String, Vec<u8>)> =
        (0..7).map(|number| (format!("{number}.png"), encoded(painting(30 + number, 40, number), ImageFormat::Png))).collect();
    let cut = encoded(painting(60, 60, 9), ImageFormat::Png);
    members.insert(2, ("cut.png".to_owned(), cut[..cut.len() / 2].to_vec()));
    members.push(("text.jpg".to_owned(), b"hello".to_vec()));
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    write_shard(&path, &members);
    Arc::new(open(&path))
}

fn batches(dataset: &Arc<Dataset>, threads: usize, first: u64, count: usize) -> Vec<Batch> {
    let mut loader = Loader::new(Arc::clone(dataset), settings(threads), first);
    (0..count).map(|_| loader.next().expect("a batch")).collect()
}

fn assert_same(left: &[Batch], right: &[Batch]) {
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(right) {
        assert_eq!((left.step, &left.names), (right.step, &right.names));
        for (left, right) in left.examples.iter().zip(&right.examples) {
            assert_eq!(left.kind, right.kind);
            assert_eq!(left.condition, right.condition);
            assert_eq!(left.picture, right.picture);
            assert_eq!(left.mask, right.mask);
        }
    }
}

#[test]
fn batches_are_the_same_for_any_threads_and_after_any_resume() {
    let folder = TempDir::new().expect("a folder");
    let dataset = damaged_set(&folder);
    let straight = batches(&dataset, 1, 0, 12);
    assert_same(&straight, &batches(&dataset, 3, 0, 12));
    assert_same(&straight[5..], &batches(&dataset, 2, 5, 7));
    assert_eq!(straight.iter().map(|batch| batch.step).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    assert_ne!(straight[0].examples[0].picture, straight[3].examples[0].picture);
    let other = LoaderSettings { seed: 6, ..settings(1) };
    let other = Loader::new(dataset, other, 0).next().expect("a batch");
    assert_ne!(other.examples[0].picture, straight[0].examples[0].picture);
}

#[test]
fn squares_are_cut_at_the_scales_that_are_asked_for() {
    let folder = TempDir::new().expect("a folder");
    let steep = RgbImage::from_fn(200, 200, |x, _| image::Rgb([x as u8, 0, 0]));
    steep.save(folder.path().join("steep.png")).expect("a picture");
    let dataset = Arc::new(open(folder.path()));
    // How much of the picture's width a sample shows, from how much its red rises from pixel to pixel.
    let parts_of = |task: TaskKind, smallest_crop: f64, size: usize| -> Vec<f64> {
        let settings = LoaderSettings { smallest_crop, size, batch: 60, tasks: vec![task], ..settings(1) };
        let batch = Loader::new(dataset.clone(), settings, 0).next().expect("a batch");
        let part = |example: &infill::task::Example| {
            let row = &example.picture[..size];
            let rise = f64::from(row[size - 3] - row[2]).abs() * 127.5 / (size - 5) as f64;
            rise * size as f64 / 200.0
        };
        batch.examples.iter().map(part).collect()
    };
    let parts = |smallest_crop, size| parts_of(TaskKind::Inpaint, smallest_crop, size);
    let between = |parts: &[f64], low: f64, high: f64| parts.iter().all(|part| (low - 0.03..=high + 0.03).contains(part));
    assert!(between(&parts(0.7, 16), 0.7, 1.0));
    let mixed = parts(0.2, 16);
    assert!(between(&mixed, 0.2, 1.0) && mixed.iter().any(|part| *part < 0.35) && mixed.iter().any(|part| *part > 0.85), "{mixed:?}");
    // Of 200 pixels no 40 become 128: below 0.7 of those there is nothing to be seen.
    let sharp = parts(0.2, 128);
    assert!(between(&sharp, 0.7 * 128.0 / 200.0, 1.0) && sharp.iter().any(|part| *part < 0.55), "{sharp:?}");
    // What is to be repaired is never enlarged: half of it is as large as in the picture, and so is what would be.
    let own = 128.0 / 200.0;
    let repaired = parts_of(TaskKind::Restore, 0.2, 128);
    let of_own_size = repaired.iter().filter(|part| (**part - own).abs() < 0.01).count();
    assert!(between(&repaired, own, 1.0) && (30..55).contains(&of_own_size), "{repaired:?}");
}

#[test]
fn an_epoch_shows_every_whole_picture_and_no_broken_one() {
    let folder = TempDir::new().expect("a folder");
    let dataset = damaged_set(&folder);
    let mut loader = Loader::new(Arc::clone(&dataset), settings(2), 0);
    // Three batches of three are one epoch of the nine pictures.
    for _ in 0..2 {
        let mut names: Vec<String> = (0..3).flat_map(|_| loader.next().expect("a batch").names).collect();
        assert_eq!(names.len(), 9);
        names.sort();
        names.dedup();
        let whole: Vec<_> = (0..7).map(|number| format!("mixed.tar:{number}.png")).collect();
        assert_eq!(names, whole);
    }
    assert_eq!(loader.broken(), 2);
}

#[test]
fn a_set_of_broken_pictures_is_an_error_not_a_wait() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("broken.tar");
    write_shard(&path, &[("a.png", b"no".to_vec()), ("b.webp", b"neither".to_vec())]);
    let mut loader = Loader::new(Arc::new(open(&path)), settings(2), 0);
    let message = format!("{:#}", loader.next().expect_err("nothing to train on"));
    assert!(message.contains("2 pictures") && message.contains("broken.tar:a.png"), "{message}");
}

#[test]
fn samples_are_complete() {
    let folder = TempDir::new().expect("a folder");
    let dataset = damaged_set(&folder);
    let mut seen = Vec::new();
    for batch in batches(&dataset, 2, 0, 12) {
        for example in batch.examples {
            assert_eq!(example.condition.len(), 3 * 16 * 16);
            assert_eq!(example.picture.len(), 3 * 16 * 16);
            assert_eq!(example.mask.len(), 16 * 16);
            assert!(example.picture.iter().all(|value| (-1.0..=1.0).contains(value)));
            assert_ne!(example.condition, example.picture, "{}", example.kind);
            seen.push(example.kind);
        }
    }
    assert!(TaskKind::ALL.iter().all(|kind| seen.contains(kind)));
}

#[test]
fn lower_jpeg_quality_loses_more() {
    let mut rng = noise::stream(1, Purpose::Augmentation, 0, 0);
    let mut pixels = painting(64, 64, 3).into_raw();
    for value in &mut pixels {
        *value = value.saturating_add((rng.next_u32() % 24) as u8);
    }
    let picture = Picture::new(64, 64, pixels).expect("a picture");
    for chroma in [Chroma::Full, Chroma::Halved] {
        let quality = |quality| psnr(&picture, &round_trip(&picture, Jpeg { quality, chroma }).expect("a round trip"), None);
        let [worst, bad, fair, good] = [5, 10, 20, 95].map(quality);
        assert!(worst + 0.4 < bad && bad + 0.4 < fair && fair + 0.4 < good, "{chroma:?}: {worst} {bad} {fair} {good}");
        assert!(good.is_finite());
    }
}
