//! What tests share: a repository of some files or a list of tools, looked at alone; one file as rules see it.
//!
//! In: files. Out: what a scan finds in them. Start at [`scanned`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tl_core::finding::{Location, Root};

use crate::host::{Host, Os};
use crate::scan::{Scan, Scanned, scan};
use crate::text::unit::{Artifact, Role};

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
        file: None,
        tools: Vec::new(),
        listeners: false,
        only: Vec::new(),
    };
    scan(&host(tree.path()), &ask, &mut |_| ()).unwrap()
}

/// What a scan finds in a list of tools.
pub(crate) fn listed(list: String) -> Scanned {
    let tools = vec![("list".to_owned(), list.into_bytes())];
    let only = Vec::new();
    let ask = Scan {
        home: false,
        all: false,
        repositories: false,
        file: None,
        tools,
        listeners: false,
        only,
    };
    let host = Host { repositories: Vec::new(), ..host(Path::new("/")) };
    scan(&host, &ask, &mut |_| ()).unwrap()
}

/// A file of a repository as rules see it.
pub(crate) fn artifact(role: Role, path: &str, text: &str) -> Artifact {
    let at = Location {
        root: Root::Repository,
        path: path.to_owned(),
        line: 0,
        column: 0,
        end_line: 0,
        within: String::new(),
    };
    Artifact::whole(role, at, text)
}
