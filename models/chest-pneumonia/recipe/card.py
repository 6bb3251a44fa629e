"""Prints the model card, every figure of it computed from oof.csv, pointing.csv, selection.csv and explain.csv (needs: NumPy).

    python card.py            prints the card
    python card.py --write    writes CARD.md and the figures of manifest.json (calibration, threshold, metrics)
    python card.py --check    exit status 1 if CARD.md or manifest.json says anything else

Every score is out of fold: by the run that has seen no picture of that patient. Intervals are 95 %, from 2000
bootstrap samples of patients (all pictures of a drawn patient are drawn), within one view.
"""

import argparse
import csv
import difflib
import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent
DRAWS, SEED = 2000, 1
VIEWS = ("AP", "PA")
CELLS = 14
THRESHOLD = 0.5  # not tuned: the calibrated value at which both answers are equally likely at the prior


def read(name):
    with open(FOLDER / name, newline="") as f:
        return list(csv.DictReader(f))


class Table:
    """oof.csv as columns."""

    def __init__(self):
        rows = read("oof.csv")
        text = lambda k: np.array([r[k] for r in rows])
        number = lambda k: np.array([float(r[k]) for r in rows])
        self.view, self.patient, self.sex = text("view"), text("patient"), text("sex")
        self.fold, self.age, self.label = number("fold").astype(int), number("age"), number("label").astype(int)
        self.wide = number("columns") > number("rows")
        self.id_range = number("id_range") == 1
        self.score = {k: number(k) for k in ("logit", "logit_int8", "logit_only_frame", "logit_no_frame", "frame_model")}
        self.ring = number("cam_ring")
        self.score["age_sex"] = self.out_of_fold(np.c_[(self.age - 50) / 20, self.sex == "M"])
        for k, parts in {"sum": ("logit_int8", "frame_model")}.items():
            total = np.zeros(len(rows))
            for v in VIEWS:
                at = self.view == v
                total[at] = sum((self.score[p][at] - self.score[p][at].mean()) / self.score[p][at].std() for p in parts)
            self.score[k] = total

    def weights(self, at):
        """Each of the four class x view cells among `at` weighs the same."""
        w = np.zeros(len(self.label))
        for v in VIEWS:
            for y in (0, 1):
                cell = at & (self.view == v) & (self.label == y)
                w[cell] = 0.25 / max(cell.sum(), 1)
        return w

    def out_of_fold(self, x):
        """Logistic regression on the columns of x within a view, other folds' patients only."""
        out = np.zeros(len(self.label))
        for v in VIEWS:
            for fold in range(5):
                use, test = (self.view == v) & (self.fold != fold), (self.view == v) & (self.fold == fold)
                beta = logistic(x[use], self.label[use], self.weights(use)[use])
                out[test] = np.c_[x[test], np.ones(test.sum())] @ beta
        return out


def logistic(x, y, w):
    """Weighted maximum likelihood; the constant comes last."""
    x = np.c_[x, np.ones(len(x))].astype(float)
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(x.shape[1]), x.T @ (w * (y - p)))
        beta += step
        if np.abs(step).max() < 1e-12:
            break
    return beta


def draws(patients):
    """[DRAWS, n]: how often each picture is drawn."""
    names, index = np.unique(patients, return_inverse=True)
    rng = np.random.default_rng(SEED)
    pick = rng.integers(0, len(names), (DRAWS, len(names)))
    return np.stack([np.bincount(p, minlength=len(names))[index] for p in pick]).astype(float)


def wins(score, label):
    p, n = score[label == 1][:, None], score[label == 0][None, :]
    return (p > n) + 0.5 * (p == n)


def auc(t, key, at, minus=None):
    """AUC (or the difference of two) with its interval."""
    y, many = t.label[at], draws(t.patient[at])
    win = wins(t.score[key][at], y) - (wins(t.score[minus][at], y) if minus else 0.0)
    p, n = many[:, y == 1], many[:, y == 0]
    total = p.sum(1) * n.sum(1)
    sample = ((p @ win) * n).sum(1)[total > 0] / total[total > 0]
    return interval(win.mean(), sample)


def interval(value, sample):
    low, high = np.percentile(sample, [2.5, 97.5])
    return float(value), float(low), float(high)


def share(hit, patients):
    """A proportion with its interval."""
    many = draws(patients)
    total = many.sum(1)
    return interval(hit.mean(), (many @ hit)[total > 0] / total[total > 0])


