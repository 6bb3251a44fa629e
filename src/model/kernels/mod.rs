//! Kernels of the inference engine: convolution and its relatives in float32 and in int8, on channels-last tensors.
//!
//! Nothing here knows of models: a layer is made once from its weights, which it lays out for its tiles, and then run on ranges of output
//! rows, so that a caller may divide one layer among workers. There is no state between runs.
#![warn(clippy::indexing_slicing)]

mod activation;
mod conv_f32;
mod conv_q8;
mod element;
mod lanes;
mod pool;
mod product;
mod quant;
mod ring;
mod row_pairs;
mod transposed;
mod window;
mod winograd;

pub use activation::Activation;
pub use conv_f32::{ConvF32, Lanes};
pub use conv_q8::{ConvQ8, End8, Output8, Weights8};
pub use element::{Pair, Table, pair_q8};
pub use pool::{Going, Pool};
pub use product::{product_f32, product_q8, rows_of};
pub use quant::{Quant, Scales};
pub use transposed::{TransposedF32, TransposedQ8, Transposition};
pub use window::{Channels, Window, volume};
