//! What `super().name` finds (`super_getattro`, `Objects/typeobject.c`).

use super::{attr, call, error, names, object, types};
use crate::exit::Raised;
use crate::object::code::kind;
use crate::object::types::flags;
use crate::object::*;

/// `_PySuper_Lookup`: the attribute after `start` in the MRO of the object's type (or of the object, if it is a class under `start`).
///
/// With `as_method`, a function is given unbound and the second value says so; else everything is bound.
pub(crate) fn lookup(
    thread: &Thread,
    start: Ref<PyType>,
    receiver: Ref,
    name: Ref<PyStr>,
    as_method: bool,
) -> (Result, i32) {
    match find(thread, start, receiver, name, as_method) {
        Ok((attribute, unbound)) => (Ok(attribute), unbound.into()),
        Err(raised) => (Err(raised), 0),
    }
}

fn find(
    thread: &Thread,
    start: Ref<PyType>,
    receiver: Ref,
    name: Ref<PyStr>,
    as_method: bool,
) -> Result<(Owned, bool)> {
    let class = check(thread, start, receiver)?;
    let class = class.borrow();
    if let Some(found) = search(thread, start, receiver, class, name, as_method)? {
        return Ok(found);
    }
    let proxy = call::with(thread, types::super_type().upcast(), &[start.upcast(), receiver])?;
    Ok((attr::generic_getattr(thread, proxy.borrow(), name.upcast())?, false))
}

/// What stands after `start` in the MRO of `class`, bound unless it is asked for as a method.
fn search(
    thread: &Thread,
    start: Ref<PyType>,
    receiver: Ref,
    class: Ref<PyType>,
    name: Ref<PyStr>,
    as_method: bool,
) -> Result<Option<(Owned, bool)>> {
    // `__class__` is that of the proxy itself, as for every object.
    if name.same_text(names::class()) {
        return Ok(None);
    }
    let mro = class.mro_tuple().to_owned();
    let mro = mro.borrow();
    let after = mro.iter().position(|ty| ty.is(start)).map_or(mro.len(), |at| at + 1);
    for ty in mro.iter().skip(after) {
        let ty: Ref<PyType> = ty.cast();
        let Some(found) = ty.dict.get().and_then(|dict| dict.get_str(name)) else { continue };
        let found = found.to_owned();
        if as_method && found.ty().has_feature(super::numbers::TPFLAGS_METHOD_DESCRIPTOR) {
            return Ok(Some((found, true)));
        }
        let Some(bind) = found.ty().slots.descr_get.get() else { return Ok(Some((found, false))) };
        // A class as its own receiver: what it finds is bound as a class attribute.
        let instance = (!receiver.is(class)).then_some(receiver);
        return Ok(Some((bind(thread, found.borrow(), instance, Some(class.upcast()))?, false)));
    }
    Ok(None)
}

/// An attribute of a class as `super(class, class)` finds it.
pub(crate) fn attribute(thread: &Thread, class: Ref<PyType>, name: Ref<PyStr>) -> Result {
    // A metaclass may have left the class out of its own order.
    if !class.mro_tuple().iter().any(|entry| entry.is(class.upcast())) {
        return Err(unrelated(thread, class, class.upcast()));
    }
    Ok(find(thread, class, class.upcast(), name, false)?.0)
}

/// `super`.
pub(crate) static TYPE: PyType = PyType::container::<PySuper>(TypeSpec {
    name: "super",
    flags: flags::BASETYPE | flags::HAVE_GC,
    base: Some(&super::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PySuper::new(class).upcast())),
        init: slot(init),
        getattro: slot(|thread, proxy, name| {
            let own = proxy.cast::<PySuper>();
            let name: Ref<PyStr> = name.cast();
            if let (Some(start), Some(receiver), Some(class)) = (own.start.get(), own.receiver.get(), own.class.get())
                && let Some((found, _)) = search(thread, start, receiver, class, name, false)?
            {
                return Ok(found);
            }
            attr::generic_getattr(thread, proxy, name.upcast())
        }),
        descr_get: slot(|thread, proxy, instance, _| {
            let own = proxy.cast::<PySuper>();
            let Some(instance) = instance.filter(|&i| !object::is_none(i) && own.receiver.get().is_none()) else {
                return Ok(proxy.to_owned());
            };
            match own.start.get() {
                Some(start) => call::with(thread, proxy.ty().upcast(), &[start.upcast(), instance]),
                None => Ok(proxy.to_owned()),
            }
        }),
        repr: slot(|_, proxy| {
            let own = proxy.cast::<PySuper>();
            let start = own.start.get().map_or("NULL".to_owned(), |start| start.name().to_owned());
            let text = match own.class.get() {
                Some(class) => format!("<super: <class '{start}'>, <{} object>>", class.name()),
                None => format!("<super: <class '{start}'>, NULL>"),
            };
            Ok(PyStr::new(&text).upcast())
        }),
        ..Slots::NONE
    },
    getset: &[
        GetSetDef::field("__thisclass__", |_, p| Ok(or_none(p.cast::<PySuper>().start.get().map(Ref::upcast)))),
        GetSetDef::field("__self__", |_, p| Ok(or_none(p.cast::<PySuper>().receiver.get()))),
        GetSetDef::field("__self_class__", |_, p| Ok(or_none(p.cast::<PySuper>().class.get().map(Ref::upcast)))),
    ],
    ..TypeSpec::EMPTY
});