def show(v, digits=3, sign=""):
    return f"{v[0]:{sign}.{digits}f} ({v[1]:{sign}.{digits}f} to {v[2]:{sign}.{digits}f})"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def calibrate(t):
    """Slope and offset for the manifest, and calibrated values where each fold had no part in its own."""
    z = t.score["logit_int8"]
    every = np.ones(len(z), bool)
    slope, offset = logistic(z[:, None], t.label, t.weights(every))
    value = np.zeros(len(z))
    for fold in range(5):
        use, test = t.fold != fold, t.fold == fold
        if test.any():
            a, b = logistic(z[use][:, None], t.label[use], t.weights(use)[use]) if use.any() else (slope, offset)
            value[test] = sigmoid(a * z[test] + b)
    return float(slope), float(offset), value


def reliability(t, value, bins=5):
    """Rows (from, to, pictures, mean value, share of positives), expected calibration error, Brier score; cells weighted alike."""
    w = t.weights(np.ones(len(value), bool))
    order = np.argsort(value, kind="stable")
    group = np.zeros(len(value), int)
    group[order] = np.minimum((np.cumsum(w[order]) - w[order] / 2) * bins, bins - 1).astype(int)
    rows, error = [], 0.0
    for g in range(bins):
        at = group == g
        mean, positive = np.average(value[at], weights=w[at]), np.average(t.label[at], weights=w[at])
        error += w[at].sum() * abs(mean - positive)
        rows.append((value[at].min(), value[at].max(), int(at.sum()), mean, positive))
    return rows, error, float(np.sum(w * (value - t.label) ** 2) / w.sum())


def pointing():
    """The pointing game: does the map's highest cell have its centre in the box?"""
    every = read("pointing.csv")
    used = [r for r in every if r["used"] == "yes"]
    middle = (np.arange(CELLS) + 0.5) / CELLS
    inside = []
    for r in used:
        x, y, w, h = (float(r[k]) for k in "xywh")
        inside.append(((middle > y) & (middle < y + h))[:, None] & ((middle > x) & (middle < x + w))[None, :])
    inside = np.array(inside)
    patient = np.array([r["image"].split("_")[0] for r in used])
    hit = lambda suffix: np.array([inside[k][int(r["row" + suffix]), int(r["column" + suffix])] for k, r in enumerate(used)], float)
    return {"boxes": len(every), "used": len(used), "why": {w: sum(r["used"] == w for r in every) for w in ("other matrix size", "age below 18", "run not made")},
            "hits": int(hit("").sum()), "hits8": int(hit("_int8").sum()), "rate": share(hit("_int8"), patient),
            "chance": float(inside.mean()), "fixed": int(inside.sum(0).max()),
            "share": share(np.array([float(r["share_in_box"]) for r in used]), patient)}


