//! By which measure the net beats every baseline, counted from the numbers of a report.

use std::fmt::Write;

use super::{
    measure::Measure,
    report::{CaseReport, Report},
};

/// How the net's best answer and the best baseline compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The net's best method and its value.
    pub net: (usize, f64),
    /// The best baseline and its value.
    pub baseline: (usize, f64),
    /// Whether the net's number is strictly better.
    pub better: bool,
    /// Whether it is, and not by the choice of pictures: the interval of the difference excludes a tie.
    pub wins: bool,
}

impl Measure {
    /// The best of the net's answers against the best of the baselines.
    pub fn verdict(self, case: &CaseReport) -> Option<Verdict> {
        let baseline = self.best_baseline(case)?;
        let net = self.best(case, case.baselines..case.methods.len())?;
        let (better, wins) = (self.better(net.1, baseline.1), self.beats(case, net.0, baseline.0));
        Some(Verdict { net, baseline, better, wins })
    }
}

impl Report {
    /// The measures that this report has.
    pub fn measures(&self) -> Vec<Measure> {
        let has = |measure: &Measure| match measure {
            Measure::Lpips => self.lpips.is_some(),
            measure => self.features.is_some() || !measure.needs_features(),
        };
        Measure::ALL.into_iter().filter(has).collect()
    }

