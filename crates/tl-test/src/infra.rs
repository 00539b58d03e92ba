//! Failures of machines, networks and runners, told apart from those of tests.
//!
//! In: a failure's texts; all red tests of a run. Out: the class of such failures that it belongs to;
//! the reasons that several of them failed for at once. Start at [`of`] and [`broad`]. **Invariant:** only what names a machine, a host or a resource counts; that something was refused
//! on this very machine is the test's own affair.
//! **Definition:** `docs/test.md`, "Failures of machines".

use std::sync::LazyLock;

use regex::{Regex, RegexSet};
use rustc_hash::{FxHashMap, FxHashSet};
use tl_core::test::{Signature, TestName};

use crate::read::Failure;

/// A class, what people read, and by what it is recognised.
struct Kind {
    name: &'static str,
    pattern: &'static str,
}

const KINDS: [Kind; 10] = [
    Kind {
        name: "disk-full",
        pattern: r"(?i)\bENOSPC\b|no space left on device|disk quota exceeded|not enough space on the disk",
    },
    Kind {
        name: "out-of-memory",
        pattern: r"unable to create (?:new )?native thread|Cannot allocate memory|\bENOMEM\b|heap out of memory|Java heap space|GC overhead limit exceeded|signal: 9, SIGKILL|OOMKilled|\bKilled\b.*\b137\b",
    },
    Kind {
        name: "name-resolution",
        pattern: r"\bEAI_AGAIN\b|\bENOTFOUND\b|(?i)temporary failure in name resolution|could not resolve host|name or service not known|no such host|nodename nor servname provided|UnknownHostException",
    },
    Kind {
        name: "network",
        pattern: r"\bECONNRESET\b|\bECONNREFUSED\b|\bEHOSTUNREACH\b|\bENETUNREACH\b|(?i)connection reset by peer|connection refused|network is unreachable|no route to host",
    },
    Kind {
        name: "tls",
        pattern: r"(?i)tls handshake (?:timeout|failed|error)|ssl handshake (?:failed|exception|error)|SSLHandshakeException|handshake_failure",
    },
    Kind {
        name: "registry",
        pattern: r"(?i)\b(?:429 too many requests|too many requests.{0,40}(?:registry|docker|npm|pypi|maven|crates)|toomanyrequests)\b|(?:registry|repository|mirror|artifactory|nexus)\S{0,80}.{0,40}\b(?:502|503|504)\b",
    },
    Kind {
        name: "image-pull",
        pattern: r"ErrImagePull|ImagePullBackOff|(?i)failed to pull image|error pulling image|pull access denied",
    },
    Kind {
        name: "git",
        pattern: r"(?i)fatal: unable to access '|fatal: could not read from remote repository|fatal: the remote end hung up|error: RPC failed|early EOF.{0,80}index-pack",
    },
    Kind {
        name: "runner-lost",
        pattern: r"(?i)the runner has received a shutdown signal|lost communication with the server|the hosted runner (?:encountered|lost)|agent (?:went offline|was disconnected)|ChannelClosedException|the operation was canceled\.",
    },
    Kind {
        name: "no-browser-or-display",
        pattern: r"(?i)cannot open display|missing x server|browser(?:type)?\.launch: .{0,80}(?:executable doesn't exist|failed to launch)|session not created: .{0,80}chrome|docker daemon (?:is not )?running|cannot connect to the docker daemon",
    },
];

static PATTERNS: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new(KINDS.iter().map(|kind| kind.pattern)).expect("a test compiles every pattern")
});

/// Hosts that are this machine.
static HERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\blocalhost\b|\b127\.\d+\.\d+\.\d+\b|\[?::1\]?(?::|\b)|\b0\.0\.0\.0\b")
        .expect("a test compiles every pattern")
});

/// Bytes of the text that are looked at.
const LOOK: usize = 16 << 10;

/// The class of failures of machines that a failure belongs to; `None` where the test is to blame
/// until somebody shows the contrary.
pub fn of(failure: &Failure) -> Option<&'static str> {
    let text = &failure.text[..failure.text.floor_char_boundary(LOOK)];
    [failure.class.as_str(), &failure.message, text].into_iter().find_map(|part| {
        let found = PATTERNS.matches(part);
        let mut kinds = found.iter().map(|row| KINDS[row].name);
        kinds.find(|name| !matches!(*name, "network" | "name-resolution") || !HERE.is_match(part))
    })
}

/// The class of a reason that many tests failed for at once: a service, a fixture, a machine. A change
/// may be to blame for that; no single test is.
pub const SHARED: &str = "shared-cause";

/// Tests that have to fail for one reason before anybody asks whose it is.
pub const SEVERAL: u64 = 5;

/// Tests that have to fail for it where no other run says anything of it.
const MANY: u64 = 20;

/// Classes or files that they stand in.
const PLACES: usize = 3;

