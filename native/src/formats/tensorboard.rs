//! TensorBoard's event files: protocol buffers (TensorFlow's `event.proto` and `summary.proto`, the fields that scalars and
//! pictures need, as prost encodes them) in checksummed records (TFRecord). The crates that write such files bring all of
//! TensorFlow's messages or are no longer kept up, so that the records are framed here. The record of a run is `stats.jsonl`;
//! this is for those who look at curves in TensorBoard.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use prost::{Message, Oneof};

/// An event file under way.
pub struct TensorBoard {
    writer: BufWriter<File>,
    path: PathBuf,
}

/// `tensorflow.Event`.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    what: Option<What>,
}

/// What an event says.
#[derive(Clone, PartialEq, Oneof)]
enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

/// `tensorflow.Summary.Value`.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(oneof = "Content", tags = "2, 4")]
    content: Option<Content>,
}

/// What a summary shows.
#[derive(Clone, PartialEq, Oneof)]
enum Content {
    #[prost(float, tag = "2")]
    Scalar(f32),
    #[prost(message, tag = "4")]
    Image(Image),
}

/// `tensorflow.Summary.Image`.
#[derive(Clone, PartialEq, Message)]
struct Image {
    #[prost(int32, tag = "1")]
    height: i32,
    #[prost(int32, tag = "2")]
    width: i32,
    /// 3 is RGB.
    #[prost(int32, tag = "3")]
    colorspace: i32,
    /// The picture as PNG.
    #[prost(bytes = "vec", tag = "4")]
    encoded: Vec<u8>,
}

/// `tensorflow.SessionLog`.
#[derive(Clone, PartialEq, Message)]
struct SessionLog {
    /// 1 is START: events of later steps in earlier files count no more.
    #[prost(int32, tag = "1")]
    status: i32,
}

impl TensorBoard {
    /// Begins a file in a folder. What earlier files say of steps after `done`, which were lost, TensorBoard
    /// drops.
    ///
    /// # Errors
    /// When the folder cannot be made or the file not written.
    pub fn begin(folder: &Path, done: u64) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        // Files are read in the order of their names: a clock that was put back must not put this one before the others.
        let time = newest(folder).map_or(now(), |newest| now().max(newest + 0.001));
        let path = folder.join(format!("{BEGINNING}{time:013.3}.{}.infill", std::process::id()));
        let file = File::create_new(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut this = Self { writer: BufWriter::new(file), path };
        this.event(0, What::FileVersion("brain.Event:2".to_owned()))?;
        this.event(done + 1, What::SessionLog(SessionLog { status: 1 }))?;
        Ok(this)
    }

    /// Numbers of a step, by name.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn scalars(&mut self, step: u64, scalars: &[(&str, f64)]) -> Result<()> {
        let value = |(name, value): &(&str, f64)| Value { tag: (*name).to_owned(), content: Some(Content::Scalar(*value as f32)) };
        self.event(step, What::Summary(Summary { value: scalars.iter().map(value).collect() }))
    }

    /// A picture of a step as PNG.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn picture(&mut self, step: u64, name: &str, width: usize, height: usize, png: &[u8]) -> Result<()> {
        let image = Image { height: i32::try_from(height)?, width: i32::try_from(width)?, colorspace: 3, encoded: png.to_vec() };
        self.event(step, What::Summary(Summary { value: vec![Value { tag: name.to_owned(), content: Some(Content::Image(image)) }] }))
    }

    /// Brings everything to the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.writer.flush().with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn event(&mut self, step: u64, what: What) -> Result<()> {
        let event = Event { wall_time: now(), step: i64::try_from(step)?, what: Some(what) };
        self.writer.write_all(&record(&event.encode_to_vec())).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// What names of event files begin with; behind it stands the time.
const BEGINNING: &str = "events.out.tfevents.";

/// The latest time that the name of a file in a folder holds.
fn newest(folder: &Path) -> Option<f64> {
    let time = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let mut parts = name.strip_prefix(BEGINNING)?.split('.');
        format!("{}.{}", parts.next()?, parts.next()?).parse::<f64>().ok().filter(|time| time.is_finite())
    };
    fs::read_dir(folder).ok()?.flatten().filter_map(time).max_by(f64::total_cmp)
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

    /// An event with a scalar, byte by byte after the encoding's documentation (protobuf.dev/programming-guides/encoding):
    /// field numbers and types are those of TensorFlow's `event.proto` and `summary.proto`.
    #[test]
    fn scalars_are_encoded_as_tensorflow_s_messages() {
        let value = Value { tag: "loss".to_owned(), content: Some(Content::Scalar(1.0)) };
        let event = Event { wall_time: 1.0, step: 150, what: Some(What::Summary(Summary { value: vec![value] })) };
        let expected: &[u8] = b"\x09\0\0\0\0\0\0\xf0\x3f\x10\x96\x01\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\x80\x3f";
        assert_eq!(event.encode_to_vec(), expected);
    }

    /// A clock that was put back, or was ahead before.
    #[test]
    fn a_later_file_is_read_later_whatever_the_clock_says() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let ahead = format!("{BEGINNING}{:013.3}.1.infill", now() + 1e6);
        fs::write(folder.path().join(&ahead), "").expect("a file");
        for count in 2..4 {
            TensorBoard::begin(folder.path(), 0).expect("a file");
            let mut names: Vec<_> =
                fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("a file").file_name()).collect();
            names.sort();
            assert_eq!((names.len(), names[0].to_str()), (count, Some(ahead.as_str())));
        }
    }
}
