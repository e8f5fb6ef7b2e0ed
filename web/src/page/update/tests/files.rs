//! Files that come in, several at once or at the wrong time; models of the list and of the visitor's own.

use infill::manifest::Words;

use super::*;
use crate::{
    message::{About, Failure, LARGEST, ListedModel, Note, Undecoded},
    page::{
        models::{OWN, OwnModel},
        notice::{Notice, Status},
        opening::Purpose,
    },
};

fn given(state: &mut State, file: u32, name: &str) -> Vec<Effect> {
    update(state, Event::File { file: Handle(file), name: name.to_owned() })
}

fn shown(state: &State) -> Option<(&str, u8)> {
    state.document.as_ref().map(|document| (document.picture.name.as_str(), document.picture.pixels[0]))
}

#[test]
fn of_two_pictures_the_later_is_shown_whichever_is_decoded_first() {
    let mut state = opened();
    for first in [1, 2] {
        let before = state.load;
        let one = given(&mut state, 1, "one.png");
        assert_eq!(one, [Effect::Decode { load: before + 1, file: Handle(1) }]);
        given(&mut state, 2, "two.png");
        for which in [first, 3 - first] {
            decoded(&mut state, before + which, which as u8);
        }
        assert_eq!(shown(&state), Some(("two", 2)));
    }
    let old = state.load;
    given(&mut state, 3, "three.png");
    said(&mut state, FromWorker::NotDecoded { load: old, cause: Undecoded::Damaged { detail: "cut".to_owned() } });
    assert_eq!(state.notice, None, "nobody waits for it any more");
}

#[test]
fn a_picture_is_shown_once_however_often_it_is_decoded() {
    let mut state = opened();
    given(&mut state, 1, "one.png");
    let load = state.load;
    // The worker was lost with it, and another is asked.
    said(&mut state, FromWorker::failed(About::Worker, Failure::DeviceLost { detail: "reset".to_owned() }));
    let again = said(&mut state, FromWorker::Ready);
    assert!(again.contains(&Effect::Decode { load, file: Handle(1) }), "{again:?}");
    assert!(state.handles().any(|handle| handle == Handle(1)), "the file is needed until it is decoded");
    decoded(&mut state, load, 4);
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    decoded(&mut state, load, 5);
    assert!(shown(&state) == Some(("one", 4)) && marked(&state) > 0.0);
}

#[test]
fn without_a_worker_or_for_what_it_does_not_know_the_browser_decodes() {
    let here = |load, name: &str| Effect::DecodeHere { load, file: Handle(1), name: name.to_owned() };
    let mut state = opened();
    given(&mut state, 1, "one.avif");
    let load = state.load;
    assert_eq!(said(&mut state, FromWorker::NotDecoded { load, cause: Undecoded::Unknown }), [here(load, "one.avif")]);
    let notes = vec![Note::Converted];
    let effects = update(&mut state, Event::Decoded { load, result: Ok(Picture { notes: notes.clone(), ..picture("one", 8) }) });
    fit(&mut state, &effects);
    assert_eq!((shown(&state), state.document.as_ref().map(|document| &document.picture.notes)), (Some(("one", 8)), Some(&notes)));
    // The worker ends while it decodes.
    given(&mut state, 1, "two.png");
    let effects = said(&mut state, FromWorker::failed(About::Worker, Failure::Memory { detail: "out of memory".to_owned() }));
    assert_eq!(effects, [Effect::EndWorker, here(load + 1, "two.png")]);
    // And there is none.
    assert_eq!(given(&mut state, 1, "three.png"), [here(load + 2, "three.png")]);
    // Before a worker listens, nothing is decoded twice.
    let mut state = State::new("http://here/".to_owned(), ModelChoice::default());
    start(&mut state);
    assert_eq!(given(&mut state, 1, "early.png"), []);
    assert_eq!(state.status, Status::Opening { name: "early.png".to_owned() });
    assert!(said(&mut state, FromWorker::Ready).contains(&Effect::Decode { load: 1, file: Handle(1) }));
}

