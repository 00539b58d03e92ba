//! `throughline guard fix`: safe mends, shown as a patch and made when asked to.
//!
//! In: new findings. Out: a patch, and with `--apply` mended files. Start at [`cmd_fix`].
//! **Invariant:** a file that changed since it was read is not written, nothing is written through
//! a link, and a file is replaced whole or stays as it was.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use tl_core::finding::{Finding, Root, State};
use tl_guard::discover;
use tl_guard::fix::{self, Before, by_file, installed, is_utf16, may_mend, mends};
use tl_guard::inventory::package::is_exact;
use tl_guard::inventory::{Ecosystem, Inventory};
use tl_guard::limits;
use tl_guard::lock::diff::shown;
use tl_guard::lock::{Lock, entries};

use super::{Looked, RepoArgs, TargetArgs, existing_lock, look, vet};
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::guard_files::{self, Whose};
use crate::report::guard::place;
use crate::ui::Ui;

/// Show safe mends of what was found as a patch, and make them with `--apply`
///
/// Pins a package to the version that is approved or installed here, binds a server to this machine,
/// narrows permissions, switches questions on again, strips hidden characters. Everything else in
/// the files stays byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: throughline guard fix GC001 --apply")]
pub(super) struct FixArgs {
    /// Only these rules, by id or name
    #[arg(value_name = "RULE")]
    rules: Vec<String>,
    #[command(flatten)]
    pub(super) repository: RepoArgs,
    /// Home to look at in place of yours
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Mend what is in your home, not what is in the repository
    #[arg(long)]
    user: bool,
    /// Write the mended files
    #[arg(long)]
    apply: bool,
}

/// A file with its mends.
struct Mended {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

pub(super) fn cmd_fix(ui: &mut Ui, globals: &Globals, args: &FixArgs, here: &Path) -> CmdResult {
    let rules = known_rules(&args.rules)?;
    let whose = if args.user { Whose::User } else { Whose::Repository };
    let root = if args.user { Root::Home } else { Root::Repository };
    let target = TargetArgs::of_home(args.home.clone());
    let mut looked = look(ui, globals, &target, here)?;
    let Some(base) = base(&looked, whose) else {
        return Err(CommandError::environment("there is no home to look at")
            .hint("name one with `--home DIR`"));
    };
    let lock = existing_lock(&looked.files, whose)?.1;
    let sorted = vet::judged(ui, &mut looked, None)?;
    let wanted = |finding: &&Finding| {
        finding.state == State::New
            && finding.at.root == root
            && (rules.is_empty() || rules.contains(finding.rule.0.as_ref()))
    };
    let mut mended = Vec::new();
    let mut text = String::new();
    let mut by_hand = 0;
    for (name, findings) in by_file(sorted.findings.iter().filter(wanted)) {
        let path = base.join(&name);
        let before = match read(&base, &name) {
            Ok(before) => before,
            Err(why) => {
                ui.warn(format!("`{}` is left as it is: {why}", path.display()));
                continue;
            }
        };
        let versions = |ecosystem, name: &str| versions(&looked, &lock, ecosystem, name);
        let found = mends(Before { path: &name, bytes: &before }, &findings, &versions);
        for (at, why) in &found.left {
            let finding = findings[*at];
            if !may_mend(finding) {
                by_hand += 1;
                continue;
            }
            ui.status(format!("by hand  {} {}: {why}", finding.rule, place(&finding.at)));
        }
        for (at, what) in &found.done {
            let finding = findings[*at];
            ui.status(format!("mend     {} {}: {what}", finding.rule, place(&finding.at)));
        }
        let Some(after) = found.after else { continue };
        let (patch, hides) = fix::shown(&name, &before, &after);
        text.push_str(&patch);
        if hides && !args.apply {
            ui.note(format!("`{name}` holds secrets, which stand as `***` here, and `git apply` does not take that: `--apply` does"));
        }
        if is_utf16(&before) && !args.apply {
            ui.note(format!("`{name}` is UTF-16, which `git apply` does not take: `--apply` does"));
        }
        mended.push(Mended { path, before, after });
    }
    // A patch for a program is exact; a person sees what is hidden.
    let text = if ui.out_is_terminal() { shown(&text.replace("\r\n", "\n")) } else { text };
    ui.print(&text)?;
    if by_hand > 0 {
        let findings = if by_hand == 1 { "finding has" } else { "findings have" };
        ui.status(format!("by hand  {by_hand} other {findings} no mend that is surely safe: see `throughline guard`"));
    }
    if mended.is_empty() {
        ui.status("nothing that can be mended safely was found");
        return Ok(Outcome::Done);
    }
    if !args.apply {
        ui.note("nothing was changed: `throughline guard fix --apply` makes these mends");
        return Ok(Outcome::Done);
    }
    for one in &mended {
        write(&base, one)?;
        ui.status(format!("written: {}", one.path.display()));
    }
    Ok(Outcome::Done)
}

/// How many new findings there are mends for: those in the repository, and those in the home.
pub(super) fn mendable(looked: &Looked, findings: &[Finding]) -> [usize; 2] {
    [(Whose::Repository, Root::Repository), (Whose::User, Root::Home)].map(|(whose, root)| {
        let Some(base) = base(looked, whose) else { return 0 };
        // A lock that cannot be read knows no versions.
        let lock =
            existing_lock(&looked.files, whose).map_or_else(|_| Lock::empty(), |(_, lock)| lock);
        let wanted = findings.iter().filter(|finding| {
            finding.state == State::New && finding.at.root == root && may_mend(finding)
        });
        let versions = |ecosystem, name: &str| versions(looked, &lock, ecosystem, name);
        let mended = by_file(wanted).into_iter().filter_map(|(name, findings)| {
            let before = read(&base, &name).ok()?;
            let before = Before { path: &name, bytes: &before };
            Some(mends(before, &findings, &versions).done.len())
        });
        mended.sum()
    })
}

/// Ids of the rules that were named.
fn known_rules(named: &[String]) -> Result<BTreeSet<&'static str>, CommandError> {
    let registry = super::registry();
    let find = |name: &String| {
        registry.get(name).map(|doc| doc.id).ok_or_else(|| super::no_rule(&registry, name))
    };
    named.iter().map(find).collect()
}

