//! What kind of file it is, where secrets are concerned: by its name.

use super::Kind;

/// How values of a file are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// What a value assigned to the name of a secret is; `None`: only keys with a known beginning
    /// are looked for, because the file is prose, generated or a list of words.
    pub(super) assigned: Option<Kind>,
    /// It is there to hold secrets: any literal is one.
    pub(super) holds_secrets: bool,
    /// One `name = value` a line, so that any literal assigned to a password is one.
    pub(super) plain_lines: bool,
    /// Values may stand without quotes.
    pub(super) unquoted: bool,
    /// `name value`, without a sign between.
    pub(super) blank: bool,
    /// Tests and examples: what stands there opens nothing, as a rule.
    pub(super) example: bool,
}

const PASSWORD_FILES: &[&str] = &[
    ".netrc",
    "_netrc",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".mylogin.cnf",
    ".esmtprc",
    ".msmtprc",
    ".fetchmailrc",
    ".s3cfg",
    ".boto",
    ".tugboat",
    ".credentials",
    "credentials",
    ".git-credentials",
    ".smbcredentials",
    ".rclone.conf",
    "rclone.conf",
    ".vault-token",
    ".htpasswd",
    "credentials.toml",
    ".mongorc.js",
    ".hgrc",
    ".terraformrc",
    "credentials.tfrc.json",
];

/// Files of programs that keep a login.
const SAVED_LOGINS: &[&str] = &[
    ".ftpconfig",
    "sftp.json",
    "sftp-config.json",
    ".remote-sync.json",
    "deployment-config.json",
    "ftpsync.settings",
    "recentservers.xml",
    "sitemanager.xml",
    "filezilla.xml",
    "webservers.xml",
    "winscp.ini",
    "robomongo.json",
    "robo3t.json",
    "data-sources.json",
    "dbeaver-data-sources.xml",
    "data-sources.xml",
    "datasources.xml",
    ".dbeaver-data-sources.xml",
    "credentials-config.json",
    "logins.json",
    "ventrilo_srv.ini",
    "servers.json",
    "tnsnames.ora",
];

const SHELL_FILES: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_aliases",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".envrc",
    ".exports",
    ".extra",
    "config.fish",
    ".bash_history",
    ".zsh_history",
];

const CODE: &[&str] = &[
    "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "go", "rs", "rb", "php",
    "java", "kt", "kts", "cs", "c", "h", "cpp", "cc", "hpp", "swift", "scala", "lua", "pl", "pm",
    "r", "vue", "svelte", "dart", "ex", "exs", "clj", "groovy", "gradle", "jl", "hs", "m", "mm",
    "sql", "vb", "fs", "erl", "sol", "zig", "nim",
];

const SETTINGS: &[&str] = &[
    "json",
    "jsonc",
    "json5",
    "yaml",
    "yml",
    "toml",
    "xml",
    "plist",
    "tf",
    "tfvars",
    "hcl",
    "config",
    "tfstate",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "dockerfile",
];

const LINES: &[&str] = &["ini", "cfg", "conf", "cnf", "properties", "env", "rc", "prefs"];

const GENERATED: &[&str] =
    &["svg", "map", "lock", "csv", "tsv", "ipynb", "po", "pot", "snap", "ics"];

const PROSE: &[&str] = &[
    "md", "mdx", "mdc", "markdown", "txt", "rst", "adoc", "org", "html", "htm", "tex", "css",
    "scss",
];

