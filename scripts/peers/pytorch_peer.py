"""PyTorch on the tutorial's network, or on another one that a JSON file describes; `--help` says how."""
import argparse
import os
import subprocess
import sys
import tempfile

import mnist
import torch
import torch.nn.functional as F
import torch_layers
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("task", choices=["rate", "accuracy"])
parser.add_argument("threads", type=int)
parser.add_argument("layout", choices=["contiguous", "channels_last"])
parser.add_argument("how", choices=["eager", "torch.compile"], nargs="?", default="eager")
parser.add_argument("topology", nargs="?")
parser.add_argument("--processes", type=int, default=1, help="of DistributedDataParallel")
options = parser.parse_args()
task, threads, layout, processes = options.task, options.threads, options.layout, options.processes
if processes > 1 and "RANK" not in os.environ:
    # Children of one process group, which torch's own launcher does not make: all are halted together.
    meeting = os.path.join(tempfile.mkdtemp(prefix="gradpool-peers-"), "meeting")
    ranks = [
        subprocess.Popen([sys.executable, *sys.argv], env={**os.environ, "RANK": str(rank), "MEETING": meeting})
        for rank in range(processes)
    ]
    sys.exit(max(rank.wait() for rank in ranks))
rank = int(os.environ.get("RANK", "0"))
torch.set_num_threads(threads)
torch.manual_seed(1)
memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.dense = nn.Linear(3136, 1024)
        self.logits = nn.Linear(1024, 10)
        # As TensorFlow begins: Glorot's uniform values, and zero.
        for layer in (self.conv1, self.conv2, self.dense, self.logits):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.dense(x.flatten(1)))
        return self.logits(F.dropout(x, mnist.DROPOUT, self.training))


def inputs_of(prefix):
    """Images as [count, channels, height, width]."""
    if options.topology is not None:
        return torch_layers.inputs(options.topology, mnist.inputs(prefix))
    return torch.from_numpy(mnist.images(prefix)).permute(0, 3, 1, 2)


def laid_out(values):
    return values.contiguous(memory_format=memory_format) if values.dim() == 4 else values


x, y = laid_out(inputs_of("train")), torch.from_numpy(mnist.labels("train"))
model = Network() if options.topology is None else torch_layers.Described(options.topology, x[:2])
model = model.to(memory_format=memory_format)
if processes > 1:
    import torch.distributed as dist

    meeting = "file://" + os.environ["MEETING"]
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    model = nn.parallel.DistributedDataParallel(model)
if rank == 0:
    mnist.tell(version=torch.__version__)
else:
    mnist.tell = lambda **_: None
optimizer = torch.optim.SGD(model.parameters(), lr=mnist.LEARNING_RATE, momentum=mnist.MOMENTUM, fused=True)
if options.how == "torch.compile":
    model = torch.compile(model)


def step(indices):
    mine = torch.from_numpy(indices[rank::processes])
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(model(laid_out(x[mine])), y[mine]).backward()
    optimizer.step()


if task == "rate":
    mnist.train_on(step)
else:
    test_x, test_y = laid_out(inputs_of("t10k")), torch.from_numpy(mnist.labels("t10k"))

    def accuracy():
        model.eval()
        with torch.no_grad():
            right = sum(int((model(a).argmax(1) == b).sum()) for a, b in zip(test_x.split(1000), test_y.split(1000)))
        model.train()
        return right / 10000

    mnist.train_to_accuracy(step, accuracy)
