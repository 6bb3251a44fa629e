// Paints a scene as `cpu.rs` does; that file is the definition. Places come from tables that the CPU made (`taps.rs`), so that both agree
// on every tie; what is left to rounding is at most one display level.
@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> along_columns: array<vec4<f32>>; // low, high, weight, nearest or -1
@group(0) @binding(2) var<storage, read> along_rows: array<vec4<f32>>;
@group(0) @binding(3) var frame: texture_2d<f32>;
@group(0) @binding(4) var<storage, read> table: array<f32>; // VOI LUT entries, then the Presentation LUT
@group(0) @binding(5) var<storage, read> colours: array<u32>; // 256 of the picture, 256 of the heatmap, 256 of the labels, 256 of the marks
@group(0) @binding(6) var<storage, read> labels: array<u32>; // four a word, then the marks, then fixed colours, one a word
@group(0) @binding(7) var<storage, read> cells: array<f32>; // heatmap, padding() where no number is
@group(0) @binding(8) var<storage, read> cell_taps: array<vec4<f32>>; // along columns, then along rows

const COLOUR = 0;
const LINEAR = 1;
const VOI = 2; // 0 ramp, 1 sigmoid, 2 table
const CENTRE = 3;
const WIDTH = 4;
const LOW = 5;
const HIGH = 6;
const INVERT = 7;
const TURNED = 8;
const COLUMNS = 9;
const ROWS = 10;
const TABLE_FIRST = 11;
const TABLE_LENGTH = 12;
const LABELS = 13;
const LABEL_OPACITY = 14;
const OUTLINE = 15;
const HEAT = 16;
const HEAT_COLUMNS = 17;
const HEAT_SMOOTH = 18;
const HEAT_THRESHOLD = 19;
const HEAT_OPACITY = 20;
const HEAT_LOW = 21;
const HEAT_HIGH = 22;
const HEAT_ROWS_AT = 23;
const MARKS = 24; // words before the marks, or -1
const MARKS_OPACITY = 25;
const MARKS_OUTLINE = 26;
const LUT = 27; // entries before the Presentation LUT, or -1
const LUT_LAST = 28;
const FIXED = 29; // label maps before the fixed colours, or -1

