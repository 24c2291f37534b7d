//! A fault in a user's file: where it is, what is wrong, what to do.
