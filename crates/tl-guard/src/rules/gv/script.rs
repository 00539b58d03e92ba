//! What a file of a skill does.
//!
//! In: its path and text. Out: [`Found`] with the bytes that show it, each at most once a file.
//! Two things that are ordinary alone count together: to collect, and to send.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::text::catalogue;

use super::python::{
    self, block_end, bracketed, builds, built, first_argument, functions, is_cut, pattern, texts,
    uses,
};

/// One kind of behaviour; the order is the order of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Found {
    DownloadAndRun,
    HarvestAndSend,
    CollectSecrets,
    RunArguments,
    DecodeAndRun,
    Tunnel,
    CodeInString,
    Unbounded,
    Query,
    Path,
    Shell,
    Agent,
}

macro_rules! patterns {
    ($($(#[$about:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$about])* static $name: LazyLock<Regex> = LazyLock::new(|| pattern($text));)*
    };
}

patterns! {
    DOWNLOAD_RUN = r#"(?:os\.system|os\.popen|subprocess\.\w+|exec(?:Sync)?)\([^\n]{0,40}["'`][^\n]{0,10}(?:curl|wget|iwr)\b[^\n"'`]{0,200}\|\s*(?:sudo )?(?:ba|z)?sh\b|\b(?:curl|wget)\b[^\n]{0,200}\bchmod \+?[0-7a-z]*x?[0-7]*\b[^\n]{0,120}(?:&&|;)\s*(?:sudo |nohup )?[./~$"']|\b(?:exec|eval)\(\s*(?:requests\.get|urllib\.request\.urlopen|urlopen|httpx\.get|await fetch|fetch)\("#;
    SECRET_FILES = r#"(?:~|\.home\(\)|homedir\(\)|UserHomeDir|HOME["'}\]]*|expanduser\(["'])[^\n]{0,20}(?:\.ssh/(?:id_|\*)|\.ssh["']|\.aws/credentials|\.aws["']|\.netrc|\.git-credentials|\.kube/config|\.docker/config|\.gnupg|\.npmrc|\.pypirc|\.config/gcloud|Login Data|Cookies)|["'/](?:\.config/solana/id\.json|\.ethereum/keystore|\.electrum/wallets|\.bitcoin/wallet|wallet\.dat)|\bid_(?:rsa|ed25519)["']|/etc/shadow\b|\.bash_history|(?i:chrom|brave|edge|opera|firefox|mozilla)[^\n]{0,60}(?:Login Data|Cookies|logins\.json|key4\.db|cookies\.sqlite)\b"#;
    ALL_VARIABLES = r"\bin os\.environ\b(?:\.items\(\))?|\bdict\(os\.environ\)|json\.dumps\([^\n]{0,20}os\.environ\b|Object\.(?:entries|keys)\(process\.env\)|JSON\.stringify\(process\.env\)|\bos\.Environ\(\)";
    KEY_WORDS = r#"["'](?:API_?)?(?:KEY|SECRET|TOKEN|PASSW(?:OR)?D|CREDENTIALS?)["']"#;
    KEY_VARIABLE = r#"(?:os\.getenv\(|os\.environ(?:\.get\(|\[)|process\.env\.)\s*["']?\w*(?:KEY|SECRET|TOKEN|PASSWORD)\b"#;
    READS_FILE = r"\.read\(\)|read_text\(|read_bytes\(|readFileSync\(|readFile\(|\bos\.ReadFile\(";
    /// A call or a command that sends what it is given. Arguments by position count where they are no `name=value`.
    SENDS = r#"\b(?:requests|httpx|session|client|aiohttp|axios|got|superagent|ky|needle)\.(?:post|put|patch)\(|\b(?:Client|AsyncClient|Session|ClientSession|PoolManager)\([^\n()]*\)\.(?:post|put|patch)\(|aiohttp[\s\S]{0,200}\.post\(|\.request\(\s*(?:method\s*=\s*)?["'](?i:post|put|patch)["']|\burlopen\([^\n]*\bdata\b|\b(?:urlopen|urllib\.request\.Request)\(\s*[^\n,]+,\s*(?:b?["']|[A-Za-z_][\w.]*\s*[,)(\[])|socket\.create_connection\(|\.sendall\(|smtplib\.|\bfetch\([^;]{0,120}?(?:\bmethod:\s*["'`](?i:post|put|patch)|\bbody\s*[:,}])|\bhttps?\.request\([\s\S]{0,400}?method:\s*["'](?i:post|put)|\b(?:axios|got|request|needle|ky)\([^;]{0,120}?\bmethod:\s*["'`](?i:post|put|patch)|\bsendBeacon\(|\.open\(\s*["'](?i:post|put)["']|\bhttp\.(?:Post|PostForm)\(|\bhttp\.NewRequest(?:WithContext)?\([^\n]*?(?:"(?:POST|PUT|PATCH)"|\bMethod(?:Post|Put|Patch)\b)|\bcurl\b(?:[^\n|;&]|&[^&\s]|\\\r?\n)*?[\s"'](?:-[A-Za-z]*[dFT](?:[\s"'@$=<]|\w+=)|--(?:data|form|json|upload-file|url-query)\b)|\bwget\b[^\n|;]*?--(?:post-|body-)(?:data|file)\b|(?i)\b(?:invoke-webrequest|invoke-restmethod|iwr|irm)\b[^\n|;]*?-method\s+["']?(?:post|put)\b"#;
    SENDS_LITERAL = r#"\b(?:requests|httpx|session|client)\.(?:post|put|patch)\(\s*(?:url\s*=\s*)?f?["']https?://|\.request\(\s*(?:method\s*=\s*)?["'](?i:post|put|patch)["']\s*,\s*(?:url\s*=\s*)?f?["']https?://|HTTPS?Connection\(\s*["'][\s\S]{0,200}?\.request\(\s*["'](?i:post|put)|urlopen\((?:[\w.]*Request\()?\s*f?["']https?://[^\n]*\bdata\s*=|urlopen\((?:[\w.]*Request\()?\s*f?["']https?://[^"'\n]*["'],\s*[A-Za-z_][\w.]*\s*[,)(\[]"#;
    /// All variables as one text, and a fixed address in a call that sends.
    ALL_AS_TEXT = r"JSON\.stringify\(\s*process\.env\s*\)|json\.dumps\(\s*dict\(os\.environ\)|\bstr\(\s*(?:dict\()?os\.environ\b|strings\.Join\(\s*os\.Environ\(\)";
    POSTS_LITERAL = r#"\bfetch\(\s*["'`]https?://[^;]{0,120}?(?:\bmethod:\s*["'`](?i:post|put|patch)|\bbody\s*[:,}])|\bhttps?\.request\(\s*["'`]https?://|\b(?:axios|got|superagent|ky|needle)\.(?:post|put|patch)\(\s*["'`]https?://|\bsendBeacon\(\s*["'`]https?://|\bhttp\.(?:Post|PostForm)\(\s*"https?://|\bhttp\.NewRequest\w*\([^\n]*?(?:"(?:POST|PUT)"|\bMethod(?:Post|Put)\b)\s*,\s*"https?://"#;
    /// In a shell: variables, keys or a whole history into a pipe that ends in the network.
    PIPES_OUT = r"(?m)(?:^|[\s;&(`])(?:env|printenv|export -p|set|history)\b[^\n]{0,80}?\|[^\n]{0,80}?\b(?:curl|ncat?|wget)\b|\b(?:cat|tar|zip|base64|gzip|head|grep)\b[^\n|]{0,80}(?:~|\$HOME|\$\{HOME\})/\.(?:ssh|aws|config|kube|npmrc|netrc|docker|claude|gnupg|git-credentials|gitconfig|\w+_history)\b[^\n]{0,120}?\|[^\n]{0,80}?\b(?:curl|ncat?|wget)\b|\bgit bundle\b[^\n|]{0,40}\|[^\n]{0,60}?\b(?:curl|ncat?)\b";
    /// Names that are looked up and carry what was encoded.
    DNS_OUT = r"\b(?:gethostbyname|getaddrinfo|resolve4?|lookup|Resolve-DnsName|nslookup|dig)\b\W[^\n]{0,80}?(?:b32encode|b64encode|hexlify|\.hex\(|base32|xxd|toString\(.(?:hex|base64))";
    /// The name of a list of what nobody is to touch, at the beginning of a line.
    FENCE = r"(?m)^[ \t]*(?:export )?(?:const )?([A-Za-z_]*(?i:protect|forbid|forbidden|deny|denied|block|never|danger|risk|sensitive|exclu|ignore|reserved|critical|disallow|restrict|unsafe|indicator|suspicious|signature)[A-Za-z_]*)\s*(?::[^=\n]+)?=";
    TOUCHES = r"open\(|\.read|readFile|copy|\bcat\b|upload|send|post\(|tar|zip|glob|walk|listdir|iterdir|subprocess|system\(|run\(";
    READS_ANY = r"\.read\(|read_text\(|read_bytes\(|readFile|os\.environ|process\.env|\bcat\b|Get-Content";
    /// A coding agent whose questions are off.
    AGENT_FLAG = r"--dangerously-skip-permissions|--dangerously-bypass-approvals-and-sandbox|--yolo\b|--trust-all-tools|--allow-all-tools|--dangerously-allow-all";
    AGENT = r"\b(?:claude|codex|gemini|copilot|cursor-agent|opencode|qwen|amp|q)\b";
    STARTS = r"\b(?:spawn|spawnSync|exec|execSync|execFile|execFileSync|Popen|run|check_output|call|system|popen|Command)\(|(?m:^)\s*(?:nohup |exec )?(?:claude|codex|gemini|copilot|cursor-agent|opencode|qwen|amp|q) ";
    SAYS_WHO = r#"(?i)headers\s*=|["']authorization["']|auth="#;
    DECODES = r"\bb64decode\(|\bfromhex\(|codecs\.decode\(|marshal\.loads\(|zlib\.decompress\(|\batob\(|Buffer\.from\([^\n]{1,80}base64";
    RUNS = r"((?:^|[^.\w])(?:exec|eval)\()\s*[^)\s]|((?:^|[^.\w])new Function\()";
    SHELL_OUT = r#"/dev/(?:tcp|udp)/[\w.$\{]|\bnc(?:at)? [^\n]{0,40}-e\b|\bpty\.spawn\(|\bbash -i\s*>&|os\.dup2\(\s*\w+\.fileno"#;
    TUNNEL = r"(?i)\bhttps?://[\w.-]*(?:\.ngrok(?:-free)?\.(?:io|app|dev)|\.trycloudflare\.com|\.serveo\.net|\.loca\.lt|\.localtunnel\.me|webhook\.site|\.requestbin\.\w+|\.pipedream\.net|\.interact\.sh|\.oast\.\w+|\.onion)\b";
    CODE_STRING = r#"(?:require\(\\["']child_process|__import__\(\\?["'](?:os|subprocess)\\?["']\)\.\w+\(|Runtime\.getRuntime\(\)\.exec\([^)\n]{0,60}?["'`]|constructor\.constructor\()"#;
    EVALUATES = r"(?:^|[^.\w])(eval|exec)\(";
    SYSTEM = r"\bos\.(?:system|popen)\(|\bsubprocess\.(?:run|call|Popen|check_output|check_call|getoutput)\(";
    QUERY = r"\.execute(?:many|script)?\(";
    SQL = r#"(?i)["'][^"'\n]*\b(?:select|insert into|update|delete from)\b"#;
    OPENS = r"(?:^|[^.\w])open\(";
    CHECKED = r"resolve\(|realpath|abspath|is_relative_to|commonpath|startswith|basename|secure_filename|safe_|\.name\b|validate|sanitiz|allowed";
    ENDLESS = r"(?m)^([ \t]*)while[ ]+(?:True|1)[ ]*:";
    WAY_OUT = r"\b(?:break|return|raise|await|yield|sleep|accept|recv|input|wait|exit|readline|next|get|poll|select|quit)\b";
}

/// What a file shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Each kind once, in the order in which it stands.
    pub(super) found: Vec<(Found, Range<usize>)>,
    /// No limit was reached.
    pub(super) whole: bool,
}

/// Everything that a file shows.
pub(super) fn read(path: &str, text: &str) -> Shown {
    let kind = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let mut out: Vec<(Found, Range<usize>)> = Vec::new();
    let mut whole = true;
    match kind.as_str() {
        "md" | "mdc" | "txt" => {
            first(&DOWNLOAD_RUN, text, Found::DownloadAndRun, &mut out);
            let strings = CODE_STRING
                .find_iter(text)
                .find(|found| !in_program(text, found.start()) && !is_listed(text, found.start()));
            out.extend(strings.map(|found| (Found::CodeInString, found.range())));
        }
        "json" | "yaml" | "yml" | "toml" | "ini" | "cfg" | "env" => {
            let code = python::code(text, kind != "json", false);
            first(&TUNNEL, &code, Found::Tunnel, &mut out);
            first(&CODE_STRING, &code, Found::CodeInString, &mut out);
        }
        "py" | "pyw" => {
            let code = python::code(text, true, false);
            anywhere(&code, &mut out);
            whole = of_functions(&code, &mut out);
        }
        "sh" | "bash" | "zsh" | "rb" | "pl" | "ps1" => {
            anywhere(&python::code(text, true, false), &mut out);
        }
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "go" => {
            anywhere(&python::code(text, false, true), &mut out);
        }
        _ => {}
    }
    out.sort_by_key(|(_, range)| range.start);
    Shown { found: out, whole }
}

/// Whether a byte of a document stands where it shows attacks to people.
fn is_listed(text: &str, at: usize) -> bool {
    catalogue::ranges(text).iter().any(|range| range.contains(&at))
}

/// Whether a byte of a document stands in a fence that shows a program: there such code is no string.
fn in_program(text: &str, at: usize) -> bool {
    const LANGUAGES: &[&str] = &[
        "java",
        "kotlin",
        "scala",
        "groovy",
        "js",
        "javascript",
        "jsx",
        "ts",
        "typescript",
        "tsx",
        "python",
        "py",
        "ruby",
        "rb",
        "php",
    ];
    let fences = text[..at].lines().filter_map(|line| line.trim_start().strip_prefix("```"));
    let opened = fences.fold(None, |open, info| if open.is_some() { None } else { Some(info) });
    opened.is_some_and(|info| {
        let language = info.trim().split([' ', '{', ',']).next().unwrap_or_default();
        LANGUAGES.iter().any(|known| language.eq_ignore_ascii_case(known))
    })
}

fn first(pattern: &Regex, text: &str, found: Found, out: &mut Vec<(Found, Range<usize>)>) {
    if let Some(place) = pattern.find(text) {
        put(found, place.range(), out);
    }
}

fn put(found: Found, range: Range<usize>, out: &mut Vec<(Found, Range<usize>)>) {
    if !out.iter().any(|(other, _)| *other == found) {
        out.push((found, range));
    }
}

/// Whether what follows is named as an example.
fn is_example(before: &str) -> bool {
    let before =
        before.trim_end_matches([' ', '(', '[', ',', '`', '\'', '"', ':']).to_ascii_lowercase();
    ["e.g.", "such as", "for example", "for instance"].iter().any(|words| before.ends_with(words))
}

/// Places of secrets that are looked at in one file.
const PLACES: usize = 200;

/// Whether a path stands in a list of what is not to be touched, whose parts are only compared.
fn is_fence(code: &str, at: usize) -> bool {
    let before = &code[code.floor_char_boundary(at.saturating_sub(4_000))..at];
    let Some(name) = FENCE.captures_iter(before).last().and_then(|found| found.get(1)) else {
        return false;
    };
    let indented = before[..name.start()].ends_with([' ', '\t']);
    if indented {
        // What a call is given by a name, or what a function sets: within the brackets that open there.
        let open = before[name.end()..].find(['[', '(', '{']).map(|n| name.end() + n);
        if open.is_none_or(|open| bracketed(before, open).end < before.len()) {
            return false;
        }
    }
    // Another statement began behind it: the path is no part of that list.
    let since = before[name.end()..].lines().skip(1);
    if since.into_iter().any(|line| line.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
        return false;
    }
    let name = name.as_str();
    let mut uses = code.match_indices(name).filter(|(n, _)| *n > at).take(PLACES);
    uses.all(|(n, _)| {
        let line = code[..n].rfind('\n').map_or(0, |i| i + 1);
        let behind = code.floor_char_boundary((n + 400).min(code.len()));
        // Another one is given the same name.
        if indented && code[n + name.len()..].trim_start().starts_with('=') {
            return true;
        }
        // `in LIST`, `in rule.list`.
        let before = code[line..n].trim_end();
        let of = before.strip_suffix('.').map_or(before, |of| {
            of.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')).trim_end()
        });
        let compared = of.ends_with(" in");
        let end = code[n..behind].find("\n\n").map_or(behind, |i| n + i);
        compared && !TOUCHES.is_match(&code[line..end])
    })
}

/// Where something is evaluated: to the bracket that opens.
pub(super) fn runs(code: &str) -> impl Iterator<Item = Range<usize>> {
    RUNS.captures_iter(code).filter_map(|run| Some(run.get(1).or(run.get(2))?.range()))
}

/// What needs no knowledge of functions.
fn anywhere(code: &str, out: &mut Vec<(Found, Range<usize>)>) {
    first(&DOWNLOAD_RUN, code, Found::DownloadAndRun, out);
    first(&TUNNEL, code, Found::Tunnel, out);
    // A program that goes to the background turns its streams to a file so, too.
    let connects =
        || [".connect", "create_connection(", ".accept("].iter().any(|call| code.contains(call));
    let shell = SHELL_OUT.find_iter(code).take(PLACES);
    let shell =
        shell.into_iter().find(|found| !found.as_str().starts_with("os.dup2") || connects());
    if let Some(shell) = shell {
        put(Found::Shell, shell.range(), out);
    }
    if DECODES.is_match(code)
        && let Some(run) = RUNS.captures(code).and_then(|run| run.get(1).or(run.get(2)))
    {
        put(Found::DecodeAndRun, run.range(), out);
    }
    if let (Some(flag), true, true) =
        (AGENT_FLAG.find(code), AGENT.is_match(code), STARTS.is_match(code))
    {
        put(Found::Agent, flag.range(), out);
    }
    let piped = PIPES_OUT.find(code).or_else(|| {
        let posts = POSTS_LITERAL.is_match(code) || SENDS_LITERAL.is_match(code);
        ALL_AS_TEXT.find(code).filter(|_| posts)
    });
    let piped = piped.or_else(|| DNS_OUT.find(code).filter(|_| READS_ANY.is_match(code)));
    if let Some(piped) = piped {
        return put(Found::HarvestAndSend, piped.range(), out);
    }
    let variables =
        ALL_VARIABLES.find(code).filter(|_| KEY_WORDS.find_iter(code).take(2).count() == 2);
    // "Links may lead to such files (e.g. ~/.ssh/id_rsa)" only speaks of one.
    let secrets = SECRET_FILES
        .find_iter(code)
        .take(PLACES)
        .find(|found| !is_example(&code[..found.start()]) && !is_fence(code, found.start()));
    let secrets = secrets.or(variables);
    let sends = SENDS.find(code);
    if let (Some(secret), Some(_)) = (secrets, sends) {
        put(Found::HarvestAndSend, secret.range(), out);
    } else if let Some(secret) = secrets {
        put(Found::CollectSecrets, secret.range(), out);
    } else if let (Some(all), Some(_)) = (ALL_VARIABLES.find(code), SENDS_LITERAL.find(code)) {
        put(Found::HarvestAndSend, all.range(), out);
    } else if let (true, Some(key), Some(_)) =
        (READS_FILE.is_match(code), KEY_VARIABLE.find(code), SENDS_LITERAL.find(code))
    {
        // A client sends its key in a header; whoever sends it in the body gives it away.
        if !SAYS_WHO.is_match(code) {
            put(Found::HarvestAndSend, key.range(), out);
        }
    }
}

/// What is done with what a function is given; tells whether all of it was looked at.
fn of_functions(code: &str, out: &mut Vec<(Found, Range<usize>)>) -> bool {
    let (functions, mut whole) = functions(code);
    let mut arguments_of = |body: &str, open: usize| {
        let inside = bracketed(body, open);
        whole &= !is_cut(&inside);
        inside
    };
    for function in functions {
        let body = &code[function.body.clone()];
        let made = built(body, &function.parameters);
        let mut names = function.parameters.clone();
        names.extend(made.iter().map(|(name, _)| name.clone()));
        let mut put_at =
            |found: Found, range: Range<usize>| put(found, moved(range, function.body.start), out);
        for call in EVALUATES.find_iter(body) {
            let inside = arguments_of(body, call.end() - 1);
            if uses(&body[inside.clone()], &names) {
                put_at(Found::RunArguments, call.start()..inside.end);
            }
        }
        for call in SYSTEM.find_iter(body) {
            let inside = arguments_of(body, call.end() - 1);
            let arguments = &body[inside.clone()];
            let shell = call.as_str().starts_with("os.") || arguments.contains("shell=True");
            let command = arguments.trim_start();
            let command = command.split(", shell").next().unwrap_or(command);
            if shell && !command.starts_with('[') && uses(command, &names) {
                put_at(Found::RunArguments, call.start()..inside.end);
            }
        }
        for call in QUERY.find_iter(body) {
            let inside = arguments_of(body, call.end() - 1);
            // What is bound stands in the arguments behind.
            let argument = first_argument(body[inside.clone()].trim_start());
            let direct =
                builds(argument) && SQL.is_match(argument) && uses(&texts(argument), &names);
            let made_before = made.iter().any(|(name, expression)| {
                SQL.is_match(expression)
                    && argument.split([',', ')']).next().map(str::trim) == Some(name)
            });
            if direct || made_before {
                put_at(Found::Query, call.start()..inside.end);
            }
        }
        if !CHECKED.is_match(body) {
            for call in OPENS.find_iter(body) {
                let inside = arguments_of(body, call.end() - 1);
                let argument = body[inside.clone()].split(',').next().unwrap_or("").trim();
                if made
                    .iter()
                    .any(|(name, expression)| name == argument && below_fixed(expression, &names))
                {
                    put_at(Found::Path, call.start()..inside.end);
                }
            }
        }
    }
    for found in ENDLESS.captures_iter(code) {
        let (Some(line), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        let start = code[line.end()..].find('\n').map_or(code.len(), |n| line.end() + n + 1);
        let body = &code[start..block_end(code, start, indent.len())];
        // An exception ends it: readers of files count frames so.
        if is_tried(&code[..line.start()], indent.len()) {
            continue;
        }
        if !body.trim().is_empty() && !WAY_OUT.is_match(body) {
            put(Found::Unbounded, line.range(), out);
        }
    }
    whole
}

/// Whether the block that ends a text, and whose lines are indented by so much, is that of a `try`.
fn is_tried(before: &str, indent: usize) -> bool {
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let mut lines = before.lines().rev().filter(|line| !line.trim().is_empty());
    lines.find(|line| depth(line) < indent).is_some_and(|head| head.trim() == "try:")
}

fn moved(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// Whether a path is an argument below a folder that the script has chosen. A folder that the caller chose
/// is no fence.
fn below_fixed(expression: &str, names: &[String]) -> bool {
    if let Some(at) = expression.find("path.join(") {
        let inside = &expression[bracketed(expression, at + "path.join".len())];
        let (folder, below) = inside.split_once(',').unwrap_or((inside, ""));
        return uses(below, names) && !uses(folder, names);
    }
    ["f\"/", "f'/"].iter().any(|start| expression.starts_with(start))
}
