//! tree-sitter-c's tree of one body, as [`super::Stmt`]. An ERROR or MISSING node is a refusal, never skipped.

use super::{CType, Declarator, Expr, ExprKind, Stmt, StmtKind};
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use tree_sitter::{Node, Parser};

/// What stands before a body so that it is a whole C file.
const PREFIX: &str = "void body(void) ";

/// Parses a body `{ … }` whose text starts at byte `start` of `file`.
///
/// # Errors
/// `S-010` syntax errors, `S-011` constructs outside the subset; all that are found.
pub fn parse_body(text: &str, file: FileId, start: u32) -> Result<Vec<Stmt>, Vec<Diagnostic>> {
    let source = format!("{PREFIX}{text}");
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_c::LANGUAGE.into()).expect("the grammar's version fits the library's");
    let tree = parser.parse(&source, None).expect("a parser without a time limit gives a tree");
    let mut reader = Reader { source: &source, file, start, errors: Vec::new() };
    reader.syntax_errors(tree.root_node());
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    let body = tree.root_node().named_child(0).and_then(|f| f.child_by_field_name("body"));
    let Some(body) = body else {
        return Err(vec![Diagnostic::new("S-010", Span { file, start, end: start + 1 }, "the body is not a C block")]);
    };
    let statements = reader.block(body);
    if reader.errors.is_empty() { Ok(statements) } else { Err(reader.errors) }
}

