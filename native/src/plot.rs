//! A plot of several lines over two axes, as SVG and as text for a terminal. It knows nothing of what is plotted.

use plotters::{
    coord::ranged1d::{AsRangedCoord, ValueFormatter},
    prelude::*,
    series::LineSeries,
};

/// Width and height in pixels.
pub const SIZE: (u32, u32) = (720, 420);

/// Colours that stay apart for colour-blind readers (Okabe and Ito).
const COLOURS: [RGBColor; 4] = [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)];

/// Characters across and down of a plot in text, without its labels.
const CHARACTERS: (usize, usize) = (66, 14);

/// One line.
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its points from left to right.
    pub points: Vec<(f64, f64)>,
}

/// How the first coordinate is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Even,
    /// By its logarithm; it must be above zero.
    Logarithmic,
}

/// A plot. An empty list of lines gives an empty one.
pub struct Plot<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// What the first coordinate is.
    pub across: &'a str,
    /// What the second one is.
    pub up: &'a str,
    /// How the first one is laid out.
    pub scale: Scale,
    /// The lines.
    pub lines: &'a [Line],
}

type Drawn<T> = Result<T, Box<dyn std::error::Error>>;

impl Plot<'_> {
    /// The plot as an SVG file.
    ///
    /// # Errors
    /// Only when the drawing library fails.
    pub fn svg(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        let [left, right] = self.range(|point| point.0, 1.0, 10.0);
        let drawn = match self.scale {
            Scale::Even => self.draw(&mut text, left..right.max(left + 1e-9)),
            Scale::Logarithmic => self.draw(&mut text, (left * 0.9..right * 1.1).log_scale()),
        };
        drawn.map_err(|error| anyhow::anyhow!("drawing the plot `{}`: {error}", self.title))?;
        Ok(text)
    }

    fn draw<X>(&self, text: &mut String, across: X) -> Drawn<()>
    where
        X: AsRangedCoord<Value = f64>,
        X::CoordDescType: ValueFormatter<f64>,
    {
        let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let [low, high] = self.range(|point| point.1, 0.0, 1.0);
        let margin = if high > low { (high - low) * 0.08 } else { 0.05 };
        let decimals = decimals(high - low);
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 16))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(across, low - margin..high + margin)?;
        chart
            .configure_mesh()
            .x_desc(self.across)
            .y_desc(self.up)
            .light_line_style(TRANSPARENT)
            .x_label_formatter(&|value| format!("{value:.0}"))
            .y_label_formatter(&|value| format!("{value:.decimals$}"))
            .draw()?;
        for (number, line) in self.lines.iter().enumerate() {
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

    /// The plot in characters, at most 80 across: every line is made of its own letter, the first of `a`, and where lines meet
    /// the later one is seen.
    pub fn text(&self) -> String {
        let (columns, rows) = CHARACTERS;
        let [left, right] = self.range(|point| point.0, 0.0, 1.0).map(|value| self.place(value));
        let [low, high] = self.range(|point| point.1, 0.0, 1.0);
        let share = |value: f64, from: f64, to: f64| if to > from { (value - from) / (to - from) } else { 0.5 };
        let mut cells = vec![vec![' '; columns]; rows];
        for (number, line) in self.lines.iter().enumerate() {
            for point in &line.points {
                let column = (share(self.place(point.0), left, right) * (columns - 1) as f64).round() as usize;
                let row = ((1.0 - share(point.1, low, high)) * (rows - 1) as f64).round() as usize;
                cells[row][column] = letter(number);
            }
        }
        let decimals = decimals(high - low);
        let mut text = format!("{}: {}\n", self.title, self.up);
        for (row, cells) in cells.iter().enumerate() {
            let label = match row {
                0 => format!("{high:.decimals$}"),
                _ if row == rows - 1 => format!("{low:.decimals$}"),
                _ => String::new(),
            };
            text += format!("{label:>11} │{}", cells.iter().collect::<String>()).trim_end();
            text.push('\n');
        }
        let [first, last] = self.range(|point| point.0, 0.0, 1.0).map(|value| format!("{value:.0}"));
        let between = columns.saturating_sub(first.len() + last.len());
        text += &format!("{:>11} └{}\n{:>13}{first}{:^between$}{last}\n", "", "─".repeat(columns), "", self.across);
        for (number, line) in self.lines.iter().enumerate() {
            text += &format!("{:>13}{} {}\n", "", letter(number), line.name);
        }
        text
    }

    /// A first coordinate as it is laid out.
    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Even => value,
            Scale::Logarithmic => value.ln(),
        }
    }

    /// The smallest and the largest value, or the defaults when there is none.
    fn range(&self, value: impl Fn((f64, f64)) -> f64, low: f64, high: f64) -> [f64; 2] {
        let values = self.lines.iter().flat_map(|line| line.points.iter().copied()).map(value);
        let found = values
            .fold(None, |range: Option<[f64; 2]>, value| Some(range.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)])));
        found.unwrap_or([low, high])
    }
}

/// The letter of a line in text.
pub fn letter(number: usize) -> char {
    char::from(b'a' + (number % 26) as u8)
}

/// Decimals that tell values of such a range apart.
fn decimals(range: f64) -> usize {
    if range > 0.0 { (1.5 - range.log10()).ceil().clamp(1.0, 7.0) as usize } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(lines: &[Line], scale: Scale) -> Plot<'_> {
        Plot { title: "a title", across: "evaluations of the net", up: "PSNR (dB)", scale, lines }
    }

    #[test]
    fn every_line_is_drawn_and_named() {
        let lines = ["one", "other"].map(|name| Line { name: name.to_owned(), points: vec![(4.0, 18.0), (20.0, 19.5), (1000.0, 19.0)] });
        for scale in [Scale::Even, Scale::Logarithmic] {
            let text = plot(&lines, scale).svg().expect("a plot");
            assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), "{text}");
            for word in ["a title", "PSNR (dB)", "evaluations of the net", "one", "other"] {
                assert!(text.contains(word), "{word} is missing");
            }
            assert_eq!(text.matches("<circle").count(), 6);
            plot(&[], scale).svg().expect("an empty plot");
        }
    }

    #[test]
    fn in_text_every_line_has_its_letter_where_its_points_are() {
        let points = |points: &[(f64, f64)]| Line { name: "a run".to_owned(), points: points.to_vec() };
        let lines = [points(&[(0.0, 0.02), (100.0, 0.01)]), points(&[(0.0, 0.01), (50.0, 0.015)])];
        let text = plot(&lines, Scale::Even).text();
        let rows: Vec<&str> = text.lines().collect();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        // The first row is the title.
        assert_eq!(rows[1].trim_start(), "0.0200 │a", "{text}");
        let last: Vec<char> = rows[CHARACTERS.1].chars().collect();
        assert_eq!((last[13], last[12 + CHARACTERS.0]), ('b', 'a'), "{text}");
        assert!(rows[CHARACTERS.1].trim_start().starts_with("0.0100"), "{text}");
        assert!(text.contains("a a run") && text.contains("b a run") && rows[CHARACTERS.1 + 2].contains("100"), "{text}");
        plot(&[], Scale::Even).text();
    }
}
