//! What leaves as a file because the user saves it: PNG, JPEG, WebP, NumPy.
//!
//! Takes pixels or values and gives bytes. Writes no file: the doors do that.

pub mod codes;
pub mod npy;
pub mod picture;
