"""The jit decorator and the conversion of arguments."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest

import preprocess
from preprocess import composite_curve, kernel, kernel_py, problem_table
from preprocess.heat_sweep import _cumulate_kernel

is_compiled = not numba.config.DISABLE_JIT
needs_compiler = pytest.mark.skipif(not is_compiled, reason="NUMBA_DISABLE_JIT is set")


@needs_compiler
def test_kernels_are_compiled_strictly_and_release_the_lock():
    options = _cumulate_kernel.targetoptions
    assert options["nogil"] is True
    assert options["error_model"] == "numpy"
    assert not options.get("fastmath", False)
    assert kernel_py(_cumulate_kernel) is _cumulate_kernel.py_func


@needs_compiler
def test_kernels_are_compiled_once_whatever_the_caller_owns():
    read_only = np.array([80.0, 90.0])
    read_only.flags.writeable = False
    strided = np.arange(6.0)[::3] + 100.0
    composite_curve([1, 2], (3, 4), [5, 6])
    before = len(_cumulate_kernel.signatures)
    curves = [
        composite_curve(read_only, strided, np.array([1, 2])),
        composite_curve(pd.Series(read_only), pd.Series(strided), pd.Series([1, 2])),
        composite_curve(pd.array([80.0, 90.0]), strided.astype(np.float32), [1.0, 2.0]),
    ]
    assert len(_cumulate_kernel.signatures) == before == 1
    for curve in curves[1:]:
        np.testing.assert_array_equal(curve, curves[0])


def test_arguments_are_not_changed():
    columns = [np.array(column, dtype=float) for column in ([80], [180], [200], [100], [200], [30])]
    copies = [column.copy() for column in columns]
    problem_table(*columns)
    for column, copy in zip(columns, copies, strict=True):
        np.testing.assert_array_equal(column, copy)


def test_without_a_directory_for_the_cache_the_kernel_is_still_compiled(monkeypatch):
    calls = []

    def njit_without_cache(**options):
        calls.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit_without_cache)
    assert kernel(abs) is abs
    assert calls == [
        {"cache": True, "nogil": True, "error_model": "numpy"},
        {"nogil": True, "error_model": "numpy"},
    ]


@pytest.mark.parametrize(("disabled", "is_python"), [("1", "True"), ("0", "False")])
def test_the_switch_of_numba_is_honoured(disabled, is_python):
    code = (
        "from preprocess.heat_sweep import _cumulate_kernel as kernel\n"
        "from preprocess import kernel_py, problem_table\n"
        "print(kernel_py(kernel) is kernel)\n"
        "print(problem_table([80], [180], [200], [100], [200], [300]).hot_utility_kW)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
        cwd=Path(preprocess.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.split() == [is_python, "140.0"]


def test_strings_are_not_numbers():
    with pytest.raises(ValueError, match="composite_curve: heat_kW must hold numbers"):
        composite_curve([1.0], [2.0], ["3"])
    with pytest.raises(ValueError, match="composite_curve: t_low_C must hold numbers"):
        composite_curve([[1.0], [2.0, 3.0]], [2.0], [3.0])
    with pytest.raises(ValueError, match="composite_curve: heat_kW must hold numbers"):
        composite_curve([1.0], [2.0], [3.0 + 1j])