#[test]
fn what_cannot_be_shown_or_edited_gets_a_sentence_and_what_was_there_stays() {
    let mut state = opened();
    let side = LARGEST.isqrt() + 1;
    let causes = [
        (Undecoded::TooLarge { width: side, height: side }, Notice::TooLarge { width: side, height: side }),
        (Undecoded::Damaged { detail: "cut".to_owned() }, Notice::Damaged { name: "one.png".to_owned(), detail: "cut".to_owned() }),
    ];
    for (cause, notice) in causes {
        given(&mut state, 1, "one.png");
        let load = state.load;
        assert_eq!(said(&mut state, FromWorker::NotDecoded { load, cause }), []);
        assert_eq!((&state.notice, &state.status, &state.opening), (&Some(notice), &Status::Nothing, &None));
    }
    // A browser whose canvases end at a lower size.
    given(&mut state, 1, "one.png");
    let load = state.load;
    let pixels = Some(Rc::new(vec![1; 4 * WIDTH * HEIGHT]));
    let message = FromWorker::Decoded { load, width: WIDTH, height: HEIGHT, kind: FileKind::Png, notes: Vec::new() };
    let effects = said_with(&mut state, message, Attached { pixels, ..Attached::default() });
    let (purpose, size) = (Purpose::Picture(load), (WIDTH, HEIGHT));
    assert_eq!(effects, [Effect::Probe { purpose, size }]);
    update(&mut state, Event::Probed { purpose, size, fits: false });
    assert_eq!(state.notice, Some(Notice::NoCanvas { width: WIDTH, height: HEIGHT }));
    assert_eq!(shown(&state), Some(("photo", 9)));
}

#[test]
fn a_large_picture_is_made_ready_slice_by_slice_and_its_hole_is_looked_for_in_a_turn_of_its_own() {
    let mut state = opened();
    given(&mut state, 1, "large.png");
    let (load, (width, height)) = (state.load, (4000, 3000));
    let large = Picture::plain("large".to_owned(), width, height, Rc::new(vec![4; 4 * width * height]));
    let effects = update(&mut state, Event::Decoded { load, result: Ok(large) });
    assert!(fit(&mut state, &effects).contains(&Effect::NextSlice));
    assert!(shown(&state) == Some(("photo", 9)) && update(&mut state, Event::Slice).contains(&Effect::NextSlice));
    update(&mut state, Event::Slice);
    assert_eq!((shown(&state), &state.opening), (Some(("large", 4)), &None));
    let marks = |state: &State| state.document.as_ref().map(|document| (document.marks.bounds(), document.marks.mask().values().len()));
    assert_eq!(marks(&state), Some((None, width * height)));

    update(&mut state, Event::Invert);
    while state.hand.change.is_some() {
        update(&mut state, Event::Slice);
    }
    let pace = Some(1.0);
    assert_eq!(state.estimate.milliseconds(pace), None);
    assert_eq!(update(&mut state, Event::Space(false)), [], "its turn is asked for once");
    update(&mut state, Event::Slice);
    assert!(state.estimate.milliseconds(pace).is_some_and(|milliseconds| milliseconds > 0.0));
}

#[test]
fn no_picture_comes_between_a_run_and_its_result() {
    let mut state = opened();
    given(&mut state, 1, "late.png");
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    assert_eq!(given(&mut state, 2, "later.png"), []);
    let load = state.load;
    decoded(&mut state, load, 5);
    assert_eq!((shown(&state), &state.notice), (Some(("photo", 9)), &Some(Notice::Busy { name: "late.png".to_owned() })));
    assert_eq!(given(&mut state, 3, "mine.infill"), []);
    assert!(state.models.offered.is_empty());
    let pixels = Some(Rc::new(vec![200; 4 * WIDTH * HEIGHT]));
    let done = FromWorker::Done { id: 1, width: WIDTH, height: HEIGHT, milliseconds: 1.0 };
    said_with(&mut state, done, Attached { pixels, held: vec![Handle(20)], ..Attached::default() });
    let answer = state.answer().map(|answer| (answer.name.as_str(), answer.pixels[0]));
    assert_eq!(answer, Some(("photo", 200)));
    assert_eq!(state.notice, Some(Notice::NotOpened { name: "mine.infill".to_owned() }), "the last one that was tried");
}

