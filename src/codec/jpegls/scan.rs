//! One scan: its lines, restart intervals and interleaving (ITU-T T.87 B).

use super::{
    bits::{Bits, end_of_segment},
    codes::Cursor,
    colour::Sample,
    fault::{Fault, Problem},
    gradients::Gradients,
    headers::{Interleave, RST0, Scan},
    line,
    params::Params,
    pixels,
    state::State,
};

/// Longest entropy-coded segment: its bits are counted in 32 bits.
const LONGEST: usize = 1 << 27;

/// What a scan works on.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) width: usize,
    pub(super) height: usize,
    /// Components of the frame.
    pub(super) components: usize,
    /// Lines between restart markers, or 0.
    pub(super) restart: usize,
}

/// What became of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    /// Where its bytes end.
    pub(super) end: usize,
    /// Lines that were decoded.
    pub(super) lines: usize,
}

/// Decodes one scan into `samples`, interleaved by the frame's components. Lines whose bits lack stay as they are.
pub(super) fn decode<S: Sample>(
    work: &Work<'_>,
    scan: &Scan,
    params: Params,
    gradients: &mut Gradients,
    samples: &mut [S],
) -> Result<Done, Fault> {
    let interval = match work.restart {
        0 => work.height,
        lines => lines,
    };
    let mut done = Done {
        end: scan.data,
        lines: 0,
    };
    let mut bits = Bits::default();
    let mut rows = samples.chunks_exact_mut(work.width * work.components);
    let mut begin = scan.data;
    for number in 0..work.height.div_ceil(interval) {
        done.end = end_of_segment(work.bytes, begin);
        let data = work.bytes.get(begin..done.end).unwrap_or_default();
        if data.len() > LONGEST {
            return Err(Fault::new(Problem::TooLarge, begin));
        }
        bits.fill(data);
        let mut cursor = Cursor {
            bits: &bits,
            at: 0,
            broken: false,
        };
        let mut rows = rows.by_ref().take(interval);
        done.lines += if params.is_plain() {
            lines::<true, S>(work, scan, params, gradients, &mut cursor, &mut rows)
        } else {
            lines::<false, S>(work, scan, params, gradients, &mut cursor, &mut rows)
        };
        if cursor.broken && !cursor.is_past_end() {
            return Err(Fault::new(Problem::Bits, begin));
        }
        // Lines that lack are left out, so that the next interval begins at its own.
        rows.for_each(drop);
        let expected = RST0 + (number % 8) as u8;
        if (number + 1).saturating_mul(interval) < work.height {
            match work.bytes.get(done.end + 1) {
                Some(&marker) if marker == expected => begin = done.end + 2,
                Some(RST0..=0xD7) => {
                    return Err(Fault::header("a restart marker out of order", done.end));
                }
                _ => break,
            }
        }
    }
    Ok(done)
}

/// The lines of one restart interval; how many were whole.
fn lines<'r, const PLAIN: bool, S: Sample + 'r>(
    work: &Work<'_>,
    scan: &Scan,
    params: Params,
    gradients: &mut Gradients,
    cursor: &mut Cursor<'_>,
    rows: &mut impl Iterator<Item = &'r mut [S]>,
) -> usize {
    let mut state = State::new(params);
    let wide = work.width + 2;
    let count = scan.components.len();
    if scan.interleave == Interleave::Line {
        let mut each = vec![(vec![0; wide], 0); count];
        let mut steep = vec![0; wide];
        return whole(cursor, rows, |cursor, row| {
            for (line, run) in &mut each {
                mirror(line, 1);
                gradients.steepness(line, &mut steep, 1);
                let table = gradients.table();
                line::decode::<PLAIN>(&mut state, table, cursor, line, &steep, run);
            }
            if cursor.is_sound() {
                for ((line, _), &component) in each.iter().zip(&scan.components) {
                    copy(line, row, component, work.components);
                }
            }
        });
    }
    let mut line = vec![0; wide * count];
    let mut steep = vec![0; wide * count];
    let mut run = 0;
    whole(cursor, rows, |cursor, row| {
        mirror(&mut line, count);
        gradients.steepness(&line, &mut steep, count);
        let table = gradients.table();
        macro_rules! pixels {
            ($n:literal) => {{
                let (line, steep) = (line.as_chunks_mut().0, steep.as_chunks().0);
                pixels::decode::<PLAIN, $n>(&mut state, table, cursor, line, steep, &mut run);
                if cursor.is_sound() {
                    spread(line, row, scan, work.components);
                }
            }};
        }
        match count {
            2 => pixels!(2),
            3 => pixels!(3),
            _ => pixels!(4),
        }
    })
}

/// Goes on by rows while there are bits; how many rows were whole. The others are as they were.
fn whole<'r, S: Copy + 'r>(
    cursor: &mut Cursor<'_>,
    rows: &mut impl Iterator<Item = &'r mut [S]>,
    mut decode: impl FnMut(&mut Cursor<'_>, &mut [S]),
) -> usize {
    let mut count = 0;
    for row in rows {
        decode(cursor, row);
        if !cursor.is_sound() {
            break;
        }
        count += 1;
    }
    count
}

/// The neighbour above right of the last pixel is the one above it.
fn mirror(line: &mut [u16], stride: usize) {
    if let Some(from) = line.len().checked_sub(2 * stride) {
        line.copy_within(from..from + stride, from + stride);
    }
}

/// One component's line into its places.
fn copy<S: Sample>(line: &[u16], row: &mut [S], component: usize, components: usize) {
    let line = line.iter().skip(1);
    if components == 1 {
        for (place, &sample) in row.iter_mut().zip(line) {
            *place = S::narrow(sample.into());
        }
        return;
    }
    let places = row.iter_mut().skip(component).step_by(components);
    for (place, &sample) in places.zip(line) {
        *place = S::narrow(sample.into());
    }
}

/// A line of pixels into its places.
fn spread<S: Sample, const N: usize>(
    line: &[[u16; N]],
    row: &mut [S],
    scan: &Scan,
    components: usize,
) {
    if components == N && scan.components.iter().copied().eq(0..N) {
        let samples = line.get(1..).unwrap_or_default().as_flattened();
        for (place, &sample) in row.iter_mut().zip(samples) {
            *place = S::narrow(sample.into());
        }
        return;
    }
    for (i, &component) in scan.components.iter().enumerate() {
        let places = row.iter_mut().skip(component).step_by(components);
        for (place, pixel) in places.zip(line.iter().skip(1)) {
            if let Some(&sample) = pixel.get(i) {
                *place = S::narrow(sample.into());
            }
        }
    }
}
