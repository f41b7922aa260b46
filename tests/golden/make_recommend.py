"""Makes the golden values of recommend/: run by hand with numpy (`/usr/bin/python3 tests/golden/make_recommend.py`).

Everything is worked out here the slow and obvious way: dense matrices, sorted lists, sums written out.
"""
import math
import pathlib

import numpy as np

rng = np.random.RandomState(7)
USERS, ITEMS = 12, 15
LINES = [f"# small random interactions, their baselines and figures; numpy {np.__version__}, float64"]


def add(name, array):
    array = np.asarray(array, dtype=np.float64)
    extents = " ".join(str(e) for e in array.shape)
    LINES.append(f"{name} {extents} : " + " ".join(repr(float(v)) for v in array.ravel()))


def pairs(matrix):
    return [(u, i) for u in range(USERS) for i in range(ITEMS) if matrix[u, i]]


def figures(ranked, wanted, n):
    hits = [1.0 if item in wanted else 0.0 for item in ranked[:n]]
    first = next((1.0 / (j + 1) for j, h in enumerate(hits) if h), 0.0)
    gain = sum(h / math.log2(j + 2) for j, h in enumerate(hits))
    ideal = sum(1 / math.log2(j + 2) for j in range(min(len(wanted), n)))
    average = sum(h * sum(hits[: j + 1]) / (j + 1) for j, h in enumerate(hits)) / min(len(wanted), n)
    return [sum(hits) / n, sum(hits) / len(wanted), first, gain / ideal, average, float(any(hits))]


def evaluate(scores, seen, test, n):
    rows = []
    for u in range(USERS):
        wanted = {i for i in range(ITEMS) if test[u, i]}
        if wanted:
            candidates = [i for i in range(ITEMS) if not seen[u, i]]
            rows.append(figures(sorted(candidates, key=lambda i: (-scores[u, i], i)), wanted, n))
    return rows


def ease(x, penalty):
    p = np.linalg.inv(x.T @ x + penalty * np.eye(ITEMS))
    b = -p / np.diag(p)
    np.fill_diagonal(b, 0)
    return x @ b


def item_knn(x, k, shrink, asymmetry, weighting):
    popularity, lengths = x.sum(0), x.sum(1)
    y = x.copy()
    if weighting != "none":
        y *= np.log((1 + USERS) / (1 + popularity))
    if weighting == "bm25":
        y *= (2.2 / (1.2 * (0.25 + 0.75 * lengths / lengths.mean()) + 1))[:, None]
    dots = y.T @ y
    s = np.zeros_like(dots)
    for i in range(ITEMS):
        for j in range(ITEMS):
            if i != j:
                norms = (dots[i, i] + 1e-12) ** asymmetry * (dots[j, j] + 1e-12) ** (1 - asymmetry)
                s[i, j] = dots[i, j] / (norms + shrink + 1e-6)
    for j in range(ITEMS):
        # Float32, as the model compares them: equal similarities must stay equal.
        order = sorted(range(ITEMS), key=lambda i: (-np.float32(s[i, j]), i))
        for i in order[k:]:
            s[i, j] = 0
    return x @ s


taste = rng.rand(USERS, 3) @ rng.rand(3, ITEMS)
everything = rng.rand(USERS, ITEMS) < 0.55 * taste
test = everything & (rng.rand(USERS, ITEMS) < 0.35)
seen = everything & ~test
test[4] = False  # a user without test items
add("seen", pairs(seen))
add("test", pairs(test))
x = seen.astype(np.float64)

scores = rng.randint(0, 6, (USERS, ITEMS)).astype(np.float64)  # many ties
for u in range(USERS):  # one profile, one row of scores: a scorer sees nothing but the profile
    scores[u] = scores[next(v for v in range(USERS) if (seen[v] == seen[u]).all())]
add("scores", scores)
for n in (1, 5, 20):
    add(f"figures.{n}", evaluate(scores, seen, test, n))

add("popularity", x.sum(0))
add("ease.2.5", ease(x, 2.5))
add("knn.none", item_knn(x, 4, 1.5, 0.5, "none"))
add("knn.tf_idf", item_knn(x, 3, 0.0, 0.7, "tf_idf"))
add("knn.bm25", item_knn(x, 5, 10.0, 0.2, "bm25"))
(pathlib.Path(__file__).parent / "recommend.txt").write_text("\n".join(LINES) + "\n")
