"""Keras's classes, as described.py calls them."""
import tensorflow as tf


def layer(kind, config, inputs):
    if kind == "InputLayer":
        return tf.keras.layers.Input(config["batch_input_shape"][1:])
    return getattr(tf.keras.layers, kind)(**config)(inputs[0] if len(inputs) == 1 else inputs)
