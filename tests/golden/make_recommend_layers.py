"""Makes the golden values of the layers and the loss that the recommender brings: run by hand, see golden.py.

PyTorch has none of them, so each formula is written out here, set by set, and torch differentiates it.
"""
import torch
from torch import nn

import golden

torch.manual_seed(11)


def parts(offsets):
    return [slice(a, b) for a, b in zip(offsets.tolist(), offsets.tolist()[1:])]


class Pooling(nn.Module):
    """Multi-head attention with one learned seed a head, over sets of varying length."""

    def __init__(self, width, heads):
        super().__init__()
        self.seed = nn.Parameter(torch.randn(width))
        self.heads = heads

    def forward(self, key, value, offsets, query=None):
        depth, rows = self.seed.numel() // self.heads, []
        for b, part in enumerate(parts(offsets)):
            q = self.seed if query is None else self.seed + query[b]
            k, v = (t[part].view(-1, self.heads, depth) for t in (key, value))
            weights = torch.softmax(torch.einsum("hd,nhd->nh", q.view(self.heads, depth), k) / depth ** 0.5, 0)
            rows.append(torch.einsum("nh,nhd->hd", weights, v).reshape(-1))
        return torch.stack(rows)


class Evidence(nn.Module):
    """Mean of each column of a list under softmax(sharpness * the column), for each sharpness."""

    def __init__(self, channels, heads):
        super().__init__()
        self.sharpness = nn.Parameter(torch.randn(channels, heads) * 2)

    def forward(self, evidence, offsets):
        rows = []
        for part in parts(offsets):
            m = evidence[part][:, :, None]
            rows.append((torch.softmax(self.sharpness * m, 0) * m).sum(0).reshape(-1))
        return torch.stack(rows)


offsets = torch.tensor([0, 3, 3, 4, 9])  # the second set is empty
golden.module("attention_pooling", "attention pooling with 2 seeds", Pooling(6, 2),
              {"key": torch.randn(9, 6) * 2, "value": torch.randn(9, 6), "offsets": offsets})
golden.module("attention_pooling_query", "attention pooling with 3 seeds and queries", Pooling(6, 3),
              {"key": torch.randn(9, 6) * 2, "value": torch.randn(9, 6), "offsets": offsets,
               "query": torch.randn(4, 6)})
golden.module("evidence_attention", "evidence attention of 2 channels and 3 heads", Evidence(2, 3),
              {"evidence": torch.randn(9, 2), "offsets": offsets})

x = torch.randn(12, 1, requires_grad=True)
scores = x * 3
positive = torch.tensor([1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0])
offsets = torch.tensor([0, 5, 5, 6, 7, 12])  # empty, without a positive, without a negative
costs = []
for part in parts(offsets):
    s, is_positive = scores[part, 0], positive[part] == 1
    for good in s[is_positive]:
        # cross-entropy of the positive among itself and the negatives
        costs.append(-torch.log_softmax(torch.cat([good.reshape(1), s[~is_positive]]), 0)[0])
scores.retain_grad()
mean = torch.stack(costs).mean()
mean.backward()
file = golden.File("candidate_list", "cross-entropy of each positive against the negatives of its list")
for name, value in (("x", scores), ("positive", positive), ("offsets", offsets), ("dx", scores.grad),
                    ("loss", mean.reshape(1))):
    file.add(name, value)
file.close()
