//! Growing a mask by a Euclidean distance, in time that does not depend on the distance
//! (Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, 2012).

/// Farther than any picture reaches, and its sums stay exact enough in `f32`.
const FAR: f32 = 1e12;

/// Covers everything within `radius` pixels of a covered pixel, one of coverage `covered` or more, with an edge that falls
/// over `soft` pixels beyond that, anti-aliased where that is 0.
pub fn grow(values: &mut [u8], width: usize, radius: f32, soft: f32, covered: u8) {
    let height = values.len() / width;
    let mut squared: Vec<f32> = values.iter().map(|value| if *value >= covered { 0.0 } else { FAR }).collect();
    let mut envelope = Envelope::default();
    let mut line = vec![0.0; height];
    for x in 0..width {
        for (y, value) in line.iter_mut().enumerate() {
            *value = squared[y * width + x];
        }
        envelope.transform(&mut line);
        for (y, value) in line.iter().enumerate() {
            squared[y * width + x] = *value;
        }
    }
    for row in squared.chunks_exact_mut(width) {
        envelope.transform(row);
    }
    for (value, squared) in values.iter_mut().zip(squared) {
        // The hole's edge is half a pixel beyond the covered centre, and this pixel's half before its own.
        let coverage = ((radius + soft + 1.0 - squared.sqrt()) / (soft + 1.0)).clamp(0.0, 1.0);
        *value = (*value).max((coverage * 255.0).round() as u8);
    }
}

/// The lower envelope of parabolas, one a sample.
#[derive(Default)]
struct Envelope {
    /// Where each parabola stands and how high.
    vertices: Vec<(f32, f32)>,
    /// From where on it is the lowest.
    from: Vec<f32>,
}

impl Envelope {
    /// `line[i]` becomes the minimum over j of (i − j)² + `line[j]`.
    fn transform(&mut self, line: &mut [f32]) {
        self.vertices.clear();
        self.from.clear();
        for (index, height) in line.iter().enumerate() {
            if *height >= FAR {
                continue;
            }
            let place = index as f32;
            loop {
                let Some(&(other, other_height)) = self.vertices.last() else {
                    self.from.push(f32::NEG_INFINITY);
                    break;
                };
                let meet = ((place - other) * (place + other) + height - other_height) / (2.0 * (place - other));
                if meet > self.from[self.from.len() - 1] {
                    self.from.push(meet);
                    break;
                }
                self.vertices.pop();
                self.from.pop();
            }
            self.vertices.push((place, *height));
        }
        if self.vertices.is_empty() {
            return;
        }
        let mut current = 0;
        for (index, value) in line.iter_mut().enumerate() {
            let place = index as f32;
            while self.from.get(current + 1).is_some_and(|from| *from < place) {
                current += 1;
            }
            let (vertex, height) = self.vertices[current];
            *value = (place - vertex) * (place - vertex) + height;
        }
    }
}
