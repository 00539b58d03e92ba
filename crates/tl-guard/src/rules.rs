//! The rules: what each says of itself and the function that checks it, a file per rule below
//! `rules/<family>/`, a slice per family.
//!
//! Start at [`RULES`]. A rule has no state: it reads a [`Unit`], a [`Raw`], an [`Artifact`] or the
//! inventory and puts [`Finding`]s into a [`Sink`].

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use tl_core::finding::{Confidence, Finding, Fix, Level, Location};
use tl_rules::{doc::RuleDoc, taxonomy};

use crate::{
    inventory::Inventory,
    limits,
    text::unit::{Artifact, Context, Encoding, Hidden, Role, Unit, advance},
};

pub mod ga;
pub mod gc;
pub mod gd;
pub mod gh;
pub mod gi;
pub mod gk;
pub mod gn;
pub mod gp;
pub mod gq;
pub mod gs;
pub mod gv;
pub mod gx;

/// All rules, by family. A family's file lists its own.
pub const RULES: &[&[Rule]] = &[
    ga::RULES,
    gc::RULES,
    gd::RULES,
    gh::RULES,
    gi::RULES,
    gk::RULES,
    gn::RULES,
    gp::RULES,
    gq::RULES,
    gs::RULES,
    gv::RULES,
    gx::RULES,
];

/// Every rule, in the order of [`RULES`].
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().flat_map(|family| family.iter())
}

/// Fixed regular expressions of a module, each made at its first use.
macro_rules! patterns {
    ($($(#[$about:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$about])* static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| regex::Regex::new($text).expect("the pattern is fixed"));)*
    };
}
pub(crate) use patterns;

/// What all checks may ask.
#[derive(Debug, Clone, Copy)]
pub struct Cx<'a> {
    /// Everything that was found.
    pub inventory: &'a Inventory,
    /// Exact tool names to (server, tool), of all servers.
    pub tools: &'a BTreeMap<String, Vec<(usize, usize)>>,
}

/// Text as it stands: a file, the fields of a tool, or a string whose escapes were decoded.
#[derive(Debug)]
pub struct Raw<'a> {
    /// Of the file.
    pub role: Role,
    /// As written.
    pub text: &'a str,
    /// What [`crate::text::hidden::find`] found there.
    pub hidden: &'a [Hidden],
    /// How `text` stands in the file, where all of it does as it is.
    pub disk: Option<Disk>,
    /// The unit of which it is the text, or the place of the file.
    pub of: Of<'a>,
}

/// How a file holds its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// In UTF-8, behind so many bytes.
    Utf8(usize),
    /// In UTF-16, behind a mark.
    Utf16,
}

/// What a [`Raw`] is the text of.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// A file.
    File(&'a Location),
    /// A tool, or a string with escapes.
    Unit(&'a Unit<'a>),
}

impl<'a> Raw<'a> {
    /// Of a file, with what is hidden there.
    pub fn of_file(artifact: &'a Artifact, hidden: &'a [Hidden]) -> Self {
        let disk = match artifact.encoding {
            // A window of a large file begins somewhere.
            _ if artifact.at.line > 0 => None,
            Encoding::Utf8 => Some(Disk::Utf8(0)),
            Encoding::Utf8Bom => Some(Disk::Utf8(3)),
            Encoding::Utf16Le | Encoding::Utf16Be => Some(Disk::Utf16),
            Encoding::Latin1 | Encoding::Binary => None,
        };
        let of = Of::File(&artifact.at);
        Self { role: artifact.role, text: &artifact.text, hidden, disk, of }
    }

    /// Of a unit whose text stands in no file as it is.
    pub fn of_unit(unit: &'a Unit<'a>) -> Self {
        let of = Of::Unit(unit);
        Self { role: unit.role, text: &unit.raw, hidden: &unit.hidden, disk: None, of }
    }

    /// Place on disk of one of its bytes.
    pub fn locate(&self, byte: usize) -> Location {
        match self.of {
            Of::File(at) => {
                let mut at = at.clone();
                advance(&mut at, self.text, byte);
                at
            }
            Of::Unit(unit) => unit.locate(unit.map.normalised(byte)),
        }
    }

