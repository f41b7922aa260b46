"""Makes the golden values of gan/: run by hand, see golden.py."""
import torch
from torch import nn, optim

import golden

torch.manual_seed(4)
G = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3), nn.Tanh())
D = nn.Sequential(nn.Linear(3, 5), nn.LeakyReLU(0.2), nn.Linear(5, 1))
file = golden.File("gan", "five steps of a GAN, two discriminator steps each, labels of real samples 0.9")


def weights(prefix, net):
    for i, layer in enumerate(m for m in net if isinstance(m, nn.Linear)):
        file.add(f"{prefix}linear.{i}.weight", layer.weight)
        file.add(f"{prefix}linear.{i}.bias", layer.bias)


weights("begin.g.", G)
weights("begin.d.", D)
g_adam = optim.Adam(G.parameters(), 0.01, betas=(0.5, 0.999))
d_adam = optim.Adam(D.parameters(), 0.02, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
losses = []
for step in range(5):
    d_losses, on_real, on_fake = [], [], []
    for k in range(2):
        z, x = torch.randn(6, 2), torch.randn(6, 3)
        file.add(f"z.{step}.{k}", z)
        file.add(f"x.{step}.{k}", x)
        fake = G(z)
        real_logits, fake_logits = D(x), D(fake.detach())
        loss = bce(real_logits, torch.full((6, 1), 0.9)) + bce(fake_logits, torch.zeros(6, 1))
        d_adam.zero_grad()
        loss.backward()
        d_adam.step()
        d_losses.append(float(loss))
        on_real.append(float(torch.sigmoid(real_logits).mean()))
        on_fake.append(float(torch.sigmoid(fake_logits).mean()))
    g_loss = bce(D(fake), torch.ones(6, 1))
    g_adam.zero_grad()
    g_loss.backward()
    g_adam.step()
    losses.append([sum(d_losses) / 2, float(g_loss), sum(on_real) / 2, sum(on_fake) / 2])
file.add("losses", torch.tensor(losses))
weights("end.g.", G)
weights("end.d.", D)
file.close()
