//! Open sockets of this machine that have to do with agents, tied to configured servers.
//!
//! In: the text of `/proc/net/tcp` and `tcp6`, and the command lines of one's own processes. Out:
//! [`Listener`]s, and which limits were reached. Start at [`of_system`]. Linux only: where there is no
//! `/proc/net`, there is nothing. **Invariant:** no socket is opened, and processes of other people are not
//! looked into.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::inventory::package::program_name;
use crate::inventory::{Client, Launch, Listener, Server};

/// What is read at most.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Processes that are looked at.
    processes: usize,
    /// Open files of one that are listed.
    files: usize,
    /// Bytes of a table of sockets.
    table: u64,
    /// Bytes of a command line.
    line: u64,
}

/// A table of 50,000 sockets; as long a command line as Linux allows.
const LIMITS: Limits = Limits { processes: 20_000, files: 65_536, table: 8 << 20, line: 6 << 20 };

/// Which limits were reached, in words.
pub type Left = BTreeSet<&'static str>;

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
    let fields: Vec<&str> = line.split_whitespace().take(10).collect();
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
    if !hex.is_ascii() || hex.len() > 32 {
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

/// Listening sockets below a system's root that belong to a configured server, or to a process of
/// one's own that looks like one.
pub fn of_system(system: &Path, servers: &[Server]) -> (Vec<Listener>, Left) {
    let mut look = Look { proc: system.join("proc"), limits: LIMITS, left: Left::new() };
    let found = look.listeners(servers);
    (found, look.left)
}

/// Files below `/proc`, and what was not read of them.
struct Look {
    proc: PathBuf,
    limits: Limits,
    left: Left,
}

impl Look {
    fn listeners(&mut self, servers: &[Server]) -> Vec<Listener> {
        // The tables are slow to read on a machine with much memory: not where nothing could come of it.
        let local = |server: &Server| match &server.launch {
            Launch::Http { url, .. } => local_port(url).is_some(),
            _ => false,
        };
        let may_matter = |line: &[String]| looks_like_server(line) || tied(line, servers).is_some();
        let processes = self.own_processes();
        if !servers.iter().any(local)
            && !processes.iter().any(|(_, process)| may_matter(&self.command_line(process)))
        {
            return Vec::new();
        }
        let mut all = Vec::new();
        for table in ["net/tcp", "net/tcp6"] {
            let text = self.text(&self.proc.join(table), self.limits.table);
            all.extend(sockets(&text));
        }
        if all.is_empty() {
            return Vec::new();
        }
        // Open files are many: they are listed for a process that may matter, and for all of them only
        // where somebody's socket has the address of a server.
        let any = all.iter().any(|socket| addressed(socket, servers).is_some());
        let matters =
            |line: &[String]| any || looks_like_server(line) || tied(line, servers).is_some();
        let owners = self.owners(&processes, &all, &matters);
        let of_socket = |socket: &Socket| {
            let (pid, arguments) = owners.get(&socket.inode).cloned().unzip();
            let arguments = arguments.unwrap_or_default();
            let server = tied(&arguments, servers).or_else(|| addressed(socket, servers));
            let program = arguments.first().map(|word| program_name(word)).unwrap_or_default();
            let (address, wildcard) = (socket.address.to_string(), socket.address.is_unspecified());
            Listener { address, port: socket.port, wildcard, pid, program, arguments, server }
        };
        let mut found: Vec<Listener> = all.iter().map(of_socket).collect();
        found
            .retain(|listener| listener.server.is_some() || looks_like_server(&listener.arguments));
        found.sort_by(|a, b| (a.port, &a.address, a.pid).cmp(&(b.port, &b.address, b.pid)));
        found.dedup();
        found
    }
    /// Process and its command line by inode, among one's own of which the command line matters.
    fn owners(
        &mut self,
        processes: &[(u32, PathBuf)],
        sockets: &[Socket],
        matters: &dyn Fn(&[String]) -> bool,
    ) -> FxHashMap<u64, (u32, Vec<String>)> {
        let mut owners = FxHashMap::default();
        let wanted: FxHashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
        for (pid, process) in processes {
            let line = self.command_line(process);
            if !matters(&line) {
                continue;
            }
            let Ok(files) = fs::read_dir(process.join("fd")) else { continue };
            for (number, file) in files.flatten().enumerate() {
                if number >= self.limits.files {
                    self.left.insert("a process has more open files than are listed");
                    break;
                }
                let Ok(target) = fs::read_link(file.path()) else { continue };
                let target = target.to_string_lossy();
                let inode = target.strip_prefix("socket:[").and_then(|t| t.strip_suffix(']'));
                if let Some(inode) = inode.and_then(|inode| inode.parse().ok())
                    && wanted.contains(&inode)
                {
                    owners.entry(inode).or_insert_with(|| (*pid, line.clone()));
                }
            }
        }
        owners
    }

    /// Number and directory of one's own processes.
    fn own_processes(&mut self) -> Vec<(u32, PathBuf)> {
        let own = owner(&self.proc.join("self"));
        let entries = fs::read_dir(&self.proc).into_iter().flatten().flatten();
        let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let first = pids.by_ref().take(self.limits.processes);
        let directories = first.map(|pid| (pid, self.proc.join(pid.to_string())));
        // Root may look into all, and does not.
        let of_person = |process: &Path| own.is_none() || owner(process) == own;
        let found = directories.filter(|(_, process)| of_person(process)).collect();
        if pids.next().is_some() {
            self.left.insert("there are more processes than are looked at");
        }
        found
    }

    fn command_line(&mut self, process: &Path) -> Vec<String> {
        let line = self.text(&process.join("cmdline"), self.limits.line);
        line.split('\0').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The text of a file of `/proc`; nothing where it cannot be read.
    fn text(&mut self, path: &Path, most: u64) -> String {
        let mut bytes = Vec::new();
        if let Ok(file) = fs::File::open(path) {
            // What was read before an error is worth keeping.
            drop(file.take(most + 1).read_to_end(&mut bytes));
        }
        if bytes.len() as u64 > most {
            self.left.insert("a table of sockets or a command line is longer than is read");
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Whether `mcp` is a word of a program's or package's name.
pub fn looks_like_server(arguments: &[String]) -> bool {
    arguments.iter().any(|word| {
        let name = word.rsplit("node_modules/").next().unwrap_or(word);
        let mut parts = name.split(|c: char| !c.is_ascii_alphanumeric());
        parts.any(|part| part.eq_ignore_ascii_case("mcp"))
    })
}

/// Number of the person that a process belongs to.
#[cfg(unix)]
fn owner(process: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(process).ok().map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<u32> {
    None
}

/// The server that was started by this command line: its package's name, or its program and
/// every one of its arguments, is in it.
fn tied(arguments: &[String], servers: &[Server]) -> Option<(Client, String)> {
    if arguments.is_empty() {
        return None;
    }
    let server = servers.iter().find(|server| match (&server.launch, &server.package) {
        (Launch::Stdio { .. }, Some(package)) => {
            arguments.iter().any(|word| names_package(word, &package.name))
        }
        (Launch::Stdio { command, args, .. }, None) => {
            let program = program_name(command);
            let same = |word: &String| program_name(word) == program;
            !args.is_empty()
                && arguments.iter().any(same)
                && args.iter().all(|arg| arguments.contains(arg))
        }
        _ => false,
    })?;
    Some((server.client, server.name.clone()))
}

/// The server that a client reaches by HTTP on this machine and port, whoever's process it is.
fn addressed(socket: &Socket, servers: &[Server]) -> Option<(Client, String)> {
    let here = |server: &&Server| match &server.launch {
        Launch::Http { url, .. } => local_port(url) == Some(socket.port),
        _ => false,
    };
    let reachable = socket.address.is_unspecified() || socket.address.is_loopback();
    let server = servers.iter().filter(|_| reachable).find(here)?;
    Some((server.client, server.name.clone()))
}

/// The port of an address of this machine.
fn local_port(url: &str) -> Option<u16> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let address: Option<IpAddr> = host.parse().ok();
    let local = host.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.is_loopback() || address.is_unspecified());
    let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    match port.filter(|_| local) {
        Some(port) => port.parse().ok(),
        None => local.then_some(usual),
    }
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
    fn seeds_of_the_fuzz_target_are_read() {
        let found = sockets(include_str!("../../../fuzz/seeds/guard_proc_net/both"));
        assert_eq!(found.len(), 2);
        let found = sockets(include_str!("../../../fuzz/seeds/guard_proc_net/odd"));
        assert_eq!(found, []);
    }

    #[test]
    fn a_package_is_named_by_whole_words() {
        assert!(names_package("/x/node_modules/mcp-server/dist/index.js", "mcp-server"));
        assert!(names_package("mcp-server@1.2.3", "mcp-server"));
        assert!(!names_package("my-mcp-server", "mcp-server"));
        assert!(!names_package("mcp-server-other", "mcp-server"));
    }

    #[test]
    fn a_local_port_is_read_from_an_address_of_this_machine_alone() {
        for (url, port) in [
            ("http://localhost:3000/mcp", Some(3000)),
            ("http://127.0.0.1:8080", Some(8080)),
            ("http://[::1]:9/x?y", Some(9)),
            ("HTTPS://LOCALHOST/", Some(443)),
            ("http://a:b@0.0.0.0:5/", Some(5)),
            ("http://localhost", Some(80)),
            ("http://localhost.example.org:3000/", None),
            ("https://mail.example.org:3000/mcp", None),
            ("http://localhost:99999/", None),
            ("localhost:3000", None),
            ("", None),
        ] {
            assert_eq!(local_port(url), port, "{url}");
        }
    }

    fn server(launch: Launch) -> Server {
        let at = crate::text::unit::tools_at("mcp.json");
        Server { client: Client::Cursor, launch, ..Server::named("mail", at) }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_over_a_limit_is_told() {
        let tree = tempfile::TempDir::new().unwrap();
        let proc = tree.path().to_owned();
        fs::create_dir_all(proc.join("net")).unwrap();
        fs::write(proc.join("net/tcp"), V4).unwrap();
        for pid in [17, 18] {
            let process = proc.join(pid.to_string());
            fs::create_dir_all(process.join("fd")).unwrap();
            fs::write(process.join("cmdline"), "node\0acme-mcp").unwrap();
            for file in ["3", "4"] {
                let socket = format!("socket:[{file}]");
                std::os::unix::fs::symlink(socket, process.join("fd").join(file)).unwrap();
            }
        }
        let left = |limits| {
            let mut look = Look { proc: proc.clone(), limits, left: Left::new() };
            look.listeners(&[]);
            look.left.into_iter().map(|text| text.split(' ').nth(1).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(left(LIMITS), [""; 0]);
        assert_eq!(left(Limits { processes: 1, ..LIMITS }), ["are"]);
        assert_eq!(left(Limits { files: 1, ..LIMITS }), ["process"]);
        assert_eq!(left(Limits { table: 100, ..LIMITS }), ["table"]);
        assert_eq!(left(Limits { line: 5, ..LIMITS }), ["table"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_of_this_process_is_tied_to_the_server_that_is_configured_for_it() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let ours = |servers: &[Server]| {
            let (found, left) = of_system(Path::new("/"), servers);
            assert_eq!(left, Left::new());
            found.into_iter().find(|listener| listener.port == port)
        };
        assert_eq!(ours(&[]), None, "nobody asked what else listens here");
        let url = format!("http://localhost:{port}/mcp");
        let by_url = server(Launch::Http { url, sse: false, headers: Default::default() });
        let mut line = std::env::args();
        let command = line.next().unwrap();
        let args: Vec<String> = line.collect();
        let mut servers = vec![by_url];
        if !args.is_empty() {
            servers.push(server(Launch::Stdio { command, args, cwd: None }));
        }
        for server in servers {
            let found = ours(&[server]).unwrap();
            assert_eq!((found.address.as_str(), found.wildcard), ("127.0.0.1", false));
            assert_eq!(found.pid, Some(std::process::id()));
            assert_eq!(found.server, Some((Client::Cursor, "mail".to_owned())));
        }
    }

    proptest::proptest! {
        /// Any text is read as a table; what it does not hold is not made up.
        #[test]
        fn any_table_is_read(text in "(?s).{0,400}", hex in "[0-9A-F:]{0,60}") {
            for text in [text.as_str(), &format!("head\n 0: {hex} x 0A a b c d e 7 1")] {
                proptest::prop_assert!(sockets(text).len() <= text.lines().count());
            }
            let _any = local_port(&text);
        }
    }
}
