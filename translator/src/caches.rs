//! The layouts of inline caches: the structs of `pycore_code.h`, in code units.

use crate::analysis::model::{Analysis, Instruction};
use crate::diagnostics::Diagnostic;
use crate::dsl::token::{Token, TokenKind};
use crate::dsl::{Dialect, lexer};
use crate::source::{FileId, Sources, Span};
use indexmap::IndexMap;

/// A field of a cache, or one element of what shares its place in a union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheField {
    pub name: String,
    /// Code units from the cache's beginning, which is one unit after the instruction's.
    pub offset: u32,
    /// Code units.
    pub size: u32,
    /// The adaptive counter, which has bits of its own.
    pub is_counter: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStruct {
    pub name: String,
    /// In order; alternatives of a union have the same offset.
    pub fields: Vec<CacheField>,
    /// Code units.
    pub size: u32,
    pub span: Span,
}

/// The caches of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caches {
    /// By the name of the C type.
    pub structs: IndexMap<String, CacheStruct>,
    /// The names that the definitions use for sizes (`INLINE_CACHE_ENTRIES_CALL`), with the structs they stand for.
    pub entries: IndexMap<String, String>,
}

impl Caches {
    /// The layout that a size name of the definitions stands for.
    pub fn of_entries(&self, name: &str) -> Option<&CacheStruct> {
        self.structs.get(self.entries.get(name)?)
    }

