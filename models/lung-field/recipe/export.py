"""Makes networks and manifest from the weights of train.py (needs: NumPy, Pillow, onnx, onnxruntime).

    python export.py --data DIR --weights RUNS/final.npz --out FOLDER

Written are model-f32.onnx, model.onnx (8-bit) and manifest.json; its `metrics` are card.py's.

8-bit form: onnxruntime's static quantization, QuantizeLinear / DequantizeLinear, int8 weights with a scale per output channel, int8 inputs of each convolution
and of what lies side by side, their ranges (least and largest) from pictures that were learned from, every third. A layer's own output is not
rounded before its ReLU, nor is the logit.
"""

import argparse
import hashlib
import json
import logging
import tempfile
from pathlib import Path

import numpy as np

import data
import network
from prepare import HIGH, LOW, SIZE

NAMES = [f"{name}.{part}" for name, *_ in network.LAYERS for part in "wb"]
# Columns / rows. Learned from were 0.93 to 2.15 (1 and 99 of 100), made narrower and wider by up to a quarter; a sheet of 35 x 43 cm has 0.81.
ASPECT = [0.75, 2.2]


def quantise(raw: bytes, inputs: np.ndarray) -> bytes:
    """The 8-bit form of a float network; the ranges of its activations are those of `inputs` [n, 1, SIZE, SIZE]."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Pictures(CalibrationDataReader):
        def __init__(self):
            self.left = iter(inputs)

        def get_next(self):
            one = next(self.left, None)
            return None if one is None else {"input": one[None]}

    logging.getLogger().setLevel(logging.ERROR)  # it advises a preparation of graphs that this one does not need
    layers = ["Conv", "ConvTranspose"]
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "f32.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(raw)
        quantize_static(before, after, Pictures(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
                        activation_type=QuantType.QInt8, op_types_to_quantize=[*layers, "Concat"],
                        extra_options={"OpTypesToExcludeOutputQuantization": layers})
        return after.read_bytes()


def manifest(files: dict[str, bytes], weights: dict, table: list[dict]) -> dict:
    entry = lambda name, form: {"name": name, "sha256": hashlib.sha256(files[name]).hexdigest(), "quantisation": form}
    learned = [r for r in table if r["split"] in list(weights["splits"])]
    return {
        "name": "lung-field",
        "version": "1.0.0",
        "license": "MIT OR Apache-2.0",
        "task": "segmentation",
        "file": entry("model.onnx", "int8-qdq"),
        "file_float": entry("model-f32.onnx", "float32"),
        "input": {
            "modality": ["CR", "DX"],
            "body_part": "chest, frontal radiograph",
            "body_part_examined": ["CHEST"],
            "view": ["PA", "AP"],
            "when_unknown": {"modality": "refuse", "body_part_examined": "refuse", "view": "warn"},
            "aspect": ASPECT,
            "min_side": SIZE,
            "preparation": "general",
            "takes": "frame",
            "layout": "NCHW",
            "values": "display",
            "size": [SIZE, SIZE],
            "resize": "area",
            "intensity": [{"method": "percentiles", "low": LOW, "high": HIGH, "to": [0, 1], "clip": True}],
        },
        "output": {
            "labels": [{"name": "background", "rgb": [0, 0, 0]}, {"name": "lung field", "rgb": [86, 180, 233]}],
            "activation": "sigmoid",
        },
        "explain": {},
        "training_data": {
            "name": "COVID-19 chest X-ray dataset (masks), COVID-19 image repository and articles (adults), Labeled Optical Coherence Tomography "
                    "and Chest X-Ray Images (children): a subset of each",
            "provider": "masks: V7 Labs and CloudFactory; adults: Hannover Medical School and the authors of four articles; children: Guangzhou Women "
                        "and Children's Medical Center, D. Kermany, K. Zhang, M. Goldbaum",
            "link": "https://github.com/v7labs/covid-19-xray-dataset https://doi.org/10.6084/m9.figshare.12275009 https://doi.org/10.17632/rscbjbr9sj.2",
            "license": "CC BY 4.0 (masks, children, 6 adult pictures), CC BY 3.0 (77 adult pictures)",
            "label": "Lung field as drawn by people with a program's help and reviewed; with the lung behind the heart and, where it shows, behind the diaphragm",
            "splits": [str(s) for s in weights["splits"]],
            "pictures": {g: sum(r["group"] == g for r in learned) for g in data.GROUPS},
            "patients": {g: len({r["patient"] for r in learned if r["group"] == g}) for g in data.GROUPS},
            "steps": int(weights["steps"]),
            "batch": int(weights["batch"]),
            "weights": sum(weights[k].size for k in NAMES),
        },
        "metrics": {},
        "not_for": [
            "diagnosis, triage or treatment: not a medical device",
            "measuring: no area or volume of the lungs, no cardiothoracic ratio (the fields go on behind the heart and the diaphragm)",
            "telling whether a lung is ill, or left from right",
            "lateral views, computed tomography, other body parts, photographs of films",
            "lungs that do not show: a white lung, a large effusion or pneumothorax, after removal of a lung: hardly any was learned from",
        ],
    }


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--weights", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    args = p.parse_args()
    held = dict(np.load(args.weights))
    table = data.rows(args.data)
    learned = [i for i, r in enumerate(table) if r["split"] in list(held["splits"])][::3]
    pictures, _ = data.pairs(args.data, [table[i] for i in learned])
    raw = network.onnx_network({k: held[k] for k in NAMES})
    files = {"model-f32.onnx": raw, "model.onnx": quantise(raw, data.inputs(pictures))}
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (args.out / name).write_bytes(content)
        print(name, len(content), "bytes")
    about = manifest(files, held, table)
    (args.out / "manifest.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
