//! Keys, passwords or all variables that leave the machine.
//!
//! In: the commands of a script. Start at [`check`]: for each command that sends, what it sends is
//! followed back: to files, to what is piped into it, to what stands in its words, to files that the
//! same script has made of secrets.

use std::ops::Range;

use tl_core::finding::Level;
use tl_core::verdict::Effect;

use super::download::{Origin, is_near, origin_of};
use super::{Danger, Line, Sort, hosts_in, network_code, shell};
use crate::rules::ga::host_of;
use crate::rules::ga::secret_path::{Holds, NEEDLES, named};
use crate::rules::ga::touch::{NOT_READ, readable};
use crate::shell::{Command, Word};

/// What leaves, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Secret {
    what: String,
    /// It is a secret wherever it goes.
    sure: bool,
}

fn sure(what: impl Into<String>) -> Option<Secret> {
    Some(Secret { what: what.into(), sure: true })
}

fn perhaps(what: impl Into<String>) -> Option<Secret> {
    Some(Secret { what: what.into(), sure: false })
}

/// What a command sends, and how.
#[derive(Debug, Default)]
struct Sink<'a> {
    /// Its input leaves.
    input: bool,
    /// Words that leave: bodies and addresses.
    words: Vec<&'a Word>,
    /// Words of headers: a key belongs there, a file of keys does not.
    headers: Vec<&'a Word>,
    /// Files that leave.
    files: Vec<String>,
    /// Whether it is a copy between machines of one person more often than not.
    copies: bool,
}

pub(super) fn check(line: &Line<'_>, out: &mut Vec<Danger>) {
    let mut made: Vec<(String, Secret)> = Vec::new();
    let mut held: Option<String> = None;
    for at in 0..line.commands.len() {
        let command = line.commands[at];
        if matches!(line.program(at), "cd" | "pushd") {
            held = command.operands().next().map(|word| word.text.clone());
        }
        let found = match sink(command, line.program(at)) {
            Some(sink) => leaves(line, at, &sink, &made, held.as_deref()),
            None => coded(command).or_else(|| device(line, at, held.as_deref())),
        };
        if let Some(secret) = found {
            push(secret, at, out);
        }
        let own = collected(line, at, held.as_deref());
        let fed = || line.source(at).find_map(|from| collected(line, from, held.as_deref()));
        if let Some(secret) = own.or_else(fed) {
            made.extend(kept(command, line.program(at)).map(|name| (name, secret.clone())));
        }
    }
}

fn push(secret: Secret, at: usize, out: &mut Vec<Danger>) {
    let what = secret.what.trim_end_matches([',', ' ']);
    out.push(Danger {
        sort: Sort::Sends,
        effect: if secret.sure { Effect::Deny } else { Effect::Ask },
        level: if secret.sure { Level::Block } else { Level::Warn },
        text: format!(
            "another machine gets {what}; leave it out of what is sent, and let a person give the other side a key of its own"
        ),
        at,
    });
}

/// The secret that a sink sends.
fn leaves(
    line: &Line<'_>,
    at: usize,
    sink: &Sink<'_>,
    made: &[(String, Secret)],
    held: Option<&str>,
) -> Option<Secret> {
    let command = line.commands[at];
    let of = |among: Range<usize>, tokens: bool| {
        among
            .clone()
            .find_map(|from| collected(line, from, held).filter(|secret| tokens || secret.sure))
    };
    let targets: Vec<String> = hosts(command);
    if !targets.is_empty() && targets.iter().all(|host| is_near(host)) {
        return None;
    }
    let by_file = sink.files.iter().find_map(|file| {
        let known = made.iter().find(|(name, _)| *name == base(file)).map(|(_, s)| s.clone());
        known.or_else(|| file_secret(file, file.contains(['*', '?', '[']), held))
    });
    let by_input = || {
        let redirect = command.redirects.iter().find(|redirect| !redirect.write);
        let file = redirect
            .filter(|_| sink.input)
            .and_then(|redirect| file_secret(&redirect.path.text, redirect.path.glob, held));
        let fed_by_xargs = at > 0 && matches!(line.program(at - 1), "xargs" | "parallel");
        let piped = command.piped && (sink.input || fed_by_xargs);
        file.or_else(|| {
            piped.then(|| of(command.source.start..command.source.end.min(at), true)).flatten()
        })
    };
    let by_word = || {
        let word = |word: &&Word| of(line.made(&word.made), true);
        let header = |word: &&Word| {
            let key = word.text.to_ascii_lowercase().contains("authorization");
            of(line.made(&word.made), false).filter(|_| !key)
        };
        sink.words
            .iter()
            .find_map(word)
            .or_else(|| sink.headers.iter().find_map(header))
            .or_else(|| sink.words.iter().find_map(|word| variable(&word.text, &targets)))
    };
    let mut found = by_file.or_else(by_input).or_else(by_word)?;
    // A deployment copies its settings; nobody deploys a private key of his own.
    found.sure &= !sink.copies || found.what.contains("keys or passwords");
    Some(found)
}

