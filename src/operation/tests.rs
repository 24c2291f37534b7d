//! Tables of cases for planning.
