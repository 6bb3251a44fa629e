// Planes, slabs and pictures of a volume, a thread a pixel. Follows sampler.rs, slab.rs and raycast.rs; see gpu.rs for what p holds.
@group(0) @binding(0) var<storage, read> p: array<f32>;
@group(0) @binding(1) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> clear: array<u32>;
// Stored values, two 16-bit ones or one f32 a word, in buffers that a device can hold.
@group(0) @binding(3) var<storage, read> v0: array<u32>;
@group(0) @binding(4) var<storage, read> v1: array<u32>;
@group(0) @binding(5) var<storage, read> v2: array<u32>;
@group(0) @binding(6) var<storage, read> v3: array<u32>;
@group(0) @binding(7) var<storage, read_write> result: array<u32>;

const PADDING = -3.40282346638528859812e38;
const OPAQUE = 0.985;
const SIDE = 8.0;

fn at3(n: u32) -> vec3<f32> {
    return vec3<f32>(p[n], p[n + 1u], p[n + 2u]);
}
fn dims() -> vec3<f32> {
    return at3(2u);
}

fn stored(at: u32) -> f32 {
    let kind = u32(p[5]);
    let word_at = select(at >> 1u, at, kind == 2u);
    let words = bitcast<u32>(p[6]);
    let buffer = word_at / words;
    let i = word_at % words;
    var word: u32;
    switch buffer {
        case 0u: { word = v0[i]; }
        case 1u: { word = v1[i]; }
        case 2u: { word = v2[i]; }
        default: { word = v3[i]; }
    }
    if (kind == 2u) {
        return bitcast<f32>(word);
    }
    let half = select(word & 0xffffu, word >> 16u, (at & 1u) == 1u);
    if (kind == 1u) {
        return f32(half);
    }
    return f32(bitcast<i32>(half << 16u) >> 16u);
}

fn between(place: vec3<f32>) -> f32 {
    let d = dims();
    let x = clamp(place, vec3<f32>(0.0), d - 1.0);
    let low = min(floor(x), d - 2.0);
    let part = x - low;
    let columns = u32(d.x);
    let slice = columns * u32(d.y);
    let a = u32(low.x) + columns * u32(low.y) + slice * u32(low.z);
    let b = a + slice;
    let near0 = mix2(stored(a), stored(a + 1u), part.x);
    let near1 = mix2(stored(a + columns), stored(a + columns + 1u), part.x);
    let far0 = mix2(stored(b), stored(b + 1u), part.x);
    let far1 = mix2(stored(b + columns), stored(b + columns + 1u), part.x);
    let value = mix2(mix2(near0, near1, part.y), mix2(far0, far1, part.y), part.z);
    return value * p[7] + p[8];
}
fn mix2(a: f32, b: f32, part: f32) -> f32 {
    return a + (b - a) * part;
}

fn inside(place: vec3<f32>) -> bool {
    return all(place >= at3(22u)) && all(place <= at3(25u));
}

@compute @workgroup_size(8, 8)
fn plane(@builtin(global_invocation_id) id: vec3<u32>) {
    let width = u32(p[0]);
    if (id.x >= width || id.y >= u32(p[1])) {
        return;
    }
    let start = at3(10u) + f32(id.x) * at3(13u) + f32(id.y) * at3(16u);
    let layers = u32(p[50]);
    let how = u32(p[51]);
    var found = PADDING;
    var count = 0.0;
    for (var n = 0u; n < layers; n += 1u) {
        let place = start + f32(n) * at3(19u);
        if (!inside(place)) {
            continue;
        }
        let value = between(place);
        if (count == 0.0) {
            found = value;
        } else if (how == 0u) {
            found = max(found, value);
        } else if (how == 1u) {
            found = min(found, value);
        } else {
            found += value;
        }
        count += 1.0;
    }
    if (how == 2u && count > 0.0) {
        found /= count;
    }
    result[id.y * width + id.x] = bitcast<u32>(found);
}

fn entry(value: f32) -> vec4<f32> {
    let share = clamp((value - p[30]) / (p[31] - p[30]), 0.0, 1.0);
    return table[u32(share * f32(arrayLength(&table) - 1u) + 0.5)];
}

