//! Where connections come from, without telling who calls.
//!
//! A *network* is the first 24 bits of an IPv4 address, the first 48 of an IPv6 one, as a number under a key of this process:
//! it is in memory as long as a connection is, is never logged, counted by name or written, and cannot be turned back
//! into an address.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::IpAddr;

/// A network, for this process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(pub(crate) u64);

impl Network {
    /// Where nobody called from: the counter's socket, tests.
    pub const NONE: Self = Self(0);
}

/// Makes networks of addresses.
#[derive(Clone, Default)]
pub(crate) struct Networks(RandomState);

impl Networks {
    pub(crate) fn of(&self, address: IpAddr) -> Network {
        let prefix = match address.to_canonical() {
            IpAddr::V4(v4) => u64::from(u32::from(v4) >> 8),
            IpAddr::V6(v6) => u64::try_from(u128::from(v6) >> 80).unwrap_or(u64::MAX) | 1 << 63,
        };
        Network(self.0.hash_one(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_and_of_two_are_two() {
        let networks = Networks::default();
        let of = |text: &str| networks.of(text.parse().unwrap()).0;
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8:1::1"), of("2001:db8:1:ffff::9"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
        assert_ne!(of("192.0.2.1"), Networks::default().of("192.0.2.1".parse().unwrap()).0, "of this process only");
    }
}
