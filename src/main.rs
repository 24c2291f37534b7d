//! rolltop's entry point: parse, choose a mode, exit.

fn main() {}
