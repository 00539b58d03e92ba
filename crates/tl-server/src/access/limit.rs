//! How many requests one client may make: many for work, few that fail to sign in.
//!
//! In: addresses. Out: yes or no. Start at [`Limits::allows`]. A client of IPv6 is its network of 64 bits, of
//! which one person has as many addresses as they like.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Requests a second, on average; webhooks come in bursts.
const REQUESTS: NonZeroU32 = NonZeroU32::new(4_000).unwrap();
/// Tries to sign in, a minute.
const TRIES: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Clients that are remembered, about.
const CLIENTS: usize = 100_000;

/// See the module.
#[derive(Debug)]
pub(super) struct Limits {
    requests: DefaultKeyedRateLimiter<IpAddr>,
    tries: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: RateLimiter::keyed(Quota::per_second(REQUESTS)),
            tries: RateLimiter::keyed(Quota::per_minute(TRIES)),
        }
    }
}

impl Limits {
    /// Whether a client may make another request.
    pub(super) fn allows(&self, client: IpAddr) -> bool {
        if self.requests.len() > CLIENTS {
            self.requests.retain_recent();
            self.tries.retain_recent();
        }
        self.requests.check_key(&of(client)).is_ok()
    }

    /// Whether a client that wants to sign in, or failed to, may try again.
    pub(super) fn tries(&self, client: IpAddr) -> bool {
        self.tries.check_key(&of(client)).is_ok()
    }
}

fn of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}
