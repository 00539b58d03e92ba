//! A pattern as a list of steps, tried one way after the other.
//!
//! In: the text of a pattern, in the part of the syntax of regular expressions that this crate uses;
//! then a text. Out: where the pattern stands first, as an automaton of it would say: the first place
//! counts, and there the way that is written first. Start at [`Program::new`] and [`Program::find`].
//! **Invariant:** whoever searches says how many steps it may take; what is not understood of a pattern
//! makes no program, never another one.

use std::ops::Range;

/// Steps of a program: `{0,5}` of a group is written out.
const LONGEST: usize = 4_000;
/// Groups in groups.
const DEEPEST: usize = 16;

/// Bytes, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bytes([u64; 4]);

impl Bytes {
    const NONE: Self = Self([0; 4]);
    const ALL: Self = Self([u64::MAX; 4]);
    const DIGIT: Self = Self::NONE.with(b'0', b'9');
    const SPACE: Self = Self::NONE.with(b'\t', b'\r').with(b' ', b' ');
    const WORD: Self = Self::DIGIT.with(b'A', b'Z').with(b'a', b'z').with(b'_', b'_');

    const fn has(self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
    }

    const fn with(mut self, from: u8, to: u8) -> Self {
        let mut byte = from;
        while byte <= to {
            self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
            byte += 1;
        }
        self
    }

    /// A byte, in both cases if it is a letter.
    const fn of(byte: u8) -> Self {
        let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
        Self::NONE.with(lower, lower).with(upper, upper)
    }

    const fn of_class(class: u8) -> Option<Self> {
        let bytes = match class.to_ascii_lowercase() {
            b'd' => Self::DIGIT,
            b's' => Self::SPACE,
            b'w' => Self::WORD,
            _ => return None,
        };
        Some(if class.is_ascii_uppercase() { bytes.not() } else { bytes })
    }

    fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    const fn not(self) -> Self {
        Self([!self.0[0], !self.0[1], !self.0[2], !self.0[3]])
    }

    /// All letters are in the second of the four numbers, a small one 32 bits behind its large one.
    const fn in_both_cases(mut self) -> Self {
        const LARGE: u64 = Bytes::NONE.with(b'A', b'Z').0[1];
        let letters = self.0[1];
        self.0[1] |= (letters & LARGE) << 32 | (letters >> 32) & LARGE;
        self
    }
}

/// A part of a pattern as it is written.
#[derive(Debug, Clone)]
enum Node {
    /// This byte, in any case.
    Byte(u8),
    /// These bytes, in any case.
    Text(Vec<u8>),
    /// One byte of these.
    One(Bytes),
    /// Nothing, at such a place.
    At(Place),
    All(Vec<Self>),
    Any(Vec<Self>),
    /// So many times; `most` 0: without a limit. `lazy`: as few as will do.
    Times {
        node: Box<Self>,
        least: u16,
        most: u16,
        lazy: bool,
    },
}

/// A place between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    End,
    /// The start or the end of a word, or anything else.
    Edge(bool),
}

impl Place {
    fn holds(self, text: &[u8], at: usize) -> bool {
        let word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        match self {
            Self::Start => at == 0,
            Self::End => at == text.len(),
            Self::Edge(wanted) => {
                let before = at.checked_sub(1).and_then(|at| text.get(at));
                (word(before) != word(text.get(at))) == wanted
            }
        }
    }
}

impl Node {
    /// The bytes that it may begin with, and whether it may be empty.
    fn first(&self) -> (Bytes, bool) {
        match self {
            Self::Byte(byte) => (Bytes::of(*byte), false),
            Self::Text(text) => (text.first().map_or(Bytes::NONE, |b| Bytes::of(*b)), false),
            Self::One(bytes) => (*bytes, false),
            Self::At(_) => (Bytes::NONE, true),
            Self::All(nodes) => {
                let mut first = Bytes::NONE;
                for node in nodes {
                    let (bytes, empty) = node.first();
                    first = first.or(bytes);
                    if !empty {
                        return (first, false);
                    }
                }
                (first, true)
            }
            Self::Any(nodes) => nodes.iter().fold((Bytes::NONE, false), |(all, any), node| {
                let (bytes, empty) = node.first();
                (all.or(bytes), any | empty)
            }),
            Self::Times { node, least, .. } => {
                let (bytes, empty) = node.first();
                (bytes, empty || *least == 0)
            }
        }
    }
}

