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


def tangent(name, text, layer, shape):
    """The derivative of layer in a direction, and the gradients of <d_dy, y_tangent> + <dy, y> by a double backward."""
    file = golden.File(name, f"torch.nn.{text}: gradients of <d_dy, y_tangent> + <dy, y>")
    for key, value in layer.state_dict().items():
        if value.is_floating_point():
            file.add("layer." + key, value)
    x = (torch.randn(shape) * 2 + 1).requires_grad_()
    direction = torch.randn(shape).requires_grad_()
    y = layer(x)
    d_dy, dy = torch.randn_like(y), torch.randn_like(y)
    # The gradient of <u, y> by x is linear in u: its own gradient, times the direction, is the tangent.
    u = torch.zeros_like(y).requires_grad_()
    (back,) = torch.autograd.grad(y, x, u, create_graph=True)
    (y_tangent,) = torch.autograd.grad(back, u, direction)
    # <d_dy, y_tangent> is <gradient of <d_dy, y> by x, direction>. Not y_tangent itself: its gradient would be of third
    # order, where torch takes the saved mean and deviation of LayerNorm and BatchNorm for constants.
    (back,) = torch.autograd.grad(y, x, d_dy, create_graph=True)
    s = (back * direction).sum() + (dy * y).sum()
    parameters = list(layer.parameters())
    gradients = torch.autograd.grad(s, [x, direction, *parameters])
    for key, value in (("x", x), ("direction", direction), ("d_dy", d_dy), ("dy", dy), ("y_tangent", y_tangent),
                       ("dx", gradients[0]), ("d_direction", gradients[1])):
        file.add(key, value)
    for (key, _), value in zip(layer.named_parameters(), gradients[2:]):
        file.add("gradient." + key, value)
    file.close()


torch.manual_seed(8)
tangent("layer_norm_tangent", "LayerNorm(5)", away_from_the_start(nn.LayerNorm(5)), (3, 5))
tangent("rms_norm_tangent", "RMSNorm(5), by its formula", away_from_the_start(RMSNorm(5)), (3, 5))
tangent("group_norm_tangent", "GroupNorm(2, 4)", away_from_the_start(nn.GroupNorm(2, 4)), (2, 4, 2, 3))
for name, text, layer, shape in (
        ("batch_norm_1d", "BatchNorm1d(3)", nn.BatchNorm1d(3), (5, 3)),
        ("batch_norm_2d", "BatchNorm2d(2)", nn.BatchNorm2d(2), (2, 2, 2, 3)),
        ("instance_norm_2d", "InstanceNorm2d(2, affine=True, track_running_stats=True)",
         nn.InstanceNorm2d(2, affine=True, track_running_stats=True), (2, 2, 2, 3))):
    layer = away_from_the_start(layer)
    tangent(f"{name}_tangent_prediction", f"{text}.eval()", layer.eval(), shape)
    tangent(f"{name}_tangent_training", f"{text}.train()", layer.train(), shape)
