//! What is known before the run is computed before the run: constants, shapes, and arithmetic on them.

use super::{
    build::{Builder, Lay},
    ops::{copy, shape},
    value::{Constant, Value, count},
};
use crate::model::onnx::{Attribute, Node};

/// Values that a constant made here may have: shapes are short, and no small file asks for much memory.
const MOST: usize = 1 << 22;

/// Whole numbers or floats with their sizes.
#[derive(Debug, Clone)]
enum Numbers {
    Ints(Vec<i64>),
    Floats(Vec<f32>),
}

/// The constant that a node gives, where all that it needs is known. `None`: it is for the run.
pub(super) fn node<'a>(b: &Builder<'a>, node: &'a Node<'a>) -> Lay<Option<Constant<'a>>> {
    if !node.domain.is_empty() || node.outputs.len() != 1 {
        return Ok(None);
    }
    match node.op {
        "Constant" => return constant(b, node).map(Some),
        "Shape" => return sizes(b, node).map(Some),
        "Size" => {
            let n: usize = b.input(node, 0)?.dims().iter().product();
            return Ok(Some(Constant::Ints(vec![], [n as i64].into())));
        }
        _ => {}
    }
    if !matches!(
        node.op,
        "Identity"
            | "Cast"
            | "Gather"
            | "Slice"
            | "Concat"
            | "Unsqueeze"
            | "Squeeze"
            | "Reshape"
            | "Transpose"
            | "ConstantOfShape"
            | "Range"
            | "Add"
            | "Sub"
            | "Mul"
            | "Div"
            | "Mod"
            | "Min"
            | "Max"
            | "Pow"
            | "Equal"
            | "Less"
            | "Greater"
            | "And"
            | "Or"
            | "Not"
            | "Where"
            | "Floor"
            | "Ceil"
            | "Round"
            | "Sqrt"
            | "Neg"
            | "Abs"
            | "Reciprocal"
            | "ReduceProd"
            | "ReduceSum"
            | "Expand"
            | "Exp"
    ) {
        return Ok(None);
    }
    let mut inputs = vec![];
    for at in 0..node.inputs.len() {
        match b.optional(node, at)? {
            Some(Value::Live(_)) => return Ok(None),
            Some(Value::Constant(c)) => inputs.push(Some(c)),
            None => inputs.push(None),
        }
    }
    if node.op == "Identity" {
        return Ok(inputs.into_iter().next().flatten());
    }
    // Quantized weights stay as they are, and large ones are for their kernels.
    let small =
        |c: &Constant<'_>| !matches!(c, Constant::Quantized(_)) && count(c.dims(), MOST).is_some();
    if !inputs.iter().flatten().all(small) {
        return Ok(None);
    }
    // One constant may be read many times, by many nodes.
    for c in inputs.iter().flatten() {
        b.charge(c)?;
    }
    let all: Option<Vec<Option<Sized>>> = inputs
        .iter()
        .map(|c| match c {
            None => Some(None),
            Some(c) => numbers(c).map(|n| Some((c.dims().to_vec(), n))),
        })
        .collect();
    let Some(all) = all else {
        return Ok(None);
    };
    let made = computed(b, node, &all)?;
    if let Some((dims, _)) = &made {
        let n = count(dims, MOST).ok_or_else(|| b.beyond("a constant that is too large"))?;
        b.spend(n.saturating_mul(8))?;
    }
    Ok(made.map(|(dims, values)| match values {
        Numbers::Ints(v) => Constant::Ints(dims, v.into()),
        Numbers::Floats(v) => Constant::Floats(dims, v.into()),
    }))
}

fn numbers(c: &Constant<'_>) -> Option<Numbers> {
    c.ints()
        .map(Numbers::Ints)
        .or_else(|| c.floats().map(Numbers::Floats))
}

fn constant<'a>(b: &Builder<'a>, node: &'a Node<'a>) -> Lay<Constant<'a>> {
    for (name, value) in &node.attributes {
        return Ok(match (*name, value) {
            ("value", Attribute::Tensor(tensor)) => Constant::File(tensor),
            ("value_float", Attribute::Float(v)) => Constant::Floats(vec![], [*v].into()),
            ("value_int", Attribute::Int(v)) => Constant::Ints(vec![], [*v].into()),
            ("value_floats", Attribute::Floats(v)) => {
                Constant::Floats(vec![v.len()], v.as_slice().into())
            }
            ("value_ints", Attribute::Ints(v)) => {
                Constant::Ints(vec![v.len()], v.as_slice().into())
            }
            _ => continue,
        });
    }
    Err(b.refuse("a constant of a kind that is not known here"))
}

