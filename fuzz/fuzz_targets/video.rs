//! Any bytes as a video: the pictures of its stream, in whatever container. They lie inside of the stream, in order, no frame twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use negatoscope::{
    base::Limits,
    codec::{
        Layout, Photometric, SampleKind,
        video::{self, Coding},
    },
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&last, bytes)) = bytes.split_last() else {
        return;
    };
    let coding = if last & 1 == 0 {
        Coding::H264
    } else {
        Coding::Hevc
    };
    let layout = Layout {
        rows: 1080,
        columns: 1920,
        samples_per_pixel: 3,
        bits_allocated: 8,
        bits_stored: 8,
        high_bit: 7,
        kind: SampleKind::Unsigned,
        planar: false,
        photometric: Photometric::YbrPartial420,
    };
    let limits = Limits {
        frames: 1 << 12,
        video_bytes: 1 << 18,
        ..Limits::default()
    };
    let frames = u32::from(last >> 1);
    let Ok(video) = video::open(coding, bytes.to_vec(), frames, &layout, &limits) else {
        return;
    };
    assert!(video.bytes.len() <= 1 << 18);
    assert!(video.pictures.first().is_some_and(|first| first.key));
    let mut end = 0;
    let mut seen = std::collections::HashSet::new();
    for picture in &video.pictures {
        assert!(picture.start >= end);
        end = picture.start + picture.length;
        assert!(picture.frame.is_none_or(|n| n < video.frames && seen.insert(n)));
    }
    assert!(end <= video.bytes.len());
    for set in &video.sets {
        assert!(set.start + set.length <= video.bytes.len());
    }
});
