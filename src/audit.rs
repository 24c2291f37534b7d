//! Append-only JSON lines: intent before a write, outcome after it, and how to undo it.
