// After gaussian.wgsl, whose parameters and first pass it shares.
@compute @workgroup_size(8, 8)
fn sharpen(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  let value = source[at];
  if (value == padding()) {
    result[at] = padding();
  } else {
    result[at] = value + parameters[3] * (value - blurred(id));
  }
}
