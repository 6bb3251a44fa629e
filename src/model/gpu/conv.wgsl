// A template (shader.rs): one plane of a layer's output from up to three planes of its input.
//
// `each x N` … `end` repeats its lines for x = 0 … N − 1, `when NAME` … `end` keeps them where NAME is set. Four channels lie together:
// groups × places. A thread has PLACES places and GROUPS groups of output channels: an input value is read once for all of them, a weight
// once for all places. With LABELS it has four places and one group after the other, and keeps the label of the largest logit.
struct Job { places: u32, columns: u32, rows: u32, present: u32 }
@group(0) @binding(0) var<uniform> job: Job;
// For each part: plane of taps, tap, input channel, group of output channels.
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
// For each group of output channels: bias (bits of floats); after these, factors; after these, shifts.
@group(0) @binding(2) var<storage, read> ends: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> plane0: array<$INPUT>;
@group(0) @binding(4) var<storage, read> plane1: array<$INPUT>;
@group(0) @binding(5) var<storage, read> plane2: array<$INPUT>;
//: when PLANES
@group(0) @binding(6) var<storage, read_write> result: array<vec4<f32>>;
//: end
//: when LABELS
@group(0) @binding(6) var<storage, read_write> result: array<u32>;
//: end

//: when BYTES
// a · m / 2^shift for whole numbers, rounded, halves to even: exactly, by products of 64 bits. Shifts are from 3 to 53.
fn rounded(a: vec4<f32>, m: vec4<u32>, shift: vec4<u32>) -> vec4<f32> {
  let b = vec4<u32>(abs(a));
  let low = (b & vec4(0xffffu)) * (m & vec4(0xffffu));
  let cross = (b >> vec4(16u)) * (m & vec4(0xffffu)) + (low >> vec4(16u));
  let other = (b & vec4(0xffffu)) * (m >> vec4(16u)) + (cross & vec4(0xffffu));
  let lo = (other << vec4(16u)) | (low & vec4(0xffffu));
  let hi = (b >> vec4(16u)) * (m >> vec4(16u)) + (cross >> vec4(16u)) + (other >> vec4(16u));
  let far = shift >= vec4(32u);
  let s = shift & vec4(31u);
  let below = (vec4(1u) << s) - vec4(1u);
  // What is beyond 32 bits is far beyond every range of bytes.
  let near = select((lo >> s) | (hi << ((vec4(32u) - s) & vec4(31u))), vec4(0xffffffu), (hi >> s) != vec4(0u));
  let whole = min(select(near, hi >> s, far), vec4(0xffffffu));
  let rest_hi = select(vec4(0u), hi & below, far);
  let rest_lo = select(lo & below, lo, far);
  let bit = (below + vec4(1u)) >> vec4(1u);
  let half_hi = select(vec4(0u), bit, far);
  let half_lo = select(bit, select(vec4(0u), vec4(0x80000000u), s == vec4(0u)), far);
  let same = rest_hi == half_hi;
  let up = (rest_hi > half_hi) | (same & (rest_lo > half_lo)) | (same & (rest_lo == half_lo) & ((whole & vec4(1u)) == vec4(1u)));
  let q = vec4<f32>(whole + select(vec4(0u), vec4(1u), up));
  return select(q, -q, a < vec4(0.0));
}
//: end

fn finish(v: vec4<f32>, group: u32) -> vec4<f32> {
//: when SCALED
  return v * bitcast<vec4<f32>>(ends[$ALL + group]);
//: end
//: when BYTES
  let q = rounded(v, ends[$ALL + group], ends[2u * $ALL + group]);
  return clamp(q, vec4($LOW), vec4($HIGH));
//: end
//: when FLOATS
  return $ACTIVATION;
//: end
}

@compute @workgroup_size($THREADS)
fn main(@builtin(workgroup_id) block: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
//: each v $PLACES
//: when PLANES
  let i$v = (block.x * $PLACES + $v) * $THREADS + lane;
//: end
//: when LABELS
  let i$v = (block.x * $THREADS + lane) * $PLACES + $v;
  var best$v = 0.0;
  var label$v = 0u;
//: end
  let x$v = i32(i$v % job.columns);
  let y$v = i32(i$v / job.columns);
//: end
//: when PLANES
  {
    let part = block.y;
//: end
//: when LABELS
  for (var part = 0u; part < $PARTS; part++) {
//: end
    let first = part * $GROUPS;
//: each o $GROUPS
    let b$o = bitcast<vec4<f32>>(ends[first + $o]);
//: each v $PLACES
    var a$v_$o = b$o;
//: end
//: end
//: each k 3
//: when PLANE$k
    if ((job.present >> $k) & 1u) != 0u {
      var w = (part * $DEEP + $TAP$k) * $STEP;
      for (var r = 0; r < $TALL; r++) {
        let dy = (r - $TALL / 2) * $DOWN;
        for (var c = 0; c < $WIDE; c++) {
          let dx = (c - $WIDE / 2) * $ACROSS;
//: each v $PLACES
          let in$v = y$v + dy >= 0 && y$v + dy < i32(job.rows) && x$v + dx >= 0 && x$v + dx < i32(job.columns);
          let at$v = select(0u, u32(i32(i$v) + dy * i32(job.columns) + dx), in$v);
//: end
//: when FULL
          for (var g = 0u; g < $WHOLE; g++) {
//: each v $PLACES
            let p$v = select(vec4(0.0), plane$k[g * job.places + at$v], in$v);
//: end
//: each c 4
            {
//: each o $GROUPS
              let w$o = weights[w + $o];
//: each v $PLACES
              a$v_$o += w$o * p$v[$c];
//: end
//: end
              w += $GROUPS;
            }
//: end
          }
//: end
//: when TAIL
          {
//: each v $PLACES
            let p$v = select(vec4(0.0), vec4(plane$k[$WHOLE * job.places + at$v]), in$v);
//: end
//: each c $MORE
            {
//: each o $GROUPS
              let w$o = weights[w + $o];
//: each v $PLACES
              a$v_$o += w$o * p$v[$c];
//: end
//: end
              w += $GROUPS;
            }
//: end
          }
//: end
        }
      }
    }
//: end
//: end
//: when PLANES
//: each o $GROUPS
    if first + $o < $ALL {
//: each v $PLACES
      if i$v < job.places {
        result[(first + $o) * job.places + i$v] = finish(a$v_$o, first + $o);
      }
//: end
    }
//: end
  }
//: end
//: when LABELS
//: each v $PLACES
    let f$v = finish(a$v_0, part);
//: end
//: each c 4
    if part * 4u + $c < $CHANNELS {
//: each v $PLACES
      // The first is best whatever it is, and of equals the first.
      if part * 4u + $c == 0u || f$v[$c] > best$v {
        best$v = f$v[$c];
        label$v = part * 4u + $c;
      }
//: end
    }
//: end
  }
  if i0 < job.places {
    result[block.x * $THREADS + lane] = label0 | (label1 << 8u) | (label2 << 16u) | (label3 << 24u);
  }
//: end
}
