"""Trains the orientation network (needs: NumPy, Pillow, tensorflow-cpu 2.21).

    python train.py --data DIR --out RUNS --minutes 40                 # one sitting: RUNS/final.npz, RUNS/final.state.npz
    python train.py --data DIR --out RUNS --minutes 30 --rate 1e-3     # the next one goes on from RUNS/final.state.npz

A sitting ends after --minutes or after --steps, and is one cycle of the learning rate: up within its first twentieth, then down to nothing along a
cosine, so that what each sitting leaves can be used. A state is also kept every minute. RUNS/NAME.npz holds the weights with batch normalisation folded, which is
all that later steps need.

Half of each batch are adults, half children. Loss: cross-entropy over the eight ways and that of the grey scale. Nothing is chosen by the pictures of `test`.
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
import orient


def indices(groups: list[np.ndarray], counts: list[int], seed: int, step: int) -> np.ndarray:
    """Pictures of a step: of each group so many, without replacement until all were drawn."""
    out = []
    for g, (group, count) in enumerate(zip(groups, counts)):
        for k in range(step * count, (step + 1) * count):
            turn, place = divmod(k, len(group))
            out.append(group[np.random.default_rng((seed, 1, g, turn)).permutation(len(group))[place]])
    return np.random.default_rng((seed, 3, step)).permutation(out)


def save(path: Path, values: dict):
    """Whole or not at all."""
    part = path.with_suffix(".part")
    with open(part, "wb") as f:
        np.savez(f, **values)
    part.replace(path)


def right(model, x) -> str:
    """Shares of pictures, in all sixteen forms, whose turn, side and grey scale are told right."""
    turn, side, grey, n = 0, 0, 0, 0
    for k in range(orient.WAYS):
        for inverted in (0, 1):
            shown = np.stack([orient.turned(one, k) for one in x])[..., None]
            shown = 1 - shown if inverted else shown
            z = np.concatenate([model.predict_on_batch(shown[i : i + 64]) for i in range(0, len(x), 64)])
            p = np.exp(z[:, :8] - z[:, :8].max(1, keepdims=True))
            p = p.reshape(-1, 2, 4)
            turn += (p.sum(1).argmax(1) == k % 4).sum()
            side += (p.sum(2).argmax(1) == k // 4).sum()
            grey += ((z[:, 8] > 0) == inverted).sum()
            n += len(x)
    return f"turn {turn / n:.4f}, side {side / n:.4f}, grey {grey / n:.4f}"


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True, help="folder of runs, outside the repository")
    p.add_argument("--run", default="final")
    p.add_argument("--splits", nargs="+", default=["train"], choices=data.SPLITS[:2], help="what is learned from")
    p.add_argument("--minutes", type=float)
    p.add_argument("--steps", type=int)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--rate", type=float, default=3e-3)
    p.add_argument("--decay", type=float, default=0.02)
    p.add_argument("--dropout", type=float, default=0.2)
    p.add_argument("--smooth", type=float, default=0.05)
    p.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16; the weights stay float32")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    if (args.minutes is None) == (args.steps is None):
        p.error("one of --minutes and --steps")
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.keras.utils.set_random_seed(args.seed)
    if args.bfloat16:
        tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
    args.out.mkdir(parents=True, exist_ok=True)

    table = [r for r in data.rows(args.data) if r["group"] in data.GROUPS[:2] and r["split"] in data.SPLITS[:2]]
    cache = args.out / "pictures.npy"
    if not cache.exists():
        np.save(cache, data.learned(args.data, table))
    x = np.load(cache)
    use = [np.array([i for i, r in enumerate(table) if r["group"] == g and r["split"] in args.splits]) for g in data.GROUPS[:2]]
    counts = [args.batch // 2, args.batch - args.batch // 2]
    print("learned from:", [len(u) for u in use], flush=True)
    start = time.monotonic()

    model = network.keras_network(args.dropout)
    optimizer = tf.keras.optimizers.AdamW(args.rate, weight_decay=args.decay, global_clipnorm=2.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(model.trainable_variables)
    state_path = args.out / f"{args.run}.state.npz"
    done = 0
    if state_path.exists():
        state = np.load(state_path)
        done = int(state["steps"])
        model.set_weights([state[f"w{i}"] for i in range(len(model.weights))])
        for i, v in enumerate(optimizer.variables):
            v.assign(state[f"o{i}"])

    def keep():
        values = {f"w{i}": w for i, w in enumerate(model.get_weights())}
        values |= {f"o{i}": v.numpy() for i, v in enumerate(optimizer.variables)}
        save(state_path, values | {"steps": done})
        save(args.out / f"{args.run}.npz", network.fold(model) | {"steps": done, "batch": args.batch, "splits": args.splits})

    @tf.function
    def step(x, p):
        x = augment.apply(x, p)
        truth = tf.one_hot(p["way"], orient.WAYS) * (1 - args.smooth) + args.smooth / orient.WAYS
        grey = p["inverted"] * (1 - args.smooth) + args.smooth / 2
        with tf.GradientTape() as tape:
            z = tf.cast(model(x, training=True), tf.float32)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(truth, z[:, : orient.WAYS]))
            loss += tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(grey, z[:, orient.WAYS]))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        right = tf.argmax(z[:, : orient.WAYS], 1, tf.int32) == p["way"]
        return loss, tf.reduce_mean(tf.cast(right, tf.float32))

    first, kept, losses = done, start, []
    while True:
        now = time.monotonic()
        share = (done - first) / args.steps if args.steps else (now - start) / 60 / args.minutes
        if share >= 1.0:
            break
        optimizer.learning_rate.assign(args.rate * min(1.0, share / 0.05 + 1e-3) * 0.5 * (1 + np.cos(np.pi * share)))
        i = indices(use, counts, args.seed, done)
        numbers = augment.draw(np.random.default_rng((args.seed, 2, done)), len(i))
        losses.append([float(v) for v in step(tf.constant(x[i][..., None]), {k: tf.constant(v) for k, v in numbers.items()})])
        done += 1
        if now - kept > 60:
            kept = now
            keep()
            loss, told = np.mean(losses, 0)
            print(f"step {done} loss {loss:.4f} way {told:.3f} {now - start:.0f} s", flush=True)
            losses = []
    keep()
    for group in data.GROUPS[:2]:
        for split in data.SPLITS[:2]:
            those = [i for i, r in enumerate(table) if (r["group"], r["split"]) == (group, split)][:100]
            seen = "learned from" if split in args.splits else "not seen"
            print(f"{split} {group} ({seen}), {len(those)} pictures: {right(model, x[those])}", flush=True)
    print(f"{done} steps, {(time.monotonic() - start) / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
