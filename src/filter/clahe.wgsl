// parameters: [2] tiles, [3] smallest value, [4] bins a unit, [5] largest − smallest, [6] clip,
// then four numbers a column and four a row: the tiles before and after it, the weight of the latter, the tile that it lies in.
@group(0) @binding(3) var<storage, read_write> scratch: array<atomic<u32>>; // by tile: 256 counts, then 256 shares (bits of f32)

const BINS = 256;

fn entry(line: i32, what: i32) -> f32 {
  return parameters[7 + 4 * line + what];
}
fn bin(value: f32) -> i32 {
  return min(i32((value - parameters[3]) * parameters[4]), BINS - 1);
}

@compute @workgroup_size(8, 8)
fn count(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let value = source[i32(id.y) * columns() + i32(id.x)];
  if (value != padding()) {
    let tile = i32(entry(columns() + i32(id.y), 3)) * i32(parameters[2]) + i32(entry(i32(id.x), 3));
    atomicAdd(&scratch[tile * BINS + bin(value)], 1u);
  }
}

@compute @workgroup_size(8, 8)
fn curve(@builtin(global_invocation_id) id: vec3<u32>) {
  let tiles = i32(parameters[2]);
  if (i32(id.x) >= tiles || i32(id.y) >= tiles) {
    return;
  }
  let first = (i32(id.y) * tiles + i32(id.x)) * BINS;
  var counts: array<f32, 256>;
  var total = 0.0;
  for (var b = 0; b < BINS; b++) {
    counts[b] = f32(atomicLoad(&scratch[first + b]));
    total += counts[b];
  }
  let limit = parameters[6] * total / f32(BINS);
  for (var round = 0; round < 16; round++) {
    var excess = 0.0;
    var free = 0.0;
    for (var b = 0; b < BINS; b++) {
      if (counts[b] > limit) {
        excess += counts[b] - limit;
        counts[b] = limit;
      } else if (counts[b] < limit) {
        free += 1.0;
      }
    }
    if (excess <= total * 1e-4 || free == 0.0) {
      break;
    }
    for (var b = 0; b < BINS; b++) {
      if (counts[b] < limit) {
        counts[b] += excess / free;
      }
    }
  }
  var sum = 0.0;
  for (var b = 0; b < BINS; b++) {
    sum += counts[b];
    var share = f32(b + 1) / f32(BINS);
    if (total > 0.0) {
      share = min(sum / total, 1.0);
    }
    atomicStore(&scratch[first + b], bitcast<u32>(share));
  }
}

fn share(tx: f32, ty: f32, b: i32) -> f32 {
  return bitcast<f32>(atomicLoad(&scratch[(i32(ty) * i32(parameters[2]) + i32(tx)) * BINS + b]));
}

@compute @workgroup_size(8, 8)
fn map(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  let value = source[at];
  if (value == padding()) {
    result[at] = padding();
    return;
  }
  let x = i32(id.x);
  let y = columns() + i32(id.y);
  let b = bin(value);
  let top = mix_by(share(entry(x, 0), entry(y, 0), b), share(entry(x, 1), entry(y, 0), b), entry(x, 2));
  let bottom = mix_by(share(entry(x, 0), entry(y, 1), b), share(entry(x, 1), entry(y, 1), b), entry(x, 2));
  result[at] = parameters[3] + mix_by(top, bottom, entry(y, 2)) * parameters[5];
}

fn mix_by(a: f32, b: f32, weight: f32) -> f32 {
  return a + (b - a) * weight;
}
