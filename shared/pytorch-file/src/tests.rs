//! Archives as `torch.save` writes them, made here byte by byte, and what is none.

use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// An archive of files by name.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        written.start_file(format!("archive/{name}"), SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
        written.write_all(bytes).unwrap();
    }
    written.finish().unwrap().into_inner()
}

fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn numbers(values: &[u8]) -> Vec<u8> {
    [b"(".to_vec(), values.iter().flat_map(|value| [b'K', *value]).collect(), b"t".to_vec()].concat()
}

/// A tensor as PyTorch pickles one: a call with a storage, the first place, shape and strides.
fn tensor(class: &str, key: &str, count: u8, offset: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let storage =
        [b"(".to_vec(), text("storage"), format!("ctorch\n{class}\n").into(), text(key), text("cpu"), vec![b'K', count], b"tQ".to_vec()];
    let rest = [vec![b'K', offset], numbers(shape), numbers(strides), b"\x89ccollections\nOrderedDict\n)RtR".to_vec()];
    [b"ctorch._utils\n_rebuild_tensor_v2\n(".to_vec(), storage.concat(), rest.concat()].concat()
}

/// A state dict.
fn dict(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let entries = entries.iter().flat_map(|(name, value)| [text(name), value.clone()].concat()).collect();
    [b"\x80\x02ccollections\nOrderedDict\n)Rq\x00(".to_vec(), entries, b"u}".to_vec(), text("_metadata"), b"}sb.".to_vec()].concat()
}

fn open(pickle: &[u8], storage: &[u8]) -> Result<Checkpoint<Cursor<Vec<u8>>>, Fault> {
    Checkpoint::open(Cursor::new(archive(&[("data.pkl", pickle), ("byteorder", b"little"), ("data/0", storage)])))
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

const SIX: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

#[test]
fn tensors_and_views_are_read_by_their_names() {
    let six = |offset, shape: &[u8], strides: &[u8]| tensor("FloatStorage", "0", 6, offset, shape, strides);
    let inside = [b"}(".to_vec(), text("c"), six(4, &[2], &[1]), b"u".to_vec()].concat();
    let parameter =
        [b"ctorch._utils\n_rebuild_parameter\n(".to_vec(), six(5, &[], &[]), b"\x88ccollections\nOrderedDict\n)RtR".to_vec()].concat();
    let pickle = dict(&[
        ("a", six(0, &[2, 3], &[3, 1])),
        ("across", six(0, &[3, 2], &[1, 3])),
        ("b", inside),
        ("d", parameter),
        ("e", six(0, &[0], &[1])),
    ]);
    let checkpoint = open(&pickle, &bytes(&SIX)).unwrap();
    let shapes: Vec<_> = checkpoint.shapes().iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    assert_eq!(shapes, [("a", &[2, 3][..]), ("across", &[3, 2]), ("b.c", &[2]), ("d", &[]), ("e", &[0])]);
    let read = |name: &str| checkpoint.read(name).unwrap();
    assert_eq!((read("a"), read("across"), read("b.c")), (SIX.to_vec(), vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0], vec![5.0, 6.0]));
    assert_eq!((read("d"), read("e"), checkpoint.word("infill")), (vec![6.0], vec![], None));
    assert!(checkpoint.read("f").unwrap_err().to_string().contains("`f`"));
}

