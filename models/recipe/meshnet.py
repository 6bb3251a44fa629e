"""Makes the MeshNet models that lie in models/: from the authors' files to network, int8 network and manifest.

    git clone https://github.com/neuroneural/brainchop && git -C brainchop checkout 4c87885
    pip install numpy onnx onnxruntime
    python models/recipe/meshnet.py --source brainchop brain-regions-18     # writes models/brain-regions-18/
    python models/recipe/meshnet.py --source brainchop --check              # every shipped float network, byte by byte
    python models/recipe/meshnet.py --source brainchop --int8 --out TRY brain-regions-18 && node scripts/cards.mjs --models TRY
                                                                            # what int8 would give where none ships

The source may also be a bare repository. Its licence is MIT (LICENSE there); what the networks learned from is not stated.

What is done:
1. The weights are plain little-endian float32 in the order of `weightsManifest`; a kernel [d, h, w, in, out] becomes (4, 3, 0, 1, 2).
   Every convolution has stride 1 and pads by its dilation; the last is 1 x 1 x 1. ONNX opset 13.
2. int8, where the table asks for it: onnxruntime's static quantization, QDQ, int8 weights per output channel, int8 inputs of each convolution, their
   ranges from four blocks of the authors' sample T1, `public/t1_crop.nii.gz`. What lies between a convolution and the next is not rounded twice.
3. The manifest: labels and colours from the authors' colour map, preparation as `brainchop-parameters.js` and `inference-logic.js` have it.
"""

import argparse
import gzip
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MODELS = Path(__file__).resolve().parents[1]
COMMIT = "4c87885"
T1 = "public/t1_crop.nii.gz"
TISSUE = [("background", [0, 0, 0]), ("White Matter", [86, 180, 233]), ("Grey Matter", [205, 62, 78])]

# Our name: the authors' folder; preparation; the file that is used unless the float one is asked for. A measured reason stands in each card.
TABLE = {
    "brain-tissue-light": {"of": "model5_gw_ae", "padding": 18, "int8": True, "labels": TISSUE},
    "brain-mask": {"of": "model11_gw_ae", "int8": True, "labels": TISSUE},
    "brain-tissue": {"of": "model20chan3cls", "scaling": "quantile", "threshold": 0.2, "labels": TISSUE},
    "brain-regions-18": {"of": "model30chan18cls", "threshold": 0.2},
    "brain-regions-18-light": {"of": "model18cls", "threshold": 0.2},
    "brain-regions-50": {"of": "model30chan50cls", "scaling": "quantile", "crop_by": "brain-tissue-light"},
    "brain-regions-104": {"of": "model21_104class", "crop_by": "brain-tissue-light"},
}
# Made before this script, with other calibration blocks; their int8 files and manifests stay as they are.
OLDER = ("brain-tissue-light", "brain-mask")


def read(source, path):
    """A file of the checkout or of the bare repository, at the commit."""
    return subprocess.run(["git", "-C", str(source), "show", f"{COMMIT}:{path}"], check=True, capture_output=True).stdout


