//! The cache: one folder a part, each with a manifest of its files and their sha256.
//!
//! **Invariant:** a part is whole or absent. It is made in a staging folder, with its manifest, and renamed into place; a
//! lock keeps two runs from doing so at once. What a killed run leaves in `tmp/` is removed by the next one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::digest::{self, Sum};
use crate::error::{ErrorKind, InputsError, Result};
use crate::progress::Progress;

const MANIFEST: &str = "manifest.json";
const FORMAT: u32 = 1;

/// What a part is, where it came from, and every file in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// In words: `cinderx 2026.11.2.0 from the Python package index`.
    pub from: String,
    /// The sha256 of what the part was made from; another one makes the part stale.
    pub origin: String,
    /// The packages that it was unpacked from, where it was more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    files: BTreeMap<String, Record>,
}

/// A fetched package.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Package {
    /// The file's name, with package, version and architecture: `python3.14_3.14.10-1_amd64.deb`.
    pub file: String,
    pub sha256: String,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    sha256: String,
    bytes: u64,
}

impl Manifest {
    pub(crate) fn new(from: String, origin: String) -> Self {
        Self { format: FORMAT, from, origin, packages: Vec::new(), files: BTreeMap::new() }
    }

    /// How many files there are, and their bytes.
    pub fn totals(&self) -> (usize, u64) {
        (self.files.len(), self.files.values().map(|r| r.bytes).sum())
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

/// The cache's folder. It need not exist.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
}

/// A part that is in the cache.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub dir: PathBuf,
    pub manifest: Manifest,
}

/// Held while parts are fetched; the lock ends with it, also when the process is killed.
#[derive(Debug)]
pub(crate) struct CacheLock {
    /// Open, it is the lock.
    _file: File,
    tmp: PathBuf,
}

impl Drop for CacheLock {
    fn drop(&mut self) {
        // Empty by now: every stage removes itself.
        let _ = fs::remove_dir(&self.tmp);
    }
}

/// A folder in which a part is made. It vanishes unless it is published.
#[derive(Debug)]
pub(crate) struct Stage {
    temp: TempDir,
}

impl Stage {
    /// Where the part's files go.
    pub(crate) fn part(&self) -> PathBuf {
        self.temp.path().join("part")
    }

    /// A folder for what is not kept.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.temp.path().join("scratch")
    }
}

impl Cache {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The part of that name, or none. A manifest that cannot be read is an error that names it.
    pub(crate) fn part(&self, name: &str) -> Result<Option<Part>> {
        let dir = self.dir.join(name);
        let path = dir.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
            Err(e) => return Err(InputsError::io("read", &path, &e)),
        };
        let corrupt = |why: &str| corrupt(format!("the cache's {} {why}", path.display()));
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| corrupt(&format!("cannot be read: {e}")))?;
        if manifest.format != FORMAT {
            return Err(corrupt(&format!("has format {}, this is made for {FORMAT}", manifest.format)));
        }
        Ok(Some(Part { name: name.to_string(), dir, manifest }))
    }

    /// Waits until no other run is fetching, then removes what killed runs left.
    pub(crate) fn lock(&self, progress: &dyn Progress) -> Result<CacheLock> {
        let path = self.dir.join("lock");
        let failed = |e: &io::Error| InputsError::io("lock", &path, e);
        fs::create_dir_all(&self.dir).map_err(|e| InputsError::io("make", &self.dir, &e))?;
        let file = File::create(&path).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                progress.step("waiting for another run that fetches into the same cache");
                file.lock().map_err(|e| failed(&e))?;
            }
            Err(fs::TryLockError::Error(e)) => return Err(failed(&e)),
        }
        let stale = self.dir.join("tmp");
        if stale.exists() {
            fs::remove_dir_all(&stale).map_err(|e| InputsError::io("remove", &stale, &e))?;
        }
        Ok(CacheLock { _file: file, tmp: stale })
    }

    /// A new staging folder on the cache's own file system.
    pub(crate) fn stage(&self, _lock: &CacheLock) -> Result<Stage> {
        let parent = self.dir.join("tmp");
        let made = fs::create_dir_all(&parent).and_then(|()| TempDir::new_in(&parent));
        let stage = Stage { temp: made.map_err(|e| InputsError::io("make a folder in", &parent, &e))? };
        for dir in [stage.part(), stage.scratch()] {
            fs::create_dir(&dir).map_err(|e| InputsError::io("make", &dir, &e))?;
        }
        Ok(stage)
    }

    /// Sums the staged files, writes the manifest and puts the part in its place, instead of an older one.
    pub(crate) fn publish(&self, stage: &Stage, name: &str, mut manifest: Manifest) -> Result<Part> {
        let made = stage.part();
        manifest.files = records(&made)?;
        let mut text = serde_json::to_vec_pretty(&manifest)
            .map_err(|e| InputsError::new(ErrorKind::Io, format!("cannot write the manifest of {name}: {e}")))?;
        text.push(b'\n');
        let path = made.join(MANIFEST);
        fs::write(&path, text).map_err(|e| InputsError::io("write", &path, &e))?;
        let dir = self.dir.join(name);
        let replaced = stage.temp.path().join("replaced");
        let parent = dir.parent().unwrap_or(&self.dir);
        fs::create_dir_all(parent).map_err(|e| InputsError::io("make", parent, &e))?;
        if dir.exists() {
            fs::rename(&dir, &replaced).map_err(|e| InputsError::io("replace", &dir, &e))?;
        }
        fs::rename(&made, &dir).map_err(|e| InputsError::io("write", &dir, &e))?;
        Ok(Part { name: name.to_string(), dir, manifest })
    }
}

