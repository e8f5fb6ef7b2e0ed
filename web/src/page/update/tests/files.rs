//! Files that come in, several at once or at the wrong time; models of the list and of the visitor's own.

use super::*;
use crate::{
    message::{Failure, ListedModel},
    page::{
        models::{OWN, OwnModel},
        notice::{Notice, Status},
    },
};

fn given(state: &mut State, file: u32, name: &str) -> Vec<Effect> {
    update(state, Event::File { file: Handle(file), name: name.to_owned() })
}

fn decoded(state: &mut State, load: u32, name: &str, grey: u8) {
    update(state, Event::Decoded { load, result: Ok(picture(name, grey)) });
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
        assert_eq!(one, [Effect::Decode { load: before + 1, file: Handle(1), name: "one.png".to_owned() }]);
        given(&mut state, 2, "two.png");
        for which in [first, 3 - first] {
            decoded(&mut state, before + which, if which == 1 { "one" } else { "two" }, which as u8);
        }
        assert_eq!(shown(&state), Some(("two", 2)));
    }
    let result = Err(Notice::NotAPicture { name: "old.txt".to_owned() });
    let old = state.load;
    given(&mut state, 3, "three.png");
    update(&mut state, Event::Decoded { load: old, result });
    assert_eq!(state.notice, None, "nobody waits for it any more");
}

#[test]
fn no_picture_comes_between_a_run_and_its_result() {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    given(&mut state, 1, "late.png");
    update(&mut state, Event::Run);
    assert_eq!(given(&mut state, 2, "later.png"), []);
    let load = state.load;
    decoded(&mut state, load, "late", 5);
    assert_eq!((shown(&state), &state.notice), (Some(("photo.png", 9)), &Some(Notice::Busy)));
    assert_eq!(given(&mut state, 3, "mine.infill"), []);
    assert_eq!(state.models.offered, None);
}

#[test]
fn a_picture_takes_the_place_of_everything_before() {
    let mut state = opened();
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    let place = mouse(&state, 5.0, 5.0);
    update(&mut state, Event::PointerDown(place));
    open(&mut state, "other.png", 3);
    assert_eq!((shown(&state), marked(&state), state.travels()), (Some(("other.png", 3)), 0.0, (false, false)));
    assert_eq!(state.status, Status::Opened { width: WIDTH, height: HEIGHT });
    // The stroke that was under way has no end here.
    update(&mut state, Event::PointerUp(place));
    assert_eq!((marked(&state), state.travels()), (0.0, (false, false)));
    let load = state.load;
    update(&mut state, Event::Decoded { load, result: Err(Notice::NotAPicture { name: "notes.txt".to_owned() }) });
    assert!(state.notice.is_some() && shown(&state) == Some(("other.png", 3)));
}

#[test]
fn a_model_of_ones_own_is_used_and_a_broken_one_is_refused() {
    let mut state = opened();
    let own = OwnModel { name: "mine".to_owned(), file: Handle(50) };
    assert_eq!(given(&mut state, 50, "mine.infill"), [Effect::SendModel(own.clone())]);
    said(&mut state, model("mine", true));
    assert_eq!((state.models.own.as_ref(), state.models.chosen(), state.models.choice.clone()), (Some(&own), OWN, ModelChoice::Own));
    given(&mut state, 51, "broken.infill");
    assert_eq!(state.handles().collect::<Vec<_>>(), [Handle(50), Handle(51)]);
    let refused = Failure::ModelFile { name: "broken".to_owned(), detail: "no".to_owned() };
    assert_eq!(said(&mut state, FromWorker::failed(None, refused.clone())), []);
    assert_eq!((state.models.offered.as_ref(), state.models.own.as_ref()), (None, Some(&own)));
    // Another worker is given the same file, as soon as it has a device.
    said(&mut state, FromWorker::failed(None, Failure::Panic { detail: "oh".to_owned() }));
    update(&mut state, Event::Retry);
    said(&mut state, FromWorker::Ready);
    let report = DeviceReport { webgpu: false, adapter: String::new(), reason: None };
    assert_eq!(said(&mut state, FromWorker::Device(report)), [Effect::SendModel(own)]);
    // Refused without another in use, the list's is fetched.
    let fetched = said(&mut state, FromWorker::failed(None, refused));
    assert_eq!(fetched, [Effect::Say(ToWorker::FetchModel { model: ModelChoice::First }, Vec::new())]);
}

#[test]
fn a_model_is_chosen_and_remembered_and_asked_for_again() {
    let mut state = opened();
    let listed = |name: &str| ListedModel { name: name.to_owned(), size: 1_500_000 };
    said(&mut state, FromWorker::Models { listed: vec![listed("tiny"), listed("other")] });
    assert_eq!(state.models.options()[1], ("other".to_owned(), "other (1.5 MB)".to_owned()));
    let fetch = Effect::Say(ToWorker::FetchModel { model: ModelChoice::Named("other".to_owned()) }, Vec::new());
    let effects = update(&mut state, Event::Model("other".to_owned()));
    assert_eq!(effects, [Effect::RememberModel("other".to_owned()), fetch.clone()]);
    assert_eq!((state.phase(), state.models.chosen()), ("loading", "other"));
    let failure = Failure::Network { path: "manifest.json".to_owned(), detail: "500".to_owned() };
    assert_eq!(said(&mut state, FromWorker::failed(None, failure)), []);
    assert_eq!(state.phase(), "failed");
    assert_eq!(update(&mut state, Event::Retry), [fetch]);
    said(&mut state, model("other", false));
    assert_eq!(state.phase(), "ready");
}
