"""Makes the golden values of nn/: run by hand, see golden.py."""
import torch
from torch import nn

import golden

torch.manual_seed(1)
golden.module("linear", "torch.nn.Linear(5, 3)", nn.Linear(5, 3), {"x": torch.randn(4, 5)})

# Values on both sides of 0, far out, and around the threshold of Softplus.
for name, layer in (("relu", nn.ReLU()), ("leaky_relu", nn.LeakyReLU(0.2)), ("tanh", nn.Tanh()),
                    ("sigmoid", nn.Sigmoid()), ("gelu", nn.GELU()), ("silu", nn.SiLU()),
                    ("softplus", nn.Softplus(1.5, 12))):
    x = torch.cat([torch.randn(3, 5), torch.tensor([[-30.0, -9.0, -1e-3, 1e-3, 7.9], [8.1, 15.0, 25.0, -700.0, 40.0]])])
    golden.module(name, f"torch.nn.{layer}", layer, {"x": x})

golden.module("embedding", "torch.nn.Embedding(7, 3, padding_idx=2)", nn.Embedding(7, 3, padding_idx=2),
              {"ids": torch.tensor([4, 2, 0, 4, 6, 4])})


class BagOverRoot(nn.EmbeddingBag):
    def forward(self, ids, offsets):
        n = (offsets[1:] - offsets[:-1]).clamp(min=1)
        return super().forward(ids, offsets) / n[:, None].sqrt()


ids, offsets = torch.tensor([4, 2, 0, 4, 6, 4, 1]), torch.tensor([0, 3, 3, 4, 7])
golden.module("embedding_bag_sum", "torch.nn.EmbeddingBag(7, 3, mode='sum') with weights",
              nn.EmbeddingBag(7, 3, mode="sum", include_last_offset=True),
              {"ids": ids, "offsets": offsets, "weights": torch.randn(7)})
golden.module("embedding_bag_mean", "torch.nn.EmbeddingBag(7, 3, mode='mean')",
              nn.EmbeddingBag(7, 3, mode="mean", include_last_offset=True), {"ids": ids, "offsets": offsets})
golden.module("embedding_bag_sum_over_root", "torch.nn.EmbeddingBag(7, 3, mode='sum') / sqrt(n)",
              BagOverRoot(7, 3, mode="sum", include_last_offset=True), {"ids": ids, "offsets": offsets})


def away_from_the_start(layer):
    """Weights and biases of norms start as 1 and 0, which would hide a missing factor."""
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 0.5)
    return layer


golden.module("layer_norm", "torch.nn.LayerNorm(6)", away_from_the_start(nn.LayerNorm(6)),
              {"x": torch.randn(4, 6) * 3 + 1})

norm = away_from_the_start(nn.BatchNorm1d(3))
norm.running_mean.normal_()
norm.running_var.uniform_(0.5, 2)
golden.module("batch_norm_1d_prediction", "torch.nn.BatchNorm1d(3).eval()", norm.eval(), {"x": torch.randn(5, 3)})
before = {"before.running_mean": norm.running_mean.clone(), "before.running_var": norm.running_var.clone()}
norm.zero_grad()
golden.module("batch_norm_1d_training", "torch.nn.BatchNorm1d(3).train(), layer.running_* after the pass", norm.train(),
              {"x": torch.randn(5, 3) * 2 + 1})
file = golden.File("batch_norm_1d_before", "running averages before the pass of batch_norm_1d_training")
for key, value in before.items():
    file.add(key, value)
file.close()

golden.module("sequential", "torch.nn.Sequential(Linear(5, 4), GELU(), LayerNorm(4), Linear(4, 2))",
              nn.Sequential(nn.Linear(5, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 2)), {"x": torch.randn(3, 5)})


class Residual(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return x + self.layer(x)


golden.module("residual", "x + torch.nn.Linear(4, 4)(x)", Residual(nn.Linear(4, 4)), {"x": torch.randn(3, 4)})
