//! `throughline sandbox-exec`: what our own program is started as before it becomes a server that
//! nobody trusts. Called by `tl_exec::sandbox` alone, and so in no help.
//!
//! In: the arguments. Out: an exit code, where the sandbox could not be entered. Start at [`run`].
//! **Invariant:** nothing runs before it, least of all a thread: what confines one thread does not
//! confine those that are there already.

use std::ffi::OsString;
use std::io::Write as _;

use tl_exec::sandbox;

/// Becomes the server, where these are the arguments for that; else gives `None`.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> Option<u8> {
    let mut args = args.into_iter().skip(1);
    if args.next()? != sandbox::COMMAND {
        return None;
    }
    let err = sandbox::enter(args);
    let _nowhere_to_report = writeln!(std::io::stderr(), "{err}");
    Some(err.exit_code())
}
