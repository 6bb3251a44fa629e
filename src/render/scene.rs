//! All that is needed to paint one viewport.

use std::rc::Rc;

use crate::tone::{
    Colour, Frame,
    voi::{Function, Voi},
};

/// How the frame lies on the canvas. Order: flip, then rotation about the frame's centre, then zoom, then pan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Device pixels per image pixel along columns (the smaller side of an anisotropic pixel keeps this scale); > 0.
    pub zoom: f64,
    /// Where the frame's centre lies relative to the canvas' centre, device pixels, x right, y down.
    pub pan: [f64; 2],
    /// Clockwise quarter turns, 0..=3.
    pub quarter_turns: u8,
    /// Mirrored left-right before turning.
    pub flip: bool,
    /// Height of a pixel over its width (row spacing / column spacing), > 0.
    pub aspect: f64,
}

/// How a presentation state wants a frame to lie (PS3.3 C.10.4, C.10.6).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spatial {
    /// Clockwise quarter turns, done before the mirroring.
    pub quarter_turns: u8,
    /// Mirrored left-right, after the turning.
    pub flip: bool,
    /// Left, top, right, bottom of what is shown, in image coordinates; `None`: all.
    pub area: Option<[f64; 4]>,
    /// Device pixels per image pixel; `None`: as large as it fits.
    pub magnify: Option<f64>,
}

impl View {
    /// The largest view of a frame of `size` (columns, rows) that fits `canvas` (width, height).
    pub fn fit(size: (usize, usize), canvas: (u32, u32), aspect: f64, quarter_turns: u8) -> Self {
        let (mut w, mut h) = (size.0 as f64, size.1 as f64 * aspect);
        if quarter_turns % 2 == 1 {
            std::mem::swap(&mut w, &mut h);
        }
        let zoom = (f64::from(canvas.0) / w)
            .min(f64::from(canvas.1) / h)
            .max(1e-6);
        Self {
            zoom,
            pan: [0.0, 0.0],
            quarter_turns,
            flip: false,
            aspect,
        }
    }

    /// This view on top of another that the file asks for. Zoom and pan of `self` go on from there.
    #[must_use]
    pub fn over(
        self,
        Spatial {
            quarter_turns: turns,
            flip,
            area,
            magnify,
        }: Spatial,
        size: (usize, usize),
        canvas: (u32, u32),
        zoom: f64,
    ) -> Self {
        // Turning and then mirroring is mirroring and then turning the other way.
        let first = if flip { 4 - turns % 4 } else { turns % 4 };
        let turned = if self.flip { 4 - first % 4 } else { first };
        let mut view = Self {
            quarter_turns: (self.quarter_turns + turned) % 4,
            flip: self.flip != flip,
            ..self
        };
        let whole = [-0.5, -0.5, size.0 as f64 - 0.5, size.1 as f64 - 0.5];
        let [left, top, right, bottom] = area.unwrap_or(whole);
        let shown = (
            (right - left).max(1e-3),
            (bottom - top).max(1e-3) * view.aspect,
        );
        let (w, h) = if view.quarter_turns % 2 == 1 {
            (shown.1, shown.0)
        } else {
            shown
        };
        let fitting = (f64::from(canvas.0) / w).min(f64::from(canvas.1) / h);
        // A magnification counts for square pixels of the finer of both spacings; `zoom` counts along columns.
        let magnified = magnify.map(|times| times / view.aspect.min(1.0));
        view.zoom = magnified.unwrap_or(fitting).max(1e-6) * zoom;
        // Where the middle of the area comes to lie without a pan.
        view.pan = [0.0, 0.0];
        let m = view.image_to_canvas(size, canvas);
        let middle = (left.midpoint(right), top.midpoint(bottom));
        let at = [
            m[0] * middle.0 + m[1] * middle.1 + m[2],
            m[3] * middle.0 + m[4] * middle.1 + m[5],
        ];
        view.pan = [
            self.pan[0] + f64::from(canvas.0) / 2.0 - at[0],
            self.pan[1] + f64::from(canvas.1) / 2.0 - at[1],
        ];
        view
    }

    /// The inverse of [`View::canvas_to_image`].
    pub fn image_to_canvas(&self, size: (usize, usize), canvas: (u32, u32)) -> [f64; 6] {
        let [a, b, e, c, d, f] = self.canvas_to_image(size, canvas);
        let det = a * d - b * c;
        let (ia, ib, ic, id) = (d / det, -b / det, -c / det, a / det);
        [ia, ib, -(ia * e + ib * f), ic, id, -(ic * e + id * f)]
    }

