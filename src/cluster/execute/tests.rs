//! Answers and what they mean.