def compute():
    t = Table()
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    slope, offset, value = calibrate(t)
    rows, error, brier = reliability(t, value)
    in_view = {v: t.view == v for v in VIEWS}
    folds = sorted(set(t.fold.tolist()))
    a = {(k, v): auc(t, k, in_view[v]) for k in t.score for v in VIEWS}
    better = {(k, v): auc(t, "logit_int8", in_view[v], k) for k in ("frame_model", "logit_only_frame") for v in VIEWS}
    added = {v: auc(t, "sum", in_view[v], "frame_model") for v in VIEWS}
    n = lambda at: (int((t.label[at] == 1).sum()), int((t.label[at] == 0).sum()))
    count = {v: n(in_view[v]) for v in VIEWS}
    subsets = {}
    for v in VIEWS:
        for name, at in (("2500 x 2048", t.wide), ("2048 x 2500", ~t.wide), ("shared range of patient numbers", t.id_range)):
            at = at & in_view[v]
            subsets[v, name] = (n(at), auc(t, "logit_int8", at)) if min(n(at)) > 4 else (n(at), None)
    cost = {}
    for v in VIEWS:
        said = value >= THRESHOLD
        at = {y: in_view[v] & (t.label == y) for y in (0, 1)}
        cost[v] = {"sensitivity": share(said[at[1]].astype(float), t.patient[at[1]]),
                   "specificity": share((~said[at[0]]).astype(float), t.patient[at[0]])}
    point = pointing()
    ring = {v: float(t.ring[in_view[v]].mean()) for v in VIEWS}
    gap = t.score["logit_int8"] - t.score["logit"]

    r3 = lambda v: dict(zip(("value", "low", "high"), (round(x, 3) for x in v)))
    figures = {
        "calibration": {"method": "platt", "slope": round(slope, 4), "offset": round(offset, 4), "prior": 0.5},
        "threshold": {"value": THRESHOLD, "views": {v: {k: r3(x) for k, x in cost[v].items()} for v in VIEWS}},
        "metrics": {
            "evaluation": f"patient-wise, out of fold ({len(folds)} of 5 folds); adults, one matrix size; no external validation; 95 % intervals",
            "auc": {v: r3(a["logit_int8", v]) | {"positive": count[v][0], "negative": count[v][1]} for v in VIEWS},
            "auc_outer_frame_only": {v: r3(a["logit_only_frame", v]) for v in VIEWS},
            "auc_opponent_trained_on_outer_frame": {v: r3(a["frame_model", v]) for v in VIEWS},
            "expected_calibration_error": round(error, 3),
            "pointing_game": {"hits": point["hits8"], "boxes": point["used"], "chance": round(point["chance"], 3)},
        },
    }
    left = {}
    for r in read("selection.csv"):
        left[r["why"]] = left.get(r["why"], 0) + int(r["pictures"])
    text = CARD.format(
        ships=ships(t, manifest, folds), scored=len(t.label), scored_patients=len(set(t.patient)), draws=DRAWS, weights=sum(int(np.prod(s)) for s in SHAPES), n=manifest["training_data"]["pictures"], patients=manifest["training_data"]["patients"], total=sum(left.values()),
        stay=left["used"], size=left["other matrix size"], young=left["age below 18"],
        counts="\n".join(f"| {v} | {count[v][0]} | {count[v][1]} |" for v in VIEWS),
        claim=f"{a['logit_int8', 'AP'][0]:.2f} within AP (95 % {a['logit_int8', 'AP'][1]:.2f} to {a['logit_int8', 'AP'][2]:.2f}) and "
              f"{a['logit_int8', 'PA'][0]:.2f} within PA ({a['logit_int8', 'PA'][1]:.2f} to {a['logit_int8', 'PA'][2]:.2f})",
        auc="\n".join(f"| {name} | {show(a[k, 'AP'])} | {show(a[k, 'PA'])} |" for k, name in LINES),
        differences="\n".join(f"| {name} | {show(d['AP'], sign='+')} | {show(d['PA'], sign='+')} |" for name, d in (
            ("this model minus itself on the outer frame alone", {v: better["logit_only_frame", v] for v in VIEWS}),
            ("this model minus the opponent that learnt from the outer frame", {v: better["frame_model", v] for v in VIEWS}),
            ("opponent and this model together minus the opponent", added))),
        verdict=verdict(a, better, added),
        subsets="\n".join(f"| {v}, {name} | {m[0]} / {m[1]} | {show(x) if x else 'too few'} |" for (v, name), (m, x) in subsets.items()),
        slope=slope, offset=offset, error=error, brier=brier,
        bins="\n".join(f"| {lo:.2f} to {hi:.2f} | {m} | {mean:.2f} | {pos:.2f} |" for lo, hi, m, mean, pos in rows),
        cost="\n".join(f"| {v} | {show(cost[v]['sensitivity'], 2)} | {show(cost[v]['specificity'], 2)} |" for v in VIEWS),
        threshold=THRESHOLD, boxes=point["boxes"], used=point["used"], box_size=point["why"]["other matrix size"],
        unmade=f", {point['why']['run not made']} in folds without a run" if point["why"]["run not made"] else "", box_young=point["why"]["age below 18"], hits=point["hits8"], hits_float=point["hits"], rate=show(point["rate"], 2), chance=point["chance"],
        expected=point["chance"] * point["used"], fixed=point["fixed"], share=show(point["share"], 2), heat=heat(point),
        ring_ap=ring["AP"], ring_pa=ring["PA"], ring_area=1 - ((CELLS - 2) / CELLS) ** 2,
        **explained(), gap_sd=gap.std(), gap_max=np.abs(gap).max(), gap_mean=gap.mean(),
        link=manifest["training_data"]["link"], citation=manifest["training_data"]["citation"])
    return text, figures, manifest


