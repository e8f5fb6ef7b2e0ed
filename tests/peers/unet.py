"""The net of `infill` in PyTorch, with the tensors' names of guided-diffusion and of the public Palette.

To go on with a model in PyTorch and bring the result back:

    infill export model.infill --pytorch -o weights.safetensors
        net, config = load("weights.safetensors")       # in Python; train it, then
        save(net, config, "trained.safetensors")
    infill import trained.safetensors -o trained.infill

`config` says what the net predicts and how it is told the noise level (docs/model-format.md). As a program it reads one request in JSON from
standard input: {"config", "batch", "steps", "device"} times training beside `infill bench train --peer tests/peers/unet.py`
(random pictures, ε to v, squared error, clipping, Adam, moving average, channels last), and {"weights", "io"} runs the net of one file
on `condition`, `noisy` and `level` of another and adds `output` to it.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

# Where safetensors of `infill` say what their net is.
CONFIG = "infill-config"


def norm(channels):
    groups = next(g for g in range(32, 0, -1) if channels % g == 0)
    return nn.GroupNorm(groups, channels)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, width, dropout, resample=None):
        super().__init__()
        self.in_layers = nn.Sequential(norm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * outputs))
        self.out_layers = nn.Sequential(norm(outputs), nn.SiLU(), nn.Dropout(dropout), nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip_connection = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.resample = {None: nn.Identity(), "down": nn.AvgPool2d(2), "up": nn.Upsample(scale_factor=2)}[resample]

    def forward(self, x, embedding):
        h = self.in_layers[2](self.resample(self.in_layers[:2](x)))
        scale, shift = self.emb_layers(embedding)[:, :, None, None].chunk(2, dim=1)
        h = self.out_layers[1:](self.out_layers[0](h) * (1 + scale) + shift)
        return self.skip_connection(self.resample(x)) + h


class Attention(nn.Module):
    def __init__(self, channels, head):
        super().__init__()
        self.norm, self.qkv, self.proj_out = norm(channels), nn.Conv1d(channels, 3 * channels, 1), nn.Conv1d(channels, channels, 1)
        self.heads = channels // head

    def forward(self, x, _):
        b, c, h, w = x.shape
        # Heads are split before queries, keys and values.
        q, k, v = self.qkv(self.norm(x).flatten(2)).view(b, self.heads, 3, -1, h * w).transpose(3, 4).unbind(2)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v)
        else:
            mixed = torch.softmax(q @ k.transpose(2, 3) * q.shape[-1] ** -0.5, dim=-1) @ v
        return x + self.proj_out(mixed.transpose(2, 3).reshape(b, c, h * w)).view(b, c, h, w)


class Stem(nn.Conv2d):
    def forward(self, x, _):
        return super().forward(x)


class Block(nn.ModuleList):
    def forward(self, x, embedding):
        for part in self:
            x = part(x, embedding)
        return x


class Unet(nn.Module):
    """Its input is what `infill`'s net is given: the condition, the noisy picture, and the level as the embedding wants it."""

    def __init__(self, config):
        super().__init__()
        net, size = config["unet"], config["size"]
        channels, patch, head, dropout = net["channels"], net["patch"], net["head_channels"], net.get("dropout", 0.0)
        self.patch, self.channels = patch, channels
        width, cells = 4 * channels, patch * patch
        self.embedding_name = "time_embed" if config["noise_embedding"] == "step" else "cond_embed"
        self.add_module(self.embedding_name, nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, width)))
        levels, current, kept = [channels * m for m in net["multipliers"]], channels, [channels]
        attends = [size // patch >> level in net["attention"] for level in range(len(levels))]

        def block(inputs, level):
            parts = [Residual(inputs, levels[level], width, dropout)]
            return Block(parts + ([Attention(levels[level], head)] if attends[level] else []))

        self.input_blocks, self.output_blocks = nn.ModuleList([Block([Stem(6 * cells, channels, 3, padding=1)])]), nn.ModuleList()
        for level, out in enumerate(levels):
            for _ in range(net["blocks"]):
                self.input_blocks.append(block(current, level))
                current = out
                kept.append(current)
            if level + 1 < len(levels):
                self.input_blocks.append(Block([Residual(current, current, width, dropout, "down")]))
                kept.append(current)
        self.middle_block = Block([Residual(current, current, width, dropout), Attention(current, head), Residual(current, current, width, dropout)])
        for level in reversed(range(len(levels))):
            for place in range(net["blocks"] + 1):
                self.output_blocks.append(block(current + kept.pop(), level))
                current = levels[level]
                if level and place == net["blocks"]:
                    self.output_blocks[-1].append(Residual(current, current, width, dropout, "up"))
        self.out = nn.Sequential(norm(current), nn.SiLU(), nn.Conv2d(current, 3 * cells, 3, padding=1))

    def forward(self, condition, noisy, level):
        half = self.channels // 2
        frequencies = torch.exp(-torch.arange(half, device=level.device, dtype=torch.float64) * (9.210340371976184 / half)).float()
        angles = level[:, None] * frequencies
        embedding = getattr(self, self.embedding_name)(torch.cat([angles.cos(), angles.sin()], dim=1))
        h, kept = F.pixel_unshuffle(torch.cat([condition, noisy], dim=1), self.patch), []
        for block in self.input_blocks:
            h = block(h, embedding)
            kept.append(h)
        h = self.middle_block(h, embedding)
        for block in self.output_blocks:
            h = block(torch.cat([h, kept.pop()], dim=1), embedding)
        return F.pixel_shuffle(self.out(h), self.patch)


def load(path):
    """The net of a file that `infill export --pytorch` wrote, and the configuration of its model."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()[CONFIG])
        weights = {name.removeprefix("denoise_fn."): file.get_tensor(name) for name in file.keys()}
    net = Unet(config)
    net.load_state_dict(weights)
    return net, config


def save(net, config, path):
    """Writes a file that `infill import` takes."""
    from safetensors.torch import save_file

    weights = {name: tensor.detach().float().cpu().contiguous() for name, tensor in net.state_dict().items()}
    save_file(weights, path, {CONFIG: json.dumps(config)})


def answer(asked):
    from safetensors.torch import load_file, save_file

    net, config = load(asked["weights"])
    given = load_file(asked["io"])
    with torch.no_grad():
        output = net.eval()(given["condition"], given["noisy"], given["level"])
    save_file({**given, "output": output.contiguous()}, asked["io"])
    save(net, config, asked["weights"])


def main():
    asked = json.load(sys.stdin)
    if "weights" in asked:
        return answer(asked)
    device = "cuda" if asked["device"] != "cpu" and torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    net = Unet(asked["config"]).to(device, memory_format=torch.channels_last)
    average = [p.detach().clone() for p in net.parameters()]
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    shape = (asked["batch"], 3, asked["config"]["size"], asked["config"]["size"])
    condition, picture = torch.rand(shape, device=device), torch.rand(shape, device=device)
    # What PyTorch calls automatic mixed precision: 16 bits where they do, the loss scaled for f16.
    dtype = {"f16": torch.float16, "bf16": torch.bfloat16}.get(asked.get("precision", "f32"))
    scaler = torch.amp.GradScaler(device, enabled=dtype is torch.float16)
    seconds = []
    for step in range(asked["steps"] + 2):
        begun = time.perf_counter()
        gamma = torch.rand(shape[0], 1, 1, 1, device=device)
        epsilon = torch.randn(shape, device=device)
        noisy = gamma.sqrt() * picture + (1 - gamma).sqrt() * epsilon
        target = gamma.sqrt() * epsilon - (1 - gamma).sqrt() * picture
        with torch.autocast(device, dtype or torch.float32, enabled=dtype is not None):
            output = net(condition, noisy, gamma[:, 0, 0, 0])
        loss = F.mse_loss(output.float(), target)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        torch._foreach_lerp_(average, [p.detach() for p in net.parameters()], 1e-4)
        loss.item()
        # The first two steps allocate and choose kernels.
        if step > 1:
            seconds.append(time.perf_counter() - begun)
    parameters = sum(p.numel() for p in net.parameters())
    print(json.dumps({"device": device, "parameters": parameters, "seconds": seconds, "torch": torch.__version__, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
