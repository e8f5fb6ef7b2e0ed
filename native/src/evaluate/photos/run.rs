//! One case after another: every photograph's question put to every method, and the answers scored.

use std::time::Instant;

use anyhow::Context;
use infill::edit::{Edit, EditRequest};
use infill::mask::Mask;
use infill::picture::Picture;
use rayon::prelude::*;

use super::cases::{PhotoCase, PhotoQuestion};
use super::folder::Photo;
use super::masks;
use super::methods::Method;
use super::peers::{Peer, PeerFolder};
use super::plan::PhotosPlan;
use super::report::{PhotoAnswer, PhotoCaseReport, PhotoFinished, PhotoScore};
use super::score::{feature_distances, score};

use super::sheet::{self, Window};
use crate::draw;
use crate::evaluate::plan::Tools;
use crate::evaluate::sheet as pictures_sheet;
use crate::exit::input;
use crate::interrupt::Interrupt;
use crate::progress::StepProgress;

/// Pixels that the net works on at a time where a picture is cut into tiles, as the program does.
const PIXELS_AT_A_TIME: usize = 1 << 16;

/// An evaluation under way.
pub struct PhotoRun<'a> {
    /// What is asked, and what helps to judge.
    pub tools: &'a Tools<'a>,
    /// What is measured.
    pub plan: &'a PhotosPlan,
    /// The photographs; their places are their ranks.
    pub photos: &'a [Photo],
    /// Told of every answer.
    pub progress: StepProgress,
    /// Answers so far.
    pub answers: u64,
    /// Whether the user has asked to stop.
    pub interrupt: &'a Interrupt,
}

/// A picture with the seconds that it took.
type Timed = (Picture, f64);

