//! What the tests across packages share: a site with a tiny model, a browser under control, a visitor's hands, a common beginning for
//! tests of the page, the bench that measures it, and the reader of the sources for the rules of the house.

pub mod bench;
pub mod drawing;
pub mod hand;
mod lending;
pub mod page;
pub mod program;
pub mod scene;
mod session;
pub mod site;
