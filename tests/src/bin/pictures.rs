//! Makes `docs/results.png` and `docs/failures.png`: two scenes drawn by a program (`docs/scene.png`, `docs/flowers.png`), what
//! the shipped model is given of them, and below each what it answers by the command line. Started by `cargo xtask pictures`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use image::{
    GrayImage, Luma, Rgb, RgbImage,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
    imageops,
};
use xtask::tools;

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
    let program = std::env::args_os().nth(1).map(PathBuf::from).context("this program is started by `cargo xtask pictures`")?;
    let docs = tools::root().join("docs");
    let folder = tempfile::tempdir()?;
    let maker = Maker { program, folder: folder.path().to_owned() };
    let (scene, flowers) = (open(&docs.join("scene.png"))?, open(&docs.join("flowers.png"))?);
    let (width, height) = scene.dimensions();

    let small =
        |x: f64, y: f64| stroke(x, y, [(60.0, 60.0), (92.0, 87.0), (121.0, 81.0)], 6.0) || ellipse(x, y, [193.0, 113.0], [23.0, 18.0]);
    let sides = [width * 3 / 16, width * 3 / 16];
    let results = [maker.fill(&scene, small)?, maker.extend(&scene, sides)?, maker.colour(&scene)?, maker.repair(&scene)?];
    save(&sheet(&results), &docs.join("results.png"))?;

    let left = imageops::crop_imm(&scene, 0, 0, width / 2, height).to_image();
    let large = |x: f64, y: f64| ellipse(x, y, [130.5, 95.5], [70.5, 66.0]);
    let failures = [maker.fill(&scene, large)?, maker.extend(&left, [0, width / 2])?, maker.colour(&flowers)?, Column(flowers, scene)];
    save(&sheet(&failures), &docs.join("failures.png"))?;
    println!("docs/results.png and docs/failures.png are made");
    Ok(())
}

/// Runs the command line.
struct Maker {
    program: PathBuf,
    folder: PathBuf,
}

impl Maker {
    fn fill(&self, picture: &RgbImage, hole: impl Fn(f64, f64) -> bool) -> Result<Column> {
        let (width, height) = picture.dimensions();
        let inside = |x: u32, y: u32| hole(f64::from(x) + 0.5, f64::from(y) + 0.5);
        let mask = self.folder.join("mask.png");
        GrayImage::from_fn(width, height, |x, y| Luma([if inside(x, y) { 255 } else { 0 }])).save(&mask)?;
        let given = RgbImage::from_fn(width, height, |x, y| if inside(x, y) { MARK } else { *picture.get_pixel(x, y) });
        let given_file = self.save(picture)?;
        Ok(Column(given, self.answer(&["inpaint", "--mask", &mask.to_string_lossy()], &given_file)?))
    }

    /// Extended to the left and to the right.
    fn extend(&self, picture: &RgbImage, [left, right]: [u32; 2]) -> Result<Column> {
        let mut given = RgbImage::from_pixel(left + picture.width() + right, picture.height(), WHITE);
        imageops::replace(&mut given, picture, left.into(), 0);
        let file = self.save(picture)?;
        Ok(Column(given, self.answer(&["uncrop", "--left", &left.to_string(), "--right", &right.to_string()], &file)?))
    }

    fn colour(&self, picture: &RgbImage) -> Result<Column> {
        // Rec. 601, as the program's own; the other weights that are in use let red petals vanish in the meadow.
        let luma = |Rgb([red, green, blue]): &Rgb<u8>| 0.299 * f64::from(*red) + 0.587 * f64::from(*green) + 0.114 * f64::from(*blue);
        let given = RgbImage::from_fn(picture.width(), picture.height(), |x, y| Rgb([luma(picture.get_pixel(x, y)).round() as u8; 3]));
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
        command.args(arguments).arg(given).args(["--device", "cpu", "--force", "--model"]);
        command.arg(tools::root().join("web/models/nature.infill")).arg("--output").arg(&output);
        tools::run(command)?;
        open(&output)
    }
}

/// As small as a PNG can be, because it is kept in the tree.
fn save(picture: &RgbImage, file: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive))?;
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn open(file: &Path) -> Result<RgbImage> {
    Ok(image::open(file).with_context(|| format!("cannot read {}", file.display()))?.into_rgb8())
}

fn ellipse(x: f64, y: f64, centre: [f64; 2], radii: [f64; 2]) -> bool {
    ((x - centre[0]) / radii[0]).powi(2) + ((y - centre[1]) / radii[1]).powi(2) <= 1.0
}

/// Whether a point is within `radius` of a line through three points.
fn stroke(x: f64, y: f64, points: [(f64, f64); 3], radius: f64) -> bool {
    points.windows(2).any(|ends| {
        let [(x0, y0), (x1, y1)] = [ends[0], ends[1]];
        let (along_x, along_y) = (x1 - x0, y1 - y0);
        let share = (((x - x0) * along_x + (y - y0) * along_y) / along_x.hypot(along_y).powi(2)).clamp(0.0, 1.0);
        (x - x0 - share * along_x).hypot(y - y0 - share * along_y) <= radius
    })
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
