//! Reads how the house is built, from its sources, and holds it against the drawing: the table in ARCHITECTURE.md.
//! What it knows of Rust is what a reader of the imports knows; it does not expand macros.

mod arrow;
mod check;
mod circle;
mod house;
mod source;
mod table;

#[cfg(test)]
mod tests;

pub use arrow::{Arrow, Target, arrows};
pub use check::{check, described};
pub use circle::{circles, described_circles};
pub use house::{House, Module};
pub use source::{Kind, Mention, Scope, read};
pub use table::{Row, Table};
