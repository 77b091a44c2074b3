"""
What Keras makes of a small network step by step, under each optimizer and whatever else an update is asked for; and, of
Adam and AdamW, PyTorch, which adds epsilon where TensorFlow.js does (Keras' Adam adds it before the correction):

    python3 testing/optimizer/keras_updates.py > test/fixtures/keras-updates.json

Written with keras 3.15.1 on torch 2.15.0 (pip install keras==3.15.1 torch==2.15.0). test/optimizer/keras.test.ts reads it.
"""
import json
import os
import sys

os.environ['KERAS_BACKEND'] = 'torch'
import keras
import numpy as np
import torch

EXAMPLES, INPUTS, UNITS, CLASSES, STEPS = 24, 4, 5, 3, 5

inputs = np.sin(np.arange(EXAMPLES * INPUTS) * 1.7).astype('float32').reshape(EXAMPLES, INPUTS) * 2
labels = np.arange(EXAMPLES) % CLASSES
one_hot = np.eye(CLASSES, dtype='float32')[labels]


def build():
    layers = [
        keras.layers.Dense(UNITS, activation='tanh'),
        keras.layers.LayerNormalization(epsilon=1e-3),
        keras.layers.Dense(CLASSES),
    ]
    model = keras.Sequential([keras.Input((INPUTS,)), *layers])
    size = 0
    for variable in model.trainable_variables:
        count = int(np.prod(variable.shape))
        values = np.cos((size + np.arange(count)) * 2.3) * 0.6
        variable.assign(values.astype('float32').reshape(variable.shape))
        size += count
    return model


def flat(variables):
    return [float(np.float32(v)) for variable in variables for v in keras.ops.convert_to_numpy(variable).ravel()]


def short(values):
    return [float(f'{value:.8g}') for value in values]


def steps(optimizer, smoothing=0.0, loss='categorical', accumulated=1, exclude=()):
    """The parameters (and the average of them) after each update, and the loss before it."""
    model = build()
    optimizer.exclude_from_weight_decay(
        var_list=[v for v in model.trainable_variables if v.name in exclude]
    )
    if loss == 'categorical':
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    elif loss == 'binary':
        loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)
    model.compile(optimizer=optimizer, loss=loss)
    after, averages, losses = [], [], []
    size = EXAMPLES // accumulated
    for step in range(STEPS):
        for part in range(accumulated):
            rows = slice(part * size, (part + 1) * size)
            value = model.train_on_batch(inputs[rows], one_hot[rows])
            model.reset_metrics()
        losses.append(float(value))
        after.append(short(flat(model.trainable_variables)))
        if optimizer.use_ema:
            averages.append(short(flat(optimizer._model_variables_moving_average)))
    result = {'parameters': after, 'losses': short(losses)}
    return {**result, 'averages': averages} if averages else result


def torch_steps(make, exclude=(), **settings):
    """The same of an optimizer of PyTorch, with Keras' gradients; those that do not decay are a group of parameters."""
    model = build()
    parameters = [v.value for v in model.trainable_variables]
    decayed = [p for p, v in zip(parameters, model.trainable_variables) if v.name not in exclude]
    others = [p for p, v in zip(parameters, model.trainable_variables) if v.name in exclude]
    groups = [{'params': decayed}] + ([{'params': others, 'weight_decay': 0.0}] if others else [])
    optimizer = make(groups, **settings)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    after, losses = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(one_hot, model(inputs))
        value.backward()
        optimizer.step()
        losses.append(value.item())
        after.append(short(flat(model.trainable_variables)))
    return {'parameters': after, 'losses': short(losses)}


