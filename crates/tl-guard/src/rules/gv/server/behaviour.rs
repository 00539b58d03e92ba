//! What a server does that its tools do not need.
//!
//! In: a [`Program`] and the functions that handlers reach. Out: [`Found`]. Literal signs of evasion,
//! of persistence, of reading the system, and side effects whose failure nobody is to see.

use std::ops::Range;

use tl_core::finding::Level;

use super::program::{Function, Language, Program, block_end, bounded, patterns, split};
use super::taint::{self, Reached, WORK};
use super::{Found, Kind};

patterns! {
    EVADES = r#"\bnsenter\b|/proc/1/(?:root|ns)|release_agent|\bnotify_on_release\b|\bhistory -c\b|unset HISTFILE|HISTFILE=/dev/null|HISTSIZE=0|["']?LD_PRELOAD["']?\]?\s*=|/etc/ld\.so\.preload|\bauditctl\b|\bsetenforce 0|\biptables -F|\bufw disable|\binsmod\b|\binit_module\b|\bTracerPid\b|\bPTRACE_\w+|\bptrace\(|IsDebuggerPresent|sys\.gettrace\(\)|\bos\.utime\(|\bos\.setuid\(0\)|\bset(?:re|res)?uid\(0|\bunshare\(|["']unshare["']|/\.dockerenv|/var/run/docker\.sock[^\n]{0,80}(?:create|privileged|Binds)|--privileged\b|\bsystemd-detect-virt\b|/sys/class/dmi|\b(?:VirtualBox|VMware|QEMU)\b[^\n]{0,80}\b(?:VirtualBox|VMware|QEMU|Xen)\b|\bshred -|\bAmsiScanBuffer\b|\bSet-MpPreference\b|DisableRealtimeMonitoring|\bsys\.settrace\(None"#;
    CLEARS_LOGS = r#"/var/log/|\.(?:bash|zsh|python)_history|\bwevtutil\b|\bjournalctl\b[^\n]*vacuum"#;
    CLEARS = r#"os\.(?:remove|unlink|truncate)\(|["']w["']|\btruncate\b|\brm -|writelines\(|write\("#;
    PERSISTS = r#"\bcrontab -[\s\x22']|\|\s*crontab\b|["']crontab["']|/etc/cron(?:tab|\.\w+)|/var/spool/cron|/etc/rc\.local|/etc/init\.d/|(?:systemd/(?:system|user)/|\.service["'])|\bsystemctl\b[^\n]{0,20}\benable\b|["']systemctl["']\s*,\s*["']enable|Library/LaunchAgents|Library/LaunchDaemons|\bauthorized_keys\b|(?:~|HOME|home|root)[^\n]{0,30}/?\.(?:bashrc|zshrc|profile|bash_profile)\b|CurrentVersion\\{1,2}Run\b|\bschtasks\b|/etc/profile\.d|\.git/hooks/|\.config/autostart"#;
    WRITES = r#"["'](?:w|a|wb|ab|w\+|a\+)["']|write_text\(|writeFile|appendFile|>>|\|\s*crontab|\btee\b|WriteFile\(|subprocess\.|os\.system\(|exec(?:Sync)?\("#;
    SYSTEM = r#"["'`](?:/etc/(?:hosts|resolv\.conf|fstab|issue|os-release|machine-id|mtab|network|ssh/)|/proc/(?:net(?:/\w+)?|cpuinfo|meminfo|version|mounts|cmdline|modules|kallsyms|loadavg|stat|uptime|partitions|diskstats|interrupts|devices)|/var/log/(?:auth|syslog|secure|messages|wtmp|lastlog|kern|dmesg)|/sys/(?:class|devices|kernel|block)|/boot/)|\bpwd\.getpw|\bgrp\.getgr|\bwinreg\b|\bps (?:aux|-ef)\b|["']ps["']\s*,\s*["'](?:aux|-ef|-e|axo)|\bnetstat\b|\bdmidecode\b|(?:run|call|Popen|check_output|check_call|getoutput|exec\w*|spawn\w*|Command|system|popen)\(\s*\[?\s*["'](?:ifconfig|iptables|arp|lsof|dmesg|lsmod|whoami|ss|w|who|last|lastlog|getent|lspci|lsusb|lsblk|lscpu|route|id|uname|mount|df|journalctl)\b|[\[(]\s*["']ip["']\s*,\s*["'](?:a|addr|r|route|n|neigh|link)|\bgetent passwd\b|\bpsutil\.(?:process_iter|net_connections|users|net_if_addrs|boot_time|disk_partitions|virtual_memory|cpu_\w+)|\bplatform\.(?:uname|node|processor)\("#;
    SECRET_SYSTEM = r#"\bpwd\.getpwall\(|\bgrp\.getgrall\(|/etc/(?:shadow|sudoers|gshadow|ssl/private)|["'`](?:/etc/(?:passwd|group)["'`])|/root[/]\.ssh|/proc/(?:\d+|self|\*|\{\w+\}|\$\{\w+\})/(?:environ|mem|maps|cmdline|fd)\b|\bspwd\.|system32\\+config\\+SAM|/dev/(?:mem|kmem)"#;
    /// The folder of a process that somebody chose.
    PROCESS_FOLDER = r#"\b(\w+)[ ]*=[ ]*f["']/proc/\{\w+\}["']"#;
    ALL_VARIABLES = r"\bdict\(os\.environ\)|\bos\.environ\.items\(\)|\bfor \w+ in os\.environ\b|Object\.(?:entries|keys)\(process\.env\)|JSON\.stringify\(process\.env\)";
    KEY_WORDS = r#"["'][\w*.]*(?:KEY|SECRET|TOKEN|PASSW(?:OR)?D|CREDENTIALS?)[\w*.]*["']"#;
    CLAIMS_CIPHER = r"(?i)^encrypts?\b";
    HASHES = r"\bb64encode\(|\bhashlib\.|\bmd5\(";
    CIPHERS = r"(?i)\baes\b|fernet|chacha|cryptography|\bnacl\b|sodium|\bgpg|gnupg|openssl|\bage\b|cipher|\brsa\b|subtle\.|pycrypto|\bkms\b|encrypt\w*\(\s*plaintext";
    EXCEPT = r"(?m)^([ \t]*)except(?:[ ]*:|[ ]+(?:Exception|BaseException|\(?OSError[^:\n]*)?(?:[ ]+as[ ]+\w+)?[ ]*:)[ ]*\n?[ \t]*(?:pass|continue|\.\.\.)[ \t]*(?:\n|$)";
    CATCH = r"\bcatch\s*(?:\(\s*\w+(?:\s*:\s*\w+)?\s*\))?\s*\{\s*\}";
    EFFECTS = r#"\b(?:requests|httpx|session|client|conn|connection)\.(?:post|put|patch|request)\(|\burlopen\(|\bsocket\.(?:socket|create_connection)\(|\.sendto\(|\.sendall\(|\bsmtplib\.|\bsubprocess\.|\bos\.(?:system|popen|chmod|chown|fork|setuid|symlink|rename|environ\[)|\bopen\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*,\s*(?:mode\s*=\s*)?["'][wa]b?\+?["']|write_text\(|\bctypes\.|\bshutil\.(?:copy|move)|\bsetattr\(|\bsys\.modules\[|\bgethostbyname\("#;
    /// The name that a call's answer is given.
    GIVEN_TO = r"^[ \t]*(?:const |let |var )?(\w+)[ ]*=[ ]*(?:await )?$";
    ASKS_FOR = r"(?i)(?:_count|_search|_msearch|/search|/query|/graphql|/lookup|/count)\b[^\n]{0,20}[\x22\x27`]";
    METHOD = r"\b(?:method|body)\b|\.\.\.";
    SCRIPT_EFFECTS = r"\bfetch\(|\b(?:axios|got|ky)\.(?:post|put|patch)\(|\baxios\(|\bsendBeacon\(|\bhttps?\.request\(|\bexec(?:Sync)?\(|\bspawn(?:Sync)?\(|\bfs\.(?:writeFile|appendFile|chmod)(?:Sync)?\(|\bnew WebSocket\(";
    SAYS_SENDS = r"(?i)\b(?:send|sent|post|upload|publish|notif|e-?mail|mail|messag|http|url|web|api|request|fetch|download|search|quer|call|submit|remote|server|service|cloud|online|internet|network|sync|webhook|slack|discord|telegram|github|ticket|issue|weather|stock|price|translat|llm|model|generat|ask|chat|connect|ping|report|track|telemetry|analytics|subscri|register|login|log in|auth|order|pay|book|create|add|update|delete|remove|list|get|look|find|retriev|deploy|trigger|invoke|execut|run|start|stop|graphql|database|crawl|scrape|browse|index|embed|check|status)";
    DOCKER_SOCKET = r"docker\.sock\b|containerd\.sock\b";
    RAW_SOCKET = r"\bAF_UNIX\b|http\+unix|UnixSocketConnection|socketPath";
    HIDDEN_COPY = r#"(?:["'](?i:bcc)["']\]?\s*[:=]|\b(?i:bcc)\s*[:=])\s*\[?\s*(?:["'`][\w.+-]+@[\w-]+\.[\w.-]+["'`]|(?:\w+\.)?[A-Z][A-Z0-9_]{3,}\b)"#;
    PRIVATE = r#"["'`/@](10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d"#;
    CONNECTS = r"\b(?:requests|httpx|session|client|axios|urllib)[\w.]*\.(?:get|post|request|urlopen)\(|\bconnect(?:_ex)?\(|\bcreate_connection\(|\bfetch\(";
    REFUSES = r"(?i)is_private|block|deny|denied|forbid|reject|refuse|disallow|not allowed|ssrf|ip_network\(|ipaddress";
    HOSTS = r"\b(?:port|host|ip|addr|target|subnet|endpoint)s?\b";
    /// All addresses of a network.
    NETWORK = r"\.hosts\(\)|\b(?:ip_network|IPNetwork|iter_iprange)\(";
    TRIES = r"\.connect_ex\(|\.connect\(\s*\(|\bcreate_connection\(|\bopen_connection\(";
    CONDITION = r"\b(?:if|while|for|elif|except|match|and|or|async|lambda)\b|\bsuper\(";
    /// Hidden files at a fixed place that every user of the machine can write to, or at home.
    HIDDEN_FILE = r#"["'](?:/tmp|/var/tmp|/dev/shm)/\.[\w-]+|["']/(?:etc|usr|opt|var)/(?:[\w-]+/)*\.[\w-]+"#;
    /// How often a literal is repeated, where that is a number.
    FEW_TIMES = r"^[ ]*(\d{1,6})[ ]*\)";
    TRIES_AGAIN = r"(?i)\bfor[ ]+\w*(?:attempt|retr|tr(?:y|ies)|_)\w*[ ]+in[ ]+range\([^()\n]*(?:\b\d{1,2}|(?:attempt|retr|tries)\w*)[^()\n]*\)";
    LEAVES = r"\b(?:break|return)\b";
    HUGE_RANGE = r"\brange\(\s*(?:[^()\n]*,\s*)?(?:(\d[\d_]*)|10\s*\*\*\s*(\d+))\s*\)";
    HUGE_FACTOR = r"\*\s*\(?\s*(\d[\d_]{6,})\b|\b(\d[\d_]{6,})\s*\*|\*\s*\(?\s*1024\s*\*\s*1024\s*\*\s*(?:1024|\d{2,})|\*\s*10\s*\*\*\s*(?:[7-9]|\d\d)";
    LOOP = r"(?m)^([ \t]*)(?:for[ ][^\n]+|while[ ][^\n]+):[ \t]*(?:\n|$)";
    SPAWNS = r"\bos\.fork\(|\bThread\(|\bProcess\(|\bsocket\.socket\(|\bos\.pipe\(|\bPopen\(|= open\([^\n]*\n[^\n]*\.append\(|\.append\(open\(|\bbytearray\(|\.append\(\s*(?:b?[\x22'][^\n]{0,20}[\x22']|\[0\]|bytes\([^()]*\)|b[\x22'])\s*\*|\.submit\(|os\.urandom\(\s*\d{5,}";
    NESTED_QUANTIFIER = r#"["'/][^"'\n]{0,80}\((?:\?:)?[^()"'\n]{0,20}[+*]\)[+*]|["'][^"'\n]{0,40}\((\w+)\|(\w+)[^()"'\n]{0,20}\)[+*]"#;
    ENDLESS = r"(?m)^([ \t]*)while[ ]+(?:True|1)[ ]*:";
    WAY_OUT = r"\b(?:break|return|raise|await|yield|accept|recv|input|wait|exit|readline|next|get|poll|select|quit)\b";
    PAUSE = r"\bsleep\(";
    COLLECTS = r#"(?:~|expanduser|\bhome\(\)|HOME)[^\n]{0,40}\.(?:ssh|aws|netrc|npmrc|pypirc|docker|kube|gnupg|azure|config/(?:gcloud|gh)|git-credentials|bash_history|zsh_history|mozilla|config/google-chrome)\b|\bid_(?:rsa|ed25519|dsa|ecdsa)\b|["']\.ssh["']|/etc/(?:shadow|passwd)|\bpbpaste\b|\bxclip\b|\bpyperclip\.paste|\bImageGrab\b|\bpynput\b|\bscreencapture\b|Login Data|\.bash_history|\bfor \w+ in os\.environ\b|os\.environ\.items\(\)|dict\(os\.environ\)|Object\.(?:entries|keys|fromEntries)\([^)]{0,20}process\.env\)|JSON\.stringify\(process\.env\)|\bos\.Environ\(\)|\bos\.walk\(\s*(?:os\.path\.expanduser|["'](?:/|~))|\bkeyring\.get|security find-generic-password|169\.254\.169\.254|metadata\.google\.internal|kubernetes\.io/serviceaccount|\bgit config --(?:list|get)|history\.(?:json|db|sqlite)|Cookies\b"#;
    LITERAL_SEND = r#"(?:requests|httpx|session|client|axios|got|ky)\.(?:post|put|patch)\(\s*(?:url\s*=\s*)?f?["'`]https?://|\.request\(\s*(?:method\s*=\s*)?["'](?i:post|put|patch)["']\s*,\s*(?:url\s*=\s*)?f?["']https?://|HTTPS?Connection\(\s*["']|\b(?:axios|got)\(\s*["'`]https?://|\bsendBeacon\(\s*["'`]https?://|\bfetch\(\s*["'`]https?://|create_connection\(\s*\(\s*["']|\.connect\(\s*\(\s*["']|SMTP(?:_SSL)?\(\s*["']|urlopen\(\s*(?:urllib\.request\.)?(?:Request\(\s*)?f?["']https?://|\bhttp\.(?:Post|PostForm)\(\s*"https?://|\bhttp\.NewRequest\w*\([^\n]*?(?:"(?:POST|PUT)"|\bMethod(?:Post|Put)\b)\s*,\s*"https?://"#;
    RUNS_REQUEST = r"\b(?:curl|wget|iwr|Invoke-\w+|http)[ ]";
    /// The library of the cloud that a server is of.
    OWN_CLOUD = r#"(?m)^[ \t]*(?:from|import)[ ]+(?:boto3|botocore|aioboto3|oci|google\.(?:auth|cloud)|azure|alibabacloud\w*|ibm_\w+)\b|["'](?:@aws-sdk/|aws-sdk["']|@azure/|google-auth-library|@google-cloud/|oci-sdk|oci-common)"#;
    CLOUD_KEYS = r"169\.254\.169\.254|metadata\.google\.internal";
}

