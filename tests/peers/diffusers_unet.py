"""Runs the `unet` of a folder that `infill export --diffusers` wrote, in diffusers.

Arguments: the folder, and safetensors with `condition`, `noisy` and `level`, to which `output` is added. The net takes the condition and the
noisy picture one after the other, and as its timestep what the model is told (docs/checkpoints.md). The folder is written again by diffusers.
"""

import sys

import torch
from diffusers import UNet2DModel
from safetensors.torch import load_file, save_file

folder, io = sys.argv[1:]
net = UNet2DModel.from_pretrained(folder, subfolder="unet", local_files_only=True, low_cpu_mem_usage=False).eval()
given = load_file(io)
with torch.no_grad():
    output = net(torch.cat([given["condition"], given["noisy"]], dim=1), given["level"]).sample
save_file({**given, "output": output.contiguous()}, io)
net.save_pretrained(f"{folder}/again")
