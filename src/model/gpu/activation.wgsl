// Functions of activations.

// eᵛ − 1 below 0: the polynomial of the CPU.
fn expm1(x: vec4<f32>) -> vec4<f32> {
  let v = clamp(x, vec4(-87.0), vec4(0.0));
  let n = round(v * 1.44269504);
  let r = (v - n * 0.693359375) + n * 2.12194440e-4;
  var p = vec4(1.9875691e-4) * r + 1.3982e-3;
  p = p * r + 8.333452e-3;
  p = p * r + 4.1665796e-2;
  p = p * r + 1.6666666e-1;
  p = p * r + 0.5;
  let e = p * (r * r) + r + 1.0;
  return e * bitcast<vec4<f32>>((vec4<i32>(n) + 127) << vec4(23u)) - 1.0;
}

// The error function within 4e-7: WGSL has none.
fn erf(x: vec4<f32>) -> vec4<f32> {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.5 * a);
  var p = vec4(0.17087277) * t - 0.82215223;
  p = p * t + 1.48851587;
  p = p * t - 1.13520398;
  p = p * t + 0.27886807;
  p = p * t - 0.18628806;
  p = p * t + 0.09678418;
  p = p * t + 0.37409196;
  p = p * t + 1.00002368;
  p = p * t - 1.26551223;
  let far = 1.0 - t * exp(p - a * a);
  // Near 0 the form above loses digits: there the series.
  let s = a * a;
  var q = vec4(-1.0 / 1320.0) * s + 1.0 / 216.0;
  q = q * s - 1.0 / 42.0;
  q = q * s + 0.1;
  q = q * s - 1.0 / 3.0;
  q = q * s + 1.0;
  let near = q * a * 1.12837917;
  return sign(x) * select(far, near, a < vec4(0.4));
}
