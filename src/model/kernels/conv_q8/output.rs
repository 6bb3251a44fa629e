//! Where the results of an int8 convolution go.

use crate::model::kernels::activation::Activation;
use crate::model::kernels::quant::Limits;

/// Where results go.
pub(super) struct Output<'a> {
    pub(super) sink: Sink<'a>,
    pub(super) channels: usize,
}

pub(super) enum Sink<'a> {
    Bytes(Limits, &'a mut [u8]),
    Floats(Activation, &'a mut [f32]),
}

impl Output<'_> {
    /// Stores the sums of up to eight output channels in some places.
    pub(super) fn tile(&mut self, at: usize, count: usize, sums: &[[[i32; 4]; 2]], by: &[f64; 8]) {
        let places = (at..).step_by(self.channels).zip(sums);
        match &mut self.sink {
            Sink::Bytes(limits, to) => {
                for (at, sums) in places {
                    let bytes = limits.bytes(sums, by);
                    let Some(to) = to.get_mut(at..at + count) else {
                        return;
                    };
                    if let Ok(to) = <&mut [u8; 8]>::try_from(&mut *to) {
                        *to = bytes;
                    } else {
                        for (to, b) in to.iter_mut().zip(bytes) {
                            *to = b;
                        }
                    }
                }
            }
            Sink::Floats(activation, to) => {
                for (at, sums) in places {
                    let mut values = [[0.0; 4]; 2];
                    let all = values.as_flattened_mut().iter_mut();
                    for (v, (&sum, &by)) in all.zip(sums.as_flattened().iter().zip(by)) {
                        *v = sum as f32 * by as f32;
                    }
                    activation.fours(&mut values);
                    let to = to.get_mut(at..at + count).unwrap_or_default();
                    for (to, v) in to.iter_mut().zip(values.as_flattened()) {
                        *to = *v;
                    }
                }
            }
        }
    }
}
