//! MPEG-2 transport streams (ISO/IEC 13818-1): the elementary stream of the first video in one.

const PACKET: usize = 188;

/// Packets whose first byte is looked at, for how far apart they are.
const LOOKED_AT: usize = 5;

/// Where packets begin and how far apart they are: 192 with the four bytes before each that Blu-ray discs add, 204 with the sixteen of
/// broadcast behind each that mend errors.
fn grid(bytes: &[u8]) -> Option<(usize, usize)> {
    let sync = |at: usize| bytes.get(at) == Some(&0x47);
    let found = |(first, step)| (0..LOOKED_AT).filter(|n| sync(first + n * step)).count();
    let grids = [(0, 204), (4, 192), (0, PACKET)].into_iter();
    // A last packet has no neighbour.
    let fits = grids.filter(|&(first, step)| {
        sync(first) && (sync(first + step) || bytes.len() < first + step + 1)
    });
    fits.max_by_key(|&grid| found(grid))
}

/// True for what looks like a transport stream.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.len() >= PACKET && grid(bytes).is_some()
}

/// The payload of one packet (2.4.3.2): its PID, whether it begins a unit, and its bytes.
fn payload(packet: &[u8]) -> Option<(u16, bool, &[u8])> {
    let &[0x47, high, low, flags, ref rest @ ..] = packet else {
        return None;
    };
    let pid = u16::from_be_bytes([high & 0x1F, low]);
    let rest = match flags >> 4 & 3 {
        1 => rest,
        3 => rest.get(1 + usize::from(*rest.first()?)..)?,
        _ => return None,
    };
    // What the transport says is damaged, or scrambles, is left out.
    (high & 0x80 == 0 && flags >> 6 == 0).then_some((pid, high & 0x40 != 0, rest))
}

/// What follows the header of a video's PES packet (2.4.3.6).
fn video(payload: &[u8]) -> Option<&[u8]> {
    let &[0, 0, 1, 0xE0..=0xEF, _, _, _, _, header, ref rest @ ..] = payload else {
        return None;
    };
    rest.get(usize::from(header)..)
}

/// The elementary stream of the first video; empty where there is none. Lost packets leave gaps; what was sent twice is taken once (2.4.3.3).
pub(super) fn elementary(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let Some((mut at, step)) = grid(bytes) else {
        return out;
    };
    let (mut ours, mut last) = (None, None);
    while let Some(packet) = bytes.get(at..at + PACKET) {
        if packet.first() != Some(&0x47) {
            // Out of step: go on at the next byte that begins a packet.
            at += 1;
            continue;
        }
        at += step;
        let Some((pid, begins, payload)) = payload(packet) else {
            continue;
        };
        if ours.is_some_and(|ours| ours != pid) {
            continue;
        }
        let counter = packet.get(3).map(|flags| flags & 15);
        if ours.is_some() && last == Some((counter, payload)) {
            last = None; // twice, not more
            continue;
        }
        last = Some((counter, payload));
        if begins {
            if let Some(rest) = video(payload) {
                ours = Some(pid);
                out.extend(rest);
            }
        } else if ours.is_some() {
            out.extend(payload);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pid: u16, begins: bool, payload: &[u8]) -> Vec<u8> {
        let [high, low] = pid.to_be_bytes();
        let mut packet = vec![0x47, high | if begins { 0x40 } else { 0 }, low, 0x30];
        let stuffing = PACKET - 5 - payload.len();
        packet.push(stuffing as u8);
        packet.extend(vec![0xFF; stuffing]);
        packet.extend(payload);
        packet
    }

    #[test]
    fn the_first_video_alone_comes_out() {
        let pes = |id: u8, rest: &[u8]| [&[0, 0, 1, id, 0, 0, 0x80, 0x80, 2, 9, 9], rest].concat();
        let packets = [
            packet(0, true, &[0, 1]),
            packet(0x101, true, &pes(0xC0, &[7; 9])), // sound
            packet(0x100, true, &pes(0xE0, &[1, 2, 3])),
            packet(0x101, false, &[7; 9]),
            packet(0x100, false, &[4, 5]),
            packet(0x102, true, &pes(0xE1, &[6])),
            packet(0x100, true, &pes(0xE0, &[8])),
        ];
        let plain = packets.concat();
        assert!(is(&plain));
        assert_eq!(elementary(&plain), [1, 2, 3, 4, 5, 8]);
        // With a time stamp before each packet; and when bytes are lost.
        let disc: Vec<u8> = packets
            .iter()
            .flat_map(|p| [&[1, 2, 3, 4], p.as_slice()].concat())
            .collect();
        assert_eq!(elementary(&disc), [1, 2, 3, 4, 5, 8]);
        let parity: Vec<u8> = packets
            .iter()
            .flat_map(|p| [p.as_slice(), &[3; 16]].concat())
            .collect();
        assert!(is(&parity));
        assert_eq!(elementary(&parity), [1, 2, 3, 4, 5, 8]);
        let mut short = plain;
        short.drain(3 * PACKET + 50..3 * PACKET + 60);
        assert_eq!(elementary(&short), [1, 2, 3, 8]);
    }

    #[test]
    fn what_was_sent_twice_is_taken_once() {
        let numbered = |counter: u8, begins: bool, payload: &[u8]| {
            let mut packet = packet(0x100, begins, payload);
            packet[3] |= counter;
            packet
        };
        let first = numbered(0, true, &[0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 0, 1]);
        let (second, third) = (numbered(1, false, &[2]), numbered(2, false, &[2]));
        let sound = packet(0x101, false, &[9]);
        let twice = [&first, &first, &second, &sound, &second, &third, &third];
        let bytes: Vec<u8> = twice.into_iter().flatten().copied().collect();
        assert_eq!(elementary(&bytes), [1, 2, 2]);
    }
}
