"""What the scripts that make golden values share: a module, its inputs and its gradients as plain text.

Each script is run by hand with Debian's python3-torch (`/usr/bin/python3 tests/golden/make_nn.py`) and its output is
committed; the tests only read it.
"""
import pathlib

import torch

FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


class File:
    """Tensors by name: lines `name extent extent ... : value value ...`."""

    def __init__(self, name, comment):
        self.path = FOLDER / f"{name}.txt"
        self.lines = [f"# {comment}; torch {torch.__version__}, float64"]

    def add(self, name, tensor):
        tensor = tensor.detach()
        extents = " ".join(str(e) for e in tensor.shape)
        values = " ".join(repr(float(v)) for v in tensor.flatten().tolist())
        self.lines.append(f"{name} {extents} : {values}".replace("  ", " "))

    def close(self):
        self.path.write_text("\n".join(self.lines) + "\n")


def module(name, comment, layer, inputs, forward=None, rename=None):
    """Writes layer.*, each input, dy, y, d<input> and gradient.* of one module."""
    file = File(name, comment)
    rename = rename or (lambda key: key)
    for value in inputs.values():
        if value.is_floating_point():
            value.requires_grad_()
    y = forward(layer, **inputs) if forward else layer(*inputs.values())
    dy = torch.randn_like(y)
    y.backward(dy)
    for key, value in layer.state_dict().items():
        if value.is_floating_point():
            file.add("layer." + rename(key), value)
    for key, value in inputs.items():
        file.add(key, value)
        if value.is_floating_point():
            file.add("d" + key, value.grad)
    file.add("dy", dy)
    file.add("y", y)
    for key, value in layer.named_parameters():
        file.add("gradient." + rename(key), value.grad)
    file.close()
