//! Making a study: pictures asked for, drawn or read, put into pairs, and written with names that say nothing.

use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use image::{ImageFormat, RgbImage};
use infill::{
    denoiser::Model,
    noise::{self, Purpose},
    picture::Picture,
    sampler::SamplerSettings,
};
use rand::Rng;
use sha2::{Digest, Sha256};

use super::{
    key::{KEY, Key, PAGE, Pair, Question, Told},
    page,
    pairs::{self, Photograph},
};
use crate::{
    evaluate::{Case, Tile, sample},
    exit::input,
    files,
    interrupt::Interrupt,
    pictures::Dataset,
    progress::StepProgress,
    stdout::say,
};

/// Pictures that go through a net at once.
const BATCH: usize = 8;

/// Where a method's pictures come from.
pub enum Source {
    /// A folder of them, by the names of the photographs.
    Folder(PathBuf),
    /// A model, asked one case.
    Model {
        /// The model.
        model: Box<Model>,
        /// What is taken away of a photograph.
        case: Case,
        /// How the answer is drawn.
        settings: SamplerSettings,
    },
}

/// Something whose pictures are shown beside photographs.
pub struct Method {
    /// What the table calls it.
    pub name: String,
    /// Where its pictures come from.
    pub source: Source,
}

/// A study, with nothing left to choose.
pub struct StudyPlan {
    /// Photographs: folders, shards and patterns.
    pub data: Vec<String>,
    /// What stands beside them.
    pub methods: Vec<Method>,
    /// Side of the squares that are shown; pictures as they are where there is none.
    pub size: Option<usize>,
    /// Photographs that are asked about.
    pub count: usize,
    /// Attention checks, of other photographs.
    pub checks: usize,
    /// For how long pairs are shown.
    pub seconds: Vec<u8>,
    /// Seed of everything random.
    pub seed: u64,
    /// The page's heading.
    pub title: String,
    /// What a person agrees to.
    pub consent: String,
    /// Where answers are sent.
    pub post: Option<String>,
    /// The folder.
    pub folder: PathBuf,
    /// Whether a study that is there is replaced.
    pub force: bool,
}

/// A study being put together.
struct Draft {
    questions: Vec<Question>,
    /// Names and PNG bytes.
    pictures: Vec<(String, Vec<u8>)>,
    names: rand_chacha::ChaCha8Rng,
}

/// Makes a study and says what it is.
///
/// # Errors
/// A study that is there, too few photographs, answers that do not fit them, a file that cannot be written, or a stop.
pub fn make(plan: &StudyPlan, interrupt: &Interrupt) -> Result<()> {
    let key_file = plan.folder.join(KEY);
    // A folder of that name may be somebody else's.
    if let Some(there) = [key_file.clone(), plan.folder.join(PAGE)].iter().find(|there| there.exists() && !plan.force) {
        bail!(input(format!("{} exists; give another --output, or --force to replace the study", there.display())));
    }
    let dataset = Dataset::open(&plan.data)?;
    let wanted = plan.count.saturating_add(plan.checks);
    let photographs = pairs::photographs(&dataset, plan.size, wanted, plan.seed);
    if photographs.len() < wanted {
        let (found, count, checks) = (photographs.len(), plan.count, plan.checks);
        bail!(input(format!(
            "{count} questions and {checks} checks need {wanted} photographs, and there are {found}; ask fewer (--count, --checks)"
        )));
    }
    let (asked, spare) = photographs.split_at(plan.count);
    let answers = plan.methods.iter().map(|method| answers(method, asked, plan, interrupt)).collect::<Result<Vec<_>>>()?;

    let mut draft = Draft { questions: Vec::new(), pictures: Vec::new(), names: noise::stream(plan.seed, Purpose::Order, u64::MAX, 0) };
    for (place, photograph) in asked.iter().enumerate() {
        let others = plan.methods.iter().zip(&answers).map(|(method, answers)| (Some(method.name.clone()), &answers[place]));
        draft.add(photograph, others.collect())?;
    }
    let mut random = noise::stream(plan.seed, Purpose::Evaluation, u64::MAX, 1);
    for photograph in spare {
        let broken = pairs::broken(&photograph.picture, &mut random)?;
        draft.add(photograph, vec![(None, &broken)])?;
    }
    let key = draft.write(plan)?;
    say!(
        "study {}: {} methods, {} questions and {} attention checks a person, shown for {} s",
        key.study,
        plan.methods.len(),
        plan.count,
        plan.checks,
        plan.seconds.iter().map(u8::to_string).collect::<Vec<_>>().join(" or ")
    );
    say!("publish {}; keep {}, which tells the answers", plan.folder.join(PAGE).display(), key_file.display());
    Ok(())
}

