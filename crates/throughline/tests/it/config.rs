//! Configuration: what wins, what is wrong, what nobody reads.

use crate::env_with_empty_repository;

#[test]
fn an_unknown_key_warns_and_the_rest_counts() {
    let env = env_with_empty_repository();
    env.write(".throughline.toml", "[map]\nwindows_days = 30\nseed = 7\n");
    let shown = env.run(&["config", "show"]);
    assert!(shown.contains("map.seed\t7\t$REPO/.throughline.toml\n"), "{shown}");
    let (_, stderr) = shown.split_once("------- stderr -------\n").unwrap();
    insta::assert_snapshot!(stderr, @"warning: unknown key `map.windows_days` in `$REPO/.throughline.toml`, line 2; did you mean `map.window_days`?");
}

#[test]
fn a_bad_value_names_file_line_key_and_mend() {
    let env = env_with_empty_repository();
    env.write(".throughline.toml", "[map]\nwindow_days = \"a year\"\n");
    insta::assert_snapshot!(env.run(&["config", "show"]), @r#"
    ------- stderr -------
    error: `map.window_days` in `$REPO/.throughline.toml`, line 2, is the text "a year", not a whole number of 0 or more
    hint: the default is `map.window_days = 365`; `throughline config defaults` explains each key
    [exit status: 2]
    "#);
}

#[test]
fn a_file_that_was_named_must_exist() {
    let env = env_with_empty_repository();
    insta::assert_snapshot!(env.run(&["config", "show", "--config", "mine.toml"]), @r"
    ------- stderr -------
    error: there is no file `mine.toml`
    hint: name a file that exists, or leave out `--config`
    [exit status: 2]
    ");
}

#[test]
fn variable_wins_over_project_and_project_over_user() {
    let env = env_with_empty_repository().var("TL_MAP_SEED", "3");
    env.write(".throughline.toml", "map.seed = 2\nmap.window_days = 20\n");
    env.write(
        "../home/.config/throughline/config.toml",
        "map.seed = 1\nmap.window_days = 10\nmap.bootstrap_draws = 1000\n",
    );
    let shown = env.run(&["config", "show"]);
    let set: Vec<&str> = shown.lines().filter(|line| !line.ends_with("\tdefault")).collect();
    insta::assert_snapshot!(set.join("\n"), @r"
    key	value	origin
    map.bootstrap_draws	1000	$HOME/.config/throughline/config.toml
    map.seed	3	TL_MAP_SEED
    map.window_days	20	$REPO/.throughline.toml
    ");
}

#[test]
fn the_defaults_are_a_file_that_is_read_without_a_warning() {
    let env = env_with_empty_repository();
    env.write(".throughline.toml", env.run(&["config", "defaults"]));
    let shown = env.run(&["config", "show", "--json"]);
    assert!(shown.contains("\"schema\": \"config/v1\""), "{shown}");
    assert!(!shown.contains("stderr"), "{shown}");
}
