"""Makes the golden values of nn/: run by hand, see golden.py."""
import torch

import golden

torch.manual_seed(1)
golden.module("linear", "torch.nn.Linear(5, 3)", torch.nn.Linear(5, 3), {"x": torch.randn(4, 5)})
