//! World and judgement to view models: plain data, ready to draw.
