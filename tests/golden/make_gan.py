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


# Four steps with everything that GanOptions offers and is not drawn at random.
torch.manual_seed(5)
G = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3), nn.Tanh())
body = nn.Sequential(nn.Linear(3, 5), nn.Tanh())
head = nn.Linear(5, 1)
D = nn.Sequential(body, head)
file = golden.File("gan_options", "four steps of a relativistic GAN, features matched, gradients and D clipped")


def all_weights(prefix, g):
    for i, layer in enumerate((g[0], g[2])):
        file.add(f"{prefix}g.linear.{i}.weight", layer.weight)
        file.add(f"{prefix}g.linear.{i}.bias", layer.bias)
    for part, net in (("body", body), ("head", head)):
        for name, p in net.named_parameters():
            file.add(f"{prefix}d.{part}.{name}", p)


all_weights("begin.", G)
g_adam = optim.Adam(G.parameters(), 0.01, betas=(0.5, 0.999))
d_adam = optim.Adam(D.parameters(), 0.04, betas=(0, 0.9))
average = [p.detach().clone() for p in G.parameters()]
results = []
for step in range(4):
    z, x = torch.randn(6, 2), torch.randn(7, 3) + 1
    file.add(f"z.{step}", z)
    file.add(f"x.{step}", x)
    fake = G(z)
    r, f = D(x), D(fake.detach())
    d_loss = bce(r - f.mean(), torch.full_like(r, 0.9)) + bce(f - r.mean(), torch.zeros_like(f))
    d_adam.zero_grad()
    d_loss.backward()
    d_norm = nn.utils.clip_grad_norm_(D.parameters(), 0.2)
    d_adam.step()
    with torch.no_grad():
        for p in D.parameters():
            p.clamp_(-0.4, 0.4)
    r, f = D(x).detach(), D(fake)
    adversarial = bce(f - r.mean(), torch.ones_like(f)) + bce(r - f.mean(), torch.zeros_like(r))
    d_logits = torch.autograd.grad(adversarial, f, retain_graph=True)[0]
    features = ((body(fake).mean(0) - body(x).mean(0).detach()) ** 2).sum()
    g_loss = 2 * adversarial + 0.5 * features
    g_adam.zero_grad()
    g_loss.backward()
    g_norm = nn.utils.clip_grad_norm_(G.parameters(), 0.3)
    g_adam.step()
    # During the first two steps the average is the generator; then its decay of 0.9 is corrected for bias.
    for a, p in zip(average, G.parameters()):
        share = 1 if step < 2 else (1 - 0.9) / (1 - 0.9**step)
        a += share * (p.detach() - a)
    signal = d_logits.abs().sum()
    results.append([float(v) for v in (d_loss, g_loss, features, d_norm, g_norm, signal)])
file.add("results", torch.tensor(results))
all_weights("end.", G)
for i, name in enumerate(("linear.0.weight", "linear.0.bias", "linear.1.weight", "linear.1.bias")):
    file.add(f"average.g.{name}", average[i])
file.close()