/// What a method makes of photographs.
fn answers(method: &Method, photographs: &[Photograph], plan: &StudyPlan, interrupt: &Interrupt) -> Result<Vec<Picture>> {
    let (model, case, settings) = match &method.source {
        Source::Folder(folder) => return pairs::of_folder(folder, photographs, plan.size).map_err(input),
        Source::Model { model, case, settings } => (model, case, settings),
    };
    let ask = |(rank, photograph): (usize, &Photograph)| case.ask(photograph.picture.clone(), None, plan.seed, rank as u64);
    let questions = photographs.iter().enumerate().map(ask).collect::<Result<Vec<_>>>()?;
    let tiles: Vec<Tile<'_>> =
        questions.iter().enumerate().map(|(rank, question)| Tile { question, rank: rank as u64, sample: 0 }).collect();
    let progress = StepProgress::new("net evaluations", (tiles.len() * settings.steps) as u64, 0);
    let mut answers = Vec::with_capacity(tiles.len());
    for batch in tiles.chunks(BATCH) {
        interrupt.check(|| "stopped; nothing was written".to_owned())?;
        let before = (answers.len() * settings.steps) as u64;
        answers.extend(sample(model, *case, batch, settings, 0.0, |done| progress.set(before + done, &method.name))?);
    }
    progress.finish();
    Ok(answers)
}

impl Draft {
    /// A question with a pair for each other picture. The photograph has a name of its own in each pair: a name in two pairs would
    /// be the photograph's.
    fn add(&mut self, photograph: &Photograph, others: Vec<(Option<String>, &Picture)>) -> Result<()> {
        let mut pairs = Vec::with_capacity(others.len());
        for (method, other) in others {
            pairs.push(Pair { photograph: self.keep(&photograph.picture)?, other: self.keep(other)?, method });
        }
        self.questions.push(Question { picture: photograph.name.clone(), pairs });
        Ok(())
    }

    fn keep(&mut self, picture: &Picture) -> Result<String> {
        let name = format!("{:016x}", self.names.next_u64());
        let pixels = RgbImage::from_raw(picture.width() as u32, picture.height() as u32, picture.pixels().to_vec());
        let mut bytes = Cursor::new(Vec::new());
        pixels.context("a picture without pixels")?.write_to(&mut bytes, ImageFormat::Png).context("encoding a picture")?;
        self.pictures.push((name.clone(), bytes.into_inner()));
        Ok(name)
    }

    /// Writes everything, pictures in the order of their names, so that times of writing say nothing either. The key comes last: with it
    /// the study is whole.
    fn write(mut self, plan: &StudyPlan) -> Result<Key> {
        self.pictures.sort();
        self.questions.sort_by(|one, other| one.pairs[0].in_order().cmp(&other.pairs[0].in_order()));
        let mut digest = Sha256::new();
        for (name, bytes) in &self.pictures {
            digest.update(name);
            digest.update(bytes);
        }
        digest.update(serde_json::to_vec(&(&self.questions, &plan.seconds))?);
        let study = hex::encode(&digest.finalize()[..8]);
        let methods = plan.methods.iter().map(|method| method.name.clone()).collect();
        let key = Key::new(study, plan.seconds.clone(), methods, self.questions);
        let told = Told {
            study: &key.study,
            seed: plan.seed,
            title: &plan.title,
            consent: &plan.consent,
            seconds: &key.seconds,
            post: plan.post.as_deref(),
            questions: key.pairs(),
        };
        let page = plan.folder.join(PAGE);
        remove(&plan.folder.join(KEY), &page)?;
        page::write(&page, &told, &self.pictures)?;
        files::write_atomically(&plan.folder.join(KEY), &serde_json::to_vec_pretty(&key)?)?;
        Ok(key)
    }
}

/// Takes an earlier study away, its key first.
fn remove(key: &Path, page: &Path) -> Result<()> {
    if key.exists() {
        std::fs::remove_file(key).with_context(|| format!("cannot remove {}", key.display()))?;
    }
    if page.exists() {
        std::fs::remove_dir_all(page).with_context(|| format!("cannot remove {}", page.display()))?;
    }
    Ok(())
}
