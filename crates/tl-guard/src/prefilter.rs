//! Which rules have a word in a text: one pass over the text for all rules together.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::rules::Rule;

/// Literals of all rules that need some, in one automaton.
pub struct Prefilter {
    automaton: Option<AhoCorasick>,
    /// Rule of each literal.
    rule: Vec<usize>,
    /// Whether a rule runs on every text.
    always: Vec<bool>,
}

impl Prefilter {
    /// For these rules; answers are by their position.
    pub fn new(rules: &[&'static Rule]) -> Self {
        let mut literals: Vec<&str> = Vec::new();
        let mut rule = Vec::new();
        for (at, needs) in rules.iter().map(|rule| rule.needs).enumerate() {
            literals.extend(needs);
            rule.extend(std::iter::repeat_n(at, needs.len()));
        }
        let automaton = (!literals.is_empty()).then(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(literals)
                .expect("a few thousand short literals fit into an automaton")
        });
        Self { automaton, rule, always: rules.iter().map(|rule| rule.needs.is_empty()).collect() }
    }

    /// For each rule, whether it has to be run.
    pub fn wanted(&self, text: &str) -> Vec<bool> {
        let mut wanted = self.always.clone();
        let Some(automaton) = &self.automaton else { return wanted };
        let mut missing = wanted.iter().filter(|wanted| !**wanted).count();
        for found in automaton.find_overlapping_iter(text) {
            let rule = self.rule[found.pattern().as_usize()];
            if !wanted[rule] {
                wanted[rule] = true;
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        wanted
    }
}
