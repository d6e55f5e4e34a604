//! Names of hosts and services, addresses as bytes, and the constants.

use super::address::{host_text, resolve, tuple, unknown};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::{call, error, exceptions, number, object};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

fn int(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::no_args("gethostname", |_, _| {
        Ok(PyStr::new(&rustix::system::uname().nodename().to_string_lossy()).upcast())
    }),
    MethodDef::one("gethostbyname", |thread, _, host| {
        let host = host_text(thread, host)?;
        let address = resolve(thread, &host, 0, libc::AF_INET)?;
        Ok(PyStr::new(&address.ip().to_string()).upcast())
    }),
    MethodDef::keywords("getaddrinfo", addresses),
    MethodDef::one("inet_aton", |thread, _, text| {
        let text = super::super::text_argument(thread, "inet_aton", text)?;
        match text.parse::<Ipv4Addr>() {
            Ok(ip) => Ok(PyBytes::new(ip.octets().to_vec()).upcast()),
            Err(_) => {
                let text = "illegal IP address string passed to inet_aton";
                Err(error::set_string(thread, exceptions::os_error(), text))
            }
        }
    }),
    MethodDef::one("inet_ntoa", |thread, _, packed| {
        let packed = super::super::buffer(thread, packed, "a bytes-like object is required")?;
        match <[u8; 4]>::try_from(packed) {
            Ok(parts) => Ok(PyStr::new(&Ipv4Addr::from(parts).to_string()).upcast()),
            Err(_) => {
                let text = "packed IP wrong length";
                Err(error::set_string(thread, exceptions::os_error(), text))
            }
        }
    }),
    MethodDef::fast("inet_pton", |thread, _, a| {
        call::check_count(thread, "inet_pton", a.len(), 2, 2)?;
        let text = super::super::text_argument(thread, "inet_pton", a[1])?;
        let bytes = match number::as_i64(thread, a[0])? as i32 {
            libc::AF_INET => text.parse::<Ipv4Addr>().ok().map(|ip| ip.octets().to_vec()),
            libc::AF_INET6 => text.parse::<Ipv6Addr>().ok().map(|ip| ip.octets().to_vec()),
            _ => return super::system(thread, Err::<Owned, _>(std::io::Error::from_raw_os_error(libc::EAFNOSUPPORT))),
        };
        match bytes {
            Some(bytes) => Ok(PyBytes::new(bytes).upcast()),
            None => {
                let text = "illegal IP address string passed to inet_pton";
                Err(error::set_string(thread, exceptions::os_error(), text))
            }
        }
    }),
    MethodDef::fast("inet_ntop", |thread, _, a| {
        call::check_count(thread, "inet_ntop", a.len(), 2, 2)?;
        let packed = super::super::buffer(thread, a[1], "a bytes-like object is required")?;
        let ip = match number::as_i64(thread, a[0])? as i32 {
            libc::AF_INET => <[u8; 4]>::try_from(packed).ok().map(IpAddr::from),
            libc::AF_INET6 => <[u8; 16]>::try_from(packed).ok().map(IpAddr::from),
            other => return Err(error::value_error(thread, format_args!("unknown address family {other}"))),
        };
        match ip {
            Some(ip) => Ok(PyStr::new(&ip.to_string()).upcast()),
            None => Err(error::value_error(thread, "invalid length of packed IP address string")),
        }
    }),
    MethodDef::one("htons", |thread, _, x| swapped(thread, x, "htons", 16)),
    MethodDef::one("ntohs", |thread, _, x| swapped(thread, x, "ntohs", 16)),
    MethodDef::one("htonl", |thread, _, x| swapped(thread, x, "htonl", 32)),
    MethodDef::one("ntohl", |thread, _, x| swapped(thread, x, "ntohl", 32)),
];

fn swapped(thread: &Thread, x: Ref, function: &str, bits: u32) -> Result {
    let value = number::as_i64(thread, x)?;
    if value < 0 {
        let text = format!("{function}: can't convert negative Python int to C {bits}-bit unsigned integer");
        return Err(error::overflow_error(thread, text));
    }
    if value >> bits != 0 {
        let text = format!("{function}: Python int too large to convert to C {bits}-bit unsigned integer");
        return Err(error::overflow_error(thread, text));
    }
    Ok(int(if bits == 16 { (value as u16).to_be().into() } else { (value as u32).to_be().into() }))
}

