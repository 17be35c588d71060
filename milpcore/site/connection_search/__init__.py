"""Exact search for sites whose connections cost something: bounds from heat prices alone."""

from milpcore.site.connection_search.formulation import ConnectionSearch

__all__ = ["ConnectionSearch"]
