//! Names the lifter by its sources, so that what an earlier one lifted into the cache is lifted again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    hash_folder(Path::new("src/lift"), &mut hasher);
    println!("cargo::rerun-if-changed=src/lift");
    println!("cargo::rustc-env=BODYWORK_LIFTER={:016x}", hasher.finish());
}

fn hash_folder(dir: &Path, hasher: &mut DefaultHasher) {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("cannot read {}: {e}", dir.display()));
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_folder(&path, hasher);
        } else {
            path.hash(hasher);
            fs::read(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display())).hash(hasher);
        }
    }
}
