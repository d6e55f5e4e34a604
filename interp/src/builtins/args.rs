//! Arguments of built-in functions: counts and keywords, with the messages of CPython's argument clinic
//! (`Python/getargs.c`, `_PyArg_UnpackKeywords`, `_PyArg_CheckPositional`).

use super::support::type_error;
use crate::object::*;
use crate::runtime::suggestions;

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Checks a number of positional arguments, for functions without keywords.
pub(crate) fn positional(thread: &Thread, name: &str, given: usize, least: usize, most: usize) -> Result<()> {
    let (bound, wanted) = if given < least {
        (if least == most { "" } else { "at least " }, least)
    } else if given > most {
        (if least == most { "" } else { "at most " }, most)
    } else {
        return Ok(());
    };
    let message = format!("{name} expected {bound}{wanted} argument{}, got {given}", plural(wanted));
    Err(type_error(thread, &message))
}

/// Refuses keywords.
pub(crate) fn no_keywords(thread: &Thread, name: &str, keywords: Option<Ref<PyDict>>) -> Result<()> {
    match keywords {
        Some(keywords) if !keywords.is_empty() => {
            Err(type_error(thread, &format!("{name}() takes no keyword arguments")))
        }
        _ => Ok(()),
    }
}

/// The parameters of a function that takes keywords.
pub(crate) struct Parameters {
    pub(crate) function: &'static str,
    /// Names; an empty one takes no keyword.
    pub(crate) names: &'static [&'static str],
    /// Parameters that must be given.
    pub(crate) required: usize,
    /// Parameters that may be given by position.
    pub(crate) positional: usize,
}

impl Parameters {
    /// Sorts the arguments of a call into the parameters; absent ones are `None`.
    pub(crate) fn bind<const N: usize>(
        &self,
        thread: &Thread,
        arguments: &[Ref],
        keywords: Option<Ref<PyTuple>>,
    ) -> Result<[Option<Ref>; N]> {
        debug_assert_eq!(N, self.names.len());
        let count = arguments.len() - keywords.map_or(0, |names| names.len());
        let named = keywords.into_iter().flat_map(PyTupleNames::of).zip(arguments[count..].iter().copied());
        self.assign(thread, &arguments[..count], named.collect())
    }

    /// As `bind`, for the `new` and `init` slots of types.
    pub(crate) fn bind_dict<const N: usize>(
        &self,
        thread: &Thread,
        arguments: Ref<PyTuple>,
        keywords: Option<Ref<PyDict>>,
    ) -> Result<[Option<Ref>; N]> {
        let (mut named, mut position) = (Vec::new(), 0);
        if let Some(keywords) = keywords {
            while let Some((key, value)) = keywords.next(&mut position) {
                named.push((key.downcast::<PyStr>().map_or(String::new(), |key| key.to_string_lossy()), value));
            }
        }
        self.assign(thread, arguments.items(), named)
    }

    fn assign<const N: usize>(
        &self,
        thread: &Thread,
        positional: &[Ref],
        named: Vec<(String, Ref)>,
    ) -> Result<[Option<Ref>; N]> {
        let function = self.function;
        self.check_count(thread, positional.len(), named.len())?;
        let mut bound = [None; N];
        for (slot, &argument) in bound.iter_mut().zip(positional) {
            *slot = Some(argument);
        }
        for (name, value) in named {
            let Some(at) = self.names.iter().position(|&own| !own.is_empty() && own == name) else {
                let possible = self.names.iter().copied().filter(|own| !own.is_empty());
                let message = suggestions::unexpected_keyword(function, &name, possible);
                return Err(type_error(thread, &message));
            };
            if bound[at].is_some() {
                let message = format!("argument for {function}() given by name ('{name}') and position ({})", at + 1);
                return Err(type_error(thread, &message));
            }
            bound[at] = Some(value);
        }
        for (at, name) in self.names.iter().enumerate().take(self.required) {
            if bound[at].is_none() {
                let message = format!("{function}() missing required argument '{name}' (pos {})", at + 1);
                return Err(type_error(thread, &message));
            }
        }
        Ok(bound)
    }

    fn check_count(&self, thread: &Thread, positional: usize, named: usize) -> Result<()> {
        let function = self.function;
        if positional + named > self.names.len() {
            let message = format!(
                "{function}() takes at most {} {}argument{} ({} given)",
                self.names.len(),
                if positional == 0 { "keyword " } else { "" },
                plural(self.names.len()),
                positional + named
            );
            return Err(type_error(thread, &message));
        }
        if positional > self.positional {
            let message = match self.positional {
                0 => format!("{function}() takes no positional arguments"),
                most => format!(
                    "{function}() takes at most {most} positional argument{} ({positional} given)",
                    plural(most)
                ),
            };
            return Err(type_error(thread, &message));
        }
        let only = self.names.iter().take(self.required).filter(|name| name.is_empty()).count();
        if positional < only {
            let bound = if only < self.names.len() { "at least" } else { "exactly" };
            let message =
                format!("{function}() takes {bound} {only} positional argument{} ({positional} given)", plural(only));
            return Err(type_error(thread, &message));
        }
        Ok(())
    }
}

/// The names in a tuple of keyword names.
struct PyTupleNames;

impl PyTupleNames {
    fn of(names: Ref<PyTuple>) -> impl Iterator<Item = String> {
        names.iter().map(|name| name.downcast::<PyStr>().map_or(String::new(), |name| name.to_string_lossy()))
    }
}
