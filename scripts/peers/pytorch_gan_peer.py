"""PyTorch: pytorch_gan_peer.py rate THREADS contiguous|channels_last eager|torch.compile TOPOLOGY, a JSON file of
generator and discriminator. A step is that of PyTorch's DCGAN tutorial: both learn from the same generated images."""
import sys

import mnist
import torch
import torch.nn.functional as F
import torch_layers

_, _, threads, layout, how, topology = sys.argv
torch.set_num_threads(int(threads))
torch.manual_seed(1)
memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
mnist.tell(version=torch.__version__)
x = (torch.from_numpy(mnist.images("train")).permute(0, 3, 1, 2) * 2 - 1).contiguous(memory_format=memory_format)
noise = torch_layers.described.input_shape(topology, "generator")[0]
models = [
    torch_layers.Described(topology, example, part).to(memory_format=memory_format)
    for example, part in ((torch.randn(2, noise), "generator"), (x[:2], "discriminator"))
]
for_generator, for_discriminator = [
    torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True) for model in models
]
generator, discriminator = [torch.compile(model) if how == "torch.compile" else model for model in models]


def loss_of(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def step(indices):
    real = x[torch.from_numpy(indices)].contiguous(memory_format=memory_format)
    made = generator(torch.randn(mnist.BATCH, noise))
    for_discriminator.zero_grad(set_to_none=True)
    (loss_of(discriminator(real), 1.0) + loss_of(discriminator(made.detach()), 0.0)).backward()
    for_discriminator.step()
    for_generator.zero_grad(set_to_none=True)
    loss_of(discriminator(made), 1.0).backward()
    for_generator.step()


mnist.train_on(step)
