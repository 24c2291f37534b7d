//! The subcommands: arguments, their meaning, printers, exit codes.
