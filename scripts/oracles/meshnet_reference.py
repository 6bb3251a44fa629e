"""Writes tests/data/meshnet.bin: the shipped float networks on a block of noise with structure, by onnxruntime.

Needs: numpy, onnxruntime. Layout: 32*32*32 bytes of input, then for brain-tissue-light and brain-mask 32^3 bytes of labels and
3 little-endian floats, the logits at (16,16,16).
"""
from pathlib import Path

import numpy as np
import onnxruntime

root = Path(__file__).resolve().parents[2]
rng = np.random.default_rng(7)
z, y, x = np.mgrid[:32, :32, :32] - 15.5
wave = 110 + 70 * np.sin(x / 4) * np.cos(y / 5) + 40 * np.cos(z / 3) + rng.normal(0, 12, (32, 32, 32))
block = np.clip(wave * (x * x + y * y + z * z < 220), 0, 255).astype(np.uint8)
out = block.tobytes()
for name in ("brain-tissue-light", "brain-mask"):
    net = onnxruntime.InferenceSession(str(root / "models" / name / "model-f32.onnx"))
    logits = net.run(None, {"input": (block / 255).astype(np.float32)[None, None]})[0][0]
    labels = logits.argmax(0).astype(np.uint8)
    print(name, np.bincount(labels.ravel(), minlength=3), logits[:, 16, 16, 16])
    out += labels.tobytes() + logits[:, 16, 16, 16].astype("<f4").tobytes()
(root / "tests/data/meshnet.bin").write_bytes(out)