fn base(looked: &Looked, whose: Whose) -> Option<PathBuf> {
    match whose {
        Whose::Repository => looked.files.host.repositories.first().cloned(),
        Whose::User => looked.files.host.home.clone(),
    }
}

/// The versions of the first source that knows any: what was approved, what the repository has
/// installed, what the home has.
fn versions(looked: &Looked, lock: &Lock, ecosystem: Ecosystem, name: &str) -> Vec<String> {
    let package = entries::package_name(ecosystem, name);
    let same = |entry: &&tl_guard::lock::LockedServer| entry.package.as_deref() == Some(&package);
    let approved = lock.server.iter().filter(same).filter_map(|entry| entry.version.clone());
    let digest = |version: &String| version.starts_with("sha256:");
    let mut approved: Vec<String> = approved
        .chain(elsewhere(&looked.scanned.inventory, ecosystem, name))
        .filter(|v| is_exact(v) || digest(v))
        .collect();
    approved.sort();
    approved.dedup();
    if !approved.is_empty() {
        return approved;
    }
    let host = &looked.files.host;
    let places = host
        .repositories
        .iter()
        .map(|path| (path, false))
        .chain(host.home.iter().map(|path| (path, true)));
    let mut known = places.map(|(path, home)| installed(path, home, ecosystem, name));
    known.find(|versions| !versions.is_empty()).unwrap_or_default()
}

/// Versions to which another server of the same package is pinned.
fn elsewhere<'a>(
    inventory: &'a Inventory,
    ecosystem: Ecosystem,
    name: &'a str,
) -> impl Iterator<Item = String> + use<'a> {
    let same = move |package: &&tl_guard::inventory::Package| {
        package.pinned && package.ecosystem == ecosystem && package.name == name
    };
    inventory.packages.iter().filter(same).filter_map(|package| package.version.clone())
}

/// A file that is one by itself, with no link on the way to it.
fn read(base: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = unlinked(base, name)?;
    let mut bytes = Vec::new();
    let read = discover::open(&path)
        .and_then(|file| file.take(limits::WHOLE_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|err| err.to_string())?;
    if bytes.len() as u64 > limits::WHOLE_FILE {
        return Err("it is too large".to_owned());
    }
    Ok(bytes)
}

fn unlinked(base: &Path, name: &str) -> Result<PathBuf, String> {
    let mut path = base.to_owned();
    for part in name.split('/') {
        if matches!(part, "" | "." | "..") {
            return Err("its path is odd".to_owned());
        }
        path.push(part);
        let listed = fs::symlink_metadata(&path).map_err(|err| err.to_string())?;
        if listed.is_symlink() {
            return Err(format!("`{}` is a link", path.display()));
        }
    }
    Ok(path)
}

/// Replaces a file that is still as it was read.
fn write(base: &Path, one: &Mended) -> Result<(), CommandError> {
    let failed = |why: String| {
        CommandError::environment(format!("failed to write `{}`: {why}", one.path.display()))
    };
    let name = one.path.strip_prefix(base).unwrap_or(&one.path).to_string_lossy().into_owned();
    if read(base, &name).map_err(failed)? != one.before {
        return Err(failed("it changed since it was read".to_owned()).hint("run the command again"));
    }
    let known = fs::metadata(&one.path).map_err(|err| failed(err.to_string()))?;
    guard_files::replace(&one.path, &one.after, Some(known.permissions()))
        .map_err(|err| failed(err.to_string()))
}