fn or_none(value: Option<Ref>) -> Owned {
    value.unwrap_or(none_object()).to_owned()
}

fn init(thread: &Thread, proxy: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    call::no_keywords(thread, "super", kwargs)?;
    call::check_count(thread, "super()", args.len(), 0, 2)?;
    let (start, receiver) = match args.items() {
        [] => of_frame(thread)?,
        [start, rest @ ..] => {
            let Some(class) = start.downcast::<PyType>() else {
                return Err(error::type_error(
                    thread,
                    format_args!("super() argument 1 must be a type, not {}", start.ty().name()),
                ));
            };
            (class.to_owned(), rest.first().filter(|&&r| !object::is_none(r)).map(|&r| r.to_owned()))
        }
    };
    let own = proxy.cast::<PySuper>();
    if let Some(receiver) = &receiver {
        own.class.set(Some(check(thread, start.borrow(), receiver.borrow())?));
    }
    own.start.set(Some(start));
    own.receiver.set(receiver);
    Ok(())
}

/// `super()` in a method: the `__class__` cell and the first argument (`super_init_without_args`).
fn of_frame(thread: &Thread) -> Result<(Owned<PyType>, Option<Owned>)> {
    let fail = |text: &str| Err(error::runtime_error(thread, text));
    let Some(frame) = super::eval::current_frame(thread) else { return fail("super(): no current frame") };
    let code = frame.code();
    if code.argcount() == 0 {
        return fail("super(): no arguments");
    }
    let first = frame.locals_plus().get(0).as_option();
    let is_cell = code.localspluskinds()[0] & kind::CELL != 0;
    let first = match first {
        Some(value) if is_cell => match value.downcast::<PyCell>() {
            Some(cell) => cell.contents().get(),
            None => Some(value),
        },
        value => value,
    };
    let Some(first) = first else { return fail("super(): arg[0] deleted") };
    let free = code.nlocalsplus() - code.nfreevars() as usize;
    let found = (free..code.nlocalsplus())
        .find(|&index| code.localsplusnames().item(index).cast::<PyStr>().eq_text("__class__"));
    let Some(index) = found else { return fail("super(): __class__ cell not found") };
    let Some(cell) = frame.locals_plus().get(index as isize).as_option().and_then(|cell| cell.downcast::<PyCell>())
    else {
        return fail("super(): bad __class__ cell");
    };
    let Some(class) = cell.contents().get() else { return fail("super(): empty __class__ cell") };
    match class.downcast::<PyType>() {
        Some(class) => Ok((class.to_owned(), Some(first.to_owned()))),
        None => fail(&format!("super(): __class__ is not a type ({})", class.ty().name())),
    }
}

/// The class whose MRO is searched (`supercheck`).
fn check(thread: &Thread, start: Ref<PyType>, receiver: Ref) -> Result<Owned<PyType>> {
    if let Some(class) = receiver.downcast::<PyType>()
        && class.is_subtype(start)
    {
        return Ok(class.to_owned());
    }
    if receiver.ty().is_subtype(start) {
        return Ok(receiver.ty().to_owned());
    }
    // A proxy may say that it is of another class than its type.
    if let Some(class) = object::get_optional_attr(thread, receiver, names::class())?
        && let Ok(class) = class.downcast::<PyType>()
        && !class.borrow().is(receiver.ty())
        && class.borrow().is_subtype(start)
    {
        return Ok(class);
    }
    Err(unrelated(thread, start, receiver))
}

fn unrelated(thread: &Thread, start: Ref<PyType>, receiver: Ref) -> Raised {
    let (kind, of) = match receiver.downcast::<PyType>() {
        Some(class) => ("type", class.name().to_owned()),
        None => ("instance of", receiver.ty().name().to_owned()),
    };
    error::type_error(
        thread,
        format_args!("super(type, obj): obj ({kind} {of}) is not an instance or subtype of type ({}).", start.name()),
    )
}
