"""TensorFlow: the GAN of `gradpool gan --preset dcgan`, trained with the same settings.

tensorflow_gan.py SEED STEPS BATCH OUT.idx [EVERY]: writes 10,000 images (after every EVERY steps, too: STEP in the file's
name is then the step) and tells losses and speed, as JSON. MNIST_DIR names the directory of MNIST's files.
"""
import os
import sys
import time

import numpy as np
import tensorflow as tf

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "peers"))
import mnist

threads = int(os.environ.get("PEER_THREADS", "0")) or len(os.sched_getaffinity(0))
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
seed, steps, batch, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
every = int(sys.argv[5]) if len(sys.argv) > 5 else steps
tf.keras.utils.set_random_seed(seed)
L = tf.keras.layers
NOISE = 100


def normalization():
    return L.BatchNormalization(momentum=0.9, epsilon=0.001)


generator = tf.keras.Sequential(
    [
        L.Input((NOISE,)),
        L.Dense(7 * 7 * 128, use_bias=False),
        L.Reshape((7, 7, 128)),
        normalization(),
        L.ReLU(),
        L.Conv2DTranspose(64, 5, 2, padding="same", use_bias=False),
        normalization(),
        L.ReLU(),
        L.Conv2DTranspose(1, 5, 2, padding="same", activation="tanh"),
    ]
)
discriminator = tf.keras.Sequential(
    [
        L.Input((28, 28, 1)),
        L.Conv2D(64, 5, 2, padding="same"),
        L.LeakyReLU(0.2),
        L.Dropout(0.3),
        L.Conv2D(128, 5, 2, padding="same"),
        L.LeakyReLU(0.2),
        L.Dropout(0.3),
        L.Flatten(),
        L.Dense(1),
    ]
)
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def adam():
    return tf.keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-7)


for_generator, for_discriminator = adam(), adam()


@tf.function
def step(real):
    # As gradpool: what is judged is made with the running averages, the generator learns from noise of its own.
    made = generator(tf.random.normal((batch, NOISE)), training=False)
    judged = tf.concat([real, made], 0)
    targets = tf.concat([tf.ones((batch, 1)), tf.zeros((batch, 1))], 0)
    with tf.GradientTape() as tape:
        judge_loss = cross_entropy(targets, discriminator(judged, training=True))
    weights = discriminator.trainable_variables
    for_discriminator.apply_gradients(zip(tape.gradient(judge_loss, weights), weights))
    with tf.GradientTape() as tape:
        made = generator(tf.random.normal((batch, NOISE)), training=True)
        loss = cross_entropy(tf.ones((batch, 1)), discriminator(made, training=True))
    weights = generator.trainable_variables
    for_generator.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return judge_loss, loss


def write(path, count=10_000):
    """An IDX file of images."""
    noise = np.random.default_rng(7).standard_normal((count, NOISE)).astype("float32")
    made = np.concatenate([generator(noise[at : at + 500], training=False).numpy() for at in range(0, count, 500)])
    values = np.clip(np.round((made[..., 0] + 1) * 127.5), 0, 255).astype("uint8")
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, 3]) + np.array(values.shape, ">i4").tobytes() + values.tobytes())


examples = mnist.images("train") * 2 - 1
order = np.random.default_rng(seed)
per_epoch = len(examples) // batch
seconds = 0.0
for number in range(steps):
    if number % per_epoch == 0:
        permutation = order.permutation(len(examples))
    at = number % per_epoch * batch
    begun = time.perf_counter()
    losses = [float(loss) for loss in step(examples[permutation[at : at + batch]])]
    # The first steps trace and warm up.
    seconds += time.perf_counter() - begun if number >= 3 else 0
    done = number + 1
    if done % 100 == 0 or done == steps:
        rate = (done - 3) / seconds
        mnist.tell(step=done, discriminator=losses[0], generator=losses[1], steps_per_second=rate)
    if done % every == 0 or done == steps:
        write(out.replace("STEP", str(done)))
