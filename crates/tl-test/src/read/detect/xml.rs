//! Formats of XML, by their root element.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Format, Seen};

/// Elements behind the root that are looked at.
const LOOK: usize = 40;

/// What this XML is.
pub(super) fn look(text: &str) -> Seen {
    let mut reader = Reader::from_reader(text.as_bytes());
    reader.config_mut().allow_dangling_amp = true;
    reader.config_mut().check_end_names = false;
    let mut root: Option<String> = None;
    for _ in 0..LOOK {
        let tag = match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => tag,
            // Whatever follows a document type is refused: by the reader of the format, which
            // says so. JUnit's stands for all.
            Ok(Event::DocType(_)) => return Seen::Known(Format::Junit),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        let name = tag.local_name().as_ref().to_owned();
        match &root {
            None => {
                if let Some(format) = by_root(&name, &tag) {
                    return Seen::Known(format);
                }
                root = Some(name);
            }
            // `CTest` writes its builds and updates with the same root.
            Some(root) if root == "Site" => {
                return match name.as_str() {
                    "Testing" => Seen::Known(Format::Ctest),
                    _ => Seen::Other(format!("Site/{name}")),
                };
            }
            Some(_) => break,
        }
    }
    root.map_or(Seen::Text, Seen::Other)
}

fn by_root(name: &str, tag: &BytesStart<'_>) -> Option<Format> {
    let has = |wanted: &str| {
        tag.attributes().with_checks(false).flatten().any(|found| found.key.as_ref() == wanted)
    };
    Some(match name {
        "testsuites" | "testsuite" | "testcase" => Format::Junit,
        "TestRun" => Format::Trx,
        "test-run" => Format::Nunit3,
        "test-results" => Format::Nunit2,
        // Some runners write a suite without the run around it.
        "test-suite" if has("result") || has("success") => Format::Nunit3,
        "assemblies" | "assembly" => Format::Xunit,
        "robot" => Format::Robot,
        "Result" if has("suite_plan") || has("suite_name") => Format::Cts,
        _ => return None,
    })
}