#[test]
fn every_width_of_floats_is_read_and_nothing_else_is() {
    let stored: [(&str, Vec<u8>); 4] = [
        ("DoubleStorage", [1.5f64, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect()),
        ("FloatStorage", bytes(&[1.5, -2.0])),
        ("HalfStorage", [0x00, 0x3e, 0x00, 0xc0].to_vec()),
        ("BFloat16Storage", [0xc0, 0x3f, 0x00, 0xc0].to_vec()),
    ];
    for (class, storage) in stored {
        let checkpoint = open(&dict(&[("a", tensor(class, "0", 2, 0, &[2], &[1]))]), &storage).unwrap();
        assert_eq!(checkpoint.read("a").unwrap(), [1.5, -2.0], "{class}");
    }
    let counts = open(&dict(&[("a", tensor("LongStorage", "0", 1, 0, &[1], &[1]))]), &[0; 8]).unwrap();
    assert!(counts.read("a").unwrap_err().to_string().contains("no floats"));
}

#[test]
fn what_holds_more_than_tensors_is_refused_with_its_names() {
    let one = tensor("FloatStorage", "0", 1, 0, &[1], &[1]);
    let refused = |pickle: &[u8]| open(pickle, &bytes(&[1.0])).err().unwrap().to_string();
    let call = [b"cposix\nsystem\n".to_vec(), text("true"), b"\x85R".to_vec()].concat();
    let message = refused(&dict(&[("epoch", b"K\x07".to_vec()), ("run", call.clone()), ("a", one.clone()), ("list", b"]".to_vec())]));
    assert!(message.contains("`epoch` (int), `list` (list), `run` (posix.system)"), "{message}");
    let many: Vec<(String, Vec<u8>)> = (0..9).map(|index| (format!("x{index}"), b"N".to_vec())).collect();
    let many: Vec<(&str, Vec<u8>)> = many.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    assert!(refused(&dict(&many)).contains("4 more"));
    assert!(refused(&[b"\x80\x02".to_vec(), call, b".".to_vec()].concat()).contains("posix.system"));
    // An object with tensors, as `torch.save(model)` writes it.
    let object = [b"\x80\x02c__main__\nNet\n)\x81}(".to_vec(), text("a"), one.clone(), b"ub.".to_vec()].concat();
    assert!(refused(&object).contains("__main__.Net"));
    // One dictionary in two places could lie inside itself.
    let twice = [b"\x80\x02}q\x01(".to_vec(), text("a"), b"h\x01u.".to_vec()].concat();
    assert!(refused(&twice).contains("one dictionary in two places"));
    assert!(refused(b"\x80\x02}.").contains("no tensors"));
}

#[test]
fn damaged_pickles_and_views_beyond_their_storage_are_refused() {
    let refused = |pickle: &[u8]| open(pickle, &bytes(&SIX)).err().unwrap().to_string();
    let of = |offset, shape: &[u8], strides: &[u8]| refused(&dict(&[("a", tensor("FloatStorage", "0", 6, offset, shape, strides))]));
    for message in [of(1, &[6], &[1]), of(0, &[2, 3], &[4, 1]), of(0, &[100, 100], &[0, 0]), of(0, &[2], &[]), of(200, &[1], &[1])] {
        assert!(message.contains("does not lie inside its 6 numbers"), "{message}");
    }
    let deep = [b"\x80\x02)".to_vec(), b"\x85".repeat(100_000), b".".to_vec()].concat();
    assert!(refused(&deep).contains("deeper"));
    for pickle in [
        b"".as_slice(),
        b"\x80\x02",
        b".",
        b"\x80\x02t.",
        b"\x80\x02h\x07.",
        b"\x80\x02\xfe.",
        b"X\xff\xff\xff\xffabc.",
        b"cposix",
        b"q\x00.",
    ] {
        assert!(refused(pickle).contains("pickle"), "{pickle:?}");
    }
}

#[test]
fn damaged_archives_are_refused() {
    let pickle = dict(&[("a", tensor("FloatStorage", "0", 6, 0, &[6], &[1]))]);
    let whole = archive(&[("data.pkl", &pickle), ("data/0", &bytes(&SIX))]);
    let refused = |bytes: &[u8]| match Checkpoint::open(Cursor::new(bytes.to_vec())) {
        Ok(checkpoint) => checkpoint.read("a").unwrap_err(),
        Err(fault) => fault,
    };
    for length in [whole.len() / 2, whole.len() - 1, 22, 3] {
        let fault = refused(&whole[..length]);
        assert!(matches!(fault, Fault::Damaged(_)) || length == 3, "{length}: {fault}");
    }
    assert!(matches!(refused(&archive(&[("data.pkl", &pickle)])), Fault::Damaged(_)));
    assert!(matches!(refused(&archive(&[("data.pkl", &pickle), ("data/0", &bytes(&SIX[..5]))])), Fault::Tensor { .. }));
    assert!(matches!(refused(&archive(&[("other", &pickle)])), Fault::Archive(_)));
    assert!(matches!(refused(&archive(&[("data.pkl", &pickle), ("byteorder", b"big"), ("data/0", &bytes(&SIX))])), Fault::Archive(_)));
    let not_finite = bytes(&[1.0, f32::NAN, 1.0, 1.0, 1.0, 1.0]);
    assert!(refused(&archive(&[("data.pkl", &pickle), ("data/0", &not_finite)])).to_string().contains("NaN at place 1"));
    // Another number than its checksum says.
    let place = whole.windows(4).position(|window| window == 5f32.to_le_bytes()).unwrap();
    let mut changed = whole.clone();
    changed[place] ^= 1;
    assert!(refused(&changed).to_string().contains("checksum"));
}

#[test]
fn other_files_are_told_apart() {
    let refused = |bytes: &[u8]| Checkpoint::open(Cursor::new(bytes.to_vec())).err().unwrap();
    assert!(matches!(refused(b"a text"), Fault::Foreign));
    assert!(matches!(refused(b""), Fault::Foreign));
    assert!(matches!(refused(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."), Fault::Old(Old::Pickles)));
    let tar = [vec![b'x'; 257], b"ustar".to_vec(), vec![0; 300]].concat();
    assert!(matches!(refused(&tar), Fault::Old(Old::Tar)));
    assert!(matches!(refused(&[8, 0, 0, 0, 0, 0, 0, 0, b'{']), Fault::Damaged(_)));
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![6], &SIX_BYTES).unwrap();
    let words = [("infill".to_owned(), "yes".to_owned())].into();
    let file = safetensors::serialize([("a", view)], Some(words)).unwrap();
    let checkpoint = Checkpoint::open(Cursor::new(file.clone())).unwrap();
    assert_eq!((checkpoint.word("infill"), checkpoint.read("a").unwrap()), (Some("yes"), vec![0.0; 6]));
    assert!(matches!(refused(&file[..file.len() - 1]), Fault::Damaged(_)));
}

const SIX_BYTES: [u8; 24] = [0; 24];
