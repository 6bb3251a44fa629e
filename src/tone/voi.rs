//! VOI LUT module (PS3.3 C.11.2): from modality values to 0..1.

use std::rc::Rc;

/// VOI LUT Function (0028,1056).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// PS3.3 C.11.2.1.2.1.
    Linear,
    /// PS3.3 C.11.2.1.3.2.
    LinearExact,
    /// PS3.3 C.11.2.1.3.1.
    Sigmoid,
}

/// A table of a VOI LUT Sequence item, entries scaled to 0..1.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// First value mapped (may be negative).
    pub first: f32,
    /// At least one entry, each within 0..1.
    pub entries: Vec<f32>,
}

/// What maps modality values to the display range.
#[derive(Debug, Clone, PartialEq)]
pub enum Voi {
    /// Window Center (0028,1050), Window Width (0028,1051) and their function; width > 0 (≥ 1 for LINEAR).
    Window {
        /// Centre in modality values.
        center: f32,
        /// Width in modality values.
        width: f32,
        /// How.
        function: Function,
    },
    /// A VOI LUT.
    Table(Rc<Table>),
}

impl Voi {
    /// Centre and width of the window that a user begins with: this one, or where a table rises from its lowest to its highest entries.
    pub fn beginning(&self) -> (f32, f32) {
        match self {
            Self::Window { center, width, .. } => (*center, *width),
            Self::Table(table) => {
                let least = table.entries.iter().copied().fold(1.0, f32::min);
                let most = table.entries.iter().copied().fold(0.0, f32::max);
                let part = |share: f32| least + (most - least) * share;
                let low = table.entries.iter().rposition(|&e| e <= part(0.02));
                let high = table.entries.iter().position(|&e| e >= part(0.98));
                let last = table.entries.len().saturating_sub(1);
                // A falling table has them the other way round: then its whole length.
                let (low, high) = match (low.unwrap_or(0), high.unwrap_or(last)) {
                    (low, high) if low < high => (low as f32, high as f32),
                    _ => (0.0, last as f32),
                };
                let width = (high - low + 1.0).max(1.0);
                (table.first + low + width / 2.0, width)
            }
        }
    }

    /// Bytes of its table.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Window { .. } => 0,
            Self::Table(table) => size_of_val(table.entries.as_slice()),
        }
    }

    /// The display value of `x`, 0..1. f32 throughout, in the order of the GPU's shader, so that both agree.
    pub fn map(&self, x: f32) -> f32 {
        match self {
            Self::Window {
                center,
                width,
                function: Function::Linear,
            } => {
                let (c, w) = (center - 0.5, width - 1.0);
                if x <= c - w / 2.0 {
                    0.0
                } else if x > c + w / 2.0 {
                    1.0
                } else {
                    ((x - c) / w + 0.5).clamp(0.0, 1.0)
                }
            }
            Self::Window {
                center,
                width,
                function: Function::LinearExact,
            } => {
                if x <= center - width / 2.0 {
                    0.0
                } else if x > center + width / 2.0 {
                    1.0
                } else {
                    ((x - center) / width + 0.5).clamp(0.0, 1.0)
                }
            }
            Self::Window {
                center,
                width,
                function: Function::Sigmoid,
            } => 1.0 / (1.0 + libm::expf(-4.0 * (x - center) / width)),
            Self::Table(table) => {
                let index = libm::roundf(x - table.first)
                    .clamp(0.0, (table.entries.len().max(1) - 1) as f32);
                table.entries.get(index as usize).copied().unwrap_or(0.0)
            }
        }
    }
}

impl Voi {
    /// The display levels 0..=255 of a line of values: `map`, through a Presentation LUT where there is one, inverted when asked, times
    /// 255, rounded half up. `levels` is as long as `values`.
    pub fn levels(&self, values: &[f32], lut: Option<&[f32]>, invert: bool, levels: &mut [u8]) {
        if let Some(lut) = lut {
            for (level, &x) in levels.iter_mut().zip(values) {
                *level = level_of(through(lut, self.map(x)), invert);
            }
            return;
        }
        // The choice of the function stands outside of the loops, so that each loop is plain arithmetic on vectors.
        match *self {
            Self::Window {
                center,
                width,
                function: Function::Linear,
            } => ramp(values, center - 0.5, width - 1.0, invert, levels),
            Self::Window {
                center,
                width,
                function: Function::LinearExact,
            } => ramp(values, center, width, invert, levels),
            _ => {
                for (level, &x) in levels.iter_mut().zip(values) {
                    *level = level_of(self.map(x), invert);
                }
            }
        }
    }
}

/// A display value 0..1 through a Presentation LUT, which always covers the whole range of what comes before it (PS3.3 C.11.6).
pub fn through(lut: &[f32], shown: f32) -> f32 {
    let last = lut.len().max(1) - 1;
    let at = (shown * last as f32 + 0.5) as usize;
    lut.get(at.min(last)).copied().unwrap_or(shown)
}

fn level_of(shown: f32, invert: bool) -> u8 {
    let shown = if invert { 1.0 - shown } else { shown };
    (shown * 255.0 + 0.5) as i32 as u8
}

