// Mean and variance of each channel over a volume's planes, and the normalisation by them. Four channels lie together.
struct Job { places: u32, columns: u32, rows: u32, present: u32 }
@group(0) @binding(0) var<uniform> job: Job;
@group(0) @binding(1) var<storage, read_write> plane: array<vec4<f32>>;
// For each plane and group: mean, and the sum of squares about it.
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;
// For each group: mean, factor, summand. Before `combine`, the factor is the network's scale.
@group(0) @binding(3) var<storage, read_write> by: array<vec4<f32>>;

var<workgroup> shares: array<vec4<f32>, 256>;

fn total(lane: u32, own: vec4<f32>) -> vec4<f32> {
  workgroupBarrier();
  shares[lane] = own;
  workgroupBarrier();
  for (var step = 128u; step > 0u; step /= 2u) {
    if lane < step { shares[lane] += shares[lane + step]; }
    workgroupBarrier();
  }
  return shares[0];
}

// A workgroup for each group of channels. `present`: the plane's number.
@compute @workgroup_size(256)
fn measure(@builtin(workgroup_id) block: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = block.x * job.places;
  var sum = vec4(0.0);
  for (var i = lane; i < job.places; i += 256u) { sum += plane[start + i]; }
  let mean = total(lane, sum) / f32(job.places);
  var square = vec4(0.0);
  for (var i = lane; i < job.places; i += 256u) {
    let d = plane[start + i] - mean;
    square += d * d;
  }
  let all = total(lane, square);
  if lane == 0u {
    let at = 2u * (job.present * $ALL + block.x);
    sums[at] = mean;
    sums[at + 1u] = all;
  }
}

// A thread for each group of channels. `present`: the number of planes.
@compute @workgroup_size(64)
fn combine(@builtin(global_invocation_id) id: vec3<u32>) {
  let group = id.x;
  if group >= $ALL { return; }
  let count = f32(job.present);
  let first = sums[2u * group];
  // About the first plane's mean, so that little is lost.
  var mean = vec4(0.0);
  for (var z = 0u; z < job.present; z++) { mean += sums[2u * (z * $ALL + group)] - first; }
  mean = first + mean / count;
  var square = vec4(0.0);
  for (var z = 0u; z < job.present; z++) {
    let at = 2u * (z * $ALL + group);
    let d = sums[at] - mean;
    square += sums[at + 1u] / f32(job.places) + d * d;
  }
  by[3u * group] = mean;
  by[3u * group + 1u] = by[3u * group + 1u] / sqrt(square / count + vec4($EPSILON));
}

@compute @workgroup_size(256)
fn apply(@builtin(workgroup_id) block: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = block.x * 256u + lane;
  if i >= job.places { return; }
  let at = block.y * job.places + i;
  let v = (plane[at] - by[3u * block.y]) * by[3u * block.y + 1u] + by[3u * block.y + 2u];
  plane[at] = $ACTIVATION;
}
