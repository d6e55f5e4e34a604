//! What the caller may say about where inputs are.

use std::env;
use std::path::PathBuf;

use crate::error::{ErrorKind, InputsError, Result};

/// Where to look. [`Options::from_env`] reads the environment; the command line then overrides single fields.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A CPython checkout (`--cpython`, `BODYWORK_CPYTHON`): comes before everything else.
    pub cpython: Option<PathBuf>,
    /// The cache's folder (`BODYWORK_CACHE`), else the platform's cache folder with `bodywork` in it.
    pub cache: Option<PathBuf>,
    /// A CPython of the release to compare with (`BODYWORK_PYTHON`).
    pub python: Option<PathBuf>,
    /// Only this kind of source (`--from`, `BODYWORK_FROM`), else the first that has the files.
    pub from: Option<SourceKind>,
}

/// The kinds of source that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// CPython's own source archive.
    Tarball,
    /// The PyPI and distribution packages, from which the definitions are lifted.
    Packages,
}

impl std::str::FromStr for SourceKind {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "tarball" => Ok(Self::Tarball),
            "packages" => Ok(Self::Packages),
            _ => Err("the kinds of source are `tarball` and `packages`".to_string()),
        }
    }
}

impl Options {
    /// Reads `BODYWORK_CPYTHON`, `BODYWORK_CACHE`, `BODYWORK_PYTHON` and `BODYWORK_FROM`; an empty value counts as none.
    pub fn from_env() -> Result<Self> {
        let from = env::var("BODYWORK_FROM").ok().filter(|v| !v.is_empty()).map(|v| v.parse()).transpose();
        let from = from.map_err(|e: String| InputsError::new(ErrorKind::NotFound, format!("BODYWORK_FROM: {e}")))?;
        Ok(Self {
            cpython: path("BODYWORK_CPYTHON"),
            cache: path("BODYWORK_CACHE"),
            python: path("BODYWORK_PYTHON"),
            from,
        })
    }

    pub(crate) fn cache_dir(&self) -> Result<PathBuf> {
        self.cache.clone().or_else(platform_cache).ok_or_else(|| {
            InputsError::new(ErrorKind::NotFound, "this machine names no cache folder")
                .next("set BODYWORK_CACHE to a folder")
        })
    }
}

fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from)
}

fn platform_cache() -> Option<PathBuf> {
    let base = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Caches"))
    } else {
        // The XDG specification wants a relative path to be ignored.
        path("XDG_CACHE_HOME").filter(|p| p.is_absolute()).or_else(|| path("HOME").map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("bodywork"))
}
