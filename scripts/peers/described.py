"""Networks as Keras's configurations describe them, sequential or functional, in files of JSON."""
import json


def calls(path, part=None):
    """Yields each layer's name, class, configuration, and the names of those that it reads, which come before it.

    `part`: which network, of a file of several.
    """
    with open(path) as file:
        content = json.load(file)
    before = []
    for entry in (content if part is None else content[part])["config"]["layers"]:
        config = entry["config"]
        nodes = entry.get("inbound_nodes")
        yield config["name"], entry["class_name"], config, [read[0] for read in nodes[0]] if nodes else before
        before = [config["name"]]


def build(path, layer, part=None):
    """The first and last of the tensors that `layer(class, configuration, tensors read)` makes."""
    tensors = {}
    for name, kind, config, reads in calls(path, part):
        tensors[name] = layer(kind, config, [tensors[read] for read in reads])
    made = list(tensors.values())
    return made[0], made[-1]


def input_shape(path, part=None):
    return next(calls(path, part))[2]["batch_input_shape"][1:]