fn sizes<'a>(b: &Builder<'a>, node: &Node<'_>) -> Lay<Constant<'a>> {
    let dims: Vec<i64> = b.input(node, 0)?.dims().iter().map(|&n| n as i64).collect();
    let n = dims.len() as i64;
    let place = |v: i64| (if v < 0 { v.saturating_add(n) } else { v }).clamp(0, n) as usize;
    let (start, end) = (place(node.int("start", 0)), place(node.int("end", n)));
    let part = dims.get(start..end.max(start)).unwrap_or_default().to_vec();
    Ok(Constant::Ints(vec![part.len()], part.into()))
}

/// Sizes and values.
type Sized = (Vec<usize>, Numbers);
type Given = [Option<Sized>];
type Made = Option<Sized>;

fn computed(b: &Builder<'_>, node: &Node<'_>, inputs: &Given) -> Lay<Made> {
    let get = |at: usize| inputs.get(at).and_then(Option::as_ref);
    let Some((dims, first)) = get(0) else {
        return Ok(None);
    };
    let ints = |at: usize| match get(at) {
        Some((_, Numbers::Ints(v))) => Some(v.as_slice()),
        _ => None,
    };
    let axes = || ints(1).or_else(|| node.ints("axes"));
    let resized = |dims: Vec<usize>| Some((dims, first.clone()));
    Ok(match node.op {
        "Cast" => match (node.int("to", 0), first) {
            (1 | 10 | 11 | 16, Numbers::Ints(v)) => Some((
                dims.clone(),
                Numbers::Floats(v.iter().map(|&v| v as f32).collect()),
            )),
            (2 | 3 | 4 | 5 | 6 | 7 | 12 | 13, Numbers::Floats(v)) => Some((
                dims.clone(),
                Numbers::Ints(v.iter().map(|&v| v as i64).collect()),
            )),
            (9, Numbers::Ints(v)) => Some((
                dims.clone(),
                Numbers::Ints(v.iter().map(|&v| i64::from(v != 0)).collect()),
            )),
            (9, Numbers::Floats(v)) => Some((
                dims.clone(),
                Numbers::Ints(v.iter().map(|&v| i64::from(v != 0.0)).collect()),
            )),
            (1 | 10 | 11 | 16, Numbers::Floats(_))
            | (2 | 3 | 4 | 5 | 6 | 7 | 12 | 13, Numbers::Ints(_)) => resized(dims.clone()),
            _ => None,
        },
        "Squeeze" => resized(shape::squeezed(b, dims, axes())?),
        "Unsqueeze" => match axes() {
            Some(axes) => resized(shape::unsqueezed(b, dims, axes)?),
            None => None,
        },
        "Reshape" => match ints(1).or_else(|| node.ints("shape")) {
            Some(asked) => {
                let to = shape::reshaped(b, dims, asked, node.int("allowzero", 0) != 0)?;
                let same = to.iter().product::<usize>() == dims.iter().product::<usize>();
                if !same {
                    return Err(b.refuse("a shape of another number of values"));
                }
                resized(to)
            }
            None => None,
        },
        "Gather" => {
            let Some((shape, Numbers::Ints(indices))) = get(1) else {
                return Ok(None);
            };
            let axis = b.axis(node.int("axis", 0), dims.len())?;
            let n = dims.get(axis).copied().unwrap_or_default();
            let table = indices
                .iter()
                .map(|&i| b.axis(i, n))
                .collect::<Lay<Vec<_>>>()?;
            let mut to = dims.clone();
            to.splice(axis..=axis, shape.iter().copied());
            taken(dims, first, &[(axis, table)]).map(|values| (to, values))
        }
        "Slice" => {
            let tables: Vec<(usize, Vec<usize>)> = copy::slices(b, node, dims)?
                .into_iter()
                .map(|(axis, table)| (axis, table.into_iter().map(|i| i as usize).collect()))
                .collect();
            let mut to = dims.clone();
            for (axis, table) in &tables {
                if let Some(n) = to.get_mut(*axis) {
                    *n = table.len();
                }
            }
            taken(dims, first, &tables).map(|values| (to, values))
        }
        "Concat" => joined(b, node, inputs)?,
        "Transpose" if dims.len() < 2 => resized(dims.clone()),
        "Transpose" => {
            let order = match node.ints("perm") {
                Some(order) => b.sizes(order)?,
                None => (0..dims.len()).rev().collect(),
            };
            turned(dims, first, &order)
        }
        "ConstantOfShape" => {
            let Numbers::Ints(asked) = first else {
                return Ok(None);
            };
            let dims = b.sizes(asked)?;
            let n = dims
                .iter()
                .try_fold(1_usize, |n, &d| n.checked_mul(d))
                .filter(|&n| n <= MOST);
            let n = n.ok_or_else(|| b.beyond("a constant that is too large"))?;
            match node.attribute("value") {
                Some(Attribute::Tensor(tensor)) => match (tensor.ints(), tensor.floats()) {
                    (Some(v), _) => v.first().map(|&v| (dims, Numbers::Ints(vec![v; n]))),
                    (_, Some(v)) => v.first().map(|&v| (dims, Numbers::Floats(vec![v; n]))),
                    _ => None,
                },
                _ => Some((dims, Numbers::Floats(vec![0.0; n]))),
            }
        }
        "Range" => match (first, ints(1), ints(2)) {
            (Numbers::Ints(start), Some(&[limit]), Some(&[step])) if step != 0 => {
                let mut all = vec![];
                let mut at = start.first().copied().unwrap_or_default();
                while if step > 0 { at < limit } else { at > limit } {
                    if all.len() >= MOST {
                        return Err(b.beyond("a range that is too long"));
                    }
                    all.push(at);
                    at = at.saturating_add(step);
                }
                Some((vec![all.len()], Numbers::Ints(all)))
            }
            _ => None,
        },
        "Expand" => match ints(1) {
            Some(asked) => {
                let asked = b.sizes(asked)?;
                let to = copy::broadcast(dims, &asked)
                    .ok_or_else(|| b.refuse("shapes that do not fit together"))?;
                b.fits(&to)?;
                spread(dims, first, &to).map(|values| (to, values))
            }
            None => None,
        },
        "Where" => {
            let (Some((_, x)), Some((_, y)), Numbers::Ints(condition)) = (get(1), get(2), first)
            else {
                return Ok(None);
            };
            let all = (get(1).map(|(d, _)| d), get(2).map(|(d, _)| d));
            let (Some(p), Some(q)) = all else {
                return Ok(None);
            };
            let to = copy::broadcast(p, q).and_then(|to| copy::broadcast(&to, dims));
            let to = to.ok_or_else(|| b.refuse("shapes that do not fit together"))?;
            let condition = spread(dims, &Numbers::Ints(condition.clone()), &to);
            match (condition, spread(p, x, &to), spread(q, y, &to)) {
                (Some(Numbers::Ints(c)), Some(Numbers::Ints(x)), Some(Numbers::Ints(y))) => Some((
                    to,
                    Numbers::Ints(
                        c.iter()
                            .zip(x.iter().zip(&y))
                            .map(|(c, (x, y))| if *c != 0 { *x } else { *y })
                            .collect(),
                    ),
                )),
                (Some(Numbers::Ints(c)), Some(Numbers::Floats(x)), Some(Numbers::Floats(y))) => {
                    Some((
                        to,
                        Numbers::Floats(
                            c.iter()
                                .zip(x.iter().zip(&y))
                                .map(|(c, (x, y))| if *c != 0 { *x } else { *y })
                                .collect(),
                        ),
                    ))
                }
                _ => None,
            }
        }
        "ReduceProd" | "ReduceSum" if axes().is_none() || dims.len() == 1 => {
            let product = node.op == "ReduceProd";
            let to = if node.int("keepdims", 1) != 0 {
                vec![1; dims.len()]
            } else {
                vec![]
            };
            match first {
                Numbers::Ints(v) => {
                    let all = if product {
                        v.iter().try_fold(1_i64, |n, &v| n.checked_mul(v))
                    } else {
                        v.iter().try_fold(0_i64, |n, &v| n.checked_add(v))
                    };
                    all.map(|n| (to, Numbers::Ints(vec![n])))
                }
                Numbers::Floats(v) => {
                    let all = if product {
                        v.iter().product()
                    } else {
                        v.iter().sum()
                    };
                    Some((to, Numbers::Floats(vec![all])))
                }
            }
        }
        "Floor" | "Ceil" | "Round" | "Sqrt" | "Neg" | "Abs" | "Reciprocal" | "Not" | "Exp" => {
            one(node.op, first).map(|values| (dims.clone(), values))
        }
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Min" | "Max" | "Pow" | "Equal" | "Less"
        | "Greater" | "And" | "Or" => {
            let Some((other, second)) = get(1) else {
                return Ok(if inputs.len() == 1 {
                    resized(dims.clone())
                } else {
                    None
                });
            };
            if inputs.len() != 2 {
                return Ok(None);
            }
            let to = copy::broadcast(dims, other)
                .ok_or_else(|| b.refuse("shapes that do not fit together"))?;
            match (spread(dims, first, &to), spread(other, second, &to)) {
                // With fmod the sign is the dividend's.
                (Some(_), Some(_)) if node.op == "Mod" && node.int("fmod", 0) != 0 => None,
                (Some(x), Some(y)) => two(node.op, &x, &y).map(|values| (to, values)),
                _ => None,
            }
        }
        _ => None,
    })
}

