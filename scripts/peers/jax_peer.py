"""JAX: jax_peer.py rate"""
import jax
import jax.numpy as jnp
import mnist
import numpy as np
from jax import lax

mnist.tell(version=jax.__version__)
random = np.random.default_rng(1)


def glorot(*shape):
    receptive = int(np.prod(shape[:-2]))
    bound = np.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
    return jnp.asarray(random.uniform(-bound, bound, shape).astype("float32"))


parameters = {
    "conv1": (glorot(5, 5, 1, 32), jnp.zeros(32)),
    "conv2": (glorot(5, 5, 32, 64), jnp.zeros(64)),
    "dense": (glorot(3136, 1024), jnp.zeros(1024)),
    "logits": (glorot(1024, 10), jnp.zeros(10)),
}


def convolve(x, layer):
    kernel, bias = layer
    y = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return lax.reduce_window(jax.nn.relu(y + bias), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def logits_of(parameters, x, key):
    x = convolve(convolve(x, parameters["conv1"]), parameters["conv2"]).reshape(mnist.BATCH, -1)
    x = jax.nn.relu(x @ parameters["dense"][0] + parameters["dense"][1])
    kept = jax.random.bernoulli(key, 1 - mnist.DROPOUT, x.shape)
    x = jnp.where(kept, x / (1 - mnist.DROPOUT), 0)
    return x @ parameters["logits"][0] + parameters["logits"][1]


def loss(parameters, x, y, key):
    chances = jax.nn.log_softmax(logits_of(parameters, x, key))
    return -jnp.mean(jnp.take_along_axis(chances, y[:, None], 1))


@jax.jit
def train_step(parameters, velocity, x, y, key):
    key, mask = jax.random.split(key)
    gradients = jax.grad(loss)(parameters, x, y, mask)
    velocity = jax.tree.map(lambda v, g: mnist.MOMENTUM * v + g, velocity, gradients)
    return jax.tree.map(lambda p, v: p - mnist.LEARNING_RATE * v, parameters, velocity), velocity, key


x, y = mnist.images("train"), mnist.labels("train").astype("int32")
state = (parameters, jax.tree.map(jnp.zeros_like, parameters), jax.random.PRNGKey(1))


def step(indices):
    global state
    state = train_step(state[0], state[1], x[indices], y[indices], state[2])


mnist.train_on(step, lambda: jax.block_until_ready(state[0]))