/// `getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)`.
fn addresses(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "getaddrinfo",
        names: &["host", "port", "family", "type", "proto", "flags"],
        positional_only: 0,
        keyword_only: 0,
        required: 2,
    };
    let [host, port, family, kind, protocol, _] = SIGNATURE.bind(thread, arguments, keywords)?;
    let word = |value: Option<Ref>| value.map_or(Ok(0), |value| number::as_i64(thread, value));
    let (family, kind, protocol) = (word(family)? as i32, word(kind)?, word(protocol)?);
    let port = port.filter(|port| !object::is_none(*port));
    let port = match port.and_then(|port| port.downcast::<PyStr>()) {
        Some(text) => match text.to_string_lossy().parse::<u16>() {
            Ok(port) => port,
            Err(_) => return Err(unknown(thread, -8, "Servname not supported for ai_socktype")),
        },
        None => port.map_or(Ok(0), |port| number::as_i64(thread, port))? as u16,
    };
    let host = match host.filter(|host| !object::is_none(*host)) {
        Some(host) => host_text(thread, host)?,
        None => "localhost".to_owned(),
    };
    let found: Vec<SocketAddr> = match host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, port)],
        Err(_) => (host.as_str(), port).to_socket_addrs().map(Iterator::collect).unwrap_or_default(),
    };
    let fits = |address: &&SocketAddr| match family {
        libc::AF_INET => address.is_ipv4(),
        libc::AF_INET6 => address.is_ipv6(),
        _ => true,
    };
    let mut all = Vec::new();
    for address in found.iter().filter(fits) {
        let own = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        for (its_kind, its_protocol) in [(1, 6), (2, 17), (3, 0)] {
            if (kind == 0 || kind == its_kind) && (protocol == 0 || protocol == its_protocol) {
                let parts =
                    [int(own.into()), int(its_kind), int(its_protocol), PyStr::new("").upcast(), tuple(*address)];
                all.push(PyTuple::from_array(parts).upcast());
            }
        }
    }
    if all.is_empty() { Err(unknown(thread, -2, "Name or service not known")) } else { Ok(PyList::new(all).upcast()) }
}

