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


class ProfileGenerator(nn.Module):
    """Scores of all items from sets of ids: a dense path beside two hops of pooling."""

    def __init__(self, items, dense, width, heads, code):
        super().__init__()
        self.dense = nn.Embedding(items, dense)
        self.dense_bias = nn.Parameter(torch.randn(dense))
        self.key, self.value = nn.Embedding(items, width), nn.Embedding(items, width)
        self.first, self.second = Pooling(width, heads), Pooling(width, heads)
        self.query = nn.Linear(width, width)
        self.code = nn.Linear(dense + 2 * width, code)
        self.scores = nn.Linear(code, items)

    def forward(self, ids, offsets):
        sums = [self.dense(ids[part]).sum(0) / max(1, part.stop - part.start) ** 0.5 for part in parts(offsets)]
        dense = torch.tanh(torch.stack(sums) + self.dense_bias)
        key, value = self.key(ids), self.value(ids)
        first = self.first(key, value, offsets)
        second = self.second(key, value, offsets, self.query(first))
        return self.scores(torch.tanh(self.code(torch.cat([dense, first, second], 1))))


class CandidateDiscriminator(nn.Module):
    """The prior, corrected by a network and a linear map of standardised features and pooled evidence."""

    def __init__(self, features, channels, heads, hidden):
        super().__init__()
        self.attention = Evidence(channels, heads)
        width = features + channels * heads
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
                                 nn.Linear(hidden, 1))
        self.skip = nn.Linear(width, 1, bias=False)
        self.register_buffer("feature_mean", torch.randn(features))
        self.register_buffer("feature_scale", torch.rand(features) + 0.5)

    def forward(self, features, prior, evidence, offsets):
        u = torch.cat([(features - self.feature_mean) * self.feature_scale, self.attention(evidence, offsets)], 1)
        return prior + self.mlp(u) + self.skip(u)


sets = torch.tensor([0, 3, 3, 4, 9])  # the second is empty
golden.module("profile_generator", "profile generator of 7 items with 2 heads", ProfileGenerator(7, 3, 4, 2, 5),
              {"ids": torch.tensor([0, 3, 6, 3, 1, 2, 4, 5, 0]), "offsets": sets})
golden.module("candidate_discriminator", "discriminator of 3 features, 2 relations and 3 heads",
              CandidateDiscriminator(3, 2, 3, 4),
              {"features": torch.randn(4, 3), "prior": torch.randn(4, 1), "evidence": torch.randn(9, 2),
               "offsets": sets})
