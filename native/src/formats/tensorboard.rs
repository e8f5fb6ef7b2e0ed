//! TensorBoard's event files: protocol buffers in checksummed records (TFRecord). Only the few fields that
//! scalars and pictures need are written, by hand, because a generator would be larger than they are.
//! The record of a run is `stats.jsonl`; this is for those who look at curves in TensorBoard.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};

/// An event file under way.
pub struct TensorBoard {
    writer: BufWriter<File>,
    path: PathBuf,
}

impl TensorBoard {
    /// Begins a file in a folder. What earlier files say of steps after `done`, which were lost, TensorBoard
    /// drops.
    ///
    /// # Errors
    /// When the folder cannot be made or the file not written.
    pub fn begin(folder: &Path, done: u64) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Files are read in the order of their names.
        let path = folder.join(format!("events.out.tfevents.{:013.3}.{}.infill", now(), std::process::id()));
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut this = Self { writer: BufWriter::new(file), path };
        this.event(0, &Field::Bytes(3, b"brain.Event:2"))?;
        let start = message(&[Field::Number(1, 1)]);
        this.event(done + 1, &Field::Bytes(7, &start))?;
        Ok(this)
    }

    /// Numbers of a step, by name.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn scalars(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<()> {
        let value = |(name, value): &(&str, f64)| message(&[Field::Bytes(1, name.as_bytes()), Field::Float(2, *value as f32)]);
        self.summary(step, &scalars.iter().map(value).collect::<Vec<_>>())
    }

    /// A picture of a step as PNG.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn picture(&mut self, step: u64, name: &str, width: usize, height: usize, png: &[u8]) -> Result<()> {
        // Colour space 3 is RGB.
        let image = message(&[Field::Number(1, height as u64), Field::Number(2, width as u64), Field::Number(3, 3), Field::Bytes(4, png)]);
        self.summary(step, &[message(&[Field::Bytes(1, name.as_bytes()), Field::Bytes(4, &image)])])
    }

    /// Brings everything to the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush().with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn summary(&mut self, step: u64, values: &[Vec<u8>]) -> Result<()> {
        let summary = message(&values.iter().map(|value| Field::Bytes(1, value)).collect::<Vec<_>>());
        self.event(step, &Field::Bytes(5, &summary))
    }

    fn event(&mut self, step: u64, content: &Field<'_>) -> Result<()> {
        let event = message(&[Field::Double(1, now()), Field::Number(2, step), *content]);
        self.writer.write_all(&record(&event)).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A record of a TFRecord file: length, its checksum, content, its checksum.
fn record(content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u64).to_le_bytes();
    [&length[..], &checksum(&length).to_le_bytes(), content, &checksum(content).to_le_bytes()].concat()
}

/// CRC-32C, turned and shifted so that the checksum of what holds checksums is no special case.
fn checksum(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// A field of a protocol buffer with its number.
#[derive(Clone, Copy)]
enum Field<'a> {
    Number(u64, u64),
    Double(u64, f64),
    Bytes(u64, &'a [u8]),
    Float(u64, f32),
}

fn message(fields: &[Field<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        match *field {
            Field::Number(number, value) => {
                variable(&mut bytes, number << 3);
                variable(&mut bytes, value);
            }
            Field::Double(number, value) => {
                variable(&mut bytes, number << 3 | 1);
                bytes.extend(value.to_le_bytes());
            }
            Field::Bytes(number, value) => {
                variable(&mut bytes, number << 3 | 2);
                variable(&mut bytes, value.len() as u64);
                bytes.extend(value);
            }
            Field::Float(number, value) => {
                variable(&mut bytes, number << 3 | 5);
                bytes.extend(value.to_le_bytes());
            }
        }
    }
    bytes
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn variable(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record that TensorFlow writes into an event file, from its documentation's definitions and
    /// known CRC-32C values.
    #[test]
    fn records_are_framed_and_checked_as_tfrecord_wants_it() {
        // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8a9136aa.
        let zeros = [0u8; 32];
        let masked = 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xA282_EAD8);
        let record = record(&zeros);
        assert_eq!(record.len(), 8 + 4 + 32 + 4);
        assert_eq!(&record[..8], &[32, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(record[44..], masked.to_le_bytes());
        assert_eq!(record[8..12], checksum(&record[..8]).to_le_bytes());
    }

    /// The examples of the encoding's own documentation (protobuf.dev/programming-guides/encoding).
    #[test]
    fn fields_are_encoded_as_protocol_buffers() {
        assert_eq!(message(&[Field::Number(1, 150)]), [0x08, 0x96, 0x01]);
        assert_eq!(message(&[Field::Bytes(2, b"testing")]), *b"\x12\x07testing");
        assert_eq!(message(&[Field::Bytes(3, &message(&[Field::Number(1, 150)]))]), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        assert_eq!(message(&[Field::Float(2, 1.0), Field::Double(1, 1.0)]), [0x15, 0, 0, 0x80, 0x3f, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    }
}
