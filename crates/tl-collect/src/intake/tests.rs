//! What a user sees of an input: events in short, and every problem with its line.

mod formats;
mod laws;
mod shapes;

use tl_core::time::{OffsetMinutes, Timestamp};

use super::*;

fn options() -> Options {
    let received = Timestamp::parse("2026-06-01T00:00:00Z").unwrap();
    Options { received, ..Options::default() }
}

fn read(text: impl AsRef<[u8]>) -> Batch {
    read_all("in", text.as_ref(), options())
}

/// One event a line: `line at kind source key subject {refs} data`, then the problems.
fn shown(batch: &Batch) -> String {
    let mut lines = Vec::new();
    for (event, line) in batch.events.iter().zip(&batch.lines) {
        let refs: Vec<String> = event.refs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let by = event.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        lines.push(format!(
            "{line}: {} {} {} {} {}{by} [{}] {}",
            event.at,
            event.kind,
            event.source,
            event.key,
            event.subject,
            refs.join(" "),
            tl_core::ordered::Ordered(&event.data)
        ));
    }
    for problem in &batch.problems {
        let mark = if problem.kept { "note" } else { "out" };
        lines.push(format!(
            "{mark} {}:{}: {} ({})",
            problem.file, problem.line, problem.what, problem.mend
        ));
    }
    lines.join("\n")
}

/// A neutral event with a few fields replaced.
fn neutral(id: &str, at: &str) -> String {
    format!(
        "{{\"v\":1,\"id\":\"{id}\",\"type\":\"change.merged\",\"at\":\"{at}\",\"source\":\"ours\",\
         \"subject\":{{\"kind\":\"change\",\"key\":\"acme/api#12\"}}}}"
    )
}

