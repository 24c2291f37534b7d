//! Prometheus panels from TOML: title, unit, queries with variables, thresholds.
