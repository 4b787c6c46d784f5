"""Types of the arrays the physics calculates with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
