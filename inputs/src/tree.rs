//! Where CPython's files lie in a folder: a checkout (or an unpacked source archive), or a distribution's packages.

use std::fs;
use std::path::{Path, PathBuf};

use translator::source::SourceFile;

use crate::cache::Part;
use crate::digest;
use crate::error::{ErrorKind, InputsError, Result};
use crate::release::Release;

/// A file that was found, with its sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// As in CPython's tree, without folders: `pycore_code.h`.
    pub name: String,
    pub path: PathBuf,
    /// In lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
}

impl InputFile {
    /// Reads the text. Fails when the file is not UTF-8.
    pub fn read(&self) -> Result<SourceFile> {
        let text = fs::read_to_string(&self.path).map_err(|e| InputsError::io("read", &self.path, &e))?;
        Ok(SourceFile::new(&self.name, &text))
    }
}

/// A folder with CPython's files, and how they are laid out in it.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    /// Set when the folder is a part of the cache: its files are compared with the manifest.
    part: Option<Part>,
    /// Relative folders in which files are searched by name.
    folders: Vec<String>,
    generator: String,
    tests: String,
}

impl Tree {
    pub(crate) fn checkout(root: &Path) -> Self {
        let folders = ["Python", "Include", "Include/internal", "Lib", "Lib/test"];
        Self {
            root: root.to_path_buf(),
            part: None,
            folders: folders.map(String::from).into(),
            generator: "Tools/cases_generator".to_string(),
            tests: "Lib/test".to_string(),
        }
    }

    /// CPython's unpacked source archive in the cache.
    pub(crate) fn tarball(part: Part) -> Self {
        Self { part: Some(part.clone()), ..Self::checkout(&part.dir) }
    }

    /// A distribution's unpacked packages in the cache.
    pub(crate) fn packages(part: Part, release: &str) -> Self {
        let include = format!("usr/include/python{release}");
        let tests = format!("usr/lib/python{release}/test");
        Self {
            root: part.dir.clone(),
            folders: vec![format!("{include}/internal"), include, format!("usr/lib/python{release}"), tests.clone()],
            generator: format!("usr/share/doc/python{release}/examples/cases_generator"),
            tests,
            part: Some(part),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<String> {
        self.folders.iter().map(|folder| format!("{folder}/{name}")).find(|relative| self.root.join(relative).is_file())
    }

    /// The file of that name with its sum; in the cache, compared with the manifest.
    pub(crate) fn file(&self, name: &str) -> Result<InputFile> {
        let Some(relative) = self.find(name).or_else(|| self.lost(name)) else {
            return Err(InputsError::new(ErrorKind::MissingFile, format!("{} has no {name}", self.root.display())));
        };
        let path = self.root.join(&relative);
        let sum = match &self.part {
            Some(part) => part.check(&relative)?,
            None => digest::of_file(&path).map_err(|e| InputsError::io("read", &path, &e))?,
        };
        Ok(InputFile { name: name.to_string(), path, sha256: sum.sha256, bytes: sum.bytes })
    }

    /// Where a file that is gone from the cache was, so that the error says so.
    fn lost(&self, name: &str) -> Option<String> {
        let manifest = &self.part.as_ref()?.manifest;
        self.folders.iter().map(|folder| format!("{folder}/{name}")).find(|relative| manifest.has(relative))
    }

    pub(crate) fn generator_dir(&self) -> Result<PathBuf> {
        self.folder(&self.generator, "CPython's generator")
    }

    pub(crate) fn test_dir(&self) -> Result<PathBuf> {
        self.folder(&self.tests, "CPython's test suite")
    }

    fn folder(&self, relative: &str, what: &str) -> Result<PathBuf> {
        let dir = self.root.join(relative);
        if dir.is_dir() {
            return Ok(dir);
        }
        Err(InputsError::new(ErrorKind::MissingFile, format!("{what} is not in {}", self.root.display())))
    }

    /// Which release the folder holds.
    pub(crate) fn release(&self) -> Result<Release> {
        let file = self.file("patchlevel.h")?;
        Release::from_patchlevel(&file.read()?.text)
            .ok_or_else(|| InputsError::new(ErrorKind::Release, format!("{} names no release", file.path.display())))
    }
}
