//! The pictures that the canvas is drawn from, each on canvases of its own, brought up to date where they changed.

use std::rc::Rc;

use infill::{
    mask::{Mask, Rect},
    picture::SATURATION,
};
use wasm_bindgen::JsValue;

use super::{
    banded::Banded,
    sheet::{STRIPE, Sheet, Wanted},
};
use crate::page::{document::Document, marks::Changed, picture::Pixels, scene::Layer, state::State};

/// Colour and strength of what is marked.
const OVERLAY: [u8; 3] = [236, 72, 112];
const STRENGTH: u16 = 150;

/// What is marked, of which picture, as of which revision.
struct Overlay {
    picture: Pixels,
    revision: u64,
    canvases: Banded,
    /// What is not drawn yet.
    waiting: Option<Rect>,
}

/// All of them.
#[derive(Default)]
pub struct Layers {
    picture: Option<Sheet>,
    preview: Option<Sheet>,
    answer: Option<Sheet>,
    overlay: Option<Overlay>,
}

impl Layers {
    /// The canvases of a layer.
    pub fn canvases(&self, layer: Layer) -> Option<&Banded> {
        let sheet = match layer {
            Layer::Picture => &self.picture,
            Layer::Preview => &self.preview,
            Layer::Answer => &self.answer,
            Layer::Marks => return self.overlay.as_ref().map(|overlay| &overlay.canvases),
        };
        sheet.as_ref().map(|sheet| &sheet.canvases)
    }

    /// Brings all nearer to what is wanted, by about a millisecond each; whether anything changed.
    ///
    /// # Errors
    /// When the browser is out of memory.
    pub fn update(&mut self, state: &State) -> Result<bool, JsValue> {
        let picture = state.document.as_ref().map(|document| &document.picture);
        if picture.is_some_and(|picture| self.answer.as_ref().is_some_and(|answer| answer.shows(&picture.pixels))) {
            // An answer that was kept is on a canvas already.
            self.picture = self.answer.take();
        }
        let plain = |pixels, size| Wanted { pixels, size, saturation: SATURATION };
        let mut changed = Sheet::lay(&mut self.picture, picture.map(|picture| plain(&picture.pixels, (picture.width, picture.height))))?;
        let preview = state.runs.preview.as_ref();
        changed |= Sheet::lay(&mut self.preview, preview.map(|preview| plain(&preview.pixels, preview.size)))?;
        let wanted = state.answer().map(|answer| Wanted {
            pixels: &answer.pixels,
            size: (answer.width, answer.height),
            saturation: answer.saturation,
        });
        changed |= Sheet::lay(&mut self.answer, wanted)?;
        match &state.document {
            Some(document) => changed |= self.overlay(document)?,
            None => self.overlay = None,
        }
        Ok(changed)
    }

    fn overlay(&mut self, document: &Document) -> Result<bool, JsValue> {
        let (picture, marks) = (&document.picture, &document.marks);
        let known = self.overlay.take().filter(|overlay| Rc::ptr_eq(&overlay.picture, &picture.pixels));
        let overlay = known.map(|overlay| (marks.since(overlay.revision), overlay));
        let (changed, mut overlay) = overlay.unwrap_or_else(|| {
            // New ones show what an empty mask does.
            let (canvases, waiting) = (Banded::new(picture.width, picture.height), None);
            let overlay = Overlay { picture: picture.pixels.clone(), revision: 0, canvases, waiting };
            (if marks.bounds().is_none() { Changed::Nothing } else { Changed::All }, overlay)
        });
        let place = match changed {
            Changed::Nothing => overlay.waiting,
            Changed::Part(place) => Some(overlay.waiting.map_or(place, |waiting| waiting.union(&place))),
            Changed::All => Some(document.whole()),
        };
        let mut waiting = None;
        if let Some(place) = place {
            let now = Rect { height: (STRIPE / place.width.max(1)).clamp(1, place.height.max(1)), ..place };
            tint(&mut overlay.canvases, marks.mask(), now)?;
            waiting =
                Some(Rect { top: now.bottom(), height: place.height.saturating_sub(now.height), ..place }).filter(|rest| rest.height > 0);
        }
        self.overlay = Some(Overlay { revision: marks.revision(), waiting, ..overlay });
        Ok(place.is_some())
    }

    /// Whether something is left to be done although nothing changes.
    pub fn is_behind(&self) -> bool {
        let sheets = [&self.picture, &self.preview, &self.answer];
        sheets.into_iter().flatten().any(Sheet::is_behind) || self.overlay.as_ref().is_some_and(|overlay| overlay.waiting.is_some())
    }
}

/// Draws a part of a mask anew.
fn tint(canvases: &mut Banded, mask: &Mask, place: Rect) -> Result<(), JsValue> {
    let [red, green, blue] = OVERLAY;
    let mut pixels = vec![0; 4 * place.width * place.height];
    for (y, row) in (place.top..place.bottom()).zip(pixels.chunks_exact_mut(4 * place.width)) {
        for (value, pixel) in mask.row(y)[place.left..place.right()].iter().zip(row.as_chunks_mut::<4>().0) {
            *pixel = [red, green, blue, (u16::from(*value) * STRENGTH / 255) as u8];
        }
    }
    canvases.put(&pixels, place)
}
