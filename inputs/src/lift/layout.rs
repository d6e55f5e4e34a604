//! Chooses the columns of the lifted lines. The generator does not keep the indentation of its input, but it aligns
//! what follows an open parenthesis with the parenthesis' column *in the input*, if that lies between the current
//! indentation and 40 (`Tools/cases_generator/cwriter.py`, `maybe_indent`). So the input's column can be told from
//! the output's.

use super::text::{Line, open_parentheses};

/// The last column that the generator aligns with.
const LAST_ALIGNED: usize = 40;

/// Sets the indentation of `lines`, which have that of a uop without braces; `shift` is what the braces added.
pub(super) fn lay_out(lines: &mut [Line], shift: usize) {
    let shown: Vec<usize> = lines.iter().map(|line| line.indent + shift).collect();
    for at in 0..lines.len() {
        let open = open_parentheses(&lines[at].text);
        if open.is_empty() || lines.get(at + 1).is_none_or(|next| next.text.starts_with(')')) {
            continue;
        }
        let wanted = shown[at + 1];
        // The lexer counts the columns of a line behind a directive from zero, those of others from one.
        let first_column = usize::from(at == 0 || !lines[at - 1].is_directive());
        let columns = |indent: usize| aligned(&lines[at].text, &open, indent + first_column, shown[at]);
        let default = lines[at].indent;
        let nearest =
            (0..=LAST_ALIGNED + 1).filter(|indent| columns(*indent) == wanted).min_by_key(|i| i.abs_diff(default));
        if columns(default) != wanted
            && let Some(indent) = nearest
        {
            lines[at].indent = indent;
        }
    }
}

/// The output's indentation behind the last open parenthesis of a line that starts at `column`.
fn aligned(text: &str, open: &[usize], column: usize, shown: usize) -> usize {
    let mut indent = shown;
    for at in open {
        let of_the_generator = text.starts_with("DEOPT_IF(") && *at == 8 || text.starts_with("EXIT_IF(") && *at == 7;
        let offset = column + at;
        indent = if of_the_generator || offset <= indent || offset > LAST_ALIGNED { indent + 4 } else { offset };
    }
    indent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(lines: &[(usize, &str)], shift: usize) -> Vec<usize> {
        let mut lines: Vec<Line> = lines.iter().map(|(indent, text)| Line::new(*indent, *text)).collect();
        lay_out(&mut lines, shift);
        lines.iter().map(|line| line.indent).collect()
    }

    #[test]
    fn columns_of_parentheses_are_found_again() {
        // Aligned as it stands.
        assert_eq!(laid_out(&[(12, "f(a,"), (14, "b);")], 0), [12, 14]);
        // Within braces the output is further right than the parenthesis in the input: the usual four columns.
        assert_eq!(laid_out(&[(12, "f_is_long(a,"), (18, "b);")], 4), [12, 18]);
        // Behind a directive columns count from zero.
        assert_eq!(laid_out(&[(12, "#if X"), (12, "f(a,"), (14, "b);")], 0), [12, 13, 14]);
    }
}
