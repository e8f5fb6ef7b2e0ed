//! One function for many values, or for parts of one, on all processors where there are threads (feature `rayon`).

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

/// Runs over the parts of so many values, one after the other or at a time.
#[cfg(feature = "rayon")]
pub fn each_chunk<T: Send>(values: &mut [T], size: usize, run: impl Fn(&mut [T]) + Sync + Send) {
    use rayon::{iter::ParallelIterator, slice::ParallelSliceMut};
    values.par_chunks_mut(size).for_each(run);
}

/// Runs over the parts of so many values, one after the other or at a time.
#[cfg(not(feature = "rayon"))]
pub fn each_chunk<T>(values: &mut [T], size: usize, run: impl Fn(&mut [T])) {
    values.chunks_mut(size).for_each(run);
}
