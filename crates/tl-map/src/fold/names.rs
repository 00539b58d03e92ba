//! Texts that many things have, kept once and told apart by number.
//!
//! In: texts, again and again. Out: [`Names`]. Start at [`Names::number`].

use rustc_hash::FxHashMap;

/// Texts by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Box<str>>,
    /// The number of each, while texts come in.
    numbers: FxHashMap<Box<str>, u32>,
}

impl Names {
    /// The number of a text; one that is new gets the next.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(known) = self.numbers.get(text) {
            return *known;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    /// The text with a number that was given.
    pub(super) fn get(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// Gives back what only new texts need.
    pub(super) fn close(&mut self) {
        self.numbers = FxHashMap::default();
        self.texts.shrink_to_fit();
    }

    /// Makes ready for new texts.
    pub(super) fn open(&mut self) {
        self.numbers = self.texts.iter().cloned().zip(0..).collect();
    }
}
