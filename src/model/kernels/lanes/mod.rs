//! Vectors of 128 bits: what every tile is made of. In WebAssembly the type of the machine; elsewhere arrays, which compilers make vectors of.

#![allow(
    clippy::indexing_slicing,
    clippy::trivially_copy_pass_by_ref,
    reason = "arrays of fixed lengths and constant indices; references to pieces of tensors"
)]

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(crate) use portable::{
    Floats, Ints, Words, floats, quantised, requantised, turned, turned_pairs,
};
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use wasm::{Floats, Ints, Words, floats, quantised, requantised, turned, turned_pairs};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_product_is_exact_at_both_ends() {
        let x = Words::pair([-255, 255]);
        let w = Words::widened(&[-128, -128, 127, 127, -128, 127, 0, 1]);
        let sum = Ints::load(&[1, 2, 3, 4]).add(x.dot(w));
        assert_eq!(sum.array(), [1, 2, 3 + 255 * 255, 4 + 255]);
    }

    #[test]
    fn rows_become_columns() {
        let rows: [[f32; 4]; 4] =
            std::array::from_fn(|i| std::array::from_fn(|j| (4 * i + j) as f32));
        let columns = turned(&rows);
        let pairs = turned_pairs(&std::array::from_fn(|i| {
            std::array::from_fn(|j| (8 * i + j) as i16)
        }));
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            assert_eq!(columns[i][j], rows[j][i]);
            assert_eq!(
                pairs[i].as_chunks::<2>().0[j],
                [8 * j + 2 * i, 8 * j + 2 * i + 1].map(|v| v as i16)
            );
        }
    }

    #[test]
    fn not_a_number_passes_the_limits() {
        let v = Floats::load(&[f32::NAN, -1.0, 0.5, 9.0]);
        let got = v.clamp(Floats::splat(0.0), Floats::splat(6.0)).array();
        assert!(got[0].is_nan());
        assert_eq!(got[1..], [0.0, 0.5, 6.0]);
    }
}
