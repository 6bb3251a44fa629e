//! Transfer syntaxes that are known by name only (PS3.6 A, retired ones too): a refusal should say what was met.
//!
//! Arithmetic coding, hierarchies, several components together, pixels that lie elsewhere, film and streams. What gains a decoder moves to
//! the table of registry.rs.

/// UID and name, shortened from PS3.6.
pub(super) const NAMED: &[(&str, &str)] = &[
    (
        "1.2.840.10008.1.2.4.52",
        "JPEG Extended, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.54",
        "JPEG Spectral Selection, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.56",
        "JPEG Full Progression, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.58",
        "JPEG Lossless, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.59",
        "JPEG Extended, Hierarchical (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.60",
        "JPEG Extended, Hierarchical, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.61",
        "JPEG Spectral Selection, Hierarchical (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.62",
        "JPEG Spectral Selection, Hierarchical, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.63",
        "JPEG Full Progression, Hierarchical (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.64",
        "JPEG Full Progression, Hierarchical, Arithmetic Coding (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.65",
        "JPEG Lossless, Hierarchical (retired)",
    ),
    (
        "1.2.840.10008.1.2.4.66",
        "JPEG Lossless, Hierarchical, Arithmetic Coding (retired)",
    ),
    ("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
    ("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"),
    ("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced"),
    ("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate"),
    ("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level"),
    (
        "1.2.840.10008.1.2.4.100.1",
        "Fragmentable MPEG2 Main Profile / Main Level",
    ),
    ("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level"),
    (
        "1.2.840.10008.1.2.4.101.1",
        "Fragmentable MPEG2 Main Profile / High Level",
    ),
    ("1.2.840.10008.1.2.4.102", "H.264 High Profile 4.1"),
    (
        "1.2.840.10008.1.2.4.102.1",
        "Fragmentable H.264 High Profile 4.1",
    ),
    (
        "1.2.840.10008.1.2.4.103",
        "H.264 BD-compatible High Profile 4.1",
    ),
    (
        "1.2.840.10008.1.2.4.103.1",
        "Fragmentable H.264 BD-compatible High Profile 4.1",
    ),
    (
        "1.2.840.10008.1.2.4.104",
        "H.264 High Profile 4.2 for 2D Video",
    ),
    (
        "1.2.840.10008.1.2.4.104.1",
        "Fragmentable H.264 High Profile 4.2 for 2D Video",
    ),
    (
        "1.2.840.10008.1.2.4.105",
        "H.264 High Profile 4.2 for 3D Video",
    ),
    (
        "1.2.840.10008.1.2.4.105.1",
        "Fragmentable H.264 High Profile 4.2 for 3D Video",
    ),
    ("1.2.840.10008.1.2.4.106", "H.264 Stereo High Profile 4.2"),
    (
        "1.2.840.10008.1.2.4.106.1",
        "Fragmentable H.264 Stereo High Profile 4.2",
    ),
    ("1.2.840.10008.1.2.4.107", "HEVC Main Profile 5.1"),
    ("1.2.840.10008.1.2.4.108", "HEVC Main 10 Profile 5.1"),
    (
        "1.2.840.10008.1.2.6.1",
        "RFC 2557 MIME Encapsulation (retired)",
    ),
    ("1.2.840.10008.1.2.6.2", "XML Encoding (retired)"),
    (
        "1.2.840.10008.1.2.7.1",
        "SMPTE ST 2110-20 Uncompressed Progressive Video",
    ),
    (
        "1.2.840.10008.1.2.7.2",
        "SMPTE ST 2110-20 Uncompressed Interlaced Video",
    ),
    (
        "1.2.840.10008.1.2.7.3",
        "SMPTE ST 2110-30 PCM Digital Audio",
    ),
    // Used before .201 was given out.
    (
        "1.2.840.10008.1.20",
        "Papyrus 3 Implicit VR Little Endian (retired)",
    ),
];