/// Bytes of a text that is repeated this often are few.
const FEW: u32 = 10_000;

/// Loops of one file that are looked into.
const LOOPS: usize = 500;

/// Everything of a program.
pub(super) fn find(program: &Program, text: &str, reached: &[Reached], out: &mut Vec<Found>) {
    let code = program.code.as_str();
    let mut put =
        |kind, level, range: Range<usize>, what| out.push(Found { kind, level, range, what });
    if let Some(found) = EVADES.find(code) {
        put(Kind::Evades, Level::High, found.range(), "");
    }
    if let (Some(found), true) = (CLEARS_LOGS.find(code), CLEARS.is_match(code)) {
        put(Kind::Evades, Level::High, found.range(), "");
    }
    if let (Some(found), true) = (PERSISTS.find(code), WRITES.is_match(code)) {
        put(Kind::Persists, Level::High, found.range(), "");
    }
    if let Some(found) = SECRET_SYSTEM.find(code).map(|found| found.range()).or(process(code)) {
        put(Kind::System, Level::High, found, "");
    } else if let Some(found) = SYSTEM.find(code) {
        let mut kinds: Vec<&str> = SYSTEM.find_iter(code).map(|found| found.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let level = if kinds.len() >= 2 { Level::High } else { Level::Warn };
        put(Kind::System, level, found.range(), "");
    }
    let keys = KEY_WORDS.find_iter(code).take(3).count() == 3;
    if let (Some(found), true) = (ALL_VARIABLES.find(code), keys) {
        put(Kind::Shared(super::script::Found::CollectSecrets), Level::High, found.range(), "");
    }
    let asked = |one: &regex::Match<'_>| {
        let prose = CLOUD_KEYS.is_match(one.as_str()) && is_prose(code, &one.range());
        !prose && !is_listed_host(code, &one.range())
    };
    if let Some(found) = COLLECTS.find_iter(code).find(asked) {
        if LITERAL_SEND.is_match(code) {
            put(Kind::Harvests, Level::High, found.range(), "");
        } else if CLOUD_KEYS.find_iter(code).any(|one| asked(&one)) {
            // The server of a cloud asks the machine of that cloud on which it runs who it is.
            let level = if OWN_CLOUD.is_match(code) { Level::Warn } else { Level::High };
            put(Kind::Harvests, level, found.range(), "");
        }
    }
    if let Some(found) = HIDDEN_FILE.find(code) {
        put(Kind::HiddenState, Level::High, found.range(), "");
    }
    if let (Some(found), true) = (DOCKER_SOCKET.find(code), RAW_SOCKET.is_match(code)) {
        put(Kind::System, Level::High, found.range(), "the socket of the container service");
    }
    if let Some(found) = HIDDEN_COPY.find(code) {
        put(Kind::MoreThanSaid, Level::High, found.range(), "sends a copy to a fixed address");
    }
    private_network(program, &mut put);
    silent(program, reached, &mut put);
    more_than_said(program, text, &mut put);
    unbounded(program, &mut put);
}

