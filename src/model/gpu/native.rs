//! The graphics processor for who waits for its labels.

use std::{
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::{chain, labels};
use crate::{
    base::{Error, Monitor, Result},
    filter::gpu::Gpu,
    model::codes,
};

/// A device, and whether the processor may stand in for it.
#[derive(Debug, Clone)]
pub struct Device {
    gpu: Rc<Gpu>,
    only: bool,
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.gpu, &other.gpu) && self.only == other.only
    }
}

impl Eq for Device {}

impl Device {
    /// `only`: what it refuses is an error.
    pub fn new(gpu: Rc<Gpu>, only: bool) -> Self {
        Self { gpu, only }
    }

    /// What it refuses is an error, and not left to the processor.
    pub fn only(&self) -> bool {
        self.only
    }

    /// The label of each voxel of a box, by a network that has `count` labels.
    ///
    /// # Errors
    /// `GPU-010` where the network is no chain that runs here, `MDL-001` where it has another number of labels, else as [`labels`].
    pub fn labels(
        &self,
        network: &[u8],
        count: usize,
        input: &[f32],
        dims: [usize; 3],
        budget_bytes: u64,
        monitor: &dyn Monitor,
    ) -> Result<Vec<u8>> {
        let chain = chain(network)?;
        chain.check(count)?;
        let run = labels(&self.gpu, &chain, input, dims, budget_bytes, monitor);
        now(run).unwrap_or_else(|| Err(Error::new(&codes::GPU).found("work that does not end")))
    }
}

/// What a future gives. Natively each wait asks the device until it is through, so that there is nothing to wait for here.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
