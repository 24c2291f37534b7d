//! Typed layers of configuration; each value knows where it came from.
