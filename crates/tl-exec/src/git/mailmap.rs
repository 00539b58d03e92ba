//! `.mailmap`: one person under several names and addresses.
//!
//! In: the file at `HEAD`, or in the work tree where `HEAD` has none. Out: [`Mailmap`].
//! **Invariant:** a line that cannot be read is counted and skipped.

use bstr::BStr;

use super::Repository;

/// Proper names and addresses by the ones that commits carry. Reference: `git help gitmailmap`.
#[derive(Debug, Default, Clone)]
pub struct Mailmap {
    snapshot: gix::mailmap::Snapshot,
    /// Number of lines that map something.
    pub entries: usize,
    /// Number of lines that could not be read.
    pub malformed: usize,
}

impl Mailmap {
    /// Reads the text of a `.mailmap`.
    pub fn parse(text: &[u8]) -> Self {
        let mut good = Vec::new();
        let mut malformed = 0;
        for line in gix::mailmap::parse(text) {
            match line {
                Ok(entry) => good.push(entry),
                Err(_) => malformed += 1,
            }
        }
        let entries = good.len();
        Self { snapshot: gix::mailmap::Snapshot::new(good), entries, malformed }
    }

    /// The proper name and address; what the map does not know is given back as it is.
    pub fn resolve<'a>(&'a self, name: &'a BStr, email: &'a BStr) -> (&'a BStr, &'a BStr) {
        let signature = gix::actor::SignatureRef { name, email, time: "0 +0000" };
        match self.snapshot.try_resolve_ref(signature) {
            Some(new) => (new.name.unwrap_or(name), new.email.unwrap_or(email)),
            None => (name, email),
        }
    }
}

impl Repository {
    /// The map of the repository: empty where there is none or it cannot be read.
    pub fn mailmap(&self) -> Mailmap {
        let committed = self.blob_at_head(".mailmap").ok().flatten();
        let text = committed.or_else(|| std::fs::read(self.work_dir()?.join(".mailmap")).ok());
        text.map(|text| Mailmap::parse(&text)).unwrap_or_default()
    }
}
