#!/usr/bin/env python3
"""An independent computation of a small training run, to compare the crate with. Needs numpy; prints the fixture.

    python3 tests/reference.py > tests/reference.txt

Everything is float64 and written from the definitions: dense layers, ReLU, mean squared error, Adam as Keras has it, and
the SplitMix64 shuffle that gives the order of the rows. The fixture holds the data, the first weights, the losses
of every epoch, the last weights and a reconstruction.
"""
import numpy as np

WIDTHS = [7, 5, 3, 5, 7]
ROWS, VALIDATION, BATCH, EPOCHS, SEED = 50, 9, 16, 6, 42
RATE, BETA1, BETA2, EPSILON = 1e-2, 0.9, 0.999, 1e-7
MASK = 2**64 - 1


class SplitMix64:
    def __init__(self, state):
        self.state = state

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return z ^ (z >> 31)


def stream(seed, purpose):
    """Purpose 1 is weights, 2 the order of rows: so many times the first number seeds anew."""
    random = SplitMix64(seed)
    for _ in range(purpose):
        random = SplitMix64(random.next())
    return random


def shuffle(order, random):
    for i in range(len(order) - 1, 0, -1):
        j = random.next() * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]


def forward(weights, biases, x):
    activations = [x]
    for k, (w, b) in enumerate(zip(weights, biases)):
        z = activations[-1] @ w + b
        activations.append(np.maximum(z, 0) if k + 1 < len(weights) else z)
    return activations


def loss(weights, biases, x):
    return float(((forward(weights, biases, x)[-1] - x) ** 2).mean())


def show(name, values):
    print(name, *(repr(float(v)) for v in np.ravel(values)))


def main():
    rng = np.random.default_rng(1)
    # Three hidden causes behind seven columns; float32 values, so that both sides start from the same bits.
    mix = rng.normal(size=(3, 7))
    data = (rng.normal(size=(ROWS + VALIDATION, 3)) @ mix + 0.1 * rng.normal(size=(ROWS + VALIDATION, 7)))
    data = data.astype(np.float32).astype(np.float64)
    train, validation = data[:ROWS], data[ROWS:]
    initial = stream(SEED, 1)
    weights, biases = [], []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        limit = np.sqrt(6 / (inputs + outputs))
        unit = np.array([(initial.next() >> 11) * 2.0**-53 for _ in range(inputs * outputs)])
        weights.append(((2 * unit - 1) * limit).astype(np.float32).astype(np.float64).reshape(inputs, outputs))
        biases.append(np.zeros(outputs))
    show("training", train)
    show("validation", validation)
    for k, w in enumerate(weights):
        show(f"first_weights_{k}", w)

    parameters = weights + biases
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    random, order, step = stream(SEED, 2), list(range(ROWS)), 0
    training_losses, validation_losses = [], []
    for _ in range(EPOCHS):
        shuffle(order, random)
        squared = 0.0
        for start in range(0, ROWS, BATCH):
            x = train[order[start:start + BATCH]]
            activations = forward(weights, biases, x)
            difference = activations[-1] - x
            squared += float((difference**2).sum())
            delta = 2 * difference / x.size
            gradients = [None] * len(parameters)
            for k in reversed(range(len(weights))):
                gradients[k] = activations[k].T @ delta
                gradients[len(weights) + k] = delta.sum(axis=0)
                delta = (delta @ weights[k].T) * (activations[k] > 0)
            step += 1
            rate = RATE * np.sqrt(1 - BETA2**step) / (1 - BETA1**step)
            for p, g, m, v in zip(parameters, gradients, first, second):
                m += (1 - BETA1) * (g - m)
                v += (1 - BETA2) * (g * g - v)
                p -= rate * m / (np.sqrt(v) + EPSILON)
        training_losses.append(squared / train.size)
        validation_losses.append(loss(weights, biases, validation))
    show("training_losses", training_losses)
    show("validation_losses", validation_losses)
    for k, (w, b) in enumerate(zip(weights, biases)):
        show(f"last_weights_{k}", w)
        show(f"last_biases_{k}", b)
    show("reconstruction", forward(weights, biases, validation)[-1])


main()
