//! Finds, fetches, verifies and lifts the definitions.
