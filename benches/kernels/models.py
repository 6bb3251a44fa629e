"""One-layer ONNX models of the shapes to measure, float32 and QLinearConv, with weights and inputs beside them."""
import json, os, numpy as np, onnx
from onnx import helper as h, TensorProto as T, numpy_helper as nh

L = [  # name, extent D H W, cin, cout, groups, kernel, stride, dilation, pad
 ("resnet stem 7x7 s2 3-64 224", (1,224,224), 3, 64, 1, 7, 2, 1, 3),
 ("resnet 3x3 64-64 56", (1,56,56), 64, 64, 1, 3, 1, 1, 1),
 ("resnet 3x3 128-128 28", (1,28,28), 128, 128, 1, 3, 1, 1, 1),
 ("resnet 3x3 256-256 14", (1,14,14), 256, 256, 1, 3, 1, 1, 1),
 ("resnet 3x3 512-512 7", (1,7,7), 512, 512, 1, 3, 1, 1, 1),
 ("resnet 3x3 s2 64-128 56", (1,56,56), 64, 128, 1, 3, 2, 1, 1),
 ("resnet 1x1 s2 64-128 56", (1,56,56), 64, 128, 1, 1, 2, 1, 0),
 ("mobilenet pw 16-96 112", (1,112,112), 16, 96, 1, 1, 1, 1, 0),
 ("mobilenet pw 144-24 56", (1,56,56), 144, 24, 1, 1, 1, 1, 0),
 ("mobilenet pw 64-384 14", (1,14,14), 64, 384, 1, 1, 1, 1, 0),
 ("mobilenet pw 320-1280 7", (1,7,7), 320, 1280, 1, 1, 1, 1, 0),
 ("mobilenet dw s1 144 56", (1,56,56), 144, 144, 144, 3, 1, 1, 1),
 ("mobilenet dw s2 96 112", (1,112,112), 96, 96, 96, 3, 2, 1, 1),
 ("mobilenet dw s1 960 7", (1,7,7), 960, 960, 960, 3, 1, 1, 1),
 ("unet 3x3 1-32 256", (1,256,256), 1, 32, 1, 3, 1, 1, 1),
 ("unet 3x3 32-32 256", (1,256,256), 32, 32, 1, 3, 1, 1, 1),
 ("unet 3x3 64-64 128", (1,128,128), 64, 64, 1, 3, 1, 1, 1),
 ("unet 3x3 128-64 128", (1,128,128), 128, 64, 1, 3, 1, 1, 1),
 ("unet 3x3 256-256 32", (1,32,32), 256, 256, 1, 3, 1, 1, 1),
 ("meshnet 1-5 64^3 d1", (64,64,64), 1, 5, 1, 3, 1, 1, 1),
 ("meshnet 5-5 64^3 d1", (64,64,64), 5, 5, 1, 3, 1, 1, 1),
 ("meshnet 5-5 64^3 d16", (64,64,64), 5, 5, 1, 3, 1, 16, 16),
 ("meshnet 11-11 64^3 d1", (64,64,64), 11, 11, 1, 3, 1, 1, 1),
 ("meshnet 11-11 64^3 d16", (64,64,64), 11, 11, 1, 3, 1, 16, 16),
 ("meshnet 21-21 64^3 d2", (64,64,64), 21, 21, 1, 3, 1, 2, 2),
 ("meshnet 30-30 64^3 d1", (64,64,64), 30, 30, 1, 3, 1, 1, 1),
 ("meshnet 30-30 64^3 d16", (64,64,64), 30, 30, 1, 3, 1, 16, 16),
]
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models"); os.makedirs(here, exist_ok=True)
rng = np.random.default_rng(7)
table = []
for i, (name, e, ci, co, g, k, s, d, p) in enumerate(L):
    flat = e[0] == 1
    n = 2 if flat else 3
    e_ = e[-n:]
    out = [(v + 2*p - d*(k-1) - 1)//s + 1 for v in e_]
    w = (rng.standard_normal((co, ci//g) + (k,)*n) / np.sqrt(ci//g*k**n)).astype(np.float32)
    b = rng.standard_normal(co).astype(np.float32)
    q = np.clip(np.round(w / np.abs(w).max(axis=tuple(range(1, n+2)), keepdims=True) * 127), -128, 127).astype(np.int8)
    qs = (np.abs(w).max(axis=tuple(range(1, n+2))) / 127).astype(np.float32)
    xs, ys, xz, yz = np.float32(0.02), np.float32(0.05), 120, 100
    qb = np.round(b / (xs*qs)).astype(np.int32)
    at = dict(kernel_shape=[k]*n, strides=[s]*n, dilations=[d]*n, pads=[p]*(2*n), group=g)
    def save(path, nodes, ins, outs, inits):
        m = h.make_model(h.make_graph(nodes, "g", ins, outs, inits), opset_imports=[h.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(m); onnx.save(m, os.path.join(here, path))
    vi = lambda nm, t, sh: h.make_tensor_value_info(nm, t, sh)
    save(f"{i}.f32.onnx", [h.make_node("Conv", ["x","w","b"], ["y"], **at)], [vi("x",T.FLOAT,[1,ci,*e_])], [vi("y",T.FLOAT,[1,co,*out])],
         [nh.from_array(w,"w"), nh.from_array(b,"b")])
    c = lambda nm, v, t: nh.from_array(np.array(v, t), nm)
    save(f"{i}.q8.onnx", [h.make_node("QLinearConv", ["x","xs","xz","w","ws","wz","ys","yz","b"], ["y"], **at)],
         [vi("x",T.UINT8,[1,ci,*e_])], [vi("y",T.UINT8,[1,co,*out])],
         [nh.from_array(q,"w"), nh.from_array(qs,"ws"), c("wz",[0]*co,np.int8), c("xs",xs,np.float32), c("ys",ys,np.float32), c("xz",xz,np.uint8), c("yz",yz,np.uint8), nh.from_array(qb,"b")])
    for nm, v in (("w",w),("b",b),("q",q),("qs",np.concatenate([[xs,ys],qs]).astype(np.float32)),("qb",qb)):
        v.tofile(os.path.join(here, f"{i}.{nm}.bin"))
    three = lambda v, one: [one if flat else v, v, v]
    pp = [0,0] if flat else [p,p]
    table.append(dict(name=name, extent=list(e), output=[1]*(3-n)+out, ci=ci, co=co, macs=int(np.prod(out))*co*(ci//g)*k**n,
      p=[*e, ci, co, g, *three(k,1), *three(s,1), *three(d,1), *pp, p,p,p,p, 0, xz, yz], dims=[1,ci,*e_]))
json.dump(table, open(os.path.join(here, "table.json"), "w"))
