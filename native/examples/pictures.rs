//! Makes `docs/results.png`, `docs/failures.png` and `docs/panorama.png`: two scenes drawn by a program (`docs/scene.png`,
//! `docs/flowers.png`), what the shipped model is given of them, and below each what it answers by the command line; and
//! `docs/photograph.jpg` of a photograph likewise (`docs/rocket.jpg`). Started by `cargo xtask pictures`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use image::{
    GrayImage, Rgb, RgbImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
    imageops,
};
use infill::{
    mask::{Mask, Shape},
    picture::Picture,
};

/// Pixels between two pictures of a sheet.
const GAP: u32 = 8;
/// How a sheet shows what is to be filled.
const MARK: Rgb<u8> = Rgb([236, 72, 112]);
const WHITE: Rgb<u8> = Rgb([255, 255, 255]);
/// Quality of the JPEG that is to be repaired.
const QUALITY: u8 = 10;

/// A picture above another.
struct Column(RgbImage, RgbImage);

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(program), Some(root)) = (arguments.next(), arguments.next()) else { bail!("this is started by `cargo xtask pictures`") };
    let docs = root.join("docs");
    let folder = tempfile::tempdir()?;
    let maker = Maker { program: fs::canonicalize(program)?, root: root.clone(), folder: folder.path().to_owned() };
    let (scene, flowers) = (open(&docs.join("scene.png"))?, open(&docs.join("flowers.png"))?);
    let (width, height) = scene.dimensions();

    let brush = |from, to| Shape::Segment { from, to, radius: 6.0 };
    let small = [brush((60.0, 60.0), (92.0, 87.0)), brush((92.0, 87.0), (121.0, 81.0)), Shape::Disc { x: 193.0, y: 113.0, radius: 20.0 }];
    let sides = [width * 3 / 16, width * 3 / 16];
    let results = [maker.fill(&scene, &small)?, maker.extend(&scene, sides)?, maker.colour(&scene)?, maker.repair(&scene)?];
    save(&sheet(&results), &docs.join("results.png"))?;

    let left = imageops::crop_imm(&scene, 0, 0, width / 2, height).to_image();
    let large = [Shape::Disc { x: 130.5, y: 95.5, radius: 68.0 }];
    let failures =
        [maker.fill(&scene, &large)?, maker.extend(&left, [0, width / 2])?, maker.colour(&flowers)?, Column(flowers, scene.clone())];
    save(&sheet(&failures), &docs.join("failures.png"))?;

    // Four extensions to each side: each window is as wide as the scene is high, and half of it is new.
    let Column(_, panorama) = maker.extend(&scene, [4 * height / 2; 2])?;
    save(&panorama, &docs.join("panorama.png"))?;

    let rocket = open(&docs.join("rocket.jpg"))?;
    let mast = |from, to, radius| Shape::Segment { from, to, radius };
    let masts = [
        mast((199.0, 116.0), (197.0, 250.0), 14.0),
        mast((197.0, 250.0), (193.0, 352.0), 24.0),
        mast((449.0, 116.0), (452.0, 250.0), 14.0),
        mast((452.0, 250.0), (459.0, 352.0), 24.0),
    ];
    let mut photograph = Vec::new();
    JpegEncoder::new_with_quality(&mut photograph, 85).encode_image(&sheet(&[maker.fill(&rocket, &masts)?]))?;
    fs::write(docs.join("photograph.jpg"), photograph).context("cannot write docs/photograph.jpg")?;
    println!("docs/results.png, docs/failures.png, docs/panorama.png and docs/photograph.jpg are made");
    Ok(())
}

/// Runs the command line, with the models that are shipped.
struct Maker {
    program: PathBuf,
    root: PathBuf,
    folder: PathBuf,
}

impl Maker {
    fn fill(&self, picture: &RgbImage, hole: &[Shape]) -> Result<Column> {
        let (width, height) = picture.dimensions();
        let mut mask = Mask::empty(width as usize, height as usize);
        hole.iter().for_each(|shape| mask.draw(shape, true));
        let mask_file = self.folder.join("mask.png");
        let covered = GrayImage::from_raw(width, height, mask.values().to_vec()).context("the mask has another size")?;
        covered.save(&mask_file)?;
        let inside = |x: u32, y: u32| mask.covers(x as usize, y as usize);
        let given = RgbImage::from_fn(width, height, |x, y| if inside(x, y) { MARK } else { *picture.get_pixel(x, y) });
        let file = self.save(picture)?;
        Ok(Column(given, self.answer(&["inpaint", "--mask", &mask_file.to_string_lossy()], &file)?))
    }

    /// Extended to the left and to the right.
    fn extend(&self, picture: &RgbImage, [left, right]: [u32; 2]) -> Result<Column> {
        let mut given = RgbImage::from_pixel(left + picture.width() + right, picture.height(), WHITE);
        imageops::replace(&mut given, picture, left.into(), 0);
        let file = self.save(picture)?;
        Ok(Column(given, self.answer(&["uncrop", "--left", &left.to_string(), "--right", &right.to_string()], &file)?))
    }

    fn colour(&self, picture: &RgbImage) -> Result<Column> {
        let (width, height) = picture.dimensions();
        let grey = Picture::new(width as usize, height as usize, picture.as_raw().clone())?.grey();
        let given = RgbImage::from_raw(width, height, grey.into_pixels()).context("the grey picture has another size")?;
        let file = self.save(&given)?;
        Ok(Column(given, self.answer(&["colorize"], &file)?))
    }

    fn repair(&self, picture: &RgbImage) -> Result<Column> {
        let file = self.folder.join("given.jpg");
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(picture)?;
        fs::write(&file, bytes)?;
        Ok(Column(open(&file)?, self.answer(&["restore"], &file)?))
    }

    fn save(&self, picture: &RgbImage) -> Result<PathBuf> {
        let file = self.folder.join("given.png");
        picture.save(&file)?;
        Ok(file)
    }

    fn answer(&self, arguments: &[&str], given: &Path) -> Result<RgbImage> {
        let output = self.folder.join("answer.png");
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root).env_remove("INFILL_MODEL");
        command.args(arguments).arg(given).args(["--device", "cpu", "--force", "--output"]).arg(&output);
        let status = command.status().with_context(|| format!("cannot start {}", self.program.display()))?;
        if !status.success() {
            bail!("{command:?} failed ({status})");
        }
        open(&output)
    }
}

/// Compressed as far as the encoder goes, because it is kept in the tree.
fn save(picture: &RgbImage, file: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive))?;
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn open(file: &Path) -> Result<RgbImage> {
    Ok(image::open(file).with_context(|| format!("cannot read {}", file.display()))?.into_rgb8())
}

fn sheet(columns: &[Column]) -> RgbImage {
    let widths = columns.iter().map(|Column(above, below)| above.width().max(below.width()));
    let height = columns.iter().map(|Column(above, _)| above.height()).max().unwrap_or(0);
    let mut sheet = RgbImage::from_pixel(widths.clone().sum::<u32>() + GAP * (columns.len() as u32 - 1), 2 * height + GAP, WHITE);
    let mut x = 0i64;
    for (Column(above, below), width) in columns.iter().zip(widths) {
        imageops::replace(&mut sheet, above, x, 0);
        imageops::replace(&mut sheet, below, x, i64::from(height + GAP));
        x += i64::from(width + GAP);
    }
    sheet
}
