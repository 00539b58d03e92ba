use super::script::{Found, read};

fn found(path: &str, text: &str) -> Vec<Found> {
    read(path, text).into_iter().map(|(found, _)| found).collect()
}

#[test]
fn arguments_that_are_run_are_found_through_a_name() {
    let text = "def go(name):\n    line = f\"ls {name}\"\n    os.system(line)\n";
    assert_eq!(found("a.py", text), [Found::RunArguments]);
    let fixed = "def go(name):\n    os.system(\"ls\")\n    print(name)\n";
    assert_eq!(found("a.py", fixed), []);
}

#[test]
fn comments_and_documentation_are_no_code() {
    let text =
        "def go(cell):\n    \"\"\"Never eval(cell).\"\"\"\n    # eval(cell)\n    return cell\n";
    assert_eq!(found("a.py", text), []);
}

#[test]
fn a_hash_in_a_string_begins_no_comment() {
    let text = "def go(cell):\n    mark = \"#\"; return eval(cell)\n";
    assert_eq!(found("a.py", text), [Found::RunArguments]);
}

#[test]
fn places_are_those_of_the_file() {
    let text = "# eval\ndef go(cell):\n    return eval(cell)\n";
    let [(Found::RunArguments, range)] = &read("a.py", text)[..] else { panic!("one finding") };
    assert_eq!(&text[range.clone()].trim(), &"eval(cell");
}

#[test]
fn broken_files_are_read_to_their_end() {
    for text in [
        "def go(",
        "def go(a:\n eval(",
        "\"",
        "'''",
        "while True:",
        "x = f\"{",
        "def é(ü):\n eval(ü)",
    ] {
        read("a.py", text);
    }
}
