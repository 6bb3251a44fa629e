// parameters: [2] pixels of the element, then column and row of each, relative to its anchor.
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>; // two frames, a and b

fn half(which: i32) -> i32 {
  return which * columns() * rows();
}

// The extreme of one place's neighbours, by `sign` (1 the least, -1 the most). what: 0 the source, 1 a, 2 b.
fn extreme(id: vec3<u32>, what: i32, sign: f32) -> f32 {
  let own = i32(id.y) * columns() + i32(id.x);
  if (source[own] == padding()) {
    return padding();
  }
  let count = i32(parameters[2]);
  // No neighbour at all: as far as numbers go.
  var best = bitcast<f32>(0x7f7fffffu);
  for (var i = 0; i < count; i++) {
    let x = i32(id.x) + i32(parameters[3 + 2 * i]);
    let y = i32(id.y) + i32(parameters[4 + 2 * i]);
    if (x < 0 || y < 0 || x >= columns() || y >= rows()) {
      continue;
    }
    let at = y * columns() + x;
    if (source[at] == padding()) {
      continue;
    }
    var value = source[at];
    if (what > 0) {
      value = scratch[half(what - 1) + at];
    }
    best = min(best, sign * value);
  }
  return sign * best;
}

fn place(id: vec3<u32>) -> i32 {
  return i32(id.y) * columns() + i32(id.x);
}

fn difference(id: vec3<u32>, a: f32, b: f32) {
  let at = place(id);
  if (source[at] == padding()) {
    result[at] = padding();
  } else {
    result[at] = max(a - b, 0.0);
  }
}

@compute @workgroup_size(8, 8)
fn least_sa(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(0) + place(id)] = extreme(id, 0, 1.0); }
}
@compute @workgroup_size(8, 8)
fn least_ab(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(1) + place(id)] = extreme(id, 1, 1.0); }
}
@compute @workgroup_size(8, 8)
fn least_ba(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(0) + place(id)] = extreme(id, 2, 1.0); }
}
@compute @workgroup_size(8, 8)
fn most_sa(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(0) + place(id)] = extreme(id, 0, -1.0); }
}
@compute @workgroup_size(8, 8)
fn most_ab(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(1) + place(id)] = extreme(id, 1, -1.0); }
}
@compute @workgroup_size(8, 8)
fn most_ba(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { scratch[half(0) + place(id)] = extreme(id, 2, -1.0); }
}
@compute @workgroup_size(8, 8)
fn keep_a(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { result[place(id)] = scratch[half(0) + place(id)]; }
}
@compute @workgroup_size(8, 8)
fn keep_b(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { result[place(id)] = scratch[half(1) + place(id)]; }
}
@compute @workgroup_size(8, 8)
fn source_minus_a(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, source[place(id)], scratch[half(0) + place(id)]); }
}
@compute @workgroup_size(8, 8)
fn source_minus_b(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, source[place(id)], scratch[half(1) + place(id)]); }
}
@compute @workgroup_size(8, 8)
fn a_minus_source(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, scratch[half(0) + place(id)], source[place(id)]); }
}
@compute @workgroup_size(8, 8)
fn b_minus_source(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, scratch[half(1) + place(id)], source[place(id)]); }
}
@compute @workgroup_size(8, 8)
fn result_minus_a(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, result[place(id)], scratch[half(0) + place(id)]); }
}
@compute @workgroup_size(8, 8)
fn result_minus_b(@builtin(global_invocation_id) id: vec3<u32>) {
  if (!outside(id)) { difference(id, result[place(id)], scratch[half(1) + place(id)]); }
}
