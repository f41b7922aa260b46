"""Makes the golden values of ProjectionDiscriminator: run by hand, see golden.py.

Eq. 4 of arXiv:1802.05637 with a body Linear, tanh; first order and double backward by autograd.
"""
import torch
from torch import nn

import golden
from make_attention_tangent import tangent


class ProjectionDiscriminator(nn.Module):
    def __init__(self, width, features, classes):
        super().__init__()
        self.body = nn.Linear(width, features)
        self.head = nn.Linear(features, 1)
        self.embedding = nn.Linear(classes, features, bias=False)

    def forward(self, x, condition):
        h = torch.tanh(self.body(x))
        return self.head(h) + (self.embedding(condition) * h).sum(1, keepdim=True)


torch.manual_seed(31)
layer = ProjectionDiscriminator(3, 5, 4)
with torch.no_grad():
    for p in layer.parameters():
        p.copy_(torch.randn_like(p))
one_hot = torch.eye(4)[[2, 0, 2]]
inputs = {"x": torch.randn(3, 3), "condition": one_hot.clone()}
golden.module("projection_discriminator", "four classes", layer, inputs)
tangent("projection_discriminator_tangent", "four classes", layer, dict(layer.named_parameters()),
        {"x": torch.randn(3, 3), "condition": one_hot.clone()})
