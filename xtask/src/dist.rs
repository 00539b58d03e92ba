//! `cargo xtask dist`: the program as it is given away, with its checksum, in `target/dist`.
//!
//! In: the workspace. Out: `throughline-VERSION-TARGET` and a `.sha256` beside it that
//! `sha256sum --check` reads. Static where the musl target and its C compiler are installed.

use std::fs;
use std::io::{self, Write as _};

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Metadata, MetadataCommand};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::process::{answers, cargo, command, output, root, run as run_command};

/// The target that needs nothing of the machine it runs on.
const STATIC_TARGET: &str = "x86_64-unknown-linux-musl";

/// Builds, copies, writes the checksum, and shows that the copy starts.
pub(crate) fn run() -> Result<(), Failure> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().exec()?;
    let host = host()?;
    let is_static = can_link_statically(&host)?;
    let target_dir = &metadata.target_directory;
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", "throughline"]);
    build.args(["--target-dir", target_dir.as_str()]);
    let (target, built) = if is_static {
        build.args(["--target", STATIC_TARGET]);
        (STATIC_TARGET, target_dir.join(STATIC_TARGET).join("release/throughline"))
    } else {
        (host.as_str(), target_dir.join("release/throughline"))
    };
    run_command(&mut build)?;
    let dist = target_dir.join("dist");
    fs::create_dir_all(&dist).map_err(Failure::io(format!("create `{dist}`")))?;
    let name = format!("throughline-{}-{target}", version(&metadata));
    let copy = dist.join(&name);
    fs::copy(&built, &copy).map_err(Failure::io(format!("copy `{built}` to `{copy}`")))?;
    write_checksum(&copy, &name)?;
    let size = fs::metadata(&copy).map_err(Failure::io(format!("read `{copy}`")))?.len();
    let says = output(command(&copy).arg("--version"))?;
    writeln!(io::stdout(), "{copy}\n{size} bytes\n{}", says.trim_end())
        .map_err(Failure::io("write to stdout"))
}

/// The target of this machine, as `rustc` names it.
fn host() -> Result<String, Failure> {
    let text = output(command("rustc").arg("-vV"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::Program("`rustc -vV` names no host".to_owned()))
}

/// SQLite is C, so the Rust target alone is not enough.
fn can_link_statically(host: &str) -> Result<bool, Failure> {
    if !host.starts_with("x86_64-unknown-linux") {
        return Ok(false);
    }
    let libraries = output(
        command("rustc").args(["--print", "target-libdir"]).args(["--target", STATIC_TARGET]),
    )?;
    Ok(Utf8Path::new(libraries.trim_end()).is_dir() && answers("musl-gcc", &["--version"]))
}

fn version(metadata: &Metadata) -> String {
    let binary = metadata.packages.iter().find(|package| package.name.as_str() == "throughline");
    binary.map_or_else(|| "0".to_owned(), |package| package.version.to_string())
}

fn write_checksum(file: &Utf8Path, name: &str) -> Result<(), Failure> {
    let bytes = fs::read(file).map_err(Failure::io(format!("read `{file}`")))?;
    let path = format!("{file}.sha256");
    fs::write(&path, checksum_line(&bytes, name)).map_err(Failure::io(format!("write `{path}`")))
}

/// A line as `sha256sum --check` reads it.
fn checksum_line(bytes: &[u8], name: &str) -> String {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digest}  {name}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_sha256sum_prints() {
        // printf abc | sha256sum
        let line = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  program\n";
        assert_eq!(checksum_line(b"abc", "program"), line);
    }
}
