//! Which format a report of coverage is in, by its content: never by the name of its file.
//!
//! In: the first bytes, 64 KiB are plenty. Out: the [`Format`], or none. Start at [`detect`].

use quick_xml::Reader;
use quick_xml::events::Event;

use super::Format;
use crate::read::detect::{decoded, keys};

/// Elements, declarations and texts that are looked at.
const LOOK: usize = 60;

/// Lines that are looked at.
const LINES: usize = 40;

/// The format of a report that begins with these bytes.
pub fn detect(head: &[u8]) -> Option<Format> {
    let head = decoded(head);
    let text = head.trim_ascii_start();
    if text.starts_with('<') {
        return xml(text);
    }
    if text.starts_with('{') {
        return json(text);
    }
    text.lines().take(LINES).find_map(line)
}

fn xml(text: &str) -> Option<Format> {
    let mut reader = Reader::from_reader(text.as_bytes());
    reader.config_mut().allow_dangling_amp = true;
    reader.config_mut().check_end_names = false;
    let mut root = None;
    for _ in 0..LOOK {
        let tag = match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => tag,
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        let name = tag.local_name().as_ref().to_owned();
        let has = |wanted: &[&str]| {
            let mut keys = tag.attributes();
            keys.with_checks(false).flatten().any(|found| wanted.contains(&found.key.as_ref()))
        };
        match (root, name.as_str()) {
            (None, "coverage") if has(&["clover", "generated"]) => return Some(Format::Clover),
            (None, "coverage") if has(&["line-rate", "lines-valid"]) => {
                return Some(Format::Cobertura);
            }
            (None, "coverage") => root = Some("coverage"),
            (None, "report") => root = Some("report"),
            (Some("coverage"), "project") => return Some(Format::Clover),
            (Some("coverage"), "sources" | "packages") => return Some(Format::Cobertura),
            (Some("report"), "sessioninfo" | "group" | "package" | "counter") => {
                return Some(Format::Jacoco);
            }
            _ => return None,
        }
    }
    None
}

fn json(text: &str) -> Option<Format> {
    let keys = keys(text);
    if keys.has("data[].files") || keys.has("data[].functions") {
        return Some(Format::LlvmCov);
    }
    if keys.has("files") && (keys.has("meta.version") || keys.has("meta.format")) {
        return Some(Format::CoveragePy);
    }
    let istanbul = |path: &str| path.ends_with(".statementMap");
    keys.any(istanbul).then_some(Format::Istanbul)
}

fn line(line: &str) -> Option<Format> {
    let line = line.trim();
    if ["mode: set", "mode: count", "mode: atomic"].contains(&line) {
        return Some(Format::GoCover);
    }
    (line.starts_with("TN:") || line.starts_with("SF:")).then_some(Format::Lcov)
}