def convert(source, name):
    """The float network of a folder of the authors, and its halo: voxels at each side that a label depends on."""
    folder = f"public/models/{name}"
    about = json.loads(read(source, f"{folder}/model.json"))
    manifest = about["weightsManifest"]
    weights, at = {}, 0
    data = b"".join(read(source, f"{folder}/{path}") for part in manifest for path in part["paths"])
    for one in (w for part in manifest for w in part["weights"]):
        if one["dtype"] != "float32" or "quantization" in one:
            raise SystemExit(f"{name}: {one} is not plain float32")
        count = int(np.prod(one["shape"]))
        weights[one["name"]] = np.frombuffer(data, "<f4", count, at).reshape(one["shape"])
        at += 4 * count
    if at != len(data):
        raise SystemExit(f"{name}: {len(data) - at} bytes are left over")
    layers = about["modelTopology"]["model_config"]["config"]["layers"]
    convs = [x for x in layers if x["class_name"] == "Conv3D"]
    nodes, values, last, halo = [], [], "input", 0
    number = 0
    for layer in layers:
        config = layer["config"]
        if layer["class_name"] == "InputLayer":
            continue
        if layer["class_name"] == "Activation":
            act = {"relu": ("Relu", {}), "elu": ("Elu", {"alpha": 1.0})}.get(config["activation"])
            if act is None:
                raise SystemExit(f"{name}: activation {config['activation']}")
            nodes.append(helper.make_node(act[0], [last], [f"a{number}"], name=f"act{number}", **act[1]))
            last = f"a{number}"
            continue
        if layer["class_name"] != "Conv3D" or config["padding"] != "same" or config["strides"] != [1, 1, 1] or config["name"].endswith("_gn"):
            raise SystemExit(f"{name}: a layer of another kind: {config['name']}")
        number += 1
        dilation, size = config["dilation_rate"], config["kernel_size"]
        pads = [d * (k // 2) for d, k in zip(dilation, size)] * 2
        halo += pads[0]
        kernel = weights[f"{config['name']}/kernel"].transpose(4, 3, 0, 1, 2)
        values.append(numpy_helper.from_array(np.ascontiguousarray(kernel), f"w{number}"))
        values.append(numpy_helper.from_array(weights[f"{config['name']}/bias"].copy(), f"b{number}"))
        out = "logits" if number == len(convs) else f"c{number}"
        nodes.append(helper.make_node("Conv", [last, f"w{number}", f"b{number}"], [out], name=f"conv{number}", dilations=dilation,
                                      kernel_shape=size, pads=pads, strides=[1, 1, 1]))
        last = out
    classes = values[-1].dims[0]
    shape = lambda c: [1, c, "D", "H", "W"]
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape(1))],
                              [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape(classes))], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="negatoscope-convert", ir_version=8)
    helper.set_model_props(model, {"source": f"neuroneural/brainchop {folder}", "license": "MIT (neuroneural/brainchop)", "halo": str(halo)})
    onnx.checker.check_model(model)
    return model, halo


def sample(source):
    """The authors' T1 as the network sees it: 256-cubed bytes, axes left, down, front."""
    raw = gzip.decompress(read(source, T1))
    dims = np.frombuffer(raw, "<i2", 8, 40)[1:4]
    if tuple(dims) != (256, 256, 256) or raw[70] != 2:
        raise SystemExit("the sample is not the conformed T1")
    start = int(np.frombuffer(raw, "<f4", 1, 108)[0])
    return np.frombuffer(raw, np.uint8, 256**3, start).reshape(256, 256, 256).transpose(2, 1, 0)