fn one(op: &str, x: &Numbers) -> Option<Numbers> {
    Some(match x {
        Numbers::Ints(v) => Numbers::Ints(match op {
            "Neg" => v.iter().map(|v| v.wrapping_neg()).collect(),
            "Abs" => v.iter().map(|v| v.wrapping_abs()).collect(),
            "Not" => v.iter().map(|v| i64::from(*v == 0)).collect(),
            _ => return None,
        }),
        Numbers::Floats(v) => {
            let by: fn(f32) -> f32 = match op {
                "Floor" => f32::floor,
                "Ceil" => f32::ceil,
                "Round" => f32::round_ties_even,
                "Sqrt" => f32::sqrt,
                "Neg" => |v| -v,
                "Abs" => f32::abs,
                "Reciprocal" => |v| 1.0 / v,
                "Exp" => libm::expf,
                _ => return None,
            };
            Numbers::Floats(v.iter().map(|v| by(*v)).collect())
        }
    })
}

fn two(op: &str, x: &Numbers, y: &Numbers) -> Option<Numbers> {
    match (x, y) {
        (Numbers::Ints(x), Numbers::Ints(y)) => {
            let by: fn(i64, i64) -> Option<i64> = match op {
                "Add" => i64::checked_add,
                "Sub" => i64::checked_sub,
                "Mul" => i64::checked_mul,
                "Div" => i64::checked_div,
                "Mod" => |x, y| {
                    // The sign of the divisor, as Python has it.
                    let rest = x.checked_rem(y)?;
                    Some(if rest != 0 && (rest < 0) != (y < 0) {
                        rest + y
                    } else {
                        rest
                    })
                },
                "Min" => |x, y| Some(x.min(y)),
                "Max" => |x, y| Some(x.max(y)),
                "Pow" => |x, y| x.checked_pow(u32::try_from(y).ok()?),
                "Equal" => |x, y| Some(i64::from(x == y)),
                "Less" => |x, y| Some(i64::from(x < y)),
                "Greater" => |x, y| Some(i64::from(x > y)),
                "And" => |x, y| Some(i64::from(x != 0 && y != 0)),
                "Or" => |x, y| Some(i64::from(x != 0 || y != 0)),
                _ => return None,
            };
            x.iter()
                .zip(y)
                .map(|(x, y)| by(*x, *y))
                .collect::<Option<_>>()
                .map(Numbers::Ints)
        }
        (Numbers::Floats(x), Numbers::Floats(y)) => {
            let by: fn(f32, f32) -> f32 = match op {
                "Add" => |x, y| x + y,
                "Sub" => |x, y| x - y,
                "Mul" => |x, y| x * y,
                "Div" => |x, y| x / y,
                "Min" => f32::min,
                "Max" => f32::max,
                "Pow" => libm::powf,
                _ => return None,
            };
            Some(Numbers::Floats(
                x.iter().zip(y).map(|(x, y)| by(*x, *y)).collect(),
            ))
        }
        _ => None,
    }
}

