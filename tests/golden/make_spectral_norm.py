"""Makes the golden values of SpectralNorm: run by hand, see golden.py."""
import torch
from torch import nn
from torch.nn.utils import spectral_norm

import golden

torch.manual_seed(17)


def case(name, layer, x, iterations, ids=False):
    """A training pass and then a prediction: layer.* before both, after.* the vectors after training."""
    layer = spectral_norm(layer, n_power_iterations=iterations)
    file = golden.File("spectral_norm_" + name, f"torch.nn.utils.spectral_norm, {iterations} iterations")
    for key, value in layer.state_dict().items():
        file.add("layer." + key, value)
    file.add("x", x)
    for mode in ("training", "prediction"):
        layer.train(mode == "training")
        layer.zero_grad()
        if not ids:
            x = x.detach().requires_grad_()
        y = layer(x)
        dy = torch.randn_like(y)
        y.backward(dy)
        file.add(mode + ".y", y)
        file.add(mode + ".dy", dy)
        if not ids:
            file.add(mode + ".dx", x.grad)
        for key, value in layer.named_parameters():
            file.add(f"{mode}.gradient.{key}", value.grad)
        if mode == "training":
            for key, value in layer.named_buffers():
                file.add("after." + key, value)
    file.close()


case("linear", nn.Linear(3, 4), torch.randn(5, 3), 1)
case("conv_2d", nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2), torch.randn(2, 4, 5, 4), 2)
case("conv_transpose_2d", nn.ConvTranspose2d(4, 6, (3, 2), stride=2, padding=1, groups=2),
     torch.randn(2, 4, 3, 4), 1)
case("embedding", nn.Embedding(5, 3), torch.tensor([4, 0, 0, 2]), 3, ids=True)
