//! The socket type.

use super::super::posix::arg::system;
use super::address::{parse, shown};
use super::{DEFAULT_TIMEOUT, kinds, protocol_of};
use crate::modules::{buffer, fd, receiver};
use crate::object::types::flags;
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, sockopt};
use std::cell::Cell;
use std::fs::File;
use std::rc::Rc;

/// A socket: its descriptor, -1 once it is closed.
struct Socket {
    fd: Cell<i32>,
    family: Cell<i32>,
    kind: Cell<i32>,
    protocol: Cell<i32>,
    /// Seconds; `None` waits for ever.
    timeout: Cell<Option<f64>>,
}
impl Native for Socket {}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            let _ = fd::close(self.fd.get());
        }
    }
}

impl Socket {
    fn new(fd: i32, family: i32, kind: i32, protocol: i32) -> Socket {
        Socket {
            fd: Cell::new(fd),
            family: Cell::new(family),
            kind: Cell::new(kind),
            protocol: Cell::new(protocol),
            timeout: Cell::new(DEFAULT_TIMEOUT.get()),
        }
    }

    fn file(&self, thread: &Thread) -> Result<Rc<File>> {
        system(thread, fd::get(self.fd.get()))
    }

    /// Waits until the socket can go on, as long as its timeout allows.
    fn wait(&self, thread: &Thread, file: &File, events: PollFlags) -> Result<()> {
        let _ = crate::builtins::io::flush();
        let Some(seconds) = self.timeout.get() else { return Ok(()) };
        if seconds == 0.0 {
            return Ok(());
        }
        let timeout = Timespec { tv_sec: seconds as i64, tv_nsec: (seconds.fract() * 1e9) as i64 };
        let mut polled = [PollFd::new(file, events)];
        if system(thread, rustix::event::poll(&mut polled, Some(&timeout)))? == 0 {
            return Err(error::set_string(thread, exceptions::timeout_error(), "timed out"));
        }
        Ok(())
    }
}

/// A plain socket object over a descriptor.
pub(super) fn wrap(fd: i32, family: i32, kind: i32, protocol: i32) -> Owned {
    PyNative::new(Ref::from_static(&TYPE), Socket::new(fd, family, kind, protocol)).upcast()
}

pub(super) static TYPE: PyType = PyType::container::<PyNative>(TypeSpec {
    name: "_socket.socket",
    flags: flags::BASETYPE,
    base: Some(&crate::runtime::object::TYPE),
    slots: Slots {
        new: slot(|_, class, _, _| Ok(PyNative::new(class, Socket::new(-1, -1, -1, -1)).upcast())),
        init: slot(init),
        repr: slot(|thread, own| {
            let own: Ref<PyNative> = own.cast();
            let it = of(thread, &own)?;
            let parts = (it.fd.get(), it.family.get(), it.kind.get(), it.protocol.get());
            let text =
                format!("<socket object, fd={}, family={}, type={}, proto={}>", parts.0, parts.1, parts.2, parts.3);
            Ok(PyStr::new(&text).upcast())
        }),
        ..Slots::NONE
    },
    methods: METHODS,
    getset: &[
        GetSetDef::read_only("family", |thread, own| of(thread, &own.cast()).map(|it| int(it.family.get()))),
        GetSetDef::read_only("type", |thread, own| of(thread, &own.cast()).map(|it| int(it.kind.get()))),
        GetSetDef::read_only("proto", |thread, own| of(thread, &own.cast()).map(|it| int(it.protocol.get()))),
        GetSetDef::read_only("timeout", |thread, own| of(thread, &own.cast()).map(timeout)),
    ],
    ..TypeSpec::EMPTY
});

fn of<'a>(thread: &Thread, own: &'a Ref<PyNative>) -> Result<&'a Socket> {
    receiver::<Socket>(thread, own)
}

fn int(value: i32) -> Owned {
    PyInt::from_i64(value.into()).upcast()
}

