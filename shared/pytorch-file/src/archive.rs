//! The zip archive that `torch.save` writes: where each of its files begins. Files are read as they lie there, since PyTorch compresses none,
//! and so little is needed of the format that a library for all of it would be most of this package in the page. Fields have the names of
//! PKWARE's APPNOTE.TXT, whose sections are given.

use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use crate::Fault;

/// The pickle, whose folder holds all other files.
const PICKLE: &str = "data.pkl";

/// A pickle is no longer than this: it names tensors and holds none of their numbers.
const LONGEST_PICKLE: u64 = 4 << 20;

/// The order of bytes, as the archive says it, is no longer than this.
const LONGEST_WORD: u64 = 16;

/// The list of an archive's files is no longer than this.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// Bytes of the end of the central directory, of its locator for large archives, of an entry, and of what stands before a file.
const END: usize = 22;
const LOCATOR: usize = 20;
const LARGE_END: usize = 56;
const ENTRY: usize = 46;
const LOCAL: usize = 30;

/// A file of the archive.
struct Entry {
    /// Where what stands before it begins.
    header: u64,
    length: u64,
    checksum: u32,
    plain: bool,
}

/// The files of an archive by their names below its folder.
pub struct Archive {
    entries: BTreeMap<String, Entry>,
}

impl Archive {
    /// Finds all files.
    pub fn open(source: &mut (impl Read + Seek)) -> Result<Self, Fault> {
        let directory = directory(source)?;
        let (mut entries, mut rest) = (BTreeMap::new(), directory.as_slice());
        while !rest.is_empty() {
            let (name, entry, after) = entry(rest).ok_or_else(|| damaged("an entry of the archive's list is cut off"))?;
            entries.insert(name, entry);
            rest = after;
        }
        let root = entries.keys().filter_map(|name| name.strip_suffix(PICKLE)).filter(|root| root.is_empty() || root.ends_with('/'));
        let root = root.min_by_key(|root| root.len()).map(str::to_owned);
        let root = root.ok_or_else(|| Fault::Archive(format!("it is a zip file without {PICKLE}, which no program of PyTorch wrote")))?;
        let below = |(name, entry): (String, Entry)| Some((name.strip_prefix(&root)?.to_owned(), entry));
        Ok(Self { entries: entries.into_iter().filter_map(below).collect() })
    }

    /// The pickle's bytes. An archive that says that its numbers are in another order is refused.
    pub fn pickle(&self, source: &mut (impl Read + Seek)) -> Result<Vec<u8>, Fault> {
        if self.entries.contains_key("byteorder") {
            let order = self.read(source, "byteorder", LONGEST_WORD)?;
            if order.trim_ascii() != b"little" {
                let order = String::from_utf8_lossy(&order).into_owned();
                return Err(Fault::Archive(format!("its numbers are stored as {order}-endian, and little-endian ones are read")));
            }
        }
        self.read(source, PICKLE, LONGEST_PICKLE)
    }

    /// A storage's bytes.
    pub fn storage(&self, source: &mut (impl Read + Seek), key: &str) -> Result<Vec<u8>, Fault> {
        self.read(source, &format!("data/{key}"), u64::MAX)
    }

    fn read(&self, source: &mut (impl Read + Seek), name: &str, longest: u64) -> Result<Vec<u8>, Fault> {
        let entry = self.entries.get(name).ok_or_else(|| damaged(&format!("`{name}` is missing in the archive")))?;
        if !entry.plain {
            return Err(Fault::Archive(format!("`{name}` is compressed, which PyTorch does not do")));
        }
        if entry.length > longest {
            return Err(Fault::Archive(format!("`{name}` has {} bytes, and at most {longest} are read", entry.length)));
        }
        let local = part(source, entry.header, LOCAL as u64)?;
        if !local.starts_with(b"PK\x03\x04") {
            return Err(damaged(&format!("`{name}` does not begin where the archive's list says")));
        }
        // Its name and more stand before it (section 4.3.7).
        let before = short(&local, 26).zip(short(&local, 28)).map_or(0, |(name, more)| name + more);
        let bytes = part(source, entry.header.saturating_add(LOCAL as u64 + before), entry.length)?;
        // PyTorch can be told to count no checksums, and writes 0 then.
        if entry.checksum != 0 && crc32fast::hash(&bytes) != entry.checksum {
            return Err(damaged(&format!("the checksum of `{name}` is another")));
        }
        Ok(bytes)
    }
}

