//! The table in ARCHITECTURE.md: parts, and what each may import.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

/// A part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its full name: a crate, or a crate's module, which stands for all modules below it that have no row.
    pub part: String,
    /// What it may import, as the table has it: parts of the same crate by their names in it, and other crates.
    pub may_import: BTreeSet<String>,
}

/// All parts, in the table's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
}

/// The head of the table's last column.
const COLUMN: &str = "may import";

impl Table {
    /// Reads the first table of a Markdown text whose last column is "may import". A part stands in the first column; what
    /// it may import is divided by commas or semicolons, "–" is nothing.
    ///
    /// # Errors
    /// When there is no such table, or a part has two rows.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines().map(cells).skip_while(|cells| cells.last().is_none_or(|last| *last != COLUMN));
        lines.next().context("there is no table with a column \"may import\"")?;
        let mut table = Self::default();
        for cells in lines.skip(1).take_while(|cells| !cells.is_empty()) {
            let [part, .., may_import] = cells.as_slice() else { bail!("a row of one cell: {cells:?}") };
            let part = name(part);
            if table.rows.iter().any(|row| row.part == part) {
                bail!("{part} has two rows");
            }
            let words = may_import.split([',', ';']).map(name).filter(|word| !word.is_empty() && word != "–");
            table.rows.push(Row { part, may_import: words.collect() });
        }
        Ok(table)
    }

    /// The row of a module: that of the longest name that it begins with.
    pub fn row_of(&self, module: &str) -> Option<usize> {
        let holds = |part: &str| module.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        let rows = self.rows.iter().enumerate().filter(|(_, row)| holds(&row.part));
        rows.max_by_key(|(_, row)| row.part.len()).map(|(number, _)| number)
    }

    /// The row that another row of a crate calls by this name.
    pub fn named(&self, from: usize, word: &str) -> Option<usize> {
        let package = self.rows[from].part.split("::").next().unwrap_or_default();
        let full = format!("{package}::{word}");
        self.rows.iter().position(|row| row.part == full)
    }
}

/// A line's cells; none when it is no row.
fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inner.map_or_else(Vec::new, |inner| inner.split('|').map(str::trim).collect())
}

fn name(text: &str) -> String {
    text.trim().trim_matches(['`', '*']).replace('-', "_")
}
