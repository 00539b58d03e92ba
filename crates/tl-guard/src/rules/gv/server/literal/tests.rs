use proptest::prelude::*;

use super::*;

fn of(text: &str, language: Language) -> Vec<String> {
    let at = text.find("§").unwrap();
    let text = text.replace('§', "");
    let read = Reader::new(&text, Some(language)).read(at);
    read.into_iter().map(|said| said.text.unwrap().0).collect()
}

#[test]
fn literals_that_are_one_text_are_read_as_one() {
    for text in [
        r#"§"Adds two " "numbers.""#,
        r#"§"Adds two " + "numbers.""#,
        "§(\n    \"Adds \"\n    # twice\n    \"two numbers.\"\n)",
        "§(\"Adds two numbers.\")",
        "§dedent(\"\"\"Adds two numbers.\"\"\")",
        "§inspect.cleandoc('''Adds two numbers.''').strip()",
        "§\"Adds \\\n two numbers.\"",
        r#"§f"Adds " rf'two ' "numbers.""#,
        r#"§" ".join(["Adds", "two", "numbers."])"#,
        "ABOUT = (\"Adds \"\n  \"two numbers.\")\nx(§ABOUT)",
        "ALL = {\"a\": 1, \"add\": \"Adds two numbers.\"}\nx(§ALL.add)",
        r#"§"\u0041dds\x20two numbers.""#,
    ] {
        let all = of(text, Language::Python).concat();
        assert_eq!(
            all.split_whitespace().collect::<Vec<_>>().join(" "),
            "Adds two numbers.",
            "{text}"
        );
    }
}

#[test]
fn what_a_script_puts_in_is_a_blank() {
    for (text, read) in [
        ("§`Adds ${a ? `b` : {c: 1}} numbers.`", "Adds   numbers."),
        ("§`Adds ${a} numbers.`", "Adds   numbers."),
        ("§\"Adds \" + name(\"x\", [1]) + \" numbers.\"", "Adds  numbers."),
        ("§dedent`Adds numbers.`", "Adds numbers."),
        ("§[\"Adds\", 'numbers.'].join(\" \")", "Adds numbers."),
        ("const D = { add: \"Adds numbers.\" };\nx(§D.add)", "Adds numbers."),
        ("const D: string =\n  \"Adds \" +\n  \"numbers.\";\nx(§D)", "Adds numbers."),
    ] {
        assert_eq!(of(text, Language::Script).concat(), read, "{text}");
    }
    assert_eq!(of("§3 + 4", Language::Script), [""; 0]);
}

#[test]
fn the_code_around_joined_texts_stays() {
    let text = "\"add\", { description: \"Adds \" +\n \"\\\"two\\\" numbers.\", schema: {} }";
    let said = joined(text, 0..text.len(), Language::Script).unwrap();
    let (read, map) = said.text.unwrap();
    assert_eq!(read, "\"add\", { description: \"Adds \"two\" numbers.\", schema: {} }");
    assert_eq!(map.raw(read.find("numbers").unwrap()), text.find("numbers").unwrap());
    assert!(joined("\"add\", \"Adds.\"", 0..14, Language::Go).is_none());
}

proptest! {
    /// Whatever stands there, every place of the text leads into the range that it was read from.
    #[test]
    fn any_text_is_read_and_leads_back(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("\""), Just("'"), Just("`"), Just("\"\"\""), Just("${"), Just("}"), Just("("), Just(")"),
                Just("["), Just("]"), Just("\"é\""), Just("\"a\""), Just(" + "), Just("\\"), Just("\\u00e9"),
                Just("\\ud83d\\ude00"), Just("\\u{"), Just("é"), Just("\n"), Just("dedent("), Just(".join("),
                Just("a.b"), Just("a = "), Just(","), Just("# é\n"), Just("/*"), Just("//"), Just("rf\"x\""),
            ],
            0..40,
        ),
    ) {
        let text = pieces.concat();
        for language in [Language::Python, Language::Script, Language::Go] {
            let mut reader = Reader::new(&text, Some(language));
            let mut all = Vec::new();
            for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
                all.extend(reader.read(at));
            }
            all.extend(joined(&text, 0..text.len(), language));
            for said in all {
                let raw = text.get(said.range.clone());
                prop_assert!(raw.is_some());
                let (read, map) = said.text.unwrap();
                for (at, _) in read.char_indices() {
                    prop_assert!(map.raw(at) <= said.range.len());
                }
            }
        }
    }
}

#[test]
fn brackets_in_brackets_and_long_texts_end() {
    let deep = "(".repeat(100_000);
    let long = "\"a\" + ".repeat(100_000);
    for text in [&deep, &long] {
        let mut reader = Reader::new(text, Some(Language::Python));
        for at in 0..200 {
            reader.read(at);
        }
    }
}
