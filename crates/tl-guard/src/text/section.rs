//! Sections of a document, from heading to heading, and where in them prose, code, quotes and
//! comments stand.
//!
//! In: text. Out: pieces, with spans that cover them without a gap. A scanner of lines: it knows
//! fences, indented code, headings, quotes, HTML comments, `<details>` and front matter.

use crate::{
    limits,
    text::unit::{Context, Piece, Span},
};

/// Text without a structure of its own, in pieces of bearable length.
pub(crate) fn plain(text: &str, context: Context) -> Vec<Piece> {
    chunks(text, 0, text.len())
        .into_iter()
        .map(|(start, end)| Piece {
            start,
            end,
            spans: vec![Span { start: 0, end: end - start, context, field: 0 }],
        })
        .collect()
}

/// Sections of a document. Front matter belongs to the first one: a skill's description is read
/// together with what follows it.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let spans = spans(text);
    let mut sections = vec![0];
    for span in &spans {
        if span.context == Context::Heading && span.start > 0 {
            let first = sections.len() == 1 && !has_body(&spans, span.start);
            if !first && sections.last() != Some(&span.start) {
                sections.push(span.start);
            }
        }
    }
    sections.push(text.len());
    let mut out = Vec::new();
    for pair in sections.windows(2) {
        for (start, end) in chunks(text, pair[0], pair[1]) {
            out.push(Piece { start, end, spans: cut(&spans, start, end) });
        }
    }
    out
}

/// Whether anything but front matter stands before a byte.
fn has_body(spans: &[Span], before: usize) -> bool {
    spans.iter().take_while(|s| s.start < before).any(|s| s.context != Context::FrontMatter)
}

fn cut(spans: &[Span], start: usize, end: usize) -> Vec<Span> {
    let first = spans.partition_point(|s| s.end <= start);
    spans[first..]
        .iter()
        .take_while(|s| s.start < end)
        .map(|s| Span { start: s.start.max(start) - start, end: s.end.min(end) - start, ..*s })
        .collect()
}

/// Cuts a range into stretches of at most [`limits::UNIT`] bytes that overlap, at line ends where
/// there are some.
pub(crate) fn chunks(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut from = start;
    while end - from > limits::UNIT {
        let mut to = from + limits::UNIT;
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let least = from + limits::UNIT_OVERLAP * 2;
        if let Some(line) = text.as_bytes()[least..to].iter().rposition(|b| *b == b'\n') {
            to = least + line + 1;
        }
        out.push((from, to));
        from = to - limits::UNIT_OVERLAP;
        while !text.is_char_boundary(from) {
            from -= 1;
        }
    }
    if from < end {
        out.push((from, end));
    }
    out
}

/// What each stretch of a document is, in order and without a gap.
fn spans(text: &str) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    let mut state = State::start(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let context = state.line(line);
        let end = start + line.len();
        if matches!(context, Context::Prose | Context::Quote | Context::Heading) {
            inline(line, start, context, &mut state, &mut out);
        } else {
            add(&mut out, start, end, context);
        }
        start = end;
    }
    out
}

/// Appends, and joins what is the same. A heading is never joined: it begins a section.
fn add(out: &mut Vec<Span>, start: usize, end: usize, context: Context) {
    if start >= end {
        return;
    }
    match out.last_mut() {
        Some(last) if last.context == context && context != Context::Heading => last.end = end,
        _ => out.push(Span { start, end, context, field: 0 }),
    }
}

/// What the lines before have opened.
struct State {
    front_matter: bool,
    fence: Option<(u8, usize)>,
    comment: bool,
    details: u32,
    first: bool,
    blank: bool,
}

impl State {
    fn start(text: &str) -> Self {
        let front_matter = text.starts_with("---\n") || text.starts_with("---\r\n");
        let front_matter = front_matter && closes(text);
        Self { front_matter, fence: None, comment: false, details: 0, first: true, blank: true }
    }

    fn line(&mut self, line: &str) -> Context {
        let first = std::mem::take(&mut self.first);
        let trimmed = line.trim_end();
        if self.front_matter {
            self.front_matter = first || trimmed != "---";
            return Context::FrontMatter;
        }
        let body = trimmed.trim_start();
        let indent = trimmed.len() - body.len();
        if let Some((mark, length)) = self.fence {
            let run = body.bytes().take_while(|b| *b == mark).count();
            if run >= length && run == body.len() {
                self.fence = None;
            }
            return Context::CodeBlock;
        }
        if self.comment {
            return Context::Prose;
        }
        if let Some(mark @ (b'`' | b'~')) = body.bytes().next() {
            let run = body.bytes().take_while(|b| *b == mark).count();
            if run >= 3 && !body[run..].contains('`') {
                self.fence = Some((mark, run));
                return Context::CodeBlock;
            }
        }
        let blank = std::mem::replace(&mut self.blank, body.is_empty());
        if indent >= 4 && blank && !body.is_empty() && !body.starts_with(['-', '*', '<']) {
            self.blank = true;
            return Context::CodeBlock;
        }
        if body.starts_with("[//]: #") || body.starts_with("[comment]: #") {
            return Context::HtmlComment;
        }
        let level = body.bytes().take_while(|b| *b == b'#').count();
        if (1..=6).contains(&level) && body[level..].starts_with(' ') {
            Context::Heading
        } else if body.starts_with('>') {
            Context::Quote
        } else {
            Context::Prose
        }
    }
}