SHAPES = ((16, 9), (16,), (24, 144), (24,), (24, 216), (24,), (24, 16), (24,), (48, 216), (48,), (48, 432), (48,), (48, 24), (48,),
          (64, 432), (64,), (64, 576), (64,), (64, 48), (64,), (64,), (1,))

LINES = (("logit_int8", "**this model** (8-bit)"), ("logit", "this model, float32"),
         ("logit_no_frame", "this model, outer frame replaced by the average picture's"),
         ("logit_only_frame", "this model, all but the outer frame replaced by the average picture's"),
         ("frame_model", "opponent: logistic regression that learnt from the outer frame alone"),
         ("age_sex", "opponent: age and sex alone"))


def ships(t, manifest, folds):
    """Which run ships, and what the figures are of."""
    run = manifest["training_data"]["run"]
    some = "all five" if len(folds) == 5 else f"folds {', '.join(map(str, folds))} (the runs of the others were not made)"
    if run == "final":
        return f"""Five folds by patient; scored are the pictures of {some}, each by the run that saw no picture of that patient. The network that ships was trained on
all folds: it was tested on nothing, and takes its figures from those runs."""
    at = {v: (t.view == v) & (t.fold == int(run)) for v in VIEWS}
    own = " and ".join(f"{show(auc(t, 'logit_int8', at[v]))} within {v}" for v in VIEWS)
    return f"""Five folds by patient; scored are the pictures of {some}, each by the run that saw no picture of that patient. The network that ships is the
run that left out fold {run}; on that fold alone its AUC is {own}. The other runs were made in the same way and show what this way gives."""


def verdict(a, better, added):
    """What the comparison with the border says, in words that follow from the figures."""
    out = []
    for v in VIEWS:
        own, d, plus = a["logit_only_frame", v], better["frame_model", v], added[v]
        leak = ("from the border alone it does no better than chance" if own[1] <= 0.5 <= own[2]
                else "from the border alone it does better than chance, so part of its figure may be leak" if own[1] > 0.5
                else "the border alone moves its answer the wrong way")
        clear = ("it is better than the opponent that learnt from the border" if d[1] > 0 else
                 "it is worse than the opponent that learnt from the border" if d[2] < 0 else
                 "it is **not shown to be better** than the opponent that learnt from the border (the interval of the difference holds 0)")
        more = "it adds to what the border says: both together are better than the border" if plus[1] > 0 else "it is not shown to add to what the border says"
        out.append(f"- {v}: {leak}; {clear}; {more}.")
    return "\n".join(out)


METHODS = ("cam", "eigen-cam", "score-cam", "occlusion", "rise")


def explained():
    """explain.csv as lines and words."""
    rows = read("explain.csv")
    lines, weak, alike, inside, outside = [], [], [], [], []
    for method in METHODS:
        of = [r for r in rows if r["method"] == method]
        number = lambda k: np.array([float(r[k]) for r in of if r[k] != ""])
        both = lambda v: f"{v.mean():+.3f} ({v.std():.3f})"
        deletion = number("deletion") - number("deletion_random")
        insertion = number("insertion") - number("insertion_random")
        rank, like, border = number("shuffled_rank_correlation"), number("shuffled_ssim"), number("border")
        lungs, area = number("lungs"), number("lungs_area")
        patient = np.array([r["image"].split("_")[0] for r in of if r["lungs"] != ""])
        more = share(lungs - area, patient)
        wins = int(((deletion < 0) & (insertion > 0)).sum())
        lines.append(f"| `{method}` | {max(int(r['runs']) for r in of):,} | {both(deletion)} | {both(insertion)} | {wins} of {len(of)} "
                     f"| {both(rank)} | {both(like)} | {border.mean():.2f} | {show(share(lungs, patient), 2)} | {show(more, 2, '+')} |")
        if more[1] > 0:
            inside.append(method)
        elif more[2] < 0:
            outside.append(method)
        error = lambda v: 2 * v.std() / np.sqrt(len(v))
        if insertion.mean() <= error(insertion):
            weak.append(method)
        if deletion.mean() >= -error(deletion):
            weak.append(f"{method} (deletion)")
        if rank.mean() > 0.5:
            alike.append(method)
    names = lambda many: ", ".join(f"`{m}`" for m in many)
    words = []
    if weak:
        words.append(f"Not shown to be better than a random map (within two standard errors): {names(m for m in weak if '(' not in m)} by insertion"
                     + (f"; {names(m.split(' ')[0] for m in weak if '(' in m)} by deletion" if any("(" in m for m in weak) else "") + ".")
    words.append(f"Much alike though the weights are shuffled (rank correlation above 0.5): {names(alike)}." if alike
                 else "No method's map stays the same when the weights are shuffled (no rank correlation above 0.5).")
    rest = [m for m in METHODS if m not in inside + outside]
    words.append(f"More of the map inside the lungs than chance would put there: {names(inside) or 'no method'}"
                 + (f"; less: {names(outside)}" if outside else "") + (f"; neither is shown for {names(rest)}." if rest else "."))
    area = {float(r["border_area"]) for r in rows if r["border_area"]}
    fields = {r["image"]: float(r["lungs_area"]) for r in rows if r["lungs_area"]}
    return {"explained": len({r["image"] for r in rows}), "explained_lines": "\n".join(lines), "explained_words": " ".join(words),
            "lungs_area": np.mean(list(fields.values())), "lungs_least": min(fields.values()), "lungs_most": max(fields.values()),
            "border_area": area.pop() if len(area) == 1 else float("nan")}


