//! Work on all processors, or without the feature `rayon` by the caller alone.

/// Runs every task, on all processors.
#[cfg(feature = "rayon")]
pub fn for_each<T: Send>(tasks: Vec<T>, run: impl Fn(T) + Sync + Send) {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    tasks.into_par_iter().for_each(run);
}

/// Runs every task.
#[cfg(not(feature = "rayon"))]
pub fn for_each<T>(tasks: Vec<T>, run: impl Fn(T)) {
    tasks.into_iter().for_each(run);
}
