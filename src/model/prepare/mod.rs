//! Frames and volumes → a model's input tensor, and the map back to the patient. One file a preparation.

pub mod conform;
pub mod grid;
pub mod intensity;
pub mod radiograph;

/// A preparation that a manifest may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preparation {
    /// [`conform`]: a T1 volume.
    MeshnetConform,
    /// [`radiograph`]: a frontal chest radiograph.
    ChestArea,
    /// [`grid`] and [`intensity`]: what the manifest's own fields say.
    General,
}

/// All of them, by their names in manifests.
pub const ALL: &[(&str, Preparation)] = &[
    ("meshnet-conform", Preparation::MeshnetConform),
    ("chest-area", Preparation::ChestArea),
    ("general", Preparation::General),
];

impl Preparation {
    /// By its name.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(n, _)| *n == name).map(|&(_, p)| p)
    }
    /// True when it takes a whole stack, false when it takes one frame; of the general one the manifest says it.
    pub fn takes_volume(self) -> bool {
        self == Self::MeshnetConform
    }
}
