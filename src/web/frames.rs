//! The frames of a session: what is decoded, within a budget of bytes, and what is worth decoding next.

use std::collections::HashMap;

/// Bytes of decoded frames, in their stored type, that are kept for scrolling back.
pub(super) const BUDGET: usize = 192 << 20;

/// A frame: the instance's place in the catalogue, and the frame of it, from 0.
pub(super) type Key = (usize, u32);

/// A frame that will be wanted: its place in the stacks, and which frame that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) set: u32,
    pub(super) index: u32,
    pub(super) key: Key,
}

/// A wish that somebody is working on, with the offset of the bytes that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) key: Key,
    pub(super) from: u64,
}

struct Held<T> {
    used: u64,
    bytes: usize,
    loaded: T,
}

/// Decoded frames, the longest unused given up first; wishes; flights.
pub(super) struct Frames<T> {
    held: HashMap<Key, Held<T>>,
    bytes: usize,
    clock: u64,
    /// The nearest last.
    wishes: Vec<Wish>,
    flights: HashMap<u32, Flight>,
    tickets: u32,
}

impl<T> Default for Frames<T> {
    fn default() -> Self {
        Self {
            held: HashMap::new(),
            bytes: 0,
            clock: 0,
            wishes: Vec::new(),
            flights: HashMap::new(),
            tickets: 0,
        }
    }
}

impl<T: Clone> Frames<T> {
    /// Forgets everything; what is in flight lands nowhere.
    pub(super) fn clear(&mut self) {
        // Tickets go on counting: an old one never names a new flight.
        *self = Self {
            tickets: self.tickets,
            ..Self::default()
        };
    }

    /// A decoded frame.
    pub(super) fn get(&mut self, key: Key) -> Option<T> {
        self.clock += 1;
        let held = self.held.get_mut(&key)?;
        held.used = self.clock;
        Some(held.loaded.clone())
    }

    /// Keeps a decoded frame, and gives up others that were not used for longest while the budget is exceeded.
    pub(super) fn put(&mut self, key: Key, bytes: usize, loaded: T) {
        self.clock += 1;
        self.bytes += bytes;
        let used = self.clock;
        let held = Held {
            used,
            bytes,
            loaded,
        };
        if let Some(old) = self.held.insert(key, held) {
            self.bytes -= old.bytes;
        }
        while self.bytes > BUDGET && self.held.len() > 1 {
            let oldest = self.held.iter().min_by_key(|(_, held)| held.used);
            let Some((&oldest, _)) = oldest else { break };
            if let Some(gone) = self.held.remove(&oldest) {
                self.bytes -= gone.bytes;
            }
        }
    }

    /// Replaces the wishes; `wishes` begins with the nearest.
    pub(super) fn wish(&mut self, wishes: impl DoubleEndedIterator<Item = Wish>) {
        self.wishes.clear();
        self.wishes.extend(wishes.rev());
    }

    /// The nearest wish that nobody has fulfilled or is working on.
    pub(super) fn next(&mut self) -> Option<Wish> {
        while let Some(wish) = self.wishes.pop() {
            let flying = || self.flights.values().any(|flight| flight.key == wish.key);
            if !self.held.contains_key(&wish.key) && !flying() {
                return Some(wish);
            }
        }
        None
    }

    /// Notes that somebody works on a frame; gives the ticket to [`Frames::land`] it by.
    pub(super) fn fly(&mut self, flight: Flight) -> u32 {
        self.tickets = self.tickets.wrapping_add(1);
        self.flights.insert(self.tickets, flight);
        self.tickets
    }

    /// True when somebody works on that frame.
    pub(super) fn flies(&self, key: Key) -> bool {
        self.flights.values().any(|flight| flight.key == key)
    }

    /// A flight that has not ended.
    pub(super) fn flying(&self, ticket: u32) -> Option<Flight> {
        self.flights.get(&ticket).copied()
    }

    /// The end of a flight, whatever became of it; `None` where everything was forgotten meanwhile.
    pub(super) fn land(&mut self, ticket: u32) -> Option<Flight> {
        self.flights.remove(&ticket)
    }
}

