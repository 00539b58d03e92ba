//! What tests of whole scans share: a repository of some files, looked at alone.
//!
//! In: files. Out: what a scan finds in them. Start at [`scanned`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::host::{Host, Os};
use crate::scan::{Scan, Scanned, scan};

/// A machine with one repository and nothing else.
pub(crate) fn host(repository: &Path) -> Host {
    Host {
        os: Os::Linux,
        home: None,
        system: repository.join("none"),
        variables: BTreeMap::new(),
        repositories: vec![repository.to_owned()],
    }
}

/// What a scan finds in a repository of these files.
pub(crate) fn scanned<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Scanned {
    let tree = tempfile::TempDir::new().unwrap();
    for (path, bytes) in files {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let ask = Scan {
        home: false,
        all: false,
        repositories: true,
        tools: Vec::new(),
        listeners: false,
        only: Vec::new(),
    };
    scan(&host(tree.path()), &ask, &mut |_| ()).unwrap()
}
