"""Makes the golden values of attention/: run by hand, see golden.py.

What PyTorch lacks is written here from the formulas, and differentiated by autograd.
"""
import math

import torch

import golden


def ignored(queries, keys, inputs, causal, window):
    """True where a query must not see a key: (B, Lq, Lk)."""
    i = torch.arange(queries)[:, None]
    j = torch.arange(keys)[None, :]
    mask = torch.zeros(1, queries, keys, dtype=torch.bool)
    if causal:
        mask = mask | (j > i)
    if window is not None:
        mask = mask | ((i - j).abs() > window)
    if "attn_mask" in inputs:
        mask = mask | inputs["attn_mask"]
    if "key_padding_mask" in inputs:
        mask = mask | inputs["key_padding_mask"][:, None, :]
    return mask


def write(name, comment, layer, inputs, forward, causal=False, window=None):
    """forward(layer, query, key, value) -> y, weights."""
    file = golden.File(name, comment)
    differentiable = [inputs[k].requires_grad_() for k in ("query", "key", "value")]
    y, weights = forward(layer, *differentiable)
    dy = torch.randn_like(y)
    y.backward(dy)
    for key, value in layer.state_dict().items():
        file.add("layer." + key, value)
    for key, value in inputs.items():
        file.add(key, value)
        if value.requires_grad:
            file.add("d" + key, torch.zeros_like(value) if value.grad is None else value.grad)
    file.add("causal", torch.tensor([float(causal)]))
    file.add("window", torch.tensor([-1.0 if window is None else float(window)]))
    file.add("dy", dy)
    file.add("y", y)
    file.add("weights", weights)
    for key, value in layer.named_parameters():
        file.add("gradient." + key, value.grad)
    file.close()


def masks(batch, queries, keys):
    """A padding mask, a boolean mask and a bias that leave every query a key."""
    padding = torch.zeros(batch, keys, dtype=torch.bool)
    padding[1, keys - 2:] = True
    mask = torch.zeros(queries, keys, dtype=torch.bool)
    mask[1, 0] = mask[3, 2] = True
    bias = torch.randn(queries, keys)
    bias[2, 1] = -math.inf
    return {"key_padding_mask": padding, "attn_mask": mask, "bias": bias}


