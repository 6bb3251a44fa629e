//! What marker segments set (T.800 Annex A, T.814 Annex A), in the main header or for a tile.

use super::{Fault, reader::Reader};

/// How a component's blocks and wavelet were coded: SPcod, SPcoc (A.6.1, A.6.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Coding {
    pub(super) levels: u8,
    /// Exponents of a code-block's width and height.
    pub(super) block_w: u8,
    pub(super) block_h: u8,
    pub(super) style: u8,
    pub(super) reversible: bool,
    /// Exponents of the precincts' sizes, lowest resolution first: height in the upper half of the byte.
    pub(super) precincts: [u8; 33],
}

/// Code-block styles (T.800 table A.19, T.814 table A.6).
pub(super) mod style {
    /// Selective arithmetic coding bypass.
    pub(in super::super) const BYPASS: u8 = 1;
    /// Context probabilities are reset after each pass.
    pub(in super::super) const RESET: u8 = 2;
    /// Each pass is terminated.
    pub(in super::super) const TERMINATE: u8 = 4;
    /// Contexts don't look below the stripe.
    pub(in super::super) const CAUSAL: u8 = 8;
    /// Segmentation symbols end the clean-up passes.
    pub(in super::super) const SYMBOLS: u8 = 32;
    /// Blocks are high-throughput blocks.
    pub(in super::super) const HT: u8 = 64;
    /// With [`HT`]: some blocks are, some are not.
    pub(in super::super) const MIXED: u8 = 128;
}

/// Progression orders (A.6.1, table A.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    LayerResolution,
    ResolutionLayer,
    ResolutionPosition,
    PositionComponent,
    ComponentPosition,
}

impl Order {
    fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::LayerResolution,
            1 => Self::ResolutionLayer,
            2 => Self::ResolutionPosition,
            3 => Self::PositionComponent,
            4 => Self::ComponentPosition,
            _ => return None,
        })
    }
}

/// Coding style default (A.6.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) order: Order,
    pub(super) layers: u32,
    pub(super) transform: bool,
    pub(super) coding: Coding,
}

/// Quantisation (A.6.4): style 0 none, 1 derived, 2 expounded.
#[derive(Debug, Clone)]
pub(super) struct Quantisation {
    pub(super) style: u8,
    pub(super) guard: u8,
    /// Exponent and mantissa of each band.
    pub(super) steps: Vec<(u8, u16)>,
}

/// One progression order change (A.6.6).
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) order: Order,
    pub(super) layers: u32,
    pub(super) resolutions: Range2,
    pub(super) components: Range2,
}

/// From, up to.
pub(super) type Range2 = (u32, u32);

/// What the main header or the headers of a tile's parts set.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) style: Option<Style>,
    pub(super) codings: Vec<(u16, Coding)>,
    pub(super) quantisation: Option<Quantisation>,
    pub(super) quantisations: Vec<(u16, Quantisation)>,
    pub(super) regions: Vec<(u16, u8)>,
    pub(super) changes: Vec<Change>,
}

/// More changes of progression than this are not believed: each costs a walk over all precincts.
const CHANGES: usize = 64;

/// The last of these lines that speaks of component `c`.
pub(super) fn of<T>(lines: &[(u16, T)], c: u16) -> Option<&T> {
    lines.iter().rev().find(|l| l.0 == c).map(|l| &l.1)
}

fn coding(r: &mut Reader<'_>, own_precincts: bool) -> Result<Coding, Fault> {
    let levels = r.byte()?;
    let (w, h) = (r.byte()?, r.byte()?);
    let style = r.byte()?;
    let wavelet = r.byte()?;
    if levels > 32 || w > 8 || h > 8 || w + h > 8 {
        return Err(r.damaged("levels or block sizes"));
    }
    if wavelet > 1 {
        return Err(Fault::Unsupported("a wavelet of Part 2"));
    }
    let mut precincts = [0xFF; 33];
    if own_precincts {
        for (level, p) in precincts
            .iter_mut()
            .take(usize::from(levels) + 1)
            .enumerate()
        {
            *p = r.byte()?;
            if level > 0 && (p.is_multiple_of(16) || *p < 16) {
                return Err(r.damaged("precincts of one sample"));
            }
        }
    }
    Ok(Coding {
        levels,
        block_w: w + 2,
        block_h: h + 2,
        style,
        reversible: wavelet == 1,
        precincts,
    })
}

