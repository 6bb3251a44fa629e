"""Trains the lung-field network (needs: NumPy, Pillow, tensorflow-cpu 2.21).

    python train.py --data DIR --out RUNS --minutes 10                 # one sitting: RUNS/final.npz, RUNS/final.state.npz
    python train.py --data DIR --out RUNS --minutes 30 --rate 1e-3     # the next one goes on from RUNS/final.state.npz
    python train.py --data DIR --out RUNS --run trial --splits train --steps 2000

A sitting ends after --minutes or after --steps, and is one cycle of the learning rate: up within its first twentieth, then down to nothing along a
cosine, so that what each sitting leaves can be used. A state (weights, optimiser, number of steps) is also kept every minute: a sitting that was
broken off is followed by another one from there. RUNS/NAME.npz holds the weights with batch normalisation folded, which is all that later steps need.

Order of the pictures and their changes (augment.py) come from --seed and the number of the step: with --steps and one thread a sitting can be repeated. With
--minutes the machine decides how many steps there are, and how fast the rate falls.

Adults are a seventh of the pictures; each batch has two fifths of them. Loss: cross-entropy over the counted cells, and one minus Dice of each picture.
Nothing is chosen by the pictures of `test`; settings were fixed before the first sitting, so that `val` may be learned from as well.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

import augment
import data
import network
from prepare import on_source


def indices(groups: list[np.ndarray], counts: list[int], seed: int, step: int) -> np.ndarray:
    """Pictures of a step: of each group so many, without replacement until all were drawn."""
    out = []
    for g, (group, count) in enumerate(zip(groups, counts)):
        for k in range(step * count, (step + 1) * count):
            turn, place = divmod(k, len(group))
            out.append(group[np.random.default_rng((seed, 1, g, turn)).permutation(len(group))[place]])
    return np.array(out)


def loss_of(logits, lung, ignored):
    counted = 1.0 - ignored
    lung = lung / tf.maximum(counted, 1e-3) * tf.cast(counted > 1e-3, tf.float32)
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.clip_by_value(lung, 0.0, 1.0), logits=logits)
    cross = tf.reduce_sum(each * counted, (1, 2, 3)) / tf.reduce_sum(counted, (1, 2, 3))
    p = tf.sigmoid(logits) * counted
    lung = lung * counted
    dice = (2 * tf.reduce_sum(p * lung, (1, 2, 3)) + 1.0) / (tf.reduce_sum(p + lung, (1, 2, 3)) + 1.0)
    return tf.reduce_mean(cross + 1.0 - dice)


def save(path: Path, values: dict):
    """Whole or not at all."""
    part = path.with_suffix(".part")
    with open(part, "wb") as f:
        np.savez(f, **values)
    part.replace(path)


def scores(model, x, masks) -> np.ndarray:
    """Dice of each picture on the grid of its mask."""
    z = np.concatenate([model.predict_on_batch(x[i : i + 16]) for i in range(0, len(x), 16)])[..., 0]
    return np.array([data.dice(on_source(one > 0, *mask.shape), mask) for one, mask in zip(z, masks)])


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True, help="folder of runs, outside the repository")
    p.add_argument("--run", default="final")
    p.add_argument("--splits", nargs="+", default=["train", "val"], choices=data.SPLITS[:2], help="what is learned from")
    p.add_argument("--minutes", type=float)
    p.add_argument("--steps", type=int)
    p.add_argument("--batch", type=int, default=10)
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--decay", type=float, default=0.01)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    if (args.minutes is None) == (args.steps is None):
        p.error("one of --minutes and --steps")
    start = time.monotonic()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    table = data.rows(args.data)
    pictures, masks = data.pairs(args.data, table)
    last = lambda a: np.ascontiguousarray(a.reshape(len(a), *a.shape[-2:], 1))
    x = last(data.inputs(pictures))
    lung, ignored = map(last, data.targets(masks))
    use = [np.array([i for i, r in enumerate(table) if r["group"] == g and r["split"] in args.splits]) for g in data.GROUPS]
    adults = max(1, round(args.batch * 0.4))
    counts = [adults, args.batch - adults]

    model = network.keras_network()
    optimizer = tf.keras.optimizers.AdamW(args.rate, weight_decay=args.decay, global_clipnorm=2.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    state_path = args.out / f"{args.run}.state.npz"
    done = 0
    if state_path.exists():
        state = np.load(state_path)
        said = (int(state["seed"]), int(state["batch"]), list(state["splits"]))
        if said != (args.seed, args.batch, args.splits):
            raise SystemExit(f"{state_path} was made with seed, batch and splits {said}")
        done = int(state["steps"])
        model.set_weights([state[f"w{i}"] for i in range(len(model.weights))])
        for i, v in enumerate(optimizer.variables):
            v.assign(state[f"o{i}"])

    def keep():
        values = {f"w{i}": w for i, w in enumerate(model.get_weights())}
        values |= {f"o{i}": v.numpy() for i, v in enumerate(optimizer.variables)}
        save(state_path, values | {"steps": done, "seed": args.seed, "batch": args.batch, "splits": args.splits})
        about = {"steps": done, "batch": args.batch, "splits": args.splits, "seed": args.seed}
        save(args.out / f"{args.run}.npz", network.fold(model) | about)

    @tf.function
    def step(x, lung, ignored, p):
        x, lung, ignored = augment.apply(x, lung, ignored, p)
        with tf.GradientTape() as tape:
            loss = loss_of(model(x, training=True), lung, ignored)
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    first, kept, losses = done, start, []
    while True:
        now = time.monotonic()
        share = (done - first) / args.steps if args.steps else (now - start) / 60 / args.minutes
        if share >= 1.0:
            break
        optimizer.learning_rate.assign(args.rate * min(1.0, share / 0.05 + 1e-3) * 0.5 * (1 + np.cos(np.pi * share)))
        i = indices(use, counts, args.seed, done)
        numbers = augment.draw(np.random.default_rng((args.seed, 2, done)), len(i))
        losses.append(float(step(x[i], lung[i], ignored[i], {k: tf.constant(v) for k, v in numbers.items()})))
        done += 1
        if now - kept > 60:
            kept = now
            keep()
            print(f"step {done} loss {np.mean(losses):.4f} {now - start:.0f} s", flush=True)
            losses = []
    keep()
    for split in data.SPLITS[:2]:
        for group in data.GROUPS:
            those = [i for i, r in enumerate(table) if (r["group"], r["split"]) == (group, split)]
            found = scores(model, x[those], masks[those])
            seen = "learned from" if split in args.splits else "not seen"
            print(f"{split} {group} ({seen}): Dice {found.mean():.4f}, least {found.min():.4f}, {len(those)} pictures", flush=True)
    print(f"{done} steps, {(time.monotonic() - start) / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