/// Tests that failed for one reason.
#[derive(Default)]
struct Together<'t> {
    tests: u64,
    /// Their classes or files; suites of those that have neither.
    places: FxHashSet<(&'t [String], &'t str)>,
}

/// A reason that several unrelated tests of a run failed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broad {
    /// Which.
    pub signature: Signature,
    /// Tests that failed for it.
    pub tests: u64,
    /// Whether they are so many that it is none of theirs: 20, and more than 30 % of those that ran.
    pub is_wide: bool,
}

/// Reasons that five tests or more, of three classes or more, failed for, the most frequent first.
/// `red`: of each red test its reason and names; `ran`: tests that ran.
pub fn broad<'t>(red: impl IntoIterator<Item = (Signature, &'t TestName)>, ran: u64) -> Vec<Broad> {
    let mut by_reason: FxHashMap<Signature, Together<'t>> = FxHashMap::default();
    for (signature, test) in red.into_iter().filter(|(signature, _)| !signature.is_none()) {
        let together = by_reason.entry(signature).or_default();
        together.tests += 1;
        let place = [&test.class, &test.file].into_iter().find(|place| !place.is_empty());
        together.places.insert(place.map_or((&test.suite, ""), |place| (&[], place)));
    }
    by_reason.retain(|_, Together { tests, places }| *tests >= SEVERAL && places.len() >= PLACES);
    let wide = |tests: u64| tests >= MANY && tests.saturating_mul(10) > ran.saturating_mul(3);
    let broad = by_reason.into_iter().map(|(signature, Together { tests, .. })| Broad {
        signature,
        tests,
        is_wide: wide(tests),
    });
    let mut broad: Vec<Broad> = broad.collect();
    broad.sort_unstable_by_key(|one| (std::cmp::Reverse(one.tests), one.signature));
    broad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Option<&'static str> {
        of(&Failure { message: text.to_owned(), ..Failure::default() })
    }

    #[test]
    fn machines_fail_in_their_own_words() {
        for (text, kind) in [
            ("OSError: [Errno 28] No space left on device: 'out'", "disk-full"),
            ("java.lang.OutOfMemoryError: unable to create native thread", "out-of-memory"),
            ("getaddrinfo EAI_AGAIN api.example.com", "name-resolution"),
            ("read tcp 10.0.0.7:40312->10.0.0.9:443: connection reset by peer", "network"),
            ("net/http: TLS handshake timeout", "tls"),
            ("toomanyrequests: You have reached your pull rate limit", "registry"),
            ("Failed to pull image \"acme/api:1\"", "image-pull"),
            ("fatal: Could not read from remote repository.", "git"),
            ("The runner has received a shutdown signal.", "runner-lost"),
            ("Cannot connect to the Docker daemon at unix socket", "no-browser-or-display"),
        ] {
            assert_eq!(message(text), Some(kind), "{text}");
        }
    }

    fn named(count: u32, classes: u32) -> Vec<TestName> {
        let name = |row: u32| TestName {
            class: format!("acme.Class{}", row % classes),
            name: format!("case {row}"),
            ..TestName::default()
        };
        (0..count).map(name).collect()
    }

    #[test]
    fn one_reason_of_a_third_of_the_tests_is_none_of_theirs() {
        let (one, other) = (Signature([1; 8]), Signature([2; 8]));
        let of = |count, classes, ran| {
            let names = named(count, classes);
            let found = broad(names.iter().map(|test| (one, test)), ran);
            found.first().map(|broad| broad.is_wide)
        };
        assert_eq!((of(31, 5, 100), of(30, 5, 100)), (Some(true), Some(false)));
        // Few tests, or those of one class, may well fail together by their own doing.
        assert_eq!((of(19, 5, 19), of(40, 2, 40), of(40, 3, 40)), (Some(false), None, Some(true)));
        assert_eq!((of(4, 4, 4), of(5, 2, 5), of(5, 3, 9_000)), (None, None, Some(false)));
        let names = named(40, 8);
        let mixed = names.iter().enumerate();
        let mixed = mixed.map(|(row, test)| (if row < 35 { one } else { other }, test));
        let found = broad(mixed, 100);
        let found: Vec<_> =
            found.iter().map(|one| (one.signature, one.tests, one.is_wide)).collect();
        assert_eq!(found, [(one, 35, true), (other, 5, false)]);
        assert!(broad(names.iter().map(|test| (Signature::NONE, test)), 40).is_empty());
    }

    #[test]
    fn what_a_test_does_on_its_own_machine_is_its_own_affair() {
        for text in [
            "connect ECONNREFUSED 127.0.0.1:5432",
            "dial tcp [::1]:8080: connect: connection refused",
            "Connection refused: localhost/127.0.0.1:9092",
            "expected 503 but was 200",
            "expected the order to be cancelled",
            "",
        ] {
            assert_eq!(message(text), None, "{text}");
        }
    }
}