fn quantisation(r: &mut Reader<'_>) -> Result<Quantisation, Fault> {
    let first = r.byte()?;
    let (style, guard) = (first & 31, first >> 5);
    let mut steps = Vec::new();
    while r.left() > usize::from(style != 0) && steps.len() < 97 {
        steps.push(if style == 0 {
            (r.byte()? >> 3, 0)
        } else {
            let v = r.number(2)?;
            ((v >> 11) as u8, (v & 0x7FF) as u16)
        });
    }
    if style > 2 || steps.is_empty() {
        return Err(r.damaged("quantisation"));
    }
    Ok(Quantisation {
        style,
        guard,
        steps,
    })
}

impl Settings {
    /// Reads one marker segment's contents, if it is one of those that set something.
    pub(super) fn read(
        &mut self,
        marker: u32,
        r: &mut Reader<'_>,
        components: usize,
    ) -> Result<(), Fault> {
        let wide = 1 + usize::from(components > 256);
        match marker {
            0xFF52 => {
                let scod = r.byte()?;
                let order = r.byte()?;
                let order = Order::of(order).ok_or_else(|| r.damaged("progression order"))?;
                let layers = r.number(2)?;
                let transform = r.byte()?;
                if transform > 1 {
                    return Err(Fault::Unsupported("a component transform of Part 2"));
                }
                self.style = Some(Style {
                    order,
                    layers,
                    transform: transform == 1,
                    coding: coding(r, scod & 1 != 0)?,
                });
            }
            0xFF53 => {
                let c = r.number(wide)? as u16;
                let scoc = r.byte()?;
                self.codings.push((c, coding(r, scoc & 1 != 0)?));
            }
            0xFF5C => self.quantisation = Some(quantisation(r)?),
            0xFF5D => {
                let c = r.number(wide)? as u16;
                self.quantisations.push((c, quantisation(r)?));
            }
            0xFF5E => {
                let c = r.number(wide)? as u16;
                if r.byte()? != 0 {
                    return Err(Fault::Unsupported("a region of interest of Part 2"));
                }
                self.regions.push((c, r.byte()?));
            }
            0xFF5F => {
                while r.left() >= 5 + 2 * wide {
                    let (r0, c0) = (r.number(1)?, r.number(wide)?);
                    let layers = r.number(2)?;
                    let (r1, c1) = (r.number(1)?, r.number(wide)?);
                    let order = r.byte()?;
                    let order = Order::of(order).ok_or_else(|| r.damaged("progression order"))?;
                    if self.changes.len() >= CHANGES {
                        return Err(Fault::Unsupported("more than 64 changes of progression"));
                    }
                    self.changes.push(Change {
                        order,
                        layers,
                        resolutions: (r0, r1),
                        components: (c0, if c1 == 0 { 16_384 } else { c1 }),
                    });
                }
            }
            0xFF72..=0xFF75 | 0xFF77..=0xFF79 => {
                return Err(Fault::Unsupported("a transform of Part 2"));
            }
            0xFF76 => return Err(Fault::Unsupported("a point transform of Part 2")),
            0xFF50 => capabilities(r)?,
            _ => {}
        }
        Ok(())
    }
}

/// CAP (T.800 A.5.2, T.814 A.3): what of Part 15 is used beyond one HT set a block.
fn capabilities(r: &mut Reader<'_>) -> Result<(), Fault> {
    let parts = r.number(4)?;
    for part in 1..=32_u32 {
        if parts >> (32 - part) & 1 == 0 {
            continue;
        }
        let value = r.number(2)?;
        if part == 15 && value >> 13 & 1 == 1 {
            return Err(Fault::Unsupported("several HT sets a block"));
        }
    }
    Ok(())
}
