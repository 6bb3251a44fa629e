"""Makes the two ONNX files, the out-of-fold table and the test vectors (needs: NumPy, Pillow, onnx, onnxruntime).

    python export.py --data DIR --runs RUNS [--out ..] [--tests ../../../tests/data]

RUNS holds 0.npz to 4.npz and final.npz of train.py. Written are
    model-f32.onnx, model.onnx        `final`, as float32 and with 8-bit codes
    oof.csv, pointing.csv,            every picture scored by the run that has not seen its patient, the boxes, and which
    selection.csv                     pictures were left out: all that card.py needs
    manifest.json                     names, checksums, `explain.cam`, which run ships; the rest is kept
    chest_vectors.json, .bin          inputs and outputs for the tests of the viewer

The 8-bit form (QuantizeLinear / DequantizeLinear, opset 13). All scales are powers of two, activations are uint8 with
zero point 0 (they follow a ReLU), weights int8 from -63 to 63 with a scale per output channel, biases int32. So every
product and every partial sum of a convolution is an integer below 2^24 times a power of two, which float32 holds exactly:
a runtime that computes this graph in float, in any order of summation, gets bit for bit the same features as one that
computes in integers. -63 to 63, because the 16-bit sums of pairs on CPUs without VNNI overflow beyond.
The sum of a block's two paths, the mean and the last layer are float.
"""

import argparse
import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

import data
from prepare import SIZE, prepare

BLOCKS = ((1, 2), (2, 2), (3, 1))  # number, stride; the stem has stride 2
CELLS, CHANNELS, TOP = 14, 64, 63
FRAME = 3 / 32  # a side


def convs():
    """Name, stride, padding, what it reads, what it writes."""
    yield "stem", 2, 1, "x0", "stem"
    before = "stem"
    for i, stride in BLOCKS:
        yield f"block{i}_a", stride, 1, before, f"block{i}_a"
        yield f"block{i}_b", 1, 1, f"block{i}_a", None
        yield f"block{i}_skip", stride, 0, before, None
        before = f"block{i}"


def graph_bytes(nodes, constants, doc):
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "chest-pneumonia", [info("input", TensorProto.FLOAT, [1, 1, SIZE, SIZE])],
        [info("logit", TensorProto.FLOAT, [1, 1]), info("features", TensorProto.FLOAT, [1, CHANNELS, CELLS, CELLS])],
        [numpy_helper.from_array(np.asarray(v, order="C"), k) for k, v in constants.items()], doc_string=doc)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="negatoscope recipe", ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def conv_node(name, stride, pad, inputs, output):
    return helper.make_node("Conv", inputs, [output], name, strides=[stride] * 2, pads=[pad] * 4)


def head(nodes, constants, weights):
    constants["head.w"] = weights["head.w"][None, :].astype(np.float32)
    constants["head.b"] = weights["head.b"].astype(np.float32)
    nodes += [helper.make_node("ReduceMean", ["features"], ["mean"], "mean", axes=[2, 3], keepdims=0),
              helper.make_node("Gemm", ["mean", "head.w", "head.b"], ["logit"], "head", transB=1)]


def float_onnx(weights, taps=False):
    """The network in float32. With taps every quantised place is an output, for calibration."""
    nodes, constants = [], {}
    for name, stride, pad, source, target in convs():
        constants[name + ".w"], constants[name + ".b"] = weights[name + ".w"], weights[name + ".b"]
        source = "input" if source == "x0" else "features" if source == "block3" else source
        nodes.append(conv_node(name, stride, pad, [source, name + ".w", name + ".b"], name + ".y"))
        if target:
            nodes.append(helper.make_node("Relu", [name + ".y"], [target], target + ".relu"))
        if name.endswith("_skip"):
            block = name[:-5]
            out = "features" if block == "block3" else block
            nodes += [helper.make_node("Add", [block + "_b.y", name + ".y"], [block + ".sum"], block + ".add"),
                      helper.make_node("Relu", [block + ".sum"], [out], block + ".relu")]
    head(nodes, constants, weights)
    raw = graph_bytes(nodes, constants, "float32")
    if not taps:
        return raw
    model = onnx.load_from_string(raw)
    for name in ("stem", "block1_a", "block1", "block2_a", "block2", "block3_a"):
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    return model.SerializeToString()


