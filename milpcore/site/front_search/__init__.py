"""The exact front of two measures of model A; see `milpcore.site.pareto` for its mathematics."""