fn timeout(socket: &Socket) -> Owned {
    socket.timeout.get().map_or_else(object::new_none, |seconds| PyFloat::new(seconds).upcast())
}

/// A timeout argument: `None` for none.
pub(super) fn timeout_of(thread: &Thread, value: Ref) -> Result<Option<f64>> {
    if object::is_none(value) {
        return Ok(None);
    }
    let seconds = number::as_f64(thread, value)?;
    if seconds < 0.0 {
        return Err(error::value_error(thread, "Timeout value out of range"));
    }
    Ok(Some(seconds))
}

/// `socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None)`.
fn init(thread: &Thread, own: Ref, args: Ref<PyTuple>, kwargs: Option<Ref<PyDict>>) -> Result<()> {
    static SIGNATURE: Signature = Signature {
        function: "socket",
        names: &["family", "type", "proto", "fileno"],
        positional_only: 0,
        keyword_only: 0,
        required: 0,
    };
    let [family, kind, protocol, number] = SIGNATURE.bind_tuple(thread, args, kwargs)?;
    let given = [family, kind, protocol].map(|value| value.unwrap_or(none_object()));
    let (mut family, mut kind, mut protocol) = kinds(thread, &given, libc::AF_INET)?;
    let fd = match number.filter(|number| !object::is_none(*number)) {
        Some(number) => {
            let number = super::number_of(thread, number)?;
            if number < 0 {
                return Err(error::value_error(thread, "negative file descriptor"));
            }
            let file = system(thread, fd::get(number))?;
            family = system(thread, sockopt::socket_domain(&*file))?.as_raw().into();
            kind = system(thread, sockopt::socket_type(&*file))?.as_raw() as i32;
            protocol = system(thread, sockopt::socket_protocol(&*file))?.map_or(0, |own| own.as_raw().get() as i32);
            number
        }
        None => {
            let made = rustix::net::socket_with(
                AddressFamily::from_raw(family as u16),
                SocketType::from_raw(kind as u32),
                SocketFlags::CLOEXEC,
                protocol_of(protocol),
            );
            fd::adopt(system(thread, made)?)
        }
    };
    let own: Ref<PyNative> = own.cast();
    let socket = of(thread, &own)?;
    socket.fd.set(fd);
    socket.family.set(family);
    socket.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
    socket.protocol.set(protocol);
    Ok(())
}

fn receive(thread: &Thread, own: Ref, a: &[Ref], function: &str) -> Result<Vec<u8>> {
    call::check_count(thread, function, a.len(), 1, 2)?;
    let count = usize::try_from(number::as_i64(thread, a[0])?)
        .map_err(|_| error::value_error(thread, format_args!("negative buffersize in {function}")))?;
    error::check_room(thread, count, 1)?;
    let flags = a.get(1).map_or(Ok(0), |flags| number::as_i64(thread, *flags))? as u32;
    let own: Ref<PyNative> = own.cast();
    let socket = of(thread, &own)?;
    let file = socket.file(thread)?;
    socket.wait(thread, &file, PollFlags::IN)?;
    let mut bytes = vec![0; count];
    let (_, got) = system(thread, rustix::net::recv(&*file, &mut bytes[..], RecvFlags::from_bits_retain(flags)))?;
    bytes.truncate(got);
    Ok(bytes)
}

fn send(thread: &Thread, own: Ref, a: &[Ref], function: &str, all: bool) -> Result<usize> {
    call::check_count(thread, function, a.len(), 1, 2)?;
    let bytes = buffer(thread, a[0], &format!("a bytes-like object is required, not '{}'", a[0].ty().name()))?;
    let flags = a.get(1).map_or(Ok(0), |flags| number::as_i64(thread, *flags))? as u32;
    let flags = SendFlags::from_bits_retain(flags) | SendFlags::NOSIGNAL;
    let own: Ref<PyNative> = own.cast();
    let socket = of(thread, &own)?;
    let file = socket.file(thread)?;
    let mut done = 0;
    loop {
        socket.wait(thread, &file, PollFlags::OUT)?;
        done += system(thread, rustix::net::send(&*file, &bytes[done..], flags))?;
        if !all || done >= bytes.len() {
            return Ok(done);
        }
    }
}

