//! The classical operators behind a C ABI, for measurements in WebAssembly. Not part of the product.
#![allow(unsafe_code, clippy::all, dead_code, missing_docs)]

#[path = "../../../../src/filter"]
pub mod filter {
    #[path = "kernel/mod.rs"]
    pub mod kernel;
}
#[path = "../../../../src/vision"]
pub mod vision {
    #[path = "components.rs"]
    pub mod components;
    #[path = "contours.rs"]
    pub mod contours;
}

use filter::kernel::{
    canny::Canny,
    derivative::Aperture,
    gaussian8,
    morphology::{self, Element, Form},
    otsu,
};
use vision::{
    components::{self, Connectivity},
    contours::{self, Chain, Mode},
};

#[unsafe(no_mangle)]
pub extern "C" fn alloc(bytes: usize) -> *mut u8 {
    Box::leak(vec![0_u8; bytes].into_boxed_slice()).as_mut_ptr()
}

/// What the last run gave: its bytes.
static mut LAST: Vec<u8> = Vec::new();

#[unsafe(no_mangle)]
pub extern "C" fn last() -> *const u8 {
    unsafe { (&*(&raw const LAST)).as_ptr() }
}

/// Runs an operator on a picture of `columns` × `rows` levels. Gives the number of bytes of a picture, or of contours and points.
///
/// # Safety
/// `levels` holds columns × rows bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(what: u32, levels: *const u8, columns: usize, rows: usize) -> usize {
    let p = unsafe { std::slice::from_raw_parts(levels, columns * rows) };
    let canny = |aperture, l2| Canny { low: 50.0, high: 150.0, aperture, l2 };
    let (rect, ellipse) = (Element::new(Form::Rect, 5), Element::new(Form::Ellipse, 5));
    let out = match what {
        0 => gaussian8::blur(p, columns, 5, 0.0),
        1 => canny(Aperture::Three, false).of_levels(p, columns, None),
        2 => {
            let t = otsu::of_levels(p);
            p.iter().map(|&v| if v > t { 255 } else { 0 }).collect()
        }
        3 => morphology::erode(p, columns, &rect, 1),
        4 => morphology::Operation::Open.of(p, columns, &ellipse, 1),
        5 | 6 => {
            let mode = if what == 5 { Mode::List } else { Mode::Tree };
            let found = contours::find(p, columns, mode, Chain::Simple);
            return found.iter().map(|c| c.points.len() + 1).sum();
        }
        7 => return components::label(p, columns, Connectivity::Eight).parts.len(),
        8 => canny(Aperture::Five, true).of_levels(p, columns, None),
        _ => morphology::dilate(p, columns, &Element::new(Form::Rect, 31), 1),
    };
    let n = out.len();
    unsafe { LAST = out };
    n
}
