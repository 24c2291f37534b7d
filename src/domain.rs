//! Nouns without I/O: what a cluster is made of, in the words of the field.
