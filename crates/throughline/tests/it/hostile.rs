//! Repositories that mean harm: nothing of them is executed, obeyed by the terminal, or endless.

use tl_testkit::env::TestEnv;
use tl_testkit::import::Import;
use tl_testkit::repo::TestRepo;

use crate::env;
use crate::fixture::{small, small_env};

const COMMANDS: [&[&str]; 6] = [
    &["map"],
    &["map", "--explain", "cadence"],
    &["map", "--csv", "-"],
    &["doctor"],
    &["sql", "select * from changes"],
    &["map", "--branch", "none"],
];

/// Runs every command as if colours were wanted, which is when escape sequences pass.
fn everything(env: &TestEnv) -> String {
    let run = |args: &&[&str]| env.run(&[args, ["--color", "always"].as_slice()].concat());
    COMMANDS.iter().map(run).collect()
}

/// The first sequence that acts on a terminal and is not a colour of ours.
fn acts_on_a_terminal(text: &str) -> Option<String> {
    let known = [
        "\u{1b}[0m",
        "\u{1b}[1m",
        "\u{1b}[2m",
        "\u{1b}[31m",
        "\u{1b}[32m",
        "\u{1b}[33m",
        "\u{1b}[36m",
    ];
    let plain = known.iter().fold(text.to_owned(), |text, code| text.replace(code, ""));
    let at = plain.find(|c: char| (c.is_control() && !"\n\r\t".contains(c)) || c == '\u{202e}')?;
    Some(plain[at..].chars().take(40).collect())
}

