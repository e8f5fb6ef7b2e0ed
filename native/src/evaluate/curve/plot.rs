//! A plot of several lines over a logarithmic axis, as SVG text. It knows nothing of what is plotted.

use plotters::prelude::*;
use plotters::series::LineSeries;

/// Width and height in pixels.
const SIZE: (u32, u32) = (720, 420);

/// Colours that stay apart for colour-blind readers (Okabe and Ito).
const COLOURS: [RGBColor; 4] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];

/// One line.
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points from left to right; the first coordinate is above zero.
    pub points: Vec<(f64, f64)>,
}

/// Draws the lines over evaluations of the net; an empty list gives an empty plot.
///
/// # Errors
/// Only when the drawing library fails.
pub fn svg(title: &str, what: &str, lines: &[Line]) -> anyhow::Result<String> {
    let mut text = String::new();
    draw(&mut text, title, what, lines).map_err(|error| anyhow::anyhow!("drawing the plot `{title}`: {error}"))?;
    Ok(text)
}

fn draw(text: &mut String, title: &str, what: &str, lines: &[Line]) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    let [left, right] = range(all().map(|point| point.0), 1.0, 10.0);
    let [low, high] = range(all().map(|point| point.1), 0.0, 1.0);
    let margin = ((high - low) * 0.08).max(0.05);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d((left * 0.9..right * 1.1).log_scale(), low - margin..high + margin)?;
    chart
        .configure_mesh()
        .x_desc("evaluations of the net")
        .y_desc(what)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.1}"))
        .draw()?;
    for (number, line) in lines.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3)).draw()?;
    area.present()?;
    Ok(())
}

/// The smallest and the largest value, or the defaults when there is none.
fn range(values: impl Iterator<Item = f64>, low: f64, high: f64) -> [f64; 2] {
    let found =
        values.fold(None, |range: Option<[f64; 2]>, value| Some(range.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)])));
    found.unwrap_or([low, high])
}

#[cfg(test)]
mod tests {
    use super::{Line, svg};

    #[test]
    fn every_line_is_drawn_and_named() {
        let lines = ["one", "other"].map(|name| Line { name: name.to_owned(), points: vec![(4.0, 18.0), (20.0, 19.5), (1000.0, 19.0)] });
        let text = svg("a title", "PSNR (dB)", &lines).expect("a plot");
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), "{text}");
        for word in ["a title", "PSNR (dB)", "evaluations of the net", "one", "other"] {
            assert!(text.contains(word), "{word} is missing");
        }
        assert_eq!(text.matches("<circle").count(), 6);
        svg("nothing yet", "PSNR (dB)", &[]).expect("an empty plot");
    }
}
