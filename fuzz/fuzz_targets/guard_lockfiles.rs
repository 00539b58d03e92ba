//! Any lock file, manifest or document gives names that stand where they are said to stand.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::lockfiles::{mention, read};

const NAMES: &[&str] = &[
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "package.json",
    "uv.lock",
    "Pipfile.lock",
    "pyproject.toml",
    "Cargo.lock",
    "Cargo.toml",
    "go.sum",
    "go.mod",
    "requirements.txt",
];

fuzz_target!(|text: &str| {
    for name in NAMES {
        let file = read(name, text).expect("the name is that of a lock file or manifest");
        assert!(file.names.iter().all(|name| name.at <= text.len()));
    }
    let scripts = ["a.py", "a.ts", "a.sh"].iter().flat_map(|path| mention::of_script(path, text));
    for one in mention::of_document(text).into_iter().chain(scripts) {
        assert!(text.is_char_boundary(one.name.at));
    }
});