/// Constants, as Linux has them.
pub(super) static NUMBERS: &[(&str, i64)] = &[
    ("AF_INET", 2),
    ("AF_INET6", 10),
    ("AF_UNIX", 1),
    ("AF_UNSPEC", 0),
    ("AI_ADDRCONFIG", 32),
    ("AI_ALL", 16),
    ("AI_CANONNAME", 2),
    ("AI_NUMERICHOST", 4),
    ("AI_NUMERICSERV", 1024),
    ("AI_PASSIVE", 1),
    ("AI_V4MAPPED", 8),
    ("EAI_ADDRFAMILY", -9),
    ("EAI_AGAIN", -3),
    ("EAI_BADFLAGS", -1),
    ("EAI_FAIL", -4),
    ("EAI_FAMILY", -6),
    ("EAI_MEMORY", -10),
    ("EAI_NODATA", -5),
    ("EAI_NONAME", -2),
    ("EAI_OVERFLOW", -12),
    ("EAI_SERVICE", -8),
    ("EAI_SOCKTYPE", -7),
    ("EAI_SYSTEM", -11),
    ("INADDR_ALLHOSTS_GROUP", 3758096385),
    ("INADDR_ANY", 0),
    ("INADDR_BROADCAST", 4294967295),
    ("INADDR_LOOPBACK", 2130706433),
    ("INADDR_MAX_LOCAL_GROUP", 3758096639),
    ("INADDR_NONE", 4294967295),
    ("INADDR_UNSPEC_GROUP", 3758096384),
    ("IPPORT_RESERVED", 1024),
    ("IPPORT_USERRESERVED", 5000),
    ("IPPROTO_AH", 51),
    ("IPPROTO_DSTOPTS", 60),
    ("IPPROTO_EGP", 8),
    ("IPPROTO_ESP", 50),
    ("IPPROTO_FRAGMENT", 44),
    ("IPPROTO_GRE", 47),
    ("IPPROTO_HOPOPTS", 0),
    ("IPPROTO_ICMP", 1),
    ("IPPROTO_ICMPV6", 58),
    ("IPPROTO_IDP", 22),
    ("IPPROTO_IGMP", 2),
    ("IPPROTO_IP", 0),
    ("IPPROTO_IPIP", 4),
    ("IPPROTO_IPV6", 41),
    ("IPPROTO_MPTCP", 262),
    ("IPPROTO_NONE", 59),
    ("IPPROTO_PIM", 103),
    ("IPPROTO_PUP", 12),
    ("IPPROTO_RAW", 255),
    ("IPPROTO_ROUTING", 43),
    ("IPPROTO_RSVP", 46),
    ("IPPROTO_SCTP", 132),
    ("IPPROTO_TCP", 6),
    ("IPPROTO_TP", 29),
    ("IPPROTO_UDP", 17),
    ("IPPROTO_UDPLITE", 136),
    ("IPV6_CHECKSUM", 7),
    ("IPV6_DONTFRAG", 62),
    ("IPV6_DSTOPTS", 59),
    ("IPV6_HOPLIMIT", 52),
    ("IPV6_HOPOPTS", 54),
    ("IPV6_JOIN_GROUP", 20),
    ("IPV6_LEAVE_GROUP", 21),
    ("IPV6_MULTICAST_HOPS", 18),
    ("IPV6_MULTICAST_IF", 17),
    ("IPV6_MULTICAST_LOOP", 19),
    ("IPV6_NEXTHOP", 9),
    ("IPV6_PATHMTU", 61),
    ("IPV6_PKTINFO", 50),
    ("IPV6_RECVDSTOPTS", 58),
    ("IPV6_RECVERR", 25),
    ("IPV6_RECVHOPLIMIT", 51),
    ("IPV6_RECVHOPOPTS", 53),
    ("IPV6_RECVPATHMTU", 60),
    ("IPV6_RECVPKTINFO", 49),
    ("IPV6_RECVRTHDR", 56),
    ("IPV6_RECVTCLASS", 66),
    ("IPV6_RTHDR", 57),
    ("IPV6_RTHDRDSTOPTS", 55),
    ("IPV6_RTHDR_TYPE_0", 0),
    ("IPV6_TCLASS", 67),
    ("IPV6_UNICAST_HOPS", 16),
    ("IPV6_V6ONLY", 26),
    ("IP_ADD_MEMBERSHIP", 35),
    ("IP_ADD_SOURCE_MEMBERSHIP", 39),
    ("IP_DROP_MEMBERSHIP", 36),
    ("IP_DROP_SOURCE_MEMBERSHIP", 40),
    ("IP_MULTICAST_IF", 32),
    ("IP_MULTICAST_LOOP", 34),
    ("IP_MULTICAST_TTL", 33),
    ("IP_TOS", 1),
    ("IP_TTL", 2),
    ("MSG_CMSG_CLOEXEC", 1073741824),
    ("MSG_CONFIRM", 2048),
    ("MSG_CTRUNC", 8),
    ("MSG_DONTROUTE", 4),
    ("MSG_DONTWAIT", 64),
    ("MSG_EOR", 128),
    ("MSG_ERRQUEUE", 8192),
    ("MSG_FASTOPEN", 536870912),
    ("MSG_MORE", 32768),
    ("MSG_NOSIGNAL", 16384),
    ("MSG_OOB", 1),
    ("MSG_PEEK", 2),
    ("MSG_TRUNC", 32),
    ("MSG_WAITALL", 256),
    ("NI_DGRAM", 16),
    ("NI_IDN", 32),
    ("NI_MAXHOST", 1025),
    ("NI_MAXSERV", 32),
    ("NI_NAMEREQD", 8),
    ("NI_NOFQDN", 4),
    ("NI_NUMERICHOST", 1),
    ("NI_NUMERICSERV", 2),
    ("SHUT_RD", 0),
    ("SHUT_RDWR", 2),
    ("SHUT_WR", 1),
    ("SOCK_CLOEXEC", 524288),
    ("SOCK_DGRAM", 2),
    ("SOCK_NONBLOCK", 2048),
    ("SOCK_RAW", 3),
    ("SOCK_RDM", 4),
    ("SOCK_SEQPACKET", 5),
    ("SOCK_STREAM", 1),
    ("SOL_IP", 0),
    ("SOL_SOCKET", 1),
    ("SOL_TCP", 6),
    ("SOL_UDP", 17),
    ("SOMAXCONN", 4096),
    ("SO_ACCEPTCONN", 30),
    ("SO_BROADCAST", 6),
    ("SO_DEBUG", 1),
    ("SO_ERROR", 4),
    ("SO_KEEPALIVE", 9),
    ("SO_LINGER", 13),
    ("SO_OOBINLINE", 10),
    ("SO_RCVBUF", 8),
    ("SO_RCVLOWAT", 18),
    ("SO_RCVTIMEO", 20),
    ("SO_REUSEADDR", 2),
    ("SO_REUSEPORT", 15),
    ("SO_SNDBUF", 7),
    ("SO_SNDLOWAT", 19),
    ("SO_SNDTIMEO", 21),
    ("SO_TYPE", 3),
    ("TCP_CORK", 3),
    ("TCP_DEFER_ACCEPT", 9),
    ("TCP_KEEPCNT", 6),
    ("TCP_KEEPIDLE", 4),
    ("TCP_KEEPINTVL", 5),
    ("TCP_MAXSEG", 2),
    ("TCP_NODELAY", 1),
    ("TCP_QUICKACK", 12),
    ("TCP_USER_TIMEOUT", 18),
];
