//! The chunks of a PNG file, as they are. Nothing is decoded.

/// A PNG file begins with so many bytes before the first chunk.
const SIGNATURE: usize = 8;

/// The keyword of XMP.
pub const XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// sRGB's gamma, and its primaries in the order of `cHRM`, each in 1/100,000.
const SRGB_GAMMA: [u32; 1] = [45_455];
const SRGB_PRIMARIES: [u32; 8] = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

/// Programs round these numbers: so far from them is still the same.
const NEAR: u32 = 200;

/// A chunk of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Its four letters.
    pub name: [u8; 4],
    /// What it says.
    pub content: &'a [u8],
    /// All of it, from its length to its checksum.
    pub whole: &'a [u8],
}

/// Chunks one after another, up to the first that is not whole.
pub fn sequence(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let [l1, l2, l3, l4, name @ ..] = *rest.first_chunk::<8>()?;
        let length = u32::from_be_bytes([l1, l2, l3, l4]) as usize;
        // Behind the content stands its checksum.
        let whole = rest.get(..length.checked_add(12)?)?;
        rest = &rest[whole.len()..];
        Some(Chunk { name, content: &whole[8..8 + length], whole })
    })
}

/// The chunks of a file.
pub fn chunks(png: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    sequence(png.get(SIGNATURE..).unwrap_or_default())
}

/// Width and height in pixels, which come first.
pub fn size(png: &[u8]) -> Option<(u32, u32)> {
    let head = chunks(png).next().filter(|chunk| chunk.name == *b"IHDR")?;
    let [width, height, ..] = head.content.as_chunks::<4>().0 else { return None };
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
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

/// Whether a chunk that says how colours are meant says only what is assumed without it.
pub fn means_srgb(name: [u8; 4], content: &[u8]) -> bool {
    let near = |wanted: &[u32]| {
        let (numbers, rest) = content.as_chunks::<4>();
        let numbers = numbers.iter().map(|bytes| u32::from_be_bytes(*bytes));
        rest.is_empty() && numbers.len() == wanted.len() && numbers.zip(wanted).all(|(one, other)| one.abs_diff(*other) <= NEAR)
    };
    match &name {
        b"sRGB" => true,
        b"gAMA" => near(&SRGB_GAMMA),
        b"cHRM" => near(&SRGB_PRIMARIES),
        // Primaries and curve of sRGB, no matrix, full range.
        b"cICP" => content == [1, 13, 0, 1],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn chunks_are_read_up_to_the_first_that_is_cut() {
        let chunk = |name: &[u8; 4], content: &[u8]| [&(content.len() as u32).to_be_bytes()[..], name, content, b"sum!"].concat();
        let parts = [b"8 bytes!".to_vec(), chunk(b"IHDR", &numbers(&[70_000, 9])), chunk(b"gAMA", b""), chunk(b"IEND", b"four")];
        let whole = parts.concat();
        let names: Vec<[u8; 4]> = chunks(&whole).map(|chunk| chunk.name).collect();
        assert_eq!(names, [*b"IHDR", *b"gAMA", *b"IEND"]);
        assert_eq!(chunks(&whole).map(|chunk| chunk.whole).collect::<Vec<_>>().concat(), whole[8..]);
        assert_eq!(size(&whole), Some((70_000, 9)));
        assert_eq!(size(&parts[1..].concat()), None);
        for cut in 0..whole.len() {
            assert_eq!(chunks(&whole[..cut]).count(), [28, 40, 56].iter().filter(|end| **end <= cut).count(), "cut at {cut}");
        }
        // A length near the largest number must not wrap.
        assert_eq!(sequence(b"\xff\xff\xff\xffIDATxxxx").count(), 0);
    }

    #[test]
    fn srgb_is_recognised_however_it_is_said() {
        let rounded = numbers(&[31_300, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000]);
        assert!(means_srgb(*b"cHRM", &rounded) && !means_srgb(*b"cHRM", &rounded[..31]) && !means_srgb(*b"cHRM", &rounded[..28]));
        assert!(means_srgb(*b"gAMA", &numbers(&[45_455])) && !means_srgb(*b"gAMA", &numbers(&[100_000])));
        assert!(means_srgb(*b"cICP", &[1, 13, 0, 1]) && !means_srgb(*b"cICP", &[12, 13, 0, 1]) && !means_srgb(*b"cICP", b""));
        assert!(means_srgb(*b"sRGB", &[0]) && !means_srgb(*b"tEXt", b""));
    }

    #[test]
    fn a_text_is_found_behind_its_languages() {
        assert_eq!(text(b"key\0\0\0en\0Schl\0words", "key"), Some(b"words".as_slice()));
        for other in [b"key\0\x01\0en\0k\0packed".as_slice(), b"key\0\0\0en\0cut", b"other\0\0\0\0\0words", b"key"] {
            assert_eq!(text(other, "key"), None);
        }
    }
}
