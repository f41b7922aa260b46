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


def tangent(name, layer, shape):
    """The derivative of layer in a direction, and the gradients of <d_dy, y_tangent> + <dy, y> by a double backward."""
    file = golden.File(name, f"torch.nn.{layer}: gradients of <d_dy, y_tangent> + <dy, y>")
    for key, value in layer.state_dict().items():
        file.add("layer." + key, value)
    x, direction = torch.randn(shape).requires_grad_(), torch.randn(shape).requires_grad_()
    y = layer(x)
    d_dy, dy = torch.randn_like(y), torch.randn_like(y)
    # The gradient of <u, y> by x is linear in u: its own gradient, times the direction, is the tangent.
    u = torch.zeros_like(y).requires_grad_()
    (back,) = torch.autograd.grad(y, x, u, create_graph=True)
    (y_tangent,) = torch.autograd.grad(back, u, direction, create_graph=True)
    s = (d_dy * y_tangent).sum() + (dy * y).sum()
    parameters = list(layer.parameters())
    gradients = torch.autograd.grad(s, [x, direction, *parameters])
    for key, value in (("x", x), ("direction", direction), ("d_dy", d_dy), ("dy", dy), ("y_tangent", y_tangent),
                       ("dx", gradients[0]), ("d_direction", gradients[1])):
        file.add(key, value)
    for (key, _), value in zip(layer.named_parameters(), gradients[2:]):
        file.add("gradient." + key, value)
    file.close()


torch.manual_seed(6)
tangent("conv_2d_tangent", nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), (2, 2, 4, 5))
tangent("conv_transpose_2d_tangent", nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1), (1, 2, 2, 3))
