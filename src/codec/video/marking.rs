//! H.264: whether a picture ends what came before it as an IDR picture does, which its slices say late (memory management control
//! operation 5, 7.4.3.3; counts begin anew after it, 8.2.1).

use super::nal::Bits;

/// What is kept of a picture parameter set (7.3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The sequence parameter set that it refers to.
    pub(super) sequence: u32,
    /// What slice headers depend on; none where it has a form that is not read on.
    slices: Option<Slices>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "flags of the standard")]
struct Slices {
    /// Slices of frames say a second difference of counts.
    orders: bool,
    /// num_ref_idx_l0_default_active_minus1, and of list 1.
    active: [u32; 2],
    weighted: bool,
    bipredicted: bool,
    redundant: bool,
}

/// A slice header that is read as far as its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    /// slice_type.
    pub(super) kind: u32,
    /// It has a second difference of counts, where its parameters say so.
    pub(super) differs: bool,
    /// There are colours in the same planes.
    pub(super) chroma: bool,
}

impl Parameters {
    /// A picture parameter set with its number.
    pub(super) fn read(unit: &[u8]) -> Option<(u32, Self)> {
        let mut bits = Bits::new(unit, 1);
        let (id, sequence) = (bits.ue_to(255)?, bits.ue_to(31)?);
        let slices = Slices::read(&mut bits);
        Some((id, Self { sequence, slices }))
    }

    /// True where a reference picture that is no IDR picture has the operation; `None` where that cannot be read.
    pub(super) fn begins_anew(&self, bits: &mut Bits, slice: Slice) -> Option<bool> {
        let with = self.slices?;
        let (bi, predicted) = (slice.kind % 5 == 1, matches!(slice.kind % 5, 0 | 1 | 3));
        if slice.differs && with.orders {
            bits.se()?;
        }
        if with.redundant {
            bits.ue()?;
        }
        if bi {
            bits.flag()?;
        }
        let mut active = with.active;
        if predicted && bits.flag()? {
            for list in active.iter_mut().take(1 + usize::from(bi)) {
                *list = bits.ue_to(31)?;
            }
        }
        let lists = usize::from(predicted) + usize::from(bi);
        for _ in 0..lists {
            // ref_pic_list_modification()
            if bits.flag()? {
                while bits.ue_to(3)? != 3 {
                    bits.ue()?;
                }
            }
        }
        let weighs = if bi {
            with.bipredicted
        } else {
            with.weighted && predicted
        };
        if weighs {
            weights(bits, active.get(..lists)?, slice.chroma)?;
        }
        // dec_ref_pic_marking()
        if !bits.flag()? {
            return Some(false);
        }
        loop {
            match bits.ue_to(6)? {
                0 => return Some(false),
                5 => return Some(true),
                3 => {
                    bits.ue()?;
                    bits.ue()?;
                }
                _ => {
                    bits.ue()?;
                }
            }
        }
    }
}

impl Slices {
    fn read(bits: &mut Bits) -> Option<Self> {
        bits.flag()?;
        let orders = bits.flag()?;
        if bits.ue()? != 0 {
            return None; // slice groups
        }
        let active = [bits.ue_to(31)?, bits.ue_to(31)?];
        let weighted = bits.flag()?;
        let bipredicted = bits.take(2)? == 1;
        for _ in 0..3 {
            bits.se()?;
        }
        bits.skip(2)?;
        Some(Self {
            orders,
            active,
            weighted,
            bipredicted,
            redundant: bits.flag()?,
        })
    }
}

/// pred_weight_table() (7.3.3.2): stepped over. `active`: references of each list, less one.
fn weights(bits: &mut Bits, active: &[u32], chroma: bool) -> Option<()> {
    bits.ue()?;
    if chroma {
        bits.ue()?;
    }
    for &references in active {
        for _ in 0..=references {
            for values in [2, 4].into_iter().take(1 + usize::from(chroma)) {
                if bits.flag()? {
                    for _ in 0..values {
                        bits.se()?;
                    }
                }
            }
        }
    }
    Some(())
}
