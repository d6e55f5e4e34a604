//! The Python package index: where it is, according to pip, and where its page says that a file is.

use std::env;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::{ErrorKind, InputsError, Result};

/// The content types of an index page (PEP 503, PEP 691), the structured one first.
pub(super) const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// The index's address without a slash at the end: `PIP_INDEX_URL`, else what pip is configured with, else pip's default.
pub(super) fn address() -> Result<String> {
    let given = env::var("PIP_INDEX_URL").ok().filter(|url| !url.trim().is_empty());
    given.or_else(from_pip).map(|url| url.trim().trim_end_matches('/').to_string()).ok_or_else(|| {
        InputsError::new(
            ErrorKind::MissingTool,
            "where the Python package index is, pip would say, but there is no pip",
        )
        .next("install pip for python3, or set PIP_INDEX_URL")
    })
}

fn from_pip() -> Option<String> {
    const PIPS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["python", "-m", "pip"], &["pip3"], &["pip"]];
    PIPS.into_iter().find_map(|pip| {
        let configured = output(pip, &["config", "get", "global.index-url"]).filter(|url| url.starts_with("http"));
        configured.or_else(|| default_in_help(&output(pip, &["download", "--help"])?))
    })
}

fn output(program: &[&str], arguments: &[&str]) -> Option<String> {
    let output = Command::new(program[0])
        .args(&program[1..])
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// pip's help says `(default URL)` with the option; the text is wrapped.
fn default_in_help(help: &str) -> Option<String> {
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let option = &words[words.find("--index-url <url>")?..];
    let value = &option[option.find("(default ")? + "(default ".len()..];
    let url = &value[..value.find(')')?];
    url.starts_with("http").then(|| url.to_string())
}

#[derive(Deserialize)]
struct Page {
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    filename: String,
    url: String,
}

/// The address of `file` on a project's page that was read from `page_url`. `None` when the page does not list it.
pub(super) fn find_file(content_type: &str, page: &str, page_url: &str, file: &str) -> Option<String> {
    let url = if content_type.contains("json") {
        let page: Page = serde_json::from_str(page).ok()?;
        page.files.into_iter().find(|listed| listed.filename == file)?.url
    } else {
        links(page).find(|link| link.split(['#', '?']).next().and_then(|l| l.rsplit('/').next()) == Some(file))?
    };
    let url = url.split('#').next().unwrap_or(&url).to_string();
    Some(join(page_url, &url))
}

/// The targets of a page's links.
fn links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let target = rest[1..].split(quote).next()?;
        Some(target.replace("&amp;", "&"))
    })
}

/// Resolves a link against the address of its page.
fn join(base: &str, link: &str) -> String {
    if link.contains("://") {
        return link.to_string();
    }
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    if let Some(other_host) = link.strip_prefix("//") {
        return format!("{scheme}://{other_host}");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    if link.starts_with('/') {
        folders.clear();
    }
    for part in link.trim_start_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            part => folders.push(part),
        }
    }
    format!("{scheme}://{host}/{}", folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    const FILE: &str = "thing-1.0.tar.gz";

    #[test]
    fn pips_help_names_the_default_index_even_when_wrapped() {
        let help =
            "  -i, --index-url <url>   Base URL of the index (default\n       https://index.example/simple). This\n";
        assert_eq!(default_in_help(help).as_deref(), Some("https://index.example/simple"));
        assert_eq!(default_in_help("no such option"), None);
    }

    #[test]
    fn a_file_is_found_on_both_kinds_of_page() {
        let html = "<a href=\"../../files/ab/thing-1.0-py3-none-any.whl#sha256=00\">w</a>\n\
                    <a href=\"../../files/cd/thing-1.0.tar.gz#sha256=11\" data-x=\"&lt;3\">s</a>";
        let base = "https://index.example/simple/thing/";
        let found = find_file("text/html", html, base, FILE);
        assert_eq!(found.as_deref(), Some("https://index.example/files/cd/thing-1.0.tar.gz"));
        let json = r#"{"meta":{"api-version":"1.1"},"name":"thing","files":[
            {"filename":"thing-1.0.tar.gz","url":"https://files.example/t?a=1#x","hashes":{}}]}"#;
        let found = find_file("application/vnd.pypi.simple.v1+json", json, base, FILE);
        assert_eq!(found.as_deref(), Some("https://files.example/t?a=1"));
        assert_eq!(find_file("text/html", html, base, "thing-2.0.tar.gz"), None);
        assert_eq!(find_file("application/json", "not json", base, FILE), None);
    }

    #[test]
    fn links_resolve_against_their_page() {
        for (link, expected) in [
            ("x.gz", "https://u:p@h.example/a/b/x.gz"),
            ("./x.gz", "https://u:p@h.example/a/b/x.gz"),
            ("/x.gz", "https://u:p@h.example/x.gz"),
            ("../../../x.gz", "https://u:p@h.example/x.gz"),
            ("//o.example/x.gz", "https://o.example/x.gz"),
            ("http://o.example/x.gz", "http://o.example/x.gz"),
        ] {
            assert_eq!(join("https://u:p@h.example/a/b/", link), expected, "{link}");
        }
    }
}
