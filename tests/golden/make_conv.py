"""Makes the golden values of convolutions: run by hand, see golden.py."""
import torch
from torch import nn

import golden

torch.manual_seed(5)
for name, layer, shape in (
        ("conv_2d", nn.Conv2d(3, 2, 3), (2, 3, 4, 5)),
        ("conv_2d_uneven", nn.Conv2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 2), dilation=(2, 1), groups=2), (1, 4, 7, 8)),
        ("conv_2d_depthwise", nn.Conv2d(5, 5, 3, stride=2, padding=1, groups=5, bias=False), (1, 5, 5, 7)),
        ("conv_2d_pointwise", nn.Conv2d(5, 3, 1), (1, 5, 3, 4)),
        ("conv_transpose_2d", nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1), (2, 3, 2, 3)),
        ("conv_transpose_2d_uneven",
         nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), dilation=(2, 1), groups=2),
         (1, 4, 2, 3)),
        ("conv_transpose_2d_depthwise", nn.ConvTranspose2d(5, 5, 3, stride=2, groups=5, bias=False), (1, 5, 3, 4)),
):
    golden.module(name, f"torch.nn.{layer}", layer, {"x": torch.randn(*shape)})
