//! Answers become files of the kind, with the quality and the words that are wished for.

use super::*;
use crate::{
    message::WriteRequest,
    page::{effect::Buffer, notice::Status, picture::Metadata},
};

/// An answer to a JPEG file with EXIF.
fn answered() -> State {
    let mut state = opened();
    if let Some(document) = &mut state.document {
        document.picture.metadata = Metadata { exif: Rc::new(vec![7]), kind: FileKind::Jpeg, ..Metadata::default() };
    }
    drag(&mut state, (10.0, 15.0), (20.0, 15.0));
    update(&mut state, Event::Run);
    let pixels = Some(Rc::new(vec![5; 4 * WIDTH * HEIGHT]));
    let done = FromWorker::Done { id: 1, width: WIDTH, height: HEIGHT, milliseconds: 900.0 };
    said_with(&mut state, done, Attached { pixels, held: vec![Handle(20)], ..Attached::default() });
    state
}

/// The file that is asked for, with the EXIF that goes along.
fn asked(effects: &[Effect]) -> Option<(WriteRequest, Buffer)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Say(ToWorker::WriteFile(asked), buffers) => Some((*asked, buffers[3].clone())),
        _ => None,
    })
}

#[test]
fn a_file_is_of_the_pictures_kind_unless_another_is_chosen() {
    let mut state = answered();
    let (request, exif) = asked(&update(&mut state, Event::Download)).expect("a JPEG is made");
    assert_eq!((request.kind, request.quality, exif), (FileKind::Jpeg, 90, Buffer::Metadata(Rc::new(vec![7]))));
    assert!(!request.with_pixels, "pixels that nobody looks at do not come back");
    update(&mut state, Event::Typed(Field::Quality, Some(55.0)));
    let effects = update(&mut state, Event::KeepExif(false));
    assert!(effects.contains(&Effect::RememberOutput("55 without".to_owned())));
    let (request, exif) = asked(&update(&mut state, Event::Download)).expect("another");
    assert_eq!((request.quality, exif), (55, Buffer::Metadata(Rc::default())));
    let made = Attached { held: vec![Handle(30)], ..Attached::default() };
    let written = FromWorker::Written { number: request.number, kind: FileKind::Jpeg, lossless: false };
    let saved = said_with(&mut state, written, made.clone());
    assert!(saved.contains(&Effect::Save { file: Handle(30), name: "photo-filled.jpg".to_owned() }), "{saved:?}");
    update(&mut state, Event::SaveAs(FileKind::Png));
    assert_eq!(asked(&update(&mut state, Event::Download)).map(|asked| asked.0.kind), Some(FileKind::Png), "without EXIF it is made anew");
    update(&mut state, Event::KeepExif(true));
    let saved = update(&mut state, Event::Download);
    assert!(saved.contains(&Effect::Save { file: Handle(20), name: "photo-filled.png".to_owned() }), "{saved:?}");
    update(&mut state, Event::SaveAs(FileKind::WebP));
    let (request, _) = asked(&update(&mut state, Event::Download)).expect("a WebP is made");
    said_with(&mut state, FromWorker::Written { number: request.number, kind: FileKind::WebP, lossless: true }, made);
    assert_eq!(state.status, Status::LosslessWebP);
    open(&mut state, "other.png", 3);
    assert_eq!((state.output.kind, state.output.quality), (None, 55), "the kind is a matter of the picture");
}

#[test]
fn what_is_kept_is_saved_as_the_kind_that_the_picture_was() {
    let mut state = answered();
    update(&mut state, Event::Keep);
    assert_eq!(state.document.as_ref().map(|document| document.picture.metadata.kind), Some(FileKind::Jpeg));
}
