//! The HTTP edge: native API, OpenAPI, metrics.
