"""Makes the golden values of further baselines of recommend/: run by hand with numpy
(`/usr/bin/python3 tests/golden/make_recommend_baselines.py`), after make_recommend.py.

Worked out the slow and obvious way: dense matrices, sorted lists, sums written out. SLIM by coordinate descent to
convergence, another way than the library's.
"""
import math
import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
for line in (here / "recommend.txt").read_text().splitlines():
    if line.startswith("seen "):
        numbers = [float(t) for t in line.split(":")[1].split()]
USERS, ITEMS = 12, 15
X = np.zeros((USERS, ITEMS))
for u, i in zip(numbers[0::2], numbers[1::2]):
    X[int(u), int(i)] = 1
LINES = [f"# scores of further baselines for the interactions of recommend.txt; numpy {np.__version__}, float64"]


def add(name, array):
    array = np.asarray(array, dtype=np.float64)
    extents = " ".join(str(e) for e in array.shape)
    LINES.append(f"{name} {extents} : " + " ".join(repr(float(v)) for v in array.ravel()))


def best(entries, k):
    return sorted(entries, key=lambda e: (-e[1], e[0]))[:k]


def rp3beta(k, alpha, beta, normalize):
    n_i, n_u = X.sum(0), X.sum(1)
    w = np.zeros((ITEMS, ITEMS))
    for i in range(ITEMS):
        row = []
        for j in range(ITEMS):
            if i == j:
                continue
            chance = sum((1 / n_i[i]) ** alpha * (1 / n_u[u]) ** alpha for u in range(USERS) if X[u, i] and X[u, j])
            if chance > 0:
                row.append((j, chance / n_i[j] ** beta))
        row = best(row, k)
        total = sum(v for _, v in row) if normalize else 1.0
        for j, v in row:
            w[i, j] = v / total
    for j in range(ITEMS):
        kept = {i for i, _ in best([(i, w[i, j]) for i in range(ITEMS) if w[i, j] > 0], k)}
        for i in range(ITEMS):
            if i not in kept:
                w[i, j] = 0
    return X @ w


def slim(l1, l2):
    g = X.T @ X
    w = np.zeros((ITEMS, ITEMS))
    for j in range(ITEMS):
        for _ in range(5000):
            for i in range(ITEMS):
                if i != j:
                    rest = g[i, j] - sum(g[i, k] * w[k, j] for k in range(ITEMS) if k != i)
                    w[i, j] = max(0.0, (rest - l1) / (g[i, i] + l2))
    return X @ w


def pure_svd(f):
    v = np.linalg.svd(X)[2][:f]
    return X @ v.T @ v


def ials(q, alpha, reg):
    """Scores of the users for given item factors: the gradient of the objective by p is 0."""
    scores = np.zeros_like(X)
    for u in range(USERS):
        weight = np.diag(X[u] + alpha)
        a = q.T @ weight @ q + reg * (X[u].sum() + alpha * ITEMS) * np.eye(q.shape[1])
        scores[u] = q @ np.linalg.solve(a, q.T @ X[u])
    return scores


def user_knn(k, shrink, asymmetry, weighting):
    y = X.copy()
    if weighting != "none":
        y *= np.log((1 + USERS) / (1 + X.sum(0)))
    if weighting == "bm25":
        y *= (2.2 / (1.2 * (0.25 + 0.75 * X.sum(1) / X.sum(1).mean()) + 1))[:, None]
    out = np.zeros_like(X)
    for u in range(USERS):
        near = []
        for v in range(USERS):
            dot = float(y[u] @ y[v])
            if dot > 0:
                norms = (y[v] @ y[v] + 1e-12) ** asymmetry * (y[u] @ y[u] + 1e-12) ** (1 - asymmetry)
                near.append((v, dot / (norms + shrink + 1e-6)))
        for v, s in best(near, k):
            out[u] += s * X[v]
    return out


add("p3alpha", rp3beta(6, 0.8, 0.0, False))
add("rp3beta", rp3beta(4, 1.3, 0.5, False))
add("rp3beta.normalized", rp3beta(5, 1.0, 0.7, True))
add("slim", slim(0.1, 2.0))
add("slim.sparse", slim(1.0, 0.5))
add("pure_svd", pure_svd(4))
start = np.random.RandomState(3).normal(0, 0.5, (ITEMS, 5)).astype(np.float32).astype(np.float64)
add("ials.factors", start)
add("ials.scores", ials(start, 0.2, 0.05))
add("user_knn.none", user_knn(3, 1.5, 0.5, "none"))
add("user_knn.tf_idf", user_knn(5, 0.0, 0.7, "tf_idf"))
add("user_knn.bm25", user_knn(4, 10.0, 0.2, "bm25"))
(here / "recommend_baselines.txt").write_text("\n".join(LINES) + "\n")