    /// For each case and measure whether the net beats every baseline, and with which answer; whether its lead may be chance; or
    /// which baseline beats the net.
    pub fn verdicts(&self) -> String {
        let measures = self.measures();
        let headings: Vec<&str> = measures.iter().map(|measure| measure.heading()).collect();
        let mut text = format!("| case | {} |\n|---|{}\n", headings.join(" | "), "---|".repeat(headings.len()));
        let (mut won, mut compared) = (vec![0; measures.len()], vec![0; measures.len()]);
        for case in &self.cases {
            let _ = write!(text, "| {} |", case.case);
            for (place, measure) in measures.iter().enumerate() {
                let cell = measure.verdict(case).map_or("–".to_owned(), |verdict| {
                    compared[place] += 1;
                    won[place] += usize::from(verdict.wins);
                    let answer = |method: usize| case.methods[method].trim_start_matches("net, ");
                    if verdict.wins {
                        format!("**yes** ({})", answer(verdict.net.0))
                    } else if verdict.better {
                        format!("open ({})", answer(verdict.net.0))
                    } else {
                        format!("no: {}", answer(verdict.baseline.0))
                    }
                });
                let _ = write!(text, " {cell} |");
            }
            text.push('\n');
        }
        let sums: Vec<String> = won.iter().zip(&compared).map(|(won, compared)| format!("{won} of {compared}")).collect();
        let _ = writeln!(text, "| cases won | {} |", sums.join(" | "));
        text
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::interval::{Estimate, Interval};
    use super::super::report::{Answer, FeatureScore, Score, WithoutParts};
    use super::*;

    /// Two baselines and two answers of the net to one picture.
    pub fn case() -> CaseReport {
        let score = |psnr: f64, l1: f64| Score { psnr, ssim: 0.5, ms_ssim: psnr / 100.0, l1 };
        let scores = vec![score(20.0, 9.0), score(22.0, 8.0), score(21.0, 7.0), score(23.0, 10.0)];
        let features = |fid: Option<f64>, accuracy: f64| FeatureScore {
            fid,
            kid: None,
            inception_score: 2.0,
            accuracy: Some(accuracy),
            distance: 1.0,
            without_parts: WithoutParts::default(),
        };
        CaseReport {
            case: "inpaint-centre".to_owned(),
            description: String::new(),
            sheet: String::new(),
            sheet_rows: vec![],
            methods: ["mean fill", "smooth fill", "net, one sample", "net, mean of 2"].map(str::to_owned).to_vec(),
            baselines: 2,
            estimates: Vec::new(),
            features: vec![features(Some(5.0), 0.7), features(Some(3.0), 0.9), features(Some(2.0), 0.8), features(Some(4.0), 0.8)],
            answers: vec![Answer {
                lpips: Vec::new(),
                picture: String::new(),
                class: None,
                area: 0.25,
                whole: scores.clone(),
                scores,
                spread: 0.0,
                ms_ssim_between_samples: None,
                feature_distance_between_samples: None,
                taken_for: Vec::new(),
                right: Vec::new(),
                feature_distance: Vec::new(),
            }],
        }
    }

    #[test]
    fn the_best_answers_are_compared_each_by_its_own_direction() {
        let case = case();
        let verdict = |measure: Measure| measure.verdict(&case);
        // Of a single picture nobody knows whether another would say the same.
        assert_eq!(verdict(Measure::Psnr), Some(Verdict { net: (3, 23.0), baseline: (1, 22.0), better: true, wins: false }));
        assert_eq!(verdict(Measure::L1), Some(Verdict { net: (2, 7.0), baseline: (1, 8.0), better: true, wins: false }));
        assert_eq!(verdict(Measure::Fid), Some(Verdict { net: (2, 2.0), baseline: (1, 3.0), better: true, wins: false }));
        assert_eq!(verdict(Measure::Accuracy), Some(Verdict { net: (2, 0.8), baseline: (1, 0.9), better: false, wins: false }));
        // A tie is no win, and what was not measured has no verdict.
        assert!(verdict(Measure::Ssim).is_some_and(|verdict| !verdict.wins));
        assert_eq!(verdict(Measure::Kid), None);
    }

    #[test]
    fn a_lead_that_other_pictures_might_turn_is_open_and_not_won() {
        let mut case = case();
        let answer = case.answers[0].clone();
        // The net is ahead by 1 dB, and then on the average alone: behind on as many pictures.
        for (spread, wins) in [(0.5, true), (30.0, false)] {
            case.answers = (0..40).map(|_| answer.clone()).collect();
            for (number, answer) in case.answers.iter_mut().enumerate() {
                answer.scores[3].psnr += if number % 2 == 0 { spread } else { -spread };
            }
            let verdict = Measure::Psnr.verdict(&case).unwrap();
            assert_eq!((verdict.better, verdict.wins), (true, wins), "{spread}");
        }
    }

    #[test]
    fn measures_of_all_pictures_together_win_where_the_parts_agree() {
        let mut case = case();
        for (swing, wins) in [(0.01, true), (1.0, false)] {
            // Both move alike with the pictures, so that only the net's own swing counts.
            let without =
                |fid: f64, swing: f64| (0..20).map(|part| fid + f64::from(part) + if part % 2 == 0 { swing } else { -swing }).collect();
            case.features[1].without_parts.fid = without(3.0, 0.0);
            case.features[2].without_parts.fid = without(2.0, swing);
            assert_eq!(Measure::Fid.verdict(&case).map(|verdict| verdict.wins), Some(wins), "{swing}");
        }
        let estimate = Measure::Fid.estimate(&case, 2).unwrap();
        assert!(estimate.interval.is_some_and(|interval| interval.low < 2.0 && interval.high > 2.0), "{estimate:?}");
    }

    #[test]
    fn every_measure_that_was_made_has_its_name_and_its_interval() {
        let mut case = case();
        let answer = Answer { feature_distance: vec![4.0, 3.0, 2.0, 1.0], ..case.answers[0].clone() };
        case.answers = vec![answer.clone(), answer];
        let estimates = case.estimate();
        let keys: Vec<&str> = estimates[2].keys().map(String::as_str).collect();
        assert_eq!(keys, ["accuracy", "distance", "fid", "inception_score", "l1", "ms_ssim", "psnr", "ssim"]);
        assert_eq!(estimates[2]["psnr"], Estimate { value: 21.0, interval: Some(Interval { low: 21.0, high: 21.0 }) });
        assert_eq!(
            Measure::Accuracy.text_with_interval(&Estimate { value: 0.635, interval: Some(Interval { low: 0.6, high: 0.7 }) }),
            "63.5 ± 5.0 %"
        );
    }
}
