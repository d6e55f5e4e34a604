//! Addresses as Python writes them: tuples of host and port, or paths.

use super::super::posix::arg::file_name;
use crate::modules::imported;
use crate::object::*;
use crate::runtime::{call, error, number};
use rustix::net::{SocketAddrAny, SocketAddrUnix};
use std::net::{IpAddr, SocketAddr, SocketAddrV6, ToSocketAddrs};

/// The address of an argument, for sockets of the family.
pub(super) fn parse(thread: &Thread, family: i32, value: Ref, function: &str) -> Result<SocketAddrAny> {
    if family == libc::AF_UNIX {
        let Some((name, _, _)) = file_name(thread, value)? else {
            let text = format!("a bytes-like object is required, not '{}'", value.ty().name());
            return Err(error::type_error(thread, text));
        };
        let made = match name.split_first() {
            Some((0, rest)) => SocketAddrUnix::new_abstract_name(rest),
            _ => SocketAddrUnix::new(&name[..]),
        };
        return made
            .map(SocketAddrAny::from)
            .map_err(|_| error::set_string(thread, crate::runtime::exceptions::os_error(), "AF_UNIX path too long"));
    }
    let name = if family == libc::AF_INET6 { "AF_INET6" } else { "AF_INET" };
    let Some(pair) = value.downcast::<PyTuple>() else {
        let text = format!("{function}(): {name} address must be tuple, not {}", value.ty().name());
        return Err(error::type_error(thread, text));
    };
    if pair.len() < 2 || (family == libc::AF_INET && pair.len() > 2) {
        let text = format!("{function}(): {name} address must be a pair (host, port)");
        return Err(error::type_error(thread, text));
    }
    let port = number::as_i64(thread, pair.item(1))?;
    let Ok(port) = u16::try_from(port) else {
        return Err(error::overflow_error(thread, format_args!("{function}(): port must be 0-65535.")));
    };
    let host = host_text(thread, pair.item(0))?;
    let address = resolve(thread, &host, port, family)?;
    Ok(match (address, pair.len()) {
        (SocketAddr::V6(six), 3..) => {
            let part = |at: usize| match pair.get(at) {
                Some(value) => number::as_i64(thread, value).map(|value| value as u32),
                None => Ok(0),
            };
            SocketAddrV6::new(*six.ip(), port, part(2)?, part(3)?).into()
        }
        (other, _) => other.into(),
    })
}

pub(super) fn host_text(thread: &Thread, host: Ref) -> Result<String> {
    match (host.downcast::<PyStr>(), host.downcast::<PyBytes>()) {
        (Some(text), _) => Ok(text.to_string_lossy()),
        (_, Some(bytes)) => Ok(String::from_utf8_lossy(bytes.data()).into_owned()),
        _ => {
            let text = format!("str, bytes or bytearray expected, not {}", host.ty().name());
            Err(error::type_error(thread, text))
        }
    }
}

/// The first address of a host in the family; 0 for any.
pub(super) fn resolve(thread: &Thread, host: &str, port: u16, family: i32) -> Result<SocketAddr> {
    let fits = |address: &SocketAddr| match family {
        libc::AF_INET => address.is_ipv4(),
        libc::AF_INET6 => address.is_ipv6(),
        _ => true,
    };
    let host = match (host, family) {
        ("", libc::AF_INET6) => "::",
        ("", _) => "0.0.0.0",
        ("<broadcast>", _) => "255.255.255.255",
        _ => host,
    };
    if let Ok(ip) = host.parse::<IpAddr>() {
        let address = SocketAddr::new(ip, port);
        return if fits(&address) {
            Ok(address)
        } else {
            Err(unknown(thread, -9, "Address family for hostname not supported"))
        };
    }
    let found = (host, port).to_socket_addrs().ok().and_then(|mut all| all.find(fits));
    found.ok_or_else(|| unknown(thread, -2, "Name or service not known"))
}

/// Raises `socket.gaierror`.
#[cold]
pub(super) fn unknown(thread: &Thread, number: i64, text: &str) -> crate::exit::Raised {
    let class = match imported(thread, "_socket", "gaierror") {
        Ok(class) => class,
        Err(raised) => return raised,
    };
    let (number, text) = (PyInt::from_i64(number), PyStr::new(text));
    match call::with(thread, class.borrow(), &[number.borrow().upcast(), text.borrow().upcast()]) {
        Ok(exception) => error::set_object(thread, exception.cast()),
        Err(raised) => raised,
    }
}

/// An internet address as a tuple.
pub(super) fn tuple(address: SocketAddr) -> Owned {
    let mut parts =
        vec![PyStr::new(&address.ip().to_string()).upcast(), PyInt::from_i64(address.port().into()).upcast()];
    if let SocketAddr::V6(six) = address {
        parts.push(PyInt::from_i64(six.flowinfo().into()).upcast());
        parts.push(PyInt::from_i64(six.scope_id().into()).upcast());
    }
    PyTuple::from_vec(parts).upcast()
}

/// An address of the system as Python shows it.
pub(super) fn shown(address: Option<SocketAddrAny>) -> Owned {
    let Some(address) = address else { return crate::runtime::object::new_none() };
    if let Ok(internet) = SocketAddr::try_from(address.clone()) {
        return tuple(internet);
    }
    match SocketAddrUnix::try_from(address) {
        Ok(unix) => match (unix.abstract_name(), unix.path()) {
            (Some(name), _) => PyBytes::new([&[0], name].concat()).upcast(),
            (None, Some(path)) => PyStr::new(&path.to_string_lossy()).upcast(),
            (None, None) => PyStr::new("").upcast(),
        },
        Err(_) => crate::runtime::object::new_none(),
    }
}
