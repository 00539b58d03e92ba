//! What a test is called in reports of coverage, and in those of results.
//!
//! In: a context such as `tests/test_add.py::TestAdd::test_two[1]|run`, or the names of a case. Out:
//! one spelling for both. Start at [`of_context`] and [`of_test`]. Nobody has agreed on it: what
//! does not come to the same spelling is not the same test, and is not guessed.

use tl_core::test::TestName;

/// The spellings of a test that coverage of it may have.
pub fn of_test(test: &TestName) -> Vec<String> {
    let file = of_context(&test.file);
    let suite = test.suite.iter().map(String::as_str).filter(|part| !part.is_empty());
    let inner = suite.chain([test.class.as_str(), test.name.as_str()]);
    let all: Vec<&str> = inner.filter(|part| !part.is_empty()).collect();
    let mut spellings = Vec::new();
    // The file may stand in the class already, and the suite may be the tool's own.
    for from in 0..all.len() {
        let names = dotted(&all[from..].join("."));
        if !file.is_empty() && !names.starts_with(&file) {
            spellings.push(format!("{file}.{names}"));
        }
        spellings.push(names);
    }
    spellings.sort();
    spellings.dedup();
    spellings
}

/// The spelling of a test that a report of coverage names.
pub fn of_context(context: &str) -> String {
    // pytest-cov adds the phase.
    let name =
        ["|run", "|setup", "|teardown"].into_iter().find_map(|end| context.strip_suffix(end));
    dotted(name.unwrap_or(context))
}

/// Files, classes and names with points between them.
fn dotted(text: &str) -> String {
    let (path, parameters) = match text.find('[') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let path = path.strip_prefix("./").unwrap_or(path).replace(".py::", ".").replace("::", ".");
    let path = path.replace(['/', '\\', '$'], ".");
    let path = path.strip_suffix(".py").unwrap_or(&path);
    format!("{path}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(suite: &[&str], class: &str, name: &str, file: &str) -> TestName {
        let suite = suite.iter().map(|part| (*part).to_owned()).collect();
        TestName { suite, class: class.to_owned(), name: name.to_owned(), file: file.to_owned() }
    }

    #[test]
    fn reports_of_results_and_of_coverage_come_to_one_spelling() {
        let context = of_context("tests/test_add.py::TestAdd::test_two[a.b-1]|run");
        assert_eq!(context, "tests.test_add.TestAdd.test_two[a.b-1]");
        // As JUnit, with and without the file, and as pytest's own reports have it.
        for names in [
            test(&["pytest"], "tests.test_add.TestAdd", "test_two[a.b-1]", ""),
            test(&["pytest"], "tests.test_add.TestAdd", "test_two[a.b-1]", "tests/test_add.py"),
            test(&["TestAdd"], "", "test_two[a.b-1]", "tests/test_add.py"),
            test(&[], "TestAdd", "test_two[a.b-1]", "./tests/test_add.py"),
        ] {
            assert!(of_test(&names).contains(&context), "{names:?}: {:?}", of_test(&names));
        }
    }

    #[test]
    fn another_file_is_another_test() {
        let context = of_context("tests/unit/test_add.py::test_two");
        let other = test(&["pytest"], "tests.test_add", "test_two", "");
        assert!(!of_test(&other).contains(&context));
    }
}
