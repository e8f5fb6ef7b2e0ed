//! What a feature net sees in originals and answers, gathered picture by picture and made into distances
//! at the end of a case.

use infill::picture::Picture;

use super::classifier::{FeatureNet, Seen};
use super::distribution::{accuracy, distance, frechet_distance, inception_score, kernel_distance};
use super::report::{FeatureScore, FeatureSpace};
use super::score::{Answered, mean_over_pairs};
use super::subjects::Subject;

/// The originals, seen once for all cases.
pub struct Originals<'a> {
    net: &'a FeatureNet,
    seen: Vec<Seen>,
    /// The place of each picture's class among the net's.
    classes: Vec<Option<usize>>,
}

/// One case's answers as they are seen.
pub struct CaseFeatures<'a> {
    originals: &'a Originals<'a>,
    /// For each method, one for each picture.
    methods: Vec<Vec<Seen>>,
}

impl<'a> Originals<'a> {
    /// Looks at the originals.
    ///
    /// # Errors
    /// A net that gives numbers that are not finite.
    pub fn look(net: &'a FeatureNet, subjects: &[Subject]) -> anyhow::Result<Originals<'a>> {
        let pictures: Vec<&Picture> = subjects.iter().map(|subject| &subject.picture).collect();
        let classes: Vec<Option<usize>> = subjects.iter().map(|subject| net.class_number(subject.class.as_deref()?)).collect();
        if classes.iter().all(Option::is_none) {
            tracing::warn!("no picture has a class that {} knows; CA is left out", net.name);
        }
        Ok(Originals { net, seen: net.look(&pictures)?, classes })
    }

    /// What the tables say about the net.
    pub fn space(&self) -> FeatureSpace {
        let file = &self.net.file;
        FeatureSpace {
            file: self.net.name.clone(),
            sha256: self.net.sha256.clone(),
            size: file.net.size,
            dimensions: file.net.features,
            classes: file.classes.clone(),
            validation_accuracy: file.training.validation.as_ref().map(|validation| validation.accuracy),
            accuracy_of_originals: self.accuracy(&self.seen),
            inception_score_of_originals: inception_score(&probabilities(&self.seen)),
        }
    }

    fn accuracy(&self, seen: &[Seen]) -> Option<f64> {
        accuracy(seen.iter().zip(self.classes.iter().copied()))
    }
}

impl<'a> CaseFeatures<'a> {
    /// Before the first answer.
    pub fn new(originals: &'a Originals<'a>) -> CaseFeatures<'a> {
        CaseFeatures { originals, methods: Vec::new() }
    }

    /// Looks at some pictures' answers, which come in the order of the originals, and writes down what they are
    /// taken for and how far their samples lie apart.
    ///
    /// # Errors
    /// A net that gives numbers that are not finite.
    pub fn look(&mut self, answered: &mut [Answered]) -> anyhow::Result<()> {
        let pictures: Vec<&Picture> =
            answered.iter().flat_map(|answered| answered.methods.iter().map(|(_, picture)| picture).chain(&answered.samples)).collect();
        let mut seen = self.originals.net.look(&pictures)?.into_iter();
        for answered in answered {
            self.methods.resize_with(answered.methods.len(), Vec::new);
            for (method, seen) in self.methods.iter_mut().zip(&mut seen) {
                answered.answer.taken_for.push(self.originals.net.file.classes[seen.class()].clone());
                method.push(seen);
            }
            let samples: Vec<Seen> = seen.by_ref().take(answered.samples.len()).collect();
            answered.answer.feature_distance_between_samples =
                mean_over_pairs(&samples, |one, other| distance(&one.features, &other.features));
        }
        Ok(())
    }

    /// A score for each method.
    pub fn scores(&self) -> Vec<FeatureScore> {
        let originals = features(&self.originals.seen);
        let score = |seen: &Vec<Seen>| {
            let features = features(seen);
            let distances = features.iter().zip(&originals).map(|(answer, original)| distance(answer, original));
            FeatureScore {
                fid: frechet_distance(&features, &originals),
                kid: kernel_distance(&features, &originals),
                inception_score: inception_score(&probabilities(seen)),
                accuracy: self.originals.accuracy(seen),
                distance: distances.sum::<f64>() / features.len().max(1) as f64,
            }
        };
        self.methods.iter().map(score).collect()
    }
}

fn features(seen: &[Seen]) -> Vec<&[f64]> {
    seen.iter().map(|seen| seen.features.as_slice()).collect()
}

fn probabilities(seen: &[Seen]) -> Vec<&[f64]> {
    seen.iter().map(|seen| seen.probabilities.as_slice()).collect()
}
