//! All rules' documentation, by id or name.

use crate::doc::RuleDoc;

/// Rules of a program, in the order in which they are documented.
#[derive(Debug, Default)]
pub struct Registry {
    docs: Vec<&'static RuleDoc>,
}

/// No rule has that id or name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{asked}`")]
pub struct UnknownRule {
    /// What was asked for.
    pub asked: String,
    /// Id and name of the rule that is nearest, where one is near.
    pub nearest: Option<&'static str>,
}

impl Registry {
    /// A registry of these rules.
    pub fn new(docs: impl IntoIterator<Item = &'static RuleDoc>) -> Self {
        Self { docs: docs.into_iter().collect() }
    }

    /// All of them.
    pub fn docs(&self) -> &[&'static RuleDoc] {
        &self.docs
    }

    /// By id (any case) or name.
    pub fn get(&self, asked: &str) -> Option<&'static RuleDoc> {
        let asked = asked.trim();
        self.docs.iter().copied().find(|d| d.id.eq_ignore_ascii_case(asked) || d.name == asked)
    }

    /// What a rule finds, why it matters, what to do, as text for a terminal.
    ///
    /// # Errors
    /// There is no such rule; the error names the nearest.
    pub fn explain(&self, asked: &str) -> Result<String, UnknownRule> {
        let Some(doc) = self.get(asked) else {
            return Err(UnknownRule { asked: asked.to_owned(), nearest: self.nearest(asked) });
        };
        let mut text = format!("{} {} ({:?})\n\n", doc.id, doc.name, doc.level).to_lowercase();
        text.replace_range(..doc.id.len(), doc.id);
        for (title, body) in [("", doc.summary), ("Why: ", doc.why), ("Fix: ", doc.fix)] {
            text.extend([title, body, "\n\n"]);
        }
        text.push_str("Known elsewhere as:\n");
        for taxon in crate::taxonomy::of(doc) {
            let title = crate::taxonomy::title(&taxon).unwrap_or_default();
            text.push_str(format!("  {}  {title}", taxon.0).trim_end());
            text.push('\n');
        }
        Ok(text)
    }

    /// Id or name that was probably meant: at most a third of its characters differ.
    pub fn nearest(&self, asked: &str) -> Option<&'static str> {
        let asked = asked.trim();
        let upper = asked.to_ascii_uppercase();
        let near = |known: &'static str, asked: &str| {
            let distance = strsim::damerau_levenshtein(known, asked);
            (distance * 3 <= known.len()).then_some((distance, known))
        };
        let found = self.docs.iter().flat_map(|d| [near(d.id, &upper), near(d.name, asked)]);
        found.flatten().min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;
    use crate::doc::RuleDoc;
    use tl_core::finding::{Confidence, Level};

    static DOC: RuleDoc = RuleDoc {
        id: "GC001",
        name: "unpinned-launcher",
        level: Level::High,
        confidence: Confidence::High,
        summary: "A server is started from a package without an exact version.",
        why: "Whatever was published last runs with the agent's permissions.",
        fix: "Name the exact version.",
        taxonomy: &["owasp-mcp:MCP04"],
        since: "0.1.0",
    };

    #[test]
    fn a_rule_is_explained_by_id_or_name_and_a_slip_names_the_nearest() {
        let registry = Registry::new([&DOC]);
        assert!(registry.explain("gc001").unwrap().starts_with("GC001 unpinned-launcher (high)\n"));
        assert!(registry.explain("unpinned-launcher").unwrap().contains("MCP04  Software Supply"));
        let err = registry.explain("unpined-launcher").unwrap_err();
        assert_eq!(err.nearest, Some("unpinned-launcher"));
        assert_eq!(registry.explain("zzz").unwrap_err().nearest, None);
    }
}
