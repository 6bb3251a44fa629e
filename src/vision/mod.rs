//! What a picture holds: a frame → edges, regions, contours, key points; two frames or volumes → the transform between them.
//!
//! Takes grey values on a grid and, where there is one, their spacing; gives places in pixels or mm. Decodes nothing, paints nothing.

pub mod augment;
pub mod components;
pub mod contours;
pub mod found;
pub mod growing;
pub mod laid;
pub mod points;
pub mod random;
pub mod regions;
pub mod register;
pub mod search;
pub mod shape;