def quantize(model, t1, scaling):
    """int8, its ranges from four blocks of 64 voxels that lie in the middle of the head, the brain's edge in each."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    ordered = np.sort(t1, axis=None)
    low, high = int(ordered[0]), int(ordered[-1])
    if scaling == "quantile":
        low, high = int(ordered[int(0.05 * ordered.size)]), int(ordered[int(np.ceil(0.95 * ordered.size)) - 1])
    inside = np.argwhere(t1 > 0.2 * t1.max())
    centre = (inside.min(0) + inside.max(0)) // 2

    class Blocks(CalibrationDataReader):
        def __init__(self):
            self.left = [(0, -1, -1), (-1, -1, 0), (0, 0, 0), (-1, -1, -1)]

        def get_next(self):
            if not self.left:
                return None
            i, j, k = centre + 64 * np.array(self.left.pop())
            block = t1[i : i + 64, j : j + 64, k : k + 64].astype(np.float32)
            return {"input": ((block - low) / np.float32(high - low))[None, None]}

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "f32.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, before)
        quantize_static(before, after, Blocks(), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
                        activation_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
                        extra_options={"OpTypesToExcludeOutputQuantization": ["Conv"]})
        return after.read_bytes()


def labels(source, asked):
    if "labels" in asked:
        return [{"name": name, "rgb": rgb} for name, rgb in asked["labels"]]
    table = json.loads(read(source, f"public/models/{asked['of']}/colormap.json"))
    return [{"name": name.strip(), "rgb": [r, g, b]} for name, r, g, b in zip(table["labels"], table["R"], table["G"], table["B"])]


def manifest(name, asked, found, halo, files, bytes_per_voxel):
    entry = lambda file, data, form: {"name": file, "sha256": hashlib.sha256(data).hexdigest(), "quantisation": form}
    about = {"name": name, "version": "1.0.0", "license": "MIT", "task": "segmentation"}
    if "int8" in files:
        about["file"] = entry("model.onnx", files["int8"], "int8-qdq")
        about["file_float"] = entry("model-f32.onnx", files["float"], "float32")
    else:
        about["file"] = entry("model.onnx", files["float"], "float32")
    about["input"] = {
        "modality": ["MR"],
        "body_part": "head of an adult, T1-weighted",
        "body_part_examined": ["HEAD", "BRAIN", "SKULL"],
        "weighting": ["T1"],
        "min_age": 18,
        "when_unknown": {"modality": "refuse", "body_part_examined": "warn", "weighting": "warn", "age": "warn"},
        "preparation": "meshnet-conform",
        "spacing": [1, 1, 1],
        "size": [256, 256, 256],
        "orientation": "LIA",
        "scaling": asked.get("scaling", "minmax"),
        "crop_threshold": asked.get("threshold", 0.0),
        "crop_padding": asked.get("padding", 0),
        **({"crop_model": asked["crop_by"]} if "crop_by" in asked else {}),
        "halo": halo,
        "bytes_per_voxel": bytes_per_voxel,
    }
    about["output"] = {"labels": found}
    about["explain"] = {}
    about["not_for"] = [
        "diagnosis or treatment: not a medical device",
        "children, other sequences than T1, pathology that changes the tissue contrast: not tested",
    ]
    return about


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("names", nargs="*", help="default: all that are shipped")
    p.add_argument("--source", type=Path, required=True, help="a checkout of neuroneural/brainchop, or a bare repository")
    p.add_argument("--out", type=Path, default=MODELS, help="write to this folder instead of models/")
    p.add_argument("--int8", action="store_true", help="an int8 network also where none ships, to be measured; needs --out")
    p.add_argument("--check", action="store_true", help="write nothing; compare the float networks that are there")
    args = p.parse_args()
    if args.int8 and args.out == MODELS:
        p.error("--int8 needs --out: what ships is in the table")
    t1 = None
    for name in args.names or [n for n in TABLE if (MODELS / n).is_dir()]:
        asked, folder = TABLE[name], args.out / name
        model, halo = convert(args.source, asked["of"])
        data = model.SerializeToString()
        if args.check:
            about = json.loads((folder / "manifest.json").read_text())
            file = about.get("file_float", about["file"])["name"]
            if (folder / file).read_bytes() != data:
                raise SystemExit(f"{name}: {file} is another network")
            print(f"{name}: {file} is what the authors' {asked['of']} gives, {len(data)} bytes")
            continue
        if name in OLDER and args.out == MODELS:
            print(f"{name}: older than this script, left as it is")
            continue
        folder.mkdir(parents=True, exist_ok=True)
        files, found = {"float": data}, labels(args.source, asked)
        if len(found) != model.graph.output[0].type.tensor_type.shape.dim[1].dim_value:
            raise SystemExit(f"{name}: {len(found)} labels")
        if asked.get("int8") or args.int8:
            t1 = sample(args.source) if t1 is None else t1
            files["int8"] = quantize(model, t1, asked.get("scaling"))
        widest = max(v.dims[0] for v in model.graph.initializer if v.name.startswith("w"))
        about = manifest(name, asked, found, halo, files, 24 * widest)
        (folder / "manifest.json").write_text(json.dumps(about, indent=2) + "\n")
        if "int8" in files:
            (folder / "model.onnx").write_bytes(files["int8"])
            (folder / "model-f32.onnx").write_bytes(data)
        else:
            (folder / "model.onnx").write_bytes(data)
        print(f"{name}: {', '.join(f'{k} {len(v)} bytes' for k, v in files.items())}, halo {halo}")


if __name__ == "__main__":
    main()