fn padding() -> f32 {
  return bitcast<f32>(0xff7fffffu); // f32::MIN
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
  // One triangle over the whole canvas.
  return vec4<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

fn texel(x: f32, y: f32) -> vec4<f32> {
  return textureLoad(frame, vec2<i32>(i32(x), i32(y)), 0);
}
fn unpack(colour: u32) -> vec3<f32> {
  return vec3<f32>(f32(colour & 255u), f32((colour >> 8u) & 255u), f32((colour >> 16u) & 255u));
}
fn tap(x: f32, y: f32, nearest: f32) -> f32 {
  let value = texel(x, y).r;
  return select(value, nearest, value == padding());
}

fn grey(column: vec4<f32>, row: vec4<f32>) -> vec3<f32> {
  let nearest = texel(column.w, row.w).r;
  if (nearest == padding()) {
    return vec3<f32>(0.0);
  }
  var value = nearest;
  if (p[LINEAR] != 0.0) {
    let top_left = tap(column.x, row.x, nearest);
    let top_right = tap(column.y, row.x, nearest);
    let left = top_left + (tap(column.x, row.y, nearest) - top_left) * row.z;
    let right = top_right + (tap(column.y, row.y, nearest) - top_right) * row.z;
    value = left + (right - left) * column.z;
  }
  var shown = 0.0;
  if (p[VOI] == 0.0) {
    if (value <= p[LOW]) {
      shown = 0.0;
    } else if (value > p[HIGH]) {
      shown = 1.0;
    } else {
      shown = clamp((value - p[CENTRE]) / p[WIDTH] + 0.5, 0.0, 1.0);
    }
  } else if (p[VOI] == 1.0) {
    // Beyond ±80 the curve is flat, and exp would overflow.
    shown = 1.0 / (1.0 + exp(clamp(-4.0 * (value - p[CENTRE]) / p[WIDTH], -80.0, 80.0)));
  } else {
    let x = value - p[TABLE_FIRST];
    // Half away from zero, as the reference rounds.
    let rounded = select(ceil(x - 0.5), floor(x + 0.5), x >= 0.0);
    shown = table[u32(clamp(rounded, 0.0, p[TABLE_LENGTH] - 1.0))];
  }
  if (p[LUT] >= 0.0) {
    shown = table[u32(p[LUT]) + u32(min(floor(shown * p[LUT_LAST] + 0.5), p[LUT_LAST]))];
  }
  if (p[INVERT] != 0.0) {
    shown = 1.0 - shown;
  }
  return unpack(colours[u32(floor(shown * 255.0 + 0.5))]);
}

fn colour(column: vec4<f32>, row: vec4<f32>) -> vec3<f32> {
  // Texels are bytes over 255; back to whole numbers first.
  if (p[LINEAR] == 0.0) {
    return round(texel(column.w, row.w).rgb * 255.0);
  }
  let top_left = round(texel(column.x, row.x).rgb * 255.0);
  let top_right = round(texel(column.y, row.x).rgb * 255.0);
  let left = top_left + (round(texel(column.x, row.y).rgb * 255.0) - top_left) * row.z;
  let right = top_right + (round(texel(column.y, row.y).rgb * 255.0) - top_right) * row.z;
  return floor(left + (right - left) * column.z + 0.5);
}

fn blend(base: vec3<f32>, over: u32, opacity: f32) -> vec3<f32> {
  return floor(base + (unpack(over) - base) * opacity + 0.5);
}

fn label(first: u32, x: i32, y: i32) -> u32 {
  let at = u32(y * i32(p[COLUMNS]) + x);
  return (labels[first + (at >> 2u)] >> ((at & 3u) * 8u)) & 255u;
}

// `first`: the word with the first labels; `palette`: the colour of label 0.
fn over_labels(base: vec3<f32>, x: i32, y: i32, first: u32, palette: u32, outline: bool, opacity: f32) -> vec3<f32> {
  let own = label(first, x, y);
  if (own == 0u) {
    return base;
  }
  if (outline) {
    let inside = x > 0 && y > 0 && x + 1 < i32(p[COLUMNS]) && y + 1 < i32(p[ROWS]);
    if (inside) {
      let across = label(first, x - 1, y) == own && label(first, x + 1, y) == own;
      if (across && label(first, x, y - 1) == own && label(first, x, y + 1) == own) {
        return base;
      }
    }
  }
  return blend(base, colours[palette + own], opacity);
}

fn over_fixed(base: vec3<f32>, x: u32, y: u32) -> vec3<f32> {
  let columns = u32(p[COLUMNS]);
  let before = u32(p[FIXED]) * ((columns * u32(p[ROWS]) + 3u) >> 2u);
  let own = labels[before + y * columns + x];
  return select(unpack(own), base, (own >> 24u) == 0u);
}

fn cell(x: f32, y: f32) -> f32 {
  return cells[u32(y * p[HEAT_COLUMNS] + x)];
}

fn over_heatmap(base: vec3<f32>, column: vec4<f32>, row: vec4<f32>) -> vec3<f32> {
  var value = cell(column.w, row.w);
  if (p[HEAT_SMOOTH] != 0.0) {
    let a = cell(column.x, row.x);
    let b = cell(column.x, row.y);
    let c = cell(column.y, row.x);
    let d = cell(column.y, row.y);
    if (min(min(a, b), min(c, d)) == padding()) {
      return base;
    }
    let left = a + (b - a) * row.z;
    let right = c + (d - c) * row.z;
    value = left + (right - left) * column.z;
  }
  if (value == padding() || value < p[HEAT_THRESHOLD]) {
    return base;
  }
  let share = clamp((value - p[HEAT_LOW]) / (p[HEAT_HIGH] - p[HEAT_LOW]), 0.0, 1.0);
  return blend(base, colours[256u + u32(floor(share * 255.0 + 0.5))], p[HEAT_OPACITY]);
}

@fragment
fn paint(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
  let x = u32(position.x);
  let y = u32(position.y);
  let turned = p[TURNED] != 0.0;
  let column = along_columns[select(x, y, turned)];
  let row = along_rows[select(y, x, turned)];
  if (column.w < 0.0 || row.w < 0.0) {
    return vec4<f32>(0.0, 0.0, 0.0, 1.0);
  }
  var rgb: vec3<f32>;
  if (p[COLOUR] != 0.0) {
    rgb = colour(column, row);
  } else {
    rgb = grey(column, row);
  }
  if (p[FIXED] >= 0.0) {
    rgb = over_fixed(rgb, u32(column.w), u32(row.w));
  }
  if (p[LABELS] != 0.0) {
    rgb = over_labels(rgb, i32(column.w), i32(row.w), 0u, 512u, p[OUTLINE] != 0.0, p[LABEL_OPACITY]);
  }
  if (p[HEAT] != 0.0) {
    let cell_column = cell_taps[select(x, y, turned)];
    let cell_row = cell_taps[u32(p[HEAT_ROWS_AT]) + select(y, x, turned)];
    if (cell_column.w >= 0.0 && cell_row.w >= 0.0) {
      rgb = over_heatmap(rgb, cell_column, cell_row);
    }
  }
  if (p[MARKS] >= 0.0) {
    rgb = over_labels(rgb, i32(column.w), i32(row.w), u32(p[MARKS]), 768u, p[MARKS_OUTLINE] != 0.0, p[MARKS_OPACITY]);
  }
  return vec4<f32>(rgb / 255.0, 1.0);
}
