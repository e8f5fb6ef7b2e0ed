//! Mutations: of bytes, of whole numbers, of lengths and texts, and of what each format is made of. Checksums are made right again
//! most of the time, so that a decoder goes further than to them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Target;

/// Numbers around which programs go wrong.
const NUMBERS: [u64; 16] =
    [0, 1, 2, 7, 127, 128, 255, 256, 32_767, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, u64::MAX / 2, u64::MAX];

/// The same as texts, beside those that are no whole numbers.
const WORDS: [&str; 14] =
    ["0", "1", "-1", "2", "255", "65536", "4294967295", "18446744073709551615", "1e308", "-1e308", "1e-320", "0.5", "null", "[]"];

/// A seed with one to four changes.
pub fn mutated(target: Target, seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..random.random_range(1..=4) {
        if random.random_bool(0.5) || !special(target, &mut bytes, random) {
            any(&mut bytes, seeds, random);
        }
    }
    if random.random_bool(0.8) {
        mend(target, &mut bytes);
    }
    bytes
}

/// A change that knows the format; `false` where it found nothing to change.
fn special(target: Target, bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) -> bool {
    match target {
        Target::Picture | Target::Mask => picture(bytes, random),
        Target::Pytorch if bytes.starts_with(b"PK") => pickle(bytes, random),
        Target::Model | Target::Checkpoint | Target::Classifier | Target::Pytorch => container(bytes, random),
        Target::Shard => {
            // A field of a header of 512 bytes: name, mode, size, checksum, type, magic.
            let header = 512 * random.random_range(0..(bytes.len() / 512).max(1));
            let (begin, length) = [(0, 100), (100, 8), (124, 12), (148, 8), (156, 1), (257, 8)][random.random_range(0..6)];
            let Some(field) = bytes.get_mut(header + begin..header + begin + length) else { return false };
            let value = [b'0', b'7', 0, 0xFF, b'/', b'9'][random.random_range(0..6)];
            let from = random.random_range(0..length);
            field[from..].fill(value);
            true
        }
        Target::Manifest | Target::Settings => text(bytes, 0..bytes.len(), random).is_some(),
    }
}

/// A number, a word, a line or a bracket of a text becomes something else. Returns by how much the text grew.
fn text(bytes: &mut Vec<u8>, within: std::ops::Range<usize>, random: &mut ChaCha8Rng) -> Option<isize> {
    if within.is_empty() {
        return None;
    }
    let from = random.random_range(within.clone());
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+".contains(byte);
    let begin = from + bytes[from..within.end].iter().position(is_word)?;
    let end = begin + bytes[begin..within.end].iter().position(|byte| !is_word(byte)).unwrap_or(within.end - begin);
    let word = match random.random_range(0..6) {
        0..=3 => WORDS[random.random_range(0..WORDS.len())].as_bytes().to_vec(),
        4 => [&bytes[begin..end], &bytes[begin..end]].concat(),
        _ => b"[".repeat(random.random_range(1..300)),
    };
    let grown = word.len() as isize - (end - begin) as isize;
    bytes.splice(begin..end, word);
    Some(grown)
}

/// The text of a container's header, whose length stands before it.
fn container(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) -> bool {
    let Some(length) = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length) as usize) else { return false };
    let Some(end) = length.checked_add(8).filter(|end| *end <= bytes.len()) else { return false };
    let Some(grown) = text(bytes, 8..end, random) else { return false };
    bytes[..8].copy_from_slice(&(length as u64).wrapping_add_signed(grown as i64).to_le_bytes());
    true
}

/// A byte of the pickle, which is the first file of the archive, becomes another operation, length or digit.
fn pickle(bytes: &mut [u8], random: &mut ChaCha8Rng) -> bool {
    let Some(begin) = bytes.windows(2).position(|two| two == b"\x80\x02") else { return false };
    let Some(length) = bytes[begin..].windows(4).position(|four| four == b"PK\x03\x04") else { return false };
    let operations = b".()0123lLMKJXqrtuasRbcoiNQPhj}]\x85\x86\x87\x88\x89\x8a\x00\x01\x7f\xff";
    bytes[begin + random.random_range(0..length)] = operations[random.random_range(0..operations.len())];
    true
}

