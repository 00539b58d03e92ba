use proptest::prelude::*;
use tl_core::history::{MentionForm, MessageLinks, Reference};

use super::*;

fn links(message: &str) -> MessageLinks {
    parse(message.as_bytes()).links.map(|links| *links).unwrap_or_default()
}

/// The references as text; a title as the one of `titles` that has its hash.
fn shown(references: &[Reference], titles: &[&str]) -> String {
    let show = |reference: &Reference| match reference {
        Reference::Commit(id) => id.clone(),
        Reference::Request(number) => format!("#{number}"),
        Reference::Title(hash) => titles
            .iter()
            .find(|title| title_hash(title) == *hash)
            .map_or_else(|| "unknown title".to_owned(), |title| format!("'{title}'")),
    };
    references.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn reverts(message: &str) -> String {
    let titles = ["Add X", "Revert \"Add X\"", "Revert^2 \"Add X\"", "feat: Add X", "Add…"];
    shown(&links(message).reverts, &titles)
}

fn mention(message: &str) -> String {
    let facts = parse(message.as_bytes());
    let branch = facts.links.and_then(|links| links.merged_branch);
    let number = facts.mention.map(|mention| match mention.by {
        MentionForm::Merge => format!("merge {}", mention.number),
        MentionForm::Suffix => format!("suffix {}", mention.number),
    });
    [number, branch].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

const SHA: &str = "26a9dd4b2125bc271b47855e1fa0c49af3365db5";

#[test]
fn title_hashes_never_change_because_they_are_cached() {
    assert_eq!(title_hash("Fix the build"), 0xe6e6_0d2e_f575_a387);
    assert_eq!(title_hash(""), 0);
    assert_eq!(title_hash("  "), 0);
    // FNV-1a of "a", from its authors' own test vectors.
    assert_eq!(title_hash("a"), 0xaf63_dc4c_8601_ec8c);
}

#[test]
fn a_title_is_the_same_without_request_numbers_and_white_space() {
    for same in ["Add  X (#1)", " Add X (#1) (#22)", "Add\tX", "Add X\r", "\n\nAdd X (#3)\n\nbody"]
    {
        assert_eq!(parse(same.as_bytes()).title, title_hash("Add X"), "{same}");
    }
    assert_eq!(title_hash("Revert \"Add X (#12)\" (#13)"), title_hash("Revert \"Add X\""));
    for other in ["Add X(#1)", "Add X (#)", "Add X (#1) y", "add X", "Add X\"", "(#1)"] {
        assert_ne!(title_hash(other), title_hash("Add X"), "{other}");
    }
}

#[test]
fn requests_are_found_in_the_words_of_each_forge_and_robot() {
    let cases = [
        ("Fix it (#12)", "suffix 12"),
        ("Fix it (#12) (#34)", "suffix 34"),
        ("Fix #12", ""),
        ("Fix it (#0)", ""),
        ("Fix it (#99999999999)", ""),
        ("Merge pull request #12 from acme/copilot/fix-12\n\nFix", "merge 12 copilot/fix-12"),
        ("Merge pull request acme/api#12 from acme/fix\n\nFix", "merge 12 fix"),
        ("Merge branch 'x' into 'main'\n\nFix\n\nSee merge request g/sub/p!12", "merge 12 x"),
        ("Merge branch 'x'", "x"),
        ("Merged in fix/y (pull request #12)\n\nFix", "merge 12 fix/y"),
        ("Merged PR 12: Fix it", "merge 12"),
        ("Auto merge of #12 - ana:branch, r=bo", "merge 12 branch"),
        ("Merge #12\n\n12: Fix it r=bo a=ana", "merge 12"),
        ("Merge #12 #13\n\n12: Fix", "merge 12"),
        ("Update git submodules\n\nChange-Id: I65a0cd722bf1b0d4", ""),
    ];
    for (message, expected) in cases {
        assert_eq!(mention(message), expected, "{message}");
    }
}

#[test]
fn reverts_by_title_name_the_title_and_its_request() {
    let cases = [
        ("Revert \"Add X\"", "'Add X'"),
        ("Revert \"Add X\" (#13)", "'Add X'"),
        ("Revert \"Add X (#12)\" (#13)", "#12 'Add X'"),
        ("Revert \"Add X (#12)\" (#13) (#14)", "#12 'Add X'"),
        ("[release/9.0] Revert \"Add X (#12)\" (#13)", "#12 'Add X'"),
        ("fix(api): revert \"Add X\"", "'Add X'"),
        ("git_backend: Revert \"Add X\"", "'Add X'"),
        ("Back out \"Add X\"", "'Add X'"),
        ("revert: Add X", "'Add X'"),
        ("revert: Add X (#12)", "'Add X'"),
        ("revert: feat: Add X (#12) (#13)", "#12 'feat: Add X'"),
        ("Revert: \"Add X\"", "'Add X'"),
        ("Revert \"Revert \"Add X\"\"", "'Revert \"Add X\"'"),
        ("Revert \"Revert \"Add X (#12)\" (#13)\" (#14)", "#13 'Revert \"Add X\"'"),
        ("Reapply \"Add X (#12)\" (#14)", "'Revert \"Add X\"'"),
        ("Reland \"Add X\"", "'Revert \"Add X\"'"),
        ("Revert^2 \"Add X\"", "'Revert \"Add X\"'"),
        ("Revert^3 \"Add X\"", "'Revert^2 \"Add X\"'"),
        ("Revert #12", "#12"),
        ("internal: Revert #12", "#12"),
        ("Revert PR #12 because of x", "#12"),
        ("Revert x from PR #12 (#13)", "#12"),
        ("Revert commit 26a9dd4b21", "26a9dd4b21"),
        ("backout of commit 26a9dd4b21", "26a9dd4b21"),
        ("Revert \"Merge pull request #12 from acme/x\"", "#12 unknown title"),
        ("Merge pull request #13 from acme/revert-12-x\n\nRevert \"Add X\"", "#12 'Add X'"),
        ("Merge pull request #13 from acme/x\n\nRevert \"Add X\"", "'Add X'"),
        ("Merge #13\n\n13: Revert \"Add X\" r=bo a=ana", "'Add X'"),
        ("Merged PR 13: Revert \"Add X\"", "'Add X'"),
        ("Revert \"Ad… (#13)\n\n…d X (#12)\"", "#12 'Add X'"),
    ];
    for (message, expected) in cases {
        assert_eq!(reverts(message), expected, "{message}");
    }
}

#[test]
fn titles_that_only_use_the_word_revert_point_at_nothing() {
    for message in [
        "Revert to the old layout (#13)",
        "Revert changes in the playground",
        "Reverted",
        "revert",
        "Add a revert button (#12)",
        "backout: add initial tests",
        "Reversal of fortune",
        "Explain Revert \"Add X\"",
        "Revert \"\"",
    ] {
        let found = reverts(message);
        assert!(found.is_empty() || found == "unknown title", "{message}: {found}");
        assert!(!found.contains('#'), "{message}: {found}");
    }
}

#[test]
fn reverts_by_line_name_commits_and_requests() {
    let cases = [
        (format!("x\n\nThis reverts commit {SHA}.\n"), SHA),
        (format!("x\n\nThis reverts commit\n{SHA}, reversing\nchanges made to 1234567."), SHA),
        ("x\n\nThis reverts commits 1234567 and 89abcde.".to_owned(), "1234567 89abcde"),
        (
            "x\n\nThis reverts commits 1234567,\n89abcde, and 0000001".to_owned(),
            "1234567 89abcde 0000001",
        ),
        ("x\n\nThis reverts commits:\n\n- 1234567\n- 89abcde\n".to_owned(), "1234567 89abcde"),
        (
            "x\n\nThis reverts commit 1234567.\n\nThis reverts commit 89abcde.".to_owned(),
            "1234567 89abcde",
        ),
        ("x\n\nThis reverts commit 1234567\n\n89abcde is fine".to_owned(), "1234567"),
        ("x\n\nThis reverts commit 12345678 (\"Add X\")".to_owned(), "12345678"),
        ("x\n\nThis reverts commit `1234567`".to_owned(), "1234567"),
        ("x\n\nThis reverts commit 1234567..89abcde".to_owned(), "89abcde"),
        ("x\n\nThis reverts merge request !12".to_owned(), "#12"),
        ("x\n\nReverts #12".to_owned(), "#12"),
        ("x\n\nThis reverts PR #12".to_owned(), "#12"),
        ("x\n\nReverts acme/api#12\n".to_owned(), "#12"),
        ("x\n\nThis reverts acme/other#12 because".to_owned(), ""),
        ("x\n\nReverts acme/other#12 (the tidy part)".to_owned(), ""),
        ("x\n\nana says that commit 1 reverts commit 1234567".to_owned(), ""),
        ("x\n\nThis reverts commit defaced by accident".to_owned(), ""),
        ("x\n\nThis reverts commit 123456".to_owned(), ""),
        ("Revert \"Add X\"\n\nThis reverts commit 1234567.".to_owned(), "1234567 'Add X'"),
    ];
    for (message, expected) in &cases {
        assert_eq!(reverts(message), *expected, "{message}");
    }
}

#[test]
fn quoted_messages_of_a_squash_are_counted_and_not_linked() {
    let squash = "Add Y (#9)\n\n* Add X\n\n* Revert \"Add X\"\n\nThis reverts commit 1234567.\n";
    assert_eq!(reverts(squash), "");
    assert!(links(squash).revert_line);
    let submodule = "Update git submodules\n\n* Update Y\n  - Revert \"Add X\"\n    \n    \
                     This reverts commit 1234567.\n";
    assert_eq!(reverts(submodule), "");
    let notes = "Use A\n\n- it is faster\n- it is safer\n\nThis reverts commit 1234567.\n";
    assert_eq!(reverts(notes), "1234567");
    let revert = "Revert \"Add X\" (#9)\n\n* Revert \"Add X\"\n\nThis reverts commit 1234567.\n";
    assert_eq!(reverts(revert), "1234567 'Add X'");
    assert!(!links("Revert \"Add X\"").revert_line);
}

#[test]
fn cherry_picks_keep_every_full_id() {
    let message = format!(
        "x\n\n(cherry picked from commit {SHA})\n(cherry picked from commit {})\n\
         (cherry picked from commit 1234567)\n(cherry picked from commit {SHA})\n",
        "ab".repeat(32)
    );
    let picked = links(&message).cherry_picked_from;
    insta::assert_snapshot!(picked.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @"
    26a9dd4b2125bc271b47855e1fa0c49af3365db5
    abababababababababababababababababababababababababababababababab
    ");
}

#[test]
fn fixes_and_follow_ups_point_at_commits_and_requests_but_not_at_tickets() {
    let cases = [
        ("x\n\nFixes: 26a9dd4b2125 (\"Add X\")", "26a9dd4b2125 'Add X'"),
        ("x\n\nFixes 26a9dd4", "26a9dd4"),
        ("x\n\nFixes: #12", ""),
        ("x\n\nFixes #12, which regressed", ""),
        ("x\n\nFollow-up to #12.", "#12"),
        ("Followup from #12 (#13)", "#12"),
        ("x\n\nThis is a follow up of PR #12", "#12"),
        ("x\n\nfollow-up to https://github.com/acme/api/pull/12#issuecomment-3", "#12"),
        ("x\n\nfollowup to 26a9dd4b", "26a9dd4b"),
        ("x\n\nFixes a regression introduced in #12", "#12"),
        ("x\n\nfixes regression caused by 26a9dd4b.", "26a9dd4b"),
        ("x\n\nIt was broken by commit 26a9dd4b", "26a9dd4b"),
        ("x\n\nRegressed in #12", "#12"),
        ("Fix a regression in (#12)", ""),
        ("Fix a regression in tool messages (#12)", ""),
        ("x\n\nregression tests for #12", ""),
        ("x\n\nbroken links", ""),
    ];
    for (message, expected) in cases {
        assert_eq!(shown(&links(message).fixes, &["Add X"]), expected, "{message}");
    }
}

#[test]
fn ticket_keys_are_not_standards_or_algorithms() {
    let cases = [
        ("ZOOKEEPER-4711: fix it", "ZOOKEEPER-4711"),
        ("[AB1-2] and (CD-3), EF-4.", "AB1-2 CD-3 EF-4"),
        ("CD-3 CD-3", "CD-3"),
        ("Merge pull request #1 from ana/x\n\nPROJ-7: fix", "PROJ-7"),
        ("Use UTF-8, SHA-256, CVE-2024-1234, RFC-7231, ISO-8601, X86-64", ""),
        ("zookeeper-1, A-1, xAB-1, AB-1x, AB-, AB-1.2, AB_CD-EF", ""),
    ];
    for (message, expected) in cases {
        assert_eq!(links(message).tickets.join(" "), expected, "{message}");
    }
}

#[test]
fn a_message_that_says_nothing_has_no_links() {
    assert_eq!(parse(b"").title, 0);
    assert_eq!(parse(b" \n\t\n"), MessageFacts::default());
    assert!(parse(b"Fix the build\n\nIt was red.\n").links.is_none());
}

#[test]
fn other_encodings_are_read_as_far_as_they_go() {
    let facts = parse(b"Gr\xfc\xdfe (#12)\n\nThis reverts commit 1234567\xff.\n");
    assert_eq!(facts.mention.map(|mention| mention.number), Some(12));
    assert_eq!(facts.title, title_hash("Gr\u{fffd}\u{fffd}e"));
}

#[test]
fn one_message_cannot_fill_the_memory() {
    let message: String = (0..10_000).map(|n| format!("This reverts commit {n:08}.\n")).collect();
    assert_eq!(links(&format!("x\n\n{message}")).reverts.len(), REFERENCE_LIMIT);
}

/// Fragments that make the parsers work, in any order.
fn message() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "Revert \"",
        "\"",
        " (#12)",
        "\n",
        "\r\n",
        "* ",
        "- ",
        "This reverts commit ",
        "1234567",
        ", ",
        " and ",
        "Merge pull request #",
        "12",
        " from a/b",
        "Fixes: ",
        "follow-up to #",
        "revert^",
        "…",
        "é",
        "Merge branch '",
        "'",
        "See merge request !",
        "..",
        "AB-1",
        "re",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Any bytes have a reading.
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        parse(&bytes);
    }

    /// Any order of what the parser looks for has a reading, and the end of the text is no part of it.
    #[test]
    fn a_newline_at_the_end_changes_nothing(message in message()) {
        let facts = parse(message.as_bytes());
        prop_assert_eq!(&facts, &parse(format!("{message}\n").as_bytes()));
    }

    /// Words in front of the suffix do not matter to it.
    #[test]
    fn every_request_number_is_read_back(number in 1u32.., title in "[a-z]{1,9}( [a-z]{1,9}){0,4}") {
        let facts = parse(format!("{title} (#{number})").as_bytes());
        prop_assert_eq!(facts.mention.map(|mention| mention.number), Some(number));
        prop_assert_eq!(facts.title, title_hash(&title));
    }
}

#[test]
fn a_merge_script_names_the_request_and_its_branch_in_the_body() {
    let facts = parse(b"API-7: fix it\n\nReviewers: bo\nAuthor: ana\nCloses #12 from ana/API-7\n");
    let mention = RequestMention { number: 12, by: MentionForm::Suffix };
    assert_eq!(facts.mention, Some(mention));
    assert_eq!(facts.links.unwrap().merged_branch.as_deref(), Some("API-7"));
    for ticket in
        ["fix\n\nCloses #12\n", "fix\n\nCloses #12 from the list\n", "fix\n\nencloses #12x"]
    {
        assert_eq!(parse(ticket.as_bytes()).mention, None, "{ticket}");
    }
}

#[test]
fn the_items_of_a_revert_name_what_it_reverts_and_those_of_other_changes_do_not() {
    let items = "\n\n* Revert \"Add a password (#12)\"\n\n* Reapply \"Move tests (#13)\"\n";
    let said = parse(format!("Revert the password change (#20){items}").as_bytes()).links.unwrap();
    let title = Reference::Title(title_hash("Add a password"));
    assert_eq!(said.reverts, [Reference::Request(12), title]);
    let tried = parse(format!("Add a token (#20){items}").as_bytes()).links;
    assert!(tried.is_none_or(|links| links.reverts.is_empty()));
}
