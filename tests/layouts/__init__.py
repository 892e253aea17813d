"""Shops in layouts that kpi-sample does not make, or makes too tidily, as their owners would export them. The same seed
gives the same bytes; the rows are made up."""