fn base(path: &str) -> String {
    path.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// A file of secrets, by its name; `held` is the directory that the script has gone to.
fn file_secret(path: &str, glob: bool, held: Option<&str>) -> Option<Secret> {
    let found = named(path, glob).or_else(|| {
        let held = held.filter(|_| !path.starts_with(['/', '~']))?;
        named(&format!("{held}/{path}"), glob)
    })?;
    match found {
        Holds::Keys => sure(format!("`{path}`, which holds keys or passwords,")),
        Holds::Settings => sure(format!("`{path}`, which holds the settings of a project,")),
    }
}

/// What a command prints that is secret.
fn collected(line: &Line<'_>, at: usize, held: Option<&str>) -> Option<Secret> {
    let command = line.commands[at];
    let program = line.program(at);
    let words = command.arguments();
    let bare = words.iter().all(|word| word.text.starts_with('-'));
    let first = words.first().map_or("", |word| word.text.as_str());
    let all = match program {
        "env" | "printenv" => bare && !words.iter().any(|word| word.text.starts_with("--")),
        "export" | "declare" | "typeset" => {
            bare && (words.is_empty() || first.contains(['p', 'x']))
        }
        "set" => words.is_empty(),
        _ => false,
    };
    if all {
        return sure("all variables, with the keys among them,");
    }
    let named_variable = program == "printenv" && variable_is_secret(first);
    if named_variable {
        return perhaps(format!("`{first}`"));
    }
    let texts = command.texts();
    let starts = |with: &[&str]| {
        let plain = texts.iter().filter(|text| !text.starts_with('-'));
        plain.take(with.len()).map(String::as_str).eq(with.iter().copied())
    };
    const TOKENS: &[&[&str]] = &[
        &["gh", "auth", "token"],
        &["gcloud", "auth", "print-access-token"],
        &["aws", "configure", "export-credentials"],
        &["security", "find-generic-password"],
        &["security", "find-internet-password"],
        &["security", "dump-keychain"],
        &["secret-tool", "lookup"],
        &["op", "read"],
        &["pass", "show"],
        &["vault", "kv", "get"],
        &["kubectl", "get", "secret"],
        &["kubectl", "get", "secrets"],
        &["git", "credential", "fill"],
    ];
    if TOKENS.iter().any(|with| starts(with)) {
        return perhaps(format!("what `{}` prints", texts[..texts.len().min(3)].join(" ")));
    }
    let redirect = command.redirects.iter().find(|redirect| !redirect.write);
    let by_redirect =
        redirect.and_then(|redirect| file_secret(&redirect.path.text, redirect.path.glob, held));
    if by_redirect.is_some() || NOT_READ.contains(&program) || super::download::is_fetcher(program)
    {
        return by_redirect;
    }
    // What `find` is to look for, and to have printed.
    let opened = program == "find" && words.iter().any(|word| word.text.starts_with("-exec"));
    let names = |n: usize| n.checked_sub(1).is_some_and(|n| is_name_test(&words[n].text));
    words.iter().enumerate().find_map(|(n, word)| {
        let pattern = opened && names(n);
        let glob = word.glob || pattern;
        // Its star stands for a dot at the front, too.
        let text = if pattern { word.text.trim_start_matches('*') } else { &word.text };
        let mut found = None;
        readable(text, &mut |text| {
            // A pattern that is searched for is no file; its name would hold a space or none of these.
            if found.is_none() && !text.contains([' ', '|', '(']) {
                found = file_secret(text, glob, held);
            }
        });
        found
    })
}

/// Whether a word of `find` has the pattern of a name behind it.
fn is_name_test(word: &str) -> bool {
    matches!(word, "-name" | "-iname" | "-path" | "-ipath" | "-wholename")
}

/// Names of files that a command leaves behind.
fn kept<'a>(command: &'a Command, program: &'a str) -> impl Iterator<Item = String> + 'a {
    let redirects = command.redirects.iter().filter(|redirect| redirect.write);
    let operands: Vec<&Word> = command.operands().collect();
    let named: Vec<&Word> = match program {
        "tar" | "zip" | "7z" | "gpg" | "openssl" => {
            let ends = [".gz", ".tgz", ".tar", ".zip", ".7z", ".bz2", ".xz", ".enc", ".gpg"];
            operands
                .iter()
                .copied()
                .filter(|word| {
                    ends.iter().any(|end| word.text.ends_with(end))
                        || word.text.starts_with("/tmp/")
                })
                .collect()
        }
        "cp" | "mv" | "install" => operands.last().copied().into_iter().collect(),
        "tee" => operands,
        _ => Vec::new(),
    };
    redirects
        .map(|redirect| base(&redirect.path.text))
        .chain(named.into_iter().map(|word| base(&word.text)))
        .filter(|name| name != "null" && !name.is_empty())
}

/// Hosts that the words of a command name.
fn hosts(command: &Command) -> Vec<String> {
    let words = command.words.iter().filter(|word| word.text.contains("://"));
    let named = words.map(|word| host_of(&word.text));
    let bare = command.arguments().iter().filter(|word| !word.text.contains("://"));
    let numbers = bare.filter_map(|word| match origin_of(&word.text)? {
        Origin::Anybody(host) | Origin::Named(host) => Some(host),
        Origin::Local => Some("localhost".to_owned()),
    });
    named.chain(numbers).filter(|host| !host.is_empty()).collect()
}

/// What a command sends; `None` where it sends nothing.
fn sink<'a>(command: &'a Command, program: &str) -> Option<Sink<'a>> {
    let words = command.arguments();
    let mut sink = Sink::default();
    match program {
        "curl" => curl(words, &mut sink),
        "wget" | "wget2" => {
            for (n, word) in words.iter().enumerate() {
                let (flag, _) = word.text.split_once('=').unwrap_or((&word.text, ""));
                let value = || if word.text.contains('=') { Some(word) } else { words.get(n + 1) };
                match flag {
                    "--post-data" | "--body-data" => sink.words.extend(value()),
                    "--header" => sink.headers.extend(value()),
                    "--post-file" | "--body-file" => sink.files.extend(value().map(|word| {
                        word.text.split_once('=').map_or(word.text.as_str(), |(_, f)| f).to_owned()
                    })),
                    _ if word.text.contains("://") => sink.words.push(word),
                    _ => {}
                }
            }
        }
        "http" | "https" | "xh" => {
            sink.input = true;
            for word in command.operands() {
                match word.text.split_once('@') {
                    Some((name, file)) if !name.contains("://") => sink.files.push(file.to_owned()),
                    _ => sink.words.push(word),
                }
            }
        }
        "nc" | "ncat" | "netcat" | "telnet" | "socat" | "websocat" => {
            if command.has_flag('l', "listen") || command.has_flag('z', "") {
                return None;
            }
            sink.input = true;
            sink.words.extend(words);
        }
        "openssl" if words.first().is_some_and(|word| word.text == "s_client") => sink.input = true,
        "mail" | "mailx" | "sendmail" | "mutt" | "swaks" => {
            sink.input = true;
            sink.files
                .extend(words.iter().map(|word| word.text.trim_start_matches('@').to_owned()));
        }
        "dig" | "nslookup" | "host" | "drill" | "ping" => sink.words.extend(words),
        "iwr" | "irm" | "invoke-webrequest" | "invoke-restmethod" => {
            sink.input = true;
            sink.words.extend(words);
            for pair in words.windows(2).filter(|p| p[0].text.eq_ignore_ascii_case("-infile")) {
                sink.files.push(pair[1].text.clone());
            }
        }
        "scp" | "rsync" | "sftp" | "rclone" => {
            let operands: Vec<&Word> = without_keys(words);
            let (last, sources) = operands.split_last()?;
            if !last.text.contains(':') {
                return None;
            }
            sink.copies = true;
            sink.files.extend(sources.iter().map(|word| word.text.clone()));
        }
        "gh" if words.len() > 2 && words[0].text == "gist" && words[1].text == "create" => {
            sink.input = true;
            sink.files.extend(command.operands().skip(2).map(|word| word.text.clone()));
        }
        _ => return None,
    }
    Some(sink)
}

