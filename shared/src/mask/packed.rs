//! Coverages of a mask in little room: runs of one value, one after the other. Masks are mostly nothing and all, so that a mask of 24
//! megapixels takes some kilobytes where many are kept.

/// Packed coverages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// Packs values: of each run the value, then its length in groups of seven bits, the lowest first.
    pub fn new(values: &[u8]) -> Self {
        Self::of_rows([values].into_iter())
    }

    /// Packs values that come row by row, as if they came at once.
    pub fn of_rows<'a>(rows: impl Iterator<Item = &'a [u8]>) -> Self {
        let (mut packed, mut open) = (Vec::new(), None);
        for mut rest in rows {
            while let Some(first) = rest.first() {
                let length = run(rest, *first);
                rest = &rest[length..];
                match &mut open {
                    Some((value, before)) if value == first => *before += length,
                    _ => open.replace((*first, length)).into_iter().for_each(|run| push(&mut packed, run)),
                }
            }
        }
        open.into_iter().for_each(|run| push(&mut packed, run));
        Self(packed)
    }

    /// What was packed before, as the browser kept it.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The runs.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The values; none where they are not so many.
    pub fn unpack(&self, wanted: usize) -> Option<Vec<u8>> {
        let mut values = Vec::new();
        for run in self.runs() {
            let (value, length) = run?;
            if length > wanted - values.len() {
                return None;
            }
            values.resize(values.len() + length, value);
        }
        (values.len() == wanted).then_some(values)
    }

    /// Each value with how often it comes; none where the bytes are damaged.
    pub fn runs(&self) -> impl Iterator<Item = Option<(u8, usize)>> {
        let mut bytes = self.0.iter();
        std::iter::from_fn(move || {
            let value = *bytes.next()?;
            Some(length(&mut bytes).map(|length| (value, length)))
        })
    }
}

/// A length, in groups of seven bits.
fn length<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<usize> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let part = *bytes.next()?;
        length |= usize::from(part & 127).checked_shl(shift)?;
        shift += 7;
        if part < 128 {
            return Some(length);
        }
    }
}

/// Adds a run of a value.
fn push(packed: &mut Vec<u8>, (value, mut length): (u8, usize)) {
    packed.push(value);
    while length > 127 {
        packed.push((length & 127) as u8 | 128);
        length >>= 7;
    }
    packed.push(length as u8);
}

/// How many values at the beginning are this one. They are compared by words, eight at a time, as fast as they are read.
fn run(values: &[u8], value: u8) -> usize {
    let word = u64::from_ne_bytes([value; 8]);
    let other = |block: &[[u8; 8]; 8]| block.iter().fold(0, |other, next| other | (u64::from_ne_bytes(*next) ^ word));
    let blocks = values.as_chunks::<8>().0.as_chunks::<8>().0;
    let alike = 64 * blocks.iter().take_while(|block| other(block) == 0).count();
    alike + values[alike..].iter().take_while(|next| **next == value).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_damage_is_noticed() {
        let long: Vec<u8> = (0..100_000).map(|place| if (300..70_000).contains(&place) { 255 } else { 0 }).collect();
        let soft: Vec<u8> = (0..=255).collect();
        for values in [&[][..], &[7], &long, &soft] {
            let packed = Packed::new(values);
            assert_eq!(packed.unpack(values.len()).as_deref(), Some(values));
            assert_eq!(Packed::of_rows(values.chunks(100)), packed);
            assert_eq!(packed.unpack(values.len() + 1), None);
            assert_eq!(Packed::from_bytes(packed.bytes().to_vec()), packed);
        }
        assert!(Packed::new(&long).bytes().len() < 20);
        for damaged in [vec![1], vec![1, 200], vec![1, 255, 255, 255, 255, 255, 255], vec![1, 5, 2]] {
            assert_eq!(Packed::from_bytes(damaged).unpack(4), None);
        }
    }
}