/// The places of a stack that will be wanted when one stands at `index`, nearest first: `room` of them, three in four further on in the
/// direction of travel. Where the stack `loops`, the first place comes after the last.
pub(super) fn ahead(index: u32, frames: u32, room: u32, back: bool, loops: bool) -> Vec<u32> {
    let (on, behind) = (room - room / 4, room / 4);
    let (after, before) = if back { (behind, on) } else { (on, behind) };
    let others = frames.saturating_sub(1);
    let index = index.min(others);
    let (before, after) = match (loops, back) {
        (false, _) => (before.min(index), after.min(others.saturating_sub(index))),
        // Each place once, on the side of the travel.
        (true, false) => {
            let after = after.min(others);
            (before.min(others - after), after)
        }
        (true, true) => {
            let before = before.min(others);
            (before, after.min(others - before))
        }
    };
    let around = |steps: u64| ((u64::from(index) + steps) % u64::from(frames.max(1))) as u32;
    let later = (1..=u64::from(after)).map(around);
    let earlier = (1..=u64::from(before)).map(|steps| around(u64::from(frames) - steps));
    if back {
        earlier.chain(later).collect()
    } else {
        later.chain(earlier).collect()
    }
}

/// True when one goes backwards from place to place. Where the stack `loops`, the step from the last place to the first is one forwards.
pub(super) fn is_back(from: u32, to: u32, frames: u32, loops: bool) -> bool {
    let around = loops && to == 0 && from.saturating_add(1) == frames;
    to < from && !around
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut frames = Frames::default();
        for at in 0..3 {
            frames.put((at, 0), BUDGET / 4, ());
        }
        assert!(frames.get((0, 0)).is_some());
        frames.put((3, 0), BUDGET / 2, ());
        assert!(frames.get((1, 0)).is_none());
        assert!(frames.get((0, 0)).is_some() && frames.get((2, 0)).is_some());
        // The same frame again takes no more room.
        frames.put((3, 0), BUDGET / 2, ());
        assert!(frames.get((0, 0)).is_some());
    }

    #[test]
    fn nobody_works_twice_on_a_frame() {
        let mut frames = Frames::default();
        let wish = |index| Wish {
            set: 0,
            index,
            key: (index as usize, 0),
        };
        frames.put((1, 0), 1, ());
        frames.wish([1, 2, 3].map(wish).into_iter());
        let first = frames.next().unwrap();
        assert_eq!(first.index, 2);
        let ticket = frames.fly(Flight {
            key: first.key,
            from: 0,
        });
        frames.wish([2, 3].map(wish).into_iter());
        assert_eq!(frames.next().unwrap().index, 3);
        assert!(frames.next().is_none());
        assert_eq!(frames.flying(ticket).unwrap().key, first.key);
        assert!(frames.land(ticket).is_some() && frames.land(ticket).is_none());
        assert!(frames.flying(ticket).is_none());
        frames.fly(Flight {
            key: (2, 0),
            from: 0,
        });
        frames.clear();
        assert!(frames.land(ticket + 1).is_none());
    }

    #[test]
    fn mostly_further_on() {
        assert_eq!(ahead(5, 10, 8, false, false), [6, 7, 8, 9, 4, 3]);
        assert_eq!(ahead(5, 10, 8, true, false), [4, 3, 2, 1, 0, 6, 7]);
        for loops in [false, true] {
            assert!(ahead(0, 1, 8, false, loops).is_empty());
            assert!(ahead(0, 0, 8, false, loops).is_empty());
        }
    }

    #[test]
    fn cine_begins_anew_without_a_stop() {
        assert_eq!(ahead(8, 10, 4, false, true), [9, 0, 1, 7]);
        assert_eq!(ahead(1, 10, 4, true, true), [0, 9, 8, 2]);
        // Each place once, however much room there is.
        assert_eq!(ahead(2, 4, 100, false, true), [3, 0, 1]);
        assert_eq!(ahead(2, 4, 100, true, true), [1, 0, 3]);
        assert_eq!(ahead(3, 5, 5, false, true), [4, 0, 1, 2]);
        assert!(!is_back(9, 0, 10, true), "round the end");
        assert!(is_back(9, 0, 10, false) && is_back(5, 4, 10, true));
        assert!(!is_back(4, 5, 10, true) && is_back(5, 0, 10, true));
    }
}
