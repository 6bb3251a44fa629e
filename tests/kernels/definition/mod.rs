//! The layers as ONNX defines them, in float64 and int64, and the comparison of the kernels with them on random shapes.

mod convolution;
pub mod random;
mod small;
mod transposed;

/// All cases; the first difference as text.
pub fn all() -> Result<(), String> {
    convolution::float(400)?;
    convolution::quantised(400)?;
    transposed::both(300)?;
    small::products(150)?;
    small::pools(150)?;
    small::pairs()
}