/// Operands of a copy; the key of `-i KEY` opens the other side and stays here.
fn without_keys(words: &[Word]) -> Vec<&Word> {
    let mut skip = false;
    let keep = |word: &&Word| {
        let value = std::mem::replace(
            &mut skip,
            matches!(word.text.as_str(), "-i" | "-P" | "-e" | "-F" | "-o"),
        );
        !value && !word.text.starts_with('-')
    };
    words.iter().filter(keep).collect()
}

/// The flags of `curl` that matter, alone or in one word with others.
fn curl<'a>(words: &'a [Word], sink: &mut Sink<'a>) {
    let mut n = 0;
    while let Some(word) = words.get(n) {
        n += 1;
        let text = word.text.as_str();
        let (letter, value) = if let Some(long) = text.strip_prefix("--") {
            let (name, attached) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let letter = match name {
                "data" | "data-ascii" | "data-binary" | "data-raw" | "json" | "url-query" => 'd',
                "data-urlencode" | "form" | "form-string" => 'F',
                "upload-file" => 'T',
                "header" | "user" | "cookie" | "oauth2-bearer" | "user-agent" => 'H',
                "url" => 'U',
                "output" | "cert" | "key" | "cacert" | "config" | "netrc-file" | "request" => 'o',
                _ => continue,
            };
            (letter, attached)
        } else if let Some(letters) = text.strip_prefix('-') {
            let Some(at) = letters.find(|c| "dFTHubAeoEKXmxrwyYzCPQtUDc".contains(c)) else {
                continue;
            };
            let letter = letters[at..].chars().next().unwrap_or('o');
            (letter, Some(&letters[at + 1..]).filter(|rest| !rest.is_empty()))
        } else {
            sink.words.push(word);
            continue;
        };
        let given = match value {
            Some(_) => word,
            None => {
                n += 1;
                let Some(next) = words.get(n - 1) else { return };
                next
            }
        };
        let value = value.unwrap_or(&given.text);
        let file = match letter {
            'd' => value.strip_prefix('@'),
            'F' => value
                .split_once('=')
                .map_or(value, |(_, behind)| behind)
                .split_once('@')
                .map(|(_, file)| file)
                .or_else(|| value.split_once("=<").map(|(_, file)| file)),
            'T' => Some(value),
            _ => None,
        };
        match (letter, file) {
            ('d' | 'F' | 'T', Some("-" | "." | "/dev/stdin")) => sink.input = true,
            ('d' | 'F' | 'T', Some(file)) => {
                let file = file.split(';').next().unwrap_or(file);
                sink.files.push(file.to_owned());
                sink.words.push(given);
            }
            ('d' | 'F' | 'U', None) => sink.words.push(given),
            ('H' | 'u' | 'b' | 'A' | 'e', _) => sink.headers.push(given),
            _ => {}
        }
    }
}

