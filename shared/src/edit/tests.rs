//! Edits with denoisers whose answers are known.

use std::cell::Cell;

use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

use super::{progress_tests::read, *};
use crate::{
    config::SettingsError,
    config::{ModelConfig, SamplerSettings, TaskKind},
    denoiser::{Denoiser, Model},
    mask::{Mask, Shape, free_form},
    noise::{Purpose, stream},
    picture::Picture,
    picture::{from_unit, luma},
    sampler::SamplerKind,
    task::{Border, Task, TaskError},
};

/// A model that answers with a function of the condition and the noisy picture, `[3, 16, 16]` each.
struct Fake<F> {
    answer: F,
    evaluations: Cell<usize>,
}

struct FakeDenoiser<'a, F> {
    model: &'a Fake<F>,
    condition: Vec<f32>,
}

fn fake<F: Fn(&[f32], &[f32]) -> Vec<f32>>(answer: F) -> Fake<F> {
    Fake { answer, evaluations: Cell::new(0) }
}

impl<F: Fn(&[f32], &[f32]) -> Vec<f32>> EditModel for Fake<F> {
    type Conditioned<'a>
        = FakeDenoiser<'a, F>
    where
        Self: 'a;

    fn conditioned(&self, condition: Tensor<4>, _: Option<Tensor<4>>, _: Vec<TaskKind>) -> FakeDenoiser<'_, F> {
        FakeDenoiser { model: self, condition: read(condition) }
    }

    fn device(&self) -> Device {
        Device::flex()
    }
}

impl<F: Fn(&[f32], &[f32]) -> Vec<f32>> Denoiser for FakeDenoiser<'_, F> {
    fn denoise(&self, noisy: Tensor<4>, _noise_level: f64) -> Tensor<4> {
        self.model.evaluations.set(self.model.evaluations.get() + 1);
        let (shape, device) = (noisy.dims(), noisy.device());
        let answer = (self.model.answer)(&self.condition, &read(noisy));
        Tensor::from_data(TensorData::new(answer, shape), &device)
    }
}

fn one_colour(colour: [f32; 3]) -> impl Fn(&[f32], &[f32]) -> Vec<f32> {
    move |condition, _| {
        let area = condition.len() / 3;
        (0..3 * area).map(|place| colour[place / area]).collect()
    }
}

/// The plane through the known pixels, which are those where condition and noisy picture agree.
fn linear(condition: &[f32], noisy: &[f32]) -> Vec<f32> {
    let area = condition.len() / 3;
    let side = area.isqrt();
    let mut answer = Vec::new();
    for channel in 0..3 {
        let known = (0..area).filter(|place| condition[channel * area + place] == noisy[channel * area + place]);
        let points: Vec<[f64; 3]> =
            known.map(|place| [(place % side) as f64, (place / side) as f64, f64::from(condition[channel * area + place])]).collect();
        let count = points.len() as f64;
        let mean = |index: usize| points.iter().map(|point| point[index]).sum::<f64>() / count;
        let means = [mean(0), mean(1), mean(2)];
        let moment = |a: usize, b: usize| points.iter().map(|point| (point[a] - means[a]) * (point[b] - means[b])).sum::<f64>();
        let (xx, xy, yy, xv, yv) = (moment(0, 0), moment(0, 1), moment(1, 1), moment(0, 2), moment(1, 2));
        let determinant = xx * yy - xy * xy;
        let slopes = [(xv * yy - yv * xy) / determinant, (yv * xx - xv * xy) / determinant];
        answer.extend((0..area).map(|place| {
            let (x, y) = ((place % side) as f64, (place / side) as f64);
            (means[2] + slopes[0] * (x - means[0]) + slopes[1] * (y - means[1])) as f32
        }));
    }
    answer
}

/// The condition itself.
fn echo(condition: &[f32], _noisy: &[f32]) -> Vec<f32> {
    condition.to_vec()
}

fn settings(steps: usize, seed: u64) -> SamplerSettings {
    SamplerSettings { steps, seed, ..SamplerSettings::default() }
}

fn config() -> ModelConfig {
    ModelConfig::preset("tiny").unwrap()
}

fn begin(picture: &Picture, task: Task, settings: SamplerSettings) -> Result<Edit, EditError> {
    Edit::new(EditRequest { picture: picture.clone(), task, settings }, &config())
}