fn damaged(what: &str) -> Fault {
    Fault::Damaged(what.to_owned())
}

/// The central directory (sections 4.3.12 to 4.3.16).
fn directory(source: &mut (impl Read + Seek)) -> Result<Vec<u8>, Fault> {
    let whole = source.seek(SeekFrom::End(0))?;
    // A comment may stand after the end of the directory, as long as 16 bits can say.
    let tail = whole.min((END + LOCATOR) as u64 + u64::from(u16::MAX));
    let bytes = part(source, whole - tail, tail)?;
    let is_end = |at: &usize| bytes[*at..].starts_with(b"PK\x05\x06") && short(&bytes[*at..], 20) == Some((bytes.len() - at - END) as u64);
    let at = bytes.len().checked_sub(END).and_then(|last| (0..=last).rev().find(is_end));
    let at = at.ok_or_else(|| damaged("the end of a zip archive is missing"))?;
    let locator = at.checked_sub(LOCATOR).map(|place| &bytes[place..]).filter(|locator| locator.starts_with(b"PK\x06\x07"));
    let (length, begin) = match locator.and_then(|locator| number(locator, 8)) {
        // A large archive, as PyTorch calls all of its own, says the same with more bits.
        Some(place) => {
            let end = part(source, place, LARGE_END as u64)?;
            (number(&end, 40), number(&end, 48))
        }
        None => (word(&bytes[at..], 12), word(&bytes[at..], 16)),
    };
    let (length, begin) = length.zip(begin).ok_or_else(|| damaged("the end of a zip archive is cut off"))?;
    if length > LONGEST_DIRECTORY {
        return Err(Fault::Archive(format!("its list of files has {length} bytes, and at most {LONGEST_DIRECTORY} are read")));
    }
    part(source, begin, length)
}

/// The first entry of the directory with its name, and what comes after it (section 4.3.12).
fn entry(bytes: &[u8]) -> Option<(String, Entry, &[u8])> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| short(bytes, at).map(|length| length as usize));
    let (name, rest) = bytes.get(ENTRY..)?.split_at_checked(name?)?;
    let (extra, rest) = rest.split_at_checked(extra?)?;
    let (_, after) = rest.split_at_checked(comment?)?;
    let (flags, method, checksum) = (short(bytes, 8)?, short(bytes, 10)?, word(bytes, 16)? as u32);
    let mut large = large_numbers(extra);
    // What does not fit into 32 bits stands among the extras, in this order (section 4.5.3).
    let [length, stored, header] = [word(bytes, 24)?, word(bytes, 20)?, word(bytes, 42)?]
        .map(|number| if number == u64::from(u32::MAX) { large.next() } else { Some(number) });
    let (length, encrypted) = (length?, flags & 1 != 0);
    let plain = method == 0 && stored? == length && !encrypted;
    let name = String::from_utf8_lossy(name).into_owned();
    Some((name, Entry { header: header?, length, checksum, plain }, after))
}

/// The 64-bit numbers among an entry's extras.
fn large_numbers(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut found: &[u8] = &[];
    while let Some((kind, length)) = short(extra, 0).zip(short(extra, 2)) {
        let Some((field, rest)) = extra[4..].split_at_checked(length as usize) else { break };
        if kind == 1 {
            found = field;
        }
        extra = rest;
    }
    found.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// So many bytes from a place.
fn part(source: &mut (impl Read + Seek), begin: u64, length: u64) -> Result<Vec<u8>, Fault> {
    let whole = source.seek(SeekFrom::End(0))?;
    let inside = begin.checked_add(length).is_some_and(|end| end <= whole);
    let count = usize::try_from(length).ok().filter(|_| inside);
    let count =
        count.ok_or_else(|| Fault::Damaged(format!("{length} bytes from place {begin} on go beyond the end, which is at {whole}")))?;
    let mut bytes = vec![0; count];
    source.seek(SeekFrom::Start(begin))?;
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// 16 bits.
fn short(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from(u16::from_le_bytes(*bytes)))
}

/// 32 bits.
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from(u32::from_le_bytes(*bytes)))
}

/// 64 bits.
fn number(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}
