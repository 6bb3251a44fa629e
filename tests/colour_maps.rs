//! The page draws the legend of a colour map itself; its colours are those of `tone::colourmap`, sampled at 33 places.

use std::fmt::Write as _;

use negatoscope::tone::colourmap;

const FILE: &str = "www/shared/generated/colour-maps.ts";

/// `www/shared/generated/colour-maps.ts` is what `tone::colourmap` says. `UPDATE=1 cargo test --test colour_maps` writes it anew.
#[test]
fn the_legend_has_the_colours_of_the_picture() {
    let mut text = String::from(
        "// Made from src/tone/colourmap.rs; do not edit. UPDATE=1 cargo test --test colour_maps\n\n\
         /** Colours at 33 equal steps from the low end to the high end, as hexadecimal RGB. */\n\
         export const colourTables = {\n",
    );
    for map in colourmap::ALL {
        let table = map.table();
        let mut colours = String::new();
        for step in 0..33_usize {
            let [r, g, b] = table[(step * 255 + 16) / 32];
            let _ = write!(colours, "{r:02x}{g:02x}{b:02x}");
        }
        let _ = writeln!(text, "  '{}': '{colours}',", map.name);
    }
    text.push_str("} as const;\n");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "{FILE} is out of date: UPDATE=1 cargo test --test colour_maps"
    );
}