fn drive(mut edit: Edit, model: &impl EditModel) -> Picture {
    loop {
        match edit.step(model) {
            EditState::Running => {}
            EditState::Read(tensor) => edit.accept(&read(tensor)).unwrap(),
            EditState::Finished => return edit.into_result(),
        }
    }
}

fn edited(picture: &Picture, task: Task, model: &impl EditModel) -> Picture {
    let edit = begin(picture, task, settings(2, 1)).unwrap();
    let size = edit.output_size();
    let result = drive(edit, model);
    assert_eq!((result.width(), result.height()), size);
    result
}

fn picture(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let pixels = (0..width * height).flat_map(|place| pixel(place % width, place / width)).collect();
    Picture::new(width, height, pixels).unwrap()
}

fn textured(width: usize, height: usize) -> Picture {
    picture(width, height, |x, y| [(x * 37 + y * 11) as u8, (x * y * 5 + 90) as u8, (y * 53) as u8])
}

/// A ramp that stays inside 0 to 255 for 150 pixels from its middle.
fn ramp(x: isize, y: isize) -> [u8; 3] {
    [x, y, -x].map(|place| (128.0 + 0.7 * place as f64).round() as u8)
}

fn worst(first: &Picture, second: &Picture) -> u8 {
    assert_eq!((first.width(), first.height()), (second.width(), second.height()));
    let pairs = first.pixels().iter().zip(second.pixels());
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

fn disc(width: usize, height: usize, x: f32, y: f32, radius: f32) -> Mask {
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Disc { x, y, radius }, true);
    mask
}