/// Whether an address is the whole of a part of a set or list, and no request names it: what is compared.
fn is_listed_host(code: &str, range: &Range<usize>) -> bool {
    let (before, behind) = (&code[..range.start], &code[range.end..]);
    let Some(quote) = before.chars().next_back().filter(|c| matches!(c, '"' | '\'')) else {
        return false;
    };
    let listed = before[..before.len() - 1].trim_end();
    // One of several: a lone one is a value.
    let further = listed.ends_with(',') && !in_call(listed);
    let first = listed.ends_with(['{', '[']);
    let behind = behind.strip_prefix(quote).map(str::trim_start);
    behind.is_some_and(|rest| {
        further && rest.starts_with([',', '}', ']']) || first && rest.starts_with(',')
    })
}

/// Whether an address stands in a sentence of a literal; a command there is run.
fn is_prose(code: &str, range: &Range<usize>) -> bool {
    let line = code[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &code[line..range.start];
    let Some(open) = before.rfind(['"', '\'', '`']) else { return false };
    let (said, mark) = (&before[open + 1..], &before[open..=open]);
    let behind = code[range.end..].lines().next().unwrap_or("");
    let rest = behind.split(mark).next().unwrap_or("");
    let words = |part: &str| part.trim().contains(' ') || part.starts_with(' ');
    (words(said) || words(rest)) && !RUNS_REQUEST.is_match(said)
}

/// Whether the bracket that is open where a text ends is a round one; few lines are looked at.
fn in_call(before: &str) -> bool {
    let mut depth = 0_usize;
    for byte in before.bytes().rev().take(1_000) {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth == 0 => return byte == b'(',
            b'(' | b'[' | b'{' => depth -= 1,
            _ => {}
        }
    }
    true
}