/// Where each value of a tensor of sizes `to` lies in one of sizes `from` that is repeated.
fn spread(from: &[usize], values: &Numbers, to: &[usize]) -> Option<Numbers> {
    if from == to {
        return Some(values.clone());
    }
    let count = to
        .iter()
        .try_fold(1_usize, |n, &d| n.checked_mul(d))
        .filter(|&n| n <= MOST)?;
    let steps = copy::strides(from);
    let place = |mut at: usize| {
        let mut index = 0;
        for (back, &n) in to.iter().rev().enumerate() {
            let i = at % n.max(1);
            at /= n.max(1);
            if let Some(a) = from.len().checked_sub(back + 1)
                && from.get(a).is_some_and(|&own| own != 1)
            {
                index += i * steps.get(a).copied().unwrap_or_default();
            }
        }
        index
    };
    picked(values, (0..count).map(place))
}

fn picked(values: &Numbers, places: impl Iterator<Item = usize>) -> Option<Numbers> {
    match values {
        Numbers::Ints(v) => places
            .map(|i| v.get(i).copied())
            .collect::<Option<_>>()
            .map(Numbers::Ints),
        Numbers::Floats(v) => places
            .map(|i| v.get(i).copied())
            .collect::<Option<_>>()
            .map(Numbers::Floats),
    }
}

