"""Optional packages: imported where used, with an error that names the extra."""

from __future__ import annotations

import importlib
from types import ModuleType


class MissingExtraError(ImportError):
    """An optional package is not installed; the message says how to get it."""


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional package.

    Parameters
    ----------
    module : str
        Name to import, such as ``"matplotlib"``.
    extra : str
        The extra of this project that installs it, such as ``"plot"``.
    purpose : str
        What it is needed for, in the user's words.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtraError
        If it cannot be imported.

    Examples
    --------
    >>> require("no_such_package", "plot", "drawing figures")
    Traceback (most recent call last):
        ...
    milpcore.extras.MissingExtraError: drawing figures needs the package no_such_package: \
python -m pip install ".[plot]" in a source checkout, otherwise "milpcore[plot]"
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtraError(
            f'{purpose} needs the package {package}: python -m pip install ".[{extra}]" in a '
            f'source checkout, otherwise "milpcore[{extra}]"'
        ) from error
