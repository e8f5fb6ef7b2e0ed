//! What the tests across packages share: a site with a tiny model, and a browser that is driven.

pub mod page;
pub mod site;