o = keras.optimizers
norms = ('bias', 'gamma', 'beta')
cases = [
    ('sgd', {'learningRate': 0.1, 'momentum': 0}, o.SGD(0.1), {}),
    ('nesterov', {'optimizer': 'nesterov', 'learningRate': 0.1}, o.SGD(0.1, momentum=0.9, nesterov=True), {}),
    ('adamax', {'optimizer': 'adamax', 'learningRate': 0.01}, o.Adamax(0.01), {}),
    ('lion', {'optimizer': 'lion', 'learningRate': 0.01}, o.Lion(0.01), {}),
    (
        'lion with decay',
        {'optimizer': 'lion', 'learningRate': 0.01, 'beta1': 0.8, 'beta2': 0.9, 'weightDecay': 0.3},
        o.Lion(0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.3),
        {},
    ),
    ('adadelta', {'optimizer': 'adadelta', 'learningRate': 1}, o.Adadelta(1.0), {}),
    ('adadelta with settings', {'optimizer': 'adadelta', 'learningRate': 0.5, 'rho': 0.8, 'epsilon': 0.01}, o.Adadelta(0.5, rho=0.8, epsilon=0.01), {}),
    ('lamb', {'optimizer': 'lamb', 'learningRate': 0.05}, o.Lamb(0.05), {}),
    (
        'lamb with decay and a global norm',
        {'optimizer': 'lamb', 'learningRate': 0.05, 'weightDecay': 0.2, 'globalClipNorm': 0.3},
        o.Lamb(0.05, weight_decay=0.2, global_clipnorm=0.3),
        {},
    ),
    ('decay of SGD', {'learningRate': 0.1, 'weightDecay': 0.2, 'momentum': 0}, o.SGD(0.1, weight_decay=0.2), {}),
    (
        'decay of all but normalisation',
        {'learningRate': 0.1, 'momentum': 0, 'weightDecay': 0.5, 'weightDecayExclude': ['normalization']},
        o.SGD(0.1, weight_decay=0.5),
        {'exclude': ('gamma', 'beta')},
    ),
    ('clip by value', {'learningRate': 0.5, 'momentum': 0, 'clipValue': 0.03}, o.SGD(0.5, clipvalue=0.03), {}),
    ('clip by norm', {'learningRate': 0.5, 'momentum': 0, 'clipNorm': 0.1}, o.SGD(0.5, clipnorm=0.1), {}),
    ('clip by global norm', {'learningRate': 0.5, 'momentum': 0, 'globalClipNorm': 0.2}, o.SGD(0.5, global_clipnorm=0.2), {}),
    ('a clip that is never reached', {'learningRate': 0.1, 'momentum': 0, 'globalClipNorm': 100}, o.SGD(0.1, global_clipnorm=100.0), {}),
    (
        'accumulation of 4 batches',
        {'learningRate': 0.1, 'momentum': 0.9, 'accumulateSteps': 4},
        o.SGD(0.1, momentum=0.9, gradient_accumulation_steps=4),
        {'accumulated': 4},
    ),
    (
        'accumulation, decay and clip by norm',
        {'momentum': 0, 'learningRate': 0.5, 'weightDecay': 0.1, 'clipNorm': 0.05, 'accumulateSteps': 3},
        o.SGD(0.5, weight_decay=0.1, clipnorm=0.05, gradient_accumulation_steps=3),
        {'accumulated': 3},
    ),
    (
        'the average of the parameters',
        {'learningRate': 0.1, 'momentum': 0.5, 'emaMomentum': 0.9},
        o.SGD(0.1, momentum=0.5, use_ema=True, ema_momentum=0.9),
        {},
    ),
    ('smooth labels', {'learningRate': 0.1, 'momentum': 0, 'labelSmoothing': 0.1}, o.SGD(0.1), {'smoothing': 0.1}),
    (
        'smooth labels of single values',
        {'loss': 'sigmoidCrossEntropy', 'learningRate': 0.1, 'momentum': 0, 'labelSmoothing': 0.2},
        o.SGD(0.1),
        {'smoothing': 0.2, 'loss': 'binary'},
    ),
]
torch_cases = [
    (
        'adam of PyTorch',
        {'optimizer': 'adam', 'learningRate': 0.01},
        torch.optim.Adam,
        {'lr': 0.01, 'eps': 1e-7},
    ),
    (
        'adamw of PyTorch',
        {'optimizer': 'adamw', 'learningRate': 0.01},
        torch.optim.AdamW,
        {'lr': 0.01, 'eps': 1e-7, 'weight_decay': 0.004},
    ),
    (
        'adamw of PyTorch with settings',
        {'optimizer': 'adamw', 'learningRate': 0.02, 'weightDecay': 0.1, 'beta1': 0.8, 'beta2': 0.95},
        torch.optim.AdamW,
        {'lr': 0.02, 'eps': 1e-7, 'weight_decay': 0.1, 'betas': (0.8, 0.95)},
    ),
    (
        'decay of one group of parameters of PyTorch',
        {
            'optimizer': 'adamw',
            'learningRate': 0.02,
            'weightDecay': 0.5,
            'weightDecayExclude': ['bias', 'normalization'],
        },
        torch.optim.AdamW,
        {'lr': 0.02, 'eps': 1e-7, 'weight_decay': 0.5, 'exclude': norms},
    ),
]

written = {
    'by': f'python3 testing/optimizer/keras_updates.py, keras {keras.__version__} on torch {torch.__version__.split("+")[0]}',
    'shape': [INPUTS, UNITS, CLASSES],
    'inputs': short(flat([inputs])),
    'labels': [int(label) for label in labels],
    'initial': short(flat(build().trainable_variables)),
}
lines = [f'  {json.dumps(name)}: {json.dumps(value)}' for name, value in written.items()]
rows = [
    '    ' + json.dumps({'name': name, 'options': options, **steps(optimizer, **others)})
    for name, options, optimizer, others in cases
] + [
    '    ' + json.dumps({'name': name, 'options': options, **torch_steps(make, **settings)})
    for name, options, make, settings in torch_cases
]
sys.stdout.write('{\n' + ',\n'.join(lines) + ',\n  "cases": [\n' + ',\n'.join(rows) + '\n  ]\n}\n')