def session(raw):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    # as written: float arithmetic node by node, which is exact here (see above)
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])


def activation_scales(weights, inputs):
    """Per quantised place the power of two with the least mean square error over the training pictures."""
    run = session(float_onnx(weights, taps=True))
    names = [o.name for o in run.get_outputs() if o.name != "logit"]
    top, error = dict.fromkeys(names, 0.0), {}
    for x in inputs:
        for name, y in zip(names, run.run(names, {"input": x})):
            top[name] = max(top[name], float(y.max()))
    tries = {n: [2.0 ** (np.ceil(np.log2(t / 255)) - k) for k in range(3)] for n, t in top.items()}
    for x in inputs[::3]:
        for name, y in zip(names, run.run(names, {"input": x})):
            y = y.astype(np.float64)
            for s in tries[name]:
                got = np.clip(np.rint(y / s), 0, 255) * s
                error[name, s] = error.get((name, s), 0.0) + float(((got - y) ** 2).sum())
    best = {n: min(t, key=lambda s: error[n, s]) for n, t in tries.items()}
    best["x0"], best["block3"] = 2.0**-8, best.pop("features")
    return best


def patches(source, kernel, stride, pad):
    """What a convolution sees: [n, channels, H, W] -> [places, channels * kernel * kernel]."""
    source = np.pad(source, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(source, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(-1, source.shape[1] * kernel * kernel)


def round_weights(w, step, seen):
    """Integer codes [out, k] of w / step. Columns are rounded one after the other, and what is lost by one is made good
    by those that follow as far as their inputs go together (second moments of `seen`; Frantar and others, GPTQ, 2022)."""
    spread = np.cov(seen, rowvar=False)
    spread[np.diag_indices_from(spread)] += 0.01 * np.trace(spread) / len(spread)
    upper = np.linalg.cholesky(np.linalg.inv(spread)).T
    left, codes = w.copy(), np.empty_like(w)
    for i in range(w.shape[1]):
        codes[:, i] = np.clip(np.rint(left[:, i] / step), -TOP, TOP)
        lost = (left[:, i] - codes[:, i] * step) / upper[i, i]
        left[:, i:] -= lost[:, None] * upper[i, i:]
    return codes


def quantise(weights, inputs):
    """Codes and scales of the 8-bit form."""
    scales = activation_scales(weights, inputs)
    out = {"scales": scales, "head.w": weights["head.w"], "head.b": weights["head.b"]}
    run = session(float_onnx(weights, taps=True))
    names = [n for n in scales if n not in ("x0", "block3")]
    sample = [inputs[i] for i in np.linspace(0, len(inputs) - 1, 48).astype(int)]
    got = [run.run(names, {"input": x}) for x in sample]
    seen = {n: np.concatenate([g[k] for g in got]) for k, n in enumerate(names)} | {"x0": np.concatenate(sample)}
    for name, stride, pad, source, _ in convs():
        w, b = weights[name + ".w"].astype(np.float64), weights[name + ".b"].astype(np.float64)
        top = np.abs(w).max((1, 2, 3))
        s = 2.0 ** np.ceil(np.log2(np.maximum(top, 1e-12) / TOP))
        flat = w.reshape(len(w), -1)
        x = np.clip(np.rint(seen[source].astype(np.float64) / scales[source]), 0, 255) * scales[source]
        x = patches(x, w.shape[2], stride, pad)
        codes = round_weights(flat, s, x)
        # the bias takes up what rounding changes in the mean
        bias = np.rint((b + (flat - codes * s[:, None]) @ x.mean(0)) / (s * scales[source]))
        # what the exactness rests on
        if (np.abs(codes).sum(1) * 255 + np.abs(bias)).max() >= 2**24 or np.abs(codes).max() > TOP:
            raise SystemExit(f"{name}: sums do not fit 24 bits")
        out[name] = (codes.reshape(w.shape).astype(np.int8), s.astype(np.float32), bias.astype(np.int32))
    return out


def int8_onnx(q):
    """The network with 8-bit codes."""
    nodes, constants = [], {"zero": np.uint8(0)}

    def codes(source, name):
        """Float tensor `source` through uint8 and back; the result is `name`."""
        constants[name + ".s"] = np.float32(q["scales"][name])
        nodes.append(helper.make_node("QuantizeLinear", [source, name + ".s", "zero"], [name + ".q"], name + ".quantize"))
        out = "features" if name == "block3" else name
        nodes.append(helper.make_node("DequantizeLinear", [name + ".q", name + ".s", "zero"], [out], name + ".dequantize"))

    codes("input", "x0")
    for name, stride, pad, source, target in convs():
        w, s, b = q[name]
        constants |= {name + ".w8": w, name + ".ws": s, name + ".z": np.zeros(len(s), np.int8), name + ".b32": b,
                      name + ".bs": (s * np.float32(q["scales"][source])).astype(np.float32), name + ".bz": np.zeros(len(s), np.int32)}
        nodes += [helper.make_node("DequantizeLinear", [name + ".w8", name + ".ws", name + ".z"], [name + ".w"], name + ".w.dequantize", axis=0),
                  helper.make_node("DequantizeLinear", [name + ".b32", name + ".bs", name + ".bz"], [name + ".b"], name + ".b.dequantize", axis=0),
                  conv_node(name, stride, pad, [source, name + ".w", name + ".b"], name + ".y")]
        if target:
            nodes.append(helper.make_node("Relu", [name + ".y"], [target + ".r"], target + ".relu"))
            codes(target + ".r", target)
        if name.endswith("_skip"):
            block = name[:-5]
            nodes += [helper.make_node("Add", [block + "_b.y", name + ".y"], [block + ".sum"], block + ".add"),
                      helper.make_node("Relu", [block + ".sum"], [block + ".r"], block + ".relu")]
            codes(block + ".r", block)
    head(nodes, constants, q)
    return graph_bytes(nodes, constants, "8-bit codes, scales are powers of two: exact in float32")


def run_all(raw, inputs):
    """Logits [n] and features [n, 64, 14, 14]."""
    run = session(raw)
    got = [run.run(["logit", "features"], {"input": x}) for x in inputs]
    return np.array([g[0][0, 0] for g in got], np.float32), np.stack([g[1][0] for g in got])


def frame_mask():
    """True on the outer FRAME of each side."""
    pos = (np.arange(SIZE) + 0.5) / SIZE
    inside = (pos > FRAME) & (pos < 1 - FRAME)
    return ~(inside[:, None] & inside[None, :])


def frame_scores(table, inputs):
    """What a model says that was trained on the outer frame alone (3 of 32 pixels a side): ridge logistic regression
    per view, patient-wise folds like those of the network, positive and negative of equal weight."""
    small = np.stack([x[0, 0] for x in inputs])
    cover = np.repeat(np.eye(32), 7, 1).reshape(32, 112, 2).mean(2) / 3.5  # 3.5 of 112 pixels each
    small = cover @ small @ cover.T
    ring = np.ones((32, 32), bool)
    ring[3:-3, 3:-3] = False
    pixels = small[:, ring]
    score = np.zeros(len(table))
    for view in ("AP", "PA"):
        for fold in range(5):
            use = np.array([r["view"] == view and r["fold"] != fold for r in table])
            test = np.array([r["view"] == view and r["fold"] == fold for r in table])
            y = np.array([r["label"] for r in table], float)[use]
            mean, sd = pixels[use].mean(0), pixels[use].std(0) + 1e-6
            a, t = (pixels[use] - mean) / sd, (pixels[test] - mean) / sd
            a, t = np.c_[a, np.ones(len(a))], np.c_[t, np.ones(len(t))]
            weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
            ridge = np.diag(np.r_[np.full(a.shape[1] - 1, RIDGE), 1e-9])
            beta = np.zeros(a.shape[1])
            for _ in range(30):
                p = 1 / (1 + np.exp(-a @ beta))
                grad = a.T @ (weight * (y - p)) - ridge @ beta
                step = np.linalg.solve((a * (weight * p * (1 - p))[:, None]).T @ a + ridge, grad)
                beta += step
                if np.abs(step).max() < 1e-9:
                    break
            score[test] = t @ beta
    return score


RIDGE = 100.0  # of 1, 3 … 1000 the one with the highest figures: this is the opponent


def cam(features, weights):
    return np.tensordot(weights["head.w"].astype(np.float64), features.astype(np.float64), 1) + float(weights["head.b"][0])


def out_of_fold(folder, table, inputs, runs):
    """Rows of oof.csv and pointing.csv."""
    extra = {r["file"]: r for r in csv.DictReader(open(folder / "labels.csv", newline=""))}
    boxes = data.boxes(folder)
    frame = frame_mask()
    border = frame_scores(table, inputs)
    kept = {r["file"] for r in table}
    rows, pointing = [], []
    for fold in range(5):
        path = runs / f"{fold}.npz"
        if not path.exists():
            print(f"fold {fold}: no run, left out")
            continue
        weights = dict(np.load(path))
        train = [i for i, r in enumerate(table) if r["fold"] != fold]
        test = [i for i, r in enumerate(table) if r["fold"] == fold]
        mean = np.mean([inputs[i] for i in train], 0)
        q = quantise(weights, [inputs[i] for i in train])
        raws = float_onnx(weights), int8_onnx(q)
        pics = [inputs[i] for i in test]
        z, maps = run_all(raws[0], pics)
        z8, maps8 = run_all(raws[1], pics)
        only_frame, _ = run_all(raws[0], [np.where(frame, x, mean).astype(np.float32) for x in pics])
        no_frame, _ = run_all(raws[0], [np.where(frame, mean, x).astype(np.float32) for x in pics])
        for k, i in enumerate(test):
            r, e = table[i], extra[table[i]["file"]]
            c, c8 = cam(maps[k], weights), cam(maps8[k], weights)
            up = np.clip(c, 0, None)
            ring = np.ones((CELLS, CELLS), bool)
            ring[1:-1, 1:-1] = False
            rows.append({"image": e["nih_name"], "patient": r["patient"], "fold": fold, "view": r["view"],
                         "columns": e["orig_w"], "rows": e["orig_h"], "age": r["age"], "sex": e["sex"], "id_range": r["id_range"],
                         "label": r["label"], "logit": f"{z[k]:.5f}", "logit_int8": f"{z8[k]:.5f}",
                         "logit_only_frame": f"{only_frame[k]:.5f}", "logit_no_frame": f"{no_frame[k]:.5f}",
                         "frame_model": f"{border[i]:.5f}", "cam_ring": f"{up[ring].sum() / max(up.sum(), 1e-9):.4f}"})
            if r["file"] in boxes:
                x, y, w, h = boxes[r["file"]]
                edges = (np.arange(CELLS) + 0.5) / CELLS
                inside = ((edges > y) & (edges < y + h))[:, None] & ((edges > x) & (edges < x + w))[None, :]
                peak, peak8 = np.unravel_index(c.argmax(), c.shape), np.unravel_index(c8.argmax(), c8.shape)
                pointing.append({"image": e["nih_name"], "used": "yes", "fold": fold, "view": r["view"],
                                 "x": f"{x:.4f}", "y": f"{y:.4f}", "w": f"{w:.4f}", "h": f"{h:.4f}",
                                 "row": peak[0], "column": peak[1], "row_int8": peak8[0], "column_int8": peak8[1],
                                 "share_in_box": f"{up[inside].sum() / max(up.sum(), 1e-9):.4f}"})
    scored = {r["image"] for r in pointing}
    for file in boxes:
        e = extra[file]
        if e["nih_name"] not in scored:
            why = "run not made" if file in kept else "age below 18" if int(e["age"]) < 18 else "other matrix size"
            x, y, w, h = boxes[file]
            pointing.append(dict.fromkeys(pointing[0], "") | {"image": e["nih_name"], "used": why, "fold": e["fold"], "view": e["view"],
                                                              "x": f"{x:.4f}", "y": f"{y:.4f}", "w": f"{w:.4f}", "h": f"{h:.4f}"})
    return rows, pointing


def selection(folder):
    """How many pictures of the subset stay, per view and class."""
    count = {}
    for r in csv.DictReader(open(folder / "labels.csv", newline="")):
        stays = "other matrix size" if r["std_matrix"] != "1" else "age below 18" if int(r["age"]) < 18 else "used"
        key = stays, r["view"], r["label"]
        count[key] = count.get(key, 0) + 1
    return [{"pictures": n, "why": why, "view": view, "label": label} for (why, view, label), n in sorted(count.items())]


def write_csv(path, rows):
    with open(path, "w", newline="") as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def vectors(table, inputs, weights, q, raws):
    """Inputs as bytes [n, 112, 112] (value / 255 is the network's input) and what comes out."""
    rng = np.random.default_rng(20)
    pick = [next(i for i, r in enumerate(table) if r["view"] == v and r["label"] == l and r["fold"] == 0) for v, l in (("AP", 0), ("PA", 1))]
    ramp = np.add.outer(np.arange(SIZE), np.arange(SIZE)) / (2 * SIZE - 2)
    named = [(table[i]["file"], inputs[i][0, 0]) for i in pick] + [
        ("noise", rng.random((SIZE, SIZE))), ("ramp", ramp), ("black", np.zeros((SIZE, SIZE))), ("white", np.ones((SIZE, SIZE)))]
    codes = np.stack([np.rint(p * 255).astype(np.uint8) for _, p in named])
    xs = [(c.astype(np.float32) / np.float32(255))[None, None] for c in codes]
    z, maps = run_all(raws[0], xs)
    z8, maps8 = run_all(raws[1], xs)
    scale = q["scales"]["block3"]
    listed = []
    for k, (name, _) in enumerate(named):
        listed.append({
            "name": name,
            "float": {"logit": float(z[k]), "cam": [round(float(v), 6) for v in cam(maps[k], weights).ravel()],
                      "features_mean": [round(float(v), 6) for v in maps[k].mean((1, 2), dtype=np.float64)]},
            "int8": {"logit": float(z8[k]), "cam": [round(float(v), 6) for v in cam(maps8[k], weights).ravel()],
                     "features_sha256": hashlib.sha256(np.rint(maps8[k] / scale).astype(np.uint8).tobytes()).hexdigest()}})
    return codes.tobytes(), {
        "input": "chest_vectors.bin: uint8, one picture of 112 x 112 after the other; network input = value / 255 in float32",
        "features_sha256": "of the int8 network's output `features` divided by `features_scale`, as 64*14*14 bytes: exact",
        "features_scale": scale, "vectors": listed}


def main():
    here = Path(__file__).resolve().parent
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--runs", type=Path, required=True)
    p.add_argument("--final", default="final", help="the run that ships: `final`, or a fold's")
    p.add_argument("--out", type=Path, default=here.parent)
    p.add_argument("--tests", type=Path, default=here.parents[2] / "tests" / "data")
    args = p.parse_args()
    table = data.rows(args.data)
    inputs = [prepare(pic) for pic in data.pictures(args.data, table)]
    rows, pointing = out_of_fold(args.data, table, inputs, args.runs)
    write_csv(args.out / "oof.csv", rows)
    write_csv(args.out / "pointing.csv", pointing)
    write_csv(args.out / "selection.csv", selection(args.data))

    weights = dict(np.load(args.runs / f"{args.final}.npz"))
    learnt = [i for i, r in enumerate(table) if args.final == "final" or r["fold"] != int(args.final)]
    q = quantise(weights, [inputs[i] for i in learnt])
    raws = float_onnx(weights), int8_onnx(q)
    files = {}
    for name, raw in zip(("model-f32.onnx", "model.onnx"), raws):
        (args.out / name).write_bytes(raw)
        files[name] = hashlib.sha256(raw).hexdigest()
        print(name, len(raw), "bytes")
    raw, listed = vectors(table, inputs, weights, q, raws)
    (args.tests / "chest_vectors.bin").write_bytes(raw)
    (args.tests / "chest_vectors.json").write_text(json.dumps(listed, indent=1) + "\n")

    path = args.out / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["file"] = {"name": "model.onnx", "sha256": files["model.onnx"], "quantisation": "int8-qdq"}
    manifest["file_float"] = {"name": "model-f32.onnx", "sha256": files["model-f32.onnx"], "quantisation": "float32"}
    manifest["training_data"] |= {"run": args.final, "pictures": len(learnt), "patients": len({table[i]["patient"] for i in learnt})}
    # the shortest decimals that give back the same float32
    short = lambda values: [json.loads(str(np.float32(v))) for v in values]
    manifest["explain"]["cam"] = {"weights": [short(weights["head.w"])], "bias": short(weights["head.b"])}
    path.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
