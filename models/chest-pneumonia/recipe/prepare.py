"""Image preparation of the chest model, the reference form (needs: NumPy).

What the model sees, step by step; training, card and viewer follow the same path:

1. Display-sense grey: stored values -> modality LUT -> the VOI transformation that the file itself names
   first (VOI LUT Sequence item 1, else Window Center / Width value 1 with its VOI LUT Function, else none),
   kept in floating point, no rounding; then inverted for MONOCHROME1, so that bright means dense.
   The NIH pictures went the same way before they were published as 8-bit pictures.
2. Stretch to SIZE x SIZE by area average, aspect ratio not kept: output cell (i, j) is the mean of the source
   over [i*H/SIZE, (i+1)*H/SIZE) x [j*W/SIZE, (j+1)*W/SIZE), pixels cut by the border counted by the part covered.
3. lo, hi = percentiles LOW and HIGH of these SIZE*SIZE values, linear between order statistics
   (rank (n-1)*p/100). x = clamp((x-lo)/(hi-lo), 0, 1); all 0 where hi - lo <= 1e-9 * max(|lo|, |hi|) (a flat picture).
   So an affine change of the grey scale (window, bit depth, slope) that clips nothing does not change the input.
4. Tensor [1, 1, SIZE, SIZE], row major, top row first, float32.
"""

import numpy as np

SIZE = 112
LOW, HIGH = 0.5, 99.5


def coverage(n_in: int, n_out: int) -> np.ndarray:
    """[n_out, n_in]: what part of output cell i is source pixel j; each row sums to 1."""
    edges = np.arange(n_out + 1, dtype=np.float64) * n_in / n_out
    lo = np.maximum(edges[:-1, None], np.arange(n_in)[None, :])
    hi = np.minimum(edges[1:, None], np.arange(1, n_in + 1)[None, :])
    return np.clip(hi - lo, 0.0, None) * n_out / n_in


def area_average(grey: np.ndarray, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """Exact box filter of a picture [H, W] to [height, width], float64."""
    rows = coverage(grey.shape[0], height)
    cols = coverage(grey.shape[1], width)
    return rows @ grey.astype(np.float64) @ cols.T


def limits(small: np.ndarray) -> tuple[float, float]:
    """The two grey values that become 0 and 1."""
    lo, hi = np.percentile(small, [LOW, HIGH])
    return float(lo), float(hi)


def scale(small: np.ndarray, lo: float, hi: float) -> np.ndarray:
    """Step 3 with known limits."""
    if not hi - lo > 1e-9 * max(abs(lo), abs(hi)):
        return np.zeros_like(small, dtype=np.float64)
    return np.clip((small - lo) / (hi - lo), 0.0, 1.0)


def prepare(grey: np.ndarray) -> np.ndarray:
    """Display-sense grey [H, W] -> model input [1, 1, SIZE, SIZE] float32."""
    small = area_average(grey)
    return scale(small, *limits(small)).astype(np.float32)[None, None]