struct Reader<'a> {
    source: &'a str,
    file: FileId,
    start: u32,
    errors: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn span(&self, node: Node<'_>) -> Span {
        let shift = |byte: usize| self.start + byte.saturating_sub(PREFIX.len()) as u32;
        Span { file: self.file, start: shift(node.start_byte()), end: shift(node.end_byte()) }
    }

    fn text(&self, node: Node<'_>) -> &str {
        &self.source[node.byte_range()]
    }

    fn syntax_errors(&mut self, node: Node<'_>) {
        if node.is_missing() {
            let missing = node.kind();
            self.errors.push(Diagnostic::new(
                "S-010",
                self.span(node),
                format!("C syntax error: `{missing}` is missing"),
            ));
        } else if node.is_error() {
            self.errors.push(Diagnostic::new("S-010", self.span(node), "C syntax error"));
        } else if node.has_error() {
            for child in children(node) {
                self.syntax_errors(child);
            }
        }
    }

    fn refuse(&mut self, node: Node<'_>, what: &str) {
        let span = self.span(node);
        self.errors.push(Diagnostic::new("S-011", span, format!("{what} is outside the subset")));
    }

    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        named(node).into_iter().filter(|n| n.kind() != "comment").map(|n| self.statement(n)).collect()
    }

    /// The body of a control statement: a block, or one statement.
    fn branch(&mut self, node: Node<'_>) -> Vec<Stmt> {
        if node.kind() == "compound_statement" { self.block(node) } else { vec![self.statement(node)] }
    }

    fn statement(&mut self, node: Node<'_>) -> Stmt {
        let span = self.span(node);
        let kind = match node.kind() {
            "compound_statement" => StmtKind::Block(self.block(node)),
            "expression_statement" => match named(node).into_iter().find(|n| n.kind() != "comment") {
                Some(inner) => StmtKind::Expression(self.expression(inner)),
                None => StmtKind::Empty,
            },
            "declaration" => StmtKind::Declare(self.declaration(node)),
            "if_statement" => self.if_statement(node),
            "while_statement" => StmtKind::While {
                condition: self.field(node, "condition"),
                body: node.child_by_field_name("body").map(|b| self.branch(b)).unwrap_or_default(),
            },
            "for_statement" => self.for_statement(node),
            "return_statement" => {
                StmtKind::Return(named(node).into_iter().find(|n| n.kind() != "comment").map(|n| self.expression(n)))
            }
            "goto_statement" => {
                StmtKind::Goto(node.child_by_field_name("label").map_or(String::new(), |l| self.text(l).to_owned()))
            }
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            other => {
                let what = format!("a C `{}`", other.replace('_', " "));
                self.refuse(node, &what);
                StmtKind::Empty
            }
        };
        Stmt { kind, span }
    }

    fn if_statement(&mut self, node: Node<'_>) -> StmtKind {
        let condition = self.field(node, "condition");
        let then = node.child_by_field_name("consequence").map(|n| self.branch(n)).unwrap_or_default();
        let otherwise = node.child_by_field_name("alternative").and_then(|e| {
            let inner =
                if e.kind() == "else_clause" { named(e).into_iter().find(|n| n.kind() != "comment")? } else { e };
            Some(self.branch(inner))
        });
        StmtKind::If { condition, then, otherwise }
    }

    fn for_statement(&mut self, node: Node<'_>) -> StmtKind {
        let init = node.child_by_field_name("initializer").map(|n| {
            let span = self.span(n);
            let kind = if n.kind() == "declaration" {
                StmtKind::Declare(self.declaration(n))
            } else {
                StmtKind::Expression(self.expression(n))
            };
            Box::new(Stmt { kind, span })
        });
        StmtKind::For {
            init,
            condition: node.child_by_field_name("condition").map(|n| self.expression(n)),
            step: node.child_by_field_name("update").map(|n| self.expression(n)),
            body: node.child_by_field_name("body").map(|b| self.branch(b)).unwrap_or_default(),
        }
    }

    fn declaration(&mut self, node: Node<'_>) -> Vec<Declarator> {
        let base = node.child_by_field_name("type").map_or(String::new(), |t| self.type_name(t));
        let mut cursor = node.walk();
        let declarators: Vec<Node<'_>> = node.children_by_field_name("declarator", &mut cursor).collect();
        declarators.into_iter().map(|d| self.declarator(d, &base)).collect()
    }

    fn declarator(&mut self, node: Node<'_>, base: &str) -> Declarator {
        let span = self.span(node);
        let (mut inner, init) = if node.kind() == "init_declarator" {
            let value = node.child_by_field_name("value").map(|v| self.expression(v));
            (node.child_by_field_name("declarator").unwrap_or(node), value)
        } else {
            (node, None)
        };
        let (mut pointers, mut array) = (0, false);
        loop {
            match inner.kind() {
                "pointer_declarator" => pointers += 1,
                "array_declarator" => array = true,
                "identifier" => break,
                _ => {
                    self.refuse(inner, "this declarator");
                    break;
                }
            }
            let Some(next) = inner.child_by_field_name("declarator") else { break };
            inner = next;
        }
        Declarator {
            name: self.text(inner).to_owned(),
            type_: CType { name: base.to_owned(), pointers },
            array,
            init,
            span,
        }
    }

    fn type_name(&self, node: Node<'_>) -> String {
        let text = self.text(node);
        text.split_whitespace().filter(|w| *w != "const" && *w != "struct").collect::<Vec<_>>().join(" ")
    }

    fn field(&mut self, node: Node<'_>, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(child) => self.expression(child),
            None => {
                self.refuse(node, "a missing operand");
                Expr { kind: ExprKind::Null, span: self.span(node) }
            }
        }
    }

    fn expression(&mut self, node: Node<'_>) -> Expr {
        let span = self.span(node);
        Expr { kind: self.expression_kind(node), span }
    }

    fn boxed(&mut self, node: Node<'_>, name: &str) -> Box<Expr> {
        Box::new(self.field(node, name))
    }

    fn expression_kind(&mut self, node: Node<'_>) -> ExprKind {
        match node.kind() {
            "parenthesized_expression" => match named(node).into_iter().find(|n| n.kind() != "comment") {
                Some(inner) => self.expression_kind(inner),
                None => ExprKind::Null,
            },
            "identifier" | "type_identifier" => ExprKind::Identifier(self.text(node).to_owned()),
            "number_literal" => ExprKind::Number(self.text(node).to_owned()),
            "string_literal" => ExprKind::String(self.string(node)),
            "concatenated_string" => ExprKind::String(named(node).into_iter().map(|n| self.string(n)).collect()),
            "char_literal" => ExprKind::Char(self.text(node).to_owned()),
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "call_expression" => {
                let callee = self.boxed(node, "function");
                let arguments = node.child_by_field_name("arguments").map(named).unwrap_or_default();
                let arguments =
                    arguments.into_iter().filter(|n| n.kind() != "comment").map(|n| self.expression(n)).collect();
                ExprKind::Call { callee, arguments }
            }
            "field_expression" => {
                let name = node.child_by_field_name("field").map_or(String::new(), |f| self.text(f).to_owned());
                ExprKind::Field { base: self.boxed(node, "argument"), name }
            }
            "subscript_expression" => {
                ExprKind::Index { base: self.boxed(node, "argument"), index: self.boxed(node, "index") }
            }
            "pointer_expression" => {
                let operand = self.boxed(node, "argument");
                if self.operator(node) == "*" { ExprKind::Deref(operand) } else { ExprKind::AddressOf(operand) }
            }
            "unary_expression" => match unary_operator(&self.operator(node)) {
                Some(op) => ExprKind::Unary { op, operand: self.boxed(node, "argument") },
                None => self.refused(node),
            },
            "binary_expression" => match binary_operator(&self.operator(node)) {
                Some(op) => ExprKind::Binary { op, left: self.boxed(node, "left"), right: self.boxed(node, "right") },
                None => self.refused(node),
            },
            "assignment_expression" => {
                let op = self.operator(node);
                let op = if op == "=" { Some("") } else { binary_operator(op.trim_end_matches('=')) };
                match op {
                    Some(op) => {
                        ExprKind::Assign { op, place: self.boxed(node, "left"), value: self.boxed(node, "right") }
                    }
                    None => self.refused(node),
                }
            }
            "update_expression" => {
                let operator = node.child_by_field_name("operator");
                let argument = node.child_by_field_name("argument");
                let prefix = matches!((operator, argument), (Some(o), Some(a)) if o.start_byte() < a.start_byte());
                ExprKind::Update { increment: self.operator(node) == "++", prefix, place: self.boxed(node, "argument") }
            }
            "cast_expression" => {
                let type_ = node
                    .child_by_field_name("type")
                    .map_or_else(|| CType { name: String::new(), pointers: 0 }, |t| self.cast_type(t));
                ExprKind::Cast { type_, operand: self.boxed(node, "value") }
            }
            "conditional_expression" => ExprKind::Conditional {
                condition: self.boxed(node, "condition"),
                then: self.boxed(node, "consequence"),
                otherwise: self.boxed(node, "alternative"),
            },
            "initializer_list" => {
                ExprKind::InitializerList(named(node).into_iter().map(|n| self.expression(n)).collect())
            }
            _ => self.refused(node),
        }
    }

    fn refused(&mut self, node: Node<'_>) -> ExprKind {
        let what = format!("a C `{}`", node.kind().replace('_', " "));
        self.refuse(node, &what);
        ExprKind::Null
    }

    fn operator(&self, node: Node<'_>) -> String {
        node.child_by_field_name("operator").map_or(String::new(), |o| self.text(o).to_owned())
    }

    fn string(&self, node: Node<'_>) -> String {
        self.text(node).trim_matches('"').to_owned()
    }

    fn cast_type(&self, node: Node<'_>) -> CType {
        let name = node.child_by_field_name("type").map_or(String::new(), |t| self.type_name(t));
        let pointers = self.text(node).matches('*').count() as u8;
        CType { name, pointers }
    }
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

fn unary_operator(text: &str) -> Option<&'static str> {
    ["!", "-", "~", "+"].into_iter().find(|o| *o == text)
}

fn binary_operator(text: &str) -> Option<&'static str> {
    let all = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];
    all.into_iter().find(|o| *o == text)
}