/// A secret that is written to a connection of the shell's own.
fn device(line: &Line<'_>, at: usize, held: Option<&str>) -> Option<Secret> {
    let command = line.commands[at];
    let out =
        |redirect: &crate::shell::Redirect| redirect.write && shell::is_device(&redirect.path.text);
    if !command.redirects.iter().any(out) {
        return None;
    }
    collected(line, at, held)
        .or_else(|| line.source(at).find_map(|from| collected(line, from, held)))
}

/// Code in a word that reads secrets and reaches the network.
fn coded(command: &Command) -> Option<Secret> {
    let code = network_code(command)?;
    if let Some(needle) = NEEDLES.iter().find(|needle| code.contains(**needle)) {
        return sure(format!("`{needle}`, which the code reads,"));
    }
    const ALL: &[&str] = &[
        "dict(os.environ)",
        "os.environ)",
        "os.environ.items",
        "os.environ.copy",
        "stringify(process.env)",
        "ENV.to_h",
        "ENV.inspect",
        "%ENV",
        "getenv()",
    ];
    if ALL.iter().any(|all| code.contains(all)) {
        return sure("all variables, which the code reads, ");
    }
    let settings = ["'.env", "\".env", "/.env", "`.env"].iter().any(|name| code.contains(name));
    if settings {
        return perhaps("`.env`, which the code reads,");
    }
    let hosts = hosts_in(code);
    let header = ["uthorization", "headers", "auth="].iter().any(|word| code.contains(word));
    if header || hosts.is_empty() || hosts.iter().all(|host| is_near(host)) {
        return None;
    }
    let reads = ["os.environ", "os.getenv(", "process.env", "ENV["];
    let mut places =
        reads.iter().flat_map(|read| code.match_indices(read).map(|(n, read)| n + read.len()));
    places.find_map(|at| {
        let rest = code[at..].trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let rest =
            rest.strip_prefix("get('").or_else(|| rest.strip_prefix("get(\"")).unwrap_or(rest);
        let name: String =
            rest.chars().take_while(|c| *c == '_' || c.is_ascii_alphanumeric()).collect();
        of_variable(&name, &hosts)
    })
}