/// Front matter is only what ends; it may be 64 KiB long.
fn closes(text: &str) -> bool {
    let mut read = 0;
    for line in text.split_inclusive('\n').skip(1) {
        if line.trim_end() == "---" {
            return true;
        }
        read += line.len();
        if read > 64 << 10 {
            return false;
        }
    }
    false
}

/// Code, comments, images and collapsed parts within a line.
fn inline(line: &str, start: usize, context: Context, state: &mut State, out: &mut Vec<Span>) {
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        if state.comment {
            let end = rest.find("-->").map_or(line.len(), |i| at + i + 3);
            state.comment = !line[at..end].ends_with("-->");
            add(out, start + at, start + end, Context::HtmlComment);
            at = end;
            continue;
        }
        let base = if state.details > 0 { Context::CollapsedHtml } else { context };
        let next = rest.find(['`', '<', '!']).map_or(line.len(), |i| at + i);
        add(out, start + at, start + next, base);
        at = next;
        let rest = &line[at..];
        if rest.starts_with("<!--") {
            state.comment = true;
        } else if let Some(length) = code(rest) {
            add(out, start + at, start + at + length, Context::InlineCode);
            at += length;
        } else if let Some(length) = alternative(rest) {
            add(out, start + at, start + at + length, Context::AltText);
            at += length;
        } else if let Some(first) = rest.chars().next() {
            if starts_with(rest, "<details") && !starts_with(rest, "<details open") {
                state.details += 1;
            } else if starts_with(rest, "</details") {
                state.details = state.details.saturating_sub(1);
            }
            add(out, start + at, start + at + first.len_utf8(), base);
            at += first.len_utf8();
        }
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|t| t.eq_ignore_ascii_case(start.as_bytes()))
}

/// Length of the code span that begins here.
fn code(rest: &str) -> Option<usize> {
    let run = rest.bytes().take_while(|b| *b == b'`').count();
    let close = rest.get(..run).filter(|ticks| !ticks.is_empty())?;
    rest[run..].find(close).map(|i| run + i + run)
}

/// Length of the `![words` of an image that begins here.
fn alternative(rest: &str) -> Option<usize> {
    let words = rest.strip_prefix("![")?;
    words.find(']').map(|i| 2 + i)
}

#[cfg(test)]
mod tests {
    use super::{chunks, pieces};
    use crate::text::unit::Context;

    fn contexts(text: &str) -> Vec<(Context, &str)> {
        let found = pieces(text);
        found
            .iter()
            .flat_map(|p| {
                let piece = &text[p.start..p.end];
                p.spans.iter().map(move |s| (s.context, &piece[s.start..s.end]))
            })
            .collect()
    }

    #[test]
    fn a_section_goes_from_heading_to_heading_and_takes_the_front_matter_along() {
        let text = "---\nname: a\n---\n# One\nbody\n## Two\nmore\n";
        let found: Vec<&str> = pieces(text).iter().map(|p| &text[p.start..p.end]).collect();
        assert_eq!(found, ["---\nname: a\n---\n# One\nbody\n", "## Two\nmore\n"]);
    }

    #[test]
    fn code_comments_and_quotes_are_told_apart() {
        let text = "a `b` <!-- c\nd --> e\n> f\n```\n# g\n```\n";
        assert_eq!(
            contexts(text),
            [
                (Context::Prose, "a "),
                (Context::InlineCode, "`b`"),
                (Context::Prose, " "),
                (Context::HtmlComment, "<!-- c\nd -->"),
                (Context::Prose, " e\n"),
                (Context::Quote, "> f\n"),
                (Context::CodeBlock, "```\n# g\n```\n"),
            ]
        );
    }

    #[test]
    fn long_text_is_cut_with_an_overlap_and_nothing_is_lost() {
        let text = "\u{e9}".repeat(20_000);
        let found = chunks(&text, 0, text.len());
        assert_eq!(found.first().map(|c| c.0), Some(0));
        assert_eq!(found.last().map(|c| c.1), Some(text.len()));
        assert!(found.windows(2).all(|w| w[1].0 < w[0].1 && w[0].0 < w[1].0));
    }
}