    /// Whether one of its bytes stands in a name.
    pub fn in_name(&self, byte: usize) -> bool {
        match self.of {
            Of::File(_) => false,
            Of::Unit(unit) => unit.context(unit.map.normalised(byte)) == Context::Identifier,
        }
    }
}

/// What a check reads. One function, one rule, no state.
#[derive(Clone, Copy)]
pub enum Check {
    /// What a model reads as one, normalised.
    Text(fn(&Unit<'_>, &Cx<'_>, &mut Sink)),
    /// Text as it stands.
    Raw(fn(&Raw<'_>, &Cx<'_>, &mut Sink)),
    /// A whole file.
    Artifact(fn(&Artifact, &Cx<'_>, &mut Sink)),
    /// What was found altogether.
    Inventory(fn(&Cx<'_>, &mut Sink)),
    /// Drift, actions and reading have their own inputs; they are listed for their documentation.
    Elsewhere,
}

/// A concrete rule: its documentation and its check.
pub struct Rule {
    /// What it says of itself.
    pub doc: &'static RuleDoc,
    /// What it does.
    pub check: Check,
}

/// Collects findings, at most [`limits::FINDINGS_A_RULE_AND_FILE`] a rule and file; what is over
/// is counted, and [`Sink::finish`] tells it.
#[derive(Debug, Default)]
pub struct Sink {
    /// In the order in which they came.
    pub findings: Vec<Finding>,
    counts: FxHashMap<(String, String), usize>,
    /// Findings that are not in `findings`, because there were too many.
    pub dropped: usize,
}

impl Sink {
    /// Takes a finding, or counts it where its rule has filled its share of the file.
    pub fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(key(&finding)).or_default();
        *count += 1;
        if *count <= limits::FINDINGS_A_RULE_AND_FILE && self.findings.len() < limits::FINDINGS {
            self.findings.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    /// Takes what another one took after it.
    pub fn join(&mut self, mut other: Self) {
        for finding in other.findings {
            if let Some(count) = other.counts.get_mut(&key(&finding)) {
                *count -= 1;
            }
            self.add(finding);
        }
        for (key, more) in other.counts {
            *self.counts.entry(key).or_default() += more;
        }
        self.dropped += other.dropped;
    }

    /// Tells in the last kept finding of a rule and file how many more there were.
    pub fn finish(mut self) -> Vec<Finding> {
        for finding in self.findings.iter_mut().rev() {
            if let Some(count) = self.counts.remove(&key(finding))
                && let Some(more) = count.checked_sub(limits::FINDINGS_A_RULE_AND_FILE)
                && more > 0
            {
                finding.message += ", and more of this rule in this file: ";
                finding.message += &more.to_string();
            }
        }
        self.findings
    }
}

/// The rule and file of a finding.
fn key(finding: &Finding) -> (String, String) {
    (finding.rule.0.to_string(), finding.at.path.clone())
}

/// A finding with the level, confidence, mend and taxonomy of its rule; the caller sets its
/// evidence and what is special about it.
pub fn finding(doc: &'static RuleDoc, at: Location, message: impl Into<String>) -> Finding {
    let fix = Fix { text: doc.fix.to_owned(), edits: Vec::new() };
    Finding {
        rule: doc.rule(),
        level: doc.level,
        confidence: doc.confidence,
        at,
        message: message.into(),
        evidence: tl_core::finding::Evidence::default(),
        fix,
        taxonomy: taxonomy::of(doc),
        fingerprint: String::new(),
        state: tl_core::finding::State::New,
    }
}

#[cfg(test)]
mod tests;

/// What a rule of medium confidence says of itself: in three sentences what it finds, why that
/// matters, and what to do.
pub(crate) const fn doc(
    id: &'static str,
    name: &'static str,
    level: Level,
    taxonomy: &'static [&'static str],
    [summary, why, fix]: [&'static str; 3],
) -> RuleDoc {
    let confidence = Confidence::Medium;
    RuleDoc { id, name, level, confidence, summary, why, fix, taxonomy, since: "0.1.0" }
}
