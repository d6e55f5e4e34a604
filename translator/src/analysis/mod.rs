//! What the definitions mean: instructions with their parts, stack effects, caches, families, properties, numbers.

pub mod model;
