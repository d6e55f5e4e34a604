//! Which CPython a folder holds.

use std::fmt;

/// A release of CPython. Prints as `3.14`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub major: u8,
    pub minor: u8,
    /// In full, as CPython names it: `3.14.10`, `3.15.0a5+`.
    pub version: String,
}

impl Release {
    /// The oldest release whose interpreter is generated from definitions in the language that we read.
    pub const OLDEST: (u8, u8) = (3, 12);

    /// From `3.14` or `3.14.10`.
    pub fn parse(version: &str) -> Option<Self> {
        let mut parts = version.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some(Self { major, minor, version: version.to_string() })
    }

    /// From the text of `Include/patchlevel.h`.
    pub fn from_patchlevel(text: &str) -> Option<Self> {
        let value = |name: &str| {
            text.lines().find_map(|line| {
                let rest = line.strip_prefix("#define")?.trim_start().strip_prefix(name)?;
                rest.starts_with([' ', '\t']).then(|| rest.split_whitespace().next()).flatten()
            })
        };
        let major = value("PY_MAJOR_VERSION")?.parse().ok()?;
        let minor = value("PY_MINOR_VERSION")?.parse().ok()?;
        let version =
            value("PY_VERSION").map_or_else(|| format!("{major}.{minor}"), |v| v.trim_matches('"').to_string());
        Some(Self { major, minor, version })
    }

    pub fn is_supported(&self) -> bool {
        (self.major, self.minor) >= Self::OLDEST
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Release;

    #[test]
    fn the_release_is_read_from_patchlevel_h() {
        let text = "#define PY_MAJOR_VERSION        3\n#define PY_MINOR_VERSION\t15\n#define PY_VERSION_HEX 0\n#define PY_VERSION \"3.15.0a5+\"\n";
        let release = Release::from_patchlevel(text).unwrap();
        assert_eq!((release.major, release.minor, release.version.as_str()), (3, 15, "3.15.0a5+"));
        assert_eq!(release.to_string(), "3.15");
        assert!(release.is_supported() && !Release::parse("3.11").unwrap().is_supported());
        assert_eq!(Release::from_patchlevel("#define PY_MAJOR_VERSION 3\n"), None);
    }
}