#[test]
fn a_neutral_event_is_taken_with_our_names_for_what_it_concerns() {
    let batch = read(
        "{\"v\":1,\"id\":7,\"type\":\"deploy.finished\",\"at\":\"2026-03-01T13:00:00+01:00\",\
         \"source\":\"ours\",\"subject\":{\"kind\":\"deploy\",\"key\":\"d1\"},\"actor\":\"ana\",\
         \"refs\":{\"sha\":\"abc\",\"env\":\"production\",\"service\":\"api\",\"ticket\":null},\
         \"data\":{\"outcome\":\"success\"}}\n\
         {\"v\":1,\"id\":\"8\",\"type\":\"change.approved\",\"at\":\"2026-03-01T12:00:00Z\",\
         \"source\":\"ours\",\"subject\":{\"kind\":\"change\",\"key\":\"acme/api#12\"}}\n",
    );
    insta::assert_snapshot!(shown(&batch), @r#"
    1: 2026-03-01T12:00:00Z deploy.finished ours 7 deployment:d1 by ana [commit=abc deployment=d1 environment=production service=api] {"outcome":"success"}
    2: 2026-03-01T12:00:00Z change.review ours 8 change:acme/api#12 [change=acme/api#12] {"verdict":"approved"}
    "#);
}

#[test]
fn each_bad_record_is_reported_with_its_line_and_the_rest_goes_in() {
    let good = neutral("good", "2026-03-01T12:00:00Z");
    let lines = [
        good.clone(),
        "{\"v\":1,\"id\":\"cut".to_owned(),
        neutral("a", "2026-03-01T12:00:00"),
        neutral("b", "2026-03-01"),
        neutral("c", "1st of March"),
        neutral("d", "2026-03-01T12:00:00Z").replace("\"v\":1", "\"v\":2"),
        neutral("e", "2026-03-01T12:00:00Z").replace("change.merged", "coffee.brewed"),
        neutral("f", "2026-03-01T12:00:00Z").replace("change.merged", "Coffee"),
        neutral("g", "2026-03-01T12:00:00Z").replace("\"id\":\"g\",", ""),
        neutral("h", "2026-03-01T12:00:00Z").replace("\"v\":1", "\"v\":1,\"colour\":\"red\""),
        neutral("i", "2026-03-01T12:00:00Z").replace("}}", "},\"data\":{\"base\":7}}"),
        neutral("j", "2026-06-01T01:00:00Z"),
        neutral("k", "2026-06-01T01:00:00Z"),
        neutral("l", "2026-03-01T12:00:00Z").replace(
            "}}",
            "},\"data\":{\"started\":\"2026-03-01T12:00:00Z\",\"finished\":\"2026-03-01T11:00:00Z\"}}",
        ),
        "[1, 2]".to_owned(),
        "[".repeat(300),
        String::new(),
        good,
    ];
    let batch = read(lines.join("\n"));
    insta::assert_snapshot!(shown(&batch), @r#"
    1: 2026-03-01T12:00:00Z change.merged ours good change:acme/api#12 [change=acme/api#12] null
    7: 2026-03-01T12:00:00Z coffee.brewed ours e change:acme/api#12 [change=acme/api#12] null
    10: 2026-03-01T12:00:00Z change.merged ours h change:acme/api#12 [change=acme/api#12] null
    12: 2026-06-01T01:00:00Z change.merged ours j change:acme/api#12 [change=acme/api#12] null
    13: 2026-06-01T01:00:00Z change.merged ours k change:acme/api#12 [change=acme/api#12] null
    14: 2026-03-01T12:00:00Z change.merged ours l change:acme/api#12 [change=acme/api#12] {"finished":"2026-03-01T11:00:00Z","started":"2026-03-01T12:00:00Z"}
    18: 2026-03-01T12:00:00Z change.merged ours good change:acme/api#12 [change=acme/api#12] null
    out in:2: `{"v":1,"id":"cut` is not JSON: EOF while parsing a string at line 1 column 16 (write one JSON value a line, or an array of them)
    out in:3: the date `2026-03-01T12:00:00` has no zone (write its offset, such as `+01:00`, or name it with `--assume-offset`)
    out in:4: the date `2026-03-01` has no zone (write its offset, such as `+01:00`, or name it with `--assume-offset`)
    out in:5: `1st of March` is not a date such as `2026-03-01T12:00:00Z` (write instants as RFC 3339)
    out in:6: event version 2 is not 1, the one that is read (write `"v": 1`, or use a newer throughline)
    note in:7: `coffee.brewed` is no kind of event that is measured (it is stored; see `docs/collect-files.md` for the kinds)
    out in:8: event kind `Coffee` does not read like `change.merged` (names have 1 to 512 bytes, kinds read `thing.happened`)
    out in:9: an event without `id` (give every event id, type, at, source and subject)
    note in:10: `colour` is no field of an event and is not kept (put it under `data`)
    out in:11: `data` of a change.merged cannot be read: invalid type: integer `7`, expected a string (see `docs/collect-files.md`)
    note in:12: the clock of `ours` is ahead by 60 min (set its clock; later events of this source are not reported)
    note in:14: `finished` is 60 min before `started` (mend the instants in `data`; the span counts as none)
    out in:15: `1` is no record (write one JSON object a line, or an array of them)
    out in:15: `2` is no record (write one JSON object a line, or an array of them)
    out in:16: `[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...` is not JSON: recursion limit exceeded at line 1 column 128 (write one JSON value a line, or an array of them)
    "#);
}

#[test]
fn dates_without_zone_are_read_where_a_zone_is_given() {
    let options = Options { assume_offset: Some(OffsetMinutes(120)), ..options() };
    let batch = read_all("in", neutral("a", "2026-03-01T12:00:00").as_bytes(), options);
    assert_eq!(batch.problems, []);
    assert_eq!(batch.events[0].at.to_string(), "2026-03-01T10:00:00Z");
}

#[test]
fn an_input_that_was_cut_off_loses_its_last_record_only() {
    let whole = [neutral("a", "2026-03-01T12:00:00Z"), neutral("b", "2026-03-01T12:00:00Z")];
    let text = whole.join("\n");
    let batch = read(&text[..text.len() - 20]);
    assert_eq!(batch.events.len(), 1);
    insta::assert_snapshot!(shown(&batch).lines().last().unwrap(), @r#"out in:2: the input ends in the middle of a record (export it again: it was cut off)"#);
    let array = format!("[\n{},\n{}", whole[0], &whole[1][..40]);
    insta::assert_snapshot!(shown(&read(array)), @r#"
    2: 2026-03-01T12:00:00Z change.merged ours a change:acme/api#12 [change=acme/api#12] null
    out in:3: the input ends in the middle of a value (export it again: it was cut off)
    "#);
}

#[test]
fn wrong_encodings_are_decoded_or_reported() {
    let said = neutral("größe", "2026-03-01T12:00:00Z") + "\n";
    let utf_8 = read(&said);
    assert_eq!(utf_8.events.len(), 1);
    assert_eq!(read([b"\xEF\xBB\xBF", said.as_bytes()].concat()), utf_8);
    let utf_16: Vec<u8> = said.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read([b"\xFF\xFE", utf_16.as_slice()].concat()), utf_8);
    let latin_1: Vec<u8> = said.chars().map(|letter| letter as u8).collect();
    let batch = read([&latin_1[..], neutral("b", "2026-03-01T12:00:00Z").as_bytes()].concat());
    assert_eq!(batch.events.len(), 1, "the line that is ASCII goes in");
    insta::assert_snapshot!(shown(&batch).lines().last().unwrap(), @r#"out in:1: the text is not UTF-8 (convert it, such as with `iconv -f ISO-8859-1 -t UTF-8`)"#);
    insta::assert_snapshot!(shown(&read(b"\x1F\x8B\x08\0\0")), @r#"out in:1: the input is compressed (unpack it with `gunzip` first)"#);
    insta::assert_snapshot!(shown(&read(b"\x7FELF\x02\x01\nmore")), @r#"out in:1: the input begins like none of the formats that are known (name the format with `--format`)"#);
    assert_eq!(read(b" \n\n"), Batch::default());
}

/// A reader that says one line of a gigabyte between two records, without holding it.
struct Gigabyte {
    parts: Vec<(Vec<u8>, usize)>,
}

impl io::Read for Gigabyte {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some((bytes, times)) = self.parts.first_mut() else { return Ok(0) };
        let count = bytes.len().min(to.len());
        to[..count].copy_from_slice(&bytes[..count]);
        assert!(count == bytes.len(), "parts fit the buffer");
        *times -= 1;
        if *times == 0 {
            self.parts.remove(0);
        }
        Ok(count)
    }
}

#[test]
fn a_line_of_a_gigabyte_is_skipped_and_the_rest_goes_in() {
    let good = |id| (format!("{}\n", neutral(id, "2026-03-01T12:00:00Z")).into_bytes(), 1);
    let long = (vec![b'x'; 1 << 16], 1 << 14);
    let parts =
        vec![good("a"), (b"{\"v\":\"".to_vec(), 1), long, (b"\"}\n".to_vec(), 1), good("b")];
    let reader = io::BufReader::with_capacity(1 << 16, Gigabyte { parts });
    let mut intake = Intake::open("in", reader, options()).unwrap();
    let batch = intake.next_batch().unwrap().unwrap();
    assert_eq!(batch.lines, [1, 3]);
    insta::assert_snapshot!(shown(&batch).lines().last().unwrap(), @r#"out in:2: a line of 1073741832 bytes, over the limit of 16 MiB (split it into records)"#);
    assert_eq!(intake.next_batch().unwrap(), None);
}

#[test]
fn what_the_ledger_exports_comes_back_unchanged() {
    let batch = read(neutral("a", "2026-03-01T12:00:00.123Z"));
    let stored = serde_json::to_string(&batch.events[0]).unwrap();
    assert_eq!(read(&stored).events, batch.events);
    let golden = include_str!("../../../tl-core/golden/event-v1.json");
    let event: Event = serde_json::from_str(golden).unwrap();
    let back = read(golden);
    assert_eq!(back.problems, []);
    assert_eq!(back.events, [event]);
}
