//! Classification accuracy picture by picture: whether the net's lead over a baseline, or its lag, could be
//! chance. It knows nothing of features, only what each answer is taken for.

use std::fmt::Write;

use super::measure::Measure;
use super::report::{Answer, CaseReport, Report};

/// How often one of two answers alone is taken for what the picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired {
    /// Pictures where only the first is.
    pub won: usize,
    /// Pictures where only the second is.
    pub lost: usize,
}

impl Paired {
    /// The probability of so large a difference, or a larger one, if either answer were as likely to be the one
    /// that is right: the exact sign test, two-sided (McNemar 1947, in its binomial form). The sum stays ours: it is shorter than
    /// what statrs would bring, whose binomial distribution gives the same to twelve digits.
    pub fn chance(self) -> f64 {
        let (fewer, total) = (self.won.min(self.lost), self.won + self.lost);
        // In logarithms: 2^−total has no number of its own beyond a thousand pictures.
        let mut logarithm = -(total as f64) * std::f64::consts::LN_2;
        let mut tail = logarithm.exp();
        for right in 0..fewer {
            logarithm += ((total - right) as f64 / (right + 1) as f64).ln();
            tail += logarithm.exp();
        }
        (2.0 * tail).min(1.0)
    }
}

impl CaseReport {
    /// Two methods' answers against each other; `None` where classes or what the answers are taken for are not known.
    pub fn paired(&self, one: usize, other: usize) -> Option<Paired> {
        let right = |answer: &Answer, method: usize| Some(answer.taken_for.get(method)? == answer.class.as_ref()?);
        self.answers.iter().try_fold(Paired { won: 0, lost: 0 }, |counted, answer| {
            let (one, other) = (right(answer, one)?, right(answer, other)?);
            Some(Paired { won: counted.won + usize::from(one && !other), lost: counted.lost + usize::from(other && !one) })
        })
    }
}

impl Report {
    /// For each case the best baseline by classification accuracy and the net's best answer, picture by picture;
    /// empty without classes.
    pub fn accuracy_by_picture(&self) -> String {
        let mut text = String::new();
        for case in &self.cases {
            let Some(verdict) = Measure::Accuracy.verdict(case) else { continue };
            let Some(paired) = case.paired(verdict.net.0, verdict.baseline.0) else { continue };
            if text.is_empty() {
                text.push_str(
                    "| case | CA of | against | only the net's is right | only the baseline's | by chance |\n|---|---|---|---|---|---|\n",
                );
            }
            let method = |(place, value): (usize, f64)| format!("{}, {}", case.methods[place], Measure::Accuracy.text(value));
            let (net, baseline) = (method(verdict.net), method(verdict.baseline));
            let _ = writeln!(text, "| {} | {net} | {baseline} | {} | {} | {:.3} |", case.case, paired.won, paired.lost, paired.chance());
        }
        if !text.is_empty() {
            text.push_str(
                "\nPictures whose class is seen in one of the two answers alone; by chance: how probable so large a difference would be if both \
                 were equally good (two-sided sign test).\n",
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::FeatureScore;
    use super::super::verdict::tests::case;
    use super::*;

    #[test]
    fn chance_is_that_of_the_binomial_distribution() {
        let chance = |won, lost| Paired { won, lost }.chance();
        // Of five coins all the same: 2 of 32. Of five at least four: 2·(1 + 5) of 32.
        assert!((chance(5, 0) - 2.0 / 32.0).abs() < 1e-12);
        assert!((chance(1, 4) - 12.0 / 32.0).abs() < 1e-12);
        assert!((chance(3, 2) - 1.0).abs() < 1e-12 && (chance(0, 0) - 1.0).abs() < 1e-12);
        // scipy.stats.binomtest(78, 139).pvalue and (1100, 2000)
        assert!((chance(78, 61) - 0.174_532_449_370_590_06).abs() < 1e-9, "{}", chance(78, 61));
        assert!((chance(1100, 900) / 8.457_089_535_503_81e-6 - 1.0).abs() < 1e-6, "{}", chance(1100, 900));
    }

    #[test]
    fn pictures_are_counted_where_one_answer_alone_is_right() {
        let mut case = case();
        let answer = |class: &str, taken_for: [&str; 4]| Answer {
            class: Some(class.to_owned()),
            taken_for: taken_for.map(str::to_owned).to_vec(),
            ..case.answers[0].clone()
        };
        case.answers = vec![
            answer("sea", ["sea", "rose", "sea", "sea"]),
            answer("sea", ["rose", "rose", "sea", "rose"]),
            answer("rose", ["rose", "rose", "sea", "rose"]),
            answer("rose", ["rose", "rose", "rose", "sea"]),
        ];
        assert_eq!(case.paired(2, 0), Some(Paired { won: 1, lost: 1 }));
        assert_eq!(case.paired(2, 1), Some(Paired { won: 2, lost: 1 }));
        assert_eq!(case.paired(0, 0), Some(Paired { won: 0, lost: 0 }));
        // A picture without a class, or an answer that nobody looked at, cannot be compared.
        case.answers[0].class = None;
        assert_eq!(case.paired(2, 0), None);
        case.answers = vec![Answer { class: Some("sea".to_owned()), taken_for: Vec::new(), ..case.answers[1].clone() }];
        assert_eq!(case.paired(2, 0), None);
        let without = FeatureScore { accuracy: None, ..case.features[0].clone() };
        case.features.fill(without);
        assert_eq!(Measure::Accuracy.verdict(&case), None);
    }
}
