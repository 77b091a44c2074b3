"""Keras's classes in PyTorch. Images are [count, channels, height, width] here, sequences [count, steps, features]."""
import described
import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def activated(config, module):
    kind = config.get("activation", "linear")
    return module if kind == "linear" else nn.Sequential(module, ACTIVATIONS[kind]())


def convolution(config, x, groups=1):
    """With 'same' and a stride, PyTorch's usual padding, which is even on both sides: as many operations."""
    size = config["kernel_size"]
    padding = [length // 2 for length in size] if config.get("padding") == "same" else 0
    filters = x.shape[1] if groups > 1 else config["filters"]
    bias = config.get("use_bias", True)
    module = nn.Conv2d(x.shape[1], filters, size, config.get("strides", 1), padding, groups=groups, bias=bias)
    return activated(config, module)


def transposed_convolution(config, x):
    """Padding 'same'."""
    size, strides = config["kernel_size"], config["strides"]
    padding = [length // 2 for length in size]
    rest = [stride - 1 for stride in strides]
    bias = config.get("use_bias", True)
    module = nn.ConvTranspose2d(x.shape[1], config["filters"], size, strides, padding, rest, bias=bias)
    return activated(config, module)


def reshape(config, x):
    """To images, with their channels in front."""
    height, width, channels = config["target_shape"]
    return nn.Unflatten(1, (channels, height, width))


class Transposed(nn.Module):
    """A layer of sequences whose module has the features in front of the steps."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x.transpose(1, 2)).transpose(1, 2)


class Last(nn.Module):
    """What a recurrent layer gives at the last step."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0][:, -1]


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


class GlobalMaximum(nn.Module):
    def forward(self, x):
        return x.amax(1)


def batch_normalization(config, x):
    kind = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
    return kind(x.shape[1], eps=config.get("epsilon", 1e-3), momentum=1 - config.get("momentum", 0.99))


MODULES = {
    "Add": lambda config, x: Add(),
    "AveragePooling2D": lambda config, x: nn.AvgPool2d(config["pool_size"]),
    "BatchNormalization": batch_normalization,
    "Conv1D": lambda config, x: activated(
        config, Transposed(nn.Conv1d(x.shape[2], config["filters"], config["kernel_size"]))
    ),
    "Conv2D": convolution,
    "Conv2DTranspose": transposed_convolution,
    "Dense": lambda config, x: activated(config, nn.Linear(x.shape[1], config["units"])),
    "DepthwiseConv2D": lambda config, x: convolution(config, x, x.shape[1]),
    "Dropout": lambda config, x: nn.Dropout(config["rate"]),
    "Embedding": lambda config, x: nn.Embedding(config["input_dim"], config["output_dim"]),
    "Flatten": lambda config, x: nn.Flatten(),
    "GlobalAveragePooling2D": lambda config, x: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    "GlobalMaxPooling1D": lambda config, x: GlobalMaximum(),
    "GRU": lambda config, x: Last(nn.GRU(x.shape[2], config["units"], batch_first=True)),
    "LeakyReLU": lambda config, x: nn.LeakyReLU(config["alpha"]),
    "LSTM": lambda config, x: Last(nn.LSTM(x.shape[2], config["units"], batch_first=True)),
    "MaxPooling2D": lambda config, x: nn.MaxPool2d(config["pool_size"]),
    "ReLU": lambda config, x: nn.ReLU(),
    "Reshape": reshape,
}


class Described(nn.Module):
    """The network of a file; `example` is what goes into it, a few of them."""

    def __init__(self, path, example, part=None):
        super().__init__()
        self.layers = nn.ModuleDict()
        self.calls = [(name, reads) for name, _, _, reads in described.calls(path, part)]

        def layer(kind, config, tensors):
            if kind == "InputLayer":
                return example
            module = MODULES[kind](config, tensors[0])
            self.layers[config["name"]] = module
            return module(*tensors)

        described.build(path, layer, part)

    def forward(self, x):
        tensors = {self.calls[0][0]: x}
        for name, reads in self.calls[1:]:
            tensors[name] = self.layers[name](*[tensors[read] for read in reads])
        return tensors[name]


def inputs(path, values):
    """Those of the first layer, images with their channels in front."""
    values = torch.from_numpy(values).reshape(-1, *described.input_shape(path))
    return values.permute(0, 3, 1, 2) if values.dim() == 4 else values
