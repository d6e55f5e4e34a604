//! Making classes: `type.__new__`, the MRO, `__build_class__` (`Objects/typeobject.c`, `Python/bltinmodule.c`).

use super::{attr, call, descriptor, error, names, object, slotdefs, types};
use crate::exit::Raised;
use crate::object::types::flags;
use crate::object::*;

/// `type.__new__(metatype, name, bases, namespace, **kwargs)`.
pub(crate) fn type_new(
    thread: &Thread,
    metatype: Ref<PyType>,
    args: Ref<PyTuple>,
    kwargs: Option<Ref<PyDict>>,
) -> Result {
    let [name, bases, namespace] = args.items() else {
        return Err(error::type_error(
            thread,
            format_args!("type.__new__() takes exactly 3 arguments ({} given)", args.len()),
        ));
    };
    let wrong = |index: usize, expected: &str, got: Ref| {
        error::type_error(
            thread,
            format_args!("type.__new__() argument {index} must be {expected}, not {}", got.ty().name()),
        )
    };
    let name = name.downcast::<PyStr>().ok_or_else(|| wrong(1, "str", *name))?;
    let given = bases.downcast::<PyTuple>().ok_or_else(|| wrong(2, "tuple", *bases))?;
    let namespace = namespace.downcast::<PyDict>().ok_or_else(|| wrong(3, "dict", *namespace))?;
    let bases = if given.is_empty() { PyTuple::from_refs(&[types::object().upcast()]) } else { given.to_owned() };
    let winner = winning_metatype(thread, metatype, bases.borrow())?;
    check_bases(thread, bases.borrow())?;
    if !winner.is(metatype)
        && let Some(new) = winner.slots.new.get()
        && !std::ptr::fn_addr_eq(new, type_new as slots::New)
    {
        return new(thread, winner, args, kwargs);
    }
    let base = best_base(thread, bases.borrow())?;
    let dict = namespace.copy();
    let class = make(thread, winner, name, bases, base, dict)?;
    finish(thread, class.borrow(), kwargs)?;
    Ok(class.upcast())
}

pub(super) fn check_bases(thread: &Thread, bases: Ref<PyTuple>) -> Result<()> {
    for base in bases.iter() {
        let Some(class) = base.downcast::<PyType>() else {
            if attr::get_optional_attr(thread, base, names::mro_entries())?.is_some() {
                return Err(error::type_error(
                    thread,
                    "type() doesn't support MRO entry resolution; use types.new_class()",
                ));
            }
            return Err(error::type_error(thread, "bases must be types"));
        };
        if !class.has_feature(flags::BASETYPE) {
            return Err(error::type_error(
                thread,
                format_args!("type '{}' is not an acceptable base type", class.name()),
            ));
        }
    }
    Ok(())
}

