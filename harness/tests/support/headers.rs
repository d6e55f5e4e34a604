//! The tables that CPython's generator writes, read row by row out of the headers as C text.

use std::collections::BTreeMap;

/// Rows of one table, by name; a value is as the header writes it, with single blanks.
pub(crate) type Rows = BTreeMap<String, String>;

/// What follows `#define `, for names with a value.
pub(crate) fn defines(text: &str) -> Rows {
    let row = |line: &str| {
        let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
        let plain = name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        (plain && !value.trim().is_empty()).then(|| (name.to_owned(), squeezed(value)))
    };
    text.lines().filter_map(row).collect()
}

/// `[NAME] = VALUE,` rows of the array `name`, from its definition (not its declaration) to the closing brace.
pub(crate) fn array(text: &str, name: &str) -> Rows {
    let body = after_definition(text, &format!("{name}["));
    let row = |line: &str| {
        let (name, value) = line.trim().strip_prefix('[')?.split_once("] =")?;
        Some((name.to_owned(), squeezed(value.trim_end().trim_end_matches(','))))
    };
    body.lines().take_while(|line| line.trim() != "};").filter_map(row).collect()
}

/// `case NAME: return VALUE;` rows of the function `name`.
pub(crate) fn function(text: &str, name: &str) -> Rows {
    let body = after_definition(text, &format!("{name}("));
    let (mut rows, mut case) = (Rows::new(), None);
    for line in body.lines().map(str::trim).take_while(|line| *line != "default:") {
        if let Some(name) = line.strip_prefix("case ").and_then(|rest| rest.strip_suffix(':')) {
            case = Some(name.to_owned());
        } else if let Some(value) = line.strip_prefix("return ").and_then(|rest| rest.strip_suffix(';')) {
            rows.insert(case.take().expect("a case before its return"), squeezed(value));
        }
    }
    rows
}

/// The text after the first `head` whose line opens a brace, or leaves that to the next.
fn after_definition<'a>(text: &'a str, head: &str) -> &'a str {
    let is_definition = |at: &usize| {
        let line = text[*at..].lines().next().unwrap_or_default().trim_end();
        line.ends_with('{') || line.ends_with("oparg)")
    };
    let at = text.match_indices(head).map(|(at, _)| at).find(is_definition);
    &text[at.unwrap_or_else(|| panic!("{head} is not in the header"))..]
}

/// The dictionaries of `_opcode_metadata.py`: `_specializations` with its lists, and the numbers.
pub(crate) fn families(text: &str) -> BTreeMap<String, Vec<String>> {
    let table = text.split_once("_specializations = {").expect("the dictionary").1;
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut head = String::new();
    for line in table.lines().map(str::trim).take_while(|line| *line != "}") {
        let quoted = line.split('"').nth(1);
        match quoted {
            Some(name) if line.ends_with(": [") => {
                name.clone_into(&mut head);
                families.entry(head.clone()).or_default();
            }
            Some(member) => families.entry(head.clone()).or_default().push(member.to_owned()),
            None => {}
        }
    }
    families
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
