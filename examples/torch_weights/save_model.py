"""Saves a PyTorch model's weights as safetensors, by hand: needs torch and nothing else.

    python3 save_model.py            writes model.safetensors and expected.safetensors beside this file
"""
import json
import os
import struct

import torch

FORMATS = {torch.float32: ("F32", "f"), torch.float64: ("F64", "d"), torch.int64: ("I64", "q")}


def save_safetensors(path, tensors, metadata):
    """Length of the header (8 bytes, little-endian), header as JSON, then the numbers of one tensor after another."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        dtype, letter = FORMATS[tensor.dtype]
        numbers = tensor.detach().flatten().tolist()
        raw = struct.pack("<%d%s" % (len(numbers), letter), *numbers)
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    x, wanted = torch.randn(64, 4), torch.randint(3, (64,))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(100):  # so that the weights are not those that it began with
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), wanted).backward()
        optimiser.step()

    folder = os.path.dirname(os.path.abspath(__file__))
    save_safetensors(os.path.join(folder, "model.safetensors"), model.state_dict(), {"format": "pt"})
    expected = {"x": x[:5], "y": model(x[:5])}
    save_safetensors(os.path.join(folder, "expected.safetensors"), expected, {"format": "pt"})


if __name__ == "__main__":
    main()
