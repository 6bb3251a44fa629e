//! Colour maps: 256 colours for display values 0..255. Made from control points; to add one, add a line to [`ALL`].

/// A colour map.
#[derive(Debug, Clone, Copy)]
pub struct ColourMap {
    /// What the user sees and types.
    pub name: &'static str,
    /// Equal steps look equal and lightness only grows: fit for measured values. The others exist because users know them.
    pub perceptual: bool,
    points: &'static [(f32, u32)],
}

impl ColourMap {
    /// The 256 colours.
    pub fn table(&self) -> [[u8; 3]; 256] {
        std::array::from_fn(|i| self.at(i as f32 / 255.0))
    }

    fn at(&self, t: f32) -> [u8; 3] {
        let mut before = self.points.first().copied().unwrap_or((0.0, 0));
        for &(place, colour) in self.points {
            if place >= t {
                let span = (place - before.0).max(f32::MIN_POSITIVE);
                return mix(before.1, colour, ((t - before.0) / span).clamp(0.0, 1.0));
            }
            before = (place, colour);
        }
        mix(before.1, before.1, 0.0)
    }
}

fn mix(a: u32, b: u32, t: f32) -> [u8; 3] {
    [16, 8, 0].map(|shift| {
        let (a, b) = ((a >> shift & 255) as f32, (b >> shift & 255) as f32);
        libm::roundf(a + (b - a) * t) as u8
    })
}

/// The map for measured values and heatmaps where nothing else is asked for.
pub const DEFAULT: &str = "inferno";

/// The map for signed differences: the middle is zero.
pub const DIFFERENCE: &str = "blue-orange";

/// The map of that name.
pub fn by_name(name: &str) -> Option<&'static ColourMap> {
    ALL.iter().find(|map| map.name == name)
}

const N: f32 = 1.0 / 9.0;
const T: f32 = 1.0 / 14.0;

/// All maps. The first is plain grey.
pub const ALL: &[ColourMap] = &[
    map("grey", true, &[(0.0, 0x000000), (1.0, 0xffffff)]),
    // PS3.6 B.1.1 HOT_IRON: red in the first half, green in the second, blue in the last quarter.
    map(
        "hot-iron",
        false,
        &[
            (0.0, 0x000000),
            (128.0 / 255.0, 0xff0000),
            (192.0 / 255.0, 0xff8000),
            (1.0, 0xfffefc),
        ],
    ),
    map(
        "hot",
        false,
        &[
            (0.0, 0x0b0000),
            (0.365, 0xff0000),
            (0.746, 0xffff00),
            (1.0, 0xffffff),
        ],
    ),
    map(
        "viridis",
        true,
        &[
            (0.0, 0x440154),
            (N, 0x482878),
            (2.0 * N, 0x3e4989),
            (3.0 * N, 0x31688e),
            (4.0 * N, 0x26828e),
            (5.0 * N, 0x1f9e89),
            (6.0 * N, 0x35b779),
            (7.0 * N, 0x6ece58),
            (8.0 * N, 0xb5de2b),
            (1.0, 0xfde725),
        ],
    ),
    map(
        "inferno",
        true,
        &[
            (0.0, 0x000004),
            (N, 0x1b0c41),
            (2.0 * N, 0x4a0c6b),
            (3.0 * N, 0x781c6d),
            (4.0 * N, 0xa52c60),
            (5.0 * N, 0xcf4446),
            (6.0 * N, 0xed6925),
            (7.0 * N, 0xfb9b06),
            (8.0 * N, 0xf7d13d),
            (1.0, 0xfcffa4),
        ],
    ),
    map(
        "magma",
        true,
        &[
            (0.0, 0x000004),
            (N, 0x180f3d),
            (2.0 * N, 0x440f76),
            (3.0 * N, 0x721f81),
            (4.0 * N, 0x9e2f7f),
            (5.0 * N, 0xcd4071),
            (6.0 * N, 0xf1605d),
            (7.0 * N, 0xfd9668),
            (8.0 * N, 0xfeca8d),
            (1.0, 0xfcfdbf),
        ],
    ),
    map(
        "plasma",
        true,
        &[
            (0.0, 0x0d0887),
            (N, 0x47039f),
            (2.0 * N, 0x7301a8),
            (3.0 * N, 0x9c179e),
            (4.0 * N, 0xbd3786),
            (5.0 * N, 0xd8576b),
            (6.0 * N, 0xed7953),
            (7.0 * N, 0xfa9e3b),
            (8.0 * N, 0xfdca26),
            (1.0, 0xf0f921),
        ],
    ),
    map(
        "turbo",
        false,
        &[
            (0.0, 0x30123b),
            (T, 0x4145ab),
            (2.0 * T, 0x4675ed),
            (3.0 * T, 0x39a2fc),
            (4.0 * T, 0x1bcfd4),
            (5.0 * T, 0x24eca6),
            (6.0 * T, 0x61fc6c),
            (7.0 * T, 0xa4fc3b),
            (8.0 * T, 0xd1e834),
            (9.0 * T, 0xf3c63a),
            (10.0 * T, 0xfe9b2d),
            (11.0 * T, 0xf36315),
            (12.0 * T, 0xd93806),
            (13.0 * T, 0xb11901),
            (1.0, 0x7a0402),
        ],
    ),
    map(
        "jet",
        false,
        &[
            (0.0, 0x000080),
            (0.125, 0x0000ff),
            (0.375, 0x00ffff),
            (0.625, 0xffff00),
            (0.875, 0xff0000),
            (1.0, 0x800000),
        ],
    ),
    map(
        "bone",
        false,
        &[
            (0.0, 0x000000),
            (0.375, 0x545474),
            (0.75, 0xa9c8c8),
            (1.0, 0xffffff),
        ],
    ),
    map("cool", false, &[(0.0, 0x00ffff), (1.0, 0xff00ff)]),
    // Two-sided, for differences: nothing is dark, so that a dark room stays dark; told apart by all who see colours poorly.
    map(
        DIFFERENCE,
        false,
        &[
            (0.0, 0xbfe3ff),
            (0.2, 0x3f9cff),
            (0.5, 0x1a1a1a),
            (0.8, 0xf0791e),
            (1.0, 0xffe2b8),
        ],
    ),
];

const fn map(name: &'static str, perceptual: bool, points: &'static [(f32, u32)]) -> ColourMap {
    ColourMap {
        name,
        perceptual,
        points,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_is_the_identity_and_ends_are_exact() {
        let grey = ALL[0].table();
        assert!((0..=255_u8).all(|i| grey[usize::from(i)] == [i; 3]));
        assert_eq!(by_name("viridis").unwrap().table()[0], [0x44, 0x01, 0x54]);
        assert_eq!(by_name("viridis").unwrap().table()[255], [0xfd, 0xe7, 0x25]);
        let iron = by_name("hot-iron").unwrap().table();
        assert_eq!(
            [iron[64], iron[128], iron[192]],
            [[128, 0, 0], [255, 0, 0], [255, 128, 0]]
        );
    }

    #[test]
    fn perceptual_maps_grow_in_lightness_and_names_are_unique() {
        for (i, map) in ALL.iter().enumerate() {
            assert!(ALL[i + 1..].iter().all(|other| other.name != map.name));
            if map.perceptual {
                let light = map.table().map(|[r, g, b]| {
                    0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)
                });
                assert!(light.windows(2).all(|w| w[1] >= w[0] - 1.0), "{}", map.name);
            }
        }
        assert!(by_name(DEFAULT).is_some());
    }
}
