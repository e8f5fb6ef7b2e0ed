//! The paper's fool rate: a page that shows pairs of a photograph and a generated picture to people, and what their answers say. The
//! page is static files and knows no answers; `key.json` beside it does and is not published. It judges no person.

mod answers;
mod key;
mod make;
mod page;
mod pairs;
mod report;
mod wilson;

pub use make::{Method, Source, StudyPlan, make};
pub use page::origin;
pub use report::report;