impl PhotoRun<'_> {
    /// One case for every photograph.
    ///
    /// # Errors
    /// A photograph, mask or peer that cannot be used, a net that gives nonsense, or a stop that was asked for.
    pub fn ask(&mut self, case: PhotoCase) -> anyhow::Result<PhotoFinished> {
        let begun = Instant::now();
        let methods = Method::of(case, &self.plan.peers, &self.plan.details);
        let peers = self.ask_peers(case)?;
        let (mut answers, mut rows, mut sheet_rows) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, photo) in self.photos.iter().enumerate() {
            let question = self.question(case, rank)?;
            let pictures = methods
                .iter()
                .map(|method| self.answer(case, *method, &question, rank, peers.as_ref()))
                .collect::<anyhow::Result<Vec<Timed>>>()?;
            answers.push(PhotoAnswer {
                picture: photo.name.clone(),
                size: (question.truth.width(), question.truth.height()),
                area: question.hole.as_ref().map_or(1.0, Mask::area),
                scores: self.scores(case, &question, &pictures)?,
            });
            if rank < sheet::ROWS {
                let window = Window::around(question.hole.as_ref(), question.truth.width(), question.truth.height());
                let given = case.has_hole().then_some(&question.given);
                let shown = given.into_iter().chain(pictures.iter().map(|(picture, _)| picture)).chain([&question.truth]);
                rows.push(shown.map(|picture| window.crop(picture)).collect());
                sheet_rows.push(photo.name.clone());
            }
        }
        let names: Vec<String> = methods.iter().map(Method::name).collect();
        let given = case.has_hole().then(|| "given".to_owned());
        let mut report = PhotoCaseReport {
            case: case.name(),
            description: case.description(),
            has_hole: case.has_hole(),
            sampler: self.plan.sampler(case, 0.0),
            leading: case.has_hole().then(|| self.plan.sampler(case, 1.0)),
            sheet: format!("{}.png", case.name()),
            sheet_columns: given.into_iter().chain(names.iter().cloned()).chain(["truth".to_owned()]).collect(),
            sheet_rows,
            methods: names,
            estimates: Vec::new(),
            answers,
        };
        report.estimates = (0..report.methods.len()).map(|method| report.estimate(method)).collect();
        Ok(PhotoFinished { seconds: begun.elapsed().as_secs_f64(), report, sheet: pictures_sheet::png(&rows)? })
    }

    /// Answers that one photograph's question gets, over all cases.
    pub fn expected_answers(plan: &PhotosPlan) -> u64 {
        plan.cases.iter().map(|case| Method::of(*case, &plan.peers, &plan.details).len() as u64).sum()
    }

    /// Takes a case for asked that was asked before.
    pub fn count(&mut self, case: PhotoCase) {
        let answers = Method::of(case, &self.plan.peers, &self.plan.details).len() * self.photos.len();
        self.answered(answers as u64, &case.name());
    }

    fn answered(&mut self, answers: u64, message: &str) {
        self.answers += answers;
        self.progress.set(self.answers, message);
    }

    /// What is there when somebody stops it.
    fn stopped(&self) -> String {
        match &self.plan.keep_in {
            Some(folder) => format!("stopped; the same command goes on from the cases that are done, which are in {}", folder.display()),
            None => "stopped".to_owned(),
        }
    }

    fn question(&self, case: PhotoCase, rank: usize) -> anyhow::Result<PhotoQuestion> {
        let photo = &self.photos[rank];
        let truth = photo.read()?;
        let size = (truth.width(), truth.height());
        let mask = match &self.plan.masks {
            _ if !case.needs_mask() => None,
            Some(folder) => Some(masks::read(folder, case, &photo.path, size)?),
            None => Some(masks::draw(case, size, self.plan.sampler.seed, rank as u64)),
        };
        case.ask(truth, mask).with_context(|| format!("asking {} of {}", case.name(), photo.name)).map_err(input)
    }

    /// Puts all questions of a case to the peers; nothing where there are none that could answer.
    fn ask_peers(&mut self, case: PhotoCase) -> anyhow::Result<Option<PeerAnswers>> {
        let peers: Vec<Peer> = self.plan.peers.iter().copied().filter(|_| case.has_hole()).collect();
        if peers.is_empty() {
            return Ok(None);
        }
        let folder = PeerFolder::new(&self.plan.python)?;
        for rank in 0..self.photos.len() {
            self.interrupt.check(|| self.stopped())?;
            let question = self.question(case, rank)?;
            folder.ask(&file_name(rank), &question.given, &question.hole.context("a case with a hole")?)?;
        }
        let mut seconds = Vec::new();
        for peer in peers {
            let interrupt = self.interrupt;
            let message = format!("{}, {peer}", case.name());
            folder.run(peer, interrupt, |name, taken| {
                seconds.push((peer, name.to_owned(), taken));
                self.answered(1, &message);
            })?;
        }
        Ok(Some(PeerAnswers { folder, seconds }))
    }

    fn answer(
        &mut self,
        case: PhotoCase,
        method: Method,
        question: &PhotoQuestion,
        rank: usize,
        peers: Option<&PeerAnswers>,
    ) -> anyhow::Result<Timed> {
        self.interrupt.check(|| self.stopped())?;
        let begun = Instant::now();
        let picture = match method {
            Method::Baseline(_, fill) => {
                let whole = Mask::full(question.truth.width(), question.truth.height());
                fill(&question.given, question.hole.as_ref().unwrap_or(&whole))
            }
            // It was counted when it answered.
            Method::Peer(peer) => return peers.context("the peers were not asked")?.of(rank, peer, &question.given),
            Method::Edit(detail) => {
                let settings = self.plan.sampler(case, detail);
                let request = EditRequest { picture: question.picture.clone(), task: question.task.clone(), settings };
                let config = &self.tools.model.config;
                let windows = PIXELS_AT_A_TIME / (config.size * config.size);
                let edit = Edit::new(request, config).map_err(input)?.side_by_side(windows).with_detail(detail);
                let made = draw::draw(vec![edit], self.tools.model, |_| self.interrupt.check(|| self.stopped()))?;
                made.into_iter().next().context("an edit makes a picture")?
            }
        };
        let seconds = begun.elapsed().as_secs_f64();
        self.answered(1, &format!("{}, {}", case.name(), self.photos[rank].name));
        Ok((picture, seconds))
    }

    fn scores(&self, case: PhotoCase, question: &PhotoQuestion, answers: &[Timed]) -> anyhow::Result<Vec<PhotoScore>> {
        let mut scores: Vec<PhotoScore> = answers.par_iter().map(|(picture, seconds)| score(case, question, picture, *seconds)).collect();
        if let Some(net) = self.tools.yardsticks.features {
            let pictures: Vec<&Picture> = answers.iter().map(|(picture, _)| picture).collect();
            for (score, distance) in scores.iter_mut().zip(feature_distances(net, question, &pictures)?) {
                score.feature_distance = Some(distance);
            }
        }
        Ok(scores)
    }
}

/// A photograph's name among the peers' files, which sort by rank.
fn file_name(rank: usize) -> String {
    format!("{rank:06}")
}

/// What peers answered to a case.
struct PeerAnswers {
    folder: PeerFolder,
    /// Who, which question, and how long it took.
    seconds: Vec<(Peer, String, f64)>,
}

impl PeerAnswers {
    fn of(&self, rank: usize, peer: Peer, given: &Picture) -> anyhow::Result<Timed> {
        let name = file_name(rank);
        let taken = self.seconds.iter().find(|(who, which, _)| (*who, which) == (peer, &name));
        let (_, _, seconds) = taken.with_context(|| format!("{peer} did not say that it answered {name}"))?;
        Ok((self.folder.answer(&name, peer, given)?, *seconds))
    }
}
