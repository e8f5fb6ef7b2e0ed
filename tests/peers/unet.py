"""The net of `infill`, written in PyTorch, to be timed beside it: `infill bench train --peer tests/peers/unet.py`.

Reads {"config", "batch", "steps", "device"} from standard input, trains on random pictures (ε to v, squared error,
clipping, Adam, moving average, channels last), and prints {"device", "parameters", "seconds", "torch", "threads"}, the
seconds one number a step. It is not a trainer: there is no data, and nothing is kept.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def norm(channels):
    groups = next(g for g in range(32, 0, -1) if channels % g == 0)
    return nn.GroupNorm(groups, channels)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, width, resample=None):
        super().__init__()
        self.norm1, self.conv1 = norm(inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.film = nn.Linear(width, 2 * outputs)
        self.norm2, self.conv2 = norm(outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.resample = {None: nn.Identity(), "down": nn.AvgPool2d(2), "up": nn.Upsample(scale_factor=2)}[resample]

    def forward(self, x, embedding):
        h = self.conv1(self.resample(F.silu(self.norm1(x))))
        scale, shift = self.film(embedding)[:, :, None, None].chunk(2, dim=1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        return self.skip(self.resample(x)) + h


class Attention(nn.Module):
    def __init__(self, channels, head):
        super().__init__()
        self.norm, self.qkv, self.project, self.heads = norm(channels), nn.Linear(channels, 3 * channels), nn.Linear(channels, channels), channels // head

    def forward(self, x):
        b, c, h, w = x.shape
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(tokens).view(b, h * w, self.heads, -1).transpose(1, 2).chunk(3, dim=3)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, h * w, c)
        return x + self.project(mixed).transpose(1, 2).view(b, c, h, w)


class Unet(nn.Module):
    def __init__(self, config):
        super().__init__()
        net, size = config["unet"], config["size"]
        channels, patch, head = net["channels"], net["patch"], net["head_channels"]
        self.patch, self.channels = patch, channels
        width = 4 * channels
        self.embedding = nn.Sequential(nn.Linear(channels, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        cells = patch * patch
        self.stem = nn.Conv2d(6 * cells, channels, 3, padding=1)
        levels, current, skips = [channels * m for m in net["multipliers"]], channels, [channels]
        attends = [size // patch >> level in net["attention"] for level in range(len(levels))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, out in enumerate(levels):
            for _ in range(net["blocks"]):
                self.down.append(nn.ModuleList([Residual(current, out, width), Attention(out, head) if attends[level] else nn.Identity()]))
                current = out
                skips.append(current)
            if level + 1 < len(levels):
                self.down.append(nn.ModuleList([Residual(current, current, width, "down"), nn.Identity()]))
                skips.append(current)
        self.middle = nn.ModuleList([Residual(current, current, width), Attention(current, head), Residual(current, current, width)])
        for level in reversed(range(len(levels))):
            out = levels[level]
            for _ in range(net["blocks"] + 1):
                block = Residual(current + skips.pop(), out, width)
                self.up.append(nn.ModuleList([block, Attention(out, head) if attends[level] else nn.Identity(), nn.Identity()]))
                current = out
            if level:
                self.up.append(nn.ModuleList([Residual(current, current, width, "up")]))
        self.head_norm, self.head = norm(current), nn.Conv2d(current, 3 * cells, 3, padding=1)

    def forward(self, condition, noisy, level):
        half = self.channels // 2
        frequencies = torch.exp(-torch.arange(half, device=level.device) * (9.21 / half))
        angles = level[:, None] * frequencies
        embedding = self.embedding(torch.cat([angles.cos(), angles.sin()], dim=1))
        h = self.stem(F.pixel_unshuffle(torch.cat([condition, noisy], dim=1), self.patch))
        skips = [h]
        for residual, attention in self.down:
            h = attention(residual(h, embedding))
            skips.append(h)
        h = self.middle[2](self.middle[1](self.middle[0](h, embedding)), embedding)
        for block in self.up:
            if len(block) == 1:
                h = block[0](h, embedding)
            else:
                h = block[1](block[0](torch.cat([h, skips.pop()], dim=1), embedding))
        return F.pixel_shuffle(self.head(F.silu(self.head_norm(h))), self.patch)


def main():
    asked = json.load(sys.stdin)
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


main()
