"""Keras models as Keras itself saves them: `write_models.py DIRECTORY`.

Writes NAME.keras and NAME.h5, and prints [{"name", "x": [{"shape", "values"}], "y"}] with what the models make of x.
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "numpy"

import keras
import numpy as np

layers = keras.layers
Input, Model, Sequential = keras.Input, keras.Model, keras.Sequential
random = np.random.default_rng(1)


def residual():
    image = Input((8, 8, 3))
    main = layers.Conv2D(4, 3, padding="same", use_bias=False)(image)
    main = layers.BatchNormalization()(main)
    main = layers.ReLU(max_value=6)(layers.Add()([main, layers.Conv2D(4, 1)(image)]))
    main = layers.SeparableConv2D(6, 3, depth_multiplier=2, activation="silu")(main)
    main = layers.LeakyReLU(negative_slope=0.2)(layers.DepthwiseConv2D(2, depth_multiplier=2)(main))
    return Model(image, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling2D()(main)))


def shared():
    left, right = Input((8, 8, 3)), Input((8, 8, 3))
    body = Sequential(
        [Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.Flatten(), layers.Dense(5)],
        name="body",
    )
    one, other = body(left), body(right)
    return Model([left, right], [layers.Average()([one, other]), layers.Dense(2)(one)])


def words():
    return Sequential(
        [
            Input((6,)),
            layers.Embedding(20, 5),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True, recurrent_activation="hard_sigmoid")),
            layers.GRU(5, reset_after=False, dropout=0.2, return_sequences=True),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.RNN([layers.LSTMCell(3), layers.GRUCell(2, reset_after=False, use_bias=True)]),
            layers.Dense(3, activation="softmax"),
        ]
    )


def sequence():
    return Sequential(
        [
            Input((9, 4)),
            layers.Conv1D(6, 3, activation="elu"),
            layers.MaxPooling1D(2),
            layers.LayerNormalization(),
            layers.SimpleRNN(4, return_sequences=True),
            layers.PReLU(shared_axes=[1]),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2),
        ]
    )


made = {"residual": residual, "shared": shared, "words": words, "sequence": sequence}


def described(values):
    return {"shape": list(values.shape), "values": values.ravel().tolist()}


results = []
for name, make in made.items():
    model = make()
    for variable in model.weights:
        variable.assign(random.uniform(0.1 if "variance" in variable.path else -0.5, 0.8, variable.shape))
    x = [random.uniform(-1, 1, (2, *one.shape[1:])).astype("float32") for one in model.inputs]
    if name == "words":
        x = [np.floor(10 * (one + 1)).astype("float32") for one in x]
    y = model(x if len(x) > 1 else x[0])
    for ending in ["keras", "h5"]:
        model.save(os.path.join(sys.argv[1], f"{name}.{ending}"))
    outputs = [np.asarray(one) for one in (y if isinstance(y, (list, tuple)) else [y])]
    results.append({"name": name, "x": [described(one) for one in x], "y": [described(one) for one in outputs]})

code = Sequential([Input((4,)), layers.Lambda(lambda x: x * 2, name="twice"), layers.Dense(2)])
code.save(os.path.join(sys.argv[1], "code.keras"))
Sequential([Input((4, 2)), layers.GRU(2, name="after")]).save(os.path.join(sys.argv[1], "after.keras"))
print(json.dumps(results))
