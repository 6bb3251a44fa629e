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
// a · m / 2^shift for whole numbers, rounded, halves to even: exactly, by a product of 64 bits.
fn rounded(a: f32, m: u32, shift: u32) -> f32 {
  let b = u32(abs(a));
  let low = (b & 0xffffu) * (m & 0xffffu);
  let cross = (b >> 16u) * (m & 0xffffu) + (low >> 16u);
  let other = (b & 0xffffu) * (m >> 16u) + (cross & 0xffffu);
  let lo = (other << 16u) | (low & 0xffffu);
  let hi = (b >> 16u) * (m >> 16u) + (cross >> 16u) + (other >> 16u);
  var whole = 0u;
  var rest = vec2(hi, lo);
  var half = vec2(0u, 0u);
  if shift < 32u {
    // Products beyond 32 bits are far beyond every range of bytes.
    whole = select((lo >> shift) | (hi << (31u - shift) << 1u), 0xffffffu, (hi >> shift) != 0u);
    rest = vec2(0u, lo & ((1u << shift) - 1u));
    half = vec2(0u, 1u << (shift - 1u));
  } else {
    whole = hi >> (shift - 32u);
    rest = vec2(hi & ((1u << (shift - 32u)) - 1u), lo);
    half = select(vec2(1u << (shift - 33u), 0u), vec2(0u, 0x80000000u), shift == 32u);
  }
  let above = rest.x > half.x || (rest.x == half.x && rest.y > half.y);
  let tie = rest.x == half.x && rest.y == half.y;
  whole = min(whole, 0xffffffu);
  whole += select(0u, 1u, above || (tie && (whole & 1u) == 1u));
  return select(f32(whole), -f32(whole), a < 0.0);
}
//: end

fn finish(v: vec4<f32>, group: u32) -> vec4<f32> {
//: when SCALED
  return v * bitcast<vec4<f32>>(ends[$ALL + group]);
//: end
//: when BYTES
  let m = ends[$ALL + group];
  let s = ends[2u * $ALL + group];
  let q = vec4(rounded(v.x, m.x, s.x), rounded(v.y, m.y, s.y), rounded(v.z, m.z, s.z), rounded(v.w, m.w, s.w));
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
