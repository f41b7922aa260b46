"""Makes the golden values of SelfAttention2d: run by hand, see golden.py.

The layer is written from eq. 1 to 3 of arXiv:1805.08318 with the widths C/8 and C/2 of the paper's published code, and
differentiated by autograd.
"""
import torch
from torch import nn

import golden


class SelfAttention2d(nn.Module):
    def __init__(self, channels, key_width, value_width):
        super().__init__()
        self.query = nn.Linear(channels, key_width, bias=False)
        self.key = nn.Linear(channels, key_width, bias=False)
        self.value = nn.Linear(channels, value_width, bias=False)
        self.out_proj = nn.Linear(value_width, channels, bias=False)
        self.gamma = nn.Parameter(torch.tensor([0.7]))

    def weights(self, x):
        rows = x.flatten(2).transpose(1, 2)
        return torch.softmax(self.query(rows) @ self.key(rows).transpose(1, 2), -1)

    def forward(self, x):
        rows = x.flatten(2).transpose(1, 2)
        out = self.out_proj(self.weights(x) @ self.value(rows))
        return x + self.gamma * out.transpose(1, 2).reshape(x.shape)


if __name__ == "__main__":
    torch.manual_seed(5)
    layer = SelfAttention2d(8, 2, 4)
    with torch.no_grad():
        for p in (layer.query, layer.key):
            p.weight.mul_(3)
    golden.module("self_attention_2d", "SAGAN self-attention over 3 x 4 positions", layer, {"x": torch.randn(2, 8, 3, 4)})
    file = golden.File("self_attention_2d_weights", "its attention weights, 2 x 12 x 12")
    torch.manual_seed(6)
    x = torch.randn(2, 8, 3, 4)
    for key, v in layer.state_dict().items():
        file.add("layer." + key, v)
    file.add("x", x)
    file.add("weights", layer.weights(x))
    file.close()
