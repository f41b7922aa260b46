"""Makes the golden values of the losses of GANs: run by hand, see golden.py."""
import torch
from torch.nn import functional as F

import golden

torch.manual_seed(12)
bce, mse = F.binary_cross_entropy_with_logits, F.mse_loss


def cross_entropy(x, label):
    return bce(x, torch.full_like(x, label))


def square(x, label):
    return mse(x, torch.full_like(x, label)) / 2


def loss(name, comment, discriminator, generator):
    """Writes both logits, both losses and their gradients."""
    file = golden.File(name, comment)
    real = (torch.randn(5, 2) * 2).requires_grad_()
    fake = (torch.randn(7, 2) * 2).requires_grad_()
    file.add("real", real)
    file.add("fake", fake)
    result = discriminator(real, fake)
    d_real, d_fake = torch.autograd.grad(result, [real, fake])
    file.add("discriminator", result.reshape(1))
    file.add("discriminator_dreal", d_real)
    file.add("discriminator_dfake", d_fake)
    result = generator(real, fake)
    file.add("generator", result.reshape(1))
    file.add("generator_dfake", torch.autograd.grad(result, fake)[0])
    file.close()


loss("minimax_gan_loss", "minimax loss, labels of real samples 0.9",
     lambda r, f: cross_entropy(r, 0.9) + cross_entropy(f, 0.0),
     lambda r, f: F.logsigmoid(-f).mean())
loss("non_saturating_gan_loss", "non-saturating loss, labels of real samples 0.9",
     lambda r, f: cross_entropy(r, 0.9) + cross_entropy(f, 0.0),
     lambda r, f: -F.logsigmoid(f).mean())
loss("least_squares_gan_loss", "least squares loss, labels of real samples 0.9",
     lambda r, f: square(r, 0.9) + square(f, 0.0),
     lambda r, f: square(f, 1.0))
loss("hinge_gan_loss", "hinge loss",
     lambda r, f: torch.relu(1 - r).mean() + torch.relu(1 + f).mean(),
     lambda r, f: -f.mean())
loss("wasserstein_gan_loss", "Wasserstein loss",
     lambda r, f: f.mean() - r.mean(),
     lambda r, f: -f.mean())
loss("relativistic_average_gan_loss", "relativistic average loss, labels of real samples 0.9",
     lambda r, f: cross_entropy(r - f.mean(), 0.9) + cross_entropy(f - r.mean(), 0.0),
     lambda r, f: cross_entropy(f - r.mean(), 1.0) + cross_entropy(r - f.mean(), 0.0))

file = golden.File("feature_matching_loss", "squared distance of the mean features")
fake, real = torch.randn(5, 3).requires_grad_(), torch.randn(4, 3)
result = ((fake.mean(0) - real.mean(0)) ** 2).sum()
for name, value in {"fake": fake, "real": real, "loss": result.reshape(1),
                    "dfake": torch.autograd.grad(result, fake)[0]}.items():
    file.add(name, value)
file.close()
