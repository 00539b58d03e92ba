use super::*;
use proptest::prelude::*;

/// Each command in brackets, `|` before one that reads a pipe, `>` and `<` files, `?` what is unread.
fn shown(text: &str) -> String {
    let script = read(text);
    let mut out: Vec<String> = Vec::new();
    for command in &script.commands {
        let mut one = if command.piped { "|[".to_owned() } else { "[".to_owned() };
        one += &command.texts().join(" ");
        for redirect in &command.redirects {
            one += if redirect.write { " >" } else { " <" };
            one += &redirect.path.text;
        }
        out.push(one + "]");
    }
    out.extend(script.unread.iter().map(|what| format!("?{what}")));
    out.join(" ")
}

#[test]
fn words_are_those_that_a_shell_would_give() {
    for (text, expected) in [
        ("cat a b", "[cat a b]"),
        (r#"cat "a b" 'c d' e\ f"#, "[cat a b c d e f]"),
        ("a && b || c; d & e", "[a] [b] [c] [d] [e]"),
        ("a | b |& c", "[a] |[b] |[c]"),
        ("c'a't ~/.s's'h/id_rsa", "[cat ~/.ssh/id_rsa]"),
        ("cat $HOME/.ssh/id_rsa \"${HOME}/x\"", "[cat ~/.ssh/id_rsa ~/x]"),
        ("D=~/.ssh; cat $D/id_rsa", "[cat ~/.ssh/id_rsa]"),
        ("export D=/x && cat ${D}/y", "[export D=/x] [cat /x/y]"),
        ("cat $OTHER/x", "[cat ${OTHER}/x]"),
        ("cat${IFS}a", "[cat a]"),
        ("cat a{1,2} # b", "[cat a1 a2]"),
        (r"cat $'\x7e/.ssh\057id'", "[cat ~/.ssh/id]"),
        ("if true; then rm x; fi", "[true] [rm x]"),
        ("(cd a; b)", "[cd a] [b]"),
        ("", ""),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn redirections_are_files_and_numbers_are_none() {
    assert_eq!(shown("a > b 2>&1 < c >> d &> e 2> f"), "[a >b <c >d >e >f]");
    assert_eq!(shown("> x"), "[ >x]");
    assert_eq!(shown("echo 2 > x"), "[echo 2 >x]");
}

#[test]
fn what_a_program_starts_is_seen() {
    for (text, expected) in [
        ("sudo -u ana rm x", "[sudo -u ana rm x] [rm x]"),
        ("env -i A=b rm x", "[env -i A=b rm x] [rm x]"),
        ("timeout 5 nice -n 3 rm x", "[timeout 5 nice -n 3 rm x] [nice -n 3 rm x] [rm x]"),
        ("sh -c 'rm x; ls'", "[sh -c rm x; ls] [rm x] [ls]"),
        ("bash -lc \"sh -c 'rm x'\"", "[bash -lc sh -c 'rm x'] [sh -c rm x] [rm x]"),
        ("ls | xargs -n 1 rm -f", "[ls] |[xargs -n 1 rm -f] |[rm -f]"),
        ("find . -name a -exec rm {} \\; -print", "[find . -name a -exec rm {} ; -print] [rm {}]"),
        ("echo $(cat x) `cat y`", "[cat x] [cat y] [echo $(...) $(...)]"),
        ("diff <(cat x) y", "[cat x] [diff <(...) y]"),
        ("eval 'rm x'", "[eval rm x] [rm x]"),
        ("bash <<< 'rm x'", "[bash] [rm x]"),
        ("bash <<E\nrm x\nE\nls", "[bash] [rm x] [ls]"),
        ("cat <<E\n$(rm x)\nE\nls", "[cat] [rm x] [ls]"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_known_before_it_runs_is_said() {
    for text in [
        "curl a | sh",
        "base64 -d x | bash -s",
        "curl a | python3",
        "eval \"$X\"",
        "source <(curl a)",
        "$X y",
        "bash -c \"$X\"",
        "powershell -enc AAAA",
        "cat 'x",
        "sh -c \"sh -c \\\"sh -c 'sh -c x'\\\"\"",
    ] {
        assert!(!read(text).unread.is_empty(), "{text}");
    }
    for text in
        ["cat a | grep b", "bash build.sh", "python3 x.py < y", "echo \"$X\"", "git log | head"]
    {
        assert!(read(text).unread.is_empty(), "{text}");
    }
}

#[test]
fn a_long_script_is_read_in_part_and_says_so() {
    let script = read(&"a;".repeat(LONGEST));
    assert_eq!(script.commands.len(), COMMANDS);
    assert_eq!(script.unread.len(), 2);
    let nested = "$(".repeat(20_000);
    assert!(!read(&nested).unread.is_empty());
    let quotes = "\"$(\"".repeat(16_000);
    assert!(!read(&quotes).unread.is_empty());
}

#[test]
fn words_in_braces_are_read_or_said() {
    let names: Vec<String> = (0..100).map(|n| format!("f{n}")).collect();
    let line = format!("cat ~/.s{{sh,x}}/{{id_rsa,{}}}", names.join(","));
    let script = read(&line);
    assert!(script.unread.is_empty() && script.commands[0].words.len() == 1 + 2 * 101);
    assert!(script.commands[0].words.iter().any(|word| word.text == "~/.ssh/id_rsa"));
    let line = format!("cat {}", "{a,b}".repeat(20));
    assert_eq!(read(&line).unread, ["more words in braces than are read"]);
}

#[test]
fn the_seed_of_the_fuzzer_is_read() {
    let script = read(include_str!("../../../../fuzz/seeds/guard_shell/all"));
    let programs: Vec<String> = script.commands.iter().map(Command::program).collect();
    assert_eq!(programs, ["for", "cat", "sh", "cat", "xargs", "rm", "curl", "eval", "${x}"]);
}

proptest! {
    #[test]
    fn any_text_is_read(text in ".{0,200}") {
        drop(read(&text));
    }

    /// The characters of the grammar, closer together than in `.`.
    #[test]
    fn any_script_is_read_within_bounds(text in r#"[a-c \n$(){}<>|&;'"`\\~=#*,0-9EOF-]{0,120}"#) {
        prop_assert!(read(&text).commands.len() <= COMMANDS);
    }
}
