//! What guard did, in the ledger of the repository, where there is one.
//!
//! In: counts of a scan, items of an approval. Out: events. Start at [`Record::keep`].
//! **Invariant:** no ledger is made for it, nothing that was found is kept but counts, and a ledger
//! that cannot be written is a note: the answer stands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tl_core::event::{Event, NameHash};
use tl_core::fact::{GuardApproved, GuardScanned, kind};
use tl_core::finding::State;
use tl_exec::git::Repository;
use tl_guard::inventory::{ClientSeen, Inventory};
use tl_ledger::Ledger;
use tl_ledger::append::AppendError;
use tl_ledger::open::OpenError;
use tl_rules::sort::Sorted;

use super::Looked;
use crate::context::{Context, LedgerChoice, ServerUrl};
use crate::guard_files::GuardFiles;
use crate::report::guard::word;
use crate::ui::Ui;

/// Events to be kept, and the ledger that they belong to.
#[derive(Default)]
pub(super) struct Record {
    events: Vec<Event>,
    place: Option<Place>,
}

/// Where a ledger is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(PathBuf),
    Server(ServerUrl),
}

impl Place {
    /// The ledger that the user named, or that of the repository; `None` where there is none yet.
    pub(super) fn of(cx: &Context, files: &GuardFiles) -> Option<Self> {
        let path = match &cx.ledger {
            LedgerChoice::Url(url) => return Some(Self::Server(url.clone())),
            LedgerChoice::None => return None,
            LedgerChoice::Path(path) => path.clone(),
            LedgerChoice::Default => {
                let repository = files.host.repositories.first()?;
                cx.ledger_path(&Repository::open(repository).ok()?)?
            }
        };
        path.exists().then_some(Self::File(path))
    }
}

impl Record {
    /// A scan and what came of it.
    pub(super) fn scanned(&mut self, looked: &Looked, sorted: &Sorted) {
        if looked.ledger.is_none() {
            return;
        }
        let mut scan = GuardScanned {
            inventory: tl_guard::report::inventory_digest(&looked.scanned.inventory),
            files: looked.scanned.read.files,
            items: items(&looked.scanned.inventory),
            clients: clients(&looked.scanned.inventory),
            drifted: Some(looked.changes.len() as u64),
            machine: machine(),
            home: looked.files.host.home.is_some(),
            ..GuardScanned::default()
        };
        for finding in &sorted.findings {
            if finding.state == State::New {
                *scan.rules.entry(finding.rule.to_string()).or_default() += 1;
                *scan.levels.entry(word(finding.level).to_owned()).or_default() += 1;
            } else {
                scan.known += 1;
            }
        }
        let key = format!("scan/{}/{}", looked.now.as_millis(), &scan.inventory[..16]);
        self.add(
            looked,
            Event::new(kind::GUARD_SCANNED, looked.now, "guard", &key, &subject(looked))
                .with(&scan),
        );
    }

    /// Items that somebody approved.
    pub(super) fn approved(&mut self, looked: &Looked, by: &str, approved: &GuardApproved) {
        if approved.items.is_empty() {
            return;
        }
        let key = format!("approval/{}/{}", looked.now.as_millis(), approved.items[0]);
        let key: String = key.chars().take(100).collect();
        let event = Event::new(kind::GUARD_APPROVED, looked.now, "guard", &key, &subject(looked));
        self.add(looked, event.by(by).with(approved));
    }

    fn add(&mut self, looked: &Looked, event: Event) {
        self.place.clone_from(&looked.ledger);
        self.events.push(event);
    }

    /// Appends the events to the ledger that is there.
    pub(super) async fn keep(self, ui: &mut Ui) {
        let Some(place) = self.place else { return };
        if let Err(why) = append(&place, &self.events).await {
            ui.note(format!("the ledger does not know of this: {why}"));
        }
    }
}

async fn append(place: &Place, events: &[Event]) -> Result<(), KeepError> {
    let ledger = match place {
        Place::File(path) => Ledger::open(path).await?,
        Place::Server(url) => Ledger::open_url(url.as_str()).await?,
    };
    ledger.append(events).await?;
    Ok(())
}

/// Why the ledger does not know.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// How many there are of what; what there is none of is left out.
fn items(inventory: &Inventory) -> BTreeMap<String, u64> {
    let counts = [
        ("servers", inventory.servers.len()),
        ("instructions", inventory.rule_files.len()),
        ("skills", inventory.skills.len()),
        ("hooks", inventory.hooks.len()),
        ("permissions", inventory.permissions.len()),
        ("packages", inventory.packages.len()),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    counts.map(|(what, count)| (what.to_owned(), count as u64)).collect()
}

/// Where Linux keeps what tells an installation from all others.
const MACHINE: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// This machine by a pseudonym; empty where nothing tells it from others.
fn machine() -> String {
    let id = MACHINE.iter().find_map(|path| std::fs::read_to_string(path).ok());
    id.map_or_else(String::new, |id| machine_of(&id))
}

/// The id itself is to be kept on the machine, by its own manual: 128 random bits, of which nothing can be
/// found again in their hash. It names neither the machine nor whose it is.
fn machine_of(id: &str) -> String {
    let id = id.trim();
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    // Of an image that was not started yet.
    if !is_id || id.bytes().all(|byte| byte == b'0') {
        return String::new();
    }
    // The first 32 of 63 bits.
    let number = NameHash::new("throughline guard", &id.to_ascii_lowercase()).number() >> 31;
    format!("machine-{number:08x}")
}

/// Clients of which a file is there, each once.
fn clients(inventory: &Inventory) -> Vec<String> {
    let name =
        |seen: &ClientSeen| serde_json::to_value(seen.client).ok()?.as_str().map(str::to_owned);
    let names: BTreeSet<String> = inventory.clients.iter().filter_map(name).collect();
    names.into_iter().collect()
}

fn subject(looked: &Looked) -> String {
    format!("repository:{}", looked.files.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_pseudonym_of_its_own_and_keeps_its_id() {
        let id = "8f5a2b1c9d3e4f60718293a4b5c6d7e8";
        let name = machine_of(&format!("{id}\n"));
        assert!(name.starts_with("machine-") && name.len() == 16, "{name}");
        assert_eq!(name, machine_of(&id.to_uppercase()));
        assert_ne!(name, machine_of("8f5a2b1c9d3e4f60718293a4b5c6d7e9"));
        assert!(!name.contains(&id[..4]));
        for odd in ["", "uninitialized", "../../etc", &"0".repeat(32), &"g".repeat(32)] {
            assert_eq!(machine_of(odd), "", "{odd}");
        }
    }
}
