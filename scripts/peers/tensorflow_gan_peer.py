"""TensorFlow: tensorflow_gan_peer.py rate THREADS tf.function|XLA TOPOLOGY, a JSON file of generator and discriminator

A step is that of TensorFlow's DCGAN tutorial: both networks learn from the same generated images.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import described
import mnist
import tensorflow as tf
from tensorflow_layers import layer

threads, how, topology = int(sys.argv[2]), *sys.argv[3:]
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
mnist.tell(version=tf.__version__)
generator, discriminator = [
    tf.keras.Model(*described.build(topology, layer, part)) for part in ("generator", "discriminator")
]
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)
for_generator, for_discriminator = [tf.keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
x = mnist.images("train") * 2 - 1


@tf.function(jit_compile=how == "XLA")
def train_step(real):
    with tf.GradientTape() as of_generator, tf.GradientTape() as of_discriminator:
        made = generator(tf.random.normal((mnist.BATCH, generator.input_shape[1])), training=True)
        judged, taken = discriminator(real, training=True), discriminator(made, training=True)
        fooled = cross_entropy(tf.ones_like(taken), taken)
        loss = cross_entropy(tf.ones_like(judged), judged) + cross_entropy(tf.zeros_like(taken), taken)
    for tape, value, model, optimizer in (
        (of_generator, fooled, generator, for_generator),
        (of_discriminator, loss, discriminator, for_discriminator),
    ):
        optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
    return loss


mnist.train_on(lambda indices: train_step(x[indices]).numpy())