#[test]
fn holes_of_every_size_are_filled_in_place() {
    let truth = picture(200, 120, |x, y| ramp(x as isize - 100, y as isize - 60));
    for radius in [1.0, 3.0, 20.0, 45.0] {
        let mask = disc(200, 120, 83.0, 61.5, radius);
        let mut given = truth.clone();
        for y in 0..120 {
            for x in (0..200).filter(|x| mask.coverage(*x, y) > 0) {
                given.set(x, y, [255, 0, 255]);
            }
        }
        let result = edited(&given, Task::Inpaint { mask: mask.clone() }, &fake(linear));
        for y in 0..120 {
            for x in 0..200 {
                let (made, wanted) = (result.get(x, y), truth.get(x, y));
                match mask.coverage(x, y) {
                    0 => assert_eq!(made, wanted),
                    // A slope ends one of the net's pixels before the rim, where the answer is compared with the picture.
                    255 => {
                        assert!((0..3).all(|c| made[c].abs_diff(wanted[c]) <= 4), "{made:?}, not {wanted:?} at {x}, {y} of radius {radius}")
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn soft_edges_are_blended() {
    let black = Picture::filled(20, 20, [0; 3]);
    let mut mask = Mask::empty(20, 20);
    (7..12).for_each(|y| mask.row_mut(y)[6..11].copy_from_slice(&[255, 51, 102, 255, 255]));
    // White in the middle, black towards the picture on all sides, as it is there.
    let answer = |condition: &[f32], _: &[f32]| {
        let area = condition.len() / 3;
        let inside = |place: usize| (6..=7).contains(&(place % 16)) && (6..=8).contains(&(place / 16));
        (0..3 * area).map(|place| if inside(place % area) { 1.0 } else { -1.0 }).collect()
    };
    let result = edited(&black, Task::Inpaint { mask }, &fake(answer));
    let made = [5, 6, 7, 8, 9, 10].map(|x| result.get(x, 9)[0]);
    assert!(made.iter().zip([0, 0, 51, 102, 0, 0]).all(|(made, wanted)| made.abs_diff(wanted) <= 2), "{made:?}");
}

#[test]
fn later_holes_see_earlier_ones() {
    // Two holes, too far apart for one window at full size; the second window reaches into the first.
    let mut mask = disc(60, 24, 8.0, 12.0, 3.0);
    mask.draw(&Shape::Disc { x: 21.0, y: 12.0, radius: 4.0 }, true);
    let edit = begin(&textured(60, 24), Task::Inpaint { mask }, settings(1, 0)).unwrap();
    assert_eq!(edit.total_steps(), 2);
    let noise = Cell::new(0);
    drive(
        edit,
        &fake(|condition: &[f32], noisy: &[f32]| {
            // Where the two agree the pixel is known; count what is not, in the last window.
            noise.set(condition.iter().zip(noisy).take(256).filter(|(a, b)| a != b).count());
            vec![0.2; condition.len()]
        }),
    );
    let second = disc(60, 24, 21.0, 12.0, 4.0).values().iter().filter(|value| **value > 0).count();
    assert_eq!(noise.get(), second, "only its own hole is unknown in the last window");
}

#[test]
fn a_full_mask_is_generated_whole() {
    for (width, height) in [(40, 30), (5, 9), (1, 1)] {
        let result =
            edited(&textured(width, height), Task::Inpaint { mask: Mask::full(width, height) }, &fake(one_colour([0.0, 1.0, -1.0])));
        assert_eq!(result, Picture::filled(width, height, [128, 255, 0]));
    }
}

#[test]
fn uncropping_continues_the_picture_in_stages() {
    let known = picture(48, 32, |x, y| ramp(x as isize - 24, y as isize - 16));
    let truth = picture(48 + 57, 32 + 41, |x, y| ramp(x as isize - 24 - 23, y as isize - 16 - 20));
    let task = Task::Uncrop(Border { left: 23, top: 20, right: 34, bottom: 21 });
    let result = edited(&known, task, &fake(linear));
    assert_eq!(result.crop(23, 20, 48, 32), known, "the known part is kept");
    // A slope ends one of the net's pixels before the rim, and errors of rounding grow a little from stage to stage.
    assert!(worst(&result, &truth) <= 8, "{}", worst(&result, &truth));
}

#[test]
fn restoring_with_nothing_to_do_gives_the_picture() {
    for (width, height) in [(16, 16), (40, 33), (100, 17), (3, 5), (1, 70)] {
        let source = textured(width, height);
        assert_eq!(edited(&source, Task::restore(), &fake(echo)), source, "{width}×{height}");
    }
}

#[test]
fn tiles_share_their_noise() {
    // One step from noise to 0.3 times that noise: where tiles overlap both must say the same.
    let source = textured(70, 40);
    let result = drive(
        begin(&source, Task::restore(), settings(1, 9)).unwrap(),
        &fake(|_: &[f32], noisy: &[f32]| noisy.iter().map(|value| 0.3 * value).collect()),
    );
    for y in 0..40u64 {
        let block = crate::noise::gaussian(&mut stream(9, Purpose::Start, y, 0), 3 * 64);
        for x in 0..64 {
            let wanted = [0, 1, 2].map(|channel| from_unit((0.3 * block[3 * x + channel]).clamp(-1.0, 1.0)));
            let made = result.get(x, y as usize);
            assert!((0..3).all(|c| made[c].abs_diff(wanted[c]) <= 1), "{made:?}, not {wanted:?} at {x}, {y}");
        }
    }
}

#[test]
fn colours_come_from_the_net_and_luma_from_the_picture() {
    for (width, height) in [(16, 16), (90, 61), (200, 20), (17, 150), (4, 7)] {
        let grey = textured(width, height).grey();
        let result = edited(&grey, Task::colorize(), &fake(one_colour([0.4, 0.0, -0.6])));
        for y in 0..height {
            for x in 0..width {
                let (made, wanted) = (result.get(x, y), luma(grey.get(x, y)));
                assert!((luma(made) - wanted).abs() <= 1.0, "{made:?} at luma {wanted}");
                if (90.0..150.0).contains(&wanted) {
                    // R − B is 1.0 · 127.5 in the net's answer.
                    let span = i32::from(made[0]) - i32::from(made[2]);
                    assert!((125..=130).contains(&span), "{made:?} of {width}×{height}");
                }
            }
        }
    }
}

#[test]
fn colours_end_where_things_do() {
    // An edge that does not lie on the net's grid (16 pixels a cell), and a net whose colour follows luma.
    let grey = picture(256, 256, |x, _| if x < 133 { [60; 3] } else { [180; 3] });
    let by_luma = fake(|condition: &[f32], _: &[f32]| {
        let tint = |value: f32| 0.5 * (value - 120.0 / 127.5 + 1.0);
        let area = condition.len() / 3;
        (0..3 * area).map(|place| condition[place] + [1.0, 0.0, -1.0][place / area] * tint(condition[place])).collect()
    });
    let result = edited(&grey, Task::colorize(), &by_luma);
    let warmth = |x: usize| i32::from(result.get(x, 100)[0]) - i32::from(result.get(x, 100)[2]);
    let (cold, warm) = (warmth(20), warmth(235));
    assert!(cold < -50 && warm > 50, "{cold} {warm}");
    for (x, far) in [(131, cold), (132, cold), (133, warm), (134, warm)] {
        assert!((warmth(x) - far).abs() < 20, "{} at column {x}, {far} far from the edge", warmth(x));
    }
}

#[test]
fn steps_are_counted_and_previews_are_bounded() {
    let source = textured(900, 700);
    let mask = disc(900, 700, 450.0, 350.0, 160.0);
    let mut edit = begin(&source, Task::Inpaint { mask }, settings(5, 0)).unwrap();
    let model = fake(one_colour([0.0, 0.0, 1.0]));
    assert!(edit.preview().is_none());
    let total = edit.total_steps();
    let mut reads = 0;
    loop {
        match edit.step(&model) {
            EditState::Finished => break,
            EditState::Running => {
                let preview = edit.preview().unwrap();
                let shown = edit.compose_preview(&read(preview.tensor)).unwrap();
                assert!(shown.width() <= 512 && shown.height() <= 512);
                assert_eq!(shown.get(shown.width() / 2, shown.height() / 2), [128, 128, 255]);
                assert_eq!(shown.get(0, 0), source.get(preview.area.left, preview.area.top));
            }
            EditState::Read(tensor) => {
                reads += 1;
                assert!(matches!(edit.step(&model), EditState::Read(_)), "it goes on asking");
                edit.accept(&read(tensor)).unwrap();
            }
        }
    }
    assert_eq!((model.evaluations.get(), edit.done_steps(), reads), (total, total, 1));
    assert!(edit.compose_preview(&[0.0; 768]).is_none());
}

#[test]
fn nonsense_from_a_device_is_refused() {
    let source = textured(30, 30);
    let mut edit = begin(&source, Task::Inpaint { mask: disc(30, 30, 15.0, 15.0, 4.0) }, settings(1, 0)).unwrap();
    assert_eq!(edit.accept(&[0.0; 768]), Err(EditError::NotAsked { done: 0, total: 1 }));
    let EditState::Read(_) = edit.step(&fake(echo)) else { panic!("one step is all") };
    let mut values = vec![0.0; 768];
    (values[3], values[700]) = (f32::NAN, f32::INFINITY);
    assert_eq!(edit.accept(&values), Err(EditError::NonFinite { bad: 2, of: 768 }));
    assert_eq!(edit.accept(&[0.0; 3]), Err(EditError::ValueCount { found: 3, wanted: 768 }));
    assert_eq!(edit.result(), source);
    edit.accept(&[0.0; 768]).unwrap();
    assert_ne!(edit.result(), source);
}

#[test]
fn bad_requests_are_named() {
    let source = textured(30, 20);
    let message = |task, settings| begin(&source, task, settings).unwrap_err().to_string();
    let good = || settings(2, 0);
    assert!(message(Task::Inpaint { mask: Mask::empty(30, 20) }, good()).contains("empty"));
    let wrong = message(Task::Inpaint { mask: Mask::full(20, 30) }, good());
    assert!(wrong.contains("20×30") && wrong.contains("30×20"), "{wrong}");
    let nothing = Task::Uncrop(Border { left: 0, top: 0, right: 0, bottom: 0 });
    assert_eq!(begin(&source, nothing, good()).unwrap_err(), EditError::Task(TaskError::NothingToAdd));
    for right in [usize::MAX, 10_000_000, 65_530] {
        let huge = message(Task::Uncrop(Border { left: 5, top: 0, right, bottom: 0 }), good());
        assert!(huge.contains("100 megapixels"), "{huge}");
    }
    assert_eq!(begin(&source, Task::restore(), settings(0, 0)).unwrap_err(), EditError::Settings(SettingsError::Steps(0)));
    let request = EditRequest { picture: source, task: Task::colorize(), settings: good() };
    let config = ModelConfig { tasks: vec![TaskKind::Inpaint, TaskKind::Restore], ..config() };
    let unknown = Edit::new(request, &config).unwrap_err().to_string();
    assert!(unknown.contains("colorize") && unknown.contains("inpaint, restore"), "{unknown}");
}

#[test]
fn the_same_seed_gives_the_same_picture_with_a_real_net() {
    let model = Model::new(config(), 3, &Device::flex()).unwrap();
    let source = textured(41, 29);
    let mask = disc(41, 29, 20.0, 14.0, 7.0);
    let run = |seed, kind| {
        let settings = SamplerSettings { kind, eta: 0.5, ..settings(3, seed) };
        drive(begin(&source, Task::Inpaint { mask: mask.clone() }, settings).unwrap(), &model)
    };
    for kind in SamplerKind::ALL {
        let first = run(1, kind);
        assert_eq!(first, run(1, kind), "{kind}");
        assert_ne!(first, run(2, kind), "{kind}");
        for y in 0..29 {
            for x in (0..41).filter(|x| mask.coverage(*x, y) == 0) {
                assert_eq!(first.get(x, y), source.get(x, y));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_not_marked_stays_bit_for_bit(width in 1usize..90, height in 1usize..90, seed in any::<u64>()) {
        let source = textured(width, height);
        let mask = free_form(width, height, &mut stream(seed, Purpose::Task, 0, 0));
        prop_assume!(!mask.is_empty());
        let result = edited(&source, Task::Inpaint { mask: mask.clone() }, &fake(one_colour([0.1, 0.9, -0.7])));
        for y in 0..height {
            for x in 0..width {
                match mask.coverage(x, y) {
                    0 => prop_assert_eq!(result.get(x, y), source.get(x, y)),
                    255 => {
                        let made = result.get(x, y);
                        // Near a shrunk hole's edge a pixel may follow what is known around it.
                        prop_assert!(width.max(height) > 16 || made == [140, 242, 38], "{:?}", made);
                    }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn uncropping_keeps_the_picture_and_fills_the_rest(width in 1usize..40, height in 1usize..40, border in (0usize..40, 0usize..40, 0usize..40, 1usize..40)) {
        let source = textured(width, height);
        let (left, top, right, bottom) = border;
        let result = edited(&source, Task::Uncrop(Border { left, top, right, bottom }), &fake(one_colour([1.0, -1.0, 1.0])));
        prop_assert_eq!((result.width(), result.height()), (left + width + right, top + height + bottom));
        prop_assert_eq!(result.crop(left, top, width, height), source);
        prop_assert!(result.pixels().chunks_exact(3).filter(|pixel| *pixel == [128; 3]).count() < 3, "the grey it began with is gone");
    }
}

/// Tiles that run at a time make the picture that they make one by one, with fresh noise as well.
#[test]
fn tiles_side_by_side_make_the_same_picture() {
    let picture = Picture::new(40, 30, (0..40 * 30 * 3).map(|value| (value * 7 % 251) as u8).collect()).unwrap();
    let model = fake(|condition, noisy| condition.iter().zip(noisy).map(|(shown, noisy)| 0.8 * shown + 0.1 * noisy).collect());
    for kind in [SamplerKind::DpmSolver, SamplerKind::Ancestral] {
        let run = |side_by_side: usize| {
            let settings = SamplerSettings { kind, steps: 3, ..SamplerSettings::default() };
            let request = EditRequest { picture: picture.clone(), task: Task::restore(), settings };
            let mut edit = Edit::new(request, &config()).unwrap().side_by_side(side_by_side);
            let mut reads = 0usize;
            loop {
                match edit.step(&model) {
                    EditState::Finished => break,
                    EditState::Running => assert!(edit.done_steps() <= edit.total_steps()),
                    EditState::Read(tensor) => {
                        reads += 1;
                        edit.accept(&read(tensor)).unwrap();
                    }
                }
            }
            assert_eq!(edit.done_steps(), edit.total_steps());
            (edit.into_result(), reads)
        };
        let ((one_by_one, reads), (together, fewer)) = (run(1), run(4));
        assert_eq!(one_by_one, together, "{kind}");
        assert!(fewer < reads && fewer == reads.div_ceil(4), "{fewer} of {reads}");
    }
}
