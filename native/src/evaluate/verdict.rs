//! By which measure the net beats every baseline, counted from the numbers of a report.

use std::fmt::Write;

use super::{
    interval::interval,
    report::{Answer, CaseReport, Report, Summary},
};

/// Something that answers are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Peak signal to noise where something was filled.
    Psnr,
    /// Structural similarity where something was filled.
    Ssim,
    /// Multi-scale structural similarity where something was filled.
    MsSsim,
    /// Mean absolute error where something was filled.
    L1,
    /// Fréchet distance.
    Fid,
    /// Kernel distance.
    Kid,
    /// Inception score.
    InceptionScore,
    /// Classification accuracy.
    Accuracy,
    /// Paired feature distance.
    Distance,
    /// Learned perceptual distance.
    Lpips,
}

/// How the net's best answer and the best baseline compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The net's best method and its value.
    pub net: (usize, f64),
    /// The best baseline and its value.
    pub baseline: (usize, f64),
    /// Whether the net's number is strictly better.
    pub better: bool,
    /// Whether it is, and not by the choice of pictures: where pictures are measured one by one, the interval of the mean difference
    /// excludes a tie. Of the other measures the numbers decide.
    pub wins: bool,
}

impl Measure {
    /// All, in the order of the tables: the paper's four first.
    pub const ALL: [Measure; 10] = [
        Measure::Fid,
        Measure::InceptionScore,
        Measure::Accuracy,
        Measure::Distance,
        Measure::Kid,
        Measure::Lpips,
        Measure::Psnr,
        Measure::Ssim,
        Measure::MsSsim,
        Measure::L1,
    ];

    /// Its name and, by an arrow, where better is.
    pub fn heading(self) -> &'static str {
        match self {
            Measure::Psnr => "PSNR ↑",
            Measure::Ssim => "SSIM ↑",
            Measure::MsSsim => "MS-SSIM ↑",
            Measure::L1 => "L1 ↓",
            Measure::Fid => "FID ↓",
            Measure::Kid => "KID ↓",
            Measure::InceptionScore => "IS ↑",
            Measure::Accuracy => "CA ↑",
            Measure::Distance => "PD ↓",
            Measure::Lpips => "LPIPS ↓",
        }
    }

    /// Whether it needs a feature net.
    pub fn needs_features(self) -> bool {
        !matches!(self, Measure::Psnr | Measure::Ssim | Measure::MsSsim | Measure::L1 | Measure::Lpips)
    }

    fn higher_is_better(self) -> bool {
        matches!(self, Measure::Psnr | Measure::Ssim | Measure::MsSsim | Measure::InceptionScore | Measure::Accuracy)
    }

    /// Its value for a method; `None` where it could not be measured.
    pub fn of(self, case: &CaseReport, method: usize) -> Option<f64> {
        let features = case.features.get(method);
        match self {
            Measure::Psnr => Some(case.mean(method, |score| score.psnr)),
            Measure::Ssim => Some(case.mean(method, |score| score.ssim)),
            Measure::MsSsim => Some(case.mean(method, |score| score.ms_ssim)),
            Measure::L1 => Some(case.mean(method, |score| score.l1)),
            Measure::Fid => features?.fid,
            Measure::Kid => features?.kid,
            Measure::InceptionScore => Some(features?.inception_score),
            Measure::Accuracy => features?.accuracy,
            Measure::Distance => Some(features?.distance),
            Measure::Lpips => self.by_picture(case, method).map(|values| Summary::of(&values).mean),
        }
    }

    /// A value as the tables write it.
    pub fn text(self, value: f64) -> String {
        match self {
            Measure::Psnr | Measure::L1 | Measure::Fid | Measure::InceptionScore | Measure::Distance => format!("{value:.2}"),
            Measure::Ssim | Measure::MsSsim | Measure::Lpips => format!("{value:.3}"),
            Measure::Kid => format!("{value:.4}"),
            Measure::Accuracy => format!("{:.1} %", 100.0 * value),
        }
    }

    /// Whether one value is strictly better than another.
    pub fn better(self, one: f64, other: f64) -> bool {
        if self.higher_is_better() { one > other } else { one < other }
    }

    fn best(self, case: &CaseReport, methods: std::ops::Range<usize>) -> Option<(usize, f64)> {
        let values = methods.filter_map(|method| Some((method, self.of(case, method)?)));
        values.reduce(|best, next| if self.better(next.1, best.1) { next } else { best })
    }

    /// The best of the baselines and its value.
    pub fn best_baseline(self, case: &CaseReport) -> Option<(usize, f64)> {
        self.best(case, 0..case.baselines)
    }

    /// The best of the net's answers against the best of the baselines.
    pub fn verdict(self, case: &CaseReport) -> Option<Verdict> {
        let baseline = self.best_baseline(case)?;
        let net = self.best(case, case.baselines..case.methods.len())?;
        let better = self.better(net.1, baseline.1);
        let certain = match (self.by_picture(case, net.0), self.by_picture(case, baseline.0)) {
            (Some(net), Some(baseline)) => {
                let differences: Vec<f64> = net.iter().zip(&baseline).map(|(net, baseline)| net - baseline).collect();
                interval(&differences).is_some_and(|[low, high]| low > 0.0 || high < 0.0)
            }
            _ => true,
        };
        Some(Verdict { net, baseline, better, wins: better && certain })
    }

    /// Its values for a method, one for each picture; `None` where it is of all pictures together.
    fn by_picture(self, case: &CaseReport, method: usize) -> Option<Vec<f64>> {
        let right = |answer: &Answer| Some(f64::from(u8::from(answer.taken_for.get(method)? == answer.class.as_ref()?)));
        match self {
            Measure::Psnr => Some(case.values(method, |score| score.psnr)),
            Measure::Ssim => Some(case.values(method, |score| score.ssim)),
            Measure::MsSsim => Some(case.values(method, |score| score.ms_ssim)),
            Measure::L1 => Some(case.values(method, |score| score.l1)),
            Measure::Accuracy => case.answers.iter().map(right).collect(),
            Measure::Lpips => case.answers.iter().map(|answer| answer.lpips.get(method).copied()).collect(),
            Measure::Fid | Measure::Kid | Measure::InceptionScore | Measure::Distance => None,
        }
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
    use super::super::report::{FeatureScore, Score};
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
        };
        CaseReport {
            case: "inpaint-centre".to_owned(),
            description: String::new(),
            sheet: String::new(),
            sheet_rows: vec![],
            methods: ["mean fill", "smooth fill", "net, one sample", "net, mean of 2"].map(str::to_owned).to_vec(),
            baselines: 2,
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
        assert_eq!(verdict(Measure::Fid), Some(Verdict { net: (2, 2.0), baseline: (1, 3.0), better: true, wins: true }));
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
}