def heat(point):
    if point["rate"][1] > point["chance"]:
        return "The peak is in the box more often than by chance, and still misses most boxes" if point["rate"][0] < 0.5 else "The peak is in the box more often than by chance"
    return "That is not more than chance: **the map does not find the disease**"


CARD = """# Chest radiograph: report mentioned pneumonia

> Demonstration model, trained on {n} radiographs of {patients} adults of one US research hospital, with labels mined from reports;
> cross-validated AUC {claim}; no external validation; **not a medical device**.

Every figure about this model is printed again by `python recipe/card.py` from `oof.csv`, `pointing.csv`, `selection.csv` and `explain.csv` in this folder.

## What it is

A small residual network ({weights:,} weights; input 112 x 112, last map 14 x 14 of 64 channels, mean, one linear layer) that was trained from nothing.
It says how much a frontal chest radiograph of an adult looks like those whose report mentioned pneumonia, rather than like those
whose report mentioned no finding. That is not the same as pneumonia: of 287 such pictures that radiologists read again for
the RSNA challenge of 2018, they called 124 lung opacity, 106 otherwise abnormal and 57 normal.

Not for: diagnosis, triage or treatment; anyone below 18 years; lateral views; other body parts or modalities; telling pneumonia from other
opacities; ruling it out. The viewer refuses what is not CR or DX of the chest, PA or AP, or is known to be below 18; it warns where the age is not known.

## Data

NIH ChestX-ray14, provided by the NIH Clinical Center, <{link}>.
{citation}.
NIH puts no restriction on use and asks for the link, the citation and its name.

Of a subset of {total:,} pictures (half with pneumonia in the label, half without any finding), {size} were left out for another matrix size (other equipment: nearly all
of those are positive) and {young} for an age below 18. What stays are
{stay} pictures, all 2500 x 2048 or 2048 x 2500. Of these, {scored} of {scored_patients} patients are scored below:

| view | pneumonia mentioned | no finding |
| --- | --- | --- |
{counts}

{ships}

## Discrimination

AUC within one view, one matrix size, adults. Intervals are 95 %, from {draws} bootstrap samples of patients. There is no figure over both views: the view goes
with the label (and is plain to see), so it would be too high.

| | AP | PA |
| --- | --- | --- |
{auc}

The outer frame is 3/32 of each side. It shows collimation, markers, arms, chin and belly, hardly any lung; whatever it tells
about the label is about how the picture was taken and of whom.

| difference of AUC | AP | PA |
| --- | --- | --- |
{differences}

{verdict}

| 8-bit, by | positive / negative | AUC |
| --- | --- | --- |
{subsets}

Positive pictures come from all patient numbers, negative ones from a narrow range of early ones; "shared range" is that range, where the number tells nothing.

The 8-bit network's logits differ from the float32 network's by {gap_mean:+.4f} on average (standard deviation {gap_sd:.4f}, at most {gap_max:.3f}).

## Calibration

Shown value = 1 / (1 + exp(-({slope:.4f} x logit {offset:+.4f}))): Platt's method on the out-of-fold logits, the four class x view groups weighted alike, so for a
prior of one half. It is **not** the chance that the patient has pneumonia: where fewer pictures are positive, it is lower. The figures
of this section and the next use, for each fold, a calibration from the other four. Expected calibration error {error:.3f}, Brier score {brier:.3f} (0.25 says nothing).

| value | pictures | mean value | weighted share of positives |
| --- | --- | --- | --- |
{bins}

## Threshold

{threshold} on the shown value; it was not tuned.

| view | sensitivity | specificity |
| --- | --- | --- |
{cost}

## The heatmap

A class activation map: each of 14 x 14 cells gets sum over k of w_k f_k + b, and the mean of the cells is the logit. So the map is an exact account of
the number (method `cam`, made unless another is asked for); a cell sees far more than itself (71 x 71 of 112 x 112 pixels), so it is no outline.

Pointing game, out of fold: is the centre of the highest cell in the box that a radiologist drew around pneumonia? Of NIH's boxes, {boxes} for pneumonia are on pictures of the
subset; {box_size} of these are on pictures of the other matrix sizes and {box_young} on pictures below 18 years, which were left out{unmade}; {used} stay.
Hits: **{hits} of {used}**, {rate} (float32: {hits_float}). A random cell would hit {expected:.1f} ({chance:.3f} of the cells are in the box);
the best cell that is always the same would hit {fixed}. {heat}. Of the map's positive part, {share} lies in the box.
Share of the positive part on the outermost ring of cells ({ring_area:.0%} of the area): AP {ring_ap:.0%}, PA {ring_pa:.0%}.

## The other explanations, and what they are worth

`docs/EXPLAIN.md` says what each method does. Each is held against chance on {explained} pictures of the data, as many of each class and view (`explain.csv`, made by
`python recipe/explain.py`; for any image `negatoscope analyze FILE --model chest-pneumonia --explain METHOD --check`). The network has seen these pictures: the figures are
about the maps, not about how well it scores.

| method | runs | deletion minus random | insertion minus random | better than random in both | rank correlation, shuffled weights | SSIM, shuffled weights | share on the border (by chance {border_area:.2f}) | share inside the lungs (by chance {lungs_area:.2f}) | minus chance |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{explained_lines}

Means over the pictures, in brackets the standard deviation. Deletion: area under the score while cells are hidden, the highest first, minus that of five maps drawn at random; below 0 the map is
better than chance. Insertion: the same while cells are shown over a blurred picture; above 0 the map is better than chance. Shuffled weights: likeness of the map to those of
three networks whose weights were shuffled within each layer; 1 would be a map that is not about this network. Inside the lungs: share of the map's positive part in the lung
fields that `lung-field` found (from {lungs_least:.2f} to {lungs_most:.2f} of a picture; with its faults, and with the lung behind the heart), and that share minus the fields' part of the same
picture; intervals are 95 %, from {draws} bootstrap samples of patients. A map may lie in the lungs and still not on the disease.

{explained_words}

## How it was made

`recipe/`: `prepare.py` (the preparation, step by step), `train.py` (PyPI tensorflow-cpu 2.21, 40 epochs a run, on two cores), `export.py` (networks, 8-bit codes, tables, test vectors),
`explain.py`, `card.py`. Against leaks: one matrix size, groups drawn alike, random crop, aspect, contrast, gamma and sharpness, and in three of four training pictures an outer frame of 0 to 12 % a
side that belongs to another patient, or to nobody. `scripts/oracles/chest_reference.py` computes scores and maps a second way.

Weights: MIT OR Apache-2.0.
"""


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--write", action="store_true")
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    text, figures, manifest = compute()
    card, path = FOLDER / "CARD.md", FOLDER / "manifest.json"
    new = manifest | {"output": manifest["output"] | {k: figures[k] for k in ("calibration", "threshold")}, "metrics": figures["metrics"]}
    if args.write:
        card.write_text(text)
        path.write_text(json.dumps(new, indent=2) + "\n")
    elif args.check:
        wrong = list(difflib.unified_diff(card.read_text().splitlines(), text.splitlines(), "CARD.md", "computed", lineterm="", n=0))
        said, computed = (json.dumps(m, indent=2).splitlines() for m in (manifest, new))
        wrong += difflib.unified_diff(said, computed, "manifest.json", "computed", lineterm="", n=0)
        print("\n".join(wrong) or "CARD.md and manifest.json say what was computed")
        sys.exit(bool(wrong))
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
