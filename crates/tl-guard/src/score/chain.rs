//! Words that stand after each other, with gaps between them that are bounded.
//!
//! In: a sentence. Out: where the first chain stands. The same as one regular expression with
//! bounded gaps, which would need a state for each length of each gap: here each part is searched
//! by itself, and the places are compared. **Invariant:** the cost is linear in the sentence for the
//! searches, and at most (places x places of the next part) for the comparison.

use std::ops::Range;

use super::pattern::Pattern;

/// What may stand between two parts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gap {
    /// So many bytes, none of these.
    Bytes(usize, &'static [u8]),
    /// So many words on the same line.
    Words(usize),
}

impl Gap {
    /// The last byte at which the next part may begin behind `at`; `None`: nowhere.
    fn reach(self, text: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::Bytes(most, not) => {
                let end = text.len().min(at + most);
                let stop = text[at..end].iter().position(|byte| not.contains(byte));
                Some(stop.map_or(end, |stop| at + stop))
            }
            Self::Words(most) => {
                if text.get(at).is_none_or(|byte| is_word(*byte)) {
                    return None;
                }
                let (mut words, mut inside) = (0, false);
                for (i, byte) in text.iter().enumerate().skip(at) {
                    if *byte == b'\n' {
                        return Some(i);
                    }
                    let word = is_word(*byte);
                    if word && !inside {
                        words += 1;
                        if words > most + 1 {
                            return Some(i - 1);
                        }
                    }
                    inside = word;
                }
                Some(text.len())
            }
        }
    }

    fn allows(self, text: &[u8], start: usize) -> bool {
        match self {
            Self::Bytes(..) => true,
            Self::Words(_) => start > 0 && !is_word(text[start - 1]),
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A first part, and the others with the gap in front of each.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) first: Pattern,
    pub(super) rest: Vec<(Gap, Pattern)>,
}

impl Chain {
    /// From the start of the first part to the end of the last one.
    pub(super) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        // The last part is the rarest one. Of each place: where the chain from there ends.
        let mut next: Option<Vec<(usize, usize)>> = None;
        let (mut gap, mut parts) = (None, self.rest.iter().rev());
        loop {
            let part = parts.next();
            let pattern = part.map_or(&self.first, |(_, pattern)| pattern);
            let places = pattern.find_all(text);
            let reached: Vec<(usize, usize)> = match (&next, gap) {
                (Some(next), Some(gap)) => places
                    .filter_map(|place| Some((place.start, follow(gap, text, place.end, next)?)))
                    .collect(),
                _ => places.map(|place| (place.start, place.end)).collect(),
            };
            let (start, end) = *reached.first()?;
            let Some((before, _)) = part else { return Some(start..end) };
            next = Some(reached);
            gap = Some(*before);
        }
    }
}

/// The end of the first chain that begins behind `at` within the gap.
fn follow(gap: Gap, text: &[u8], at: usize, next: &[(usize, usize)]) -> Option<usize> {
    let last = gap.reach(text, at)?;
    let from = next.partition_point(|(start, _)| *start < at);
    next[from..]
        .iter()
        .take_while(|(start, _)| *start <= last)
        .find(|(start, _)| gap.allows(text, *start))
        .map(|(_, end)| *end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chain() -> Chain {
        let rest = vec![
            (Gap::Bytes(6, b"!\n"), Pattern::new(r"\bb\b")),
            (Gap::Words(2), Pattern::new(r"c+")),
        ];
        Chain { first: Pattern::new(r"\ba\b"), rest }
    }

    #[test]
    fn a_chain_goes_from_its_first_part_to_its_last_one() {
        let found = |text: &str| chain().find(text.as_bytes());
        assert_eq!(found("x a . b one two cc y"), Some(2..18));
        assert_eq!(found("a ! b c"), None);
        assert_eq!(found("a b one two three c"), None);
        assert_eq!(found("a b\nc"), None);
        assert_eq!(found("a - - - - b c"), None);
    }

    proptest! {
        #[test]
        fn it_finds_what_one_expression_finds(text in "[abc! \n]{0,24}") {
            let one = Pattern::new(r"\ba\b[^!\n]{0,6}?\bb\b(?:[^\w\n]+\w+){0,2}?[^\w\n]+c+");
            let found = chain().find(text.as_bytes()).map(|found| found.start);
            let expected = one.find(text.as_bytes()).map(|found| found.start);
            prop_assert_eq!(found, expected);
        }
    }
}
