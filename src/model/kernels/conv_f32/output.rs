//! Where the results of a float32 convolution go.

use crate::model::kernels::activation::Activation;

/// Where results go.
pub(super) struct Output<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) residual: Option<&'a [f32]>,
    pub(super) channels: usize,
    pub(super) end: Activation,
}

impl Output<'_> {
    /// Stores the sums of up to eight output channels in some places.
    pub(super) fn tile(&mut self, at: usize, count: usize, sums: &mut [[[f32; 4]; 2]]) {
        if let Some(residual) = self.residual {
            for (at, sums) in (at..).step_by(self.channels).zip(&mut *sums) {
                let residual = residual.get(at..at + count).unwrap_or_default();
                for (sum, r) in sums.as_flattened_mut().iter_mut().zip(residual) {
                    *sum += r;
                }
            }
        }
        self.end.fours(sums.as_flattened_mut());
        for (at, sums) in (at..).step_by(self.channels).zip(&*sums) {
            let Some(to) = self.values.get_mut(at..at + count) else {
                return;
            };
            if let Ok(to) = <&mut [f32; 8]>::try_from(&mut *to) {
                let [a, b] = to.as_chunks_mut::<4>().0 else {
                    return;
                };
                [*a, *b] = *sums;
            } else {
                for (to, v) in to.iter_mut().zip(sums.as_flattened()) {
                    *to = *v;
                }
            }
        }
    }
}