fn light(place: vec3<f32>) -> vec2<f32> {
    let x = vec3<f32>(1.0, 0.0, 0.0);
    let y = vec3<f32>(0.0, 1.0, 0.0);
    let z = vec3<f32>(0.0, 0.0, 1.0);
    let gradient = vec3<f32>(
        between(place + x) - between(place - x),
        between(place + y) - between(place - y),
        between(place + z) - between(place - z),
    );
    let normal = vec3<f32>(dot(at3(38u), gradient), dot(at3(41u), gradient), dot(at3(44u), gradient));
    let size = length(normal);
    if (size < 1e-6) {
        return vec2<f32>(0.75, 0.0);
    }
    let diffuse = abs(dot(normal, at3(32u))) / size;
    let shine = abs(dot(normal, at3(35u))) / size;
    return vec2<f32>(0.32 + 0.72 * diffuse, 0.16 * pow(shine, 24.0));
}

@compute @workgroup_size(8, 8)
fn rays(@builtin(global_invocation_id) id: vec3<u32>) {
    let width = u32(p[0]);
    if (id.x >= width || id.y >= u32(p[1])) {
        return;
    }
    let out_at = id.y * width + id.x;
    let start = at3(10u) + f32(id.x) * at3(13u) + f32(id.y) * at3(16u);
    let forward = at3(19u);
    let low = at3(22u);
    let high = at3(25u);
    var first = 0.0;
    var last = p[9];
    for (var a = 0; a < 3; a += 1) {
        if (abs(forward[a]) < 1e-9) {
            if (start[a] < low[a] || start[a] > high[a]) {
                result[out_at] = 0xff000000u;
                return;
            }
            continue;
        }
        let one = (low[a] - start[a]) / forward[a];
        let other = (high[a] - start[a]) / forward[a];
        first = max(first, ceil(min(one, other)));
        last = min(last, floor(max(one, other)));
    }
    let maximum = p[28] > 0.5;
    let lit = p[29] > 0.5;
    let blocks = at3(47u);
    var seen = vec3<f32>(0.0);
    var alpha = 0.0;
    var most = -3.0e38;
    var n = first;
    loop {
        if (n > last) {
            break;
        }
        let place = start + n * forward;
        if (!maximum) {
            let cell = min(floor(clamp(place, vec3<f32>(0.0), dims() - 1.0)), dims() - 2.0);
            let block = floor(cell / SIDE);
            let free = f32(clear[u32(block.x) + u32(blocks.x) * (u32(block.y) + u32(blocks.y) * u32(block.z))]);
            if (free > 0.0) {
                var steps = p[9];
                for (var a = 0; a < 3; a += 1) {
                    if (abs(forward[a]) < 1e-9) {
                        continue;
                    }
                    var border = (block[a] + free) * SIDE;
                    if (forward[a] > 0.0) {
                        if (block[a] + free >= blocks[a]) {
                            continue;
                        }
                    } else {
                        if (block[a] + 1.0 <= free) {
                            continue;
                        }
                        border = (block[a] + 1.0 - free) * SIDE;
                    }
                    steps = min(steps, (border - place[a]) / forward[a]);
                }
                n += floor(max(steps, 0.0)) + 1.0;
                continue;
            }
        }
        n += 1.0;
        let value = between(place);
        if (maximum) {
            most = max(most, value);
            continue;
        }
        let colour = entry(value);
        let share = (1.0 - alpha) * colour.a;
        if (share > 0.0) {
            var shade = vec2<f32>(0.85, 0.0);
            if (lit) {
                if (share > 0.002) {
                    shade = light(place);
                }
            } else {
                shade = vec2<f32>(1.0, 0.0);
            }
            seen += share * min(colour.rgb * shade.x + shade.y, vec3<f32>(1.0));
            alpha += share;
            if (alpha > OPAQUE) {
                break;
            }
        }
    }
    if (maximum && most > -3.0e38) {
        seen = entry(most).rgb;
    }
    let level = vec3<u32>(clamp(seen, vec3<f32>(0.0), vec3<f32>(1.0)) * 255.0 + 0.5);
    result[out_at] = level.r | (level.g << 8u) | (level.b << 16u) | 0xff000000u;
}
