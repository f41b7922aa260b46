"""Makes the golden values of the measures of generated samples in gan/: run by hand, see golden.py."""
import numpy as np
import torch

import golden

rng = np.random.default_rng(7)
file = golden.File("gan_measures", "measures of generated samples, by numpy and definition")


def add(name, value):
    file.add(name, torch.as_tensor(np.asarray(value, dtype=np.float64)))


def frechet(a, b):
    """By the eigenvalues of the product of the covariances, which are those of its root squared."""
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(np.maximum(np.linalg.eigvals(ca @ cb).real, 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * root


def kernel(a, b, degree=3, gamma=None, offset=1.0):
    gamma = 1 / a.shape[1] if gamma is None else gamma
    k = lambda x, y: (gamma * x @ y.T + offset) ** degree
    n, m = len(a), len(b)
    kaa, kbb = k(a, a), k(b, b)
    return ((kaa.sum() - np.trace(kaa)) / (n * (n - 1)) + (kbb.sum() - np.trace(kbb)) / (m * (m - 1))
            - 2 * k(a, b).mean())


def distances(a, b):
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))


def precision_recall(real, fake, k):
    reach = lambda x: np.sort(distances(x, x), axis=1)[:, k]  # column 0 is the sample itself
    within = lambda x, centres: (distances(x, centres) <= reach(centres)[None, :]).any(1).mean()
    return [within(fake, real), within(real, fake)]


real = rng.normal(size=(150, 6)) @ rng.normal(size=(6, 6)) + rng.normal(size=6)
fake = 0.8 * rng.normal(size=(131, 6)) @ rng.normal(size=(6, 6))
held_out = real[130:]
real = real[:130]
near = np.concatenate([fake[:40], real[:20] + 0.01 * rng.normal(size=(20, 6))])
add("real", real)
add("fake", fake)
add("near", near)
add("held_out", held_out)
add("mean", real.mean(0))
add("covariance", np.cov(real, rowvar=False))
add("frechet", [frechet(real, fake)])
add("kernel", [kernel(real, fake)])
add("kernel_of_degree_2", [kernel(real, fake, 2, 0.3, 0.5)])
add("precision_recall_3", precision_recall(real, near, 3))
add("precision_recall_1", precision_recall(real, fake, 1))
add("nearest_distance", distances(near, real).min(1))
add("nearest_index", distances(near, real).argmin(1))
from_fake, from_held_out = distances(near, real).min(1), distances(held_out, real).min(1)
difference = from_held_out[None, :] - from_fake[:, None]
add("memorization", [np.median(from_fake), np.median(from_held_out),
                     (difference > 0).mean() + (difference == 0).mean() / 2])
file.close()
