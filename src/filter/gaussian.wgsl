// parameters: [2] radius, [3] amount (unsharp alone), [4..] the 2 · radius + 1 weights.
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>; // by pixel: Σ weight · value, Σ weight along its row

@compute @workgroup_size(8, 8)
fn across(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let radius = i32(parameters[2]);
  let line = i32(id.y) * columns();
  var sum = 0.0;
  var total = 0.0;
  for (var d = -radius; d <= radius; d++) {
    let value = source[line + clamp(i32(id.x) + d, 0, columns() - 1)];
    if (value != padding()) {
      let weight = parameters[4 + radius + d];
      sum += value * weight;
      total += weight;
    }
  }
  scratch[2 * (line + i32(id.x))] = sum;
  scratch[2 * (line + i32(id.x)) + 1] = total;
}

fn blurred(id: vec3<u32>) -> f32 {
  let radius = i32(parameters[2]);
  var sum = 0.0;
  var total = 0.0;
  for (var d = -radius; d <= radius; d++) {
    let at = 2 * (clamp(i32(id.y) + d, 0, rows() - 1) * columns() + i32(id.x));
    let weight = parameters[4 + radius + d];
    sum += scratch[at] * weight;
    total += scratch[at + 1] * weight;
  }
  return sum / total;
}

@compute @workgroup_size(8, 8)
fn down(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  if (source[at] == padding()) {
    result[at] = padding();
  } else {
    result[at] = blurred(id);
  }
}