    /// Affine from canvas pixel coordinates (pixel centres at +0.5) to image coordinates (pixel centres at whole numbers):
    /// `column = m[0]·x + m[1]·y + m[2]`, `row = m[3]·x + m[4]·y + m[5]`.
    pub fn canvas_to_image(&self, size: (usize, usize), canvas: (u32, u32)) -> [f64; 6] {
        let (cos, sin) = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]
            .get(usize::from(self.quarter_turns % 4))
            .copied()
            .unwrap_or((1.0, 0.0));
        let (ox, oy) = (
            f64::from(canvas.0) / 2.0 + self.pan[0],
            f64::from(canvas.1) / 2.0 + self.pan[1],
        );
        // A clockwise turn on a y-down canvas maps (u, v) to (u cos − v sin, u sin + v cos); this is its inverse, then zoom, then flip.
        let (zx, zy) = (self.zoom, self.zoom * self.aspect);
        let mirror = if self.flip { -1.0 } else { 1.0 };
        let (a, b) = (mirror * cos / zx, mirror * sin / zx);
        let (c, d) = (-sin / zy, cos / zy);
        let (cx, cy) = ((size.0 as f64 - 1.0) / 2.0, (size.1 as f64 - 1.0) / 2.0);
        [a, b, cx - a * ox - b * oy, c, d, cy - c * ox - d * oy]
    }
}

/// How values between pixel centres are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interpolation {
    /// Each pixel as it is.
    Nearest,
    /// Bilinear on modality values (before the VOI), by f32 weights; the frame's edge pixels extend by half a pixel.
    #[default]
    Linear,
}

/// A label map over the frame, on the frame's own grid.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelOverlay {
    /// rows × columns labels; 0 is nothing.
    pub labels: Rc<Vec<u8>>,
    /// Colour of each label, RGB; label 0 is never painted. A label beyond the list is painted white.
    pub colours: Rc<Vec<[u8; 3]>>,
    /// 0..1.
    pub opacity: f32,
    /// Paint only the border of each region (pixels with a 4-neighbour of another label).
    pub outline: bool,
}

impl LabelOverlay {
    /// The drawings of a file's overlay planes: 1 + the plane's number where it draws.
    pub fn of_planes(labels: Rc<Vec<u8>>) -> Self {
        const COLOURS: [[u8; 3]; 7] = [
            [0, 0, 0],
            [255, 214, 10],
            [100, 210, 255],
            [255, 105, 180],
            [140, 235, 120],
            [255, 159, 64],
            [200, 160, 255],
        ];
        Self {
            labels,
            colours: Rc::new(COLOURS.to_vec()),
            opacity: 1.0,
            outline: false,
        }
    }
}

/// A coarse grid of values over the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// Columns of the grid.
    pub columns: usize,
    /// Rows of the grid.
    pub rows: usize,
    /// rows × columns values.
    pub values: Rc<Vec<f32>>,
    /// Left, top, right, bottom edges of the grid in image coordinates (pixel edges at −0.5 and size − 0.5).
    pub extent: [f32; 4],
    /// The values painted with the colour map's first and last colour: fixed for a model, never stretched to an image.
    pub range: [f32; 2],
    /// Values below are not painted.
    pub threshold: f32,
    /// 0..1.
    pub opacity: f32,
    /// 256 colours.
    pub colours: Rc<Vec<[u8; 3]>>,
    /// Cells as they are (true resolution), or bilinear between cell centres.
    pub smooth: bool,
}

/// All that is needed to paint one viewport. Background is black.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The frame, filtered already.
    pub frame: Rc<Frame>,
    /// How it lies.
    pub view: View,
    /// Grey only.
    pub voi: Voi,
    /// Presentation LUT of a presentation state (PS3.3 C.11.6): P-Values 0..1 over the whole output range of the VOI. `None`: identity.
    pub presentation_lut: Option<Rc<Vec<f32>>>,
    /// After that: MONOCHROME1, Presentation LUT Shape INVERSE and the user's own inversion, counted together.
    pub invert: bool,
    /// 256 colours for display 0..255 (after inversion), or `None` for plain grey.
    pub colours: Option<Rc<Vec<[u8; 3]>>>,
    /// Colours that no window changes, by the nearest pixel, under all that lies over the frame: supplemental palettes, shutters with a
    /// value of their own. Rows × columns of the frame, R G B A; A = 0: none there.
    pub fixed: Option<Rc<Vec<[u8; 4]>>>,
    /// Between pixels.
    pub interpolation: Interpolation,
    /// Label map.
    pub labels: Option<LabelOverlay>,
    /// Heatmap.
    pub heatmap: Option<Heatmap>,
    /// Drawings of the file's own overlay planes, on top of all.
    pub marks: Option<LabelOverlay>,
}

impl Scene {
    /// A finished picture (`width` × `height` × 4 bytes, R G B A) as it is, one canvas pixel for each of its pixels.
    pub fn of_picture(rgba: Vec<u8>, width: u32, height: u32) -> Self {
        Self {
            frame: Rc::new(Frame::Colour(Colour {
                columns: width as usize,
                rows: height as usize,
                rgba,
            })),
            view: View {
                zoom: 1.0,
                pan: [0.0, 0.0],
                quarter_turns: 0,
                flip: false,
                aspect: 1.0,
            },
            voi: Voi::Window {
                center: 128.0,
                width: 256.0,
                function: Function::Linear,
            },
            presentation_lut: None,
            invert: false,
            colours: None,
            fixed: None,
            interpolation: Interpolation::Nearest,
            labels: None,
            heatmap: None,
            marks: None,
        }
    }
}
