//! `select`: waiting for descriptors (`Modules/selectmodule.c`), by `poll`.

use super::posix::arg::{descriptor, system};
use super::{NativeModule, fd, put, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::{call, error, exceptions, iter, number, object, types};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::rc::Rc;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "select",
    functions: &[
        MethodDef::fast("select", select),
        MethodDef::no_args("poll", |thread, _| {
            types::ready(thread, Ref::from_static(&POLL_TYPE));
            Ok(PyNative::new(Ref::from_static(&POLL_TYPE), Poll::default()).upcast())
        }),
    ],
    types: &[],
    fill: |_, dict| {
        put(dict, "error", exceptions::os_error().to_owned().upcast());
        put(dict, "PIPE_BUF", PyInt::from_i64(4096).upcast());
        for (name, value) in NUMBERS {
            put(dict, name, PyInt::from_i64(*value).upcast());
        }
        Ok(())
    },
};

static NUMBERS: &[(&str, i64)] = &[
    ("POLLERR", 8),
    ("POLLHUP", 16),
    ("POLLIN", 1),
    ("POLLMSG", 1024),
    ("POLLNVAL", 32),
    ("POLLOUT", 4),
    ("POLLPRI", 2),
    ("POLLRDBAND", 128),
    ("POLLRDHUP", 8192),
    ("POLLRDNORM", 64),
    ("POLLWRBAND", 512),
    ("POLLWRNORM", 256),
];

/// What is waited for, by descriptor.
#[derive(Default)]
struct Poll(RefCell<BTreeMap<i32, u16>>);
impl Native for Poll {}

static POLL_TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "select.poll",
    flags: flags::DISALLOW_INSTANTIATION,
    base: Some(&crate::runtime::object::TYPE),
    methods: &[
        MethodDef::fast("register", |thread, own, a| {
            call::check_count(thread, "register", a.len(), 1, 2)?;
            let (number, mask) = (descriptor(thread, a[0])?, mask(thread, a.get(1).copied())?);
            receiver::<Poll>(thread, &own.cast())?.0.borrow_mut().insert(number, mask);
            Ok(object::new_none())
        }),
        MethodDef::fast("modify", |thread, own, a| {
            call::check_count(thread, "modify", a.len(), 2, 2)?;
            let (number, mask) = (descriptor(thread, a[0])?, mask(thread, Some(a[1]))?);
            let own: Ref<PyNative> = own.cast();
            let known = &receiver::<Poll>(thread, &own)?.0;
            if !known.borrow().contains_key(&number) {
                return system(thread, Err::<Owned, _>(std::io::Error::from_raw_os_error(libc::ENOENT)));
            }
            known.borrow_mut().insert(number, mask);
            Ok(object::new_none())
        }),
        MethodDef::one("unregister", |thread, own, value| {
            let number = descriptor(thread, value)?;
            let own: Ref<PyNative> = own.cast();
            match receiver::<Poll>(thread, &own)?.0.borrow_mut().remove(&number) {
                Some(_) => Ok(object::new_none()),
                None => Err(error::key_error(thread, PyInt::from_i64(number.into()).borrow().upcast())),
            }
        }),
        MethodDef::fast("poll", |thread, own, a| {
            call::check_count(thread, "poll", a.len(), 0, 1)?;
            let own: Ref<PyNative> = own.cast();
            let asked: Vec<(i32, u16)> =
                receiver::<Poll>(thread, &own)?.0.borrow().iter().map(|(number, mask)| (*number, *mask)).collect();
            let timeout = match a.first().filter(|timeout| !object::is_none(**timeout)) {
                None => None,
                Some(timeout) => Some(number::as_f64(thread, *timeout)?.ceil()).filter(|timeout| *timeout >= 0.0),
            };
            let found = wait(thread, &asked, timeout.map(|milliseconds| milliseconds / 1000.0))?;
            let pairs = found.into_iter().map(|(number, mask)| {
                let parts = [i64::from(number), i64::from(mask)].map(|part| PyInt::from_i64(part).upcast());
                PyTuple::from_array(parts).upcast()
            });
            Ok(PyList::new(pairs.collect()).upcast())
        }),
    ],
    ..TypeSpec::EMPTY
});

// The words of `poll` are signed or not by rustix's back end; under Miri it is another one.
#[allow(clippy::unnecessary_cast)]
fn bits(flags: PollFlags) -> u16 {
    flags.bits() as u16
}

