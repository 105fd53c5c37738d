//! Specification tests.
