//! Draws the canvas from the state. It changes nothing.

use infill::task::TaskKind;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{
    app::{State, Tool, canvas_size},
    document::Document,
    dom,
    editor::Gesture,
};

/// Draws everything.
pub fn draw(state: &State) {
    let canvas: HtmlCanvasElement = dom::element("canvas");
    let (width, height) = canvas_size();
    let density = dom::window().device_pixel_ratio();
    let wanted = ((width * density).round() as u32, (height * density).round() as u32);
    if (canvas.width(), canvas.height()) != wanted {
        canvas.set_width(wanted.0);
        canvas.set_height(wanted.1);
    }
    let context = dom::context(&canvas);
    let _ = context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    if let Some(document) = &state.document {
        paint(&context, state, document);
    }
}

fn paint(context: &CanvasRenderingContext2d, state: &State, document: &Document) {
    let view = state.viewport;
    // Enlarged pixels are shown as such.
    context.set_image_smoothing_enabled(view.scale < 4.0);
    let place = |canvas: &HtmlCanvasElement, [x, y, width, height]: [f64; 4]| {
        let (left, top) = view.to_canvas(x, y);
        let size = (width * view.scale, height * view.scale);
        let _ = context.draw_image_with_html_canvas_element_and_dw_and_dh(canvas, left, top, size.0, size.1);
    };
    let whole = [0.0, 0.0, document.width as f64, document.height as f64];
    let uncropping = state.task == TaskKind::Uncrop;
    if uncropping && state.result.is_none() {
        let [x, y, width, height] = document.frame();
        let (left, top) = view.to_canvas(x, y);
        context.set_fill_style_str("rgba(128, 136, 132, 0.35)");
        context.fill_rect(left, top, width * view.scale, height * view.scale);
    }
    place(&document.picture, whole);
    match &state.result {
        Some(result) => {
            let (left, top) = (-(result.origin.0 as f64), -(result.origin.1 as f64));
            let (from, width) = (left + result.width as f64 * (1.0 - state.compare), result.width as f64);
            let (clip_left, clip_top) = view.to_canvas(from, top);
            let size = (width * state.compare * view.scale, result.height as f64 * view.scale);
            context.save();
            context.begin_path();
            context.rect(clip_left, clip_top, size.0, size.1);
            context.clip();
            place(&result.canvas, [left, top, width, result.height as f64]);
            context.restore();
            context.set_fill_style_str("#ffffff");
            context.fill_rect(clip_left - 1.0, clip_top, 2.0, size.1);
        }
        None => {
            if let Some(preview) = &state.preview {
                let [x, y, width, height] = preview.place;
                let origin = if uncropping { document.extend } else { [0; 4] };
                place(&preview.canvas, [x - origin[0] as f64, y - origin[1] as f64, width, height]);
            } else if state.task == TaskKind::Inpaint {
                place(&document.overlay, whole);
            }
            if uncropping {
                draw_frame(context, state, document);
            } else if state.task == TaskKind::Inpaint && !state.running {
                draw_cursor(context, state);
                draw_rectangle(context, state);
            }
        }
    }
}

fn draw_frame(context: &CanvasRenderingContext2d, state: &State, document: &Document) {
    let [x, y, width, height] = document.frame();
    let (left, top) = state.viewport.to_canvas(x, y);
    let (right, bottom) = state.viewport.to_canvas(x + width, y + height);
    context.set_stroke_style_str("#0b6e5f");
    context.set_line_width(2.0);
    context.stroke_rect(left, top, right - left, bottom - top);
    context.set_fill_style_str("#0b6e5f");
    let (middle_x, middle_y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    for (x, y, width, height) in [
        (left - 5.0, middle_y - 18.0, 10.0, 36.0),
        (right - 5.0, middle_y - 18.0, 10.0, 36.0),
        (middle_x - 18.0, top - 5.0, 36.0, 10.0),
        (middle_x - 18.0, bottom - 5.0, 36.0, 10.0),
    ] {
        context.fill_rect(x, y, width, height);
    }
}

/// The rectangle that is being pulled up.
fn draw_rectangle(context: &CanvasRenderingContext2d, state: &State) {
    let Gesture::Rectangle { from, to } = state.gesture else { return };
    let (x0, y0) = state.viewport.to_canvas(f64::from(from.0), f64::from(from.1));
    let (x1, y1) = state.viewport.to_canvas(f64::from(to.0), f64::from(to.1));
    context.set_fill_style_str("rgba(236, 72, 112, 0.4)");
    context.fill_rect(x0, y0, x1 - x0, y1 - y0);
    context.set_stroke_style_str("#ffffff");
    context.set_line_width(1.0);
    context.stroke_rect(x0, y0, x1 - x0, y1 - y0);
}

/// The brush's ring under the pointer, and the one that the keyboard moves.
fn draw_cursor(context: &CanvasRenderingContext2d, state: &State) {
    let keyboard = state.cursor.map(|(x, y)| state.viewport.to_canvas(x, y));
    let radius = match state.tool {
        Tool::Rectangle => 5.0,
        Tool::Brush | Tool::Eraser => (state.brush * state.viewport.scale / 2.0).max(2.0),
    };
    for (x, y) in [keyboard, state.hover].into_iter().flatten() {
        for (colour, extra) in [("rgba(0, 0, 0, 0.7)", 1.0), ("rgba(255, 255, 255, 0.9)", 0.0)] {
            context.set_stroke_style_str(colour);
            context.set_line_width(1.0);
            context.begin_path();
            let _ = context.arc(x, y, radius + extra, 0.0, std::f64::consts::TAU);
            context.stroke();
        }
    }
}
