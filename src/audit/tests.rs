//! Tables of cases for the file.
