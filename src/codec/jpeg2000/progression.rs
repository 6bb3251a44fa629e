//! The order of packets (T.800 B.12): each order is a walk over precincts and layers, over the part that a change of progression names.

use std::ops::ControlFlow;

use super::{
    geometry::Tile,
    settings::{Change, Order},
};

/// A packet without its layer: component, resolution, index in [`Tile::precincts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) component: usize,
    pub(super) resolution: usize,
    pub(super) precinct: usize,
}

/// Steps over packets that were read before (changes of progression that overlap), at most.
const STEPS: u64 = 1 << 26;

/// Calls `visit` for each packet in order, until it breaks. Breaks itself when the changes overlap without end.
pub(super) fn walk(
    tile: &mut Tile,
    mut visit: impl FnMut(&mut Tile, Place, u32) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut steps = 0;
    for change in tile.changes.clone() {
        let layers = change.layers.min(tile.layers);
        let mut packet = |tile: &mut Tile, place: Place, layer: u32| {
            let Some(precinct) = tile.precincts.get_mut(place.precinct) else {
                return ControlFlow::Continue(());
            };
            if precinct.layer != layer {
                steps += 1;
                return if steps > STEPS {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
            }
            precinct.layer += 1;
            visit(tile, place, layer)
        };
        let groups = groups(tile, &change);
        if matches!(
            change.order,
            Order::LayerResolution | Order::ResolutionLayer
        ) {
            for group in groups {
                for layer in 0..layers {
                    for &place in &group {
                        packet(tile, place, layer)?;
                    }
                }
            }
        } else {
            for place in groups.into_iter().flatten() {
                for layer in 0..layers {
                    packet(tile, place, layer)?;
                }
            }
        }
    }
    ControlFlow::Continue(())
}

/// The precincts in the order in which they are visited. Where layers are outside of the precincts, all layers of one group come
/// before the next group.
fn groups(tile: &Tile, change: &Change) -> Vec<Vec<Place>> {
    let (c0, c1) = change.components;
    let (r0, r1) = change.resolutions;
    let mut all = Vec::new();
    let components = tile.components.iter().enumerate();
    for (component, c) in components.take(c1 as usize).skip(c0 as usize) {
        let resolutions = c.resolutions.iter().enumerate();
        for (resolution, r) in resolutions.take(r1 as usize).skip(r0 as usize) {
            let count = r.across as usize * r.down as usize;
            all.extend((r.first..r.first + count).map(|precinct| Place {
                component,
                resolution,
                precinct,
            }));
        }
    }
    let position = |p: &Place| {
        tile.precincts
            .get(p.precinct)
            .map_or((0, 0), |p| (p.y, p.x))
    };
    // The sorts are stable; within a component and a resolution the precincts are in raster order already.
    match change.order {
        Order::LayerResolution | Order::ResolutionLayer => {
            all.sort_by_key(|p| (p.resolution, p.component));
        }
        Order::ResolutionPosition => all.sort_by_key(|p| (p.resolution, position(p), p.component)),
        Order::PositionComponent => all.sort_by_key(|p| (position(p), p.component, p.resolution)),
        Order::ComponentPosition => all.sort_by_key(|p| (p.component, position(p), p.resolution)),
    }
    if change.order == Order::ResolutionLayer {
        let by_resolution = all.chunk_by(|a, b| a.resolution == b.resolution);
        return by_resolution.map(<[Place]>::to_vec).collect();
    }
    vec![all]
}
