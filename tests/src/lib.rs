//! What the tests across packages share: a site with a tiny model, a browser that is driven, what most tests of
//! the page begin with, and the bench that drives it.

pub mod bench;
pub mod drawing;
pub mod page;
pub mod scene;
pub mod site;
