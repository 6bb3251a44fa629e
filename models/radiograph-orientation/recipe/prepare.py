"""Image preparation of the orientation model, the reference form (needs: NumPy).

What the network sees, step by step. The viewer does the same steps as the manifest's preparation `general` (takes `frame`, values
`display`, resize `area`, intensity `percentiles`; src/model/prepare/grid.rs and intensity.rs); training and evaluation do them here.

1. Display-sense grey: the frame as the file asks to be shown, 0 to 1, bright means dense (MONOCHROME1 is inverted).
   The pictures of the data went the same way before they were published as 8-bit pictures.
2. Area average to SIZE x SIZE, aspect ratio not kept, as PyTorch's adaptive_avg_pool: cell i is the mean of source lines
   floor(i*n/SIZE) to ceil((i+1)*n/SIZE) - 1, each whole, first along rows, then along columns.
3. lo, hi = percentiles LOW and HIGH of these values, linear between order statistics (rank (n-1)*p/100).
   x = clamp((v-lo)/(hi-lo), 0, 1). So a window or a bit depth that clips nothing does not change the input.
4. Tensor [1, 1, SIZE, SIZE], row major, top row first, float32.
"""

import numpy as np

SIZE = 64
LOW, HIGH = 0.5, 99.5


def means(v: np.ndarray, cells: int, axis: int) -> np.ndarray:
    """Step 2 along one axis, float64."""
    n = v.shape[axis]
    first = np.arange(cells) * n // cells
    last = -(-np.arange(1, cells + 1) * n // cells)
    sums = np.insert(np.cumsum(v, axis, np.float64), 0, 0.0, axis)
    count = (last - first).reshape([-1 if a == axis % v.ndim else 1 for a in range(v.ndim)])
    return (sums.take(last, axis) - sums.take(first, axis)) / count


def area(grey: np.ndarray, height: int = SIZE, width: int = SIZE) -> np.ndarray:
    """Pictures [..., H, W] -> [..., height, width], float64."""
    return means(means(grey, height, -2), width, -1)


def stretch(small: np.ndarray) -> np.ndarray:
    """Step 3."""
    lo, hi = np.percentile(small, [LOW, HIGH])
    return np.clip((small - lo) / (hi - lo) if hi > lo else small - lo, 0.0, 1.0)


def prepare(grey: np.ndarray) -> np.ndarray:
    """Display-sense grey [H, W] -> input of the network [1, 1, SIZE, SIZE] float32."""
    return stretch(area(grey)).astype(np.float32)[None, None]
