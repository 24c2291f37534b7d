//! Terminal glue: input, redraw, effects, restore.
