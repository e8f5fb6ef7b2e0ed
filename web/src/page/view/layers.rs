//! The pictures that the canvas is drawn from, each on a canvas of its own, brought up to date where they changed.

use std::{ops::Range, rc::Rc};

use infill::{
    mask::{Mask, Rect},
    picture::{SATURATION, saturate},
};
use wasm_bindgen::{Clamped, JsValue};
use web_sys::{HtmlCanvasElement, ImageData};

use crate::page::{
    answers::Answer,
    document::{Changed, Document},
    dom,
    picture::Pixels,
    scene::Layer,
    state::State,
};

/// Colour and strength of what is marked.
const OVERLAY: [u8; 3] = [236, 72, 112];
const STRENGTH: u16 = 150;

/// Pixels of the overlay that are made in one frame: more would stop the page.
const STRIPE: usize = 1 << 21;

/// Pixels of an answer that get another saturation in one frame.
const SATURATED: usize = 1 << 19;

/// A canvas with the pixels that are on it.
type Sheet = Option<(Pixels, HtmlCanvasElement)>;

/// What is marked, of which picture, as of which revision.
struct Overlay {
    picture: Pixels,
    revision: u64,
    canvas: HtmlCanvasElement,
    /// What is not drawn yet.
    waiting: Option<Rect>,
}

/// All of them.
pub struct Layers {
    picture: Sheet,
    preview: Sheet,
    answer: Sheet,
    /// Saturation that the answer is drawn with, percent, and the rows that are not drawn with it yet.
    saturation: (u16, Range<usize>),
    overlay: Option<Overlay>,
}

impl Default for Layers {
    fn default() -> Self {
        Self { picture: None, preview: None, answer: None, saturation: (SATURATION, 0..0), overlay: None }
    }
}

impl Layers {
    /// The canvas of a layer.
    pub fn canvas(&self, layer: Layer) -> Option<&HtmlCanvasElement> {
        let sheet = match layer {
            Layer::Picture => &self.picture,
            Layer::Preview => &self.preview,
            Layer::Answer => &self.answer,
            Layer::Marks => return self.overlay.as_ref().map(|overlay| &overlay.canvas),
        };
        sheet.as_ref().map(|(_, canvas)| canvas)
    }

    /// Brings all up to date; whether anything changed.
    ///
    /// # Errors
    /// When the browser is out of memory.
    pub fn update(&mut self, state: &State) -> Result<bool, JsValue> {
        let picture = state.document.as_ref().map(|document| &document.picture);
        if let (Some(picture), Some((pixels, _))) = (picture, &self.answer)
            && Rc::ptr_eq(pixels, &picture.pixels)
            && self.saturation == (SATURATION, 0..0)
        {
            // An answer that was kept is on a canvas already.
            self.picture = self.answer.take();
        }
        let mut changed = lay(&mut self.picture, picture.map(|picture| (&picture.pixels, picture.width, picture.height)))?;
        let preview = state.runs.preview.as_ref();
        changed |= lay(&mut self.preview, preview.map(|preview| (&preview.pixels, preview.size.0, preview.size.1)))?;
        changed |= self.answer(state.answer())?;
        match &state.document {
            Some(document) => changed |= self.overlay(document)?,
            None => self.overlay = None,
        }
        Ok(changed)
    }

    /// The answer with its saturation, some rows of a large one in each frame.
    fn answer(&mut self, answer: Option<&Answer>) -> Result<bool, JsValue> {
        let mut changed = lay(&mut self.answer, answer.map(|answer| (&answer.pixels, answer.width, answer.height)))?;
        let Some(answer) = answer else { return Ok(changed) };
        let drawn = if changed { SATURATION } else { self.saturation.0 };
        if drawn != answer.saturation {
            self.saturation.1 = 0..answer.height;
        } else if changed {
            self.saturation.1 = 0..0;
        }
        self.saturation.0 = answer.saturation;
        let waiting = &mut self.saturation.1;
        if let Some((_, canvas)) = self.answer.as_ref().filter(|_| waiting.start < waiting.end) {
            let rows = waiting.start..waiting.end.min(waiting.start + (SATURATED / answer.width).max(1));
            let mut pixels = answer.pixels[4 * answer.width * rows.start..4 * answer.width * rows.end].to_vec();
            for [red, green, blue, _] in pixels.as_chunks_mut::<4>().0 {
                [*red, *green, *blue] = saturate([*red, *green, *blue], answer.saturation);
            }
            put(canvas, &pixels, answer.width, rows.len(), (0, rows.start))?;
            waiting.start = rows.end;
            changed = true;
        }
        Ok(changed)
    }