fn ramp(values: &[f32], c: f32, w: f32, invert: bool, levels: &mut [u8]) {
    let (low, high) = (c - w / 2.0, c + w / 2.0);
    for (level, &x) in levels.iter_mut().zip(values) {
        let inner = ((x - c) / w + 0.5).clamp(0.0, 1.0);
        let shown = if x > high { 1.0 } else { inner };
        let shown = if x <= low { 0.0 } else { shown };
        *level = level_of(shown, invert);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(center: f32, width: f32, function: Function) -> Voi {
        Voi::Window {
            center,
            width,
            function,
        }
    }

    #[test]
    fn vectors_of_the_standard() {
        // PS3.3 C.11.2.1.2.1, notes: output 0..255.
        let at = |c, w, x| window(c, w, Function::Linear).map(x) * 255.0;
        assert_eq!(
            [at(2048.0, 4096.0, 0.0), at(2048.0, 4096.0, -1.0)],
            [0.0; 2]
        );
        assert_eq!(
            [at(2048.0, 4096.0, 4095.5), at(2048.0, 4096.0, 9000.0)],
            [255.0; 2]
        );
        for x in [1.0, 2047.5, 4094.0] {
            assert!((at(2048.0, 4096.0, x) - ((x - 2047.5) / 4095.0 + 0.5) * 255.0).abs() < 1e-3);
        }
        assert_eq!(
            [at(2048.0, 1.0, 2047.5), at(2048.0, 1.0, 2047.6)],
            [0.0, 255.0]
        );
        assert_eq!([at(0.0, 100.0, -50.0), at(0.0, 100.0, 49.5)], [0.0, 255.0]);
        assert!((at(0.0, 100.0, 0.0) - (0.5 / 99.0 + 0.5) * 255.0).abs() < 1e-3);
        assert_eq!([at(0.0, 1.0, -0.5), at(0.0, 1.0, -0.4)], [0.0, 255.0]);
    }

    #[test]
    fn exact_and_sigmoid() {
        let exact = window(0.5, 0.5, Function::LinearExact);
        assert_eq!(
            [0.25, 0.5, 0.625, 0.75, 0.8].map(|x| exact.map(x)),
            [0.0, 0.5, 0.75, 1.0, 1.0]
        );
        let sigmoid = window(100.0, 50.0, Function::Sigmoid);
        assert_eq!(sigmoid.map(100.0), 0.5);
        assert!((sigmoid.map(150.0) - 1.0 / (1.0 + (-4.0_f32).exp())).abs() < 1e-6);
    }

    #[test]
    fn levels_are_the_map_of_each_value() {
        let table = Voi::Table(Rc::new(Table {
            first: 0.0,
            entries: vec![0.0, 0.5, 1.0],
        }));
        let values: Vec<f32> = (-300..300).map(|i| i as f32 / 3.0).collect();
        for voi in [
            window(10.0, 80.0, Function::Linear),
            window(10.0, 1.0, Function::Linear),
            window(-7.5, 0.25, Function::LinearExact),
            window(0.0, 33.0, Function::Sigmoid),
            table,
        ] {
            for invert in [false, true] {
                let mut levels = vec![0; values.len()];
                voi.levels(&values, None, invert, &mut levels);
                for (&x, level) in values.iter().zip(levels) {
                    let shown = voi.map(x);
                    let shown = if invert { 1.0 - shown } else { shown };
                    assert_eq!(level, (shown * 255.0 + 0.5) as u8, "{voi:?} {x} {invert}");
                }
            }
        }
    }

    #[test]
    fn a_presentation_lut_covers_the_whole_range() {
        // Four entries for a window of four values: each has its own.
        let lut = [1.0, 0.25, 0.5, 0.0];
        let mut levels = [0; 6];
        let values = [-3.0, 0.0, 1.0, 2.0, 3.0, 9.0];
        let voi = window(2.0, 4.0, Function::Linear);
        voi.levels(&values, Some(&lut), false, &mut levels);
        assert_eq!(levels, [255, 255, 64, 128, 0, 0]);
        voi.levels(&values, Some(&lut), true, &mut levels);
        assert_eq!(levels, [0, 0, 191, 128, 255, 255]);
        assert_eq!(through(&[], 0.3), 0.3);
    }

    #[test]
    fn a_table_gives_a_window_to_begin_with() {
        let table = |entries: &[f32]| {
            let entries = entries.to_vec();
            Voi::Table(Rc::new(Table {
                first: -10.0,
                entries,
            }))
            .beginning()
        };
        // Flat at 0 up to -8, flat at 1 from -4 on.
        assert_eq!(
            table(&[0.0, 0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
            (-5.5, 5.0)
        );
        assert_eq!(table(&[1.0, 0.5, 0.0]), (-8.5, 3.0));
        assert_eq!(table(&[0.5]), (-9.5, 1.0));
    }

    #[test]
    fn table_rounds_and_clamps() {
        let table = Voi::Table(Rc::new(Table {
            first: -1.0,
            entries: vec![0.0, 0.25, 1.0],
        }));
        assert_eq!(
            [-9.0, -0.6, -0.4, 0.4, 7.0].map(|x| table.map(x)),
            [0.0, 0.0, 0.25, 0.25, 1.0]
        );
    }
}
