//! Whether a WebP file is whole.

use crate::Fault;

/// Checks that a file is as long as it says, and that every part ends inside it: the decoder does not miss parts that are
/// absent, and takes memory for what a part claims to be.
pub fn check_whole(bytes: &[u8]) -> Result<(), Fault> {
    let said = length(bytes.get(4..8)).ok_or(Fault::Cut)?.saturating_add(8);
    // The last padding byte is missing in some files.
    if bytes.len().saturating_add(1) < said {
        return Err(Fault::Cut);
    }
    let mut rest = bytes.get(12..said.min(bytes.len())).ok_or(Fault::Cut)?;
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let length = length(Some(&head[4..])).ok_or(Fault::Cut)?;
        if tail.len() < length {
            return Err(Fault::Cut);
        }
        rest = tail.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    Ok(())
}

fn length(bytes: Option<&[u8]>) -> Option<usize> {
    Some(u32::from_le_bytes(bytes?.try_into().ok()?) as usize)
}