/// Places along some axes.
fn taken(dims: &[usize], values: &Numbers, tables: &[(usize, Vec<usize>)]) -> Option<Numbers> {
    let mut all: Vec<Vec<usize>> = dims.iter().map(|&n| (0..n).collect()).collect();
    for (axis, table) in tables {
        all.get_mut(*axis)?.clone_from(table);
    }
    let steps = copy::strides(dims);
    let mut places = vec![0_usize];
    for (table, step) in all.iter().zip(&steps) {
        if places.len().checked_mul(table.len())? > MOST {
            return None;
        }
        places = places
            .iter()
            .flat_map(|p| table.iter().map(move |i| p + i * step))
            .collect();
    }
    picked(values, places.into_iter())
}

fn turned(dims: &[usize], values: &Numbers, order: &[usize]) -> Made {
    let steps = copy::strides(dims);
    let mut places = vec![0_usize];
    let mut to = vec![];
    for &axis in order {
        let (n, step) = (*dims.get(axis)?, *steps.get(axis)?);
        places = places
            .iter()
            .flat_map(|p| (0..n).map(move |i| p + i * step))
            .collect();
        to.push(n);
        if places.len() > MOST {
            return None;
        }
    }
    (to.len() == dims.len()).then_some(())?;
    picked(values, places.into_iter()).map(|values| (to, values))
}

fn joined(b: &Builder<'_>, node: &Node<'_>, inputs: &Given) -> Lay<Made> {
    let Some(Some((head, _))) = inputs.first() else {
        return Ok(None);
    };
    let axis = b.axis(node.int("axis", 0), head.len())?;
    let wrong = || b.refuse("inputs that do not fit together");
    let mut to = head.clone();
    let mut size = 0;
    let (mut ints, mut floats) = (vec![], vec![]);
    for input in inputs {
        let Some((dims, values)) = input else {
            return Ok(None);
        };
        let same = dims.len() == head.len()
            && dims
                .iter()
                .zip(head)
                .enumerate()
                .all(|(a, (m, n))| a == axis || m == n);
        if !same {
            return Err(wrong());
        }
        size += dims.get(axis).copied().unwrap_or_default();
        let run: usize = dims.iter().skip(axis).product();
        match values {
            Numbers::Ints(v) => ints.push((run, v)),
            Numbers::Floats(v) => floats.push((run, v)),
        }
    }
    *to.get_mut(axis).ok_or_else(wrong)? = size;
    let outer: usize = head.iter().take(axis).product();
    if to.iter().product::<usize>() > MOST {
        return Err(b.beyond("a constant that is too large"));
    }
    let values = match (ints.is_empty(), floats.is_empty()) {
        (false, true) => Numbers::Ints(runs(&ints, outer).ok_or_else(wrong)?),
        (true, false) => Numbers::Floats(runs(&floats, outer).ok_or_else(wrong)?),
        _ => return Ok(None),
    };
    Ok(Some((to, values)))
}

fn runs<T: Copy>(of: &[(usize, &Vec<T>)], outer: usize) -> Option<Vec<T>> {
    let mut all = vec![];
    for i in 0..outer {
        for (run, values) in of {
            all.extend_from_slice(values.get(i * run..(i + 1) * run)?);
        }
    }
    Some(all)
}
