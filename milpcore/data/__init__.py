"""Bundled cases and parameters, read with importlib.resources."""
