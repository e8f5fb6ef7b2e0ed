//! Placeholder.
/// x
pub fn start() {}