/// Reads a pattern.
struct Parser<'a> {
    left: &'a [u8],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, wanted: &[u8]) -> bool {
        let there = self.left.starts_with(wanted);
        if there {
            self.left = &self.left[wanted.len()..];
        }
        there
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(*first)
    }

    /// Ways beside each other, to the end or to a bracket.
    fn ways(&mut self) -> Option<Node> {
        self.depth += 1;
        let mut ways = vec![self.row()?];
        while self.eat(b"|") {
            ways.push(self.row()?);
        }
        self.depth -= 1;
        if ways.len() == 1 { ways.pop() } else { Some(Node::Any(ways)) }
    }

    /// Parts behind each other.
    fn row(&mut self) -> Option<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(byte) = self.left.first() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            if let Some(text) = self.letters() {
                match nodes.last_mut() {
                    Some(Node::Text(before)) => before.extend(text),
                    _ => nodes.push(Node::Text(text.to_vec())),
                }
                continue;
            }
            let node = self.part()?;
            let node = self.times(node)?;
            match (nodes.last_mut(), node) {
                (Some(Node::Text(before)), Node::Byte(byte)) => before.push(byte),
                (Some(Node::Text(before)), Node::Text(text)) => before.extend(text),
                (_, Node::Byte(byte)) => nodes.push(Node::Text(vec![byte])),
                (_, node) => nodes.push(node),
            }
        }
        if nodes.len() == 1 { nodes.pop() } else { Some(Node::All(nodes)) }
    }

    /// Letters, digits and blanks that stand for themselves, which most of a pattern is; what is repeated is
    /// none of them.
    fn letters(&mut self) -> Option<&'a [u8]> {
        let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b' ';
        let mut count = self.left.iter().take_while(plain).count();
        if matches!(self.left.get(count), Some(b'*' | b'+' | b'?' | b'{')) {
            count = count.saturating_sub(1);
        }
        let (text, rest) = self.left.split_at(count);
        self.left = rest;
        (count > 0).then_some(text)
    }

    fn part(&mut self) -> Option<Node> {
        Some(match self.next()? {
            b'(' => {
                if self.depth == DEEPEST {
                    return None;
                }
                // A name of a group stands for people.
                if !self.eat(b"?:") && self.eat(b"?P<") {
                    while self.next()? != b'>' {}
                } else if self.left.starts_with(b"?") {
                    return None;
                }
                let node = self.ways()?;
                if !self.eat(b")") {
                    return None;
                }
                node
            }
            b'[' => Node::One(self.class()?),
            b'^' => Node::At(Place::Start),
            b'$' => Node::At(Place::End),
            b'.' => Node::One(Bytes::of(b'\n').not()),
            b'*' | b'+' | b'?' | b'{' => return None,
            b'\\' => match self.next()? {
                b'b' if !self.left.starts_with(b"{") => Node::At(Place::Edge(true)),
                b'B' => Node::At(Place::Edge(false)),
                byte => match Bytes::of_class(byte) {
                    Some(bytes) => Node::One(bytes),
                    None => Node::Byte(self.escaped(byte)?),
                },
            },
            byte if byte.is_ascii() => Node::Byte(byte),
            // A letter of more bytes is one thing to repeat.
            byte => {
                let rest = self.left.iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
                let mut text = vec![byte];
                text.extend(&self.left[..rest]);
                self.left = &self.left[rest..];
                Node::Text(text)
            }
        })
    }

    /// The byte that stands behind a backslash.
    fn escaped(&mut self, byte: u8) -> Option<u8> {
        match byte {
            b'n' => Some(b'\n'),
            b't' => Some(b'\t'),
            b'r' => Some(b'\r'),
            b'x' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(self.next()?)?, digit(self.next()?)?);
                u8::try_from(high * 16 + low).ok().filter(u8::is_ascii)
            }
            // `\<` is an end of a word.
            b'<' | b'>' => None,
            byte if byte.is_ascii_punctuation() => Some(byte),
            _ => None,
        }
    }

    fn class(&mut self) -> Option<Bytes> {
        let not = self.eat(b"^");
        let mut bytes = Bytes::NONE;
        loop {
            let from = match self.next()? {
                b']' => break,
                b'[' => return None,
                b'\\' => {
                    let byte = self.next()?;
                    if let Some(class) = Bytes::of_class(byte) {
                        bytes = bytes.or(class);
                        continue;
                    }
                    self.escaped(byte)?
                }
                byte if byte.is_ascii() => byte,
                _ => return None,
            };
            let range = self.left.first() == Some(&b'-') && self.left.get(1) != Some(&b']');
            // Differences and the like of classes.
            if matches!(from, b'-' | b'&' | b'~') && self.left.first() == Some(&from) {
                return None;
            }
            let to = if range {
                self.next()?;
                match self.next()? {
                    b'\\' | b'[' => return None,
                    byte => byte,
                }
            } else {
                from
            };
            if to < from || !to.is_ascii() {
                return None;
            }
            bytes = bytes.with(from, to);
        }
        let bytes = bytes.in_both_cases();
        Some(if not { bytes.not() } else { bytes })
    }

    /// How often a part stands there.
    fn times(&mut self, node: Node) -> Option<Node> {
        let (least, most) = match self.left.first() {
            Some(b'*') => (0, 0),
            Some(b'+') => (1, 0),
            Some(b'?') => (0, 1),
            Some(b'{') => {
                let end = self.left.iter().position(|byte| *byte == b'}')?;
                let text = std::str::from_utf8(&self.left[1..end]).ok()?;
                self.left = &self.left[end..];
                let number = |text: &str| text.parse::<u16>().ok();
                let limit = |text: &str| number(text).filter(|most| *most > 0);
                match text.split_once(',') {
                    None => (number(text)?, limit(text)?),
                    Some((least, "")) => (number(least)?, 0),
                    Some((least, most)) => (number(least)?, limit(most)?),
                }
            }
            _ => return Some(node),
        };
        self.next()?;
        // What may be empty has no end.
        let unbounded = most == 0;
        if (unbounded && node.first().1) || (!unbounded && most < least) {
            return None;
        }
        let lazy = self.eat(b"?");
        if matches!(self.left.first(), Some(b'*' | b'+' | b'?' | b'{')) {
            return None;
        }
        Some(Node::Times { node: node.into(), least, most, lazy })
    }
}