#[test]
fn a_picture_takes_the_place_of_everything_before() {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let place = mouse(&state, 5.0, 5.0);
    update(&mut state, Event::PointerDown(place));
    open(&mut state, "other.png", 3);
    assert_eq!((shown(&state), marked(&state), state.travels()), (Some(("other", 3)), 0.0, (false, false)));
    assert_eq!(state.status, Status::Opened { width: WIDTH, height: HEIGHT });
    // The stroke that was under way has no end here.
    update(&mut state, Event::PointerUp(place));
    assert_eq!((marked(&state), state.travels()), (0.0, (false, false)));
    given(&mut state, 8, "notes.txt");
    let load = state.load;
    update(&mut state, Event::Decoded { load, result: Err(Notice::NotAPicture { name: "notes.txt".to_owned() }) });
    assert!(state.notice.is_some() && shown(&state) == Some(("other", 3)));
}

/// The number that the visitor's file was sent with.
fn sent(effects: &[Effect], name: &str) -> u32 {
    match effects {
        [Effect::SendModel { wanted, own }] if own.name == name => *wanted,
        _ => panic!("{name} was not sent: {effects:?}"),
    }
}

fn refused(wanted: u32) -> FromWorker {
    FromWorker::failed(About::Model(wanted), Failure::ModelFile { name: "broken".to_owned(), detail: "no".to_owned() })
}

fn device(state: &mut State) -> Vec<Effect> {
    said(state, FromWorker::Device(DeviceReport { webgpu: false, adapter: String::new(), reason: None }))
}

#[test]
fn a_model_of_ones_own_is_used_and_a_broken_one_is_refused() {
    let mut state = opened();
    let own = OwnModel { name: "mine".to_owned(), file: Handle(50) };
    let wanted = sent(&given(&mut state, 50, "mine.infill"), "mine");
    said(&mut state, model(wanted, "mine", true));
    assert_eq!((state.models.own.as_ref(), state.models.chosen(), state.models.choice.clone()), (Some(&own), OWN, ModelChoice::Own));
    let wanted = sent(&given(&mut state, 51, "broken.infill"), "broken");
    assert_eq!(state.handles().collect::<Vec<_>>(), [Handle(50), Handle(51), Handle(7)]);
    assert_eq!(said(&mut state, refused(wanted)), []);
    assert!(state.models.offered.is_empty() && state.models.own.as_ref() == Some(&own));
    // Another worker is given the same file, as soon as it has a device.
    said(&mut state, FromWorker::failed(About::Worker, Failure::Panic { detail: "oh".to_owned() }));
    update(&mut state, Event::Retry);
    said(&mut state, FromWorker::Ready);
    let wanted = sent(&device(&mut state), "mine");
    // Refused without another in use, the list's is fetched.
    let fetched = said(&mut state, refused(wanted));
    assert!(
        matches!(&fetched[..], [Effect::Say(ToWorker::FetchModel { model: ModelChoice::Best(TaskKind::Inpaint), .. }, _)]),
        "{fetched:?}"
    );
}

#[test]
fn checkpoints_of_pytorch_are_models_too_and_their_import_is_told() {
    let mut state = opened();
    for name in ["mine.pth", "mine.pt", "mine.safetensors"] {
        let wanted = sent(&given(&mut state, 50, name), "mine");
        said(&mut state, FromWorker::Importing { wanted, done: 1, total: 4 });
        assert_eq!(state.status, Status::Importing { done: 1, total: 4 });
        said(&mut state, FromWorker::Importing { wanted: wanted - 1, done: 3, total: 4 });
        assert_eq!(state.status, Status::Importing { done: 1, total: 4 }, "nobody waits for it any more");
        said(&mut state, model(wanted, "mine", true));
        assert_eq!(state.models.chosen(), OWN);
    }
}

