//! A picture to try the page with, made of formulas: hills below a sky, and a balloon to be painted over.

/// Width and height in pixels.
pub const SIZE: (usize, usize) = (480, 320);

/// Its file's name.
pub const NAME: &str = "balloon.png";

/// The balloon's middle and radius, shares of the picture's height.
const BALLOON: (f64, f64, f64) = (0.55, 0.24, 0.13);

/// The picture, RGBA, row by row.
pub fn pixels() -> Vec<u8> {
    let (width, height) = SIZE;
    let side = height as f64;
    (0..width * height).flat_map(|place| pixel((place % width) as f64 / side, (place / width) as f64 / side)).collect()
}

/// The pixel at a place, in heights of the picture from its left upper corner.
fn pixel(x: f64, y: f64) -> [u8; 4] {
    let far = 0.5 + 0.05 * (4.1 * x).sin() + 0.03 * (9.7 * x + 1.0).sin() + 0.01 * (31.0 * x).sin();
    let near = 0.66 + 0.06 * (2.6 * x + 2.2).sin() + 0.015 * (17.0 * x).sin();
    let cloud = (0.6 * texture(2.5 * x, 9.0 * y) + 0.4 * texture(7.0 * x, 21.0 * y) - 0.52).clamp(0.0, 0.2) * 3.0;
    let mut colour = mix(mix([78.0, 134.0, 202.0], [212.0, 226.0, 236.0], y / 0.6), [250.0, 250.0, 248.0], cloud);
    if y > far {
        colour = mix([126.0, 148.0, 168.0], [104.0, 134.0, 132.0], (y - far) / 0.2);
    }
    if y > near {
        let grass = 0.5 * texture(30.0 * x, 60.0 * y) + 0.5 * texture(110.0 * x, 150.0 * y);
        colour = mix([58.0, 92.0, 44.0], [142.0, 160.0, 78.0], 0.25 + 0.5 * grass + 0.4 * (y - near));
    }
    let (across, down) = (x - BALLOON.0, y - BALLOON.1);
    let distance = across.hypot(down) / BALLOON.2;
    if distance < 1.0 {
        // Light from the left above, and stripes from pole to pole.
        let light = 0.62 - 0.45 * (across + down) / BALLOON.2;
        let stripe = (9.0 * across / (BALLOON.2 * BALLOON.2 - down * down).max(1e-4).sqrt()).sin() > 0.0;
        let shade = if stripe { [222.0, 62.0, 48.0] } else { [244.0, 204.0, 92.0] };
        colour = mix(mix([60.0, 24.0, 30.0], shade, light), [255.0; 3], (light - 0.95).max(0.0));
    }
    if across.abs() < 0.022 && (BALLOON.2 + 0.04..BALLOON.2 + 0.075).contains(&down) {
        colour = [94.0, 66.0, 42.0];
    }
    let [red, green, blue] = colour.map(|value| value.clamp(0.0, 255.0) as u8);
    [red, green, blue, 255]
}

/// From one colour to another.
fn mix(from: [f64; 3], to: [f64; 3], share: f64) -> [f64; 3] {
    std::array::from_fn(|channel| from[channel] + share.clamp(0.0, 1.0) * (to[channel] - from[channel]))
}

/// Smooth noise, 0 to 1.
fn texture(x: f64, y: f64) -> f64 {
    let smooth = |part: f64| part * part * (3.0 - 2.0 * part);
    let (right, down) = (smooth(x - x.floor()), smooth(y - y.floor()));
    let corner = |across: u32, below: u32| {
        let mixed = (x.floor() as u32 + across).wrapping_mul(0x9E37_79B1) ^ (y.floor() as u32 + below).wrapping_mul(0x85EB_CA77);
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
        f64::from((mixed ^ (mixed >> 13)) & 0xFFFF) / 65_535.0
    };
    let row = |below: u32| corner(0, below) + right * (corner(1, below) - corner(0, below));
    row(0) + down * (row(1) - row(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balloon_is_in_front_of_the_sky_and_everything_is_opaque() {
        let pixels = pixels();
        assert_eq!(pixels.len(), 4 * SIZE.0 * SIZE.1);
        assert!(pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255));
        let at = |x: f64, y: f64| pixel(x, y);
        let ([red, _, blue, _], [sky_red, _, sky_blue, _]) = (at(BALLOON.0, BALLOON.1), at(BALLOON.0 - 2.0 * BALLOON.2, BALLOON.1));
        assert!(red > blue && sky_blue > sky_red, "red {red}, blue {blue}; sky red {sky_red}, blue {sky_blue}");
    }
}
