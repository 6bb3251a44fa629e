"""Makes networks and manifest from the weights of train.py (needs: NumPy, Pillow, onnx, onnxruntime).

    python export.py --data DIR --weights RUNS/final.npz --out FOLDER

Written are model-f32.onnx, model.onnx (8-bit) and manifest.json; its `metrics` are card.py's.

8-bit form: onnxruntime's static quantization, QuantizeLinear / DequantizeLinear, int8 weights with a scale per output channel, int8 inputs of each convolution,
their ranges (least and largest) from pictures that were learned from, each lying in a way of its own. Sums of blocks, the mean and what follows are floats.
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
import orient
from prepare import HIGH, LOW, SIZE

# Columns / rows: from those of a sheet that lies on its side to those of a wide one.
ASPECT = [0.45, 2.2]
CALIBRATION = 160


def quantise(raw: bytes, inputs: np.ndarray) -> bytes:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Pictures(CalibrationDataReader):
        def __init__(self):
            self.left = iter(inputs)

        def get_next(self):
            one = next(self.left, None)
            return None if one is None else {"input": np.ascontiguousarray(one)[None, None]}

    logging.getLogger().setLevel(logging.ERROR)  # it advises a preparation of graphs that this one does not need
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "f32.onnx", Path(folder) / "int8.onnx"
        before.write_bytes(raw)
        quantize_static(before, after, Pictures(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
                        activation_type=QuantType.QInt8, op_types_to_quantize=["Conv"], extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]})
        return after.read_bytes()


def manifest(files: dict[str, bytes], held: dict, table: list[dict]) -> dict:
    entry = lambda name, form: {"name": name, "sha256": hashlib.sha256(files[name]).hexdigest(), "quantisation": form}
    colours = ([230, 159, 0], [213, 94, 0], [240, 228, 66], [86, 180, 233], [204, 121, 167])
    learned = lambda group: [r for r in table if r["group"] == group and r["split"] in list(held["splits"])]
    return {
        "name": "radiograph-orientation",
        "version": "1.0.0",
        "license": "MIT OR Apache-2.0",
        "task": "classification",
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
            "labels": [{"name": name, "rgb": rgb} for name, rgb in zip(orient.LABELS, colours)],
            "activation": "independent",
            "threshold": {"value": 0.5},
        },
        "explain": {},
        "training_data": {
            "name": "NIH ChestX-ray14 (adults) and Labeled Optical Coherence Tomography and Chest X-Ray Images (children): a subset of each",
            "provider": "adults: NIH Clinical Center; children: Guangzhou Women and Children's Medical Center, D. Kermany, K. Zhang, M. Goldbaum",
            "link": "https://nihcc.app.box.com/v/ChestXray-NIHCC https://doi.org/10.17632/rscbjbr9sj.2",
            "citation": "X. Wang, Y. Peng, L. Lu, Z. Lu, M. Bagheri, R. M. Summers: ChestX-ray8: Hospital-scale Chest X-ray Database and Benchmarks on "
                        "Weakly-Supervised Classification and Localization of Common Thorax Diseases. IEEE CVPR 2017, pages 3462-3471",
            "license": "adults: no restriction on use, the link, the citation and the provider must be named; children: CC BY 4.0",
            "label": "None but the way in which the program itself turned, mirrored and inverted a picture that is taken to lie as it is read",
            "splits": [str(s) for s in held["splits"]],
            "pictures": {g: len(learned(g)) for g in data.GROUPS[:2]},
            "patients": {g: len({r["patient"] for r in learned(g)}) for g in data.GROUPS[:2]},
            "steps": int(held["steps"]),
            "batch": int(held["batch"]),
            "weights": sum(v.size for k, v in held.items() if "." in k),
        },
        "metrics": {},
        "not_for": [
            "diagnosis, triage or treatment: not a medical device",
            "turning pictures by itself: it says that one should be looked at",
            "telling a mirrored picture from a mirrored patient (situs inversus, dextrocardia), or where the heart does not show its side",
            "lateral views, computed tomography, other body parts, photographs of films",
            "turns by less than a quarter: up to 15 degrees count as upright, what lies between was not learned",
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
    learned = [r for r in table if r["group"] in data.GROUPS[:2] and r["split"] in list(held["splits"])]
    half = CALIBRATION // 2
    some = [r for g in data.GROUPS[:2] for those in [[r for r in learned if r["group"] == g]] for r in those[:: max(1, len(those) // half)][:half]]
    inputs = [orient.turned(1 - x if i % 2 else x, i // 2 % orient.WAYS) for i, x in enumerate(data.pictures(args.data, some))]
    raw = network.onnx_network({k: v for k, v in held.items() if "." in k})
    files = {"model-f32.onnx": raw, "model.onnx": quantise(raw, inputs)}
    args.out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (args.out / name).write_bytes(content)
        print(name, len(content), "bytes")
    about = manifest(files, held, table)
    (args.out / "manifest.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
