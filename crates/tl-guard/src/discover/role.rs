//! What a file of a repository is, by its name, where no table names it.

use crate::text::unit::Role;

const LOCKFILES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
    "uv.lock",
    "poetry.lock",
    "pipfile.lock",
    "cargo.lock",
    "go.sum",
    "composer.lock",
    "gemfile.lock",
    "pdm.lock",
    "flake.lock",
    "deno.lock",
];

const DOCUMENTS: &[&str] =
    &["md", "mdx", "mdc", "markdown", "txt", "rst", "adoc", "org", "html", "htm", "tex"];

const SOURCES: &[&str] = &[
    "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go", "rs", "sh", "bash",
    "zsh", "fish", "ps1", "psm1", "rb", "php", "java", "kt", "kts", "cs", "c", "h", "cpp", "cc",
    "cxx", "hpp", "hh", "swift", "scala", "lua", "pl", "pm", "r", "sql", "vue", "svelte", "dart",
    "ex", "exs", "erl", "clj", "hs", "sol", "zig", "nim", "groovy", "gradle", "bat", "cmd", "css",
    "scss", "asm", "s", "f90", "m", "mm", "jl", "proto", "tf",
];

/// Names that hold no text, by their ending: not opened outside skills.
const NO_TEXT: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "bmp",
    "ico",
    "icns",
    "avif",
    "heic",
    "tif",
    "tiff",
    "woff",
    "woff2",
    "ttf",
    "otf",
    "eot",
    "mp3",
    "mp4",
    "m4a",
    "mov",
    "avi",
    "mkv",
    "webm",
    "wav",
    "ogg",
    "flac",
    "o",
    "a",
    "lib",
    "obj",
    "rlib",
    "rmeta",
    "parquet",
    "arrow",
    "sqlite",
    "db",
    "npy",
    "npz",
    "onnx",
    "safetensors",
    "gguf",
    "pt",
    "bin",
    "dat",
];

/// Role by name; `None`: there is no text in it.
pub(super) fn of_name(name: &str) -> Option<Role> {
    let name = name.to_ascii_lowercase();
    if LOCKFILES.contains(&name.as_str()) {
        return Some(Role::Lockfile);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if NO_TEXT.contains(&extension) {
        return None;
    }
    Some(match extension {
        e if DOCUMENTS.contains(&e) => Role::Document,
        e if SOURCES.contains(&e) => Role::Source,
        _ if name.starts_with("readme") => Role::Document,
        _ => Role::Other,
    })
}

/// Directories of what others wrote: only instructions, skills and servers are looked for there.
pub(super) fn is_dependency(directory: &str) -> bool {
    matches!(
        directory,
        "node_modules"
            | "site-packages"
            | "vendor"
            | ".venv"
            | "venv"
            | "bower_components"
            | "dist-packages"
            | "Pods"
    )
}
