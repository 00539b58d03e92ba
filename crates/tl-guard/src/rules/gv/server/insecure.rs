//! Where what a model chose reaches a shell, an interpreter, a query, a path or an address.
//!
//! In: a [`Program`] and the functions that handlers reach. Out: [`Found`] with bytes of the file.

use std::ops::Range;

use tl_core::finding::Level;

use super::super::python::texts;
use super::program::{Language, Program, bounded, is_long, patterns, split};
use super::taint::{self, Reached, builds, uses};
use super::{Found, Kind};

patterns! {
    PY_RUN = r"\bos\.(?:system|popen|exec[lv]p?e?|spawn[lv]p?e?)\(|\bsubprocess\.(?:run|call|Popen|check_output|check_call|getoutput|getstatusoutput)\(|\bcreate_subprocess_(?:shell|exec)\(|\.exec_command\(|\bcommands\.getoutput\(";
    JS_RUN = r"(?:(?:^|[^.\w$])|child_process\.|\bcp\.|shell(?:js)?\.)(?:exec|execSync|execAsync|execPromise|execp|execFile|execFileSync|execFileAsync|spawn|spawnSync|execa|execaCommand|execaCommandSync)\(";
    GO_RUN = r"\bexec\.Command(?:Context)?\(";
    SHELL_WORD = r#"["'`](?:/bin/|/usr/bin/|/usr/bin/env )?(?:ba|z|da|k|a)?sh["'`]|["'`]cmd(?:\.exe)?["'`]|["'`](?:powershell|pwsh)(?:\.exe)?["'`]|["'`]python3?["'`]\s*,\s*["'`]-c["'`]|["'`]node["'`]\s*,\s*["'`]-e["'`]"#;
    SHELL_FLAG = r#"["'`](?:-c|-lc|-ic|/c|/C|-Command|-EncodedCommand|-e)["'`]"#;
    PY_EVAL = r"(?:^|[^.\w])(?:eval|exec|execfile|__import__|compile)\(|\bimportlib\.import_module\(|\b(?:c?[pP]ickle|dill|cloudpickle|marshal|jsonpickle)\.(?:loads?|decode)\(|\byaml\.(?:load|unsafe_load|full_load|load_all)\(|\b(?:types\.)?(?:CodeType|FunctionType)\(|\bcode\.InteractiveInterpreter\(|\.runcode\(|\.runsource\(|\brunpy\.run_\w+\(|\bspec_from_file_location\(";
    JS_EVAL = r"(?:^|[^.\w$])(?:eval|Function|require)\(|\bvm\.(?:run\w+|Script|compileFunction)\(|(?:^|[^.\w$])import\(|\bunserialize\(";
    SAFE_YAML = r"Safe|BaseLoader";
    QUERIES = r"\.(?:execute|executemany|all|each|executescript|raw|query|queryRawUnsafe|\$queryRawUnsafe|\$executeRawUnsafe|unsafe|Query|QueryRow|QueryContext|QueryRowContext|Exec|ExecContext|fetch|fetchrow|fetchval|fetch_all|fetchall|sql|prepare|Raw)\(|(?:^|[^.\w])(?:text|execute_query|run_query|execute_sql|executeQuery|runQuery|read_sql|read_sql_query)\(";
    SQL = r"(?i)\b(?:select\b[\s\S]{1,300}\bfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|drop\s+(?:table|database)|alter\s+table|create\s+(?:table|user|database)|pragma\s+\w+|union\s+select|show\s+(?:tables|columns|create)|describe|explain|truncate|where)\b";
    OTHER_QUERY = r#"\.search(?:_s|_ext|_ext_s|_st)?\(|\.(?:xpath|findall|iterfind|selectNodes|evaluate)\(|\bXPath\("#;
    FILTER = r#"\((?:[&|!]|\w+=)|//?(?:\w+|\{\w+\})\[|\[@?\w+\s*=|@\{?\w+\}?\s*=\s*["']|contains\(|text\(\)"#;
    WHERE = r#"["']?\$(?:where|expr|function|regex)["']?\]?\s*[:=]"#;
    PY_TEMPLATE = r"(?:^|[^\w])(?:\w+\.)?(?:Template|render_template_string|Markup)\(|(?:\)|\b(?i:\w*(?:env|jinja|templat|engine|sandbox)\w*))\.from_string\(|\.(?:format_map)\(|\bTemplate\.compile\(|\bpystache\.render\(|\bchevron\.render\(";
    PY_FORMAT = r"([A-Za-z_]\w*)\.(?:format|format_map|safe_substitute|substitute)\(";
    JS_TEMPLATE = r"\b(?:[hH]andlebars|ejs|pug|jade|_|lodash|nunjucks|[mM]ustache|doT|dot|swig|twig|eta|env)\.(?:compile|render|renderString|template|fromString)\(";
    GO_TEMPLATE = r"\btemplate\.(?:Must\(template\.)?New\([^()]*\)(?:\.\w+\([^()]*\))*\.Parse\(";
    PY_OPEN = r"(?:^|[^.\w])open\(|\baiofiles\.open\(|\bio\.open\(|\bos\.(?:open|remove|unlink|rmdir|makedirs|mkdir|rename|replace|symlink|link|chmod|chown|truncate|listdir|scandir|walk)\(|\bshutil\.(?:copy|copy2|copyfile|copytree|move|rmtree)\(|\b(?:pathlib\.)?Path\(|\bglob\.i?glob\(|\bsend_file\(|\bnp\.load\(|\bpd\.read_\w+\(";
    JS_OPEN = r"\b(?:fs|fsp|fsPromises|fse|promises)\.(?:promises\.)?(?:readFile|writeFile|appendFile|unlink|rm|rmdir|readdir|mkdir|createReadStream|createWriteStream|open|copyFile|rename|stat|cp|symlink|chmod|access)(?:Sync)?\(|(?:^|[^.\w$])(?:readFile|writeFile|appendFile|unlink|readdir|createReadStream|createWriteStream|copyFile|readFileSync|writeFileSync|readdirSync|unlinkSync)\(|\.sendFile\(|\bBun\.(?:file|write)\(|\bDeno\.\w*(?:read|write|remove)\w*\(";
    GO_OPEN = r"\b(?:os|ioutil)\.(?:Open|ReadFile|WriteFile|Create|Remove|RemoveAll|OpenFile|Mkdir|MkdirAll|ReadDir|Rename|Symlink|Chmod)\(";
    PATH_CHECKED = r"realpath|is_relative_to|relative_to\(|commonpath|commonprefix|\.parents\b|secure_filename|safe_join|[sS]afePath|safe_path|startsWith\(|startswith\(|HasPrefix\(|filepath\.(?:Base|Rel|IsLocal)\(|path\.(?:basename|relative)\(|basename\(|os\.OpenRoot|\b[\w.]*(?:[vV]alidat|[sS]anitiz|[rR]esolve_|[aA]llowed|[sS]andbox|[pP]ermitted|[wW]hitelist|[sS]afe)\w*\b";
    SWITCH_NAME = r"(?i)^[\w.]*(?:mode|harden|strict|vuln)\w*$";
    /// The statement of a query, whole, to what connects to a database.
    WHOLE_QUERY = r"\b(?:[a-z]+_)?(?:cur|cursor|con|conn|connection|db|database|sqlite|pool|tx|txn|engine)\.(?:execute|executescript|exec|raw|unsafe|\$queryRawUnsafe|\$executeRawUnsafe)\(|\b(?:pool|conn|connection)\.query\(";
    /// Who offers to run queries says so.
    QUERY_TOOL = r"(?i)sql|\bselect\b|\btables?\b|quer(?:y|ies)|statement|database|\bdb|_db|duckdb|postgres|mongo|snowflake|bigquery|clickhouse|warehouse|cypher|admin";
    JOINS = r"\bpath\.(?:join|resolve)\(|\bfilepath\.Join\(|\bjoin\(";
    /// Calls that put paths together, or only say one otherwise.
    PATH_CALL = r"^(?:[\w.]*\b(?:join|resolve|expanduser|expandHome|abspath|normalize|normpath|joinpath|Path|Join|Clean|Abs|str))\(";
    /// A text that begins with something put in.
    TEMPLATE_HEAD = r#"^(?:[fF]["']|`\$)\{"#;
    /// What stands behind the last name of a host.
    HOST_ENDS = r#"^(?:[/:?#"'`]|\$?\{(?:self\.|this\.)?_?(?:path|route|endpoint|uri|query|suffix))"#;
    PY_FETCH = r"\b(?:requests|httpx|session|client|http|http_client|aiohttp)\.(?:get|post|put|patch|delete|head|request|stream)\(|\burlopen\(|\burlretrieve\(|\burllib\.request\.Request\(|\.goto\(";
    JS_FETCH = r"(?:^|[^.\w$])(?:fetch|got|request|nodeFetch)\(|\baxios(?:\.(?:get|post|put|delete|head|request))?\(|\bgot\.\w+\(|\bhttps?\.(?:get|request)\(|\.goto\(";
    GO_FETCH = r"\bhttp\.(?:Get|Post|Head|NewRequest|NewRequestWithContext)\(";
    CLIENTS = r"\b(?:requests|httpx|aiohttp|urllib3|net/http)\b";
    HOST_CHECKED = r"urlparse|urlsplit|new URL\(|url\.Parse|\.hostname\b|is_private|isPrivate|allowed|ALLOWED|allowlist|startswith\(|startsWith\(|HasPrefix\(|[vV]alidat";
    REQUEST_TOKEN = r#"(?:request|req|ctx|context|r|c|headers?)\b[\w.()]*?(?:\.headers(?:\.get\(|\[)|\.(?:get|Get|header|Header\.Get|GetHeader)\()\s*["'][aA]uthorization["']|(?:request|req|extra|requestInfo)\b[\w.?]*\.headers\??\.authorization\b"#;
    SENT_TOKEN = r#"["']?[aA]uthorization["']?\]?\s*[:=]\s*(?:f?["'`](?:Bearer\s)?[{$]*)?([A-Za-z_$][\w$.]*)"#;
    JWT = r"\bjwt\.(?:decode|verify)\(";
    UNSIGNED = r#"verify_signature["']?\s*[:=]\s*(?:False|false)|algorithms\s*[:=]\s*\[?\s*["']none["']|\bverify\s*=\s*False|ignoreExpiration:\s*true"#;
    AUDIENCE = r"\b(?:audience|aud|verify_aud)\b";
    REGEX_GIVEN = r"\bre\.(?:compile|match|search|fullmatch|findall|finditer|sub|split)\(|\bnew RegExp\(";
}

