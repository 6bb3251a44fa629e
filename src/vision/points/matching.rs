//! Brute force: for each key point of one picture the nearest descriptor of another, kept where it is clearly the nearest (Lowe's ratio) and
//! the nearest in the other direction too.

use super::{Descriptors, Points, ask};
use crate::{
    base::{Error, Monitor, Result},
    vision::register::codes,
};

/// Two key points that look alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Index in the first picture's points.
    pub a: usize,
    /// Index in the second picture's points.
    pub b: usize,
    /// Euclidean distance of gradients, bits that differ of binary ones.
    pub distance: f32,
}

/// What counts as a match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matching {
    /// Most ratio of the nearest distance to the second nearest; 1: any.
    pub ratio: f32,
    /// The nearest in both directions only.
    pub cross: bool,
}

impl Default for Matching {
    fn default() -> Self {
        Self {
            ratio: 0.8,
            cross: true,
        }
    }
}

/// Nearest and second nearest.
#[derive(Clone, Copy)]
struct Nearest {
    index: u32,
    first: i32,
    second: i32,
}

const NOTHING: Nearest = Nearest {
    index: u32::MAX,
    first: i32::MAX,
    second: i32::MAX,
};

impl Nearest {
    fn offer(&mut self, index: usize, distance: i32) {
        if distance < self.first {
            self.second = self.first;
            self.first = distance;
            self.index = index as u32;
        } else if distance < self.second {
            self.second = distance;
        }
    }
}

impl Matching {
    /// The matches in the order of the first picture's points.
    ///
    /// # Errors
    /// `REG-001` when cancelled, `REG-014` where the two are of different kinds.
    pub fn between(&self, a: &Points, b: &Points, monitor: &dyn Monitor) -> Result<Vec<Match>> {
        let (there, back, squared) = match (&a.descriptors, &b.descriptors) {
            (Descriptors::Gradient(a), Descriptors::Gradient(b)) => {
                let (there, back) = gradients(a, b, monitor)?;
                (there, back, true)
            }
            (Descriptors::Binary(a), Descriptors::Binary(b)) => {
                let (there, back) = binaries(a, b, monitor)?;
                (there, back, false)
            }
            _ => return Err(Error::new(&codes::KINDS_DIFFER)),
        };
        let length = |d: i32| if squared { (d as f32).sqrt() } else { d as f32 };
        let mut found = Vec::new();
        for (n, nearest) in there.iter().enumerate() {
            let at = nearest.index as usize;
            let Some(other) = back.get(at) else { continue };
            let (first, second) = (length(nearest.first), length(nearest.second));
            let clear =
                nearest.second == i32::MAX || self.ratio >= 1.0 || first < self.ratio * second;
            if clear && (!self.cross || other.index as usize == n) {
                found.push(Match {
                    a: n,
                    b: at,
                    distance: first,
                });
            }
        }
        Ok(found)
    }
}

type Both = (Vec<Nearest>, Vec<Nearest>);

/// Rows of `a` that are compared with each of `b` at a time.
const ROWS: usize = 4;

fn gradients(a: &[[u8; 128]], b: &[[u8; 128]], monitor: &dyn Monitor) -> Result<Both> {
    let wide = |d: &[u8; 128]| d.map(i16::from);
    let norm = |d: &[u8; 128]| d.iter().map(|&v| i32::from(v) * i32::from(v)).sum::<i32>();
    let others: Vec<([i16; 128], i32)> = b.iter().map(|d| (wide(d), norm(d))).collect();
    let mut there = vec![NOTHING; a.len()];
    let mut back = vec![NOTHING; b.len()];
    for (block, (rows, nearest)) in a.chunks(ROWS).zip(there.chunks_mut(ROWS)).enumerate() {
        if block % 64 == 0 {
            ask(monitor, (block * ROWS) as u64, a.len() as u64)?;
        }
        let mut own = [([0_i16; 128], 0_i32); ROWS];
        for (own, row) in own.iter_mut().zip(rows) {
            *own = (wide(row), norm(row));
        }
        for (at, ((other, norm), back)) in others.iter().zip(&mut back).enumerate() {
            let products = [
                dot(&own[0].0, other),
                dot(&own[1].0, other),
                dot(&own[2].0, other),
                dot(&own[3].0, other),
            ];
            for (n, nearest) in nearest.iter_mut().enumerate() {
                let distance = own[n].1 + norm - 2 * products[n];
                nearest.offer(at, distance);
                back.offer(block * ROWS + n, distance);
            }
        }
    }
    Ok((there, back))
}

/// Values are 0..255: the sum stays below 2²³.
fn dot(a: &[i16; 128], b: &[i16; 128]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(&x, &y)| i32::from(x) * i32::from(y))
        .sum()
}

fn binaries(a: &[[u64; 4]], b: &[[u64; 4]], monitor: &dyn Monitor) -> Result<Both> {
    let mut there = vec![NOTHING; a.len()];
    let mut back = vec![NOTHING; b.len()];
    for (n, (own, nearest)) in a.iter().zip(&mut there).enumerate() {
        if n % 256 == 0 {
            ask(monitor, n as u64, a.len() as u64)?;
        }
        for (at, (other, back)) in b.iter().zip(&mut back).enumerate() {
            let off: u32 = own
                .iter()
                .zip(other)
                .map(|(x, y)| (x ^ y).count_ones())
                .sum();
            nearest.offer(at, off as i32);
            back.offer(n, off as i32);
        }
    }
    Ok((there, back))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::Silent, vision::points::KeyPoint};

    fn points(descriptors: Descriptors, n: usize) -> Points {
        let point = KeyPoint {
            x: 0.0,
            y: 0.0,
            size: 1.0,
            angle: 0.0,
            response: 1.0,
        };
        Points {
            points: vec![point; n],
            descriptors,
        }
    }

    #[test]
    fn the_ratio_and_the_way_back_decide() {
        let d = |first: u8, second: u8| {
            let mut d = [0; 128];
            (d[0], d[127]) = (first, second);
            d
        };
        let a = points(
            Descriptors::Gradient(vec![d(100, 0), d(0, 100), d(0, 90)]),
            3,
        );
        let b = points(
            Descriptors::Gradient(vec![d(0, 97), d(101, 0), d(99, 200)]),
            3,
        );
        let pairs = |matching: Matching| -> Vec<(usize, usize)> {
            let found = matching.between(&a, &b, &Silent).unwrap();
            found.iter().map(|m| (m.a, m.b)).collect()
        };
        assert_eq!(pairs(Matching::default()), [(0, 1), (1, 0)]);
        let any = Matching {
            ratio: 1.0,
            cross: false,
        };
        assert_eq!(pairs(any), [(0, 1), (1, 0), (2, 0)]);
        let found = any.between(&a, &b, &Silent).unwrap();
        assert_eq!(
            found.iter().map(|m| m.distance).collect::<Vec<_>>(),
            [1.0, 3.0, 7.0]
        );
        let none = points(Descriptors::Gradient(vec![]), 0);
        assert!(any.between(&a, &none, &Silent).unwrap().is_empty());
        let bits = points(Descriptors::Binary(vec![[1, 2, 3, 4]]), 1);
        assert_eq!(
            any.between(&a, &bits, &Silent).unwrap_err().code().id,
            "REG-014"
        );
        let other = points(Descriptors::Binary(vec![[0, 2, 3, 4], [u64::MAX; 4]]), 2);
        assert_eq!(
            any.between(&bits, &other, &Silent).unwrap()[0].distance,
            1.0
        );
    }
}
