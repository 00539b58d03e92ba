//! The fences of Linux, in the order in which they are put up.
//!
//! In: what may be read and written. Out: this process, confined. Start at [`enter`].
//! **Invariant:** what the kernel at hand has of Landlock beyond its first version is used, and
//! what it lacks is refused by the filter of system calls.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::{EnterError, Entry, Unavailable, filter};

/// What every program needs to run: libraries, interpreters, certificates, time zones. Nothing below
/// a home, `/etc` or `/proc` but what stands here.
const READ: &[&str] = &[
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/sbin",
    "/usr",
    "/gnu/store",
    "/nix/store",
    "/etc/ca-certificates",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/meminfo",
    "/proc/self",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/proc/version",
    "/sys/devices/system/cpu",
    "/dev/random",
    "/dev/urandom",
];

/// Devices that keep nothing.
const WRITE: &[&str] = &["/dev/full", "/dev/null", "/dev/zero"];

/// Limits of the kernel: no core dump, 30 s of processor time, 64 MiB a file, 256 open files, and
/// 2 GiB of private writable memory for each process. What they hold together is watched from
/// outside.
const LIMITS: &[(Resource, u64)] = &[
    (Resource::Core, 0),
    (Resource::Cpu, 30),
    (Resource::Fsize, 64 << 20),
    (Resource::Nofile, 256),
    (Resource::Data, 2 << 30),
];

pub(super) fn check() -> Result<(), Unavailable> {
    if !filter::is_supported() {
        return Err(Unavailable::System);
    }
    let created = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create);
    created.map(drop).map_err(|_| Unavailable::Landlock)
}

/// Puts up all fences and becomes the program; returns only where that failed.
pub(super) fn enter(entry: &Entry) -> EnterError {
    if let Err(err) = confine(entry) {
        return err;
    }
    #[expect(clippy::disallowed_methods, reason = "`tl_exec` is where the ban points")]
    let source = Command::new(&entry.program).args(&entry.args).exec();
    EnterError::Execute { program: entry.program.to_string_lossy().into_owned(), source }
}

fn confine(entry: &Entry) -> Result<(), EnterError> {
    check()?;
    for (resource, most) in LIMITS {
        let allowed = rustix::process::getrlimit(*resource).maximum.unwrap_or(u64::MAX);
        let most = Some(allowed.min(*most));
        let limit = Rlimit { current: most, maximum: most };
        rustix::process::setrlimit(*resource, limit)
            .map_err(|err| fence("limit what a process may take", err))?;
    }
    // Landlock asks for it too; said here so that it holds whatever that does.
    rustix::thread::set_no_new_privs(true).map_err(|err| fence("give up new rights", err))?;
    // Root without capabilities is a person like others; without new rights they do not come back.
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, none)
        .map_err(|err| fence("give up capabilities", err))?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|err| fence("end with the program that asks", err))?;
    restrict_files(entry).map_err(|err| fence("confine files", err))?;
    filter::apply().map_err(|err| fence("confine system calls", err))
}

fn fence(what: &'static str, why: impl std::fmt::Display) -> EnterError {
    EnterError::Fence { what, why: why.to_string() }
}

/// Why files are not confined.
#[derive(Debug, thiserror::Error)]
enum RestrictError {
    #[error(transparent)]
    Ruleset(#[from] landlock::RulesetError),
    #[error("the kernel did not take the rules")]
    NotEnforced,
}

/// Landlock: reading and executing of the system and of what is named, writing in one directory,
/// no TCP, and no signals or abstract sockets to the outside where the kernel knows of these.
fn restrict_files(entry: &Entry) -> Result<(), RestrictError> {
    let newest = ABI::V9;
    let read = AccessFs::from_read(newest);
    let write = AccessFs::from_all(newest);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?
        .add_rules(path_beneath_rules(READ, read))?
        .add_rules(path_beneath_rules(&entry.read, read))?
        .add_rules(path_beneath_rules(WRITE, read | AccessFs::from_write(newest)))?
        .add_rules(path_beneath_rules([&entry.write], write))?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(RestrictError::NotEnforced),
        RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
    }
}
