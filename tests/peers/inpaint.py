"""Fills holes by methods that others published, to stand beside the program's: `infill evaluate --photos DIR --peer telea,patchmatch`.

Usage: inpaint.py METHOD FOLDER. METHOD is telea (OpenCV) or patchmatch (PyPatchMatch, patches of 7x7). For every NAME.given.png in
FOLDER, whose hole is white in NAME.mask.png, it writes NAME.METHOD.png. It prints {"version"}, and then {"name", "seconds"} for each
picture when it is written; the seconds are the method's alone. All answers are the same on every run. It measures nothing.

    pip install numpy opencv-python-headless pypatchmatch
"""

import json
import pathlib
import sys
import time

import cv2

# In pixels: from how far Telea's method takes known values (its paper uses 3 to 10), and the half of a patch.
TELEA_RADIUS, PATCH_RADIUS = 5, 3


def telea():
    return cv2.__version__, lambda picture, mask: cv2.inpaint(picture, mask, TELEA_RADIUS, cv2.INPAINT_TELEA)


def patchmatch():
    from importlib.metadata import version

    from patchmatch import patch_match

    patch_match.set_random_seed(0)
    return version("pypatchmatch"), lambda picture, mask: patch_match.inpaint(picture, mask, patch_size=PATCH_RADIUS)


def tell(**values):
    print(json.dumps(values), flush=True)


def main():
    methods = {"telea": telea, "patchmatch": patchmatch}
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if name not in methods:
        sys.exit(f"there is no method `{name}`; there are {', '.join(methods)}")
    version, fill = methods[name]()
    tell(version=version)
    for given in sorted(folder.glob("*.given.png")):
        stem = given.name.removesuffix(".given.png")
        picture, mask = cv2.imread(str(given)), cv2.imread(str(folder / f"{stem}.mask.png"), cv2.IMREAD_GRAYSCALE)
        begun = time.perf_counter()
        answer = fill(picture, mask)
        seconds = time.perf_counter() - begun
        if not cv2.imwrite(str(folder / f"{stem}.{name}.png"), answer):
            sys.exit(f"cannot write into {folder}")
        tell(name=stem, seconds=seconds)


main()
