//! The output stream: results, for a person at a terminal or for another program. Messages are no results: they are `tracing`'s, on the
//! error stream.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

use anyhow::{Result, bail};

/// Why a line could not be written, of the first one that somebody still wanted.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line. Unlike `println!` it does not end the program when nobody reads any more (`infill … | head -1`): what is written to
/// files is still wanted.
macro_rules! say {
    ($($part:tt)*) => { $crate::stdout::line(format_args!($($part)*)) };
}
pub(crate) use say;

/// What [`say!`] does.
pub fn line(text: fmt::Arguments<'_>) {
    if let Err(error) = writeln!(io::stdout(), "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = FAILED.set(error);
    }
}

/// Prints Markdown: for programs and files as it is, at a terminal with tables in columns and without marks.
pub fn markdown(text: &str) {
    if io::stdout().is_terminal() { say!("{}", plain(text)) } else { say!("{text}") }
}

/// Asked at the program's end.
///
/// # Errors
/// A line could not be written, as on a full disk.
pub fn check() -> Result<()> {
    match FAILED.get() {
        Some(error) => bail!("cannot write to the output stream: {error}"),
        None => Ok(()),
    }
}

/// Markdown as a terminal shows it best.
fn plain(markdown: &str) -> String {
    let (mut lines, mut table) = (Vec::new(), Vec::new());
    for line in markdown.lines() {
        if let Some(row) = line.strip_prefix('|') {
            table.push(cells(row));
            continue;
        }
        lines.extend(columns(&std::mem::take(&mut table)));
        let text = if line.starts_with('#') { line.trim_start_matches(['#', ' ']) } else { line };
        lines.push(text.replace("**", ""));
    }
    lines.extend(columns(&table));
    lines.join("\n")
}

/// The cells of a table's row, which ends with a bar.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim_end().strip_suffix('|').unwrap_or(row);
    row.split('|').map(|cell| cell.replace("**", "").trim().to_owned()).collect()
}

/// Rows as lines: columns of numbers to the right, others to the left.
fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let is_rule = |row: &Vec<String>| row.iter().all(|cell| !cell.is_empty() && cell.chars().all(|letter| matches!(letter, '-' | ':')));
    let rows: Vec<&Vec<String>> = rows.iter().filter(|row| !is_rule(row)).collect();
    let count = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let column = |number: usize| rows.iter().filter_map(move |row| row.get(number));
    let widths: Vec<usize> = (0..count).map(|number| column(number).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let number = |cell: &String| cell.is_empty() || cell.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '–'));
    let right: Vec<bool> = (0..count).map(|place| column(place).skip(1).all(number)).collect();
    let cell = |cell: &str, place: usize| {
        let space = " ".repeat(widths[place] - cell.chars().count());
        if right[place] { format!("{space}{cell}") } else { format!("{cell}{space}") }
    };
    let line = |row: &&Vec<String>| row.iter().enumerate().map(|(place, text)| cell(text, place)).collect::<Vec<_>>().join("  ");
    rows.iter().map(line).map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_terminal_tables_stand_in_columns_and_marks_are_gone() {
        let markdown =
            "## Who wins?\n\nIt is **ours**.\n| case | PSNR ↑ |\n|---|---|\n| grey | 7.20 |\n| inpaint-centre | **17.55** |\n\nend";
        let plain = plain(markdown);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines[..3], ["Who wins?", "", "It is ours."]);
        assert_eq!(lines[3..], ["case            PSNR ↑", "grey              7.20", "inpaint-centre   17.55", "", "end"]);
    }

    #[test]
    fn rows_may_lack_cells_and_a_table_may_end_the_text() {
        assert_eq!(plain("|  | a |\n|---|---|\n| x |"), "   a\nx");
        assert_eq!(plain(""), "");
    }
}