class Scored(torch.nn.Module):
    """softmax over the keys of self.score(query, key), and the mix."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            setattr(self, name, torch.nn.Parameter(torch.randn(*shape) / 2))


def scored(name, comment, score, shapes, widths):
    batch, queries, keys = 2, 5, 6
    inputs = {"query": torch.randn(batch, queries, widths[0]), "key": torch.randn(batch, keys, widths[1]),
              "value": torch.randn(batch, keys, widths[2]), **masks(batch, queries, keys)}

    def forward(layer, query, key, value):
        scores = score(layer, query, key) + inputs["bias"]
        scores = scores.masked_fill(ignored(queries, keys, inputs, False, None), -math.inf)
        weights = torch.softmax(scores, -1)
        return weights @ value, weights

    write(name, comment, Scored(**shapes), inputs, forward)


torch.manual_seed(4)
scored("uniform_attention", "average", lambda l, q, k: torch.zeros(q.shape[0], q.shape[1], k.shape[1]), {},
       (3, 4, 2))
scored("dot_attention", "q k^T", lambda l, q, k: q @ k.transpose(1, 2), {}, (3, 3, 2))
scored("general_attention", "q W k^T", lambda l, q, k: torch.einsum("bie,ef,bjf->bij", q, l.weight, k),
       {"weight": (3, 4)}, (3, 4, 2))
scored("location_attention", "W q", lambda l, q, k: (q @ l.weight.T)[:, :, :k.shape[1]], {"weight": (8, 3)},
       (3, 4, 2))
scored("additive_attention", "v . tanh(W_q q + W_k k)",
       lambda l, q, k: torch.tanh((q @ l.query_weight.T)[:, :, None] + (k @ l.key_weight.T)[:, None]) @ l.score,
       {"query_weight": (5, 3), "key_weight": (5, 4), "score": (5,)}, (3, 4, 2))


def concatenated(layer, query, key):
    shape = (query.shape[0], query.shape[1], key.shape[1], -1)
    both = torch.cat([query[:, :, None].expand(shape), key[:, None].expand(shape)], -1)
    return torch.tanh(both @ layer.weight.T) @ layer.score


scored("concat_attention", "v . tanh(W [q; k])", concatenated, {"weight": (5, 7), "score": (5,)}, (3, 4, 2))
scored("scaled_dot_product_attention", "q k^T / sqrt(E)",
       lambda l, q, k: q @ k.transpose(1, 2) / math.sqrt(q.shape[2]), {}, (3, 3, 2))


def multihead(name, comment, layer, inputs, causal=False, window=None, averaged=True):
    queries, keys = inputs["query"].shape[1], inputs["key"].shape[1]
    torch.nn.init.normal_(layer.out_proj.bias) if layer.out_proj.bias is not None else None
    torch.nn.init.normal_(layer.in_proj_bias) if layer.in_proj_bias is not None else None
    padding = inputs.get("key_padding_mask")
    unpadded = {k: v for k, v in inputs.items() if k != "key_padding_mask"}
    mask = inputs.get("bias", torch.zeros(queries, keys))
    mask = mask.masked_fill(ignored(queries, keys, unpadded, causal, window)[0], -math.inf)

    def forward(layer, query, key, value):
        return layer(query, key, value, key_padding_mask=padding, attn_mask=mask, average_attn_weights=averaged)

    write(name, comment, layer, inputs, forward, causal, window)


batch, queries, keys = 2, 5, 6
multihead("multihead_attention", "torch.nn.MultiheadAttention(6, 2), every mask at once",
          torch.nn.MultiheadAttention(6, 2, batch_first=True),
          {"query": torch.randn(batch, queries, 6), "key": torch.randn(batch, keys, 6),
           "value": torch.randn(batch, keys, 6), **masks(batch, queries, keys)}, causal=True, window=3)
multihead("multihead_attention_widths", "torch.nn.MultiheadAttention(6, 3, kdim=4, vdim=5, bias=False)",
          torch.nn.MultiheadAttention(6, 3, kdim=4, vdim=5, bias=False, batch_first=True),
          {"query": torch.randn(batch, queries, 6), "key": torch.randn(batch, keys, 4),
           "value": torch.randn(batch, keys, 5)}, averaged=False)


class SlopedAttention(torch.nn.MultiheadAttention):
    """Linear biases by the distance, as a mask of its own for every head."""

    def forward(self, query, key, value, attn_mask, **rest):
        distance = (torch.arange(query.shape[1])[:, None] - torch.arange(key.shape[1])[None, :]).abs()
        slopes = torch.tensor(alibi_slopes(self.num_heads))[:, None, None]
        sloped = attn_mask - slopes * distance
        return super().forward(query, key, value, attn_mask=sloped.repeat(query.shape[0], 1, 1), **rest)


def alibi_slopes(heads):
    """As the authors of ALiBi compute them."""
    if math.log2(heads).is_integer():
        start = 2 ** (-2 ** -(math.log2(heads) - 3))
        return [start * start ** i for i in range(heads)]
    power = 2 ** math.floor(math.log2(heads))
    return alibi_slopes(power) + alibi_slopes(2 * power)[0::2][:heads - power]


class SelfAttention(torch.nn.MultiheadAttention):
    def forward(self, x):
        length = x.shape[1]
        mask = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        return super().forward(x, x, x, attn_mask=mask)[0]


golden.module("self_attention", "torch.nn.MultiheadAttention(4, 2) of x to itself, causal",
              SelfAttention(4, 2, batch_first=True), {"x": torch.randn(2, 5, 4)})


class SinusoidalPositions(torch.nn.Module):
    def forward(self, x):
        table = torch.zeros(x.shape[1], x.shape[2])
        position = torch.arange(x.shape[1], dtype=torch.float64)[:, None]
        frequency = torch.exp(torch.arange(0, x.shape[2], 2) * (-math.log(10000.0) / x.shape[2]))
        table[:, 0::2] = torch.sin(position * frequency)
        table[:, 1::2] = torch.cos(position * frequency)[:, :x.shape[2] // 2]
        return x + table


class LearnedPositions(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(7, 3))

    def forward(self, x):
        return x + self.weight[:x.shape[1]]


golden.module("sinusoidal_positions", "sines and cosines", SinusoidalPositions(), {"x": torch.randn(2, 9, 5)})
golden.module("learned_positions", "x + weight[:L]", LearnedPositions(), {"x": torch.randn(2, 5, 3)})

for norm_first, activation in ((False, "relu"), (True, "gelu")):
    layer = torch.nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, activation=activation, batch_first=True,
                                             norm_first=norm_first)
    for parameter in layer.parameters():  # biases and norms away from 0 and 1
        torch.nn.init.normal_(parameter, std=0.5)
    padding = torch.zeros(2, 5, dtype=torch.bool)
    padding[1, 3:] = True
    causal = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
    golden.module("transformer_encoder_layer_" + ("pre" if norm_first else "post"),
                  f"torch.nn.TransformerEncoderLayer(6, 2, 8, {activation}, norm_first={norm_first}), causal", layer,
                  {"x": torch.randn(2, 5, 6), "key_padding_mask": padding},
                  lambda l, x, key_padding_mask: l(x, src_mask=causal, src_key_padding_mask=key_padding_mask))

multihead("multihead_attention_alibi", "torch.nn.MultiheadAttention(6, 3) with linear biases, causal",
          SlopedAttention(6, 3, batch_first=True),
          {"query": torch.randn(2, 6, 6), "key": torch.randn(2, 5, 6), "value": torch.randn(2, 5, 6)}, causal=True)


def shared_heads(name, comment, heads, key_heads, width, value_width, slopes=None, **masked):
    """Attention by dot products, with the heads of keys and values repeated for those of the queries."""
    batch, queries, keys = 2, 5, 6
    inputs = {"query": torch.randn(batch, queries, heads * width),
              "key": torch.randn(batch, keys, key_heads * width),
              "value": torch.randn(batch, keys, key_heads * value_width), **masks(batch, queries, keys)}

    def split(x, count):
        return x.reshape(batch, x.shape[1], count, -1).transpose(1, 2)

    def forward(layer, query, key, value):
        k = split(key, key_heads).repeat_interleave(heads // key_heads, 1)
        v = split(value, key_heads).repeat_interleave(heads // key_heads, 1)
        scores = split(query, heads) @ k.transpose(2, 3) / math.sqrt(width) + inputs["bias"]
        if slopes is not None:
            distance = (torch.arange(queries)[:, None] - torch.arange(keys)[None, :]).abs()
            scores = scores - torch.tensor(slopes)[:, None, None] * distance
        hidden = ignored(queries, keys, inputs, masked.get("causal", False), masked.get("window"))
        weights = torch.softmax(scores.masked_fill(hidden[:, None], -math.inf), -1)
        return (weights @ v).transpose(1, 2).reshape(batch, queries, -1), weights

    write(name, comment, torch.nn.Module(), inputs, forward, **masked)


shared_heads("scaled_dot_product_attention_grouped", "4 heads over 2 of keys and values, every mask", 4, 2, 3, 2,
             window=4)
shared_heads("scaled_dot_product_attention_single", "3 heads over 1 of keys and values, linear biases", 3, 1, 4, 3,
             alibi_slopes(3))


def turned(x, heads, rotary):
    """Each pair of a head's first numbers as one complex number, multiplied by one of absolute value 1."""
    x = x.reshape(*x.shape[:2], heads, -1)
    first, kept = x[..., :rotary["width"]], x[..., rotary["width"]:]
    halves = rotary.get("halves", False)
    numbers = torch.complex(*first.chunk(2, -1)) if halves else torch.complex(first[..., 0::2], first[..., 1::2])
    position = torch.arange(x.shape[1], dtype=torch.float64) + rotary.get("from", 0)
    frequency = rotary.get("base", 10000.0) ** (-torch.arange(0, rotary["width"], 2) / rotary["width"])
    angle = (position[:, None] * frequency)[:, None, :]
    numbers = numbers * torch.complex(torch.cos(angle), torch.sin(angle))
    parts = (numbers.real, numbers.imag)
    first = torch.cat(parts, -1) if halves else torch.stack(parts, -1).flatten(-2)
    return torch.cat((first, kept), -1).flatten(-2)