/// By the path below its root.
pub(super) fn of(path: &str) -> Manner {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let plain = Manner {
        assigned: Some(Kind::Assigned),
        holds_secrets: false,
        plain_lines: false,
        unquoted: true,
        blank: false,
        example: is_example(folders, name),
    };
    let nothing = Manner { assigned: None, ..plain };
    let held = |kind| Manner { assigned: Some(kind), holds_secrets: true, ..plain };
    let is = |names: &[&str]| names.contains(&name);
    let docker = folders.ends_with(".docker") && name == "config.json" || name == ".dockercfg";
    if plain.example || is_words(folders, name) {
        return nothing;
    }
    if docker || is(PASSWORD_FILES) {
        return Manner { blank: true, ..held(Kind::PasswordFile) };
    }
    if is(SAVED_LOGINS) {
        return held(Kind::SavedLogin);
    }
    if matches!(name, ".npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pypirc" | "pip.conf" | "auth.json") {
        return held(Kind::RegistryAuth);
    }
    let dotenv = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
    if matches!(name, "wp-config.php" | "localsettings.php" | "configuration.php") {
        return Manner { unquoted: false, ..held(Kind::Assigned) };
    }
    if dotenv || is(SHELL_FILES) || name.ends_with(".tfvars") {
        return held(Kind::Assigned);
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if GENERATED.contains(&extension) || PROSE.contains(&extension) || name.contains(".min.") {
        return nothing;
    }
    if CODE.contains(&extension) {
        return Manner { unquoted: false, ..plain };
    }
    if LINES.contains(&extension) || !name.contains('.') {
        return Manner { plain_lines: true, ..plain };
    }
    if SETTINGS.contains(&extension) { plain } else { Manner { unquoted: false, ..plain } }
}

/// By the path, and by the first line of what has no ending: a program keeps no list of settings.
pub(super) fn of_file(path: &str, text: &str) -> Manner {
    let manner = of(path);
    let head = text.lines().next().filter(|line| line.starts_with("#!"));
    let program = |line: &str| {
        ["python", "node", "ruby", "perl", "php", "deno", "bun"]
            .iter()
            .any(|name| line.contains(name))
    };
    if manner.plain_lines && head.is_some_and(program) {
        return Manner { plain_lines: false, unquoted: false, ..manner };
    }
    manner
}

/// Tests, fixtures, examples, templates to be copied.
fn is_example(folders: &str, name: &str) -> bool {
    let part = |part: &str| {
        matches!(
            part,
            "test"
                | "tests"
                | "testing"
                | "testdata"
                | "__tests__"
                | "spec"
                | "specs"
                | "fixtures"
                | "fixture"
                | "example"
                | "examples"
                | "sample"
                | "samples"
                | "mock"
                | "mocks"
                | "__mocks__"
                | "e2e"
                | "docs"
                | "doc"
                | "cassettes"
                | "golden"
                | "benchmark"
                | "benchmarks"
                | "fuzz"
                | "test_data"
                | "test-data"
                | "snapshots"
                | "demo"
        )
    };
    let words = ["example", "sample", "template", ".dist", ".defaults", "mock"];
    folders.split('/').any(part)
        || words.iter().any(|word| name.contains(word))
        || ["_test.", ".test.", ".spec.", "_spec.", "-test.", "_tests."]
            .iter()
            .any(|m| name.contains(m))
        || (name.starts_with("test_") || name.starts_with("conftest"))
}

/// Words for people in many languages: `password` is a label there.
fn is_words(folders: &str, name: &str) -> bool {
    let part = |part: &str| {
        matches!(
            part,
            "locale"
                | "locales"
                | "i18n"
                | "lang"
                | "langs"
                | "languages"
                | "translations"
                | "messages"
                | "l10n"
                | "node_modules"
                | "schemas"
        )
    };
    folders.split('/').any(part)
        || name.contains("schema")
        || name.contains("i18n")
        || name.contains("openapi")
        || name.contains("swagger")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_names() {
        assert!(of("web/.env").holds_secrets && of("a/.env.production").holds_secrets);
        assert_eq!(of("web/.env.example").assigned, None);
        assert_eq!(of("README.md").assigned, None);
        assert!(!of("src/a.rs").unquoted);
        assert!(of("server.ini").plain_lines && of("irc/config").plain_lines);
        assert!(of("tests/a.py").example && of("src/a_test.go").example);
        assert_eq!(of("home/.docker/config.json").assigned, Some(Kind::PasswordFile));
    }
}