    /// Instructions whose caches are not of the size that their family names.
    ///
    /// # Errors
    /// `K-010` for each.
    pub fn check(&self, analysis: &Analysis) -> Result<(), Vec<Diagnostic>> {
        let mut errors = Vec::new();
        for family in analysis.families.values() {
            let literal = family.size.parse().ok();
            let Some(size) = self.of_entries(&family.size).map(|layout| layout.size).or(literal) else {
                if !family.size.is_empty() {
                    let message = format!("{} is the name of no cache", family.size);
                    errors.push(Diagnostic::new("K-010", family.span, message));
                }
                continue;
            };
            let names = std::iter::once(&family.name).chain(&family.members);
            let members = names.filter_map(|name| analysis.instructions.get(name));
            let strays = |member: &&Instruction| member.size != size + 1 && !is_stray_by_design(&member.name);
            errors.extend(members.filter(strays).map(|member| {
                let message = format!(
                    "{} has {} cache entries, its family {} has {size}",
                    member.name,
                    member.size.saturating_sub(1),
                    family.name
                );
                Diagnostic::new("K-010", member.name_span, message).also(family.span, "the family")
            }));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// A member of another size than its family, for history's sake (`analyzer.py`, `analyze_forest`).
fn is_stray_by_design(name: &str) -> bool {
    name == "BINARY_OP_INPLACE_ADD_UNICODE"
}

/// Reads the caches out of `pycore_code.h`.
///
/// # Errors
/// `K-001` no caches, `K-002` a size of a struct that is not there, `K-003` a struct that is not one of 16-bit fields.
pub fn read_caches(sources: &Sources, file: FileId) -> Result<Caches, Vec<Diagnostic>> {
    // What begins no token of the definition language stands outside the caches.
    let mut tokens = lexer::lex(sources, file, Dialect::AnyRelease).tokens;
    tokens.retain(|token| token.kind != TokenKind::Comment);
    let mut reader = Reader { sources, file, tokens: &tokens, errors: Vec::new() };
    let caches = reader.caches();
    if caches.entries.is_empty() && reader.errors.is_empty() {
        let span = Span { file, start: 0, end: 0 };
        let message = format!("No inline caches in {}", sources.get(file).name);
        reader.errors.push(Diagnostic::new("K-001", span, message).note("Include/internal/pycore_code.h has them"));
    }
    if reader.errors.is_empty() { Ok(caches) } else { Err(reader.errors) }
}

struct Reader<'a> {
    sources: &'a Sources,
    file: FileId,
    tokens: &'a [Token],
    errors: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn text(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| self.sources.text(token.span))
    }

    fn span(&self, index: usize) -> Span {
        let token = self.tokens.get(index).or(self.tokens.last());
        token.map_or(Span { file: self.file, start: 0, end: 0 }, |token| token.span)
    }

    fn caches(&mut self) -> Caches {
        let mut caches = Caches::default();
        let structs = self.struct_places();
        for index in 0..self.tokens.len() {
            let Some((name, layout)) = self.entries_define(index) else { continue };
            if !caches.structs.contains_key(&layout) {
                match structs.get(layout.as_str()) {
                    Some(place) => match self.layout(&layout, *place) {
                        Ok(found) => drop(caches.structs.insert(layout.clone(), found)),
                        Err(error) => self.errors.push(*error),
                    },
                    None => {
                        let message = format!("{name} is the size of {layout}, which is not defined");
                        self.errors.push(Diagnostic::new("K-002", self.span(index), message));
                    }
                }
            }
            caches.entries.insert(name, layout);
        }
        caches
    }

    /// `#define INLINE_CACHE_ENTRIES_X CACHE_ENTRIES(STRUCT)`, which may go over two lines.
    fn entries_define(&self, index: usize) -> Option<(String, String)> {
        let token = self.tokens.get(index).filter(|token| token.kind == TokenKind::Directive)?;
        let mut words = self.sources.text(token.span).strip_prefix('#')?.split_whitespace();
        let (define, name) = (words.next()?, words.next()?);
        if define != "define" || !name.starts_with("INLINE_CACHE_ENTRIES_") {
            return None;
        }
        let mut value: String = words.collect();
        if value.ends_with('\\') {
            value.pop();
            let line = self.tokens.get(index + 1)?.line;
            let next = self.tokens[index + 1..].iter().take_while(|token| token.line == line);
            value.extend(next.map(|token| self.sources.text(token.span)));
        }
        let layout = value.strip_prefix("CACHE_ENTRIES(")?.strip_suffix(')')?;
        Some((name.to_owned(), layout.to_owned()))
    }

    /// `typedef struct [TAG] { … } NAME;`: where the brace of each name opens.
    fn struct_places(&self) -> IndexMap<&'a str, usize> {
        let mut places = IndexMap::new();
        for index in 0..self.tokens.len() {
            if self.text(index) != "typedef" || self.text(index + 1) != "struct" {
                continue;
            }
            let open = index + if self.text(index + 2) == "{" { 2 } else { 3 };
            if let Some(close) = self.closing(open) {
                places.insert(self.text(close + 1), open);
            }
        }
        places
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        if self.text(open) != "{" {
            return None;
        }
        (open..self.tokens.len()).find(|index| {
            match self.text(*index) {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            depth == 0
        })
    }

    fn layout(&self, name: &str, open: usize) -> Result<CacheStruct, Box<Diagnostic>> {
        let close = self.closing(open).unwrap_or(self.tokens.len());
        let mut fields = Vec::new();
        let mut size = 0;
        let mut index = open + 1;
        while index < close {
            if self.text(index) == "union" {
                let end = self.closing(index + 1).filter(|end| *end < close).ok_or_else(|| self.refusal(index))?;
                let mut largest = 0;
                let mut inner = index + 2;
                while inner < end {
                    let (field, next) = self.field(inner, size)?;
                    largest = largest.max(field.size);
                    fields.push(field);
                    inner = next;
                }
                size += largest;
                if self.text(end + 1) != ";" {
                    return Err(self.refusal(end + 1));
                }
                index = end + 2;
            } else {
                let (field, next) = self.field(index, size)?;
                size += field.size;
                fields.push(field);
                index = next;
            }
        }
        Ok(CacheStruct { name: name.to_owned(), fields, size, span: self.span(open).to(self.span(close + 1)) })
    }

    /// `uint16_t NAME;` or `uint16_t NAME[COUNT];`, and where the next one begins.
    fn field(&self, index: usize, offset: u32) -> Result<(CacheField, usize), Box<Diagnostic>> {
        let is_counter = self.text(index) == "_Py_BackoffCounter";
        let known = is_counter || self.text(index) == "uint16_t";
        if !known || self.tokens.get(index + 1).is_none_or(|token| token.kind != TokenKind::Identifier) {
            return Err(self.refusal(index));
        }
        let (size, end) = match self.text(index + 2) {
            "[" if self.text(index + 4) == "]" => {
                let count = self.text(index + 3).parse().ok().filter(|count| (1..=64).contains(count));
                (count.ok_or_else(|| self.refusal(index + 3))?, index + 5)
            }
            _ => (1, index + 2),
        };
        if self.text(end) != ";" {
            return Err(self.refusal(end));
        }
        let name = self.text(index + 1).to_owned();
        Ok((CacheField { name, offset, size, is_counter, span: self.span(index + 1) }, end + 1))
    }

    fn refusal(&self, index: usize) -> Box<Diagnostic> {
        let message = format!("'{}' in a cache that should have 16-bit fields and arrays of them", self.text(index));
        Box::new(Diagnostic::new("K-003", self.span(index), message))
    }
}
