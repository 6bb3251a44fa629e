// parameters: [2] radius.
@compute @workgroup_size(8, 8)
fn middle(@builtin(global_invocation_id) id: vec3<u32>) {
  if (outside(id)) {
    return;
  }
  let at = i32(id.y) * columns() + i32(id.x);
  if (source[at] == padding()) {
    result[at] = padding();
    return;
  }
  let radius = i32(parameters[2]);
  let from_x = max(i32(id.x) - radius, 0);
  let to_x = min(i32(id.x) + radius, columns() - 1);
  let from_y = max(i32(id.y) - radius, 0);
  let to_y = min(i32(id.y) + radius, rows() - 1);
  var near: array<f32, 49>;
  var count = 0;
  for (var y = from_y; y <= to_y; y++) {
    for (var x = from_x; x <= to_x; x++) {
      let value = source[y * columns() + x];
      if (value != padding()) {
        near[count] = value;
        count++;
      }
    }
  }
  // The value with as many smaller ones before it as the lower middle has.
  let wanted = (count - 1) / 2;
  for (var i = 0; i < count; i++) {
    let value = near[i];
    var smaller = 0;
    var equal = 0;
    for (var j = 0; j < count; j++) {
      smaller += i32(near[j] < value);
      equal += i32(near[j] == value);
    }
    if (smaller <= wanted && wanted < smaller + equal) {
      result[at] = value;
      return;
    }
  }
}
