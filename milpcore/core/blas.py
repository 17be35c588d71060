"""One BLAS thread for as long as a block runs.

Sequential quadratic programs and column generation call linear algebra on matrices of a few dozen
rows thousands of times. OpenBLAS, which the wheels of NumPy and SciPy bring with them, would wake a
thread for each core every time: on a busy machine that takes ten times as long. Its own functions
set the number of threads; other libraries are left alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import scipy

_NAMES = tuple(
    (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
    for prefix in ("", "scipy_")
    for suffix in ("", "64_", "_64")
)
GetAndSet = tuple[Callable[[], int], Callable[[int], object]]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let OpenBLAS use one thread in the block, and as many as before after it.

    The number is one of the process: other threads of it are held to one, too, meanwhile.

    Yields
    ------
    None

    Examples
    --------
    >>> with one_blas_thread():
    ...     float(np.ones(3) @ np.ones(3))
    3.0
    """
    with ExitStack() as restored:
        for get, set_ in _libraries():
            restored.callback(set_, get())
            set_(1)
        yield


@cache
def _libraries() -> tuple[GetAndSet, ...]:
    """Functions of the OpenBLAS libraries that come with NumPy and SciPy."""
    found = []
    for package in (np, scipy):
        folder = Path(str(package.__file__)).parent
        beside = folder.with_name(f"{folder.name}.libs"), folder / ".dylibs"
        for file in sorted(file for place in beside for file in place.glob("*openblas*")):
            functions = _functions(file)
            if functions is not None:
                found.append(functions)
    return tuple(found)


def _functions(file: Path) -> GetAndSet | None:
    """Functions of a library that is loaded already; None if it has no such functions."""
    try:
        library = ctypes.CDLL(str(file))
    except OSError:
        return None
    for get, set_ in _NAMES:
        if hasattr(library, get) and hasattr(library, set_):
            getter, setter = getattr(library, get), getattr(library, set_)
            getter.restype, getter.argtypes = ctypes.c_int, []
            setter.restype, setter.argtypes = None, [ctypes.c_int]
            return getter, setter
    return None
