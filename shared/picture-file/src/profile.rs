//! ICC profiles, as far as it matters which samples they are for. Nothing is applied: a profile goes with the samples.

/// The kind of samples that a profile is for, as its header has it: `RGB `, `GRAY`, `CMYK`. Empty when the header is cut.
pub fn samples(profile: &[u8]) -> &[u8] {
    profile.get(16..20).unwrap_or_default()
}

/// Whether a profile says that it is sRGB, in either way that profiles spell.
pub fn is_srgb(profile: &[u8]) -> bool {
    [&b"sRGB"[..], &b"s\0R\0G\0B"[..]].iter().any(|name| profile.windows(name.len()).any(|place| place == *name))
}
