"""The exact search of model A on its level network; see `milpcore.site.path_search.formulation`."""

from milpcore.site.path_search.formulation import PathSearch

__all__ = ["PathSearch"]
