"""Makes the golden values of the normalisations of images and of RMSNorm: run by hand, see golden.py."""
import torch
from torch import nn

import golden

torch.manual_seed(4)


def away_from_the_start(layer):
    """Weights and biases of norms start as 1 and 0, which would hide a missing factor."""
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 0.5)
    if getattr(layer, "running_mean", None) is not None:
        layer.running_mean.normal_()
        layer.running_var.uniform_(0.5, 2)
    return layer


def with_averages(name, text, norm, shape):
    """Prediction, training, and the running averages before the training pass."""
    golden.module(f"{name}_prediction", f"torch.nn.{text}.eval()", norm.eval(), {"x": torch.randn(shape)})
    before = {"before.running_mean": norm.running_mean.clone(), "before.running_var": norm.running_var.clone()}
    norm.zero_grad()
    golden.module(f"{name}_training", f"torch.nn.{text}.train(), layer.running_* after the pass", norm.train(),
                  {"x": torch.randn(shape) * 2 + 1})
    file = golden.File(f"{name}_before", f"running averages before the pass of {name}_training")
    for key, value in before.items():
        file.add(key, value)
    file.close()


with_averages("batch_norm_2d", "BatchNorm2d(3)", away_from_the_start(nn.BatchNorm2d(3)), (2, 3, 2, 3))

torch.manual_seed(5)
golden.module("group_norm", "torch.nn.GroupNorm(3, 6)", away_from_the_start(nn.GroupNorm(3, 6)),
              {"x": torch.randn(2, 6, 2, 3) * 2 + 1})

torch.manual_seed(6)
golden.module("instance_norm_2d", "torch.nn.InstanceNorm2d(3)", nn.InstanceNorm2d(3), {"x": torch.randn(2, 3, 2, 3)})
with_averages("instance_norm_2d", "InstanceNorm2d(3, affine=True, track_running_stats=True)",
              away_from_the_start(nn.InstanceNorm2d(3, affine=True, track_running_stats=True)), (2, 3, 2, 3))


class RMSNorm(nn.Module):
    """Zhang and Sennrich 2019, eq. 4, which torch 1.13 does not have."""

    def __init__(self, width, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x):
        return self.weight * x / torch.sqrt((x * x).mean(dim=-1, keepdim=True) + self.eps)


torch.manual_seed(7)
golden.module("rms_norm", "weight x / sqrt(mean(x^2) + 1e-5)", away_from_the_start(RMSNorm(6)),
              {"x": torch.randn(4, 6) * 3 + 1})
