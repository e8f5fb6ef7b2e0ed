//! A disk that is full: the error says so, and what was there before is whole. The disk is a small one in memory, which needs
//! the right to mount; where there is none, that is said.
#![cfg(target_os = "linux")]

mod support;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use image::RgbImage;
use infill::model_file::ModelFile;
use support::{add_pictures, expect, infill, messages, sample, strays, workplace};
use tempfile::TempDir;

/// A folder that is a disk of its own, until the end of the test.
struct Disk {
    path: PathBuf,
    _around: TempDir,
}

impl Disk {
    /// One of 32 MiB; none where mounting is not allowed.
    fn mount() -> Option<Self> {
        let around = TempDir::new().unwrap();
        let path = around.path().join("disk");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32m", "tmpfs"]).arg(&path).stderr(Stdio::null()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self { path, _around: around });
        }
        // Not by a macro, whose output the test runner keeps to itself.
        std::io::stderr().write_all(b"\nSKIPPED: a full disk is not tried, because nothing may be mounted here\n").unwrap();
        None
    }

    fn free(&self) -> usize {
        let output = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.path).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap()
    }

    /// Fills it up to so many bytes.
    fn leave(&self, bytes: usize) {
        let filler = self.path.join("filler");
        let _ = fs::remove_file(&filler);
        fs::write(&filler, vec![7; self.free() - bytes]).unwrap();
        assert!(self.free() <= bytes, "{} bytes are free", self.free());
    }

    fn empty(&self) {
        fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

#[test]
fn pictures_and_models_are_written_whole_or_the_old_ones_stay() {
    let Some(disk) = Disk::mount() else { return };
    let folder = workplace();
    let path = folder.path();
    let [picture, model] = ["out.png", "small.infill"].map(|name| disk.path.join(name));
    RgbImage::from_pixel(3, 3, image::Rgb([1, 2, 3])).save(&picture).unwrap();
    fs::write(&model, "an older model").unwrap();
    let old = [&picture, &model].map(|path| fs::read(path).unwrap());
    disk.leave(0);
    let said = ["cannot write", "No space left on device"];
    expect(&sample(path, &format!("restore photo.png --force -o {}", picture.display())), 1, &said);
    expect(&infill(path, &format!("export model.infill --force -o {}", model.display())), 1, &said);
    assert_eq!([&picture, &model].map(|path| fs::read(path).unwrap()), old);
    assert!(strays(&disk.path, &["out.png", "small.infill", "filler"]).is_empty());
    disk.empty();
    expect(&sample(path, &format!("restore photo.png --force -o {}", picture.display())), 0, &[]);
    assert_eq!(image::image_dimensions(&picture).unwrap(), (60, 44));
}

#[test]
fn a_run_goes_on_from_the_checkpoint_before_the_disk_was_full() {
    let Some(disk) = Disk::mount() else { return };
    let path = disk.path.as_path();
    add_pictures(path, 4);
    let run = "train --preset tiny --data pictures --run run --batch 1 --device cpu --threads 1 --sample-every 0 --checkpoint-every 1";
    expect(&infill(path, &format!("{run} --keep-checkpoints 9 --steps 2")), 0, &[]);
    let checkpoint = |step: u64| path.join(format!("run/checkpoints/step-{step:08}.safetensors"));
    let model = path.join("run/model.infill");
    let length = |path: &Path| fs::metadata(path).unwrap().len() as usize;
    let before = [checkpoint(1), checkpoint(2), model.clone()].map(|path| fs::read(path).unwrap());
    // Room for statistics and settings, and half a checkpoint.
    let small = 100_000;
    disk.leave(length(&checkpoint(2)) / 2 + small);
    let resume = |steps: u64| infill(path, &format!("train --run run --resume --device cpu --steps {steps}"));
    expect(&resume(5), 1, &["cannot save run/checkpoints/step-00000003.safetensors", "No space left on device"]);
    assert!([checkpoint(1), checkpoint(2), model.clone()].map(|path| fs::read(path).unwrap()) == before, "something was lost");
    // Room for the checkpoint, and for half of the model that is written after it.
    disk.leave(length(&checkpoint(2)) + length(&model) / 2 + small);
    expect(&resume(5), 1, &["model.infill", "No space left on device"]);
    assert!(fs::read(&model).unwrap() == before[2], "the model was lost");
    assert_eq!(ModelFile::parse(&before[2]).unwrap().training.steps, 2);
    let unfinished: Vec<_> = strays(&path.join("run/checkpoints"), &[]).into_iter().filter(|file| file.extension().is_none()).collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
    disk.empty();
    let output = resume(5);
    expect(&output, 0, &["going on after step 3"]);
    assert!(!messages(&output).contains("passed over"), "{}", messages(&output));
    assert_eq!(ModelFile::parse(&fs::read(&model).unwrap()).unwrap().training.steps, 5);
}
