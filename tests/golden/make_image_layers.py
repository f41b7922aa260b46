"""Makes the golden values of pooling, resampling and MinibatchStdDev: run by hand, see golden.py."""
import torch
from torch import nn

import golden


def cases(name, comment, layers):
    """One file of several settings of a layer: <case>.x, .y, .dy, .dx."""
    file = golden.File(name, comment)
    for case, (layer, x) in layers.items():
        x.requires_grad_()
        y = layer(x)
        dy = torch.randn_like(y)
        for key, value in {"x": x, "y": y, "dy": dy, "dx": torch.autograd.grad(y, x, dy)[0]}.items():
            file.add(f"{case}.{key}", value)
    file.close()


def tangents(name, comment, functions):
    """y' = the derivative in direction dx, and the gradients of S = <d_dy, y'> + <dy, y>, by double backward."""
    file = golden.File(name, comment)
    for case, (f, x) in functions.items():
        x.requires_grad_()
        dx = torch.randn_like(x).requires_grad_()
        y = f(x)
        u = torch.zeros_like(y).requires_grad_()
        (back,) = torch.autograd.grad(y, x, u, create_graph=True)
        (tangent,) = torch.autograd.grad(back, u, dx, create_graph=True)
        d_dy, dy = torch.randn_like(y), torch.randn_like(y)
        s = (d_dy * tangent).sum() + (dy * y).sum()
        by_direction, by_x = torch.autograd.grad(s, [dx, x])
        for key, value in {"x": x, "dx": dx, "d_dy": d_dy, "dy": dy, "y": y, "tangent": tangent,
                           "by_direction": by_direction, "by_x": by_x}.items():
            file.add(f"{case}.{key}", value)
    file.close()


torch.manual_seed(13)
image = lambda *shape: torch.randn(*shape)
cases("avg_pool_2d", "torch.nn.AvgPool2d", {
    "even": (nn.AvgPool2d(2), image(2, 3, 4, 6)),
    "padded": (nn.AvgPool2d(3, stride=2, padding=1), image(2, 2, 5, 6)),
    "left_out": (nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), image(1, 2, 6, 5)),
    "ceil": (nn.AvgPool2d((3, 2), stride=(2, 3), padding=(1, 0), ceil_mode=True), image(1, 2, 6, 6)),
    "ceil_left_out": (nn.AvgPool2d((4, 5), stride=3, padding=(2, 1), ceil_mode=True, count_include_pad=False),
                      image(1, 1, 7, 9)),
})
cases("adaptive_avg_pool_2d", "torch.nn.AdaptiveAvgPool2d", {
    "global": (nn.AdaptiveAvgPool2d(1), image(2, 3, 4, 5)),
    "even": (nn.AdaptiveAvgPool2d((2, 3)), image(1, 2, 4, 6)),
    "uneven": (nn.AdaptiveAvgPool2d((3, 4)), image(1, 2, 7, 6)),
    "grown": (nn.AdaptiveAvgPool2d((5, 7)), image(1, 2, 3, 4)),
    "one_axis": (nn.AdaptiveAvgPool2d((None, 2)), image(1, 2, 3, 5)),
})
cases("max_pool_2d", "torch.nn.MaxPool2d", {
    "even": (nn.MaxPool2d(2), image(2, 3, 4, 6)),
    "padded": (nn.MaxPool2d(3, stride=2, padding=1), image(2, 2, 5, 6) - 3),
    "dilated": (nn.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 1), dilation=(3, 2)), image(1, 2, 6, 8)),
    "ceil": (nn.MaxPool2d((3, 2), stride=(2, 3), padding=(1, 0), ceil_mode=True), image(1, 2, 6, 6)),
    "ties": (nn.MaxPool2d(3, stride=1, padding=1), torch.randint(0, 2, (1, 2, 5, 6)).double()),
})
cases("adaptive_max_pool_2d", "torch.nn.AdaptiveMaxPool2d", {
    "global": (nn.AdaptiveMaxPool2d(1), image(2, 3, 4, 5)),
    "uneven": (nn.AdaptiveMaxPool2d((3, 4)), image(1, 2, 7, 6)),
    "grown": (nn.AdaptiveMaxPool2d((5, 7)), image(1, 2, 3, 4)),
    "ties": (nn.AdaptiveMaxPool2d((2, 3)), torch.randint(0, 2, (1, 2, 5, 7)).double()),
})
# Not with a factor that happens to double an axis (3 by 2.3, say): there torch's backward of nearest ignores the factor,
# its forward does not.
cases("upsample", "torch.nn.Upsample", {
    "nearest": (nn.Upsample(scale_factor=2), image(2, 2, 3, 4)),
    "nearest_size": (nn.Upsample(size=(5, 3)), image(1, 2, 3, 7)),
    "nearest_scale": (nn.Upsample(scale_factor=(1.7, 0.6)), image(1, 2, 3, 7)),
    "bilinear": (nn.Upsample(scale_factor=2, mode="bilinear"), image(2, 2, 3, 4)),
    "bilinear_size": (nn.Upsample(size=(5, 3), mode="bilinear"), image(1, 2, 3, 7)),
    "bilinear_scale": (nn.Upsample(scale_factor=(1.7, 0.6), mode="bilinear"), image(1, 2, 3, 7)),
    "corners": (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), image(1, 2, 3, 4)),
    "corners_size": (nn.Upsample(size=(1, 5), mode="bilinear", align_corners=True), image(1, 2, 3, 4)),
})
cases("pixel_shuffle", "torch.nn.PixelShuffle", {
    "two": (nn.PixelShuffle(2), image(2, 8, 3, 2)),
    "three": (nn.PixelShuffle(3), image(1, 9, 2, 4)),
})

