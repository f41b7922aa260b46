"""Makes the golden values of loss/: run by hand, see golden.py."""
import torch
from torch import nn

import golden

torch.manual_seed(2)


def loss(name, comment, predictions, function, **others):
    """Writes the predictions, what they are compared with, the loss and its gradients."""
    file = golden.File(name, comment)
    for value in predictions.values():
        value.requires_grad_()
    result = function()
    result.backward()
    for key, value in {**predictions, **others}.items():
        file.add(key, value)
    for key, value in predictions.items():
        file.add("d" + key, value.grad)
    file.add("loss", result.reshape(1))
    file.close()


x, t = torch.randn(4, 3) * 3, torch.rand(4, 3)
loss("bce_with_logits", "torch.nn.BCEWithLogitsLoss()", {"x": x}, lambda: nn.BCEWithLogitsLoss()(x, t), target=t)

y, u = torch.randn(4, 3), torch.randn(4, 3)
loss("mse", "torch.nn.MSELoss()", {"x": y}, lambda: nn.MSELoss()(y, u), target=u)

logits, classes = torch.randn(6, 5) * 2, torch.tensor([4, 0, 2, 2, 1, 3])
loss("cross_entropy", "torch.nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=2)", {"x": logits},
     lambda: nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=2)(logits, classes), target=classes)

p, n = torch.randn(5, 2), torch.randn(5, 2)
loss("bpr", "mean of -logsigmoid(positive - negative)", {"positive": p, "negative": n},
     lambda: -nn.functional.logsigmoid(p - n).mean())

q, r = torch.log_softmax(torch.randn(4, 3), 1), torch.softmax(torch.randn(4, 3), 1)
loss("kl_div", "torch.nn.KLDivLoss(reduction='batchmean')", {"x": q}, lambda: nn.KLDivLoss(reduction="batchmean")(q, r),
     target=r)

m, v = torch.randn(4, 3), torch.randn(4, 3)
loss("gaussian_kl", "torch.distributions.kl_divergence(Normal(m, exp(v / 2)), Normal(0, 1)), summed, over 4 rows",
     {"mean": m, "log_variance": v},
     lambda: torch.distributions.kl_divergence(torch.distributions.Normal(m, torch.exp(v / 2)),
                                               torch.distributions.Normal(0.0, 1.0)).sum() / 4)

s, positive, w = torch.randn(3, 4), torch.tensor([[1, 0, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]]), torch.rand(3)
loss("weighted_square", "weighted square of rows {0 3} {} {1 2 3}, alpha 0.3", {"x": s},
     lambda: (w[:, None] * torch.where(positive == 1, (s - 1) ** 2, 0.3 * s ** 2)).sum() / 3, row_weights=w)
