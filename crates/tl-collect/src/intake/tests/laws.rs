//! What holds for every input.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn set(batch: &Batch) -> BTreeSet<String> {
    batch.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect()
}

/// Records of all forms, good and bad, as lines.
fn pool() -> Vec<String> {
    let mut pool: Vec<String> = (0..4)
        .map(|n| neutral(&format!("n{n}"), &format!("2026-03-0{}T12:00:00Z", n + 1)))
        .collect();
    pool.extend([
        neutral("zoneless", "2026-03-01T12:00:00"),
        neutral("ahead", "2027-01-01T00:00:00Z"),
        neutral("cut", "2026-03-01T12:00:00Z")[..50].to_owned(),
        "{\"context\":{\"specversion\":\"0.5.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\
         \"dev.cdevents.change.merged.0.3.0\",\"timestamp\":\"2026-03-01T12:00:00Z\"},\
         \"subject\":{\"id\":\"7\",\"content\":{\"repository\":{\"id\":\"acme/api\"}}}}"
            .to_owned(),
        "{\"day\":\"2026-03-01\",\"user_login\":\"ana\",\"code_generation_activity_count\":1}"
            .to_owned(),
        "{\"hello\":\"world\"}".to_owned(),
    ]);
    pool
}

proptest! {
    /// Order and repetition of records change nothing in the set of events.
    #[test]
    fn order_and_duplicates_of_lines_change_no_event(
        order in Just((0..pool().len()).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..pool().len(), 0..8),
    ) {
        let pool = pool();
        let lines = |order: &[usize]| -> String {
            order.iter().map(|index| pool[*index].clone() + "\n").collect()
        };
        let first = read(lines(&(0..pool.len()).collect::<Vec<_>>()));
        let other = read(lines(&[order, again].concat()));
        prop_assert_eq!(set(&first), set(&other));
    }

    /// Any bytes are read, in any format, and each event has its line.
    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        format in 0..12_usize,
    ) {
        let names = ["json", "csv", "events", "events-csv", "cdevents", "claude-code", "copilot",
            "junit", "survey-csv", "incidents-csv", "jira-csv", "github"];
        let format = Some(names[format].parse().unwrap());
        for format in [None, format] {
            let batch = read_all("in", &bytes, Options { format, ..options() });
            prop_assert_eq!(batch.events.len(), batch.lines.len());
        }
    }

    /// Records with a few bytes changed are read or reported, whatever the pieces they come in.
    #[test]
    fn damaged_records_are_read_the_same_in_any_pieces(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        size in 1..64_usize,
        array in any::<bool>(),
    ) {
        let mut text = pool().join(if array { ",\n" } else { "\n" }).into_bytes();
        if array {
            text.insert(0, b'[');
        }
        for (at, byte) in cuts {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let whole = read(&text);
        let pieces = io::BufReader::with_capacity(size, text.as_slice());
        let mut intake = Intake::open("in", pieces, options()).unwrap();
        let mut all = Batch::default();
        while let Some(batch) = intake.next_batch().unwrap() {
            all.events.extend(batch.events);
            all.lines.extend(batch.lines);
            all.letters += batch.letters;
            all.problems.extend(batch.problems);
        }
        prop_assert_eq!(whole, all);
    }
}
