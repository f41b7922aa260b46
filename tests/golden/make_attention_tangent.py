"""Makes the golden values of the tangents of attention: run by hand, see golden.py.

For each layer `S = <d_dy, y'> + <dy, y>` with y' the derivative of y in a direction, by autograd's double backward, and
its gradients by input, direction and parameters, by autograd once more.
"""
import torch
from torch import nn
from torch.autograd import grad

import golden
from make_self_attention_2d import SelfAttention2d


def tangent(name, comment, forward, parameters, inputs, extra=None):
    """Writes parameters, inputs, their directions, the adjoints, y' and all gradients of S."""
    file = golden.File(name, comment)
    xs = [x.requires_grad_() for x in inputs.values()]
    directions = [torch.randn_like(x).requires_grad_() for x in xs]
    y = forward(*xs)
    dy, d_dy = torch.randn_like(y), torch.randn_like(y)
    u = torch.zeros_like(y, requires_grad=True)
    back = grad(y, xs, u, create_graph=True)
    (dot,) = grad(back, u, directions, create_graph=True)
    s = (d_dy * dot).sum() + (dy * y).sum()
    wanted = xs + directions + list(parameters.values())
    gradients = grad(s, wanted)
    for key, value in parameters.items():
        file.add("layer." + key, value)
    for key, value in (extra or {}).items():
        file.add(key, value)
    for key, x, direction in zip(inputs, xs, directions):
        file.add(key, x)
        file.add("direction." + key, direction)
    file.add("d_dy", d_dy)
    file.add("dy", dy)
    file.add("y_tangent", dot)
    for key, g in zip([*inputs, *("direction." + k for k in inputs), *parameters], gradients):
        file.add("d." + key, g)
    file.close()


def heads_of(x, heads):
    return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def attention(query, key, value, heads, mask):
    q, k, v = (heads_of(x, heads) for x in (query, key, value))
    scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(mask, -float("inf"))
    return (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(query.shape[0], query.shape[1], -1)


if __name__ == "__main__":
    torch.manual_seed(21)
    mask = torch.rand(4, 5) < 0.3
    mask[:, 0] = False
    tangent("scaled_dot_product_attention_tangent", "two heads, boolean mask",
            lambda q, k, v: attention(q, k, v, 2, mask), {},
            {"query": torch.randn(2, 4, 6), "key": torch.randn(2, 5, 6), "value": torch.randn(2, 5, 8)},
            {"attn_mask": mask.double()})

    torch.manual_seed(22)
    layer = nn.MultiheadAttention(4, 2, batch_first=True)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randn_like(p) / 2)
    padding = torch.tensor([[False, False, False], [False, False, True]])
    tangent("multihead_attention_tangent", "two heads, padding",
            lambda q, k, v: layer(q, k, v, key_padding_mask=padding, need_weights=False)[0],
            dict(layer.named_parameters()),
            {"query": torch.randn(2, 3, 4), "key": torch.randn(2, 3, 4), "value": torch.randn(2, 3, 4)},
            {"key_padding_mask": padding.double()})

    torch.manual_seed(23)
    own = nn.MultiheadAttention(4, 2, batch_first=True)
    with torch.no_grad():
        for p in own.parameters():
            p.copy_(torch.randn_like(p) / 2)
    causal = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)
    tangent("self_attention_tangent", "two heads, causal",
            lambda x: own(x, x, x, attn_mask=causal, need_weights=False)[0], dict(own.named_parameters()),
            {"x": torch.randn(2, 4, 4)})

    torch.manual_seed(24)
    image = SelfAttention2d(8, 2, 4)
    tangent("self_attention_2d_tangent", "SAGAN self-attention over 2 x 3 positions", image,
            dict(image.named_parameters()), {"x": torch.randn(2, 8, 2, 3)})
