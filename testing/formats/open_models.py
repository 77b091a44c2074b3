"""Opens models that gradpool wrote, in the tools whose formats these are: `open_models.py LIST.json`.

LIST.json: [{"path": without ending, "endings", "x": [{"shape", "values"}], "y"}]. Prints for each model, by ending, the
largest difference from `y`; for .safetensors the SHA-256 of each tensor's bytes, by name.
"""

import hashlib
import json
import os
import sys

os.environ["KERAS_BACKEND"] = "numpy"

import numpy as np


def arrays(tensors):
    return [np.array(one["values"], "float32").reshape(one["shape"]) for one in tensors]


def by_keras(path, x):
    import keras

    y = keras.models.load_model(path)(x if len(x) > 1 else x[0])
    return list(y) if isinstance(y, (list, tuple)) else [y]


def by_onnxruntime(path, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [one.name for one in session.get_inputs()]
    return session.run(None, dict(zip(names, x)))


def by_safetensors(path):
    from safetensors.numpy import load_file

    return {name: hashlib.sha256(values.tobytes()).hexdigest() for name, values in load_file(path).items()}


def difference(outputs, expected):
    return max(float(np.abs(np.asarray(a) - b).max()) for a, b in zip(outputs, expected, strict=True))


def opened(model, ending):
    path = model["path"] + ending
    if ending == ".safetensors":
        return by_safetensors(path)
    run = by_keras if ending == ".keras" else by_onnxruntime
    return difference(run(path, arrays(model["x"])), arrays(model["y"]))


print(json.dumps([{e: opened(model, e) for e in model["endings"]} for model in json.load(open(sys.argv[1]))]))
