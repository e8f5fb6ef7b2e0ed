//! What a PNG file says of how its colours are meant, carried into the result as it is. Nothing is applied.

use infill_picture_file::png;

/// A PNG file begins with eight bytes and IHDR, which has 13.
const HEAD: usize = 8 + 12 + 13;

/// Chunks that are kept, with the bytes that each has. `iCCP` is not among them: encoders write it.
const KEPT: [(&[u8; 4], usize); 4] = [(b"cICP", 4), (b"sRGB", 1), (b"gAMA", 4), (b"cHRM", 32)];

/// The chunks of a PNG file that say how its colours are meant, but for the profile.
pub fn chunks(png: &[u8]) -> Vec<u8> {
    let before_pixels = png::chunks(png).take_while(|chunk| chunk.name != *b"IDAT");
    let kept = before_pixels.filter(|chunk| KEPT.contains(&(&chunk.name, chunk.content.len())));
    kept.flat_map(|chunk| chunk.whole.iter().copied()).collect()
}

/// Whether such chunks say anything else than sRGB. The first kind that is there counts, as PNG has it.
pub fn are_unusual(chunks: &[u8]) -> bool {
    let unusual = |wanted: &[u8; 4]| {
        let found = png::sequence(chunks).find(|chunk| chunk.name == *wanted);
        found.map(|chunk| !png::means_srgb(chunk.name, chunk.content))
    };
    let older = || Some(unusual(b"gAMA") == Some(true) || unusual(b"cHRM") == Some(true));
    unusual(b"cICP").or_else(|| unusual(b"sRGB")).or_else(older).unwrap_or_default()
}

/// Puts chunks after the head of a PNG file.
pub fn insert(mut png: Vec<u8>, chunks: &[u8]) -> Vec<u8> {
    let place = HEAD.min(png.len());
    png.splice(place..place, chunks.iter().copied());
    png
}