/// Addresses that only this machine reaches, tried one after the other.
fn private_network(
    program: &Program,
    put: &mut impl FnMut(Kind, Level, Range<usize>, &'static str),
) {
    let code = program.code.as_str();
    let mut ranges: Vec<&str> =
        PRIVATE.captures_iter(code).filter_map(|c| Some(c.get(1)?.as_str())).collect();
    ranges.sort_unstable();
    ranges.dedup();
    if let (true, Some(found)) = (
        ranges.len() >= 2 && CONNECTS.is_match(code) && !REFUSES.is_match(code),
        PRIVATE.find(code),
    ) {
        put(Kind::System, Level::High, found.range(), "asks addresses of the private network");
    }
    for found in bounded(LOOP.captures_iter(&program.mask), LOOPS, &program.over) {
        let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        if program.language != Language::Python || !HOSTS.is_match(whole.as_str()) {
            continue;
        }
        let end = block_end(&program.mask, whole.end(), indent.len());
        let block = whole.end().min(end)..end;
        if let Some(found) = tries(program, whole.as_str(), block) {
            put(Kind::System, Level::High, found, "tries hosts or ports in a loop");
            return;
        }
    }
}

/// Where the block of a loop connects to what the loop goes through, itself or in a function that it calls.
fn tries(program: &Program, head: &str, block: Range<usize>) -> Option<Range<usize>> {
    let of_block = |found: Range<usize>| block.start + found.start..block.start + found.end;
    if let Some(found) = TRIES.find(&program.code[block.clone()]) {
        return Some(of_block(found.range()));
    }
    let connects = if NETWORK.is_match(head) { &CONNECTS } else { &TRIES };
    let named = head.trim_start().strip_prefix("for ")?.split(" in ").next()?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let names: Vec<&str> = named.split(|c| !is_word(c)).filter(|name| !name.is_empty()).collect();
    let mask = &program.mask[block.clone()];
    let helpers = program.functions.iter().filter(|one| one.name.len() > 2);
    let helpers = helpers.filter(|one| connects.is_match(&program.code[one.body.clone()]));
    helpers.into_iter().find_map(|helper| {
        let call = format!("{}(", helper.name);
        let at = mask.find(&call).filter(|at| !mask[..*at].ends_with(is_word))?;
        let given = program.brackets.inside(block.start + at + call.len() - 1);
        let mut words = program.mask[given].split(|c| !is_word(c));
        words.any(|word| names.contains(&word)).then(|| of_block(at..at + call.len()))
    })
}

/// Where the environment, the memory or the command line of a process is read, whose folder has a name.
fn process(code: &str) -> Option<Range<usize>> {
    PROCESS_FOLDER.captures_iter(code).take(LOOPS).find_map(|found| {
        ["environ", "mem", "maps", "fd", "cmdline"].iter().find_map(|part| {
            let path = format!("{{{}}}/{part}", &found[1]);
            code.find(&path).map(|at| at..at + path.len())
        })
    })
}

/// Functions that do nothing but call themselves again.
fn recursion(program: &Program, put: &mut impl FnMut(Kind, Level, Range<usize>, &'static str)) {
    for function in
        program.functions.iter().filter(|one| one.body.len() < 2_000 && one.name.len() > 2)
    {
        let body = &program.mask[function.body.clone()];
        let again = format!("{}(", function.name);
        let Some(at) = body.find(&again) else { continue };
        let own =
            body[..at].trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let called = &body[own.len()..at];
        let other = called.trim_end_matches('.');
        let same = match other {
            // In a method a bare name is a function beside the class; behind a call it is a method of what
            // that gave.
            "" => called.is_empty() && !is_method(program, function),
            "self" | "cls" | "this" => true,
            other => class_around(&program.mask[..function.start]) == Some(other),
        };
        if same && !CONDITION.is_match(body) {
            let start = function.body.start + at;
            let what = "a function that calls itself without a condition";
            put(Kind::Unbounded, Level::High, start..start + again.len(), what);
            return;
        }
    }
}

/// Whether a function belongs to a class.
fn is_method(program: &Program, function: &Function) -> bool {
    let head = &program.mask[function.start..function.body.start.max(function.start)];
    let given = head.split_once('(').map_or("", |(_, given)| given.trim_start());
    let ends = [',', ')', ':', ' ', '\n'];
    let first = |name| given.strip_prefix(name).is_some_and(|rest: &str| rest.starts_with(ends));
    program.language == Language::Python && (first("self") || first("cls"))
}

/// The class that was opened last in front of a function.
fn class_around(before: &str) -> Option<&str> {
    let at = before.rfind("class ")?;
    let name = before[at + "class ".len()..].trim_start();
    name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
}

/// Side effects that are tried, and whose failure is dropped without a word.
fn silent(
    program: &Program,
    reached: &[Reached],
    put: &mut impl FnMut(Kind, Level, Range<usize>, &'static str),
) {
    let (drops, effects) = match program.language {
        Language::Python => (&EXCEPT, &EFFECTS),
        Language::Script => (&CATCH, &SCRIPT_EFFECTS),
        Language::Go => return,
    };
    let inside =
        |at: usize| reached.iter().any(|one| program.functions[one.function].body.contains(&at));
    for found in drops.captures_iter(&program.mask) {
        let Some(whole) = found.get(0) else { continue };
        if !inside(whole.start()) {
            continue;
        }
        let Some(tried) = tried(program, whole.start(), found.get(1).map_or("", |m| m.as_str()))
        else {
            continue;
        };
        let code = &program.code[tried.clone()];
        // A question: what comes back is read, and the request has no body, or an address that says so.
        let asks = |effect: &regex::Match<'_>| {
            let line = code[..effect.start()].rfind('\n').map_or(0, |i| i + 1);
            let given =
                GIVEN_TO.captures(&code[line..effect.start()]).map(|name| name[1].to_owned());
            let behind = &code[effect.end()..];
            let end = behind.find(')').unwrap_or(behind.len());
            let list = program.brackets.inside(tried.start + effect.end() - 1);
            let options = split(&program.mask, list).into_iter().nth(1);
            let gets = effect.as_str() == "fetch("
                && options.is_none_or(|one| {
                    let options = program.code[one].trim();
                    options.starts_with('{') && !METHOD.is_match(options)
                });
            given.is_some_and(|name| {
                ["json(", "text", "content"]
                    .iter()
                    .any(|part| behind.contains(&format!("{name}.{part}")))
            }) && (gets || ASKS_FOR.is_match(&behind[..end]))
        };
        if let Some(effect) = effects.find_iter(code).find(|effect| !asks(effect)) {
            let at = tried.start + effect.start();
            put(Kind::Silent, Level::High, at..tried.start + effect.end(), "");
        }
    }
}

/// What stands in the `try` that ends at `end`.
fn tried(program: &Program, end: usize, indent: &str) -> Option<Range<usize>> {
    if program.language == Language::Python {
        let mut at = end;
        for line in program.mask[..end].split_inclusive('\n').rev().take(200) {
            at -= line.len();
            if line.strip_prefix(indent).is_some_and(|rest| rest.trim_end() == "try:") {
                return Some(at..end);
            }
        }
        return None;
    }
    let before = program.mask[..end].trim_end();
    let close = before.ends_with('}').then(|| before.len() - 1)?;
    program.brackets.opening(close).map(|open| open..close)
}

/// Tools that send what their description says nothing of.
fn more_than_said(
    program: &Program,
    text: &str,
    put: &mut impl FnMut(Kind, Level, Range<usize>, &'static str),
) {
    let mut work = 0;
    for (index, function) in program.functions.iter().enumerate() {
        work += function.body.len();
        if work > WORK {
            return program.over.set(true);
        }
        let said = text[function.said.clone()].trim();
        if !function.handler || said.is_empty() || program.language == Language::Go {
            continue;
        }
        let says =
            SAYS_SENDS.is_match(said) || SAYS_SENDS.is_match(&function.name.replace('_', " "));
        let claims = CLAIMS_CIPHER.is_match(said)
            && HASHES.is_match(&program.code)
            && !CIPHERS.is_match(&program.code);
        if claims {
            put(
                Kind::MoreThanSaid,
                Level::High,
                function.start..function.body.start,
                "says that it encrypts, and has no cipher",
            );
        }
        if says {
            continue;
        }
        for part in taint::below(program, index) {
            let body = program.functions[part].body.clone();
            if let Some(send) = LITERAL_SEND.find(&program.code[body.clone()]) {
                let at = body.start + send.start();
                put(
                    Kind::MoreThanSaid,
                    Level::High,
                    at..at + send.len(),
                    "sends, which its description does not say",
                );
                break;
            }
        }
    }
}

/// Work whose size nothing bounds.
fn unbounded(program: &Program, put: &mut impl FnMut(Kind, Level, Range<usize>, &'static str)) {
    let code = program.code.as_str();
    if program.language != Language::Python {
        return;
    }
    recursion(program, put);
    let number = |text: &str| text.replace('_', "").parse::<u64>().unwrap_or(u64::MAX);
    for found in HUGE_RANGE.captures_iter(&program.mask) {
        let huge = found.get(1).is_some_and(|n| number(n.as_str()) >= 1_000_000)
            || found.get(2).is_some_and(|n| number(n.as_str()) >= 6);
        if let (true, Some(whole)) = (huge, found.get(0)) {
            put(Kind::Unbounded, Level::High, whole.range(), "a loop of millions of rounds");
            break;
        }
    }
    if let Some(found) = HUGE_FACTOR.find(&program.mask) {
        put(Kind::Unbounded, Level::Warn, found.range(), "a factor of millions");
    }
    for found in bounded(LOOP.captures_iter(&program.mask), LOOPS, &program.over) {
        let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        let end = block_end(&program.mask, whole.end(), indent.len());
        let body = &program.code[whole.end().min(end)..end];
        // What `with` opens is closed before the next round.
        let kept = |spawn: &regex::Match<'_>| {
            let few =
                FEW_TIMES.captures(&body[spawn.end()..]).and_then(|n| n[1].parse::<u32>().ok());
            !body[..spawn.start()].trim_end().ends_with("with") && few.is_none_or(|n| n > FEW)
        };
        // It is tried again until it is there.
        if TRIES_AGAIN.is_match(whole.as_str()) && LEAVES.is_match(body) && !body.contains("fork(")
        {
            continue;
        }
        // As many rounds as are written there.
        let over = whole.as_str().split_once(" in ").map_or("", |(_, over)| over.trim_start());
        let open = over.trim_start_matches(['(', '[']);
        let pairs = over.starts_with("((") && over.contains("), (");
        let plain = open.len() < over.len() && open.starts_with(|c: char| !c.is_ascii_lowercase());
        if pairs || plain {
            continue;
        }
        if let Some(spawn) = SPAWNS.find_iter(body).find(kept) {
            let at = whole.end() + spawn.start();
            put(
                Kind::Unbounded,
                Level::High,
                at..at + spawn.len(),
                "processes, threads, files or memory in a loop",
            );
            break;
        }
    }
    if let Some(found) = NESTED_QUANTIFIER.find(code) {
        let several = NESTED_QUANTIFIER.find_iter(code).take(3).count() == 3;
        put(
            Kind::Unbounded,
            if several { Level::High } else { Level::Warn },
            found.range(),
            "a regular expression with nested repetition",
        );
    }
    for found in bounded(ENDLESS.captures_iter(&program.mask), LOOPS, &program.over) {
        let (Some(whole), Some(indent)) = (found.get(0), found.get(1)) else { continue };
        let end = block_end(&program.mask, whole.end(), indent.len());
        let body = &program.mask[whole.end()..end.max(whole.end())];
        if !body.trim().is_empty() && !WAY_OUT.is_match(body) && !PAUSE.is_match(body) {
            put(Kind::Unbounded, Level::High, whole.range(), "a loop without a way out");
            break;
        }
    }
}
