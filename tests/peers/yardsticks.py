"""What the usual Python packages measure: FID by pytorch-fid, ResNet-50 by torchvision, LPIPS by lpips, with weights that are given.

Reads one JSON object from standard input: `net` (inception-v3, resnet50, lpips-alex or lpips-vgg), `weights` (a safetensors file by the
package's names) and `pictures` (a safetensors file with `first` and `second`, 8-bit, [count, height, width, 3]). Prints what it measures
as one JSON object. The tests of `infill evaluate` compare their own numbers with these.
"""

import json
import sys

import torch
from safetensors.torch import load_file


def inception(weights, first, second):
    from pytorch_fid import fid_score
    from pytorch_fid import inception as package

    # The package fetches its weights; these are given.
    package.load_state_dict_from_url = lambda *_, **__: weights
    net = package.InceptionV3([3]).eval()
    pools = [net(pictures)[0].flatten(1) for pictures in (first, second)]
    pools = [pool.double() for pool in pools]
    # The package's square root of a matrix fails where there are far fewer pictures than features: it is asked about means of 512
    # features, and all 2048 go by singular values: with S = XᵀX the trace of (S₁S₂)^½ is the sum of those of X₁X₂ᵀ.
    groups = [pool.reshape(len(pool), 4, 512).mean(2) for pool in pools]
    statistics = [(group.mean(0).numpy(), torch.cov(group.T).numpy()) for group in groups]
    apart = [(pool - pool.mean(0)) / (len(pool) - 1) ** 0.5 for pool in pools]
    fid = (pools[0].mean(0) - pools[1].mean(0)).square().sum() + sum(part.square().sum() for part in apart)
    fid -= 2 * torch.linalg.svdvals(apart[0] @ apart[1].T).sum()
    # The inception score's own code multiplies by the last layer's matrix and leaves its bias out.
    probabilities = (pools[1] @ weights["fc.weight"].double().T).softmax(1)
    divergence = torch.special.xlogy(probabilities, probabilities / probabilities.mean(0)).nansum(1).mean()
    return {
        "fid": float(fid),
        "fid_of_groups": float(fid_score.calculate_frechet_distance(*statistics[0], *statistics[1])),
        "inception_score": float(divergence.exp()),
        "distances": (pools[0] - pools[1]).norm(dim=1).tolist(),
    }


def resnet50(weights, first, second):
    import torchvision

    net = torchvision.models.resnet50().eval()
    net.load_state_dict(weights)
    pooled = []
    net.avgpool.register_forward_hook(lambda _, __, output: pooled.append(output.flatten(1)))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    classes = []
    for pictures in (first, second):
        pictures = torch.nn.functional.interpolate(pictures, size=(256, 256), mode="bilinear", align_corners=False)
        pictures = pictures[:, :, 16:240, 16:240]
        classes += net((pictures - mean[:, None, None]) / deviation[:, None, None]).argmax(1).tolist()
    return {"classes": classes, "distances": (pooled[0] - pooled[1]).norm(dim=1).tolist()}


def perceptual(trunk):
    def measure(weights, first, second):
        import lpips

        net = lpips.LPIPS(net=trunk, pretrained=False, pnet_rand=True, verbose=False).eval()
        net.load_state_dict(weights)
        return {"distances": net(2 * first - 1, 2 * second - 1).flatten().tolist()}

    return measure


NETS = {"inception-v3": inception, "resnet50": resnet50, "lpips-alex": perceptual("alex"), "lpips-vgg": perceptual("vgg")}

if __name__ == "__main__":
    request = json.load(sys.stdin)
    pictures = load_file(request["pictures"])
    first, second = (pictures[name].permute(0, 3, 1, 2).float() / 255 for name in ("first", "second"))
    with torch.no_grad():
        print(json.dumps(NETS[request["net"]](load_file(request["weights"]), first, second)))
