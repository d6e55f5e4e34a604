//! Later releases' generators write some lines otherwise than 3.14's. They are put into 3.14's words before anything
//! is read, so that the same stages and the same C back end serve; the comparison is then with the reworded text.

use super::observe::{RELOAD, SPILL};

/// A line of a later generator, and 3.14's.
const LINES: &[(&str, &str)] = &[
    ("#if _Py_TAIL_CALL_INTERP", "#if Py_TAIL_CALL_INTERP"),
    ("#if !_Py_TAIL_CALL_INTERP", "#if !Py_TAIL_CALL_INTERP"),
    ("ASSERT_WITHIN_STACK_BOUNDS(__FILE__, __LINE__);", "assert(WITHIN_STACK_BOUNDS());"),
];

/// 3.16 says at every spill whether the frame has the stack pointer already, and marks it as stale behind.
const VALIDATE: &str = "_PyFrame_StackPointerValidate(frame);";
const INVALIDATE: &str = "_PyFrame_StackPointerInvalidate(frame);";
const IN_PLACE: &str = "assert(stack_pointer == _PyFrame_GetStackPointer(frame));";

/// The text in 3.14's words, and how many lines were reworded.
pub(super) fn respell(text: &str) -> (String, usize) {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut count = 0;
    for line in text.lines() {
        let trimmed = line.trim_start_matches(' ');
        let indent = &line[..line.len() - trimmed.len()];
        if let Some((_, ours)) = LINES.iter().find(|(theirs, _)| *theirs == trimmed) {
            count += 1;
            lines.push((indent, ours));
            continue;
        }
        let last = lines.last().map(|(_, text)| *text);
        match trimmed {
            VALIDATE if matches!(last, Some(SPILL | IN_PLACE)) => {
                lines.pop();
                // 3.14 leaves the stack in the frame between calls that follow each other.
                if lines.last().is_some_and(|(_, text)| *text == RELOAD) {
                    lines.pop();
                } else {
                    lines.push((indent, SPILL));
                }
                count += 1;
            }
            INVALIDATE if last == Some(RELOAD) => {}
            INVALIDATE => {
                count += 1;
                lines.push((indent, RELOAD));
            }
            _ => lines.push((indent, trimmed)),
        }
    }
    if count == 0 {
        return (text.to_owned(), 0);
    }
    (lines.iter().map(|(indent, text)| format!("{indent}{text}\n")).collect(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spills_of_later_releases_become_those_of_3_14() {
        let text = format!(
            "  {SPILL}\n  {VALIDATE}\n  f();\n  {INVALIDATE}\n  {IN_PLACE}\n  {VALIDATE}\n  g();\n  {RELOAD}\n  {INVALIDATE}\n"
        );
        assert_eq!(respell(&text).0, format!("  {SPILL}\n  f();\n  g();\n  {RELOAD}\n"));
        assert_eq!(respell("as it was\n"), ("as it was\n".to_owned(), 0));
    }
}