#[test]
fn nothing_that_the_configuration_of_a_repository_names_is_executed() {
    let repo = TestRepo::new();
    let attributes = "* diff=evil filter=evil merge=evil\n";
    for day in 1..=3 {
        let content = format!("{day}\n");
        let files = [(".gitattributes", attributes), ("a.txt", content.as_str())];
        let at = format!("2026-01-0{day}T09:00:00Z");
        repo.commit("ana", &at, &files, &format!("Part {day} (#{day})"));
    }
    let env = env().with_copy_of(repo.path());
    let marker = env.home().join("executed").display().to_string();
    let config = "
        [core]
            fsmonitor = TOUCH
            sshCommand = TOUCH
            pager = TOUCH
            editor = TOUCH
            askPass = TOUCH
            gitProxy = TOUCH
            alternateRefsCommand = TOUCH
            hooksPath = .githooks
        [diff]
            external = TOUCH
        [diff \"evil\"]
            textconv = TOUCH
            command = TOUCH
        [filter \"evil\"]
            smudge = TOUCH
            clean = TOUCH
            process = TOUCH
            required = true
        [credential]
            helper = !TOUCH
        [gpg]
            program = TOUCH
        [remote \"origin\"]
            url = ext::TOUCH
            promisor = true
            partialclonefilter = blob:none
        [extensions]
            partialClone = origin
        [include]
            path = /dev/zero
        ";
    let git_config = std::fs::read_to_string(env.repo().join(".git/config")).unwrap();
    let config = config.replace("TOUCH", &format!("touch {marker}"));
    env.write(".git/config", git_config + &config);
    for hook in
        ["post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"]
    {
        let script = format!("#!/bin/sh\ntouch {marker}\n");
        env.write(&format!(".githooks/{hook}"), &script);
        env.write(&format!(".git/hooks/{hook}"), &script);
    }
    assert_eq!(env.shell("chmod +x .githooks/* .git/hooks/*"), "");
    // A blob that is promised and absent is a reason to fetch for git, not for us.
    let blob = repo.git(&["rev-parse", "HEAD:a.txt"]);
    std::fs::remove_file(env.repo().join(".git/objects").join(&blob[..2]).join(&blob[2..]))
        .unwrap();
    let shown = everything(&env);
    assert!(shown.contains("3 changes merged"), "{shown}");
    assert!(!env.home().join("executed").exists(), "something was executed");
}

#[test]
fn escape_sequences_in_names_tags_and_messages_do_not_reach_the_terminal() {
    let repo = TestRepo::new();
    let branch = "refs/heads/ma\u{9b}31min";
    let mut import = Import::new();
    let who = "a\u{1b}[2Jna\u{9b}5m\u{202e} <a\u{1b}[31m\u{7}na@example.com>";
    for number in 1..=3 {
        let title = format!("\u{1b}]0;owned\u{7} Part {number}\u{9b}2J (#{number})");
        let content = format!("{number}\n");
        let file = format!("\"part-\\033[31m{number}\"");
        let at = format!("2026-01-0{number}T09:00:00Z");
        let mark = import.commit(branch, who, &at, &[(file.as_str(), content.as_str())], &title);
        import.point(&format!("refs/tags/p\u{9b}31m\u{202e}@1.{number}.0"), mark);
    }
    import.into(&repo);
    let env = env();
    let hostile = "r\u{1b}[31me\u{9b}po";
    let inside = env.repo().join(hostile);
    std::fs::create_dir(&inside).unwrap();
    let line = format!(
        "cp -r {}/. '{hostile}' && git -C '{hostile}' symbolic-ref HEAD '{branch}'",
        repo.path().display()
    );
    assert_eq!(env.shell(&line), "");
    std::fs::write(
        inside.join(".throughline.toml"),
        "\"\\u001b[31mx\" = 1\nmap.teams.\"\\u001b[2Jt\" = [\"*\"]\n",
    )
    .unwrap();
    let run =
        |args: &&[&str]| env.run_in(&inside, &[args, ["--color", "always"].as_slice()].concat());
    for args in COMMANDS {
        let shown = run(&args);
        assert_eq!(acts_on_a_terminal(&shown), None, "{args:?}: {shown:?}");
    }
    assert!(run(&COMMANDS[0]).contains("3 changes merged"));
    let text = "map.seed = \"\\u001b[2J\"\nmap.\"\\u001b[2J\" = 1";
    std::fs::write(inside.join(".throughline.toml"), text).unwrap();
    assert_eq!(acts_on_a_terminal(&run(&COMMANDS[0])), None);
    std::fs::write(inside.join(".throughline.toml"), "map.releases.tag_pattern = \"\\u001b[2J[\"")
        .unwrap();
    let shown = run(&COMMANDS[0]);
    assert!(shown.contains("[exit status: 2]"), "{shown}");
    assert_eq!(acts_on_a_terminal(&shown), None, "{shown:?}");
}

#[test]
fn absurd_values_are_refused_with_their_line() {
    let env = small_env();
    for (line, problem) in [
        ("map.window_days = 4294967295", "is `4294967295`, not between 1 and 36500 days"),
        ("map.window_days = 0", "is `0`, not between 1 and 36500 days"),
        ("map.rework_window_days = 4294967296", "is `4294967296`, not a whole number"),
        ("map.bootstrap_draws = 0", "is `0`, not between 100 and 100000"),
        ("map.bootstrap_draws = 4000000000", "is `4000000000`, not between 100 and 100000"),
        ("map.seed = -1", "is `-1`, not a whole number of 0 or more"),
        ("map.usage.frequent_share = nan", "is `nan`, not between 0 and `very_frequent_share`"),
        ("map.usage.very_frequent_share = inf", "is `inf`, not between 0 and 1"),
        ("map.privacy.floor_people = 0", "is `0`, below 5"),
        ("map.releases.exclude = \"x\"", "is the text \"x\", not a list"),
        ("map = \"x\"", "is the text \"x\", not a table"),
    ] {
        env.write(".throughline.toml", format!("# a comment\n{line}\n"));
        let shown = env.run(&["map"]);
        assert!(shown.contains("in `$REPO/.throughline.toml`, line 2,"), "{line}: {shown}");
        assert!(
            shown.contains(problem) && shown.ends_with("[exit status: 2]\n"),
            "{line}: {shown}"
        );
    }
    env.write(".throughline.toml", "map.releases.tag_pattern = \"[\"\n");
    let shown = env.run(&["map"]);
    assert!(shown.contains("mend the glob in `map.releases.tag_pattern`"), "{shown}");
    // The largest that are allowed are only large.
    let large = "[map]\nwindow_days = 36500\nfailure_window_days = 36500\nrework_window_days = 36500\n\
        open_request_days = 36500\nseed = 9223372036854775807\n";
    env.write(".throughline.toml", large);
    let shown = env.run(&["map"]);
    assert!(shown.contains("3 changes merged") && !shown.contains("stderr"), "{shown}");
}

#[test]
fn a_configuration_without_an_end_is_not_read() {
    let env = small_env();
    let read = "------- stderr -------\nerror: failed to read configuration file `$REPO/.throughline.toml`\n";
    for (line, cause) in [
        ("ln -s /dev/zero", "it is not a regular file"),
        ("mkfifo", "it is not a regular file"),
        ("mkdir", "it is not a regular file"),
        ("head -c 2000000 /dev/zero >", "it is larger than 1 MiB"),
    ] {
        env.shell(&format!("rm -rf .throughline.toml; {line} .throughline.toml"));
        let shown = env.shell("timeout 20 \"$THROUGHLINE\" map");
        assert_eq!(shown, format!("{read}caused by: {cause}\n[exit status: 3]\n"));
    }
}

#[test]
fn a_git_configuration_that_is_broken_is_named() {
    let env = env().with_copy_of(small().path());
    env.write(".git/config", "[core\n");
    let shown = env.run(&["map"]);
    assert!(shown.contains("error: failed to open the repository at `.`"), "{shown}");
    assert!(shown.ends_with("[exit status: 3]\n"), "{shown}");
    env.write(".git/config", "[core]\nrepositoryformatversion = 99\n");
    let shown = env.run(&["map"]);
    insta::assert_snapshot!(shown, @r"
    ------- stderr -------
    error: the repository at `.` uses the repository format version 99, which this program does not read
    [exit status: 3]
    ");
}
