//! A batch shared out to several devices, and gradient checkpointing.

use super::*;

/// Losses and the weights after some steps.
fn train(config: TrainConfig, others: usize, batches: &[Vec<Example>]) -> (Vec<f32>, HashMap<String, Weight>) {
    let model = ModelConfig::preset("tiny").unwrap();
    let mut trainer = Trainer::new(config, model, None, &Device::flex()).unwrap().with_devices(&vec![Device::flex(); others]);
    let losses = batches.iter().map(|batch| values(trainer.step(batch).unwrap().loss)[0]).collect();
    (losses, weights(&trainer))
}

#[test]
fn devices_that_compute_alike_give_what_one_gives_in_as_many_parts() {
    for count in [2, 3] {
        let config = TrainConfig { batch: count, micro_batch: 1, ..config() };
        let batches = vec![unlike(count); 4];
        let (one, of_one) = train(config.clone(), 0, &batches);
        let (several, of_several) = train(config, count - 1, &batches);
        let bits = |losses: &[f32]| losses.iter().map(|loss| loss.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(&one), bits(&several), "{count} devices");
        assert_eq!(of_one.len(), of_several.len());
        for (name, weight) in &of_one {
            assert_eq!(weight.values, of_several[name].values, "{name} on {count} devices");
        }
    }
}

/// Where sums are made in another order they differ in their last digits: shares of 3, 2 and 3 pictures.
#[test]
fn uneven_shares_give_the_same_curve() {
    let config = TrainConfig { batch: 8, ..config() };
    let batches = vec![unlike(8); 6];
    let (one, _) = train(config.clone(), 0, &batches);
    let (three, _) = train(config, 2, &batches);
    for (one, three) in one.iter().zip(&three) {
        assert!((one - three).abs() < 1e-4 * one, "{one} on one device, {three} on three");
    }
    assert!(one[5] < one[0], "{one:?}");
}

#[test]
fn devices_without_a_picture_each_are_refused() {
    let mut trainer = trainer().with_devices(&vec![Device::flex(); 4]);
    let message = trainer.step(&batch()).unwrap_err().to_string();
    assert!(message.contains('4') && message.contains('5'), "{message}");
    assert_eq!(trainer.step_count(), 0);
}

/// Dropout draws from the device: shares are drawn for one after the other, and a second run draws the same.
#[test]
fn dropout_on_several_devices_can_be_repeated() {
    let run = || {
        let mut model = ModelConfig::preset("tiny").unwrap();
        model.unet.dropout = 0.3;
        let mut trainer = Trainer::new(config(), model, None, &Device::flex()).unwrap().with_devices(&[Device::flex()]);
        (0..3).map(|_| values(trainer.step(&unlike(4)).unwrap().loss)[0].to_bits()).collect::<Vec<u32>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn gradient_checkpointing_changes_no_gradient() {
    let batches = vec![unlike(2); 3];
    let of = |gradient_checkpointing| train(TrainConfig { batch: 2, micro_batch: 1, gradient_checkpointing, ..config() }, 1, &batches);
    let config = TrainConfig { gradient_checkpointing: true, ..config() };
    let mut trainer = Trainer::new(config, ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap();
    trainer.step(&unlike(2)).unwrap();
    for parameter in parameters::list(&trainer.model.unet) {
        let strategy = parameter.values.gradient_checkpointing_strategy();
        assert_eq!(format!("{strategy:?}"), "Some(Balanced)", "{} after a step", parameter.name);
    }
    let ((kept, of_kept), (again, of_again)) = (of(false), of(true));
    assert_eq!(kept, again);
    for (name, weight) in &of_kept {
        assert_eq!(weight.values, of_again[name].values, "{name}");
    }
}
