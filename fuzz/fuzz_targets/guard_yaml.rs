//! Any YAML is a tree within the limits, whose ranges are ranges of the text, or an error.
#![cfg_attr(fuzzing, no_main)]

use tl_fuzz::fuzz_target;
use tl_guard::parse::Node;
use tl_guard::parse::yaml::{LIMITS, parse};

fn check(node: &Node, text: &str, depth: usize) -> usize {
    assert!(depth <= LIMITS.depth + 1);
    assert!(text.get(node.start..node.end).is_some());
    let items = node.items().iter().map(|item| check(item, text, depth + 1));
    let members = node.members().iter().map(|member| check(&member.value, text, depth + 1));
    1 + items.sum::<usize>() + members.sum::<usize>()
}

fuzz_target!(|text: &str| {
    if let Ok(node) = parse(text, LIMITS) {
        assert!(check(&node, text, 0) <= LIMITS.nodes + 1);
    }
});
