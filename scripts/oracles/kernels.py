"""Cases of QLinearConv for tests/kernels/cases.rs, from onnx.reference.ReferenceEvaluator (2-D) and, where that fails (3-D), an integer convolution by NumPy
with the same end. Full-range weights. Counts how often rounding before the zero point, or float32 products, would differ."""
import sys, json, numpy as np, onnx
from onnx import helper as h, TensorProto as T, numpy_helper as nh
from onnx.reference import ReferenceEvaluator
rng = np.random.default_rng(11)

def acc_of(x, w, b, s, d, p, g):
    n = x.ndim - 2
    xp = np.pad(x, [(0,0),(0,0)] + [(a, b_) for a, b_ in p])
    k = w.shape[2:]
    out = [(xp.shape[2+a] - d[a]*(k[a]-1) - 1)//s[a] + 1 for a in range(n)]
    y = np.zeros((1, w.shape[0], *out), np.int64)
    cg, og = w.shape[1], w.shape[0]//g
    for t in np.ndindex(*k):
        sl = tuple(slice(t[a]*d[a], t[a]*d[a] + (out[a]-1)*s[a] + 1, s[a]) for a in range(n))
        part = xp[(slice(None), slice(None)) + sl]
        for gi in range(g):
            y[:, gi*og:(gi+1)*og] += np.einsum('oc,nc...->no...', w[gi*og:(gi+1)*og][(slice(None), slice(None)) + t], part[:, gi*cg:(gi+1)*cg])
    return y + b.reshape((1,-1)+(1,)*n)

cases = []
stats = dict(outputs=0, f32_differs=0, rounding_first_differs=0)
for flat, ci, co, g, e, k, s, d, p, xs8, ws8, ys8, per in [
    (True, 3, 8, 1, (9,11), (3,3), (1,1), (1,1), ((1,1),(1,1)), False, True, False, True),
    (True, 16, 24, 1, (7,7), (3,3), (2,2), (1,1), ((1,0),(0,1)), False, True, False, True),
    (True, 16, 24, 1, (7,7), (1,1), (1,1), (1,1), ((0,0),(0,0)), False, True, False, False),
    (True, 16, 16, 16, (8,9), (3,3), (1,1), (1,1), ((1,1),(1,1)), False, True, False, True),
    (True, 8, 12, 4, (6,10), (3,5), (1,2), (2,1), ((2,2),(2,2)), True, True, True, True),
    (True, 5, 7, 1, (6,10), (2,3), (1,1), (1,3), ((0,1),(3,3)), False, False, False, False),
    (True, 64, 10, 1, (5,6), (3,3), (1,1), (1,1), ((1,1),(1,1)), True, True, False, True),
    (False, 5, 5, 1, (6,7,9), (3,3,3), (1,1,1), (2,2,2), ((2,2),)*3, False, True, False, True),
    (False, 4, 11, 1, (5,5,6), (3,3,3), (2,1,1), (1,1,1), ((1,1),)*3, False, True, False, True),
    (False, 6, 8, 2, (4,5,6), (2,3,3), (1,1,1), (1,4,1), ((1,0),(4,4),(0,0)), True, False, True, False),
]:
    n = 2 if flat else 3
    t = lambda s8: np.int8 if s8 else np.uint8
    full = lambda s8, shape: rng.integers(-128 if s8 else 0, 128 if s8 else 256, shape).astype(t(s8))
    x, w = full(xs8, (1,ci,*e)), full(ws8, (co,ci//g,*k))
    w.flat[0], w.flat[1] = (-128, 127) if ws8 else (0, 255)
    wz = np.zeros(co if per else (), t(ws8)) if ws8 else np.array(131, np.uint8)
    ws = (rng.random(co if per else ()) * 0.01 + 0.002).astype(np.float32)
    K = ci//g*int(np.prod(k))
    xsc, ysc = np.float32(0.0173), np.float32(0.0173*0.007*74*74*np.sqrt(K)/90)
    xz, yz = np.array(-11 if xs8 else 117, t(xs8)), np.array(5 if ys8 else 121, t(ys8))
    b = rng.integers(-30000, 30000, co).astype(np.int32)
    a = acc_of(x.astype(np.int64) - int(xz), w.astype(np.int64) - (wz.astype(np.int64).reshape((-1,)+(1,)*(n+1)) if wz.ndim else int(wz)), b, s, d, p, g)
    m = (xsc * ws / ysc).astype(np.float32)
    mm = m.reshape((1,-1)+(1,)*n) if per else m
    lo, hi = (-128,127) if ys8 else (0,255)
    first = np.clip(np.rint(a * mm.astype(np.float64)) + int(yz), lo, hi).astype(t(ys8))
    f32 = np.clip(np.rint(a.astype(np.float32) * mm) + np.float32(yz), lo, hi).astype(t(ys8))
    at = dict(kernel_shape=list(k), strides=list(s), dilations=list(d), pads=[q[0] for q in p]+[q[1] for q in p], group=g)
    tt = lambda s8: T.INT8 if s8 else T.UINT8
    c = lambda nm, v: nh.from_array(np.asarray(v), nm)
    model = h.make_model(h.make_graph([h.make_node("QLinearConv", ["x","xs","xz","w","ws","wz","ys","yz","b"], ["y"], **at)], "g",
        [h.make_tensor_value_info("x", tt(xs8), list(x.shape))], [h.make_tensor_value_info("y", tt(ys8), None)],
        [c("xs",xsc),c("xz",xz),c("w",w),c("ws",ws),c("wz",wz),c("ys",ysc),c("yz",yz),c("b",b)]), opset_imports=[h.make_opsetid("",21)], ir_version=10)
    source = "onnx.reference"
    try:
        y = ReferenceEvaluator(model).run(None, {"x": x})[0]
    except Exception as error:
        y, source = np.clip(np.rint(a * mm.astype(np.float64) + int(yz)), lo, hi).astype(t(ys8)), "numpy"
    stats["outputs"] += y.size; stats["f32_differs"] += int((f32 != y).sum()); stats["rounding_first_differs"] += int((first != y).sum())
    three = lambda v, one: [one]*(3-n) + list(v)
    last = lambda v: np.moveaxis(v[0], 0, -1)
    cases.append(dict(source=source, extent=three(e,1), inputs=ci, outputs=co, groups=g, kernel=three(k,1), stride=three(s,1), dilation=three(d,1),
        pads=[[0,0]]*(3-n)+[list(q) for q in p], signed=[xs8, ws8, ys8], x=[float(xsc), int(xz)], y=[float(ysc), int(yz)],
        ws=[float(v) for v in np.atleast_1d(ws)], wz=[int(v) for v in np.atleast_1d(wz)], b=b.tolist(),
        data=[last(x).reshape(-1).view(np.uint8).tolist(), w.reshape(-1).view(np.uint8).tolist(), last(y).reshape(-1).view(np.uint8).tolist()]))
print(stats, [c["source"] for c in cases], file=sys.stderr)
# Rust
r = lambda v: repr(v).replace("True","true").replace("False","false")
print("//! Cases of QLinearConv with full-range weights, written by `bench/reference.py` (onnx %s, NumPy %s). Do not edit.\n" % (onnx.__version__, np.__version__))
print("use super::Reference;\n\n#[rustfmt::skip]\npub const CASES: &[Reference] = &[")
for q in cases:
    hexed = lambda v: '"' + bytes(v).hex() + '"'
    print("    Reference { source: \"%s\", extent: %s, channels: [%d, %d, %d], kernel: %s, stride: %s, dilation: %s, pads: %s, signed: %s," % (q["source"], r(q["extent"]), q["inputs"], q["outputs"], q["groups"], r(q["kernel"]), r(q["stride"]), r(q["dilation"]), r(q["pads"]), r(q["signed"])))
    print("        x: (%s, %d), y: (%s, %d), w_scale: &%s, w_zero: &%s, bias: &%s," % (r(q["x"][0]), q["x"][1], r(q["y"][0]), q["y"][1], r(q["ws"]), r(q["wz"]), r(q["b"])))
    print("        input: %s,\n        weights: %s,\n        output: %s },\n" % tuple(hexed(v) for v in q["data"]))
print("];")
