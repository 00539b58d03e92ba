//! Which machine is looked at.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Never read from the process, always given: tests give another.
#[derive(Debug, Clone)]
pub struct Host {
    /// decides which places are looked at
    pub os: Os,
    /// the person's directory
    pub home: Option<PathBuf>,
    /// `/`, or a directory that stands for it
    pub system: PathBuf,
    /// `APPDATA`, `XDG_CONFIG_HOME`, `CODEX_HOME`, `CLAUDE_CONFIG_DIR`, ...
    pub variables: BTreeMap<String, String>,
    /// roots of work trees
    pub repositories: Vec<PathBuf>,
}

/// Operating systems with tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux, WSL
    Linux,
    /// macOS
    MacOs,
    /// Windows
    Windows,
}
