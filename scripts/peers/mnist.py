"""What all peers share: the data, the batches of every epoch, and how results are told (a line of JSON each).

MNIST_DIR has the data in MNIST's form; PEER_BATCH, PEER_REPORT_EVERY and PEER_LEARNING_RATE say other settings than the
tutorial's.
"""
import glob
import json
import os

import numpy as np

BATCH = int(os.environ.get("PEER_BATCH", "100"))
LEARNING_RATE = float(os.environ.get("PEER_LEARNING_RATE", "0.05"))
MOMENTUM = 0.9
DROPOUT = 0.4
REPORT_EVERY = int(os.environ.get("PEER_REPORT_EVERY", "10"))
EVALUATE_EVERY = 100
MOST_STEPS = 1800


def _idx(stem):
    """The values of `stem`-idxN-ubyte (or -int), in the file's own N dimensions."""
    (path,) = glob.glob(os.path.join(os.environ["MNIST_DIR"], f"{stem}-idx?-*"))
    with open(path, "rb") as file:
        content = file.read()
    kind = {8: np.uint8, 12: ">i4"}[content[2]]
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, offset=4)
    return np.frombuffer(content, kind, offset=4 + 4 * dimensions).reshape(shape)


def images(prefix):
    """[count, height, width, channels] float32 from 0 to 1."""
    values = inputs(prefix)
    return values.reshape(*values.shape[:3], -1)


def inputs(prefix):
    """[count, ...] float32 from 0 to 1, or words as int32."""
    values = _idx(f"{prefix}-images")
    return values.astype("float32") / 255 if values.dtype == np.uint8 else values.astype("int32")


def labels(prefix):
    """[count] int64."""
    return _idx(f"{prefix}-labels").astype("int64")


def batches(count, seed=1):
    """Indices of one batch after the other, in a new order each epoch, for ever."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(count)
        for first in range(0, count - BATCH + 1, BATCH):
            yield order[first : first + BATCH]


def tell(**what):
    print(json.dumps(what), flush=True)


def train_on(step, synchronize=lambda: None):
    """Trains for ever with `step(indices)`, telling how many images were taken so far."""
    for done, indices in enumerate(batches(len(labels("train"))), 1):
        step(indices)
        if done % REPORT_EVERY == 0:
            synchronize()
            tell(images=done * BATCH)


def train_to_accuracy(step, accuracy):
    """Trains as long as the accuracy on the test images, `accuracy()`, may be asked for."""
    for done, indices in enumerate(batches(len(labels("train"))), 1):
        step(indices)
        if done % EVALUATE_EVERY == 0:
            tell(step=done, accuracy=accuracy())
        if done == MOST_STEPS:
            return