/// `_PyType_CalculateMetaclass`.
fn winning_metatype(thread: &Thread, metatype: Ref<PyType>, bases: Ref<PyTuple>) -> Result<Ref<PyType>> {
    let mut winner = metatype;
    for base in bases.iter() {
        let candidate = base.ty();
        if winner.is_subtype(candidate) {
            continue;
        }
        if candidate.is_subtype(winner) {
            winner = candidate;
            continue;
        }
        return Err(error::type_error(
            thread,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// `best_base`: the base whose instances' memory all others' can be part of.
pub(super) fn best_base(thread: &Thread, bases: Ref<PyTuple>) -> Result<Ref<PyType>> {
    let mut winner: Option<Ref<PyType>> = None;
    for candidate in bases.iter().map(|base| base.cast::<PyType>()) {
        match winner {
            None => winner = Some(candidate),
            Some(best) => {
                let (solid, best_solid) = (solid_base(candidate), solid_base(best));
                if best_solid.is_subtype(solid) {
                    continue;
                }
                if !solid.is_subtype(best_solid) {
                    return Err(error::type_error(thread, "multiple bases have instance lay-out conflict"));
                }
                winner = Some(candidate);
            }
        }
    }
    Ok(winner.known())
}

/// The nearest base that adds to the instance's memory.
pub(super) fn solid_base(class: Ref<PyType>) -> Ref<PyType> {
    let Some(base) = class.base.get() else { return class };
    let base = solid_base(base);
    if extends_memory(class, class.base.get().known()) { class } else { base }
}

/// Whether instances of a class have fields or slots that those of its base do not have.
fn extends_memory(class: Ref<PyType>, base: Ref<PyType>) -> bool {
    let behind = |ty: Ref<PyType>| ty.basicsize.get() - ty.layout().size;
    !std::ptr::eq(class.layout(), base.layout().of_classes()) || behind(class) > behind(base)
}

/// Makes the class object, without calling hooks.
fn make(
    thread: &Thread,
    metatype: Ref<PyType>,
    name: Ref<PyStr>,
    bases: Owned<PyTuple>,
    base: Ref<PyType>,
    dict: Owned<PyDict>,
) -> Result<Owned<PyType>> {
    let text = name.to_string_lossy();
    if text.contains('\0') {
        return Err(error::value_error(thread, "type name must not contain null characters"));
    }
    let may_add_dict = base.dictoffset.get() == 0 && !has_dict(base);
    let may_add_weakref = !base.has_feature(flags::MANAGED_WEAKREF);
    let slots = Declared::read(thread, &text, dict.borrow(), bases.borrow(), base, may_add_dict, may_add_weakref)?;
    let class = PyType::new_class(metatype, name.to_owned(), base, slots.names.len());
    let own = class.borrow();
    own.bases.set(Some(bases));
    own.dict.set(Some(dict.clone()));
    let mut shape = flags::HEAPTYPE | flags::BASETYPE | flags::HAVE_GC | base.flags() & flags::INHERITED;
    if slots.adds_dict {
        shape |= flags::MANAGED_DICT;
        if !base.has_feature(flags::MANAGED_DICT) && own.itemsize.get() == 0 {
            shape |= flags::INLINE_VALUES;
        }
    }
    if slots.adds_weakref || base.has_feature(flags::MANAGED_WEAKREF) {
        shape |= flags::MANAGED_WEAKREF;
    }
    own.set_flags(shape);
    fill_namespace(thread, own, dict.borrow(), &text)?;
    for (index, slot) in slots.names.iter().enumerate() {
        let offset = own.basicsize.get() - (slots.names.len() - index) * size_of::<usize>();
        dict.set_str(slot.borrow(), descriptor::member(own, slot.clone(), offset));
    }
    if slots.adds_dict {
        dict.set_str(names::dict(), descriptor::instance_dict(own));
    }
    if slots.adds_weakref {
        dict.set_str(names::weakref(), descriptor::instance_weakref(own));
    }
    if shape & flags::INLINE_VALUES != 0 {
        own.cached_keys.set(Some(Keys::shared()));
    }
    set_mro(thread, own)?;
    own.slots.copy_from_base(&base.slots);
    slotdefs::fix_all(own);
    if own.slots.hash.get().is_none() || defines_eq_only(dict.borrow()) {
        dict.set_str(names::hash(), object::new_none());
        own.slots.hash.set(Some(object::no_hash));
        types::modified(own);
    }
    own.slots.new.set(new_slot(own));
    own.set_flags(own.flags() | flags::READY);
    for parent in own.bases.get().known().iter() {
        parent.cast::<PyType>().subclasses.borrow_mut().push(own);
    }
    Ok(class)
}

fn has_dict(base: Ref<PyType>) -> bool {
    base.has_feature(flags::MANAGED_DICT) || base.slots.dict_of.get().is_some()
}

fn defines_eq_only(dict: Ref<PyDict>) -> bool {
    dict.get_str(names::eq()).is_some() && dict.get_str(names::hash()).is_none()
}

/// The `tp_new` of a class: its own `__new__` by name, or the base's.
fn new_slot(class: Ref<PyType>) -> Option<slots::New> {
    let found = types::lookup(class, names::new())?;
    if let Some(builtin) = descriptor::new_slot_of(found) {
        return Some(builtin);
    }
    Some(call_new)
}

/// `slot_tp_new`: calls the class's `__new__`.
fn call_new(thread: &Thread, class: Ref<PyType>, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result {
    let new = attr::get_attr(thread, class.upcast(), names::new())?;
    let mut all = vec![class.upcast()];
    all.extend_from_slice(args.items());
    let all = PyTuple::from_refs(&all);
    call::call(thread, new.borrow(), all.borrow(), kwargs)
}

/// Sets `tp_new` again after `__new__` was assigned.
pub(crate) fn fix_new(class: Ref<PyType>) {
    class.slots.new.set(new_slot(class));
}

/// What `__slots__` asks for.
struct Declared {
    names: Vec<Owned<PyStr>>,
    adds_dict: bool,
    adds_weakref: bool,
}

impl Declared {
    fn read(
        thread: &Thread,
        class: &str,
        dict: Ref<PyDict>,
        bases: Ref<PyTuple>,
        base: Ref<PyType>,
        may_add_dict: bool,
        may_add_weakref: bool,
    ) -> Result<Declared> {
        let Some(given) = dict.get_str(names::slots()) else {
            return Ok(Declared { names: Vec::new(), adds_dict: may_add_dict, adds_weakref: may_add_weakref });
        };
        let listed = match given.downcast::<PyStr>() {
            Some(one) => vec![one.to_owned().upcast()],
            None => super::list::from_iterable(thread, given)?.to_vec(),
        };
        if !listed.is_empty() && base.itemsize.get() != 0 {
            return Err(error::type_error(
                thread,
                format_args!("nonempty __slots__ not supported for subtype of '{}'", base.name()),
            ));
        }
        let mut slots = Declared { names: Vec::new(), adds_dict: false, adds_weakref: false };
        for one in listed {
            let Some(name) = one.borrow().downcast::<PyStr>() else {
                return Err(error::type_error(
                    thread,
                    format_args!("__slots__ items must be strings, not '{}'", one.borrow().ty().name()),
                ));
            };
            let text = name.to_string_lossy();
            match text.as_str() {
                "__dict__" if !may_add_dict || slots.adds_dict => {
                    return Err(error::type_error(thread, "__dict__ slot disallowed: we already got one"));
                }
                "__dict__" => slots.adds_dict = true,
                "__weakref__" if !may_add_weakref || slots.adds_weakref => {
                    return Err(error::type_error(thread, "__weakref__ slot disallowed: we already got one"));
                }
                "__weakref__" => slots.adds_weakref = true,
                _ => slots.add(thread, class, dict, &text)?,
            }
        }
        // A base other than the first may bring a dict or weak references with it.
        for other in bases.iter().map(|other| other.cast::<PyType>()).filter(|other| !other.is(base)) {
            slots.adds_dict |= may_add_dict && has_dict(other);
            slots.adds_weakref |= may_add_weakref && other.has_feature(flags::MANAGED_WEAKREF);
        }
        slots.names.sort_by_key(|name| name.borrow().to_string_lossy());
        Ok(slots)
    }

    fn add(&mut self, thread: &Thread, class: &str, dict: Ref<PyDict>, text: &str) -> Result<()> {
        let mut chars = text.chars();
        let starts = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
        if !starts || !chars.all(|c| c == '_' || c.is_alphanumeric()) {
            return Err(error::type_error(thread, "__slots__ must be identifiers"));
        }
        let mangled = mangle(class, text);
        let name = thread.state.interned.intern(PyStr::new(&mangled));
        if dict.get_str(name).is_some() && !matches!(text, "__qualname__" | "__classcell__" | "__classdictcell__") {
            return Err(error::value_error(
                thread,
                format_args!("'{text}' in __slots__ conflicts with class variable"),
            ));
        }
        self.names.push(name.to_owned());
        Ok(())
    }
}

/// `_Py_Mangle`: private names of a class.
pub(crate) fn mangle(class: &str, name: &str) -> String {
    let private = name.starts_with("__") && !name.ends_with("__") && !name.contains('.');
    let class = class.trim_start_matches('_');
    if private && !class.is_empty() { format!("_{class}{name}") } else { name.to_owned() }
}

/// `type_new_set_attrs`: what the class body's namespace means for the class.
fn fill_namespace(thread: &Thread, class: Ref<PyType>, dict: Ref<PyDict>, name: &str) -> Result<()> {
    if dict.get_str(names::module()).is_none()
        && let Some(module) = super::eval::current_module(thread)
    {
        dict.set_str(names::module(), module);
    }
    let qualname = match dict.remove_str(names::qualname()) {
        Some(qualname) => match qualname.downcast::<PyStr>() {
            Ok(qualname) => qualname,
            Err(other) => {
                return Err(error::type_error(
                    thread,
                    format_args!("type __qualname__ must be a str, not {}", other.borrow().ty().name()),
                ));
            }
        },
        None => PyStr::new(name),
    };
    class.qualname.set(Some(qualname));
    if dict.get_str(names::doc()).is_none() {
        dict.set_str(names::doc(), object::new_none());
    }
    if let Some(new) = dict.get_str(names::new())
        && types::is_function(new)
    {
        dict.set_str(names::new(), descriptor::static_method(new.to_owned()));
    }
    for name in [names::init_subclass(), names::class_getitem()] {
        if let Some(method) = dict.get_str(name)
            && types::is_function(method)
        {
            dict.set_str(name, descriptor::class_method(method.to_owned()));
        }
    }
    for (cell, value) in [(names::classcell(), class.upcast()), (names::classdictcell(), dict.upcast())] {
        if let Some(found) = dict.remove_str(cell) {
            let Some(found) = found.borrow().downcast::<PyCell>() else {
                return Err(error::type_error(
                    thread,
                    format_args!(
                        "{} must be a nonlocal cell, not {}",
                        cell.to_string_lossy(),
                        object::repr_text(thread, found.borrow().ty().upcast())
                    ),
                ));
            };
            found.contents().set(Some(value.to_owned()));
        }
    }
    Ok(())
}

/// `__set_name__` of the attributes, then `__init_subclass__` of the base.
fn finish(thread: &Thread, class: Ref<PyType>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    for (name, value) in class.dict.get().known().items() {
        let Some(method) = types::lookup(value.borrow().ty(), names::set_name()) else { continue };
        let result = attr::call_special(thread, method, value.borrow(), &[class.upcast(), name.borrow()]);
        if result.is_err() {
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                value.borrow().ty().name(),
                object::repr_text_keeping_error(thread, name.borrow()),
                class.name()
            );
            super::exceptions::add_note_to_current(thread, &note);
            return Err(Raised);
        }
    }
    let hook = super::super_::attribute(thread, class, names::init_subclass())?;
    let empty = PyTuple::empty();
    call::call(thread, hook.borrow(), empty, kwargs)?;
    Ok(())
}

/// Computes and stores the MRO; a metaclass may override `mro`.
pub(super) fn set_mro(thread: &Thread, class: Ref<PyType>) -> Result<()> {
    let mro = if types::has_own_order(class) {
        let method = types::lookup(class.ty(), names::mro()).known();
        let result = attr::call_special(thread, method, class.upcast(), &[])?;
        let mro = super::tuple::from_iterable(thread, result.borrow())?;
        if mro.borrow().is_empty() {
            return Err(error::type_error(thread, "type MRO must not be empty"));
        }
        check_order(thread, class, mro.borrow())?;
        mro
    } else {
        PyTuple::from_vec(compute_mro(thread, class)?)
    };
    class.mro.set(Some(mro));
    types::modified(class);
    Ok(())
}

/// What a metaclass's `mro` may give: classes, whose memory the class has (`mro_check`).
fn check_order(thread: &Thread, class: Ref<PyType>, mro: Ref<PyTuple>) -> Result<()> {
    let solid = class.base.get().map(solid_base);
    for item in mro.iter().filter(|item| !item.is(class.upcast())) {
        if !types::is_type(item) {
            let name = item.ty();
            return Err(error::type_error(thread, format_args!("mro() returned a non-class ('{}')", name.name())));
        }
        let base = item.cast::<PyType>();
        if !solid.is_some_and(|solid| solid.is_subtype(solid_base(base))) {
            let message = format_args!("mro() returned base with unsuitable layout ('{}')", base.name());
            return Err(error::type_error(thread, message));
        }
    }
    Ok(())
}

/// C3: the class, then the merge of its bases' MROs and of the bases themselves (`mro_implementation`).
pub(crate) fn compute_mro(thread: &Thread, class: Ref<PyType>) -> Result<Vec<Owned>> {
    let bases = class.bases.get().known();
    let mut lists: Vec<Vec<Ref>> =
        bases.iter().map(|base| base.cast::<PyType>().mro_tuple().items().to_vec()).collect();
    for (index, base) in bases.iter().enumerate() {
        if bases.iter().skip(index + 1).any(|other| other.is(base)) {
            return Err(error::type_error(
                thread,
                format_args!("duplicate base class {}", base.cast::<PyType>().name()),
            ));
        }
    }
    lists.push(bases.items().to_vec());
    let mut mro = vec![class.to_owned().upcast()];
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() {
            return Ok(mro);
        }
        let next = lists
            .iter()
            .map(|list| list[0])
            .find(|&head| lists.iter().all(|list| list[1..].iter().all(|other| !other.is(head))));
        let Some(next) = next else {
            let mut heads: Vec<Ref> = Vec::new();
            for list in &lists {
                if !heads.iter().any(|head| head.is(list[0])) {
                    heads.push(list[0]);
                }
            }
            let listed: Vec<String> = heads.iter().map(|head| head.cast::<PyType>().name().to_owned()).collect();
            return Err(error::type_error(
                thread,
                format_args!(
                    "Cannot create a consistent method resolution order (MRO) for bases {}",
                    listed.join(", ")
                ),
            ));
        };
        mro.push(next.to_owned());
        for list in &mut lists {
            if list[0].is(next) {
                list.remove(0);
            }
        }
    }
}

/// `__build_class__(function, name, *bases, metaclass=…, **kwargs)`.
pub(crate) fn build_class(thread: &Thread, _module: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    let positional = arguments.len() - keywords.map_or(0, Ref::<PyTuple>::len);
    let [function, name, given @ ..] = &arguments[..positional] else {
        return Err(error::type_error(thread, "__build_class__: not enough arguments"));
    };
    let Some(function) = function.downcast::<PyFunction>() else {
        return Err(error::type_error(thread, "__build_class__: func must be a function"));
    };
    if !types::is_str(*name) {
        return Err(error::type_error(thread, "__build_class__: name is not a string"));
    }
    let given = PyTuple::from_refs(given);
    let bases = resolve_bases(thread, given.borrow())?;
    let (_, kwargs) = call::collect(thread, &arguments[positional..], keywords)?;
    let kwargs = kwargs.unwrap_or_else(PyDict::new);
    let mut metaclass = match kwargs.remove_str(names::metaclass()) {
        Some(metaclass) => metaclass,
        None if bases.borrow().is_empty() => types::type_().to_owned().upcast(),
        None => bases.borrow().item(0).ty().to_owned().upcast(),
    };
    if let Some(class) = metaclass.borrow().downcast::<PyType>() {
        metaclass = winning_metatype(thread, class, bases.borrow())?.to_owned().upcast();
    }
    let prepare = attr::get_optional_attr(thread, metaclass.borrow(), names::prepare())?;
    let namespace = match prepare {
        Some(prepare) => {
            let args = PyTuple::from_refs(&[*name, bases.borrow().upcast()]);
            call::call(thread, prepare.borrow(), args.borrow(), Some(kwargs.borrow()))?
        }
        None => PyDict::new().upcast(),
    };
    if !types::is_mapping(namespace.borrow()) {
        let what = match metaclass.borrow().downcast::<PyType>() {
            Some(class) => class.name().to_owned(),
            None => "<metaclass>".to_owned(),
        };
        return Err(error::type_error(
            thread,
            format_args!("{what}.__prepare__() must return a mapping, not {}", namespace.borrow().ty().name()),
        ));
    }
    let cell = super::eval::run_function_in(thread, function, namespace.borrow())?;
    if !bases.borrow().is(given.borrow()) {
        object::set_item(thread, namespace.borrow(), names::orig_bases().upcast(), given.borrow().upcast())?;
    }
    let args = PyTuple::from_refs(&[*name, bases.borrow().upcast(), namespace.borrow()]);
    let class = call::call(thread, metaclass.borrow(), args.borrow(), Some(kwargs.borrow()))?;
    check_class_cell(thread, cell.borrow(), class.borrow(), *name)?;
    Ok(class)
}

/// The class body gave its `__class__` cell back: it must now hold the class.
fn check_class_cell(thread: &Thread, cell: Ref, class: Ref, name: Ref) -> Result<()> {
    let (Some(cell), true) = (cell.downcast::<PyCell>(), types::is_type(class)) else { return Ok(()) };
    match cell.contents().get() {
        Some(held) if held.is(class) => Ok(()),
        None => Err(error::runtime_error(
            thread,
            format_args!(
                "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                object::repr_text(thread, name),
                object::repr_text(thread, class)
            ),
        )),
        Some(held) => Err(error::type_error(
            thread,
            format_args!(
                "__class__ set to {} defining {} as {}",
                object::repr_text(thread, held),
                object::repr_text(thread, name),
                object::repr_text(thread, class)
            ),
        )),
    }
}

/// `update_bases`: bases that are no classes stand for others by `__mro_entries__`.
fn resolve_bases(thread: &Thread, given: Ref<PyTuple>) -> Result<Owned<PyTuple>> {
    if given.iter().all(types::is_type) {
        return Ok(given.to_owned());
    }
    let mut bases = Vec::new();
    let mut replaced = false;
    for base in given.iter() {
        let entries = match types::is_type(base) {
            true => None,
            false => attr::get_optional_attr(thread, base, names::mro_entries())?,
        };
        let Some(entries) = entries else {
            bases.push(base.to_owned());
            continue;
        };
        let result = call::with(thread, entries.borrow(), &[given.upcast()])?;
        let Some(tuple) = result.borrow().downcast::<PyTuple>() else {
            return Err(error::type_error(thread, "__mro_entries__ must return a tuple"));
        };
        bases.extend(tuple.iter().map(Ref::to_owned));
        replaced = true;
    }
    if replaced { Ok(PyTuple::from_vec(bases)) } else { Ok(given.to_owned()) }
}
