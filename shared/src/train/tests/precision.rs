//! Mixed precision on the CPU, where 16 bits are slow but the same numbers as anywhere.

use burn::tensor::DType;

use super::*;

fn trainer_in(precision: Precision) -> Trainer {
    Trainer::new(TrainConfig { precision, ..config() }, ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap()
}

#[test]
fn sixteen_bits_learn_as_thirty_two_do_and_weights_stay_whole() {
    let curve = |precision| {
        let mut trainer = trainer_in(precision);
        let losses: Vec<f32> = (0..12).map(|_| values(trainer.step(&batch()).unwrap().loss)[0]).collect();
        assert!(trainer.state().iter().all(|parameter| parameter.values.dtype() == DType::F32));
        losses
    };
    let whole = curve(Precision::F32);
    for (precision, tolerance) in [(Precision::F16, 0.05), (Precision::Bf16, 0.1)] {
        let half = curve(precision);
        assert_ne!(half, whole, "{precision:?} changed nothing");
        for (half, whole) in half.iter().zip(&whole) {
            assert!((half - whole).abs() < tolerance * whole, "{precision:?}: {half}, in 32 bits {whole}");
        }
    }
}

/// The loss scale of a state.
fn scale(state: &HashMap<String, Weight>) -> [f32; 3] {
    ["scale", "since", "skipped"].map(|name| state[&format!("loss_scale.{name}")].values[0])
}

#[test]
fn a_step_that_overflows_changes_nothing_but_the_scale() {
    let mut trainer = trainer_in(Precision::F16);
    for _ in 0..2 {
        trainer.step(&batch()).unwrap();
    }
    let mut before = weights(&trainer);
    assert_eq!(scale(&before), [65536.0, 2.0, 0.0]);
    // As if it had grown to where nothing fits any more.
    before.get_mut("loss_scale.scale").unwrap().values[0] = 16_777_216.0;
    trainer.resume(2, &before).unwrap();
    // A target so far off that its gradient is beyond f16 at this scale.
    let far = |mut example: Example| {
        example.picture.iter_mut().for_each(|value| *value *= 1000.0);
        example
    };
    let report = trainer.step(&batch().into_iter().map(far).collect::<Vec<_>>()).unwrap();
    assert!(values(report.loss)[0].is_finite() && !values(report.gradient_norm)[0].is_finite());
    let after = weights(&trainer);
    assert_eq!(scale(&after), [8_388_608.0, 0.0, 1.0]);
    for (name, weight) in before.iter().filter(|(name, _)| !name.starts_with("loss_scale")) {
        assert_eq!(weight.values, after[name].values, "{name}");
    }
}

#[test]
fn the_scale_grows_after_long_without_an_overflow_and_survives_a_resume() {
    let mut trainer = trainer_in(Precision::F16);
    trainer.step(&batch()).unwrap();
    let mut state = weights(&trainer);
    state.get_mut("loss_scale.since").unwrap().values[0] = 1999.0;
    trainer.resume(1, &state).unwrap();
    trainer.step(&batch()).unwrap();
    assert_eq!(scale(&weights(&trainer)), [131_072.0, 0.0, 0.0]);
    let mut resumed = trainer_in(Precision::F16);
    resumed.resume(2, &weights(&trainer)).unwrap();
    let bits = |trainer: &mut Trainer| values(trainer.step(&batch()).unwrap().loss)[0].to_bits();
    assert_eq!(bits(&mut resumed), bits(&mut trainer));
    // A run that was in f32 before begins with the first scale.
    let mut plain = trainer_in(Precision::F32);
    plain.step(&batch()).unwrap();
    resumed.resume(1, &weights(&plain)).unwrap();
    assert_eq!(scale(&weights(&resumed)), [65536.0, 0.0, 0.0]);
}