    fn overlay(&mut self, document: &Document) -> Result<bool, JsValue> {
        let (picture, marks) = (&document.picture, &document.marks);
        let known = self.overlay.take().filter(|overlay| Rc::ptr_eq(&overlay.picture, &picture.pixels));
        let overlay = known.map(|overlay| (marks.since(overlay.revision), overlay));
        let (changed, overlay) = overlay.unwrap_or_else(|| {
            let canvas = dom::new_canvas(picture.width, picture.height);
            // A new canvas shows what an empty mask does.
            let waiting = None;
            let overlay = Overlay { picture: picture.pixels.clone(), revision: 0, canvas, waiting };
            (if marks.mask().is_empty() { Changed::Nothing } else { Changed::All }, overlay)
        });
        let place = match changed {
            Changed::Nothing => overlay.waiting,
            Changed::Part(place) => Some(overlay.waiting.map_or(place, |waiting| waiting.union(&place))),
            Changed::All => Some(document.whole()),
        };
        let mut waiting = None;
        if let Some(place) = place {
            let now = Rect { height: (STRIPE / place.width.max(1)).clamp(1, place.height.max(1)), ..place };
            tint(&overlay.canvas, marks.mask(), now)?;
            waiting =
                Some(Rect { top: now.bottom(), height: place.height.saturating_sub(now.height), ..place }).filter(|rest| rest.height > 0);
        }
        self.overlay = Some(Overlay { revision: marks.revision(), waiting, ..overlay });
        Ok(place.is_some())
    }

    /// Whether the next frame has something to draw although nothing changes.
    pub fn is_behind(&self) -> bool {
        self.overlay.as_ref().is_some_and(|overlay| overlay.waiting.is_some()) || self.answer.is_some() && !self.saturation.1.is_empty()
    }
}

/// Puts pixels onto a canvas of their own, unless they are there already.
fn lay(sheet: &mut Sheet, wanted: Option<(&Pixels, usize, usize)>) -> Result<bool, JsValue> {
    let Some((pixels, width, height)) = wanted else { return Ok(sheet.take().is_some()) };
    if sheet.as_ref().is_some_and(|(there, _)| Rc::ptr_eq(there, pixels)) {
        return Ok(false);
    }
    let size = (width as u32, height as u32);
    let canvas = sheet.take().map(|(_, canvas)| canvas).filter(|canvas| (canvas.width(), canvas.height()) == size);
    let canvas = canvas.unwrap_or_else(|| dom::new_canvas(width, height));
    put(&canvas, pixels, width, height, (0, 0))?;
    *sheet = Some((pixels.clone(), canvas));
    Ok(true)
}

/// Draws a part of a mask anew.
fn tint(canvas: &HtmlCanvasElement, mask: &Mask, place: Rect) -> Result<(), JsValue> {
    let [red, green, blue] = OVERLAY;
    let mut pixels = vec![0; 4 * place.width * place.height];
    for (y, row) in (place.top..place.bottom()).zip(pixels.chunks_exact_mut(4 * place.width)) {
        for (value, pixel) in mask.row(y)[place.left..place.right()].iter().zip(row.as_chunks_mut::<4>().0) {
            *pixel = [red, green, blue, (u16::from(*value) * STRENGTH / 255) as u8];
        }
    }
    put(canvas, &pixels, place.width, place.height, (place.left, place.top))
}

/// Puts RGBA pixels onto a canvas.
pub fn put(canvas: &HtmlCanvasElement, pixels: &[u8], width: usize, height: usize, at: (usize, usize)) -> Result<(), JsValue> {
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), width as u32, height as u32)?;
    dom::context(canvas)?.put_image_data(&data, at.0 as f64, at.1 as f64)
}
