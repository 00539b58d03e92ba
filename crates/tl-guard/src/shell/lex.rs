//! The grammar of a shell, as far as it decides which words a program gets.
//!
//! In: a script. Out: commands, handed to [`super::add`]. Start at [`read`].

use super::{Command, Redirect, Script, Variables, Word, add, script_into, wrap};

/// Words that braces make of one at most.
const BRACES: usize = 256;

/// Bytes of a variable's value that is put in; a longer one is not known. A variable that doubles
/// itself would fill the memory.
const VALUE: usize = 512;

/// Words of the grammar that stand before a command.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac", "{", "}", "!",
    "time", "function", "coproc", "in",
];

/// Reads a script of this depth.
pub(super) fn read(script: &mut Script, variables: &mut Variables, text: &str, depth: u8) {
    let chars: Vec<char> = text.chars().collect();
    let mut lexer = Lexer {
        chars: &chars,
        at: 0,
        script,
        variables,
        depth,
        command: Command::default(),
        word: None,
        redirect: None,
        documents: Vec::new(),
        groups: Vec::new(),
        closed: None,
    };
    lexer.script();
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    script: &'a mut Script,
    variables: &'a mut Variables,
    depth: u8,
    command: Command,
    word: Option<Word>,
    /// What the next word is the file of.
    redirect: Option<To>,
    /// Here documents whose text begins on the next line: their end, and whether it was quoted.
    documents: Vec<(String, bool)>,
    /// Where the commands of groups begin that are open: `(`, `{`, `do`.
    groups: Vec<usize>,
    /// The same of a group that has just ended: a pipe behind it reads all of it.
    closed: Option<usize>,
}

