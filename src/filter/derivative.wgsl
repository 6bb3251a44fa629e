// parameters: [2] side of the kernels, [3] part (0 magnitude, 1 x, 2 y, 3 sum), then the weights down and across of x, down and across of y.
fn mirrored(at: i32, length: i32) -> i32 {
  let last = length - 1;
  if (last == 0) {
    return 0;
  }
  let along = ((at % (2 * last)) + 2 * last) % (2 * last);
  return min(along, 2 * last - along);
}

@compute @workgroup_size(8, 8)
fn derive(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  if (source[at] == padding()) {
    result[at] = padding();
    return;
  }
  let side = i32(parameters[2]);
  let radius = side / 2;
  var sums = vec2<f32>(0.0, 0.0);
  for (var v = 0; v < side; v++) {
    let row = mirrored(i32(id.y) + v - radius, rows()) * columns();
    var line = vec2<f32>(0.0, 0.0);
    for (var u = 0; u < side; u++) {
      let value = source[row + mirrored(i32(id.x) + u - radius, columns())];
      if (value == padding()) {
        result[at] = 0.0;
        return;
      }
      line += value * vec2<f32>(parameters[4 + side + u], parameters[4 + 3 * side + u]);
    }
    sums += line * vec2<f32>(parameters[4 + v], parameters[4 + 2 * side + v]);
  }
  let part = i32(parameters[3]);
  if (part == 0) {
    result[at] = length(sums);
  } else if (part == 1) {
    result[at] = sums.x;
  } else if (part == 2) {
    result[at] = sums.y;
  } else {
    result[at] = sums.x + sums.y;
  }
}
