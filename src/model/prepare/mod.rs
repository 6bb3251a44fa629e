//! Frames and volumes → a model's input tensor, and the map back to the patient. One file a preparation.

pub mod conform;
