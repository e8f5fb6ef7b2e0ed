//! The chunks of PNG files, without decoding any, and ICC profiles: what a file says of how its colours are meant. Nothing is
//! applied; all of it goes with the samples.

/// A PNG file begins with eight bytes and IHDR, which has 13.
const HEAD: usize = 8 + 12 + 13;

/// Chunks that are kept, with the bytes that each has. `iCCP` is not among them: encoders write it.
const KEPT: [(&[u8; 4], usize); 4] = [(b"cICP", 4), (b"sRGB", 1), (b"gAMA", 4), (b"cHRM", 32)];

/// sRGB's gamma, and its primaries in the order of `cHRM`, each in 1/100,000.
const SRGB_GAMMA: u32 = 45_455;
const SRGB_PRIMARIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

/// Whether an ICC profile is one of RGB samples.
pub fn fits_rgb(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"RGB ")
}

/// Whether a profile says that it is sRGB, in either way that profiles spell.
pub fn is_srgb(profile: &[u8]) -> bool {
    [&b"sRGB"[..], &b"s\0R\0G\0B"[..]].iter().any(|name| profile.windows(name.len()).any(|place| place == *name))
}

/// A chunk: its name, its content, and all of it.
type Chunk<'a> = (&'a [u8], &'a [u8], &'a [u8]);

fn walk(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let all = rest.get(..length.checked_add(12)?)?;
        rest = &rest[all.len()..];
        Some((&all[4..8], &all[8..8 + length], all))
    })
}

/// Width and height in pixels of a PNG file, which come first.
pub fn size(png: &[u8]) -> Option<(usize, usize)> {
    let (_, content, _) = walk(png.get(8..)?).next().filter(|(name, ..)| *name == b"IHDR")?;
    let [width, height, ..] = content.as_chunks::<4>().0 else { return None };
    Some((u32::from_be_bytes(*width) as usize, u32::from_be_bytes(*height) as usize))
}

/// The chunks of a PNG file that say how its colours are meant, but for the profile.
pub fn chunks(png: &[u8]) -> Vec<u8> {
    let before_pixels = walk(png.get(8..).unwrap_or_default()).take_while(|(name, ..)| *name != b"IDAT");
    let kept = before_pixels.filter(|(name, content, _)| KEPT.iter().any(|(kept, size)| name == kept && content.len() == *size));
    kept.flat_map(|(.., all)| all.iter().copied()).collect()
}

/// Whether such chunks say anything else than sRGB. The first kind that is there counts, as PNG has it.
pub fn are_unusual(chunks: &[u8]) -> bool {
    let find = |wanted: &[u8; 4]| walk(chunks).find(|(name, ..)| name == wanted).map(|(_, content, _)| content);
    let numbers = |content: &[u8]| content.as_chunks::<4>().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect::<Vec<u32>>();
    if let Some(content) = find(b"cICP") {
        // Primaries and curve of sRGB, no matrix, full range.
        return content != [1, 13, 0, 1];
    }
    if find(b"sRGB").is_some() {
        return false;
    }
    let near = |one: u32, other: u32| one.abs_diff(other) <= 200;
    let gamma = find(b"gAMA").is_some_and(|content| !near(numbers(content)[0], SRGB_GAMMA));
    let primaries = find(b"cHRM").is_some_and(|content| numbers(content).iter().zip(SRGB_PRIMARIES).any(|(one, other)| !near(*one, other)));
    gamma || primaries
}

/// Puts chunks after the head of a PNG file.
pub fn insert(mut png: Vec<u8>, chunks: &[u8]) -> Vec<u8> {
    let place = HEAD.min(png.len());
    png.splice(place..place, chunks.iter().copied());
    png
}
