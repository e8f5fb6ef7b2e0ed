//! What a feature net sees in originals and answers, gathered picture by picture and made into distances
//! at the end of a case.

use infill::picture::Picture;

use super::distribution::{accuracy, distance, frechet_distance, inception_score, kernel_distance};
use super::feature_net::{FeatureNet, Seen};
use super::jackknife::without_parts;
use super::report::{FeatureScore, FeatureSpace, WithoutParts, has_frechet_interval};
use super::score::{Answered, mean_over_pairs};
use super::subjects::Subject;

/// The originals, seen once for all cases.
pub struct Originals<'a> {
    /// By the net whose features are compared.
    compared: Looked<'a>,
    /// By the net that says what they show, where it is another.
    judged: Option<Looked<'a>>,
}

/// What one net sees in the originals.
struct Looked<'a> {
    net: &'a dyn FeatureNet,
    seen: Vec<Seen>,
    /// The place of each picture's class among the net's.
    classes: Vec<Option<usize>>,
}

/// One case's answers as they are seen.
pub struct CaseFeatures<'a> {
    originals: &'a Originals<'a>,
    /// For each method, one for each picture.
    compared: Vec<Vec<Seen>>,
    /// The same by the net that says what they show; empty where it is the same net.
    judged: Vec<Vec<Seen>>,
}

impl<'a> Originals<'a> {
    /// Looks at the originals.
    ///
    /// # Errors
    /// A net that gives numbers that are not finite.
    pub fn look(net: &'a dyn FeatureNet, judge: Option<&'a dyn FeatureNet>, subjects: &[Subject]) -> anyhow::Result<Originals<'a>> {
        let compared = Looked::of(net, subjects)?;
        let judged = judge.map(|judge| Looked::of(judge, subjects)).transpose()?;
        let originals = Originals { compared, judged };
        let judge = originals.judge();
        if judge.classes.iter().all(Option::is_none) {
            tracing::warn!("no picture has a class that {} knows; CA is left out", judge.net.origin().file);
        }
        Ok(originals)
    }

    /// What the tables say about the net whose features are compared.
    pub fn space(&self) -> FeatureSpace {
        self.compared.space()
    }

    /// What they say about the net that CA is counted with, where it is another.
    pub fn judge_space(&self) -> Option<FeatureSpace> {
        self.judged.as_ref().map(Looked::space)
    }

    fn judge(&self) -> &Looked<'a> {
        self.judged.as_ref().unwrap_or(&self.compared)
    }
}

