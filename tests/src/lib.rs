//! What the tests across packages share: a site with a tiny model, a browser that is driven, and what most
//! tests of the page begin with.

pub mod page;
pub mod scene;
pub mod site;
