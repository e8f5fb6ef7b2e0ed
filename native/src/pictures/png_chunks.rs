//! The chunks of a PNG file that say something about the picture, as they are. Nothing is decoded.

/// A chunk: its name and its content.
pub type Chunk = ([u8; 4], Vec<u8>);

/// What stands before the first chunk.
const SIGNATURE: usize = 8;

/// The chunks that are needed to decode pixels, or that the decoder resolves.
const OF_PIXELS: [&[u8; 4]; 9] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP"];

/// What fits the file's own kind of samples alone, its old time, or its palette: of no use beside other pixels.
const STALE: [&[u8; 4]; 7] = [b"sBIT", b"bKGD", b"hIST", b"sPLT", b"tIME", b"iDOT", b"oFFs"];

/// All others, before and behind the pixels, as far as the file is whole.
pub fn about_the_picture(bytes: &[u8]) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let [l1, l2, l3, l4, name @ ..] = *head;
        let length = u32::from_be_bytes([l1, l2, l3, l4]) as usize;
        let Some(content) = tail.get(..length) else { break };
        // Behind the content stands its checksum.
        let Some(next) = tail.get(length.saturating_add(4)..) else { break };
        if !OF_PIXELS.contains(&&name) && !STALE.contains(&&name) && name.iter().all(u8::is_ascii_alphabetic) {
            found.push((name, content.to_vec()));
        }
        rest = next;
    }
    found
}

/// The text of an `iTXt` chunk of this keyword, where it is not compressed.
pub fn text<'a>(content: &'a [u8], keyword: &str) -> Option<&'a [u8]> {
    let rest = content.strip_prefix(keyword.as_bytes())?.strip_prefix(&[0, 0])?;
    // Behind the compression method stand a language and a translated keyword, each ended by 0.
    let rest = rest.get(1..)?;
    let language = rest.iter().position(|byte| *byte == 0)? + 1;
    let translated = rest[language..].iter().position(|byte| *byte == 0)? + 1;
    rest.get(language + translated..)
}