/// A field of 2 or 4 bytes in the first part of a picture or behind a chunk's name, where sizes and lengths are.
fn picture(bytes: &mut [u8], random: &mut ChaCha8Rng) -> bool {
    let names: [&[u8]; 16] = [
        b"IHDR",
        b"iCCP",
        b"eXIf",
        b"acTL",
        b"fcTL",
        b"tRNS",
        b"PLTE",
        b"IDAT",
        b"VP8X",
        b"VP8L",
        b"VP8 ",
        b"ANMF",
        b"EXIF",
        b"\xff\xc0",
        b"\xff\xc2",
        b"\xff\xda",
    ];
    let name = names[random.random_range(0..names.len())];
    let Some(found) = bytes.windows(name.len()).position(|part| part == name) else { return false };
    let at = (found + name.len() + random.random_range(0..16)).saturating_sub(4);
    let number = NUMBERS[random.random_range(0..NUMBERS.len())];
    let size = if random.random_bool(0.5) { 4 } else { 2 };
    let value = if random.random_bool(0.5) { (number as u32).to_be_bytes() } else { (number as u32).to_le_bytes() };
    let Some(place) = bytes.get_mut(at..at + size) else { return false };
    place.copy_from_slice(&value[..size]);
    true
}

/// A change of any bytes.
fn any(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        return bytes.extend_from_slice(b"x");
    }
    let at = random.random_range(0..bytes.len());
    let length = random.random_range(0..=(bytes.len() - at).min(64));
    match random.random_range(0..9) {
        0 => bytes[at] ^= 1 << random.random_range(0..8),
        1 => bytes[at] = random.random_range(0..=255),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..at + length)),
        4 => {
            let part = bytes[at..at + length].to_vec();
            bytes.splice(at..at, part);
        }
        5 => {
            let noise: Vec<u8> = (0..length).map(|_| random.random_range(0..=255)).collect();
            bytes.splice(at..at + length, noise);
        }
        6 => {
            let other = &seeds[random.random_range(0..seeds.len())];
            let from = random.random_range(0..other.len());
            let part = other[from..(from + 4 * length).min(other.len())].to_vec();
            bytes.splice(at..at + length, part);
        }
        7 => {
            let number = NUMBERS[random.random_range(0..NUMBERS.len())];
            let size = [1, 2, 4, 8][random.random_range(0..4)].min(bytes.len() - at);
            let value = if random.random_bool(0.5) { number.to_le_bytes() } else { number.swap_bytes().to_le_bytes() };
            bytes[at..at + size].copy_from_slice(&value[..size]);
        }
        _ => bytes[at..at + length].fill([0, 0xFF][random.random_range(0..2)]),
    }
}

/// Makes lengths and checksums right again, as far as the file can be followed.
fn mend(target: Target, bytes: &mut [u8]) {
    match target {
        Target::Picture | Target::Mask if bytes.starts_with(b"\x89PNG") => mend_png(bytes),
        Target::Picture | Target::Mask if bytes.starts_with(b"RIFF") && bytes.len() > 8 => {
            let length = (bytes.len() as u32).wrapping_sub(8);
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
        }
        Target::Pytorch if bytes.starts_with(b"PK") => mend_archive(bytes),
        Target::Shard => bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar").for_each(|header| {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }),
        _ => {}
    }
}

fn mend_png(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]) as usize) {
        let end = at + 8 + length;
        if end.checked_add(4).is_none_or(|next| next > bytes.len()) {
            return;
        }
        let sum = crc32fast::hash(&bytes[at + 4..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&sum);
        at = end + 4;
    }
}

/// The checksums of an archive's files, beside each file and in the list at the end.
fn mend_archive(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize, size: usize| {
        bytes.get(at..at + size).map(|part| part.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let listed: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"PK\x01\x02")).collect();
    for at in listed {
        let Some((size, file)) = number(bytes, at + 20, 4).zip(number(bytes, at + 42, 4)) else { return };
        let Some((name, extra)) = number(bytes, file + 26, 2).zip(number(bytes, file + 28, 2)) else { continue };
        let begin = file + 30 + name + extra;
        let Some(content) = bytes.get(begin..begin + size) else { continue };
        let sum = crc32fast::hash(content).to_le_bytes();
        bytes[at + 16..at + 20].copy_from_slice(&sum);
        bytes[file + 14..file + 18].copy_from_slice(&sum);
    }
}
