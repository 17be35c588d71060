"""The one place that spells a just-in-time decorator.

Kernels are private functions of arrays and scalars: they check nothing, allocate nothing inside
their loops and are called by a documented public function that has validated everything. They are
compiled at the first call and cached on disk. Floating-point arithmetic is strict (no
``fastmath``): error-free transformations depend on it, and compiled and interpreted results are the
same.

With the environment variable ``NUMBA_DISABLE_JIT=1`` Numba hands back the Python function itself.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def kernel(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function of arrays at its first call and cache the machine code.

    The compiled function releases the interpreter lock, divides like NumPy (no
    ``ZeroDivisionError``) and keeps the signature of the Python function for type checkers. Where
    no directory can be written for the cache, the function is compiled without one.

    Parameters
    ----------
    function : callable
        Takes and returns arrays, scalars and tuples of them.

    Returns
    -------
    callable
        The compiled function; the Python one is its ``py_func`` (see `kernel_py`).

    Examples
    --------
    >>> import numpy as np
    >>> @kernel
    ... def _largest_kernel(values):
    ...     return values.max()
    >>> float(_largest_kernel(np.array([1.0, 3.0, 2.0])))
    3.0
    """
    compiled: Callable[Parameters, Result]
    try:
        compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # Numba finds no directory that it may write a cache to
        compiled = numba.njit(nogil=True, error_model="numpy")(function)
    return compiled


def kernel_py(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return the Python function behind a kernel.

    Parameters
    ----------
    function : callable
        A function decorated by `kernel`, compiled or (``NUMBA_DISABLE_JIT=1``) not.

    Returns
    -------
    callable
        The function as it was written.

    Examples
    --------
    >>> def double(value):
    ...     return 2 * value
    >>> kernel_py(kernel(double)) is double
    True
    """
    python_function: Callable[Parameters, Result] = getattr(function, "py_func", function)
    return python_function
