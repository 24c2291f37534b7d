//! The Prometheus client: direct, or through the API server's service proxy.
