//! The matrix product that all CPU kernels come down to.

/// A matrix to read: row-major or column-major.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    pub values: &'a [f32],
    pub row_stride: usize,
    pub column_stride: usize,
}

/// target `[rows, columns]`, row-major with the given stride, += left `[rows, depth]` · right
/// `[depth, columns]`; or = where `add` is false.
#[expect(unsafe_code, reason = "the gemm crate takes pointers; the bounds are checked first")]
pub fn product(target: &mut [f32], stride: usize, add: bool, left: Matrix<'_>, right: Matrix<'_>, [rows, columns, depth]: [usize; 3]) {
    if rows == 0 || columns == 0 || depth == 0 {
        return;
    }
    let last = |matrix: &Matrix<'_>, rows: usize, columns: usize| (rows - 1) * matrix.row_stride + (columns - 1) * matrix.column_stride;
    assert!(last(&left, rows, depth) < left.values.len(), "the left factor is too short");
    assert!(last(&right, depth, columns) < right.values.len(), "the right factor is too short");
    assert!((rows - 1) * stride + columns <= target.len() && columns <= stride.max(columns), "the target is too short");
    // SAFETY: every element that the shapes and strides reach lies inside the slices, as just checked, and
    // the target is borrowed exclusively.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            target.as_mut_ptr(),
            1,
            stride as isize,
            add,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            if add { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