/// Calls of one kind in one function that are looked at.
const CALLS: usize = 300;

/// Paths made of paths that are followed to what they begin with.
const PATHS_IN_PATHS: usize = 8;

/// Everything of a program.
pub(super) fn find(program: &Program, text: &str, reached: &[Reached], out: &mut Vec<Found>) {
    let asks = program.functions.iter().filter(|one| one.handler).any(|one| {
        QUERY_TOOL.is_match(&one.name)
            || text.get(one.said.clone()).is_some_and(|said| QUERY_TOOL.is_match(said))
    });
    let made = [made_somewhere(program, reached, &SQL), made_somewhere(program, reached, &FILTER)];
    for one in reached {
        let body = program.functions[one.function].body.clone();
        let mut look = Look { program, one, body, made, asks, out };
        look.runs();
        look.evaluates();
        look.queries();
        look.templates();
        look.paths();
        look.fetches();
        look.patterns();
    }
    tokens(program, out);
}

struct Look<'a> {
    program: &'a Program,
    one: &'a Reached,
    body: Range<usize>,
    /// A query, and a filter, are put together somewhere in the file.
    made: [bool; 2],
    /// A tool says that it runs queries.
    asks: bool,
    out: &'a mut Vec<Found>,
}

/// Whether a reached function puts such a text together out of what it is given.
fn made_somewhere(program: &Program, reached: &[Reached], what: &regex::Regex) -> bool {
    reached.iter().any(|one| {
        let body = program.functions[one.function].body.clone();
        let mut at = body.start;
        program.mask[body].split_inclusive('\n').any(|line| {
            let start = at;
            at += line.len();
            builds(line, program.language)
                && uses(line, &one.names)
                && what.is_match(&program.code[start..at])
        })
    })
}

