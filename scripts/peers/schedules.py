"""Learning rates of Keras' and PyTorch's schedules, for the test that compares ours with them, value by value:

python scripts/peers/schedules.py > testing/optimizer/schedules.json

With keras 3.15.1 and torch 2.15.0.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from torch.optim import lr_scheduler

keras_schedules = keras.optimizers.schedules
steps = 130


def of_keras(schedule):
    return [float(schedule(step)) for step in range(steps)]


def of_torch(learning_rate, make, count=steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=learning_rate)
    schedule = make(optimizer)
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def warmed_up(optimizer, after, count):
    """Linear from a tenth of the rate."""
    before = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=count)
    return lr_scheduler.SequentialLR(optimizer, [before, after], milestones=[count])


def row(source, learning_rate, options, rates):
    return {"source": source, "learningRate": learning_rate, "options": options, "rates": rates}


rows = [
    *[
        row(
            "keras ExponentialDecay",
            rate,
            {"schedule": "exponential", "decaySteps": length, "decayRate": decay},
            of_keras(keras_schedules.ExponentialDecay(rate, length, decay)),
        )
        for rate, length, decay in [(0.05, 40, 0.5), (1.0, 7, 0.96), (0.3, 1, 0.9)]
    ],
    row(
        "keras ExponentialDecay(staircase=True)",
        0.2,
        {"schedule": "step", "decaySteps": 25, "decayRate": 0.3},
        of_keras(keras_schedules.ExponentialDecay(0.2, 25, 0.3, staircase=True)),
    ),
    *[
        row(
            "keras PolynomialDecay",
            rate,
            {"schedule": "polynomial", "decaySteps": length, "endLearningRate": end, "power": power},
            of_keras(keras_schedules.PolynomialDecay(rate, length, end, power)),
        )
        for rate, length, end, power in [(0.1, 100, 0.0, 1.0), (0.4, 120, 0.01, 2.0), (0.05, 130, 0.001, 0.5)]
    ],
    *[
        row(
            "keras CosineDecay",
            rate,
            {"schedule": "cosine", "decaySteps": length, "endLearningRate": rate * alpha},
            of_keras(keras_schedules.CosineDecay(rate, length, alpha=alpha)),
        )
        for rate, length, alpha in [(0.05, 130, 0.0), (0.8, 100, 0.125)]
    ],
    *[
        row(
            "keras CosineDecay with a warm-up",
            target,
            {"schedule": "cosine", "decaySteps": length, "warmupSteps": warmup, "warmupLearningRate": first},
            of_keras(keras_schedules.CosineDecay(first, length, warmup_target=target, warmup_steps=warmup)),
        )
        for target, length, warmup, first in [(0.5, 100, 30, 0.0), (0.1, 110, 7, 0.02)]
    ],
    *[
        row(
            "keras CosineDecayRestarts",
            rate,
            {
                "schedule": "cosineRestarts",
                "decaySteps": length,
                "periodMultiplier": longer,
                "peakMultiplier": peak,
                "endLearningRate": rate * alpha,
            },
            of_keras(keras_schedules.CosineDecayRestarts(rate, length, longer, peak, alpha)),
        )
        for rate, length, longer, peak, alpha in [(0.05, 15, 2.0, 1.0, 0.0), (0.4, 11, 1.5, 0.8, 0.1)]
    ],
    row(
        "torch StepLR",
        0.05,
        {"schedule": "step", "decaySteps": 30},
        of_torch(0.05, lambda optimizer: lr_scheduler.StepLR(optimizer, 30)),
    ),
    row(
        "torch MultiStepLR",
        0.1,
        {"schedule": "multiStep", "milestones": [20, 50, 51, 120], "decayRate": 0.2},
        of_torch(0.1, lambda optimizer: lr_scheduler.MultiStepLR(optimizer, [20, 50, 51, 120], 0.2)),
    ),
    row(
        "torch ExponentialLR",
        0.1,
        {"schedule": "exponential", "decaySteps": 1, "decayRate": 0.97},
        of_torch(0.1, lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.97)),
    ),
    row(
        "torch PolynomialLR",
        0.1,
        {"schedule": "polynomial", "decaySteps": 90, "power": 3},
        of_torch(0.1, lambda optimizer: lr_scheduler.PolynomialLR(optimizer, 90, 3)),
    ),
    row(
        "torch CosineAnnealingLR",
        0.3,
        {"schedule": "cosine", "decaySteps": 120, "endLearningRate": 0.01},
        of_torch(0.3, lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 120, 0.01), 121),
    ),
    *[
        row(
            "torch CosineAnnealingWarmRestarts",
            0.3,
            {"schedule": "cosineRestarts", "decaySteps": 12, "endLearningRate": 0.01, "periodMultiplier": longer},
            of_torch(
                0.3, lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 12, longer, 0.01)
            ),
        )
        for longer in [1, 2]
    ],
    row(
        "torch OneCycleLR",
        0.1,
        {"schedule": "oneCycle", "decaySteps": 131},
        of_torch(0.1, lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 131)),
    ),
    row(
        "torch OneCycleLR",
        2.0,
        {"schedule": "oneCycle", "decaySteps": 131, "pctStart": 0.45, "divFactor": 10, "finalDivFactor": 50},
        of_torch(
            2.0,
            lambda optimizer: lr_scheduler.OneCycleLR(
                optimizer, 2.0, 131, pct_start=0.45, div_factor=10, final_div_factor=50
            ),
        ),
    ),
    row(
        "torch LinearLR",
        0.2,
        {"schedule": "constant", "warmupSteps": 40, "warmupLearningRate": 0.02},
        of_torch(0.2, lambda optimizer: lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=40)),
    ),
    row(
        "torch LinearLR and MultiStepLR",
        0.2,
        {
            "schedule": "multiStep",
            "milestones": [30, 60],
            "warmupSteps": 25,
            "warmupLearningRate": 0.02,
        },
        of_torch(
            0.2,
            lambda optimizer: warmed_up(optimizer, lr_scheduler.MultiStepLR(optimizer, [30, 60]), 25),
        ),
    ),
]

print(json.dumps(rows))
