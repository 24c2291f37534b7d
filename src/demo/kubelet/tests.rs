//! Pods through their lives, in virtual time.
