//! `throughline doctor`.

use crate::fixture::{delivery_env, small};
use crate::{env, env_with_empty_repository};

#[test]
fn an_empty_repository_is_told_what_is_missing() {
    insta::assert_snapshot!(env_with_empty_repository().run(&["doctor"]), @r"
    ok       repository  $REPO: work tree, SHA-1
    missing  notes       no notes of which lines AI tools wrote
                         hint: git fetch origin '+refs/notes/*:refs/notes/*'   (where the team records them)
    missing  mailmap     no .mailmap
                         hint: commit a `.mailmap` if people appear under several addresses
    missing  commits     the repository has no commit
                         there is nothing to measure yet
    ok       config      the defaults; no configuration file
    ok       ledger      $REPO/.throughline/ledger.db (made by the first `throughline map`)
    missing  sources     none configured
                         hint: name a forge, tracker, CI or pager in `[collect.sources]`, or read files: `throughline collect --from FILE`
    ok       network     used by `throughline collect` alone, for the sources of the configuration
    ok       output      no terminal, 100 columns, no colours
    ");
}

#[test]
fn broken_configuration_and_ledger_are_named_and_the_answer_is_no() {
    let env = env_with_empty_repository();
    env.write(".throughline.toml", "[map\n");
    env.write(
        ".throughline/ledger.db",
        "this is no database, however long it may be read".repeat(40),
    );
    let shown = env.run(&["doctor"]);
    let broken: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("broken")).collect();
    insta::assert_snapshot!(broken.join("\n"), @r"
    broken   config      configuration file `$REPO/.throughline.toml`, line 1: unclosed table, expected `]`
                         hint: `throughline config defaults` explains each key
    broken   ledger      failed to open ledger `$REPO/.throughline/ledger.db`: the file is damaged: error returned from database: (code: 26) file is not a database
                         hint: move the file away: what was read from git is read again, recorded events are not
    ok       network     used by `throughline collect` alone, for the sources of the configuration
    ok       output      no terminal, 100 columns, no colours
    [exit status: 1]
    ");
}

#[test]
fn doctor_makes_no_ledger() {
    let env = env_with_empty_repository();
    let shown = env.run(&["doctor", "--json"]);
    assert!(shown.contains("\"schema\": \"doctor/v1\""), "{shown}");
    assert!(!env.repo().join(".throughline").exists());
}

#[test]
fn a_repository_that_has_it_all_is_counted() {
    let env = delivery_env();
    env.run(&["map"]);
    let shown = env.run(&["doctor"]).replace(char::is_numeric, "N");
    insta::assert_snapshot!(shown, @r"
    ok       repository     $REPO: work tree, SHA-N
    ok       branch         main (checked out)
    ok       commits        NN reachable from branches, tags and request heads
    ok       branches       NN local
    ok       tags           N that lead to a commit
    ok       request-heads  NN heads of pull or merge requests
    missing  notes          no notes of which lines AI tools wrote
                            hint: git fetch origin '+refs/notes/*:refs/notes/*'   (where the team records them)
    missing  mailmap        no .mailmap
                            hint: commit a `.mailmap` if people appear under several addresses
    ok       config         the defaults; no configuration file
    ok       ledger         $REPO/.throughline/ledger.db: N.N MB, N events
    missing  sources        none configured
                            hint: name a forge, tracker, CI or pager in `[collect.sources]`, or read files: `throughline collect --from FILE`
    missing  boundary tN    ticket opened: N of NN changes of the window
                            the others: NN no tickets were collected
    missing  boundary tN    work started: N of NN changes of the window
                            the others: NN no tickets were collected
    ok       boundary tN    first commit: NN of NN changes of the window
    missing  boundary tN    request opened: N of NN changes of the window
                            the others: NN no requests were collected; N pushed without a request
    ok       boundary tNr   last push: NN of NN changes of the window
    missing  boundary tNr   ready for review: N of NN changes of the window
                            the others: NN no requests were collected; N pushed without a request
    missing  boundary tN    first review: N of NN changes of the window
                            the others: NN no requests were collected; N pushed without a request
    missing  boundary tN    approved: N of NN changes of the window
                            the others: NN no requests were collected; N pushed without a request
    ok       boundary tN    merge: NN of NN changes of the window
    ok       boundary tN    first release: NN of NN changes of the window
                            the others: N in the earliest known release, or before; N not released
    ok       network        used by `throughline collect` alone, for the sources of the configuration
    ok       output         no terminal, NNN columns, no colours
    ");
}

#[test]
fn what_a_shallow_clone_without_tags_lacks_is_said_with_its_mend() {
    let env = env();
    let from = small().path().display();
    assert_eq!(env.shell(&format!("git clone -q --depth 2 --no-tags file://{from} .")), "");
    let shown = env.run(&["doctor"]);
    for (state, name, mend) in [
        ("missing", "shallow", "git fetch --unshallow"),
        ("missing", "no-tags", "git fetch --tags"),
        ("missing", "no-request-heads", "git fetch origin '+refs/pull/*/head:refs/pull/*/head'"),
    ] {
        let rest = shown.split_once(&format!("{state}  {name} ")).map(|(_, rest)| rest);
        let rest = rest.unwrap_or_else(|| panic!("{name}: {shown}"));
        let hint = rest.split("hint: ").nth(1).unwrap_or_default();
        assert!(hint.starts_with(mend), "{name}: {hint}");
    }
    assert!(!shown.contains("exit status"), "what is missing is no failure: {shown}");
}