/// Words of names that say nothing of whose key it is.
const NOBODYS: &[&str] = &[
    "API",
    "KEY",
    "KEYS",
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "ACCESS",
    "AUTH",
    "BEARER",
    "PASSWORD",
    "PASSWD",
    "PASS",
    "CREDENTIAL",
    "CREDENTIALS",
    "ID",
    "MY",
    "YOUR",
    "THE",
    "APP",
    "CLIENT",
    "USER",
    "BOT",
    "WEBHOOK",
    "URL",
    "PRIVATE",
    "PUBLIC",
    "SESSION",
    "REFRESH",
    "OAUTH",
    "OAUTH2",
    "PAT",
    "DEV",
    "PROD",
    "TEST",
    "ADMIN",
    "SERVICE",
    "ROLE",
    "ANON",
    "DB",
    "CSRF",
    "JWT",
    "NEW",
    "OLD",
    "X",
    "HTTP",
    "ROOT",
    "LOGIN",
    "SIGNING",
    "ENCRYPTION",
    "CONSUMER",
    "PERSONAL",
    "DEPLOY",
    "DEPLOYMENT",
    "MASTER",
    "WRITE",
    "READ",
    "SERVER",
    "PROJECT",
    "PAGE",
    "ACCOUNT",
    "VERIFY",
    "ADDON",
    "SHARED",
    "INTERNAL",
    "DEFAULT",
    "CURRENT",
    "JOB",
    "CI",
];

/// Whose keys are worth stealing, by a word of the name of a variable, and a part of their hosts.
const WHOSE: &[(&str, &[&str])] = &[
    ("ANTHROPIC", &["anthropic", "claude"]),
    ("CLAUDE", &["anthropic", "claude"]),
    ("OPENAI", &["openai", "azure"]),
    ("AWS", &["amazonaws", "aws"]),
    ("GITHUB", &["github", "ghcr"]),
    ("GH", &["github", "ghcr"]),
    ("GITLAB", &["gitlab"]),
    ("NPM", &["npm"]),
    ("NODE", &["npm"]),
    ("PYPI", &["pypi"]),
    ("TWINE", &["pypi"]),
    ("CARGO", &["crates.io"]),
    ("STRIPE", &["stripe"]),
    ("SLACK", &["slack"]),
    ("GOOGLE", &["google", "gcp"]),
    ("GEMINI", &["google", "gemini"]),
    ("AZURE", &["azure", "microsoft", "windows"]),
    ("HF", &["huggingface", "hf.co"]),
    ("HUGGINGFACE", &["huggingface", "hf.co"]),
    ("DATABASE", &[]),
    ("POSTGRES", &["postgres"]),
    ("SSH", &[]),
    ("VAULT", &["vault"]),
    ("OPENROUTER", &["openrouter"]),
    ("GROQ", &["groq"]),
    ("MISTRAL", &["mistral"]),
    ("CLOUDFLARE", &["cloudflare"]),
    ("VERCEL", &["vercel"]),
    ("SUPABASE", &["supabase"]),
];

