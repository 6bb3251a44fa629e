"""The ways in which a picture can lie (needs: NumPy).

Way k of WAYS = 8: an upright picture is first mirrored left-right where k >= 4, then turned clockwise by k % 4 quarter turns. With the grey scale
inverted or not there are sixteen; the network tells the eight from each other, and besides whether the grey scale is inverted.

LABELS are what a reader must know, each with a probability of its own: which quarter turn, mirrored, inverted. Those of the turns and of
`mirrored` are sums over the eight (MARGINS), so a network that knows the turn and not the side says just that.
"""

import numpy as np

WAYS = 8
LABELS = ("turned a quarter clockwise", "upside down", "turned a quarter anticlockwise", "mirrored", "grey scale inverted")

# WAYS x 4: which of the eight have the first four labels.
MARGINS = np.array([[k % 4 == 1, k % 4 == 2, k % 4 == 3, k >= 4] for k in range(WAYS)], np.float32)

# WAYS x WAYS: from the logits of a picture's mirror image to those of the picture. Mirrored, a quarter clockwise is one anticlockwise.
SWAP = np.array([[float(k == (-j) % 4 + (0 if j >= 4 else 4)) for k in range(WAYS)] for j in range(WAYS)], np.float32)


def turned(upright: np.ndarray, k: int) -> np.ndarray:
    """A picture [H, W] as way k shows it."""
    return np.rot90(np.fliplr(upright) if k >= 4 else upright, -(k % 4))


def places(k: int) -> np.ndarray:
    """2 x 2: from a place (x, y) in the picture that lies as way k, about its middle, to the place in the upright one."""
    turn = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), k % 4)
    return np.diag([-1 if k >= 4 else 1, 1]) @ turn
