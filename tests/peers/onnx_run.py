"""Runs an ONNX graph in onnxruntime, to be compared with the program's own net.

Usage: onnx_run.py GRAPH, with {"inputs": {name: {"shape": [...], "values": [...]}}} on standard input. The graph is checked
by ONNX's own checker where that is installed. Prints {"shape", "values", "onnxruntime", "checked"}.
"""

import json
import sys

import numpy
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None

if onnx:
    onnx.checker.check_model(sys.argv[1], full_check=True)
given = json.load(sys.stdin)["inputs"]
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
inputs = {name: numpy.array(value["values"], numpy.float32).reshape(value["shape"]) for name, value in given.items()}
(output,) = session.run(None, inputs)
version = onnxruntime.__version__
print(json.dumps({"shape": output.shape, "values": output.ravel().tolist(), "onnxruntime": version, "checked": onnx is not None}))
