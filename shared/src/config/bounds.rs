//! How large the numbers of a model may be. A model file may come from anybody: what passes here can be built and run in bounded
//! memory, and no number in it overflows.

use super::{error::ConfigError, unet::UnetConfig};

/// Log-SNRs lie between this and its negative: there γ and 1 − γ are neither 0 nor 1 in 32 bits.
const LOG_SNR: f64 = 15.0;

/// A range of log-SNRs is at least so wide: samplers divide by the distance of two levels.
const LEAST_RANGE: f64 = 0.5;

/// Numbers of one feature map: a gigabyte.
const MAP: usize = 1 << 28;

/// Side of a feature map that attends, in cells: scores are its fourth power.
const ATTENDING_SIDE: usize = 128;

/// Checks every number of a net by itself, and what its largest maps need.
pub fn check_unet(unet: &UnetConfig, size: usize) -> Result<(), ConfigError> {
    let (least, largest) = (unet.multipliers.iter().min(), unet.multipliers.iter().max());
    for (what, value, most) in [
        ("size", size, 4096),
        ("patch", unet.patch, 16),
        ("channels", unet.channels, 4096),
        ("blocks", unet.blocks, 64),
        ("head_channels", unet.head_channels, 4096),
        ("multipliers", least.copied().unwrap_or(0), 64),
        ("multipliers", largest.copied().unwrap_or(0), 64),
        ("levels", unet.multipliers.len(), 12),
    ] {
        if !(1..=most).contains(&value) {
            return Err(ConfigError::Mismatch {
                what,
                value: value.to_string(),
                other: format!("what a net can have, 1 to {most}"),
                way_out: "choose a number in between",
            });
        }
    }
    let refuse = |what, value: String, other: String, way_out| Err(ConfigError::Mismatch { what, value, other, way_out });
    if !unet.channels.is_multiple_of(2) {
        return refuse("channels", unet.channels.to_string(), "sines and cosines, which come in pairs".to_owned(), "choose an even number");
    }
    if unet.attention.len() > unet.multipliers.len() {
        let (found, levels) = (unet.attention.len(), unet.multipliers.len());
        return refuse("attention", format!("a list of {found}"), format!("a net of {levels} levels"), "choose at most one side a level");
    }
    for level in 0..unet.multipliers.len() {
        let side = unet.level_side(size, level);
        let attends = unet.attends(size, level) || level + 1 == unet.multipliers.len();
        if attends && side > ATTENDING_SIDE {
            let other = format!("attention, which is over at most {ATTENDING_SIDE} cells a side");
            return refuse("size", format!("{size}, {side} cells a side at level {level}"), other, "choose more levels or a smaller size");
        }
        let numbers = side * side * unet.level_channels(level);
        if numbers > MAP {
            let (value, other) = (format!("{numbers} at level {level}"), format!("a feature map of at most {MAP} numbers"));
            return refuse("size² · channels", value, other, "choose a smaller size or fewer channels");
        }
    }
    Ok(())
}

/// Checks that samplers can go through a range.
pub fn check_log_snr_range([low, high]: [f64; 2]) -> Result<(), ConfigError> {
    // Written so that what is no number is refused.
    if -LOG_SNR <= low && low + LEAST_RANGE <= high && high <= LOG_SNR {
        return Ok(());
    }
    Err(ConfigError::Mismatch {
        what: "log_snr_range",
        value: format!("[{low}, {high}]"),
        other: format!("an increasing pair from -{LOG_SNR} to {LOG_SNR}, {LEAST_RANGE} apart"),
        way_out: "put the noisiest level first, for example [-10, 10]",
    })
}