#[test]
fn of_two_model_files_each_is_known_by_its_number() {
    let mut state = opened();
    let one = sent(&given(&mut state, 50, "one.infill"), "one");
    let two = sent(&given(&mut state, 51, "two.infill"), "two");
    // The first was read before the second came; what is in use is what the worker says.
    said(&mut state, model(one, "one", true));
    let used = |state: &State| state.models.own.as_ref().map(|own| (own.name.clone(), own.file));
    assert_eq!(used(&state), Some(("one".to_owned(), Handle(50))));
    said(&mut state, model(two, "two", true));
    assert_eq!(used(&state), Some(("two".to_owned(), Handle(51))));
    assert!(state.models.offered.is_empty());
    // Of the same name they are two models all the same.
    let named = state.models.identity();
    let other = sent(&given(&mut state, 52, "two.infill"), "two");
    said(&mut state, model(other, "two", true));
    assert_ne!(state.models.identity(), named);
}

#[test]
fn a_model_file_that_comes_before_there_is_a_device_waits_for_it() {
    let mut state = State::new("http://here/".to_owned(), ModelChoice::default());
    start(&mut state);
    assert_eq!(given(&mut state, 50, "mine.infill"), []);
    said(&mut state, FromWorker::Ready);
    let first = device(&mut state);
    sent(&first, "mine");
    // A worker that is lost before it had looked at it does not take it along.
    said(&mut state, FromWorker::failed(About::Worker, Failure::DeviceLost { detail: "reset".to_owned() }));
    said(&mut state, FromWorker::Ready);
    sent(&device(&mut state), "mine");
}

#[test]
fn what_was_asked_for_before_is_no_news() {
    let mut state = opened();
    let wanted = state.models.wanted;
    update(&mut state, Event::Model("other".to_owned()));
    state.status = Status::Nothing;
    said(&mut state, FromWorker::Fetching { wanted, done: 1, total: 2 });
    let failure = Failure::Network { path: "a.bin".to_owned(), detail: "500".to_owned() };
    said(&mut state, FromWorker::failed(About::Model(wanted), failure));
    assert_eq!((&state.status, &state.notice, state.phase()), (&Status::Nothing, &None, "loading"));
}

#[test]
fn a_model_is_chosen_and_remembered_and_asked_for_again() {
    let mut state = opened();
    let listed =
        |name: &str| ListedModel { name: name.to_owned(), words: Words::default(), tasks: TaskKind::ALL.to_vec(), size: 1_500_000 };
    let words = Words { title: Some("Tiny".to_owned()), about: Some("tests".to_owned()) };
    said(&mut state, FromWorker::Models { listed: vec![ListedModel { words, ..listed("tiny") }, listed("other")] });
    let options = [("tiny", "Tiny (1.5 MB): tests"), ("other", "other (1.5 MB)")];
    assert_eq!(state.models.options(state.task, &state.language), options.map(|(value, text)| (value.to_owned(), text.to_owned())));
    let fetch = |wanted| Effect::Say(ToWorker::FetchModel { wanted, model: ModelChoice::Named("other".to_owned()) }, Vec::new());
    let wanted = state.models.wanted + 1;
    let effects = update(&mut state, Event::Model("other".to_owned()));
    assert_eq!(effects, [Effect::RememberModel("other".to_owned()), fetch(wanted)]);
    assert_eq!((state.phase(), state.models.chosen()), ("loading", "other"));
    let failure = Failure::Network { path: "manifest.json".to_owned(), detail: "500".to_owned() };
    assert_eq!(said(&mut state, FromWorker::failed(About::Model(wanted), failure)), []);
    assert_eq!(state.phase(), "failed");
    assert_eq!(update(&mut state, Event::Retry), [fetch(wanted + 1)]);
    said(&mut state, model(wanted + 1, "other", false));
    assert_eq!(state.phase(), "ready");
}