# Which position of a row each position of the resized row takes, for many sizes and factors. Two channels, since torch
# takes one as channels last, where an output of twice the input's size ignores the factor.
file = golden.File("upsample_nearest_indices", "torch.nn.Upsample on 0, 1, 2, ...; size.<in>.<out>, factor.<in>.<f>")
for n in (1, 2, 3, 5, 7, 10, 29):
    row = torch.arange(n, dtype=torch.float32).repeat(1, 2, 1, 1)
    for out in (1, 2, 3, 6, 7, 11, 41):
        file.add(f"size.{n}.{out}", nn.Upsample(size=(1, out))(row)[0, 0, 0])
    for factor in (1.5, 1.7, 2.3, 3.0, 4.9):
        file.add(f"factor.{n}.{factor:g}", nn.Upsample(scale_factor=(1.0, factor))(row)[0, 0, 0])
file.close()

tangents("upsample_bilinear_tangent", "torch.nn.Upsample(mode='bilinear'), double backward", {
    "doubled": (nn.Upsample(scale_factor=2, mode="bilinear"), image(2, 2, 3, 4)),
    "corners": (nn.Upsample(size=(4, 7), mode="bilinear", align_corners=True), image(1, 2, 5, 3)),
})


def minibatch_std_dev(x, group_size, eps):
    """As in the authors' networks.py (tkarras/progressive_growing_of_gans, minibatch_stddev_layer)."""
    b, shape = x.shape[0], x.shape[1:]
    g = min(group_size, b) if group_size else b
    y = x.reshape(g, -1, *shape)
    y = y - y.mean(0, keepdim=True)
    y = (y.square().mean(0) + eps).sqrt()
    y = y.flatten(1).mean(1)
    extra = y.repeat(g)
    extra = extra.reshape(b, 1, *([1] * (len(shape) - 1))).expand(b, 1, *shape[1:])
    return torch.cat([x, extra], dim=1)


tangents("minibatch_std_dev_tangent", "MinibatchStdDev of Karras et al. 2018 in torch, double backward", {
    "groups": (lambda x: minibatch_std_dev(x, 4, 1e-8), image(8, 2, 3, 2)),
    "batch": (lambda x: minibatch_std_dev(x, 0, 0.5), image(3, 2, 2, 2)),
    "small_batch": (lambda x: minibatch_std_dev(x, 4, 1e-8), image(3, 1, 2, 2)),
    "rows": (lambda x: minibatch_std_dev(x, 2, 1e-8), image(6, 5)),
})