/// What a word behind `<` or `>` is.
#[derive(Debug, Clone, Copy)]
enum To {
    Read,
    Write,
    Text,
    Document,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn script(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => match self.peek(0) {
                    Some('\n') => self.at += 1,
                    Some(next) => {
                        self.at += 1;
                        self.word().text.push(next);
                    }
                    None => {}
                },
                '\'' => self.literal(),
                '"' => self.quoted(true),
                '`' => self.backtick(),
                '$' => self.dollar(false),
                '\n' => {
                    self.end_command(false);
                    self.take_documents();
                }
                c if c.is_whitespace() => self.end_word(),
                '(' => {
                    // What is piped into a group is read by its first command.
                    if self.word.is_some() || !self.command.words.is_empty() {
                        self.end_command(false);
                    }
                    self.groups.push(self.script.commands.len());
                }
                ')' => {
                    self.end_command(false);
                    self.closed = self.groups.pop();
                }
                ';' => self.end_command(false),
                '|' => {
                    let or = self.peek(0) == Some('|');
                    self.at += usize::from(or || self.peek(0) == Some('&'));
                    self.end_command(!or);
                }
                '&' if self.peek(0) == Some('>') => {
                    self.end_word();
                    self.at += 1;
                    self.at += usize::from(self.peek(0) == Some('>'));
                    self.redirect = Some(To::Write);
                }
                '&' => self.end_command(false),
                '<' | '>' => self.angle(c),
                '#' if self.word.is_none() => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => {
                    let word = self.word();
                    word.glob |= matches!(c, '*' | '?' | '[');
                    word.text.push(c);
                }
            }
        }
        self.end_command(false);
    }

    /// Behind `'`.
    fn literal(&mut self) {
        let rest = &self.chars[self.at..];
        let length = rest.iter().position(|c| *c == '\'');
        let text: String = rest[..length.unwrap_or(rest.len())].iter().collect();
        self.word().text.push_str(&text);
        self.at += length.map_or(rest.len(), |length| length + 1);
        if length.is_none() {
            self.script.unread("a quote without an end");
        }
    }

    /// Behind `"`, or in a here document, which has no end of its own.
    fn quoted(&mut self, closes: bool) {
        self.word();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '"' if closes => return,
                '\\' => match self.peek(0) {
                    Some('\n') => self.at += 1,
                    Some(next @ ('"' | '\\' | '$' | '`')) => {
                        self.at += 1;
                        self.word().text.push(next);
                    }
                    _ => self.word().text.push('\\'),
                },
                '`' => self.backtick(),
                '$' => self.dollar(true),
                _ => self.word().text.push(c),
            }
        }
        if closes {
            self.script.unread("a quote without an end");
        }
    }

    /// Behind the first backtick.
    fn backtick(&mut self) {
        let mut inner = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '`' => break,
                '\\' if self.peek(0).is_some_and(|c| matches!(c, '`' | '\\' | '$')) => {
                    inner.extend(self.peek(0));
                    self.at += 1;
                }
                _ => inner.push(c),
            }
        }
        self.substitute(&inner);
    }

    /// The output of a script stands in a word.
    fn substitute(&mut self, inner: &str) {
        let before = self.script.commands.len();
        script_into(self.script, self.variables, inner, self.depth + 1);
        let after = self.script.commands.len();
        let word = self.word();
        word.takes(before..after);
        word.unknown = true;
        word.text.push_str("$(...)");
    }

    /// Text up to the `)` that belongs to an opened one.
    fn parenthesised(&mut self) -> String {
        let start = self.at;
        let (mut open, mut quote) = (1_usize, None);
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match (quote, c) {
                (None | Some('"'), '\\') => self.at += 1,
                (None, '\'' | '"') => quote = Some(c),
                (Some(q), c) if q == c => quote = None,
                (None, '(') => open += 1,
                (None, ')') => {
                    open -= 1;
                    if open == 0 {
                        return self.chars[start..self.at - 1].iter().collect();
                    }
                }
                _ => {}
            }
        }
        self.script.unread("a parenthesis without an end");
        self.at = self.chars.len();
        self.chars[start.min(self.at)..].iter().collect()
    }

    /// Behind `$`.
    fn dollar(&mut self, quoted: bool) {
        match self.peek(0) {
            Some('(') if self.peek(1) == Some('(') => {
                self.at += 1;
                let text = self.parenthesised();
                let word = self.word();
                word.unknown = true;
                word.text.push_str("$(...)");
                if text.contains("$(") || text.contains('`') {
                    self.script.unread("a script inside arithmetic");
                }
            }
            Some('(') => {
                self.at += 1;
                let inner = self.parenthesised();
                self.substitute(&inner);
            }
            Some('\'') if !quoted => self.ansi(),
            Some('"') if !quoted => {}
            Some('{') => {
                let rest = &self.chars[self.at + 1..];
                let length = rest.iter().position(|c| *c == '}').unwrap_or(rest.len());
                let inner: String = rest[..length].iter().collect();
                self.at = (self.at + length + 2).min(self.chars.len());
                if inner.contains("$(") || inner.contains('`') {
                    self.script.unread("a script inside a variable");
                }
                self.variable(&inner, quoted);
            }
            Some(c) if c == '_' || c.is_ascii_alphabetic() => {
                let mut name = String::new();
                while let Some(c) = self.peek(0).filter(|c| *c == '_' || c.is_ascii_alphanumeric())
                {
                    name.push(c);
                    self.at += 1;
                }
                self.variable(&name, quoted);
            }
            Some(c) if c.is_ascii_digit() || "@*#?!$-".contains(c) => {
                self.at += 1;
                let word = self.word();
                word.unknown = true;
                word.text.extend(['$', c]);
            }
            _ => self.word().text.push('$'),
        }
    }

    fn variable(&mut self, name: &str, quoted: bool) {
        if name == "IFS" && !quoted {
            return self.end_word();
        }
        let known = match name {
            "HOME" => Some("~".to_owned()),
            "PWD" => Some(".".to_owned()),
            _ => self.variables.get(name).cloned(),
        };
        match known {
            // What stands in a variable is split and expanded like what was written.
            Some(value) if !quoted => {
                for (n, piece) in value.split_whitespace().enumerate() {
                    if n > 0 {
                        self.end_word();
                    }
                    let word = self.word();
                    word.glob |= piece.contains(['*', '?', '[']);
                    word.text.push_str(piece);
                }
            }
            Some(value) => self.word().text.push_str(&value),
            None => {
                let made = self.script.made.get(name).cloned().unwrap_or_default();
                let word = self.word();
                word.takes(made);
                word.unknown = true;
                word.text.push_str("${");
                word.text.push_str(name);
                word.text.push('}');
            }
        }
    }

    /// At the quote of `$'...'`.
    fn ansi(&mut self) {
        self.at += 1;
        self.word();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\'' => return,
                '\\' => {
                    let letter = self.peek(0);
                    self.at += 1;
                    let code = match letter {
                        Some('x') => self.digits(16, 2),
                        Some('u') => self.digits(16, 4),
                        Some('U') => self.digits(16, 8),
                        Some('0'..='7') => {
                            self.at -= 1;
                            self.digits(8, 3)
                        }
                        _ => None,
                    };
                    let plain = match letter {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('r') => '\r',
                        Some('e' | 'E') => '\u{1b}',
                        Some(other) => other,
                        None => '\\',
                    };
                    let c = code.map_or(plain, |code| char::from_u32(code).unwrap_or('\u{fffd}'));
                    self.word().text.push(c);
                }
                _ => self.word().text.push(c),
            }
        }
        self.script.unread("a quote without an end");
    }

    fn digits(&mut self, radix: u32, most: usize) -> Option<u32> {
        let mut code = None;
        for _ in 0..most {
            let Some(digit) = self.peek(0).and_then(|c| c.to_digit(radix)) else { break };
            self.at += 1;
            code = Some(code.unwrap_or(0_u32).wrapping_mul(radix).wrapping_add(digit));
        }
        code
    }

    /// Behind `<` or `>`.
    fn angle(&mut self, first: char) {
        if self.peek(0) == Some('(') {
            self.at += 1;
            let inner = self.parenthesised();
            let before = self.script.commands.len();
            script_into(self.script, self.variables, &inner, self.depth + 1);
            let after = self.script.commands.len();
            let word = self.word();
            word.takes(before..after);
            word.unknown = true;
            word.text.push(first);
            word.text.push_str("(...)");
            return;
        }
        // `2>` is no word `2`.
        if self.word.as_ref().is_some_and(|w| w.text.bytes().all(|b| b.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        let rest: String = self.chars[self.at..].iter().take(2).collect();
        let (skip, to) = match (first, rest.as_str()) {
            ('<', "<<") => (2, To::Text),
            ('<', "<-") => (2, To::Document),
            ('<', r) if r.starts_with('<') => (1, To::Document),
            ('<', r) if r.starts_with('>') => (1, To::Write),
            ('<', _) => (0, To::Read),
            (_, r) if r.starts_with(['>', '|']) => (1, To::Write),
            _ => (0, To::Write),
        };
        self.at += skip;
        if skip == 0 && self.peek(0) == Some('&') {
            // `>&2` is no file, `>&file` is.
            self.at += 1;
            let digits =
                self.chars[self.at..].iter().take_while(|c| c.is_ascii_digit() || **c == '-');
            let digits = digits.count();
            self.at += digits;
            if digits > 0 {
                return;
            }
        }
        self.redirect = Some(to);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.redirect.take() {
            Some(To::Document) => self.documents.push((word.text, word.unknown)),
            Some(To::Text) => self.command.input = Some(word.text),
            Some(to) => {
                let write = matches!(to, To::Write);
                self.command.redirects.push(Redirect { write, path: word });
            }
            None => {
                let first = self.command.words.is_empty();
                if first && RESERVED.contains(&word.text.as_str()) {
                    match word.text.as_str() {
                        "{" | "do" => self.groups.push(self.script.commands.len()),
                        "}" | "done" => self.closed = self.groups.pop(),
                        _ => {}
                    }
                    return;
                }
                if first && self.assign(&word) {
                    return;
                }
                let (words, all) = braces(word);
                self.command.words.extend(words);
                if !all {
                    self.script.unread("more words in braces than are read");
                }
            }
        }
    }

    /// Takes `NAME=value`.
    fn assign(&mut self, word: &Word) -> bool {
        let Some((name, value)) = word.text.split_once('=') else { return false };
        let name = name.strip_suffix('+').unwrap_or(name);
        let is_name = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
            && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
        if is_name && !word.unknown && value.len() <= VALUE {
            self.variables.insert(name.to_owned(), value.to_owned());
            self.script.made.remove(name);
        } else if is_name {
            self.variables.remove(name);
            self.script.made.insert(name.to_owned(), word.made.clone());
        }
        is_name
    }

    /// `pipes`: what the command prints is read by the next one.
    fn end_command(&mut self, pipes: bool) {
        self.end_word();
        self.redirect = None;
        let command = std::mem::take(&mut self.command);
        if matches!(command.program().as_str(), "export" | "local" | "declare" | "readonly") {
            for word in command.arguments() {
                self.assign(word);
            }
        }
        let empty = command.words.is_empty() && command.redirects.is_empty();
        let closed = self.closed.take().filter(|_| command.words.is_empty());
        let start = match command.piped {
            true => command.source.start,
            false => closed.unwrap_or(self.script.commands.len()),
        };
        add(self.script, self.variables, command, self.depth);
        self.command.piped = pipes;
        if pipes {
            self.command.source = start..self.script.commands.len();
        } else if empty {
            self.closed = closed;
        }
    }

    /// Reads the here documents that begin on this line.
    fn take_documents(&mut self) {
        for (end, _) in std::mem::take(&mut self.documents) {
            let mut body = String::new();
            loop {
                let rest = &self.chars[self.at..];
                if rest.is_empty() {
                    break;
                }
                let length = rest.iter().position(|c| *c == '\n').unwrap_or(rest.len());
                let line: String = rest[..length].iter().collect();
                self.at = (self.at + length + 1).min(self.chars.len());
                if line.trim_start_matches('\t') == end {
                    break;
                }
                body.push_str(&line);
                body.push('\n');
            }
            let shell = self.script.commands.last().is_some_and(wrap::reads_a_script);
            if shell {
                script_into(self.script, self.variables, &body, self.depth + 1);
            } else if self.depth < super::DEPTH && (body.contains("$(") || body.contains('`')) {
                // Where the end is quoted nothing of it runs; it is read all the same.
                let chars: Vec<char> = body.chars().collect();
                let mut inner = Lexer {
                    chars: &chars,
                    at: 0,
                    script: self.script,
                    variables: self.variables,
                    depth: self.depth + 1,
                    command: Command::default(),
                    word: None,
                    redirect: None,
                    documents: Vec::new(),
                    groups: Vec::new(),
                    closed: None,
                };
                inner.quoted(false);
            }
            if let Some(last) = self.script.commands.last_mut() {
                last.input.get_or_insert(body);
            }
        }
    }
}

/// `a{b,c}` is two words. Tells whether no braces are left.
fn braces(word: Word) -> (Vec<Word>, bool) {
    let mut words = vec![word];
    let mut at = 0;
    while at < words.len() {
        let text = &words[at].text;
        let found = text.rfind('{').and_then(|open| {
            let close = open + text[open..].find('}')?;
            let inner = &text[open + 1..close];
            let is_variable = text[..open].ends_with('$');
            (inner.contains(',') && !is_variable).then(|| {
                let (before, after) = (&text[..open], &text[close + 1..]);
                inner.split(',').map(|one| format!("{before}{one}{after}")).collect::<Vec<_>>()
            })
        });
        match found {
            Some(texts) if words.len() + texts.len() > BRACES => return (words, false),
            Some(texts) => {
                let of = words[at].clone();
                let made = texts.into_iter().map(|text| Word { text, ..of.clone() });
                words.splice(at..=at, made);
            }
            None => at += 1,
        }
    }
    (words, true)
}
