//! What is wrong or absurd is refused, not run and not a panic.

use negatoscope::model::kernels::{
    Activation, Channels, ConvF32, ConvQ8, End8, Lanes, Output8, Pool, Quant, Scales,
    TransposedF32, Transposition, Weights8, Window,
};

fn window(kernel: usize, stride: usize, dilation: usize, pad: usize) -> Option<Window> {
    Window::new(
        [1, kernel, kernel],
        [1, stride, stride],
        [1, dilation, dilation],
        [[0; 2], [pad; 2], [pad; 2]],
    )
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let (window, channels) = (window(3, 1, 1, 1).unwrap(), Channels::new(4, 8, 1).unwrap());
    let make = |w: usize, b: usize| {
        ConvF32::new(
            window,
            channels,
            &vec![0.0; w],
            &vec![0.0; b],
            Activation::Relu,
        )
    };
    assert!(make(3 * 3 * 4 * 8 - 1, 8).is_none());
    assert!(make(3 * 3 * 4 * 8, 7).is_none());
    let conv = make(3 * 3 * 4 * 8, 0).unwrap();
    let run = |x: usize, rows: std::ops::Range<usize>, y: usize, residual: Option<usize>| {
        let residual = residual.map(|n| vec![0.0; n]);
        let (x, mut y) = (vec![1.0; x], vec![0.0; y]);
        conv.run([1, 5, 6], &x, residual.as_deref(), rows, &mut y)
    };
    assert!(run(5 * 6 * 4, 0..5, 5 * 6 * 8, Some(5 * 6 * 8)).is_some());
    assert!(run(5 * 6 * 4, 2..2, 0, None).is_some());
    assert!(run(5 * 6 * 4 - 1, 0..5, 5 * 6 * 8, None).is_none());
    assert!(run(5 * 6 * 4, 0..6, 6 * 6 * 8, None).is_none());
    assert!(run(5 * 6 * 4, 0..5, 5 * 6 * 8 - 1, None).is_none());
    assert!(run(5 * 6 * 4, 0..5, 5 * 6 * 8, Some(1)).is_none());
    #[expect(clippy::reversed_empty_ranges, reason = "what is tested")]
    let reversed = 3..1;
    assert!(run(5 * 6 * 4, reversed, 0, None).is_none());
    assert!(conv.run([1, 0, 6], &[], None, 0..0, &mut []).is_none());
    let huge = [usize::MAX, usize::MAX, 2];
    assert!(conv.run(huge, &[], None, 0..0, &mut []).is_none());
}

#[test]
fn forms_that_cannot_serve_are_refused() {
    let make = |window: Window, channels: Channels, weights: usize, lanes: Lanes| {
        let weights = vec![0.0; weights];
        ConvF32::with_lanes(window, channels, &weights, &[], Activation::Relu, lanes).is_some()
    };
    let (one, two) = (window(3, 1, 1, 1).unwrap(), window(3, 2, 1, 1).unwrap());
    let dense = Channels::new(8, 8, 1).unwrap();
    let depthwise = Channels::new(8, 8, 8).unwrap();
    assert!(make(one, dense, 576, Lanes::Winograd));
    assert!(!make(two, dense, 576, Lanes::Winograd));
    assert!(!make(one, depthwise, 72, Lanes::Winograd));
    assert!(make(one, depthwise, 72, Lanes::Depthwise));
    assert!(!make(one, dense, 576, Lanes::Depthwise));
}

#[test]
fn scales_and_zero_points_that_are_none_are_refused() {
    let (window, channels) = (window(1, 1, 1, 0).unwrap(), Channels::new(2, 2, 1).unwrap());
    let x = Quant::new(0.1, 3, false).unwrap();
    let make = |scale: &[f32], zero_point: &[i32], end: End8| {
        let scales = Scales { scale, zero_point };
        let weights = Weights8::Signed(&[1, 2, 3, 4]);
        ConvQ8::new(window, channels, x, weights, scales, &[], end)
    };
    let bytes = End8::Bytes(x);
    assert!(make(&[0.1, 0.2], &[0, 0], bytes).is_some());
    assert!(make(&[0.1, 0.2, 0.3], &[], bytes).is_none());
    assert!(make(&[0.1], &[0, 0, 0], bytes).is_none());
    assert!(make(&[-0.1], &[], bytes).is_none());
    assert!(make(&[f32::INFINITY], &[], bytes).is_none());
    assert!(
        make(
            &[3e38],
            &[],
            End8::Bytes(Quant::new(1e-38, 0, false).unwrap())
        )
        .is_none()
    );
    assert!(make(&[0.1], &[i32::MAX], bytes).is_none());
    // The kind of the output is that of the end.
    let conv = make(&[0.1], &[], bytes).unwrap();
    let mut floats = [0.0; 2];
    assert!(
        conv.run([1; 3], &[1, 2], 0..1, Output8::Floats(&mut floats))
            .is_none()
    );
}

#[test]
fn absurd_windows_are_refused_before_memory_is_asked_for() {
    let channels = Channels::new(1 << 20, 1, 1).unwrap();
    assert!(window(1 << 12, 1, 1, 0).is_none());
    let wide = Window::new(
        [1, 1, 1],
        [1; 3],
        [1; 3],
        [[0; 2], [0; 2], [(1 << 20) - 1; 2]],
    )
    .unwrap();
    let conv = ConvF32::new(
        wide,
        channels,
        &vec![0.0; 1 << 20],
        &[],
        Activation::Identity,
    );
    // On 64 bits this could be counted; it is refused where it cannot.
    assert!(conv.unwrap().output([1, 1, 1]).is_some());
    let stride = window(2, 1 << 19, 1, 0).unwrap();
    let shape = Transposition::new(stride, [0; 3]).unwrap();
    let one = Channels::new(1, 1, 1).unwrap();
    assert!(TransposedF32::new(shape, one, &[0.0; 4], &[], Activation::Identity).is_none());
    assert!(Pool::global([usize::MAX, 1, 1]).is_none());
}
