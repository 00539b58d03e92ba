//! Documentation that must keep up: a section for each measure, a note for what is unreleased.
//!
//! In: the files. Out: complaints.

use crate::tidy::workspace::File;

const MEASURES_DIR: &str = "crates/tl-map/src/measure/";
const MEASURES_PAGE: &str = "docs/measures.md";
const NOTES_DIR: &str = "changes/unreleased/";

/// Complains of measures without a section and of missing change notes.
pub(crate) fn check(files: &[File]) -> Vec<String> {
    let mut complaints = measures(files);
    complaints.extend(notes(files));
    complaints
}

/// Every `id: "lead-time"` in a measure's file needs a heading of [`MEASURES_PAGE`] that names it.
fn measures(files: &[File]) -> Vec<String> {
    let page = files.iter().find(|file| file.path == MEASURES_PAGE);
    let headings: Vec<&str> = page
        .into_iter()
        .flat_map(|page| page.text.lines())
        .filter(|line| line.starts_with("##"))
        .collect();
    let sources = files.iter().filter(|file| file.path.starts_with(MEASURES_DIR));
    let ids: Vec<(&str, &str)> =
        sources.flat_map(|file| ids(file).map(|id| (file.path.as_str(), id))).collect();
    if ids.is_empty() {
        return vec![format!("{MEASURES_DIR}: no measure found, so their pages go unchecked")];
    }
    let named = |id: &str| {
        let in_backticks = format!("`{id}`");
        headings.iter().any(|heading| heading.contains(&in_backticks))
    };
    ids.iter()
        .filter(|(_, id)| !named(id))
        .map(|(path, id)| {
            format!("{path}: measure `{id}` has no `## ... `{id}`` heading in {MEASURES_PAGE}")
        })
        .collect()
}

/// The id of a `MeasureDoc` stands alone on its line; `id: "x".to_owned()` is something else.
fn ids(file: &File) -> impl Iterator<Item = &str> {
    file.production_lines()
        .filter_map(|(_, line)| line.trim().strip_prefix("id: \"")?.strip_suffix("\","))
}

fn notes(files: &[File]) -> Option<String> {
    let is_note =
        |file: &File| file.path.strip_prefix(NOTES_DIR).is_some_and(|name| name.ends_with(".md"));
    let empty = !files.iter().any(is_note);
    empty.then(|| format!("{NOTES_DIR}: no change note; see changes/README.md"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::file;

    const MEASURE: &str =
        "//! x\npub static DOC: MeasureDoc = MeasureDoc {\n    id: \"funnel\",\n};\n";

    #[test]
    fn a_measure_without_a_section_is_found() {
        let source = file("crates/tl-map/src/measure/funnel.rs", MEASURE);
        let page = file(MEASURES_PAGE, "## Batch size: `batch-size`\n\nUnlike `funnel`.\n");
        assert_eq!(measures(&[source.clone(), page]).len(), 1);
        let page = file(MEASURES_PAGE, "## Funnel (`funnel`)\n");
        assert_eq!(measures(&[source, page]), Vec::<String>::new());
    }

    #[test]
    fn the_id_of_a_row_is_not_the_id_of_a_measure() {
        let source = file("crates/tl-map/src/measure/a.rs", "id: \"total\".to_owned(),\n");
        assert_eq!(ids(&source).count(), 0);
    }

    #[test]
    fn a_check_that_finds_no_measure_says_so() {
        assert_eq!(measures(&[file(MEASURES_PAGE, "## `funnel`\n")]).len(), 1);
    }

    #[test]
    fn an_empty_directory_of_notes_is_found() {
        assert!(notes(&[file("changes/unreleased/.gitkeep", "")]).is_some());
        assert_eq!(notes(&[file("changes/unreleased/0002-map.md", "x")]), None);
    }
}
