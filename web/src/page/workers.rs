//! How many workers compute at a time on the CPU, where a run has windows that do not depend on each other.

/// More do not fit into a tab, with a copy of the program and of the model each.
const MOST: usize = 8;

/// Where the browser does not say how much memory there is, as on telephones of some makers.
const MODEST: usize = 4;

/// By the machine's processors and, where the browser says it, its memory in gigabytes. Where there are more than two
/// processors one is left to the page and to whatever else is done.
pub fn count(processors: usize, gigabytes: Option<f64>) -> usize {
    let spared = if processors > 2 { processors - 1 } else { processors };
    spared.clamp(1, gigabytes.map_or(MODEST, |gigabytes| gigabytes as usize).clamp(1, MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_leave_room() {
        assert_eq!([1, 2, 3, 4, 16].map(|processors| count(processors, Some(8.0))), [1, 2, 2, 3, 8]);
        assert_eq!([count(8, None), count(8, Some(0.5)), count(0, None), count(8, Some(2.0))], [4, 1, 1, 2]);
    }
}
