//! Frame sets that are volumes, seen from elsewhere: planes of any direction, slabs, projections, rendering.
//!
//! Takes a grid of values with its place in the patient; gives frames and pictures. The CPU defines, the GPU follows.
