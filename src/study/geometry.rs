//! Planes in patient space (PS3.3 C.7.6.2.1.1) and the spacing's provenance.

/// A point or direction in the patient's coordinate system, mm: +x left, +y posterior, +z head.
pub type Vec3 = [f64; 3];

/// Sum.
pub fn add(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}
/// Difference.
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
/// Product with a number.
pub fn scale(a: Vec3, s: f64) -> Vec3 {
    [a[0] * s, a[1] * s, a[2] * s]
}
/// Dot product.
pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
/// Cross product.
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}
/// Length.
pub fn norm(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

/// Where a spacing comes from: it decides what a ruler may say (PS3.3 10.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpacingFrom {
    /// Pixel Spacing (0028,0030) in the patient, or in Pixel Measures.
    PixelSpacing,
    /// Pixel Spacing of a projection image, calibrated (0028,0A02).
    Calibrated,
    /// Pixel Spacing of a projection image, calibration unknown.
    Unknown,
    /// Imager Pixel Spacing (0018,1164): at the detector.
    Imager,
    /// Imager Pixel Spacing divided by the estimated magnification (0018,1114).
    Magnified,
    /// An ultrasound region (0018,6011).
    Region,
    /// Nominal Scanned Pixel Spacing (0018,2010): on the film.
    Film,
    /// None: pixels only. `spacing_mm` then holds the aspect ratio, scaled so that the columns' spacing is 1.
    None,
}

/// Distance between pixel centres and its provenance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    /// (between rows, between columns) in mm, both > 0. With [`SpacingFrom::None`] a ratio only.
    pub mm: [f64; 2],
    /// Provenance.
    pub from: SpacingFrom,
}

/// The plane of one frame in the patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Image Position (Patient): centre of the first pixel, mm.
    pub position: Vec3,
    /// Direction of a row (growing column index), unit length.
    pub row: Vec3,
    /// Direction of a column (growing row index), unit length.
    pub column: Vec3,
}

impl Plane {
    /// Normal: row × column.
    pub fn normal(&self) -> Vec3 {
        cross(self.row, self.column)
    }
    /// Patient position of pixel (column, row), fractions allowed; `spacing` is (between rows, between columns).
    pub fn at(&self, column: f64, row: f64, spacing: [f64; 2]) -> Vec3 {
        add(
            self.position,
            add(
                scale(self.row, column * spacing[1]),
                scale(self.column, row * spacing[0]),
            ),
        )
    }
}
