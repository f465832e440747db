"""Times training epochs of the autoencoder 55-32-16-32-55 in Keras, as the usual deployment trains it.

    keras_epoch.py TRAINING_ROWS VALIDATION_ROWS EPOCHS

Rows are random: their values don't change the time. The first epoch, which compiles the graph, isn't counted. Prints
the seconds of a middle epoch, validation included.
"""
import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

WIDTHS = [55, 32, 16, 32, 55]


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.start)


def main(training, validation, epochs):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((training + validation, WIDTHS[0]), dtype="float32")
    layers = [keras.layers.Dense(width, activation="relu") for width in WIDTHS[1:-1]]
    network = keras.Sequential([keras.Input((WIDTHS[0],)), *layers, keras.layers.Dense(WIDTHS[-1])])
    network.compile(optimizer=keras.optimizers.Adam(1e-4), loss="mse")
    clock = Clock()
    network.fit(rows[:training], rows[:training], batch_size=512, epochs=epochs + 1, shuffle=True, verbose=0,
                validation_data=(rows[training:], rows[training:]), callbacks=[clock])
    print(statistics.median(clock.seconds[1:]))


main(*map(int, sys.argv[1:]))
