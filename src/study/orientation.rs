//! Orientation letters at the four edges of a picture, from the directions of rows and columns only.

use super::geometry::{Vec3, scale};

/// Letters of a direction in the patient: the largest component first, further ones only above 0.3. Empty for a null direction.
///
/// Patient axes (PS3.3 C.7.6.2.1.1): +x left, +y posterior, +z head.
pub fn letters(direction: Vec3) -> String {
    let mut parts: Vec<(f64, char)> = direction
        .iter()
        .zip([('L', 'R'), ('P', 'A'), ('H', 'F')])
        .map(|(&component, (plus, minus))| {
            (component.abs(), if component >= 0.0 { plus } else { minus })
        })
        .filter(|&(size, _)| size.is_finite() && size > 1e-4)
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts
        .iter()
        .enumerate()
        .filter(|&(place, &(size, _))| place == 0 || size > 0.3)
        .map(|(_, &(_, letter))| letter)
        .collect()
}

/// Letters at (top, right, bottom, left) of the canvas, for a frame whose rows run along `row` and columns along `column`,
/// mirrored first, then turned clockwise.
pub fn edges(row: Vec3, column: Vec3, flip: bool, quarter_turns: u8) -> [String; 4] {
    let row = if flip { scale(row, -1.0) } else { row };
    let mut around = [
        letters(scale(column, -1.0)),
        letters(row),
        letters(column),
        letters(scale(row, -1.0)),
    ];
    around.rotate_right(usize::from(quarter_turns % 4));
    around
}

/// The same from Patient Orientation (0020,0020): `right` is its first value, `down` its second. Codes are printed as they are;
/// the opposite edge shows the opposite code, or nothing where it is not known.
pub fn edges_from_codes(right: &str, down: &str, flip: bool, quarter_turns: u8) -> [String; 4] {
    let opposite = |code: &str| -> String {
        code.chars()
            .map(|c| match c {
                'L' => 'R',
                'R' => 'L',
                'A' => 'P',
                'P' => 'A',
                'H' => 'F',
                'F' => 'H',
                other => other,
            })
            .collect()
    };
    let known = |code: &str| code.chars().all(|c| "LRAPHF".contains(c));
    let other = |code: &str| {
        if known(code) {
            opposite(code)
        } else {
            String::new()
        }
    };
    let (mut right, mut left) = (right.to_owned(), other(right));
    if flip {
        std::mem::swap(&mut right, &mut left);
    }
    let mut around = [other(down), right, down.to_owned(), left];
    around.rotate_right(usize::from(quarter_turns % 4));
    around
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axial_from_the_feet_has_right_on_the_left() {
        let at = edges([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], false, 0);
        assert_eq!(at, ["A", "L", "P", "R"]);
    }

    #[test]
    fn a_clockwise_turn_moves_the_top_letter_to_the_right() {
        let at = edges([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], false, 1);
        assert_eq!(at, ["R", "A", "L", "P"]);
    }

    #[test]
    fn a_flip_changes_left_and_right_only() {
        let at = edges([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], true, 0);
        assert_eq!(at, ["A", "R", "P", "L"]);
    }

    #[test]
    fn small_components_are_noise_and_large_ones_are_said() {
        assert_eq!(letters([0.99, 0.1, 0.0]), "L");
        assert_eq!(letters([0.0, -0.8, 0.6]), "AH");
        assert_eq!(letters([0.0, 0.0, 0.0]), "");
    }

    #[test]
    fn codes_of_the_file_are_shown_and_unknown_ones_not_inverted() {
        assert_eq!(edges_from_codes("L", "F", false, 0), ["H", "L", "F", "R"]);
        assert_eq!(edges_from_codes("CR", "D", false, 0), ["", "CR", "D", ""]);
    }
}
