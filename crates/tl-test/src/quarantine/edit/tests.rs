//! What people wrote stays where it is.

use proptest::prelude::*;

use super::*;
use crate::simulate::quarantined;

fn entry(name: &str) -> Quarantined {
    let id = format!(
        "{:024x}",
        name.bytes().fold(1_u128, |sum, byte| sum * 31 + u128::from(byte)) % (1 << 90)
    );
    let mut entry = quarantined(&id, name, "b41d93c2aa07e5f1");
    entry.evidence.divergent = vec!["3f1c9aa0d2".to_owned()];
    entry.evidence.waits = 1;
    entry
}

/// The same but for the lines.
fn same(a: &Quarantined, b: &Quarantined) -> bool {
    Quarantined { line: 0, ..a.clone() } == Quarantined { line: 0, ..b.clone() }
}

#[test]
fn the_first_entry_makes_a_file() {
    let text = add("", &entry("adds"), "seen on main since the new pool\n[[test]]").unwrap();
    assert_eq!(
        text,
        format!(
            r#"schema = "quarantine/v1"

# seen on main since the new pool [[test]]
[[test]]
id = "{}"
name = "adds"
signatures = ["b41d93c2aa07e5f1"]
owner = "ana"
issue = "acme/api#412"
since = "2026-11-03"
expires = "2026-12-03"
clean_runs = 298
[test.evidence]
class = "flaky"
fails = 9
runs = 412
interval = [0.012, 0.036]
divergent = ["3f1c9aa0d2"]
waits = 1
"#,
            entry("adds").id
        )
    );
    let read = parse(&text).unwrap();
    assert!(same(&read.tests[0], &entry("adds")));
    assert_eq!(read.tests[0].line, 4);
}

#[test]
fn entries_stand_by_name_and_come_and_go_without_a_trace() {
    let mut text = String::new();
    for name in ["m", "z", "a", "q"] {
        text = add(&text, &entry(name), "").unwrap();
    }
    let names: Vec<String> =
        parse(&text).unwrap().tests.into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["a", "m", "q", "z"]);
    for name in ["b", "0", "zz"] {
        let more = add(&text, &entry(name), "ana will look").unwrap();
        assert_eq!(release(&more, &entry(name).id, "").unwrap(), text, "{name}");
    }
}

#[test]
fn comments_of_people_stay_with_what_they_are_about() {
    let mut text = String::from(
        "# Ours. Ask ana before you add to it.\nschema = \"quarantine/v1\" # v2 one day\n\n[cap]\ndays = 30   # a sprint\n",
    );
    for name in ["m", "z"] {
        text = add(&text, &entry(name), "").unwrap();
    }
    let text = text.replacen("[[test]]", "# --- orders ---\n\n# bo is on it\n[[test]]", 1);
    let text =
        format!("{}\n# the end\n", text.replacen("owner = \"ana\"", "owner = 'ana' # or bo", 1));
    let more = add(&text, &entry("n"), "").unwrap();
    for line in text.lines() {
        assert!(more.contains(line), "{line}");
    }
    let fewer = release(&more, &entry("m").id, "").unwrap();
    for stays in ["# Ours.", "# v2 one day", "# a sprint", "# --- orders ---", "# the end"] {
        assert!(fewer.contains(stays), "{stays}\n{fewer}");
    }
    for goes in ["# bo is on it", "# or bo"] {
        assert!(!fewer.contains(goes), "{goes}\n{fewer}");
    }
    let names: Vec<String> =
        parse(&fewer).unwrap().tests.into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["n", "z"]);
}

#[test]
fn a_comment_that_the_file_begins_with_stays() {
    let entry = entry("a");
    let text = add("", &entry, "").unwrap();
    let text = format!("# Ours.\n{text}");
    assert!(release(&text, &entry.id, "").unwrap().starts_with("# Ours.\nschema"));
}

#[test]
fn what_cannot_be_changed_is_told() {
    let there = add("", &entry("a"), "").unwrap();
    let id = entry("a").id;
    assert_eq!(add(&there, &entry("a"), ""), Err(EditError::There { id: id.clone(), line: 3 }));
    assert_eq!(release(&there, &entry("b").id, ""), Err(EditError::Absent { id: entry("b").id }));
    assert_eq!(release(&there, &id, "os=linux"), Err(EditError::Absent { id }));
    let bad = Quarantined { owner: String::new(), ..entry("b") };
    assert!(matches!(add(&there, &bad, ""), Err(EditError::File(_))));
    let inline = there.replace(
        "[[test]]\n",
        "[[test]]\nevidence = { class = \"flaky\", fails = 1, runs = 2, interval = [0, 1] }\n",
    );
    let inline = inline.split("[test.evidence]").next().unwrap().to_owned();
    assert!(release(&inline, &entry("a").id, "").is_ok(), "{inline}");
    let array = "schema = \"quarantine/v1\"\ntest = []\n";
    assert!(add(array, &entry("a"), "").is_err());
}

#[test]
fn an_entry_in_pieces_is_left_to_people() {
    let text = add("", &entry("a"), "").unwrap();
    let torn = text.replace("[test.evidence]", "[cap]\ndays = 31\n[test.evidence]");
    assert_eq!(parse(&torn).unwrap().cap.days, 31);
    assert_eq!(release(&torn, &entry("a").id, ""), Err(EditError::Inline));
    // Behind it there is room.
    assert!(add(&torn, &entry("z"), "").is_ok());
}

#[test]
fn lines_may_end_as_on_windows() {
    let text = add("", &entry("a"), "").unwrap();
    let windows = add(&text, &entry("z"), "").unwrap().replace('\n', "\r\n");
    let more = add(&windows, &entry("m"), "").unwrap();
    assert_eq!(parse(&more).unwrap().tests.len(), 3);
    let fewer = release(&more, &entry("m").id, "").unwrap();
    assert_eq!(fewer, windows);
}

proptest! {
    /// Any names, in any order: the file says what was put in, and gives it all back.
    #[test]
    fn what_goes_in_comes_out(names in proptest::collection::hash_set("[ -~é\n\u{1b}\"\\\\]{1,12}", 1..6)) {
        let names: Vec<String> = names.into_iter().filter(|name| !name.trim().is_empty() && name.chars().any(|c| c > ' ' && c != '\u{1b}')).collect();
        let mut text = "schema = \"quarantine/v1\"\n".to_owned();
        for name in &names {
            text = add(&text, &entry(name), "").unwrap();
        }
        let read = parse(&text).unwrap();
        prop_assert_eq!(read.tests.len(), names.len());
        for name in &names {
            prop_assert!(read.tests.iter().any(|there| same(there, &entry(name))));
        }
        for name in &names {
            text = release(&text, &entry(name).id, "").unwrap();
        }
        prop_assert_eq!(text, "schema = \"quarantine/v1\"\n");
    }
}
