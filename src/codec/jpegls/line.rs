//! One line of one component.

use super::{
    codes::Cursor,
    gradients::{DIFFERENCES, level},
    state::{State, median, run_length},
};

/// Decodes one line in place: `line` holds the line above, with one sample more than the picture on the left and one on the right
/// (ITU-T T.87 A.2.2 and figure A.1: the neighbours beyond the edges). `steep` is what
/// [`super::gradients::Gradients::steepness`] says of it.
#[inline(never)]
#[expect(clippy::indexing_slicing, reason = "the lengths are checked first")]
pub(super) fn decode<const PLAIN: bool>(
    state: &mut State,
    table: &[i8; DIFFERENCES],
    shared: &mut Cursor<'_>,
    line: &mut [u16],
    steep: &[i16],
    run_index: &mut usize,
) {
    let wide = line.len();
    if wide < 3 || steep.len() != wide {
        return;
    }
    let end = wide - 1;
    // In registers, not behind a reference.
    let mut cursor = *shared;
    // The standard's names: a left, b above, c above left, d above right.
    let mut c = i32::from(line[0]);
    let mut b = i32::from(line[1]);
    let mut a = b;
    line[0] = line[1];
    let mut x = 1;
    while x < end {
        let q = i32::from(steep[x]) + level(table, c - a);
        if q != 0 {
            let d = i32::from(line[x + 1]);
            a = state.regular::<PLAIN>(&mut cursor, q, median(a, b, c));
            line[x] = a as u16;
            x += 1;
            (c, b) = (b, d);
            continue;
        }
        let (length, ended) = run_length(&mut cursor, run_index, end - x);
        line[x..x + length].fill(a as u16);
        x += length;
        if !ended {
            break;
        }
        c = i32::from(line[x]);
        b = i32::from(line[x + 1]);
        let kind = usize::from((a - c).abs() <= state.params.near);
        a = state.interruption::<PLAIN>(&mut cursor, a, c, kind, *run_index);
        *run_index = run_index.saturating_sub(1);
        line[x] = a as u16;
        x += 1;
    }
    *shared = cursor;
}
