//! The path patterns of `inputs.lock`.

/// Whether a relative path (slashes, no leading one) fits a pattern: `*` stands for any characters within one part of the
/// path; a slash at the end takes everything below; a pattern without any slash is about the file's name alone.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('/') {
        return part_matches(pattern, path.rsplit('/').next().unwrap_or(path));
    }
    let below = pattern.ends_with('/');
    let patterns: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let parts: Vec<&str> = path.split('/').collect();
    let long_enough = if below { parts.len() > patterns.len() } else { parts.len() == patterns.len() };
    long_enough && patterns.iter().zip(&parts).all(|(pattern, part)| part_matches(pattern, part))
}

/// Whether a path is the one that is named, or below it when that ends with a slash.
pub(crate) fn is_or_below(named: &str, path: &str) -> bool {
    if named.ends_with('/') { path.starts_with(named) } else { path == named }
}

fn part_matches(pattern: &str, part: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == part,
        Some((head, tail)) => part
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|i| rest.is_char_boundary(i) && part_matches(tail, &rest[i..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("usr/bin/python3.14", "usr/bin/python3.14", true),
            ("usr/bin/python3.14", "usr/bin/python3.14-config", false),
            ("usr/lib/python3.14/", "usr/lib/python3.14/test/test_dis.py", true),
            ("usr/lib/python3.14/", "usr/lib/python3.14", false),
            ("usr/lib/*-linux-*/", "usr/lib/aarch64-linux-gnu/libz.so.1", true),
            ("usr/lib/*-linux-*/", "usr/lib/python3.14/os.py", false),
            ("usr/share/doc/*/copyright", "usr/share/doc/libc6/copyright", true),
            ("usr/share/doc/*/copyright", "usr/share/doc/libc6/a/copyright", false),
            ("*.a", "usr/lib/x/libpython3.14.a", true),
            ("*.a", "usr/lib/x/libpython3.14.ab", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
