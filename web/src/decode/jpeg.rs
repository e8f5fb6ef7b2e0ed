//! The segments of a JPEG file, without decoding any: whether it has come to its end, and how many components it has.

/// Walks from segment to segment; `see` is told each marker with the place of its length, and whether to go on. `None` where
/// the file ends before.
fn walk(bytes: &[u8], mut see: impl FnMut(u8, usize) -> bool) -> Option<()> {
    let mut at = 2;
    loop {
        // Between segments there may be padding.
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        at += bytes.get(at..)?.iter().position(|byte| *byte != 0xFF)?;
        let marker = bytes[at];
        at += 1;
        if !see(marker, at) {
            return Some(());
        }
        match marker {
            // Of no length: stuffing, restarts, and what begins a file.
            0x00 | 0x01 | 0xD0..=0xD8 => {}
            _ => {
                let length = bytes.get(at..at + 2)?;
                at += usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            }
        }
    }
}

/// Whether the picture's own end is there. A thumbnail lies inside a segment and its end does not count, nor does what follows
/// the end. In a scan, 0xFF stands before a zero, a restart or the next segment, so a scan is walked like padding.
pub fn is_whole(bytes: &[u8]) -> bool {
    walk(bytes, |marker, _| marker != 0xD9).is_some()
}

/// How many colours the samples have: 1 grey, 3 light, 4 inks.
pub fn components(bytes: &[u8]) -> Option<u8> {
    let mut found = None;
    walk(bytes, |marker, at| {
        // The frame's header; the three left out are tables.
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            found = bytes.get(at + 7).copied();
        }
        found.is_none() && marker != 0xD9
    });
    found
}
