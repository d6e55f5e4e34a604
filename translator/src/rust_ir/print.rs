//! The one indenting writer through which all generated text goes.

use super::Stmt;

#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    indent: usize,
}

impl Writer {
    pub fn line(&mut self, text: &str) {
        if text.is_empty() {
            self.out.push('\n');
            return;
        }
        for part in text.split('\n') {
            for _ in 0..self.indent {
                self.out.push_str("    ");
            }
            self.out.push_str(part);
            self.out.push('\n');
        }
    }

    pub fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
    }

    pub fn close(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
    }

    /// Ends one block and opens the next: `} else {`.
    pub fn reopen(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
        self.indent += 1;
    }

    pub fn finish(self) -> String {
        self.out
    }
}

pub fn print_block(out: &mut Writer, statements: &[Stmt]) {
    for statement in statements {
        print(out, statement);
    }
}

fn print(out: &mut Writer, statement: &Stmt) {
    match statement {
        Stmt::Declare { name, mutable: true } => out.line(&format!("let mut {name};")),
        Stmt::Declare { name, mutable: false } => out.line(&format!("let {name};")),
        Stmt::Let { pattern, value } => out.line(&format!("let {pattern} = {value};")),
        Stmt::LetBlock { pattern, value } => {
            let mut inner = Writer::default();
            print(&mut inner, value);
            out.line(&format!("let {pattern} = {};", inner.finish().trim_end()));
        }
        Stmt::Assign { name, value } => out.line(&format!("{name} = {value};")),
        Stmt::Expression(text) => out.line(&format!("{text};")),
        Stmt::If { condition, then, otherwise } => branches(out, &format!("if {condition} {{"), then, otherwise),
        Stmt::IfLet { pattern, value, then, otherwise } => {
            branches(out, &format!("if let {pattern} = {value} {{"), then, otherwise);
        }
        Stmt::LetElse { pattern, value, otherwise } => {
            out.open(&format!("let {pattern} = {value} else {{"));
            print_block(out, otherwise);
            out.close("};");
        }
        Stmt::While { condition, body } => braced(out, &format!("while {condition} {{"), body),
        Stmt::For { pattern, iterator, body } => braced(out, &format!("for {pattern} in {iterator} {{"), body),
        Stmt::Block(body) => braced(out, "{", body),
        Stmt::Return(value) if value.is_empty() => out.line("return;"),
        Stmt::Return(value) => out.line(&format!("return {value};")),
        Stmt::Tail(value) => out.line(value),
    }
}

fn braced(out: &mut Writer, head: &str, body: &[Stmt]) {
    out.open(head);
    print_block(out, body);
    out.close("}");
}

fn branches(out: &mut Writer, head: &str, then: &[Stmt], otherwise: &[Stmt]) {
    out.open(head);
    print_block(out, then);
    match otherwise {
        [] => {}
        [nested @ (Stmt::If { .. } | Stmt::IfLet { .. })] => {
            let mut inner = Writer::default();
            print(&mut inner, nested);
            let text = inner.finish();
            out.close(&format!("}} else {}", text.trim_end()));
            return;
        }
        _ => {
            out.reopen("} else {");
            print_block(out, otherwise);
        }
    }
    out.close("}");
}
