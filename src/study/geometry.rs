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
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpacingFrom {
    /// Pixel Spacing (0028,0030) in the patient, or in Pixel Measures.
    PixelSpacing,
    /// Pixel Spacing of a projection image, calibrated by an object of known size: (0028,0A02) is FIDUCIAL.
    Fiducial,
    /// Pixel Spacing of a projection image, calibrated by the geometry of the machine: (0028,0A02) is GEOMETRY.
    Geometry,
    /// Pixel Spacing of a projection image that differs from the detector's: calibrated, nobody says how.
    Calibrated,
    /// Pixel Spacing of a projection image and nothing beside it: whether it is calibrated cannot be known (PS3.3 10.7.1.3).
    Unknown,
    /// Imager Pixel Spacing (0018,1164): at the detector.
    Imager,
    /// Imager Pixel Spacing divided by this estimated magnification: (0018,1114), else the distances of detector and patient from the source.
    Magnified(f64),
    /// The one ultrasound region (0018,6011) with lengths in both directions. It holds within the region only.
    Region,
    /// Pixel Spacing or Nominal Scanned Pixel Spacing (0018,2010) of a digitised film or a secondary capture.
    Film,
    /// None: pixels only. `spacing_mm` then holds the aspect ratio, scaled so that the columns' spacing is 1.
    None,
}

impl SpacingFrom {
    /// A short name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::PixelSpacing => "pixel-spacing",
            Self::Fiducial => "fiducial",
            Self::Geometry => "geometry",
            Self::Calibrated => "calibrated",
            Self::Unknown => "unknown",
            Self::Imager => "imager",
            Self::Magnified(_) => "magnified",
            Self::Region => "region",
            Self::Film => "film",
            Self::None => "none",
        }
    }
    /// True when somebody has calibrated a projection image.
    pub fn is_calibrated(self) -> bool {
        matches!(self, Self::Fiducial | Self::Geometry | Self::Calibrated)
    }
    /// What a length has to say behind its number, in English: `mm (at detector)`. The page has its own words.
    pub fn label(self) -> String {
        let how = match self {
            Self::PixelSpacing => return "mm".to_owned(),
            Self::None => return "px".to_owned(),
            Self::Magnified(by) => return format!("mm (est. magnification {by:.2})"),
            Self::Fiducial => "calibrated: fiducial",
            Self::Geometry => "calibrated: geometry",
            Self::Calibrated => "calibrated",
            Self::Unknown => "calibration unknown",
            Self::Imager => "at detector",
            Self::Region => "ultrasound region",
            Self::Film => "film",
        };
        format!("mm ({how})")
    }
}

/// Distance between pixel centres and its provenance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spacing {
    /// (between rows, between columns) in mm, both > 0. With [`SpacingFrom::None`] a ratio only.
    pub mm: [f64; 2],
    /// Provenance.
    pub from: SpacingFrom,
}

impl Spacing {
    /// Height of a pixel over its width; 1 where the two are too far apart to be shown.
    pub fn aspect(&self) -> f64 {
        let [rows, columns] = self.mm;
        let ratio = rows / columns;
        if (0.01..=100.0).contains(&ratio) {
            ratio
        } else {
            1.0
        }
    }
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