/// One step.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// These bytes of [`Program::texts`], in any case.
    Text(u32, u32),
    One(u16),
    At(Place),
    /// So many of one set of bytes; `most` 0: without a limit.
    Many {
        set: u16,
        least: u16,
        most: u16,
        lazy: bool,
    },
    /// First this way, if a byte of the set is there, then that one.
    Either {
        set: u16,
        first: u32,
        then: u32,
    },
    Go(u32),
    Done,
}

/// Where to go on if a way leads nowhere.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// At a step.
    Step(u32, usize),
    /// With one byte less, down to so many.
    Less(u32, usize, usize),
    /// With one byte more of a set, up to so many.
    More(u32, u16, usize, usize),
}

/// The steps of a pattern.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    sets: Vec<Bytes>,
    texts: Vec<u8>,
    /// What it may begin with.
    first: Bytes,
}

/// More steps than were allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Program {
    /// `None` where something of the pattern is not understood.
    pub(super) fn new(source: &str) -> Option<Self> {
        let mut parser = Parser { left: source.as_bytes(), depth: 0 };
        let node = parser.ways()?;
        if !parser.left.is_empty() {
            return None;
        }
        let (first, empty) = node.first();
        let first = if empty { Bytes::ALL } else { first };
        let mut program =
            Self { steps: Vec::new(), sets: vec![Bytes::ALL], texts: Vec::new(), first };
        program.add(&node)?;
        program.steps.push(Step::Done);
        Some(program)
    }

    fn here(&self) -> Option<u32> {
        u32::try_from(self.steps.len()).ok().filter(|_| self.steps.len() < LONGEST)
    }

    fn set(&mut self, bytes: Bytes) -> Option<u16> {
        let at = self.sets.iter().position(|set| *set == bytes).unwrap_or_else(|| {
            self.sets.push(bytes);
            self.sets.len() - 1
        });
        u16::try_from(at).ok()
    }

    fn either(&mut self, node: &Node) -> Option<u16> {
        let (bytes, empty) = node.first();
        self.set(if empty { Bytes::ALL } else { bytes })
    }

    fn add(&mut self, node: &Node) -> Option<()> {
        self.here()?;
        match node {
            Node::Byte(byte) => self.add(&Node::Text(vec![*byte]))?,
            Node::Text(text) => {
                let start = u32::try_from(self.texts.len()).ok()?;
                self.texts.extend(text);
                self.steps.push(Step::Text(start, u32::try_from(self.texts.len()).ok()?));
            }
            Node::One(bytes) => {
                let set = self.set(*bytes)?;
                self.steps.push(Step::One(set));
            }
            Node::At(place) => self.steps.push(Step::At(*place)),
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.add(node))?,
            Node::Any(nodes) => {
                let (last, others) = nodes.split_last()?;
                let mut ends = Vec::with_capacity(others.len());
                for node in others {
                    let set = self.either(node)?;
                    let fork = self.steps.len();
                    self.steps.push(Step::Done);
                    self.add(node)?;
                    ends.push(self.steps.len());
                    self.steps.push(Step::Done);
                    let then = self.here()?;
                    self.steps[fork] =
                        Step::Either { set, first: u32::try_from(fork + 1).ok()?, then };
                }
                self.add(last)?;
                let end = self.here()?;
                ends.into_iter().for_each(|step| self.steps[step] = Step::Go(end));
            }
            Node::Times { node, least, most, lazy } => {
                let one = match **node {
                    Node::One(bytes) => Some(bytes),
                    Node::Byte(byte) => Some(Bytes::of(byte)),
                    _ => None,
                };
                if let Some(bytes) = one {
                    let set = self.set(bytes)?;
                    self.steps.push(Step::Many { set, least: *least, most: *most, lazy: *lazy });
                } else {
                    self.times(node, (*least, *most), *lazy)?;
                }
            }
        }
        Some(())
    }

    /// A group so many times: written out, but for a last one without a limit.
    fn times(&mut self, node: &Node, (least, most): (u16, u16), lazy: bool) -> Option<()> {
        for _ in 0..least {
            self.add(node)?;
        }
        let further = if most == 0 { 1 } else { most - least };
        let set = self.either(node)?;
        let mut forks = Vec::new();
        for _ in 0..further {
            forks.push(self.steps.len());
            self.steps.push(Step::Done);
            self.add(node)?;
        }
        if most == 0 {
            self.steps.push(Step::Go(u32::try_from(*forks.first()?).ok()?));
        }
        let end = self.here()?;
        let any = self.set(Bytes::ALL)?;
        for fork in forks {
            let inside = u32::try_from(fork + 1).ok()?;
            self.steps[fork] = if lazy {
                Step::Either { set: any, first: end, then: inside }
            } else {
                Step::Either { set, first: inside, then: end }
            };
        }
        Some(())
    }

    /// The first place behind `from`, with at most so many steps.
    pub(super) fn find(
        &self,
        text: &[u8],
        from: usize,
        steps: &mut u32,
    ) -> Result<Option<Range<usize>>, TooLong> {
        let mut ways = Vec::new();
        let may_be_empty = self.first == Bytes::ALL;
        let mut at = from;
        while at <= text.len() {
            if !may_be_empty {
                let rest = text[at..].iter().position(|byte| self.first.has(*byte));
                let Some(next) = rest else {
                    *steps = steps.saturating_sub(cost(text.len() - at));
                    return Ok(None);
                };
                *steps = steps.checked_sub(cost(next)).ok_or(TooLong)?;
                at += next;
            }
            if let Some(end) = self.ends(text, at, &mut ways, steps)? {
                return Ok(Some(at..end));
            }
            at += 1;
        }
        Ok(None)
    }

    /// Where the pattern ends that begins here.
    fn ends(
        &self,
        text: &[u8],
        start: usize,
        ways: &mut Vec<Way>,
        steps: &mut u32,
    ) -> Result<Option<usize>, TooLong> {
        ways.clear();
        let (mut step, mut at) = (0, start);
        loop {
            *steps = steps.checked_sub(1).ok_or(TooLong)?;
            let next = match self.steps[step as usize] {
                Step::Done => return Ok(Some(at)),
                Step::Go(to) => Some((to, at)),
                Step::At(place) => place.holds(text, at).then_some((step + 1, at)),
                Step::One(set) => {
                    let there = text.get(at).is_some_and(|byte| self.has(set, *byte));
                    there.then_some((step + 1, at + 1))
                }
                Step::Text(from, to) => {
                    let wanted = &self.texts[from as usize..to as usize];
                    let there = text.get(at..at + wanted.len());
                    there
                        .is_some_and(|there| there.eq_ignore_ascii_case(wanted))
                        .then_some((step + 1, at + wanted.len()))
                }
                Step::Either { set, first, then } => {
                    if set == 0 || text.get(at).is_some_and(|byte| self.has(set, *byte)) {
                        ways.push(Way::Step(then, at));
                        Some((first, at))
                    } else {
                        Some((then, at))
                    }
                }
                Step::Many { set, least, most, lazy } => {
                    let longest = if most == 0 { usize::MAX } else { usize::from(most) };
                    let least = usize::from(least);
                    let wanted = if lazy { least } else { longest };
                    let there = text[at..].iter().take(wanted);
                    let there = there.take_while(|byte| self.has(set, **byte)).count();
                    *steps = steps.checked_sub(cost(there)).ok_or(TooLong)?;
                    if there < least {
                        None
                    } else {
                        let end = at + there;
                        if lazy {
                            let longest = at.saturating_add(longest).min(text.len());
                            ways.push(Way::More(step + 1, set, end, longest));
                        } else if there > least {
                            ways.push(Way::Less(step + 1, at + least, end));
                        }
                        Some((step + 1, end))
                    }
                }
            };
            let next = next.or_else(|| self.back(text, ways));
            let Some(next) = next else { return Ok(None) };
            (step, at) = next;
        }
    }

    /// The next way that is left.
    fn back(&self, text: &[u8], ways: &mut Vec<Way>) -> Option<(u32, usize)> {
        loop {
            match ways.pop()? {
                Way::Step(step, at) => return Some((step, at)),
                Way::Less(step, least, end) => {
                    if end - 1 > least {
                        ways.push(Way::Less(step, least, end - 1));
                    }
                    return Some((step, end - 1));
                }
                Way::More(step, set, end, longest) => {
                    if end < longest && self.has(set, text[end]) {
                        ways.push(Way::More(step, set, end + 1, longest));
                        return Some((step, end + 1));
                    }
                }
            }
        }
    }

    fn has(&self, set: u16, byte: u8) -> bool {
        self.sets[usize::from(set)].has(byte)
    }
}

/// Steps that so many bytes are worth that were looked at in a row.
fn cost(bytes: usize) -> u32 {
    u32::try_from(bytes / 8).unwrap_or(u32::MAX)
}
