//! The seam between a network's layout and its kernels: one operation on buffers.

use std::fmt::Debug;

use crate::model::kernels::Going;

/// A buffer of the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Buffer {
    Floats(Vec<f32>),
    Bytes(Vec<u8>),
}

/// A buffer to read.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'a> {
    Floats(&'a [f32]),
    Bytes(&'a [u8]),
}

/// A buffer to write.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Floats(&'a mut [f32]),
    Bytes(&'a mut [u8]),
}

impl Buffer {
    pub(super) fn view(&self) -> View<'_> {
        match self {
            Self::Floats(v) => View::Floats(v),
            Self::Bytes(v) => View::Bytes(v),
        }
    }

    pub(super) fn target(&mut self) -> Target<'_> {
        match self {
            Self::Floats(v) => Target::Floats(v),
            Self::Bytes(v) => Target::Bytes(v),
        }
    }
}

impl<'a> View<'a> {
    pub(super) fn floats(self) -> Option<&'a [f32]> {
        match self {
            Self::Floats(v) => Some(v),
            Self::Bytes(_) => None,
        }
    }

    pub(super) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(v) => Some(v),
            Self::Floats(_) => None,
        }
    }
}

impl<'a> Target<'a> {
    pub(super) fn floats(self) -> Option<&'a mut [f32]> {
        match self {
            Self::Floats(v) => Some(v),
            Self::Bytes(_) => None,
        }
    }

    pub(super) fn bytes(self) -> Option<&'a mut [u8]> {
        match self {
            Self::Bytes(v) => Some(v),
            Self::Floats(_) => None,
        }
    }
}

/// What a step of the run does. It knows the shapes that it was made for; buffers have the lengths that follow.
pub(super) trait Op: Debug + Send + Sync {
    /// Reads the inputs, fills the output. `None` where a buffer is not what the operation was made for.
    fn run(&self, inputs: &[View<'_>], output: Target<'_>) -> Option<()>;

    /// As [`Self::run`]; asks `going` now and then where a run may take long, and gives `false` where that ended it.
    fn run_while(
        &self,
        inputs: &[View<'_>],
        output: Target<'_>,
        _going: &mut Going<'_>,
    ) -> Option<bool> {
        self.run(inputs, output).map(|()| true)
    }

    /// The output may take the place of the first input, whose last use this is: then [`Self::replace`] is called.
    fn replaces(&self) -> bool {
        false
    }

    /// The same with the first input's values in `buffer`, which become the output's.
    fn replace(&self, _buffer: Target<'_>, _others: &[View<'_>]) -> Option<()> {
        None
    }

    /// How the operation can be run on some planes (axis D) of its input, where it can.
    fn planes(&self) -> Option<&dyn Planes> {
        None
    }
}

/// An operation on a volume with one input that keeps the number of planes: each plane of the output comes from some planes of the input.
pub(super) trait Planes {
    /// Planes before and after that a plane needs.
    fn reach(&self) -> [usize; 2];
    /// Values of a plane of the input, and of the output.
    fn sizes(&self) -> Option<[usize; 2]>;
    /// Computes the planes `from..to` of the output for an input of `depth` planes.
    fn run(
        &self,
        depth: usize,
        input: View<'_>,
        planes: std::ops::Range<usize>,
        output: Target<'_>,
    ) -> Option<()>;
}
