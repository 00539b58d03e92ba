//! Open sockets of this machine, tied to configured servers.
//!
//! In: the text of `/proc/net/tcp` and `tcp6`, and the command lines of processes. Out:
//! [`Listener`]s. Linux only: where there is no `/proc/net`, there is nothing. No socket is opened.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use rustc_hash::FxHashMap;

use crate::inventory::{Launch, Listener, Server};

/// Most processes whose open files are listed.
const MOST_PROCESSES: usize = 20_000;

/// A line in state LISTEN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// of this machine
    pub address: IpAddr,
    /// TCP port
    pub port: u16,
    /// by which a process is found
    pub inode: u64,
}

/// Reads the text of `/proc/net/tcp` or `tcp6`; lines that are not understood are left out.
pub fn sockets(text: &str) -> Vec<Socket> {
    text.lines().skip(1).filter_map(socket).collect()
}

fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    if *state != "0A" {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let address = address_of(address)?;
    Some(Socket { address, port: u16::from_str_radix(port, 16).ok()?, inode: inode.parse().ok()? })
}

/// Words of 32 bits in the order of the machine: little end first on all that we build for.
fn address_of(hex: &str) -> Option<IpAddr> {
    let mut bytes = Vec::new();
    if !hex.is_ascii() {
        return None;
    }
    for word in hex.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_le_bytes());
    }
    match bytes.len() {
        4 => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))),
        16 => {
            let address = Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?);
            Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
        }
        _ => None,
    }
}

/// Listening sockets below a system's root, with the processes that may be seen.
pub fn of_system(system: &Path, servers: &[Server]) -> Vec<Listener> {
    let proc = system.join("proc");
    let mut all = Vec::new();
    for table in ["net/tcp", "net/tcp6"] {
        all.extend(sockets(&std::fs::read_to_string(proc.join(table)).unwrap_or_default()));
    }
    if all.is_empty() {
        return Vec::new();
    }
    let owners = owners(&proc, &all);
    let mut found: Vec<Listener> = all
        .iter()
        .map(|socket| {
            let pid = owners.get(&socket.inode).copied();
            let arguments = pid.map(|pid| command_line(&proc, pid)).unwrap_or_default();
            let program =
                arguments.first().map(|word| crate::inventory::package::program_name(word));
            Listener {
                address: socket.address.to_string(),
                port: socket.port,
                wildcard: socket.address.is_unspecified(),
                pid,
                program: program.unwrap_or_default(),
                server: tied(&arguments, servers),
                arguments,
            }
        })
        .collect();
    found.sort_by(|a, b| (a.port, &a.address, a.pid).cmp(&(b.port, &b.address, b.pid)));
    found
}

/// Process by inode, as far as permissions go.
fn owners(proc: &Path, sockets: &[Socket]) -> FxHashMap<u64, u32> {
    let mut owners = FxHashMap::default();
    let Ok(processes) = std::fs::read_dir(proc) else { return owners };
    let pids =
        processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids.take(MOST_PROCESSES) {
        let Ok(files) = std::fs::read_dir(proc.join(pid.to_string()).join("fd")) else { continue };
        for file in files.flatten() {
            let Ok(target) = std::fs::read_link(file.path()) else { continue };
            let target = target.to_string_lossy();
            let inode = target.strip_prefix("socket:[").and_then(|t| t.strip_suffix(']'));
            if let Some(inode) = inode.and_then(|inode| inode.parse().ok())
                && sockets.iter().any(|socket| socket.inode == inode)
            {
                owners.entry(inode).or_insert(pid);
            }
        }
    }
    owners
}

fn command_line(proc: &Path, pid: u32) -> Vec<String> {
    let bytes = std::fs::read(proc.join(pid.to_string()).join("cmdline")).unwrap_or_default();
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.take(256).map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The server that was started by this command line: its package's name, or its program and
/// every one of its arguments, is in it.
fn tied(arguments: &[String], servers: &[Server]) -> Option<(crate::inventory::Client, String)> {
    if arguments.is_empty() {
        return None;
    }
    let server = servers.iter().find(|server| match (&server.launch, &server.package) {
        (Launch::Stdio { .. }, Some(package)) => {
            arguments.iter().any(|word| names_package(word, &package.name))
        }
        (Launch::Stdio { command, args, .. }, None) => {
            let program = crate::inventory::package::program_name(command);
            let same = |word: &String| crate::inventory::package::program_name(word) == program;
            !args.is_empty()
                && arguments.iter().any(same)
                && args.iter().all(|arg| arguments.contains(arg))
        }
        _ => false,
    })?;
    Some((server.client, server.name.clone()))
}

/// `pkg`, `pkg@1.2`, or a path with `/pkg/` or `/pkg` at its end.
fn names_package(word: &str, name: &str) -> bool {
    word.match_indices(name).any(|(start, _)| {
        let before = word[..start].chars().next_back();
        let after = word[start + name.len()..].chars().next();
        matches!(before, None | Some('/' | '\\'))
            && matches!(after, None | Some('/' | '\\' | '@' | '='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0
   1: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1 0 100 0 0 10 0
   2: 0100007F:0BB8 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 78 1 0 100 0 0 10 0
   bad line
";
    const V6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1 0 100 0 0 10 0
   1: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1 0 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0
";

    #[test]
    fn both_tables_are_read() {
        let shown = |text| -> Vec<String> {
            sockets(text).iter().map(|s| format!("{} {} {}", s.address, s.port, s.inode)).collect()
        };
        assert_eq!(shown(V4), ["0.0.0.0 8080 4242", "127.0.0.1 3000 77"]);
        assert_eq!(shown(V6), [":: 8081 9", "::1 631 10", "127.0.0.1 80 11"]);
        assert!(sockets("").is_empty());
    }

    #[test]
    fn a_package_is_named_by_whole_words() {
        assert!(names_package("/x/node_modules/mcp-server/dist/index.js", "mcp-server"));
        assert!(names_package("mcp-server@1.2.3", "mcp-server"));
        assert!(!names_package("my-mcp-server", "mcp-server"));
        assert!(!names_package("mcp-server-other", "mcp-server"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_of_this_process_is_found() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let found = of_system(Path::new("/"), &[]);
        let ours = found.iter().find(|listener| listener.port == port).unwrap();
        assert_eq!((ours.address.as_str(), ours.wildcard), ("127.0.0.1", false));
        assert_eq!(ours.pid, Some(std::process::id()));
    }
}
