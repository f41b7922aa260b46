"""Makes the golden values of optim/: run by hand, see golden.py."""
import torch
from torch import nn, optim

import golden

torch.manual_seed(3)


def train(file, name, make, clip=None):
    """Ten steps of Linear(3, 2) on the mean squared error; writes where it began and where it ended."""
    layer = nn.Linear(3, 2)
    x, t = torch.randn(5, 3), torch.randn(5, 2)
    for key, value in [("x", x), ("target", t), ("begin.weight", layer.weight), ("begin.bias", layer.bias)]:
        file.add(f"{name}.{key}", value)
    optimiser = make(layer.parameters())
    norms = []
    for _ in range(10):
        optimiser.zero_grad()
        nn.functional.mse_loss(layer(x), t).backward()
        if clip is not None:
            norms.append(float(nn.utils.clip_grad_norm_(layer.parameters(), clip)))
        optimiser.step()
    file.add(f"{name}.end.weight", layer.weight)
    file.add(f"{name}.end.bias", layer.bias)
    if clip is not None:
        file.add(f"{name}.norms", torch.tensor(norms))


sgd = golden.File("sgd", "torch.optim.SGD, 10 steps at rate 0.1")
train(sgd, "plain", lambda p: optim.SGD(p, 0.1))
train(sgd, "momentum", lambda p: optim.SGD(p, 0.1, momentum=0.9))
train(sgd, "nesterov", lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True))
train(sgd, "decay", lambda p: optim.SGD(p, 0.1, momentum=0.5, weight_decay=0.3))
train(sgd, "clipped", lambda p: optim.SGD(p, 0.1), clip=0.5)
sgd.close()

adam = golden.File("adam", "torch.optim.Adam, 10 steps at rate 0.05")
train(adam, "plain", lambda p: optim.Adam(p, 0.05))
train(adam, "decay", lambda p: optim.Adam(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.3))
adam.close()

adamw = golden.File("adamw", "torch.optim.AdamW, 10 steps at rate 0.05")
train(adamw, "plain", lambda p: optim.AdamW(p, 0.05))
train(adamw, "decay", lambda p: optim.AdamW(p, 0.05, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.3))
adamw.close()


def factors(make, steps=12):
    """The rate before each step, from a rate of 1."""
    optimiser = optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    scheduler = make(optimiser)
    rates = []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return torch.tensor(rates)


s = optim.lr_scheduler
schedule = golden.File("schedule", "torch.optim.lr_scheduler, 12 steps from a rate of 1")
schedule.add("step", factors(lambda o: s.StepLR(o, 3, 0.5)))
schedule.add("cosine", factors(lambda o: s.CosineAnnealingLR(o, 12, 0.1)))
schedule.add("warmup", factors(lambda o: s.LinearLR(o, 0.2, 1.0, 5)))
schedule.add("warmup_then_cosine", factors(lambda o: s.SequentialLR(
    o, [s.LinearLR(o, 0.2, 1.0, 4), s.CosineAnnealingLR(o, 9, 0.1)], [4])))
schedule.close()
