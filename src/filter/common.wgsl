// What every filter's module begins with: a frame of modality values in, one out.
@group(0) @binding(0) var<storage, read> parameters: array<f32>; // columns, rows, then the filter's own
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

fn padding() -> f32 {
  return bitcast<f32>(0xff7fffffu); // f32::MIN
}
fn columns() -> i32 {
  return i32(parameters[0]);
}
fn rows() -> i32 {
  return i32(parameters[1]);
}
fn outside(id: vec3<u32>) -> bool {
  return i32(id.x) >= columns() || i32(id.y) >= rows();
}