impl Part {
    /// The sum of one file, compared with the manifest.
    pub(crate) fn check(&self, relative: &str) -> Result<Sum> {
        let path = self.dir.join(relative);
        let Some(expected) = self.manifest.files.get(relative) else {
            return Err(corrupt(format!("{} is not a file that was fetched", path.display())));
        };
        let sum = digest::of_file(&path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => corrupt(format!("{} is gone from the cache", path.display())),
            _ => InputsError::io("read", &path, &e),
        })?;
        if sum.sha256 == expected.sha256 {
            return Ok(sum);
        }
        Err(corrupt(format!(
            "{} was changed after it was fetched: its sha256 is {}, it was {}",
            path.display(),
            sum.sha256,
            expected.sha256
        )))
    }

    /// Every file that is not what was fetched.
    pub(crate) fn verify(&self, progress: &dyn Progress) -> Vec<InputsError> {
        let (_, total) = self.manifest.totals();
        let mut done = 0;
        let mut findings = Vec::new();
        for (relative, record) in &self.manifest.files {
            findings.extend(self.check(relative).err());
            done += record.bytes;
            progress.bytes(done, total);
        }
        findings
    }
}

fn corrupt(message: String) -> InputsError {
    InputsError::new(ErrorKind::Corrupt, message).next("`bodywork inputs fetch` brings it again")
}

/// Every regular file below a folder with its sum; links are left out (a package's may point outside).
fn records(dir: &Path) -> Result<BTreeMap<String, Record>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![(dir.to_path_buf(), String::new())];
    while let Some((dir, prefix)) = pending.pop() {
        for (entry, name) in list(&dir)? {
            let relative = format!("{prefix}{name}");
            if entry.is_dir() {
                pending.push((dir.join(&name), format!("{relative}/")));
            } else if entry.is_file() {
                let path = dir.join(&name);
                let sum = digest::of_file(&path).map_err(|e| InputsError::io("read", &path, &e))?;
                out.insert(relative, Record { sha256: sum.sha256, bytes: sum.bytes });
            }
        }
    }
    Ok(out)
}

/// A folder's entries with their types, sorted by name; links are not followed.
pub(crate) fn list(dir: &Path) -> Result<Vec<(fs::FileType, String)>> {
    let failed = |e: io::Error| InputsError::io("read", dir, &e);
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        out.push((entry.file_type().map_err(failed)?, entry.file_name().to_string_lossy().into_owned()));
    }
    out.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;
    use pretty_assertions::assert_eq;

    fn publish(cache: &Cache, text: &str) -> Part {
        let lock = cache.lock(&Silent).unwrap();
        let stage = cache.stage(&lock).unwrap();
        fs::create_dir(stage.part().join("a")).unwrap();
        fs::write(stage.part().join("a/x.h"), text).unwrap();
        fs::write(stage.part().join("y.h"), "y").unwrap();
        cache.publish(&stage, "some/part", Manifest::new("a test".into(), "0".into())).unwrap()
    }

    fn cache() -> (TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("cache"));
        (dir, cache)
    }

    #[test]
    fn a_part_is_published_whole_with_sums_and_replaces_an_older_one() {
        let (_dir, cache) = cache();
        assert!(cache.part("some/part").unwrap().is_none());
        publish(&cache, "old");
        publish(&cache, "abc");
        let part = cache.part("some/part").unwrap().unwrap();
        assert_eq!(part.manifest.totals(), (2, 4));
        let sum = part.check("a/x.h").unwrap();
        assert_eq!(sum.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(part.verify(&Silent), []);
        assert!(!cache.dir().join("tmp").exists(), "nothing is left of the staging");
    }

    #[test]
    fn a_changed_and_a_lost_file_are_named() {
        let (_dir, cache) = cache();
        let part = publish(&cache, "abc");
        fs::write(part.dir.join("a/x.h"), "abd").unwrap();
        fs::remove_file(part.dir.join("y.h")).unwrap();
        let findings = part.verify(&Silent);
        assert_eq!(findings.iter().map(|f| f.kind.code()).collect::<Vec<_>>(), ["I-004", "I-004"]);
        assert!(findings[0].message.contains("a/x.h was changed"), "{}", findings[0]);
        assert!(findings[1].message.contains("y.h is gone"), "{}", findings[1]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_named() {
        let (_dir, cache) = cache();
        let part = publish(&cache, "abc");
        fs::write(part.dir.join(MANIFEST), "{\"format\": 1").unwrap();
        let error = cache.part("some/part").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt);
        assert!(error.message.contains("manifest.json cannot be read"), "{error}");
    }

    #[test]
    fn an_unfinished_part_leaves_nothing_and_a_killed_runs_rest_is_removed() {
        let (_dir, cache) = cache();
        let left = cache.dir().join("tmp/left");
        fs::create_dir_all(&left).unwrap();
        let lock = cache.lock(&Silent).unwrap();
        assert!(!left.exists());
        let stage = cache.stage(&lock).unwrap();
        fs::write(stage.part().join("half"), "h").unwrap();
        drop(stage);
        drop(lock);
        let entries: Vec<String> = list(cache.dir()).unwrap().into_iter().map(|(_, name)| name).collect();
        assert_eq!(entries, ["lock"]);
    }
}
