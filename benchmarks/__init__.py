"""Benchmarks of milpcore: ``python -m benchmarks`` lists them, ``python -m benchmarks NAME`` runs.

A benchmark is a module with ``NAME``, ``SUMMARY`` and ``run(out_dir) -> DataFrame``: one row per
measurement, units in the column names. Add its name to `BENCHMARKS`.
"""

BENCHMARKS = (
    "kernels",
    "assembly",
    "formulations",
    "greenfield",
    "retrofit",
    "sensitivity",
    "pareto",
    "sizing",
    "candidates",
    "stream_steps",
    "scaling",
    "sweep",
    "first_use",
    "loops",
    "options",
    "connections",
    "periods",
)
