//! Template strings, `t"…"` (`Objects/templateobject.c`, `interpolationobject.c`).

use super::call::Signature;
use super::{error, iter, object, types};
use crate::object::types::flags;
use crate::object::*;

/// `string.templatelib.Interpolation`.
pub(crate) static INTERPOLATION_TYPE: PyType = PyType::container::<PyInterpolation>(TypeSpec {
    name: "string.templatelib.Interpolation",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { repr: slot(interpolation_repr), new: slot(interpolation_new), ..Slots::NONE },
    getset: &[
        GetSetDef::field("value", |_, own| Ok(part(own).value.get().to_owned())),
        GetSetDef::field("expression", |_, own| Ok(part(own).expression.get().to_owned())),
        GetSetDef::field("conversion", |_, own| Ok(part(own).conversion.get().to_owned())),
        GetSetDef::field("format_spec", |_, own| Ok(part(own).format_spec.get().to_owned())),
    ],
    ..TypeSpec::EMPTY
});

/// `string.templatelib.Template`.
pub(crate) static TYPE: PyType = PyType::container::<PyTemplate>(TypeSpec {
    name: "string.templatelib.Template",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        repr: slot(repr),
        new: slot(new),
        iter: slot(|_, template| Ok(PyTemplateIter::new(of(template)).upcast())),
        sq_concat: slot(concat),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::field("strings", |_, own| Ok(of(own).strings.get().to_owned().upcast())),
        GetSetDef::field("interpolations", |_, own| Ok(of(own).interpolations.get().to_owned().upcast())),
        GetSetDef::read_only("values", |_, own| {
            let values = of(own).interpolations.get().iter().map(|each| part(each).value.get().to_owned()).collect();
            Ok(PyTuple::from_vec(values).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

/// `string.templatelib.TemplateIter`.
pub(crate) static ITERATOR_TYPE: PyType = PyType::container::<PyTemplateIter>(TypeSpec {
    name: "string.templatelib.TemplateIter",
    flags: flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots { iter: slot(iter::itself), iternext: slot(next), ..Slots::NONE },
    ..TypeSpec::EMPTY
});

fn of(object: Ref) -> Ref<PyTemplate> {
    object.cast()
}

fn part(object: Ref) -> Ref<PyInterpolation> {
    object.cast()
}

// ---- what bodies call

/// `_PyInterpolation_Build`; the conversion is 0, or 1 for `!s`, 2 for `!r`, 3 for `!a`.
pub(crate) fn interpolation(thread: &Thread, value: Ref, text: Ref, conversion: i32, format_spec: Ref) -> Result {
    let conversion = match conversion {
        0 => object::new_none(),
        1 => latin1_str(b's').to_owned().upcast(),
        2 => latin1_str(b'r').to_owned().upcast(),
        3 => latin1_str(b'a').to_owned().upcast(),
        _ => {
            let text = "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'";
            return Err(error::system_error(thread, text));
        }
    };
    Ok(PyInterpolation::new(value.to_owned(), text.to_owned(), conversion, format_spec.to_owned()).upcast())
}

/// `_PyTemplate_Build`, from two tuples.
pub(crate) fn build(_: &Thread, strings: Ref, interpolations: Ref) -> Result {
    Ok(PyTemplate::new(strings.to_owned().cast(), interpolations.to_owned().cast()).upcast())
}

/// Puts what is no method into the types' dicts.
pub(crate) fn complete(thread: &Thread) {
    let intern = |text: &str| thread.state.interned.intern(PyStr::new(text));
    let names = ["value", "expression", "conversion", "format_spec"].map(|name| intern(name).to_owned().upcast());
    if let Some(dict) = types::interpolation().dict.get() {
        dict.set_str(super::names::match_args(), PyTuple::from_array(names).upcast());
    }
}

// ---- interpolations

fn interpolation_new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "Interpolation",
        names: &["value", "expression", "conversion", "format_spec"],
        positional_only: 0,
        keyword_only: 0,
        required: 1,
    };
    let [value, expression, conversion, format_spec] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let text = |argument: Option<Ref>, name: &str| match argument {
        None => Ok(empty_str().to_owned().upcast()),
        Some(text) if types::is_str(text) => Ok(text.to_owned()),
        Some(other) => {
            let given = other.ty();
            let given = given.name();
            Err(error::type_error(thread, format_args!("Interpolation() argument '{name}' must be str, not {given}")))
        }
    };
    let expression = text(expression, "expression")?;
    let conversion = match conversion.filter(|conversion| !conversion.is(none_object())) {
        None => object::new_none(),
        Some(conversion) => {
            let Some(text) = conversion.downcast::<PyStr>() else {
                let given = conversion.ty();
                return Err(error::type_error(
                    thread,
                    format_args!("Interpolation() argument 'conversion' must be str, not {}", given.name()),
                ));
            };
            if !["s", "a", "r"].into_iter().any(|known| text.eq_text(known)) {
                let text = "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'";
                return Err(error::value_error(thread, text));
            }
            conversion.to_owned()
        }
    };
    let format_spec = text(format_spec, "format_spec")?;
    let value = value.map_or_else(object::new_none, Ref::to_owned);
    Ok(PyInterpolation::new(value, expression, conversion, format_spec).upcast())
}

fn interpolation_repr(thread: &Thread, own: Ref) -> Result {
    let own = part(own);
    let text = error::format_text(
        thread,
        "Interpolation(%R, %R, %R, %R)",
        &[
            own.value.get().into(),
            own.expression.get().into(),
            own.conversion.get().into(),
            own.format_spec.get().into(),
        ],
    );
    Ok(text?.upcast())
}

// ---- templates

/// `Template(*parts)`: neighbouring strings are joined, and neighbouring interpolations get an empty string between.
fn new(thread: &Thread, _: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
        return Err(error::type_error(thread, "Template.__new__ only accepts *args arguments"));
    }
    let mut strings: Vec<Owned> = Vec::new();
    let mut interpolations: Vec<Owned> = Vec::new();
    let mut text = StrBuilder::new();
    for argument in args.iter() {
        if let Some(string) = argument.downcast::<PyStr>() {
            text.push_str(string);
        } else if argument.is_exact(types::interpolation()) {
            strings.push(std::mem::replace(&mut text, StrBuilder::new()).finish().upcast());
            interpolations.push(argument.to_owned());
        } else {
            let given = types::full_name(argument.ty());
            return Err(error::type_error(
                thread,
                format_args!("Template.__new__ *args need to be of type 'str' or 'Interpolation', got {given}"),
            ));
        }
    }
    strings.push(text.finish().upcast());
    Ok(PyTemplate::new(PyTuple::from_vec(strings), PyTuple::from_vec(interpolations)).upcast())
}

fn repr(thread: &Thread, own: Ref) -> Result {
    let own = of(own);
    let text = error::format_text(
        thread,
        "Template(strings=%R, interpolations=%R)",
        &[own.strings.get().into(), own.interpolations.get().into()],
    );
    Ok(text?.upcast())
}

/// `left + right`: the last string of the one and the first of the other become one.
fn concat(thread: &Thread, left: Ref, right: Ref) -> Result {
    if !left.is_exact(types::template()) || !right.is_exact(types::template()) {
        let given = types::full_name(right.ty());
        let name = TYPE.name();
        return Err(error::type_error(thread, format_args!("can only concatenate {name} (not \"{given}\") to {name}")));
    }
    let (left, right) = (of(left), of(right));
    let mut strings: Vec<Owned> = left.strings.get().iter().map(Ref::to_owned).collect();
    let mut rest = right.strings.get().iter();
    if let (Some(last), Some(first)) = (strings.pop(), rest.next()) {
        strings.push(super::str::concat(thread, last.borrow(), first)?);
    }
    strings.extend(rest.map(Ref::to_owned));
    let interpolations = left.interpolations.get().iter().chain(right.interpolations.get().iter());
    let interpolations = interpolations.map(Ref::to_owned).collect();
    Ok(PyTemplate::new(PyTuple::from_vec(strings), PyTuple::from_vec(interpolations)).upcast())
}

/// The next part; empty strings are left out.
fn next(_: &Thread, iterator: Ref) -> Option<Owned> {
    let iterator: Ref<PyTemplateIter> = iterator.cast();
    loop {
        let part = iterator.step()?;
        if part.downcast::<PyStr>().is_none_or(|text| !text.is_empty()) {
            return Some(part.to_owned());
        }
    }
}