class GroupedAttention(torch.nn.Module):
    """Projections of fewer heads of keys and values, and rotary positions, by PyTorch's own functions."""

    def __init__(self, width, heads, key_heads, rotary=None):
        super().__init__()
        self.heads, self.key_heads, self.rotary, self.shared = heads, key_heads, rotary, width // heads * key_heads
        self.in_proj_weight = torch.nn.Parameter(torch.randn(width + 2 * self.shared, width) / 2)
        self.in_proj_bias = torch.nn.Parameter(torch.randn(width + 2 * self.shared))
        self.out_proj = torch.nn.Linear(width, width)

    def forward(self, query, key, value, hidden):
        batch, queries, width = query.shape
        sizes = [width, self.shared, self.shared]
        w, b = self.in_proj_weight.split(sizes), self.in_proj_bias.split(sizes)
        q, k, v = (torch.nn.functional.linear(x, *p) for x, *p in zip((query, key, value), w, b))
        if self.rotary:
            q, k = turned(q, self.heads, self.rotary), turned(k, self.key_heads, self.rotary)
        split = lambda x, heads: x.reshape(batch, x.shape[1], heads, -1).transpose(1, 2)
        repeat = lambda x: split(x, self.key_heads).repeat_interleave(self.heads // self.key_heads, 1)
        scores = split(q, self.heads) @ repeat(k).transpose(2, 3) / math.sqrt(width // self.heads)
        weights = torch.softmax(scores.masked_fill(hidden[:, None], -math.inf), -1)
        y = (weights @ repeat(v)).transpose(1, 2).reshape(batch, queries, width)
        return self.out_proj(y), weights.mean(1)


def grouped(name, comment, layer, width):
    inputs = {"query": torch.randn(2, 5, width), "key": torch.randn(2, 6, width), "value": torch.randn(2, 6, width)}
    inputs["key_padding_mask"] = masks(2, 5, 6)["key_padding_mask"]
    hidden = ignored(5, 6, inputs, True, None)
    write(name, comment, layer, inputs, lambda l, q, k, v: l(q, k, v, hidden), causal=True)


grouped("multihead_attention_grouped", "width 8, 4 heads over 2 of keys and values, causal", GroupedAttention(8, 4, 2),
        8)
grouped("multihead_attention_rotary", "width 8, 2 heads over 1, rotary positions, causal",
        GroupedAttention(8, 2, 1, {"width": 4}), 8)
grouped("multihead_attention_rotary_halves", "width 12, 2 heads, 4 of 6 numbers turn, pairs (i, i + 2), from 3, base 100",
        GroupedAttention(12, 2, 2, {"width": 4, "halves": True, "from": 3, "base": 100.0}), 12)
