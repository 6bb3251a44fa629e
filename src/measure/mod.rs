//! What a doctor marks: handles on a frame → lengths, angles, areas, statistics, each with its unit and the origin of its spacing.
//!
//! Takes points in pixels, values with a unit and a spacing with its provenance; where no spacing is known it says pixels. Paints nothing.
