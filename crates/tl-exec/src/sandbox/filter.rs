//! The filter of system calls: what Landlock does not see, and what it sees only on newer kernels.
//!
//! In: nothing. Out: a filter on this process and all that it starts. Start at [`apply`].
//! What is refused answers `EPERM`, so that a program that only tries goes on without it.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

/// Refused whatever the arguments.
const REFUSED: &[c_long] = &[
    // No network, and no local socket such as that of a container daemon or key agent: the pair that
    // a runtime makes for its own children is another call.
    libc::SYS_socket,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Rights and attributes of files, which Landlock does not see; and the contents, which it sees
    // since Linux 6.2.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
    libc::SYS_truncate,
    // Other processes.
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_getfd,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    // Leaving the process group, by which all are killed.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // Memory that no limit counts, and that of others.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // Keys of the session.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Namespaces, mounts, and the machine itself.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    // fchmodat2, setxattrat, removexattrat: newer than the list of names, one number everywhere.
    452,
    463,
    466,
];

/// The older names of some of these.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_vhangup,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[libc::SYS_kexec_file_load];

/// Answered with `ENOSYS`: their arguments lie behind a pointer, and callers have an older way.
const UNKNOWN: &[c_long] = &[libc::SYS_clone3, libc::SYS_openat2];

/// Bit of the numbers of the second set of calls that a processor of this kind may take.
#[cfg(target_arch = "x86_64")]
const X32: c_long = 0x4000_0000;

/// What sets a new namespace apart among the flags of `clone`.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilterError {
    #[error(transparent)]
    Backend(#[from] seccompiler::BackendError),
    #[error(transparent)]
    Apply(#[from] seccompiler::Error),
}

/// Whether this processor is one that filters are made for.
pub(super) fn is_supported() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_ok()
}

/// Puts the filter on this thread, the only one, and on all that comes of it.
pub(super) fn apply() -> Result<(), FilterError> {
    for program in programs(std::process::id())? {
        apply_filter(&program)?;
    }
    Ok(())
}

/// Filters for the process of this number.
fn programs(own: u32) -> Result<[BpfProgram; 2], FilterError> {
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_HERE).map(|number| (*number, Vec::new())).collect();
    // A signal to a thread of its own is how a program aborts.
    refused.insert(libc::SYS_tgkill, vec![when(0, SeccompCmpOp::Ne, u64::from(own))?]);
    // Limits of its own, and of no other.
    refused.insert(libc::SYS_prlimit64, vec![when(0, SeccompCmpOp::Ne, 0)?]);
    // One flag of the seven at a time: a mask asks for all of its bits.
    let flags = (0..64).map(|bit| 1 << bit).filter(|flag| NAMESPACES & flag != 0);
    let clone: Result<_, _> =
        flags.map(|flag| when(0, SeccompCmpOp::MaskedEq(flag), flag)).collect();
    refused.insert(libc::SYS_clone, clone?);
    // A file without a name is in no directory that could be counted.
    let nameless = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u64;
    let open = |flags| {
        Ok::<_, FilterError>(vec![when(flags, SeccompCmpOp::MaskedEq(nameless), nameless)?])
    };
    refused.insert(libc::SYS_openat, open(2)?);
    #[cfg(target_arch = "x86_64")]
    refused.insert(libc::SYS_open, open(1)?);
    // Keystrokes pushed into a terminal that was left open.
    refused.insert(libc::SYS_ioctl, vec![when(1, SeccompCmpOp::Eq, libc::TIOCSTI)?]);
    let unknown = UNKNOWN.iter().map(|number| (*number, Vec::new())).collect();
    Ok([program(refused, libc::EPERM)?, program(unknown, libc::ENOSYS)?])
}

fn when(argument: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompRule, FilterError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}

fn program(rules: BTreeMap<i64, Vec<SeccompRule>>, answer: i32) -> Result<BpfProgram, FilterError> {
    let refused = SeccompAction::Errno(answer.unsigned_abs());
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    #[cfg(target_arch = "x86_64")]
    let rules = {
        let mut rules = rules;
        let other: Vec<_> =
            rules.iter().map(|(number, rule)| (number | X32, rule.clone())).collect();
        rules.extend(other);
        rules
    };
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch)?;
    Ok(BpfProgram::try_from(filter)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_and_fit_into_the_kernel() {
        for program in programs(7).unwrap() {
            // BPF_MAXINSNS
            assert!((10..4096).contains(&program.len()), "{}", program.len());
        }
    }
}
