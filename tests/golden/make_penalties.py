"""Makes the golden values of gradient penalties: run by hand, see golden.py.

For each critic the value and gradient of R1 (weight 10) and of the penalties of WGAN-GP (weight 10) at given points,
two-sided with the target 1 and one-sided with the target of the file, by autograd's double backward.
"""
import copy

import torch
from torch import nn
from torch.nn.utils import spectral_norm

import golden
from make_self_attention_2d import SelfAttention2d


def norms(critic, x, condition):
    d = critic(x if condition is None else torch.cat([x, condition], 1))
    (g,) = torch.autograd.grad(d.sum(), x, create_graph=True)
    return g.flatten(1).pow(2).sum(1)


def penalty(name, comment, critic, x, condition=None):
    file = golden.File("penalty_" + name, comment)
    critic.train()
    x = x.requires_grad_()
    for key, value in critic.state_dict().items():
        if value.is_floating_point():
            file.add("layer." + key, value)
    file.add("x", x)
    if condition is not None:
        file.add("condition", condition)
    # Between the lowest and the highest norm: some samples count, some do not.
    target = float(norms(copy.deepcopy(critic), x, condition).sqrt().mean())
    file.add("target", torch.tensor([target]))
    kinds = {
        "r1": lambda square: 10 / 2 * square.mean(),
        "both": lambda square: 10 * ((square.sqrt() - 1) ** 2).mean(),
        "above": lambda square: 10 * (torch.relu(square.sqrt() - target) ** 2).mean(),
    }
    for kind, value_of in kinds.items():
        own = copy.deepcopy(critic)  # a training forward of some layers changes them
        value = value_of(norms(own, x, condition))
        file.add(kind, value.reshape(1))
        parameters = dict(own.named_parameters())
        gradients = torch.autograd.grad(value, list(parameters.values()), allow_unused=True)
        for (key, p), g in zip(parameters.items(), gradients):
            file.add(f"{kind}.gradient.{key}", torch.zeros_like(p) if g is None else g)
    file.close()


torch.manual_seed(31)
penalty("leaky", "Linear LeakyReLU(0.2) Linear", nn.Sequential(nn.Linear(3, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1)),
        torch.randn(4, 3))
penalty("smooth", "Linear Tanh Linear SiLU Linear to two logits",
        nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4), nn.SiLU(), nn.Linear(4, 2)), torch.randn(4, 3))
penalty("conditional", "Linear Tanh Linear of a sample and its condition",
        nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1)), torch.randn(4, 3), torch.randn(4, 2))
penalty("layer_norm", "Linear LayerNorm SiLU Linear",
        nn.Sequential(nn.Linear(3, 6), nn.LayerNorm(6), nn.SiLU(), nn.Linear(6, 1)), torch.randn(4, 3))
penalty("batch_norm", "Linear BatchNorm1d SiLU Linear, in training",
        nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.SiLU(), nn.Linear(6, 1)), torch.randn(5, 3))
penalty("conv", "Conv2d LeakyReLU(0.2) Conv2d SiLU AvgPool2d Flatten Linear",
        nn.Sequential(nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(3, 4, 3, padding=1), nn.SiLU(),
                      nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 1)), torch.randn(3, 2, 4, 4))
penalty("group_norm", "Conv2d GroupNorm SiLU Conv2d InstanceNorm2d Tanh Flatten Linear",
        nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.SiLU(), nn.Conv2d(4, 3, 2),
                      nn.InstanceNorm2d(3, affine=True), nn.Tanh(), nn.Flatten(), nn.Linear(27, 1)), torch.randn(3, 2, 4, 4))
attention = SelfAttention2d(8, 2, 4)
penalty("attention", "Conv2d SelfAttention2d LeakyReLU(0.2) Flatten Linear",
        nn.Sequential(nn.Conv2d(2, 8, 1), attention, nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(48, 1)),
        torch.randn(3, 2, 2, 3))
penalty("spectral_norm", "Conv2d Tanh ConvTranspose2d LeakyReLU(0.2) Flatten Linear, each with spectral_norm, in training",
        nn.Sequential(spectral_norm(nn.Conv2d(2, 3, 3, stride=2, padding=1)), nn.Tanh(),
                      spectral_norm(nn.ConvTranspose2d(3, 2, 2)), nn.LeakyReLU(0.2), nn.Flatten(),
                      spectral_norm(nn.Linear(18, 1))), torch.randn(3, 2, 4, 4))
