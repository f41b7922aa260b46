"""Makes the golden values of attention/rotary_positions.hpp: run by hand, see golden.py.

A pair of numbers is one complex number here, and a position multiplies it by a number of absolute value 1.
"""
import torch

import golden


class RotaryPositions(torch.nn.Module):
    def __init__(self, heads, interleaved, rotary_width, first_position, base):
        super().__init__()
        self.heads, self.interleaved, self.rotary_width = heads, interleaved, rotary_width
        self.first_position, self.base = first_position, base

    def forward(self, x):
        batch, length, width = x.shape
        heads = x.reshape(batch, length, self.heads, width // self.heads)
        turned, kept = heads[..., :self.rotary_width], heads[..., self.rotary_width:]
        if self.interleaved:
            numbers = torch.view_as_complex(turned.reshape(*turned.shape[:-1], -1, 2).contiguous())
        else:
            numbers = torch.complex(*turned.chunk(2, -1))
        position = torch.arange(self.first_position, self.first_position + length, dtype=torch.float64)
        pair = torch.arange(self.rotary_width // 2, dtype=torch.float64)
        angle = position[:, None] * self.base ** (-2 * pair / self.rotary_width)
        numbers = numbers * torch.polar(torch.ones_like(angle), angle)[:, None, :]
        if self.interleaved:
            turned = torch.view_as_real(numbers).flatten(-2)
        else:
            turned = torch.cat((numbers.real, numbers.imag), -1)
        return torch.cat((turned, kept), -1).reshape(batch, length, width)


torch.manual_seed(21)
golden.module("rotary_positions_interleaved", "3 heads of 4, pairs (2i, 2i + 1)",
              RotaryPositions(3, True, 4, 0, 10000.0), {"x": torch.randn(2, 5, 12)})
golden.module("rotary_positions_halves",
              "2 heads of 8 of which 6 turn, pairs (i, i + 3), from position 1000, base 500000",
              RotaryPositions(2, False, 6, 1000, 500000.0), {"x": torch.randn(2, 3, 16)})
