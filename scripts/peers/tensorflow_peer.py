"""TensorFlow for Python: tensorflow_peer.py rate|accuracy THREADS [tf.function|XLA TOPOLOGY, a JSON file of a network]"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import described
import mnist
import tensorflow as tf
from tensorflow_layers import layer

task, threads = sys.argv[1], int(sys.argv[2])
how, topology = sys.argv[3:] if len(sys.argv) > 3 else ("tf.function", None)
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.keras.utils.set_random_seed(1)
mnist.tell(version=tf.__version__)

layers = tf.keras.layers
tutorial = [
    layers.Input((28, 28, 1)),
    layers.Conv2D(32, 5, padding="same", activation="relu"),
    layers.MaxPool2D(2, 2),
    layers.Conv2D(64, 5, padding="same", activation="relu"),
    layers.MaxPool2D(2, 2),
    layers.Flatten(),
    layers.Dense(1024, activation="relu"),
    layers.Dropout(mnist.DROPOUT),
    layers.Dense(10),
]
model = tf.keras.Sequential(tutorial) if topology is None else tf.keras.Model(*described.build(topology, layer))
optimizer = tf.keras.optimizers.SGD(mnist.LEARNING_RATE, momentum=mnist.MOMENTUM)
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
x, y = mnist.inputs("train"), mnist.labels("train")
x = x.reshape(-1, *model.input_shape[1:])


@tf.function(jit_compile=how == "XLA")
def train_step(images, labels):
    with tf.GradientTape() as tape:
        value = loss(labels, model(images, training=True))
    optimizer.apply_gradients(zip(tape.gradient(value, model.trainable_variables), model.trainable_variables))
    return value


@tf.function
def classes(images):
    return tf.argmax(model(images, training=False), 1)


def step(indices):
    return train_step(x[indices], y[indices]).numpy()


if task == "rate":
    mnist.train_on(step)
else:
    test_x, test_y = mnist.images("t10k"), mnist.labels("t10k")

    def accuracy():
        right = [(classes(test_x[i : i + 1000]).numpy() == test_y[i : i + 1000]).sum() for i in range(0, 10000, 1000)]
        return float(sum(right)) / 10000

    mnist.train_to_accuracy(step, accuracy)