fn connect(
    thread: &Thread,
    own: Ref,
    address: Ref,
    function: &str,
) -> Result<std::result::Result<(), rustix::io::Errno>> {
    let own: Ref<PyNative> = own.cast();
    let socket = of(thread, &own)?;
    let address = parse(thread, socket.family.get(), address, function)?;
    let file = socket.file(thread)?;
    match rustix::net::connect(&*file, &address) {
        Err(rustix::io::Errno::INPROGRESS) if socket.timeout.get().is_some_and(|seconds| seconds > 0.0) => {
            socket.wait(thread, &file, PollFlags::OUT)?;
            system(thread, sockopt::socket_error(&*file))
        }
        done => Ok(done),
    }
}

/// A descriptor that must not wait is so for all who have it.
fn set_timeout(thread: &Thread, own: Ref, seconds: Option<f64>) -> Result {
    let own: Ref<PyNative> = own.cast();
    let socket = of(thread, &own)?;
    let file = socket.file(thread)?;
    let mut flags = system(thread, rustix::fs::fcntl_getfl(&*file))?;
    flags.set(rustix::fs::OFlags::NONBLOCK, seconds.is_some());
    system(thread, rustix::fs::fcntl_setfl(&*file, flags))?;
    socket.timeout.set(seconds);
    Ok(object::new_none())
}

