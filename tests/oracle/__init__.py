"""What every KPI should answer, worked out a second way: SQL by DuckDB over the CSV files that were loaded."""