#[allow(clippy::unnecessary_cast)]
fn from_bits(mask: u16) -> PollFlags {
    PollFlags::from_bits_retain(mask as _)
}

fn mask(thread: &Thread, value: Option<Ref>) -> Result<u16> {
    let Some(value) = value else { return Ok(bits(PollFlags::IN | PollFlags::PRI | PollFlags::OUT)) };
    u16::try_from(number::as_i64(thread, value)?)
        .map_err(|_| error::overflow_error(thread, "Python int too large for C unsigned short"))
}

/// Waits until something asked for is there, or some seconds are over; gives what is there.
fn wait(thread: &Thread, asked: &[(i32, u16)], seconds: Option<f64>) -> Result<Vec<(i32, u16)>> {
    // What was printed is to be seen meanwhile.
    let _ = crate::builtins::io::flush();
    let (mut files, mut closed): (Vec<(i32, u16, Rc<File>)>, Vec<(i32, u16)>) = (Vec::new(), Vec::new());
    for &(number, mask) in asked {
        match fd::get(number) {
            Ok(file) => files.push((number, mask, file)),
            Err(_) => closed.push((number, bits(PollFlags::NVAL))),
        }
    }
    let timeout = match seconds.filter(|_| closed.is_empty()) {
        None if closed.is_empty() => None,
        None => Some(Timespec { tv_sec: 0, tv_nsec: 0 }),
        Some(seconds) => {
            let whole = seconds.clamp(0.0, 1e9);
            Some(Timespec { tv_sec: whole as i64, tv_nsec: ((whole - whole.floor()) * 1e9) as i64 })
        }
    };
    let mut polled: Vec<PollFd<'_>> =
        files.iter().map(|(_, mask, file)| PollFd::new(&**file, from_bits(*mask))).collect();
    system(thread, rustix::event::poll(&mut polled, timeout.as_ref()))?;
    let mut found: Vec<(i32, u16)> = files
        .iter()
        .zip(&polled)
        .map(|((number, _, _), answer)| (*number, bits(answer.revents())))
        .filter(|(_, events)| *events != 0)
        .chain(closed)
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// `select(rlist, wlist, xlist, timeout=None)`.
fn select(thread: &Thread, _: Ref, arguments: &[Ref]) -> Result {
    call::check_count(thread, "select", arguments.len(), 3, 4)?;
    let timeout = match arguments.get(3).filter(|timeout| !object::is_none(**timeout)) {
        None => None,
        Some(timeout) => {
            if timeout.ty().slots.nb_float.get().is_none() && timeout.ty().slots.nb_index.get().is_none() {
                return Err(error::type_error(thread, "timeout must be a float or None"));
            }
            let seconds = number::as_f64(thread, *timeout)?;
            if seconds < 0.0 {
                return Err(error::value_error(thread, "timeout must be non-negative"));
            }
            Some(seconds)
        }
    };
    let kinds = [
        (PollFlags::IN, PollFlags::IN | PollFlags::HUP | PollFlags::ERR),
        (PollFlags::OUT, PollFlags::OUT | PollFlags::ERR),
        (PollFlags::PRI, PollFlags::PRI),
    ];
    let (mut lists, mut asked) = (Vec::new(), BTreeMap::<i32, u16>::new());
    for (list, (wanted, _)) in arguments.iter().zip(kinds) {
        let items = iter::collect(thread, *list).inspect_err(|_| {
            thread.clear_exception();
            error::type_error(thread, "arguments 1-3 must be sequences");
        })?;
        let mut numbers = Vec::new();
        for item in items {
            let number = descriptor(thread, item.borrow())?;
            *asked.entry(number).or_default() |= bits(wanted);
            numbers.push((number, item));
        }
        lists.push(numbers);
    }
    let asked: Vec<(i32, u16)> = asked.into_iter().collect();
    let found: BTreeMap<i32, u16> = wait(thread, &asked, timeout)?.into_iter().collect();
    if found.values().any(|events| events & bits(PollFlags::NVAL) != 0) {
        return system(thread, Err::<Owned, _>(std::io::Error::from_raw_os_error(libc::EBADF)));
    }
    let ready = lists.into_iter().zip(kinds).map(|(list, (_, counts))| {
        let there = list.into_iter().filter(|(number, _)| found.get(number).is_some_and(|e| e & bits(counts) != 0));
        PyList::new(there.map(|(_, item)| item).collect()).upcast()
    });
    Ok(PyTuple::from_vec(ready.collect()).upcast())
}
