//! The client of a request that came through proxies.

use std::net::IpAddr;

use ipnet::IpNet;

/// The address of the client of a request from `peer`. `named` are the addresses of its `X-Forwarded-For` in their order: a
/// proxy adds the one that it was asked from at the end. So the client is the last that is no trusted proxy; anybody
/// may have written the addresses before it. Without a trusted peer nothing named counts.
///
/// ```
/// use kustodian_core::forwarded::client;
///
/// let trusted = ["10.0.0.0/8".parse().unwrap()];
/// let address = |text: &str| text.parse::<std::net::IpAddr>().unwrap();
/// assert_eq!(client(&trusted, address("10.0.0.1"), ["198.51.100.7", "203.0.113.9", "10.0.0.2"]), address("203.0.113.9"));
/// assert_eq!(client(&trusted, address("192.0.2.1"), ["203.0.113.9"]), address("192.0.2.1"));
/// ```
pub fn client<'a>(
    trusted: &[IpNet],
    peer: IpAddr,
    named: impl IntoIterator<Item = &'a str, IntoIter: DoubleEndedIterator>,
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(&address.to_canonical()));
    let mut client = peer;
    for name in named.into_iter().rev() {
        if !is_trusted(client) {
            break;
        }
        match address(name.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// An address, as some proxies write it: with a port, or in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<std::net::SocketAddr>().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse().or_else(|_| with_port()).ok().or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, named: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        client(&trusted, peer.parse().unwrap(), named.iter().copied()).to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        assert_eq!(of("203.0.113.1", &["198.51.100.7"]), "203.0.113.1");
        assert_eq!(of("10.1.1.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("::ffff:10.1.1.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("2001:db8::1", &["10.0.0.9", "198.51.100.7", "10.0.0.2"]), "198.51.100.7");
    }

    #[test]
    fn a_client_cannot_name_itself_as_another() {
        assert_eq!(of("10.1.1.1", &["127.0.0.1", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("10.1.1.1", &["198.51.100.7", "nonsense"]), "10.1.1.1");
        assert_eq!(of("10.1.1.1", &[]), "10.1.1.1");
        assert_eq!(of("10.1.1.1", &["10.2.2.2", "10.3.3.3"]), "10.2.2.2");
    }

    #[test]
    fn ports_and_brackets_are_read() {
        assert_eq!(of("10.1.1.1", &["198.51.100.7:5555"]), "198.51.100.7");
        assert_eq!(of("10.1.1.1", &["[2001:db9::7]:5555"]), "2001:db9::7");
        assert_eq!(of("10.1.1.1", &["[2001:db9::7]"]), "2001:db9::7");
    }
}
