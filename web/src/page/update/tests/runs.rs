//! Runs: progress, results, cancelling, failing, going on.

use infill::edit::DETAIL_STEPS;

use super::*;
use crate::{
    message::{About, DeviceChoice, Failure, Note, RunRequest, Saved},
    page::{
        effect::Buffer,
        field::Field,
        notice::{Notice, Status},
        opening::Purpose,
        picture::Metadata,
        runs::Activity,
    },
};

/// A page on which a run is under way.
fn running() -> (State, RunRequest) {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let effects = update(&mut state, Event::Run);
    let request = requested(&effects).expect("a run");
    (state, request)
}

fn done(state: &mut State, id: u32, grey: u8) {
    let pixels = Some(Rc::new(vec![grey; 4 * WIDTH * HEIGHT]));
    let message = FromWorker::Done { id, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(state, message, Attached { pixels, held: vec![Handle(20)], ..Attached::default() });
}

fn lost() -> Failure {
    Failure::DeviceLost { detail: "reset".to_owned() }
}

fn failed(state: &mut State, id: u32, failure: Failure, held: &[Handle]) -> Vec<Effect> {
    let saved = (!held.is_empty()).then_some(Saved { windows: 0, run: Some([0, 1, 3]) });
    let about = About::Run(id);
    said_with(state, FromWorker::Failed { about, failure, saved }, Attached { held: held.to_vec(), ..Attached::default() })
}

#[test]
fn what_it_computes_on_can_be_changed_between_runs_and_is_remembered() {
    let mut state = opened();
    said(&mut state, FromWorker::Pace { milliseconds: 250.0 });
    let effects = update(&mut state, Event::ComputeOn(DeviceChoice::Cpu));
    assert!(effects.contains(&Effect::RememberDevice(DeviceChoice::Cpu)), "{effects:?}");
    let start = said(&mut state, FromWorker::Ready);
    assert!(matches!(&start[0], Effect::Say(ToWorker::Start { device: DeviceChoice::Cpu, .. }, _)), "{start:?}");
    prepare_worker(&mut state, false);
    said(&mut state, FromWorker::Pace { milliseconds: 900.0 });
    assert_eq!(state.models.paces, [Some(900.0), Some(250.0)]);
    assert!(state.document.is_some() && update(&mut state, Event::ComputeOn(DeviceChoice::Cpu)).is_empty());
    update(&mut state, Event::File { file: Handle(9), name: "mine.infill".to_owned() });
    assert_eq!(state.models.paces, [None; 2], "of another model");
    let (mut state, _) = running();
    assert_eq!(update(&mut state, Event::ComputeOn(DeviceChoice::Cpu)), [], "not while a run is under way");
}

#[test]
fn a_run_shows_progress_and_ends_in_a_result_that_can_be_kept() {
    let (mut state, request) = running();
    assert_eq!((state.phase(), request.task, request.id), ("running", TaskKind::Inpaint, 1));
    assert_eq!(requested(&update(&mut state, Event::Run)), None, "one at a time");
    let mut texts = 0;
    for step in 1..=100 {
        state.status = Status::Nothing;
        said(&mut state, FromWorker::Progress { id: 1, done: step, total: 100, pace: 50.0, left: 50.0 * (100 - step) as f64 });
        texts += usize::from(state.status != Status::Nothing);
    }
    assert_eq!((texts, state.runs.progress), (11, 1.0));
    assert_eq!(state.status, Status::Step { done: 100, total: 100, left: 0.0 });
    let preview = Attached { pixels: Some(Rc::new(vec![0; 16])), ..Attached::default() };
    said_with(&mut state, FromWorker::Preview { id: 1, place: [1, 2, 3, 4], width: 2, height: 2 }, preview);
    assert!(state.runs.preview.is_some());
    done(&mut state, 1, 200);
    assert_eq!((state.phase(), state.runs.preview.is_some(), state.travels()), ("done", false, (true, false)));
    assert_eq!(state.handles().collect::<Vec<_>>(), [Handle(20), Handle(7)]);
    update(&mut state, Event::Keep);
    assert_eq!((state.phase(), marked(&state)), ("ready", 0.0));
    let grey = |state: &State| state.document.as_ref().map(|document| document.picture.pixels[0]);
    assert_eq!((grey(&state), state.handles().count()), (Some(200), 3), "the answer stays with the picture before");
    update(&mut state, Event::Undo);
    assert!(grey(&state) == Some(9) && marked(&state) > 0.0, "the picture before with its mask");
    update(&mut state, Event::Redo);
    assert_eq!((grey(&state), state.travels()), (Some(200), (true, false)));
    update(&mut state, Event::Undo);
    update(&mut state, Event::ChangeArea);
    drag(&mut state, (5.0, 5.0), (6.0, 5.0));
    assert!(!state.travels().1, "who paints on goes no other way forwards");
}

#[test]
fn a_result_can_be_discarded_and_one_of_the_wrong_size_is_none() {
    let (mut state, _) = running();
    done(&mut state, 1, 200);
    update(&mut state, Event::Discard);
    assert!(state.phase() == "ready" && state.answer().is_none() && marked(&state) > 0.0);
    assert_eq!(state.status, Status::Opened { width: WIDTH, height: HEIGHT }, "nothing is done any more");
    update(&mut state, Event::Run);
    let wrong = Attached { pixels: Some(Rc::new(vec![0; 8])), held: vec![Handle(21)], ..Attached::default() };
    said_with(&mut state, FromWorker::Done { id: 2, width: WIDTH, height: HEIGHT, milliseconds: 1.0 }, wrong);
    assert_eq!((state.phase(), state.answer().is_some()), ("failed", false));
}

#[test]
fn what_is_said_of_another_run_or_by_another_worker_is_no_news() {
    let (mut state, _) = running();
    let before = state.clone();
    said(&mut state, FromWorker::Progress { id: 7, done: 1, total: 2, pace: 1.0, left: 1.0 });
    done(&mut state, 7, 1);
    failed(&mut state, 7, Failure::Request { detail: "no".to_owned() }, &[]);
    update(&mut state, Event::Worker { worker: 0, message: FromWorker::failed(About::Worker, lost()), attached: Attached::default() });
    assert!(state == before);
}

#[test]
fn a_run_is_cancelled_and_nobody_is_told_to_wait_any_more() {
    let (mut state, _) = running();
    let painted = marked(&state);
    update(&mut state, Event::File { file: Handle(30), name: "other.png".to_owned() });
    assert_eq!(state.notice, Some(Notice::Busy { name: "other.png".to_owned() }));
    assert_eq!(update(&mut state, Event::Cancel), [Effect::Say(ToWorker::Cancel, Vec::new())]);
    assert_eq!(state.phase(), "running", "until the worker has stopped");
    said(&mut state, FromWorker::Cancelled { id: 1 });
    assert_eq!((state.phase(), &state.status), ("ready", &Status::Cancelled));
    assert_eq!(state.notice, Some(Notice::NotOpened { name: "other.png".to_owned() }), "it is not lost in silence");
    assert!(marked(&state) == painted && state.travels().0);
}

#[test]
fn a_lost_device_costs_no_step_and_after_two_the_cpu_is_offered() {
    let (mut state, first) = running();
    let held = [Handle(40), Handle(41), Handle(42)];
    assert_eq!(failed(&mut state, 1, lost(), &held), [Effect::StartWorker(2)]);
    assert_eq!((state.phase(), &state.status, &state.notice), ("running", &Status::GoingOn { running: true }, &None));
    assert_eq!(state.handles().take(3).collect::<Vec<_>>(), held);
    let effects = prepare_worker(&mut state, true);
    let request = requested(&effects).expect("it goes on");
    assert_eq!(request, RunRequest { id: 2, resume: Some(Saved { windows: 0, run: Some([0, 1, 3]) }), ..first });
    let Some(Effect::Say(_, buffers)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(buffers[5..], held.map(Buffer::Held));
    // The same again.
    assert_eq!(failed(&mut state, 2, lost(), &held), [Effect::EndWorker]);
    assert_eq!((state.phase(), &state.notice), ("failed", &Some(Notice::Failure(lost()))));
    assert_eq!(update(&mut state, Event::UseCpu), [Effect::StartWorker(3)]);
    let start = said(&mut state, FromWorker::Ready);
    assert!(matches!(&start[0], Effect::Say(ToWorker::Start { device: DeviceChoice::Cpu, .. }, _)), "{start:?}");
    assert!(requested(&prepare_worker(&mut state, false)).is_some_and(|request| request.resume.is_some()));
    done(&mut state, 3, 1);
    assert_eq!((state.phase(), state.runs.losses), ("done", 0));
}

#[test]
fn another_mask_begins_anew_and_another_picture_begins_nothing() {
    for another_picture in [false, true] {
        let (mut state, _) = running();
        failed(&mut state, 1, Failure::Panic { detail: "oh".to_owned() }, &[Handle(40), Handle(41), Handle(42)]);
        assert_eq!((state.phase(), state.models.alive), ("failed", false));
        if another_picture {
            open(&mut state, "other.png", 3)
        } else {
            drag(&mut state, (1.0, 1.0), (2.0, 2.0))
        }
        update(&mut state, Event::Retry);
        let request = requested(&prepare_worker(&mut state, true));
        assert_eq!(request.map(|request| request.resume), if another_picture { None } else { Some(None) });
        assert_eq!(state.handles().count(), 1, "nothing is kept of the run before");
    }
}

#[test]
fn who_cancels_while_the_device_goes_is_not_made_to_wait() {
    let (mut state, _) = running();
    update(&mut state, Event::Cancel);
    assert_eq!(failed(&mut state, 1, lost(), &[Handle(40), Handle(41), Handle(42)]), [Effect::StartWorker(2)]);
    assert_eq!((state.phase(), &state.status), ("loading", &Status::Cancelled));
    assert_eq!(requested(&prepare_worker(&mut state, true)), None);
    // Between two workers there is nobody to be asked.
    update(&mut state, Event::Run);
    failed(&mut state, 2, lost(), &[]);
    assert_eq!(state.runs.activity, Activity::Waiting);
    assert_eq!(update(&mut state, Event::Cancel), []);
    assert_eq!(state.phase(), "loading");
    assert_eq!(requested(&prepare_worker(&mut state, true)), None);
}

#[test]
fn a_request_that_is_refused_leaves_worker_and_mask() {
    let (mut state, _) = running();
    let refused = Failure::Request { detail: "the mask is empty".to_owned() };
    assert_eq!(failed(&mut state, 1, refused, &[]), []);
    assert!(state.phase() == "failed" && state.models.alive && marked(&state) > 0.0);
    update(&mut state, Event::Dismiss);
    assert_eq!(state.notice, None);
    assert!(requested(&update(&mut state, Event::Run)).is_some());
    assert_eq!(state.phase(), "running");
}

#[test]
fn a_page_that_comes_back_has_another_worker_and_makes_its_run() {
    let (mut state, _) = running();
    assert_eq!(update(&mut state, Event::Shown), [], "it was never away");
    assert_eq!(update(&mut state, Event::Hidden), [Effect::EndWorker]);
    assert_eq!(said(&mut state, FromWorker::failed(About::Worker, lost())), [], "its last words are not heard");
    assert_eq!(update(&mut state, Event::Shown), [Effect::StartWorker(2)]);
    assert!(requested(&prepare_worker(&mut state, true)).is_some_and(|request| request.resume.is_none()));
}

#[test]
fn a_result_is_asked_for_only_where_there_is_room_for_it() {
    let mut state = opened();
    update(&mut state, Event::Task(TaskKind::Uncrop));
    update(&mut state, Event::Typed(Field::Side(0), Some(9000.0)));
    update(&mut state, Event::Typed(Field::Side(1), Some(9000.0)));
    assert_eq!(update(&mut state, Event::Run), []);
    let (width, height) = (WIDTH + 9000, HEIGHT + 9000);
    assert_eq!((state.phase(), &state.notice), ("ready", &Some(Notice::ResultTooLarge { width, height })));
    update(&mut state, Event::Typed(Field::Side(1), Some(0.0)));
    let (purpose, size) = (Purpose::Run, (width, HEIGHT));
    assert_eq!(update(&mut state, Event::Run), [Effect::Probe { purpose, size }]);
    assert_eq!((state.phase(), &state.notice), ("ready", &None));
    update(&mut state, Event::Probed { purpose, size, fits: false });
    assert_eq!(state.notice, Some(Notice::NoCanvas { width, height: HEIGHT }));
    assert!(requested(&update(&mut state, Event::Probed { purpose, size: (1, 1), fits: true })).is_none(), "that is another size");
    assert!(requested(&update(&mut state, Event::Probed { purpose, size, fits: true })).is_some_and(|request| request.extend[0] == 9000));
    assert_eq!(update(&mut state, Event::Probed { purpose, size, fits: true }), [], "one at a time");
}

#[test]
fn what_the_file_says_of_its_colours_goes_with_every_run_and_every_result() {
    let mut state = opened();
    let metadata = Metadata { profile: Rc::new(vec![1, 2, 3]), chunks: Rc::new(vec![4]), ..Metadata::default() };
    if let Some(document) = &mut state.document {
        (document.picture.metadata, document.picture.notes) = (metadata.clone(), vec![Note::Profile]);
    }
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    for id in [1, 2] {
        let effects = update(&mut state, Event::Run);
        let Some(Effect::Say(_, buffers)) = effects.first() else { panic!("{effects:?}") };
        assert_eq!(buffers[2..], metadata.buffers().map(Buffer::Metadata));
        done(&mut state, id, 200);
        update(&mut state, Event::Keep);
        let picture = state.document.as_ref().map(|document| &document.picture);
        assert_eq!(
            picture.map(|picture| (picture.name.as_str(), &picture.metadata, picture.notes.as_slice())),
            Some(("photo", &metadata, &[Note::Profile][..]))
        );
    }
}

#[test]
fn how_long_a_run_takes_is_known_before_it_begins() {
    let mut state = opened();
    said(&mut state, FromWorker::Pace { milliseconds: 40.0 });
    let estimate = |state: &State| state.estimate.milliseconds(state.models.pace());
    assert_eq!(estimate(&state), None, "nothing is marked");
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let fill = estimate(&state).expect("an estimate");
    assert!(fill >= 800.0, "twenty steps for each window: {fill}");
    update(&mut state, Event::Typed(Field::Steps, Some(40.0)));
    assert_eq!(estimate(&state), Some(2.0 * fill - 40.0 * DETAIL_STEPS as f64), "the detail takes as long as before");
    update(&mut state, Event::Task(TaskKind::Restore));
    assert_eq!(estimate(&state), None, "a picture of one grey shows no blocks");
    update(&mut state, Event::CleanToo(true));
    assert!(estimate(&state) > Some(2.0 * fill), "tiles of the whole picture");
    update(&mut state, Event::Task(TaskKind::Uncrop));
    assert_eq!(estimate(&state), None);
}
