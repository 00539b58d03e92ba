//! Which words a text has: one pass over the text for all of them together.
//!
//! In: literals, each with a bit. Out: the bits of those that occur. Start at [`Prefilter::wanted`].
//! The automaton is walked by hand: its ready-made search reports every single match, and honest
//! text is full of them.

use aho_corasick::{
    Anchored,
    automaton::{Automaton as _, StateID},
    dfa::DFA,
};

use crate::rules::Rule;

/// Literals of all rules that need some, in one automaton.
pub struct Prefilter {
    words: Option<Words>,
    /// The bits of a rule; 0: it runs on every text.
    bits: Vec<u64>,
    /// All bits there are.
    all: u64,
}

impl Prefilter {
    /// For these rules; answers are by their position.
    pub fn new(rules: &[&'static Rule]) -> Self {
        let mut words = Vec::new();
        let mut all = 0_u64;
        let mut bits = Vec::with_capacity(rules.len());
        for needs in rules.iter().map(|rule| rule.needs) {
            let free = all.trailing_ones();
            // The 65th rule with literals runs on every text: slower, and right.
            let bit = if needs.is_empty() || free == u64::BITS { 0 } else { 1 << free };
            all |= bit;
            bits.push(bit);
            if bit != 0 {
                words.extend(needs.iter().map(|word| (*word, bit)));
            }
        }
        let words = (!words.is_empty()).then(|| Words::new(&words));
        Self { words, bits, all }
    }

    /// For each rule, whether it has to be run.
    pub fn wanted<'a>(&'a self, text: &str) -> impl Iterator<Item = bool> + use<'a> {
        let seen = self.words.as_ref().map_or(0, |words| words.seen(text.as_bytes(), self.all));
        self.bits.iter().map(move |bit| *bit == 0 || seen & bit != 0)
    }
}

/// ASCII words, without regard to case, each with bits.
pub(crate) struct Words {
    automaton: DFA,
    start: StateID,
    /// Of a state that ends words, the bits of all these words.
    bits: Vec<u64>,
    /// Numbers of states are multiples of two to this.
    shift: u32,
}

impl Words {
    /// A few thousand short literals at most, none empty.
    pub(crate) fn new(words: &[(&str, u64)]) -> Self {
        let automaton = DFA::builder()
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(words.iter().map(|(word, _)| word))
            .expect("a few thousand short literals fit into an automaton");
        let start = automaton.start_state(Anchored::No).expect("an unanchored start is built");
        let mut ends = Vec::new();
        for (word, _) in words {
            let mut state = start;
            for byte in word.bytes() {
                state = automaton.next_state(Anchored::No, state, byte);
                if automaton.is_match(state) {
                    ends.push(state);
                }
            }
        }
        let shift = ends.iter().fold(0, |all, state| all | state.as_usize()).trailing_zeros();
        let shift = shift.min(usize::BITS - 1);
        let last = ends.iter().map(|state| state.as_usize() >> shift).max().unwrap_or(0);
        let mut bits = vec![0; last + 1];
        for state in ends {
            for i in 0..automaton.match_len(state) {
                let (_, of_word) = words[automaton.match_pattern(state, i).as_usize()];
                bits[state.as_usize() >> shift] |= of_word;
            }
        }
        Self { automaton, start, bits, shift }
    }

    /// The state in front of a text.
    pub(crate) fn start(&self) -> StateID {
        self.start
    }

    /// The state behind a byte.
    #[inline]
    pub(crate) fn next(&self, state: StateID, byte: u8) -> StateID {
        self.automaton.next_state(Anchored::No, state, byte)
    }

    /// The bits of the words that end in a state.
    #[inline]
    pub(crate) fn ended(&self, state: StateID) -> u64 {
        if self.automaton.is_special(state) && self.automaton.is_match(state) {
            return self.bits[state.as_usize() >> self.shift];
        }
        0
    }

    /// The bits of all words in a text; stops where `all` are seen.
    pub(crate) fn seen(&self, text: &[u8], all: u64) -> u64 {
        let (mut state, mut seen) = (self.start, 0);
        for byte in text {
            state = self.next(state, *byte);
            let ended = self.ended(state);
            if ended != 0 {
                seen |= ended;
                if seen == all {
                    break;
                }
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::Words;
    use proptest::prelude::*;

    const WORDS: &[(&str, u64)] =
        &[("abcd", 1), ("bc", 2), ("c", 4), ("x y", 8), ("d.", 16), ("bc", 32)];

    #[test]
    fn a_word_within_another_one_is_seen_too() {
        let words = Words::new(WORDS);
        assert_eq!(words.seen(b"ABC", u64::MAX), 2 | 4 | 32);
        assert_eq!(words.seen(b"abcd.", u64::MAX), 1 | 2 | 4 | 16 | 32);
        assert_eq!(words.seen(b"", u64::MAX), 0);
    }

    proptest! {
        #[test]
        fn it_sees_what_a_plain_search_sees(text in "[abcdxy. B]{0,12}") {
            let lower = text.to_ascii_lowercase();
            let there = WORDS.iter().filter(|(word, _)| lower.contains(word));
            let expected = there.fold(0, |all, (_, bit)| all | bit);
            prop_assert_eq!(Words::new(WORDS).seen(text.as_bytes(), u64::MAX), expected);
        }
    }
}