/// A call: where it begins, its arguments.
struct Call {
    start: usize,
    arguments: Vec<Range<usize>>,
    all: Range<usize>,
}

impl Look<'_> {
    /// Calls whose head, an opening bracket at its end, fits.
    fn calls(&self, head: &regex::Regex) -> Vec<Call> {
        let mask = &self.program.mask[self.body.clone()];
        let over = &self.program.over;
        bounded(head.find_iter(mask), CALLS, over)
            .map(|found| {
                let start = self.body.start + found.start();
                let all = self.program.brackets.inside(self.body.start + found.end() - 1);
                over.set(over.get() || is_long(&all));
                Call { start, arguments: split(&self.program.mask, all.clone()), all }
            })
            .collect()
    }

    fn code(&self, range: &Range<usize>) -> &str {
        self.program.code[range.clone()].trim()
    }

    fn mask(&self, range: &Range<usize>) -> &str {
        self.program.mask[range.clone()].trim()
    }

    fn tainted(&self, range: &Range<usize>) -> bool {
        uses(&texts(self.mask(range)), &self.one.names_at(range.start))
    }

    /// Whether a check stands where every way to `at` leads past it. What a switch is called is none.
    fn checked(&self, pattern: &regex::Regex, at: usize) -> bool {
        let body = &self.program.code[self.body.clone()];
        if self.one.branches.is_empty() {
            return pattern.is_match(body);
        }
        let checks: Vec<Range<usize>> = pattern
            .find_iter(body)
            .filter(|found| !SWITCH_NAME.is_match(found.as_str()))
            .map(|found| self.body.start + found.start()..self.body.start + found.end())
            .collect();
        self.one.branches.clears(&checks, at)
    }

    fn put(&mut self, kind: Kind, level: Level, call: &Call, what: &'static str) {
        let start = call.start + self.program.code[call.start..].len()
            - self.program.code[call.start..]
                .trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_'))
                .len();
        self.out.push(Found { kind, level, range: start..call.all.end.max(start), what });
    }

    /// The name at the start of an expression, where that is all of it.
    fn name<'b>(&'b self, range: &Range<usize>) -> &'b str {
        let text = self.mask(range);
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
            .unwrap_or(text.len());
        if end == text.len() { text } else { "" }
    }

    /// What a name was put together of, or the expression itself.
    fn origins(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let name = self.name(range);
        let made = self.one.built.iter().filter(|(made, _)| !name.is_empty() && made == name);
        let mut out: Vec<Range<usize>> = made.map(|(_, expression)| expression.clone()).collect();
        if out.is_empty() {
            out.push(range.clone());
        }
        out
    }

    /// The first of them.
    fn origin(&self, range: &Range<usize>) -> Range<usize> {
        self.origins(range).into_iter().next().unwrap_or_else(|| range.clone())
    }

    /// Whether an argument is text of the caller that was put into text that `what` knows.
    fn injected(&self, argument: &Range<usize>, what: &regex::Regex, made: bool) -> bool {
        // A name that the caller filled, where some function of the file makes such a text.
        let name = self.name(argument);
        let plain = !name.is_empty() && !self.one.built.iter().any(|(built, _)| built == name);
        if plain && made && self.tainted(argument) {
            return true;
        }
        self.origins(argument).iter().any(|origin| {
            builds(self.mask(origin), self.program.language)
                && what.is_match(self.code(origin))
                && (self.tainted(argument) || self.tainted(origin))
        })
    }

    fn runs(&mut self) {
        let head = match self.program.language {
            Language::Python => &PY_RUN,
            Language::Script => &JS_RUN,
            Language::Go => &GO_RUN,
        };
        for call in self.calls(head) {
            let head = self.program.mask[call.start..call.all.start].to_owned();
            let skip =
                usize::from(self.program.language == Language::Go && head.contains("Context"));
            let Some(first) = call.arguments.get(skip).cloned() else { continue };
            let all = self.code(&call.all).to_owned();
            let shell = head.contains("os.system")
                || head.contains("popen")
                || head.contains("getoutput")
                || head.contains("getstatusoutput")
                || head.contains("_shell(")
                || head.contains("exec_command")
                || head.contains("execaCommand")
                || all.contains("shell=True")
                || all.contains("shell: true")
                || all.contains("shell:true")
                || self.program.language == Language::Script
                    && !head.contains("File")
                    && !head.contains("spawn")
                    && !head.contains("execa(");
            if shell && self.tainted(&first) {
                let list = self.code(&first).starts_with('[') && !all.contains("shell=True");
                if !list {
                    self.put(Kind::Runs, Level::High, &call, "a command line for a shell");
                    continue;
                }
            }
            let wraps =
                SHELL_WORD.is_match(&all) && SHELL_FLAG.is_match(&all) && self.tainted(&call.all);
            let text = self.mask(&first).trim_start_matches(['[', '*', '(']).trim_start();
            let leading: String = text
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))
                .collect();
            // Behind a program that is named there stand its options.
            let chosen = text.starts_with("shlex.split(") && self.tainted(&first)
                || self.one.names.contains(leading.split('.').next().unwrap_or(""))
                    && !self.one.lists.contains(&leading)
                    && !self.one.built.iter().any(|(name, _)| *name == leading);
            let options = text.contains("shlex.split(") && self.tainted(&first);
            if wraps {
                self.put(Kind::Runs, Level::High, &call, "a command line for a shell");
            } else if chosen {
                self.put(Kind::Runs, Level::High, &call, "the program to start");
            } else if options {
                self.put(Kind::Runs, Level::Warn, &call, "any option of a program");
            }
        }
    }

    fn evaluates(&mut self) {
        let head = match self.program.language {
            Language::Python => &PY_EVAL,
            Language::Script => &JS_EVAL,
            Language::Go => return,
        };
        for call in self.calls(head) {
            let text = self.program.mask[call.start..call.all.start].to_owned();
            if text.contains("yaml") && SAFE_YAML.is_match(self.code(&call.all)) {
                continue;
            }
            if text.contains("compile(") && call.arguments.len() < 2 {
                continue;
            }
            if self.tainted(&call.all) {
                self.put(Kind::Evaluates, Level::High, &call, "code, or data that becomes code");
            }
        }
    }

    fn queries(&mut self) {
        let mut told = Vec::new();
        for call in self.calls(&QUERIES) {
            let hit = {
                let second =
                    call.arguments.get(1).is_some_and(|one| self.injected(one, &SQL, false));
                second
                    || call
                        .arguments
                        .first()
                        .is_some_and(|one| self.injected(one, &SQL, self.made[0]))
            };
            if hit {
                self.put(Kind::Queries, Level::High, &call, "a part of a database query");
                told.push(call.all.start);
            }
        }
        for call in self.calls(&WHOLE_QUERY) {
            let Some(first) = call.arguments.first() else { continue };
            let name = self.name(first);
            let given = self.program.functions[self.one.function]
                .parameters
                .iter()
                .any(|parameter| parameter.names.iter().any(|one| one == name));
            if given && self.tainted(first) && !told.contains(&call.all.start) {
                let level = if self.asks { Level::Warn } else { Level::High };
                self.put(Kind::Queries, level, &call, "a whole statement of a database");
            }
        }
        for call in self.calls(&OTHER_QUERY) {
            let head = &self.program.mask[call.start..call.all.start];
            let surely =
                ["xpath", "XPath", "search_", "selectNodes"].iter().any(|s| head.contains(s));
            let made = surely && self.made[1];
            let hit = call.arguments.iter().any(|argument| self.injected(argument, &FILTER, made));
            if hit {
                self.put(
                    Kind::Queries,
                    Level::High,
                    &call,
                    "a part of a filter or path of a query",
                );
            }
        }
        let code = &self.program.code[self.body.clone()];
        if let Some(found) = WHERE.find(code) {
            let rest = self.body.start + found.end();
            let line = self.program.mask[rest..self.body.end].lines().next().unwrap_or("");
            if uses(line, &self.one.names) {
                let all = rest..rest + line.len();
                let call =
                    Call { start: self.body.start + found.start(), arguments: Vec::new(), all };
                self.put(Kind::Queries, Level::High, &call, "code of a query");
            }
        }
    }

    fn templates(&mut self) {
        let head = match self.program.language {
            Language::Python => &PY_TEMPLATE,
            Language::Script => &JS_TEMPLATE,
            Language::Go => &GO_TEMPLATE,
        };
        for call in self.calls(head) {
            if call.arguments.first().is_some_and(|first| self.tainted(first)) {
                self.put(Kind::Templates, Level::High, &call, "the source of a template");
            }
        }
        if self.program.language != Language::Python {
            return;
        }
        let mask = &self.program.mask[self.body.clone()];
        let formats: Vec<(Range<usize>, Range<usize>)> = PY_FORMAT
            .captures_iter(mask)
            .filter(|found| self.one.names.contains(&found[1]))
            .filter_map(|found| {
                let whole = found.get(0)?;
                let open = self.body.start + whole.end() - 1;
                Some((self.body.start + whole.start()..open, self.program.brackets.inside(open)))
            })
            .collect();
        for (head, all) in formats {
            let call = Call { start: head.start, arguments: Vec::new(), all };
            self.put(Kind::Templates, Level::High, &call, "the source of a template");
        }
    }

    fn paths(&mut self) {
        let head = match self.program.language {
            Language::Python => &PY_OPEN,
            Language::Script => &JS_OPEN,
            Language::Go => &GO_OPEN,
        };
        for call in self.calls(head) {
            let Some(first) = call.arguments.first().cloned() else { continue };
            if self.checked(&PATH_CHECKED, call.start) {
                continue;
            }
            let mut hit = first.clone();
            if !self.tainted(&first) {
                match call.arguments.get(1) {
                    Some(second)
                        if self.tainted(second)
                            && two_paths(&self.program.mask[call.start..call.all.start]) =>
                    {
                        hit = second.clone()
                    }
                    _ => continue,
                }
            }
            let origin = self.origin(&hit);
            let text = self.code(&origin);
            let joined = JOINS.is_match(text) && text.contains(',')
                || ["f\"/", "f'/", "f\"./", "f'./", "f\"{", "f'{", "`/", "`./", "`${"]
                    .iter()
                    .any(|start| text.starts_with(start))
                    && text.contains('/')
                || text.contains(" / ")
                || text.contains(" + ");
            if self.program.mask[call.start..call.all.start].contains("Path(") && !joined {
                continue;
            }
            // A folder that the caller names, and a file in it that the program names.
            let joined = joined && !self.leads(&hit, 0);
            let level = if joined { Level::High } else { Level::Warn };
            let what = if joined { "a path below a folder, unchecked" } else { "any path" };
            self.put(Kind::Paths, level, &call, what);
        }
    }

    /// Whether what the caller gave is the beginning of a path, and nothing behind it is the caller's.
    fn leads(&self, path: &Range<usize>, depth: usize) -> bool {
        let origin = self.origin(path);
        if !self.name(&origin).is_empty() {
            return self.tainted(&origin);
        }
        let Some((head, rest)) = self.head_of_path(&origin) else { return false };
        depth < PATHS_IN_PATHS && !self.tainted(&rest) && self.leads(&head, depth + 1)
    }

    /// What a path that is put together begins with, and the rest of it.
    fn head_of_path(&self, path: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let mask = &self.program.mask;
        let text = &mask[path.clone()];
        let blank = text.len() - text.trim_start().len();
        let path = path.start + blank..path.start + text.trim_end().len();
        let text = &mask[path.clone()];
        if let Some(call) = PATH_CALL.find(text) {
            let all = self.program.brackets.inside(path.start + call.end() - 1);
            let parts = split(mask, all.clone());
            let first = parts.first()?.clone();
            let rest = first.end..path.end;
            return Some((first, rest));
        }
        if let Some(at) = [" / ", " + "].iter().filter_map(|sign| text.find(sign)).min() {
            return Some((path.start..path.start + at, path.start + at + 3..path.end));
        }
        let open = TEMPLATE_HEAD.find(text)?;
        let all = self.program.brackets.inside(path.start + open.end() - 1);
        Some((all.clone(), all.end..path.end))
    }

    fn fetches(&mut self) {
        let head = match self.program.language {
            Language::Python => &PY_FETCH,
            Language::Script => &JS_FETCH,
            Language::Go => &GO_FETCH,
        };
        let library = CLIENTS.is_match(&self.program.code);
        for call in self.calls(head) {
            let vague = ["session", "client", "http."]
                .iter()
                .any(|s| self.program.mask[call.start..call.all.start].trim_start().starts_with(s));
            if vague && !library {
                continue;
            }
            let skip =
                usize::from(self.program.mask[call.start..call.all.start].contains("NewRequest"))
                    + usize::from(
                        self.program.mask[call.start..call.all.start].contains("WithContext"),
                    );
            let Some(first) = call.arguments.get(skip).cloned() else { continue };
            if self.checked(&HOST_CHECKED, call.start) {
                continue;
            }
            let origin = self.origin(&first);
            if !self.tainted(&first) {
                continue;
            }
            let text = self.code(&origin);
            // What stands before the first thing put in decides whose host it is.
            let text = text.trim_start_matches("url=").trim_start();
            let given = taint::whole(self.mask(&origin));
            let start = text.trim_start_matches(['f', '"', '\'', '`']);
            let host = ["https://{", "http://{", "https://${", "http://${", "{", "${"]
                .iter()
                .find_map(|s| start.strip_prefix(s));
            let host = host.map(|rest| {
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            // All of a host, where no more of a name follows.
            let whole_host = host.filter(|name| {
                let behind = start.split_once(&format!("{{{name}}}")).map(|(_, behind)| behind);
                start.starts_with("http") && behind.is_some_and(|behind| HOST_ENDS.is_match(behind))
            });
            // What comes by way of a helper may begin with a host of the program's.
            let plain = given.is_some_and(|name| self.one.plain.contains(name))
                || whole_host.is_some_and(|name| self.one.handed.contains(name));
            let browser = self.program.mask[call.start..call.all.start].contains(".goto(");
            let level = if plain && !browser { Level::High } else { Level::Warn };
            if given.is_some() || host.is_some_and(|name| self.one.names.contains(name)) {
                self.put(Kind::Fetches, level, &call, "the address of a request");
            }
        }
    }

    fn patterns(&mut self) {
        for call in self.calls(&REGEX_GIVEN) {
            if call.arguments.first().is_some_and(|first| self.one.names.contains(self.name(first)))
            {
                self.put(Kind::Unbounded, Level::Warn, &call, "a regular expression");
            }
        }
    }
}

fn two_paths(head: &str) -> bool {
    ["copy", "move", "rename", "replace", "symlink", "link"].iter().any(|word| head.contains(word))
}

/// Tokens that are handed on or accepted without asking for whom they are.
fn tokens(program: &Program, out: &mut Vec<Found>) {
    let code = program.code.as_str();
    if let Some(taken) = REQUEST_TOKEN.find(code) {
        // The name that holds it, or the expression itself in a header of a request.
        let line = code[..taken.start()].rfind('\n').map_or(0, |n| n + 1);
        let before = code[line..taken.start()]
            .trim()
            .trim_start_matches("const ")
            .trim_start_matches("let ");
        let name = before.split(['=', ':', ' ']).next().unwrap_or("");
        let sent = SENT_TOKEN.captures_iter(code).any(|found| {
            let value = &found[1];
            let root = value.split('.').next().unwrap_or(value);
            !name.is_empty() && root == name
                || value.to_ascii_lowercase().contains("headers")
                    && (root == "request" || root == "req")
        });
        if sent {
            out.push(Found {
                kind: Kind::Token,
                level: Level::Warn,
                range: taken.range(),
                what: "",
            });
        }
    }
    for found in JWT.find_iter(code) {
        let inside = program.brackets.inside(found.end() - 1);
        let text = &code[inside.clone()];
        let unsigned = UNSIGNED.is_match(text);
        if unsigned || !AUDIENCE.is_match(code) {
            let level = if unsigned { Level::High } else { Level::Warn };
            let what = if unsigned { "signature" } else { "audience" };
            out.push(Found { kind: Kind::Audience, level, range: found.start()..inside.end, what });
        }
    }
}
