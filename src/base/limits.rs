//! Limits that are checked before anything is allocated. A refusal names the limit.

/// What one input may cost. All can be set; the defaults suit a browser tab.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest file that is looked at.
    pub file_bytes: u64,
    /// Largest head (everything but pixel data) that is parsed.
    pub head_bytes: u64,
    /// Largest frame: rows × columns × samples.
    pub frame_samples: u64,
    /// Most frames in one instance.
    pub frames: u32,
    /// Deepest sequence nesting (PS3.5 7.5 sets none; 64 is far beyond real use).
    pub nesting: u32,
    /// Most elements in one data set, nested ones included.
    pub elements: u32,
    /// Most entries of an archive.
    pub archive_entries: u32,
    /// Largest ratio of unpacked to packed size, beyond the first MiB.
    pub archive_ratio: u64,
    /// Most unpacked bytes of one archive or deflated data set.
    pub unpacked_bytes: u64,
    /// Largest model file.
    pub model_bytes: u64,
    /// Largest volume that a model is given: columns × rows × slices.
    pub volume_voxels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 30,
            head_bytes: 64 << 20,
            frame_samples: 1 << 28,
            frames: 1 << 20,
            nesting: 64,
            elements: 1 << 20,
            archive_entries: 100_000,
            archive_ratio: 100,
            unpacked_bytes: 2 << 30,
            model_bytes: 256 << 20,
            volume_voxels: 1 << 27,
        }
    }
}