impl<'a> Looked<'a> {
    fn of(net: &'a dyn FeatureNet, subjects: &[Subject]) -> anyhow::Result<Looked<'a>> {
        let pictures: Vec<&Picture> = subjects.iter().map(|subject| &subject.picture).collect();
        let classes = subjects.iter().map(|subject| net.class_number(subject.class.as_deref()?)).collect();
        Ok(Looked { net, seen: net.look(&pictures)?, classes })
    }

    fn space(&self) -> FeatureSpace {
        FeatureSpace {
            kind: self.net.kind().to_owned(),
            file: self.net.origin().file.clone(),
            sha256: self.net.origin().sha256.clone(),
            size: self.net.size(),
            dimensions: self.net.dimensions(),
            classes: self.net.classes().to_vec(),
            validation_accuracy: self.net.validation_accuracy(),
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
        CaseFeatures { originals, compared: Vec::new(), judged: Vec::new() }
    }

    /// Looks at some pictures' answers, which come in the order of the originals, and writes down what they are
    /// taken for and how far their samples lie apart.
    ///
    /// # Errors
    /// A net that gives numbers that are not finite.
    pub fn look(&mut self, answered: &mut [Answered]) -> anyhow::Result<()> {
        let pictures: Vec<&Picture> =
            answered.iter().flat_map(|answered| answered.methods.iter().map(|(_, picture)| picture).chain(&answered.samples)).collect();
        let mut seen = self.originals.compared.net.look(&pictures)?.into_iter();
        for answered in answered.iter_mut() {
            append(&mut self.compared, seen.by_ref().take(answered.methods.len()));
            let samples: Vec<Seen> = seen.by_ref().take(answered.samples.len()).collect();
            answered.answer.feature_distance_between_samples =
                mean_over_pairs(&samples, |one, other| distance(&one.features, &other.features));
        }
        if let Some(judged) = &self.originals.judged {
            let pictures: Vec<&Picture> =
                answered.iter().flat_map(|answered| answered.methods.iter().map(|(_, picture)| picture)).collect();
            let mut seen = judged.net.look(&pictures)?.into_iter();
            answered.iter().for_each(|answered| append(&mut self.judged, seen.by_ref().take(answered.methods.len())));
        }
        let (judge, seen) = (self.originals.judge(), self.judged());
        let first = seen.first().map_or(0, Vec::len) - answered.len();
        let compared = self.compared.first().map_or(0, Vec::len) - answered.len();
        for (place, answered) in answered.iter_mut().enumerate() {
            let original = &self.originals.compared.seen[compared + place].features;
            let from_original = |method: &Vec<Seen>| distance(&method[compared + place].features, original);
            answered.answer.feature_distance = self.compared.iter().map(from_original).collect();
            let name = |seen: &Seen| judge.net.classes().get(seen.class()).cloned();
            let is_right = |class: usize| seen.iter().map(|method| method[first + place].class() == class).collect();
            answered.answer.right = judge.classes[first + place].map_or(Vec::new(), is_right);
            answered.answer.taken_for = seen.iter().filter_map(|method| name(&method[first + place])).collect();
        }
        Ok(())
    }

    /// A score for each method.
    pub fn scores(&self) -> Vec<FeatureScore> {
        let originals = features(&self.originals.compared.seen);
        let score = |(seen, judged): (&Vec<Seen>, &Vec<Seen>)| {
            let features = features(seen);
            let distances = features.iter().zip(&originals).map(|(answer, original)| distance(answer, original));
            let (kid, kid_without) = kernel_distance(&features, &originals).unzip();
            let probabilities = probabilities(seen);
            FeatureScore {
                fid: frechet_distance(&features, &originals),
                kid,
                inception_score: inception_score(&probabilities),
                accuracy: self.originals.judge().accuracy(judged),
                distance: distances.sum::<f64>() / features.len().max(1) as f64,
                without_parts: WithoutParts {
                    fid: frechet_distances_without_parts(&features, &originals),
                    kid: kid_without.unwrap_or_default(),
                    inception_score: without_parts(&probabilities, inception_score),
                },
            }
        };
        self.compared.iter().zip(self.judged()).map(score).collect()
    }

    fn judged(&self) -> &[Vec<Seen>] {
        if self.originals.judged.is_some() { &self.judged } else { &self.compared }
    }
}

/// Empty where it would take too long.
fn frechet_distances_without_parts(answers: &[&[f64]], originals: &[&[f64]]) -> Vec<f64> {
    if !has_frechet_interval(answers.len(), answers.first().map_or(0, |features| features.len())) {
        return Vec::new();
    }
    let pairs: Vec<(&[f64], &[f64])> = answers.iter().copied().zip(originals.iter().copied()).collect();
    without_parts(&pairs, |pairs| {
        let (answers, originals): (Vec<&[f64]>, Vec<&[f64]>) = pairs.iter().copied().unzip();
        frechet_distance(&answers, &originals).expect("parts have pictures left")
    })
}

/// Adds one picture's answers, each to its method.
fn append(methods: &mut Vec<Vec<Seen>>, seen: impl ExactSizeIterator<Item = Seen>) {
    methods.resize_with(seen.len(), Vec::new);
    methods.iter_mut().zip(seen).for_each(|(method, seen)| method.push(seen));
}

fn features(seen: &[Seen]) -> Vec<&[f64]> {
    seen.iter().map(|seen| seen.features.as_slice()).collect()
}

fn probabilities(seen: &[Seen]) -> Vec<&[f64]> {
    seen.iter().map(|seen| seen.probabilities.as_slice()).collect()
}
