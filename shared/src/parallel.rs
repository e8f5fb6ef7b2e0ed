//! One function for many values, on all processors where there are threads (feature `rayon`).

/// The results in the order of the values.
#[cfg(feature = "rayon")]
pub fn map<T: Send, R: Send>(values: Vec<T>, run: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    values.into_par_iter().map(run).collect()
}

/// The results in the order of the values.
#[cfg(not(feature = "rayon"))]
pub fn map<T, R>(values: Vec<T>, run: impl Fn(T) -> R) -> Vec<R> {
    values.into_iter().map(run).collect()
}
