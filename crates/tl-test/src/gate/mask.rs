//! Whether the quarantine excuses a red test.
//!
//! In: one red test, its entries, what history knows, what the change touches. Out: a [`Verdict`].
//! Start at [`judge`]. **Invariant:** only what is known whole is masked: every attempt's reason,
//! the change, the day.

use tl_core::test::{Class, Rate, Signature, Status};
use tl_core::time::Timestamp;

use super::{Known, Red, Touched, Verdict};
use crate::classify;
use crate::quarantine::release::{self, Standing};
use crate::quarantine::{Quarantine, Quarantined};

/// Files that are named as the reason why a change touches a test.
const NAMED: usize = 10;

/// Judges one red test, and says what is known of its class.
pub(super) fn judge(
    red: &Red,
    quarantine: &Quarantine,
    known: &dyn Known,
    touched: &Touched,
    today: Timestamp,
) -> (Verdict, Option<Class>) {
    let id = red.key.to_string();
    let entries: Vec<&Quarantined> =
        quarantine.tests.iter().filter(|entry| entry.covers(&id, &red.variant)).collect();
    let entry_class = entries.first().map(|entry| entry.evidence.class);
    let remembered = || known.state(&red.key, &red.variant).map(|state| classify::of(state).class);
    let class = red.infra.map(|_| Class::Infra).or_else(remembered).or(entry_class);
    if red.passed_after > 0 {
        return (Verdict::RetriedToGreen { attempts: red.passed_after }, class);
    }
    // What never ended may hide anything: it is real, whatever is known of it.
    let can_be_masked = red.status != Status::Unfinished;
    // Entries of one test for one variant and for all of them: the one that excuses most counts.
    let verdicts = entries.iter().filter(|_| can_be_masked).map(|entry| {
        let state = known.state(&red.key, &red.variant);
        of_entry(red, entry, release::standing(state, entry, today), known, touched)
    });
    let verdict = verdicts.max_by_key(rank);
    let infra = || red.infra.map(|class| Verdict::Infra { class: class.to_owned() });
    let verdict = match verdict {
        // The machine's failure is the better reason, where the known one was not seen.
        Some(Verdict::NewReason { .. } | Verdict::Real) | None => infra().or(verdict),
        other => other,
    };
    let added = touched.entries_added.contains(&id) && can_be_masked;
    let bare = if added && red.infra.is_none() { Verdict::AddedHere } else { Verdict::Real };
    (verdict.or_else(infra).unwrap_or(bare), class)
}

/// How near a verdict is to an excuse: what is shown is the last thing that was in the way.
const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Masked { .. } => 6,
        Verdict::DiffUnknown => 5,
        Verdict::Touched { .. } => 4,
        Verdict::Released { .. } => 3,
        Verdict::NewReason { .. } => 2,
        Verdict::Expired { .. } => 1,
        _ => 0,
    }
}

fn of_entry(
    red: &Red,
    entry: &Quarantined,
    standing: Standing,
    known: &dyn Known,
    touched: &Touched,
) -> Verdict {
    let (clean, needed) = match standing {
        Standing::Expired => {
            return Verdict::Expired { owner: entry.owner.clone(), on: entry.expires.clone() };
        }
        Standing::NotYet => return Verdict::Real,
        Standing::Released { clean } => return Verdict::Released { clean },
        Standing::InForce { clean, needed } => (clean, needed),
    };
    let is_known = |got: &Signature| {
        !got.is_none() && entry.signatures.iter().any(|known| *known == got.to_string())
    };
    // No attempt at all would be "all of them": such a one is not known either.
    let strange = red.signatures.iter().find(|got| !is_known(got));
    if red.signatures.is_empty() || strange.is_some() {
        let got = strange.filter(|got| !got.is_none()).map_or(String::new(), Signature::to_string);
        return Verdict::NewReason { known: entry.signatures.clone(), got };
    }
    let Some(files) = &touched.files else { return Verdict::DiffUnknown };
    let mut by: Vec<String> =
        files.iter().filter(|file| is_touched(red, entry, file, known)).cloned().collect();
    if !by.is_empty() {
        by.truncate(NAMED);
        return Verdict::Touched { by };
    }
    let proof = &entry.evidence;
    Verdict::Masked {
        owner: entry.owner.clone(),
        issue: entry.issue.clone(),
        rate: Rate {
            fails: proof.fails,
            runs: proof.runs,
            low: proof.interval.0,
            high: proof.interval.1,
        },
        clean,
        needed,
    }
}

/// Whether a changed file has to do with a test.
fn is_touched(red: &Red, entry: &Quarantined, file: &str, known: &dyn Known) -> bool {
    if known.is_near(&red.key, file) {
        return true;
    }
    let own = [entry.file.as_str(), &red.test.file];
    if own.iter().any(|own| is_same_file(own, file)) {
        return true;
    }
    // Nobody says where the test stands: a file that is called as its class will be it.
    own.iter().all(|own| own.is_empty()) && is_named_as(&red.test.class, file)
}

/// Whether two paths may be one: a report's may begin at the machine's root or at a module's.
fn is_same_file(own: &str, file: &str) -> bool {
    let own = own.replace('\\', "/");
    let own = own.trim_start_matches("./");
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    !own.is_empty() && (ends(own, file) || ends(file, own))
}

/// Whether one of the last two parts of a class's name is the name of a file without its ends.
fn is_named_as(class: &str, file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name);
    let mut parts = class.rsplit(['.', ':', '/', '\\', '$', '#']).filter(|part| !part.is_empty());
    !stem.is_empty() && (parts.next() == Some(stem) || parts.next() == Some(stem))
}
