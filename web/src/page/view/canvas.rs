//! Draws a scene.

use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::layers::Layers;
use crate::page::{
    dom, palette,
    scene::{Item, Scene},
};

/// Draws all of it.
pub fn draw(scene: &Scene, layers: &Layers) {
    let canvas: HtmlCanvasElement = dom::element("canvas");
    let (width, height) = scene.size;
    let wanted = ((width * scene.density).round() as u32, (height * scene.density).round() as u32);
    if (canvas.width(), canvas.height()) != wanted {
        canvas.set_width(wanted.0);
        canvas.set_height(wanted.1);
    }
    // What is shown is not worth a failure: the next frame may have the memory.
    let Ok(context) = dom::context(&canvas) else { return };
    let _ = context.set_transform(scene.density, 0.0, 0.0, scene.density, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    context.set_image_smoothing_enabled(scene.smooth);
    for item in &scene.items {
        paint(&context, item, layers, scene);
    }
}

fn paint(context: &CanvasRenderingContext2d, item: &Item, layers: &Layers, Scene { size, density, .. }: &Scene) {
    match item {
        Item::Layer { layer, place, clip } => {
            let Some(canvases) = layers.canvases(*layer) else { return };
            context.save();
            if let Some([x, y, width, height]) = clip {
                context.begin_path();
                context.rect(*x, *y, *width, *height);
                context.clip();
            }
            let _ = context.reset_transform();
            canvases.draw(context, place.map(|side| side * density), size.1 * density);
            context.restore();
        }
        Item::Fill { place: [x, y, width, height], colour } => {
            context.set_fill_style_str(colour);
            context.fill_rect(*x, *y, *width, *height);
        }
        Item::Edge { place: [x, y, width, height], colour } => {
            context.set_stroke_style_str(colour);
            context.set_line_width(2.0);
            context.stroke_rect(*x, *y, *width, *height);
        }
        Item::Area(corners) => {
            context.begin_path();
            corners.iter().for_each(|(x, y)| context.line_to(*x, *y));
            context.close_path();
            context.set_fill_style_str("rgba(236, 72, 112, 0.4)");
            context.fill();
            context.set_stroke_style_str("#ffffff");
            context.set_line_width(1.0);
            context.stroke();
        }
        Item::Dab { colour, path } => {
            for (ink, wider) in [("rgba(0, 0, 0, 0.7)".to_owned(), 4.0), ("#ffffff".to_owned(), 2.0), (palette::code(*colour), 0.0)] {
                stroke(context, path, &ink, wider);
            }
        }
        Item::Ring { at: (x, y), radius } => {
            for (colour, extra) in [("rgba(0, 0, 0, 0.7)", 1.0), ("rgba(255, 255, 255, 0.9)", 0.0)] {
                context.set_stroke_style_str(colour);
                context.set_line_width(1.0);
                context.begin_path();
                let _ = context.arc(*x, *y, radius + extra, 0.0, std::f64::consts::TAU);
                context.stroke();
            }
        }
    }
}

/// A line with round ends, from piece to piece as wide as its end says, and so much wider.
fn stroke(context: &CanvasRenderingContext2d, path: &[(f64, f64, f64)], ink: &str, wider: f64) {
    context.set_stroke_style_str(ink);
    context.set_line_cap("round");
    // Canvases draw no line from a point to itself, whatever its ends.
    if let Some((x, y, radius)) = path.first() {
        context.set_fill_style_str(ink);
        context.begin_path();
        let _ = context.arc(*x, *y, radius + wider / 2.0, 0.0, std::f64::consts::TAU);
        context.fill();
    }
    for (place, (x, y, radius)) in path.iter().enumerate().skip(1) {
        let (from_x, from_y, _) = path[place - 1];
        context.set_line_width(2.0 * radius + wider);
        context.begin_path();
        context.move_to(from_x, from_y);
        context.line_to(*x, *y);
        context.stroke();
    }
}
