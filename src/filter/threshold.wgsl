// parameters: [2] threshold, [3] type (0 binary, 1 inverse, 2 truncate, 3 to zero, 4 to zero inverse), [4] the end of what is above.
@compute @workgroup_size(8, 8)
fn cut(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  let value = source[at];
  if (value == padding()) {
    result[at] = padding();
    return;
  }
  let above = value > parameters[2] && value <= parameters[4];
  let kind = i32(parameters[3]);
  if (kind == 0) {
    result[at] = select(0.0, 255.0, above);
  } else if (kind == 1) {
    result[at] = select(255.0, 0.0, above);
  } else if (kind == 2) {
    result[at] = select(value, parameters[2], above);
  } else if (kind == 3) {
    result[at] = select(0.0, value, above);
  } else {
    result[at] = select(value, 0.0, above);
  }
}
