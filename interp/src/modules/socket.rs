//! `_socket`: sockets of the internet and of the machine (`Modules/socketmodule.c`).

mod address;
mod methods;
mod names;

use super::posix::arg::{number_of, system};
use super::{NativeModule, exception_class, fd, put};
use crate::object::*;
use crate::runtime::{call, error, exceptions, number, object};
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType};
use std::cell::Cell;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_socket",
    functions: &[
        MethodDef::fast("socketpair", |thread, _, a| {
            call::check_count(thread, "socketpair", a.len(), 0, 3)?;
            let (family, kind, protocol) = kinds(thread, a, libc::AF_UNIX)?;
            let made = rustix::net::socketpair(
                AddressFamily::from_raw(family as u16),
                SocketType::from_raw(kind as u32),
                SocketFlags::CLOEXEC,
                protocol_of(protocol),
            );
            let (left, right) = system(thread, made)?;
            let sockets = [left, right].map(|end| methods::wrap(fd::adopt(end), family, kind, protocol));
            Ok(PyTuple::from_array(sockets).upcast())
        }),
        MethodDef::one("close", |thread, _, number| {
            let number = number_of(thread, number)?;
            system(thread, fd::close(number)).map(|()| object::new_none())
        }),
        MethodDef::one("dup", |thread, _, number| {
            let file = super::posix::arg::open_file(thread, number)?;
            let copy = system(thread, rustix::io::fcntl_dupfd_cloexec(&*file, 0))?;
            Ok(PyInt::from_i64(fd::adopt(copy).into()).upcast())
        }),
        MethodDef::no_args("getdefaulttimeout", |_, _| {
            Ok(DEFAULT_TIMEOUT.get().map_or_else(object::new_none, |seconds| PyFloat::new(seconds).upcast()))
        }),
        MethodDef::one("setdefaulttimeout", |thread, _, value| {
            DEFAULT_TIMEOUT.set(methods::timeout_of(thread, value)?);
            Ok(object::new_none())
        }),
    ],
    types: &[&methods::TYPE],
    fill: |thread, dict| {
        super::add_functions(thread, dict, "_socket", names::FUNCTIONS);
        let socket = Ref::from_static(&methods::TYPE).to_owned().upcast();
        put(dict, "SocketType", socket);
        put(dict, "error", exceptions::os_error().to_owned().upcast());
        put(dict, "timeout", exceptions::timeout_error().to_owned().upcast());
        put(dict, "herror", class(thread, "herror")?);
        put(dict, "gaierror", class(thread, "gaierror")?);
        put(dict, "has_ipv6", object::new_bool(true));
        for (name, value) in names::NUMBERS {
            put(dict, name, PyInt::from_i64(*value).upcast());
        }
        Ok(())
    },
};

thread_local! {
    static DEFAULT_TIMEOUT: Cell<Option<f64>> = const { Cell::new(None) };
}

fn class(thread: &Thread, name: &str) -> Result {
    exception_class(thread, "socket", name, &[exceptions::os_error().upcast()])
}

fn protocol_of(number: i32) -> Option<Protocol> {
    rustix::net::RawProtocol::new(number as u32).map(Protocol::from_raw)
}

/// Family, type and protocol, where they are given.
fn kinds(thread: &Thread, arguments: &[Ref], family: i32) -> Result<(i32, i32, i32)> {
    let at = |place: usize, default: i32| match arguments.get(place).filter(|value| !object::is_none(**value)) {
        None => Ok(default),
        Some(value) => match i32::try_from(number::as_i64(thread, *value)?) {
            Ok(-1) => Ok(default),
            Ok(value) => Ok(value),
            Err(_) => Err(error::overflow_error(thread, "Python int too large to convert to C int")),
        },
    };
    Ok((at(0, family)?, at(1, libc::SOCK_STREAM)?, at(2, 0)?))
}