#[test]
fn a_first_visit_gets_one_model_which_is_its_task_s_best() {
    let mut state = State::new("http://here/".to_owned(), ModelChoice::default());
    start(&mut state);
    let asked = said(&mut state, FromWorker::Ready).into_iter().find_map(|effect| match effect {
        Effect::Say(ToWorker::Start { model, .. }, _) => Some(model),
        _ => None,
    });
    assert_eq!(asked, Some(ModelChoice::Best(TaskKind::Inpaint)));
    let listed = [("all", &TaskKind::ALL[..]), ("fill", &[TaskKind::Inpaint, TaskKind::Uncrop])].map(|(name, tasks)| ListedModel {
        name: name.to_owned(),
        words: Words::default(),
        tasks: tasks.to_vec(),
        size: 1,
    });
    assert_eq!(asked.and_then(|choice| choice.among(&listed).map(|model| model.name.clone())), Some("fill".to_owned()));
    said(&mut state, FromWorker::Device(DeviceReport { webgpu: false, adapter: String::new(), reason: None }));
    assert_eq!(said(&mut state, FromWorker::Models { listed: listed.to_vec() }), [], "it is on its way");
    let number = state.models.wanted;
    let effects = said(&mut state, model(number, "fill", false));
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Say(ToWorker::FetchModel { .. }, _))), "{effects:?}");
}

#[test]
fn a_task_gets_the_model_that_was_trained_for_it() {
    let mut state = opened();
    let listed =
        |name: &str, tasks: &[TaskKind]| ListedModel { name: name.to_owned(), words: Words::default(), tasks: tasks.to_vec(), size: 1 };
    let repair = [listed("tiny", &TaskKind::ALL), listed("repair", &[TaskKind::Restore])];
    assert_eq!(said(&mut state, FromWorker::Models { listed: repair.to_vec() }), []);
    let wanted = |name: &str, effects: &[Effect]| {
        let fetched = |effect: &Effect| match effect {
            Effect::Say(ToWorker::FetchModel { model, .. }, _) => Some(model.clone()),
            _ => None,
        };
        assert_eq!(effects.iter().filter_map(fetched).collect::<Vec<_>>(), [ModelChoice::Named(name.to_owned())]);
    };
    wanted("repair", &update(&mut state, Event::Task(TaskKind::Restore)));
    assert_eq!((state.phase(), state.models.options(state.task, &state.language).len()), ("loading", 2));
    // What cannot be had is not asked for again and again.
    let failure = Failure::Network { path: "manifest.json".to_owned(), detail: "500".to_owned() };
    let number = state.models.wanted;
    assert_eq!(said(&mut state, FromWorker::failed(About::Model(number), failure)), []);
    wanted("repair", &update(&mut state, Event::Retry));
    let specialist = |wanted| match model(wanted, "repair", false) {
        FromWorker::Model(report) => FromWorker::Model(ModelReport { tasks: vec![TaskKind::Restore], ..report }),
        other => other,
    };
    let number = state.models.wanted;
    assert_eq!(said(&mut state, specialist(number)), []);
    // It knows one task, but others are known.
    assert!(state.offers(TaskKind::Inpaint));
    wanted("tiny", &update(&mut state, Event::Task(TaskKind::Inpaint)));
    assert_eq!(state.models.options(state.task, &state.language).len(), 1);
    let number = state.models.wanted;
    said(&mut state, model(number, "tiny", false));
    assert_eq!(update(&mut state, Event::Task(TaskKind::Colorize)), []);
    wanted("repair", &update(&mut state, Event::Task(TaskKind::Restore)));
    // Who chooses another for it gets that.
    wanted("tiny", &update(&mut state, Event::Model("tiny".to_owned())));
    let number = state.models.wanted;
    said(&mut state, model(number, "tiny", false));
    for task in [TaskKind::Uncrop, TaskKind::Restore] {
        assert_eq!(update(&mut state, Event::Task(task)), []);
    }
}

#[test]
fn a_new_version_is_looked_for_when_the_tab_is_seen_and_said() {
    let mut state = opened();
    assert_eq!(update(&mut state, Event::TabShown), [Effect::LookForVersion]);
    assert!(!state.new_version);
    assert_eq!(update(&mut state, Event::NewVersion), []);
    assert!(state.new_version);
}