static METHODS: &[MethodDef] = &[
    MethodDef::no_args("fileno", |thread, own| of(thread, &own.cast()).map(|it| int(it.fd.get()))),
    MethodDef::no_args("detach", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        Ok(int(of(thread, &own)?.fd.replace(-1)))
    }),
    MethodDef::no_args("close", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        match of(thread, &own)?.fd.replace(-1) {
            ..0 => Ok(object::new_none()),
            number => system(thread, fd::close(number)).map(|()| object::new_none()),
        }
    }),
    MethodDef::one("bind", |thread, own, address| {
        let own: Ref<PyNative> = own.cast();
        let socket = of(thread, &own)?;
        let address = parse(thread, socket.family.get(), address, "bind")?;
        system(thread, rustix::net::bind(&*socket.file(thread)?, &address)).map(|()| object::new_none())
    }),
    MethodDef::fast("listen", |thread, own, a| {
        call::check_count(thread, "listen", a.len(), 0, 1)?;
        let backlog = a.first().map_or(Ok(128), |backlog| number::as_i64(thread, *backlog))?.max(0);
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?.file(thread)?;
        system(thread, rustix::net::listen(&*file, backlog as i32)).map(|()| object::new_none())
    }),
    MethodDef::no_args("_accept", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        let socket = of(thread, &own)?;
        let file = socket.file(thread)?;
        socket.wait(thread, &file, PollFlags::IN)?;
        let (made, address) = system(thread, rustix::net::acceptfrom_with(&*file, SocketFlags::CLOEXEC))?;
        Ok(PyTuple::from_array([int(fd::adopt(made)), shown(address)]).upcast())
    }),
    MethodDef::one("connect", |thread, own, address| {
        let done = connect(thread, own, address, "connect")?;
        system(thread, done).map(|()| object::new_none())
    }),
    MethodDef::one("connect_ex", |thread, own, address| {
        let done = connect(thread, own, address, "connect_ex")?;
        Ok(int(done.err().map_or(0, rustix::io::Errno::raw_os_error)))
    }),
    MethodDef::no_args("getsockname", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        system(thread, rustix::net::getsockname(&*of(thread, &own)?.file(thread)?)).map(|address| shown(Some(address)))
    }),
    MethodDef::no_args("getpeername", |thread, own| {
        let own: Ref<PyNative> = own.cast();
        system(thread, rustix::net::getpeername(&*of(thread, &own)?.file(thread)?)).map(shown)
    }),
    MethodDef::fast("recv", |thread, own, a| receive(thread, own, a, "recv").map(|bytes| PyBytes::new(bytes).upcast())),
    MethodDef::fast("recv_into", |thread, own, a| {
        call::check_count(thread, "recv_into", a.len(), 1, 3)?;
        let text = format!("recv_into() argument 1 must be read-write bytes-like object, not {}", a[0].ty().name());
        let room = buffer(thread, a[0], &text)?.len();
        let count = a.get(1).map_or(Ok(0), |count| number::as_i64(thread, *count))?;
        let count = if count > 0 { room.min(count as usize) } else { room };
        let count = PyInt::from_i64(count as i64);
        let mut asked = vec![count.borrow().upcast()];
        asked.extend(a.get(2));
        let bytes = receive(thread, own, &asked, "recv_into")?;
        crate::modules::io::file::store(thread, a[0], &bytes, &text)?;
        Ok(PyInt::from_i64(bytes.len() as i64).upcast())
    }),
    MethodDef::fast("recvfrom", |thread, own, a| {
        call::check_count(thread, "recvfrom", a.len(), 1, 2)?;
        let count = number::as_i64(thread, a[0])?.max(0) as usize;
        error::check_room(thread, count, 1)?;
        let own: Ref<PyNative> = own.cast();
        let socket = of(thread, &own)?;
        let file = socket.file(thread)?;
        socket.wait(thread, &file, PollFlags::IN)?;
        let mut bytes = vec![0; count];
        let (_, got, from) = system(thread, rustix::net::recvfrom(&*file, &mut bytes[..], RecvFlags::empty()))?;
        bytes.truncate(got);
        Ok(PyTuple::from_array([PyBytes::new(bytes).upcast(), shown(from)]).upcast())
    }),
    MethodDef::fast("send", |thread, own, a| {
        send(thread, own, a, "send", false).map(|count| PyInt::from_i64(count as i64).upcast())
    }),
    MethodDef::fast("sendall", |thread, own, a| send(thread, own, a, "sendall", true).map(|_| object::new_none())),
    MethodDef::fast("sendto", |thread, own, a| {
        call::check_count(thread, "sendto", a.len(), 2, 3)?;
        let bytes = buffer(thread, a[0], &format!("a bytes-like object is required, not '{}'", a[0].ty().name()))?;
        let own: Ref<PyNative> = own.cast();
        let socket = of(thread, &own)?;
        let address = parse(thread, socket.family.get(), a[a.len() - 1], "sendto")?;
        let file = socket.file(thread)?;
        socket.wait(thread, &file, PollFlags::OUT)?;
        let sent = system(thread, rustix::net::sendto(&*file, &bytes, SendFlags::NOSIGNAL, &address))?;
        Ok(PyInt::from_i64(sent as i64).upcast())
    }),
    MethodDef::one("shutdown", |thread, own, how| {
        let how = match number::as_i64(thread, how)? {
            0 => Shutdown::Read,
            1 => Shutdown::Write,
            2 => Shutdown::Both,
            _ => return system(thread, Err::<Owned, _>(std::io::Error::from_raw_os_error(libc::EINVAL))),
        };
        let own: Ref<PyNative> = own.cast();
        system(thread, rustix::net::shutdown(&*of(thread, &own)?.file(thread)?, how)).map(|()| object::new_none())
    }),
    MethodDef::one("setblocking", |thread, own, value| {
        let seconds = if object::is_truthy(thread, value)? { None } else { Some(0.0) };
        set_timeout(thread, own, seconds)
    }),
    MethodDef::no_args("getblocking", |thread, own| {
        of(thread, &own.cast()).map(|it| object::new_bool(it.timeout.get() != Some(0.0)))
    }),
    MethodDef::one("settimeout", |thread, own, value| set_timeout(thread, own, timeout_of(thread, value)?)),
    MethodDef::no_args("gettimeout", |thread, own| of(thread, &own.cast()).map(timeout)),
    MethodDef::fast("setsockopt", |thread, own, a| {
        call::check_count(thread, "setsockopt", a.len(), 3, 4)?;
        let (level, option) = (number::as_i64(thread, a[0])? as i32, number::as_i64(thread, a[1])? as i32);
        let value = number::as_i64(thread, a[2])?;
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?.file(thread)?;
        let on = value != 0;
        let size = value.max(0) as usize;
        let done = match (level, option) {
            (libc::SOL_SOCKET, libc::SO_REUSEADDR) => sockopt::set_socket_reuseaddr(&*file, on),
            (libc::SOL_SOCKET, libc::SO_REUSEPORT) => sockopt::set_socket_reuseport(&*file, on),
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE) => sockopt::set_socket_keepalive(&*file, on),
            (libc::SOL_SOCKET, libc::SO_BROADCAST) => sockopt::set_socket_broadcast(&*file, on),
            (libc::SOL_SOCKET, libc::SO_RCVBUF) => sockopt::set_socket_recv_buffer_size(&*file, size),
            (libc::SOL_SOCKET, libc::SO_SNDBUF) => sockopt::set_socket_send_buffer_size(&*file, size),
            (libc::IPPROTO_TCP, libc::TCP_NODELAY) => sockopt::set_tcp_nodelay(&*file, on),
            (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY) => sockopt::set_ipv6_v6only(&*file, on),
            _ => return Err(unknown_option(thread, level, option)),
        };
        system(thread, done).map(|()| object::new_none())
    }),
    MethodDef::fast("getsockopt", |thread, own, a| {
        call::check_count(thread, "getsockopt", a.len(), 2, 3)?;
        let (level, option) = (number::as_i64(thread, a[0])? as i32, number::as_i64(thread, a[1])? as i32);
        let own: Ref<PyNative> = own.cast();
        let file = of(thread, &own)?.file(thread)?;
        let value = match (level, option) {
            (libc::SOL_SOCKET, libc::SO_REUSEADDR) => sockopt::socket_reuseaddr(&*file).map(i64::from),
            (libc::SOL_SOCKET, libc::SO_REUSEPORT) => sockopt::socket_reuseport(&*file).map(i64::from),
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE) => sockopt::socket_keepalive(&*file).map(i64::from),
            (libc::SOL_SOCKET, libc::SO_BROADCAST) => sockopt::socket_broadcast(&*file).map(i64::from),
            (libc::SOL_SOCKET, libc::SO_TYPE) => sockopt::socket_type(&*file).map(|kind| kind.as_raw().into()),
            (libc::SOL_SOCKET, libc::SO_RCVBUF) => sockopt::socket_recv_buffer_size(&*file).map(|size| size as i64),
            (libc::SOL_SOCKET, libc::SO_SNDBUF) => sockopt::socket_send_buffer_size(&*file).map(|size| size as i64),
            (libc::SOL_SOCKET, libc::SO_ERROR) => sockopt::socket_error(&*file)
                .map(|state| state.err().map_or(0, |problem| problem.raw_os_error().into())),
            (libc::IPPROTO_TCP, libc::TCP_NODELAY) => sockopt::tcp_nodelay(&*file).map(i64::from),
            _ => return Err(unknown_option(thread, level, option)),
        };
        system(thread, value).map(|value| PyInt::from_i64(value).upcast())
    }),
];

#[cold]
fn unknown_option(thread: &Thread, level: i32, option: i32) -> crate::exit::Raised {
    let text = format!("option {option} of level {level} is not supported by this interpreter");
    error::set(thread, exceptions::not_implemented_error(), text)
}