/// Names of another sort that a host goes by.
const ALSO: &[(&str, &str)] = &[
    ("YOUTUBE", "google"),
    ("FIREBASE", "google"),
    ("GCP", "google"),
    ("GMAIL", "google"),
    ("TWITTER", "x.com"),
    ("CF", "cloudflare"),
    ("DO", "digitalocean"),
    ("JIRA", "atlassian"),
    ("CONFLUENCE", "atlassian"),
    ("TG", "telegram"),
    ("FB", "facebook"),
    ("IG", "facebook"),
    ("INSTAGRAM", "facebook"),
    ("WHATSAPP", "facebook"),
    ("META", "facebook"),
    ("DASHSCOPE", "aliyun"),
    ("BRAVE", "brave"),
];

/// Hosts that show whatever they are sent to whoever asked for an address there.
const COLLECTORS: &[&str] = &[
    "webhook.site",
    "requestbin.com",
    "requestbin.net",
    "requestcatcher.com",
    "pipedream.net",
    "beeceptor.com",
    "hookbin.com",
    "interact.sh",
    "oast.fun",
    "oast.live",
    "oast.me",
    "oast.online",
    "oast.pro",
    "oast.site",
    "burpcollaborator.net",
];

fn is_collector(host: &str) -> bool {
    COLLECTORS.iter().any(|end| {
        host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn variable_is_secret(name: &str) -> bool {
    let words = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "DATABASE_URL"];
    name.chars().all(|c| c == '_' || c.is_ascii_uppercase() || c.is_ascii_digit())
        && words.iter().any(|word| name.contains(word))
}

/// A variable that a word puts in, and that is not for whom it goes to.
fn variable(text: &str, hosts: &[String]) -> Option<Secret> {
    let mut places = text.match_indices("${");
    places.find_map(|(n, _)| {
        let rest = &text[n + 2..];
        let rest = rest.strip_prefix("env}:").unwrap_or(rest);
        let name: String =
            rest.chars().take_while(|c| *c == '_' || c.is_ascii_alphanumeric()).collect();
        of_variable(&name, hosts)
    })
}

fn of_variable(name: &str, hosts: &[String]) -> Option<Secret> {
    // A host that is not known may be the right one.
    let open = |host: &String| host.contains(['$', '{', '<', '%']);
    if !variable_is_secret(name) || hosts.is_empty() || hosts.iter().any(open) {
        return None;
    }
    if let Some(host) = hosts.iter().find(|host| is_collector(host)) {
        return sure(format!("`{name}`, which `{host}` shows to others,"));
    }
    let words: Vec<&str> = name.split('_').filter(|word| !NOBODYS.contains(word)).collect();
    let fits = |word: &str| {
        let lower = word.to_ascii_lowercase();
        let known = WHOSE.iter().find(|(whose, _)| *whose == word).map(|(_, parts)| *parts);
        let also = ALSO.iter().filter(|(whose, _)| *whose == word).map(|(_, part)| *part);
        let parts: Vec<&str> = known.unwrap_or_default().iter().copied().chain(also).collect();
        hosts.iter().any(|host| {
            lower.len() > 2 && host.contains(&lower) || parts.iter().any(|part| host.contains(part))
        })
    };
    if words.is_empty() || words.iter().any(|word| fits(word)) {
        return None;
    }
    let precious = words.iter().any(|word| WHOSE.iter().any(|(whose, _)| whose == word));
    let to = hosts.first().map_or("", String::as_str);
    let what = format!("`{name}`, which is not for `{to}`,");
    if precious { sure(what) } else { perhaps(what) }
}
