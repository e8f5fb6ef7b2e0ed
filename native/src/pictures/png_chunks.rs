//! The chunks of a PNG file that say something about the picture and not about how its pixels are stored.

use infill_picture_file::png;

/// A chunk: its name and its content.
pub type Chunk = ([u8; 4], Vec<u8>);

/// The chunks that are needed to decode pixels, or that the decoder resolves.
const OF_PIXELS: [&[u8; 4]; 9] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iCCP"];

/// What fits the file's own kind of samples alone, its old time, or its palette: of no use beside other pixels.
const STALE: [&[u8; 4]; 7] = [b"sBIT", b"bKGD", b"hIST", b"sPLT", b"tIME", b"iDOT", b"oFFs"];

/// All others, before and behind the pixels, as far as the file is whole.
pub fn about_the_picture(bytes: &[u8]) -> impl Iterator<Item = Chunk> {
    let wanted = |name: &[u8; 4]| !OF_PIXELS.contains(&name) && !STALE.contains(&name) && name.iter().all(u8::is_ascii_alphabetic);
    png::chunks(bytes).filter(move |chunk| wanted(&chunk.name)).map(|chunk| (chunk.name, chunk.content.to_vec()))
}
