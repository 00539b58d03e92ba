//! Findings as SARIF 2.1.0, as code scanning of forges reads it.
//!
//! In: judged findings and the documentation of their rules. Out: one log with one run. Levels are
//! `note`, `warning` and `error`; the fourth is told apart by `properties.level`. Source: OASIS
//! SARIF 2.1.0 (2020-03-27) and GitHub's limits for uploads (25,000 results a run, of which 5,000
//! are shown, worst first).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tl_core::finding::{Finding, Level, Location, Root, State, Taxon};

pub mod read;

use crate::{doc::RuleDoc, registry::Registry, sort::Sorted, taxonomy};

/// Most results of a run; more are told in a notification.
pub const RESULTS: usize = 25_000;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes a log. `version` is the program's.
pub fn write(sorted: &Sorted, registry: &Registry, version: &str) -> Value {
    let docs: Vec<&RuleDoc> = {
        let used = |doc: &&&RuleDoc| sorted.rules.iter().any(|rule| rule.0 == doc.id);
        registry.docs().iter().filter(used).copied().collect()
    };
    let index: BTreeMap<&str, usize> =
        docs.iter().enumerate().map(|(at, doc)| (doc.id, at)).collect();
    let taxa: BTreeSet<Taxon> = docs.iter().flat_map(|doc| taxonomy::of(doc)).collect();
    let shown = sorted.findings.iter().take(RESULTS);
    let results: Vec<Value> = shown.map(|f| result(f, index.get(&*f.rule.0).copied())).collect();
    let over = sorted.findings.len().saturating_sub(RESULTS);
    let mut invocation = json!({"executionSuccessful": true});
    if over > 0 {
        let text = format!("{over} results are over the limit of {RESULTS} and left out");
        invocation["toolExecutionNotifications"] =
            json!([{"level": "warning", "message": {"text": text}}]);
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Throughline",
                "semanticVersion": version,
                "rules": docs.iter().map(|doc| rule(doc)).collect::<Vec<_>>(),
                "supportedTaxonomies": schemes(&taxa).map(|scheme| json!({"name": scheme.id})).collect::<Vec<_>>(),
            }},
            "taxonomies": schemes(&taxa).map(|scheme| taxonomy_of(scheme, &taxa)).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": bases(&sorted.findings),
            "invocations": [invocation],
            "results": results,
        }],
    })
}

fn rule(doc: &RuleDoc) -> Value {
    let relation = |taxon: Taxon| {
        let (scheme, code) = taxon.0.split_once(':')?;
        Some(json!({
            "target": {"id": code, "toolComponent": {"name": scheme}},
            "kinds": ["relevant"],
        }))
    };
    let relations: Vec<Value> = taxonomy::of(doc).into_iter().filter_map(relation).collect();
    let severity = match doc.level {
        Level::Info => "1.0",
        Level::Warn => "4.0",
        Level::High => "7.5",
        Level::Block => "9.5",
    };
    json!({
        "id": doc.id,
        "name": doc.name,
        "shortDescription": {"text": doc.summary},
        "fullDescription": {"text": format!("{} {}", doc.summary, doc.why)},
        "help": {"text": doc.fix},
        "defaultConfiguration": {"level": level(doc.level)},
        "relationships": relations,
        "properties": {"security-severity": severity, "tags": ["security"]},
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warn => "warning",
        Level::High | Level::Block => "error",
    }
}

fn result(finding: &Finding, index: Option<usize>) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.level),
        "message": {"text": message(finding)},
        "locations": [location(&finding.at)],
        "partialFingerprints": {"throughlineFinding/v1": finding.fingerprint},
        "properties": {
            "level": finding.level,
            "confidence": finding.confidence,
            "signals": finding.evidence.signals,
        },
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result["baselineState"] = match finding.state {
        State::New | State::Suppressed => json!("new"),
        State::Baseline => json!("unchanged"),
    };
    if finding.state == State::Suppressed {
        result["suppressions"] = json!([{"kind": "external", "status": "accepted"}]);
    }
    result
}

fn message(finding: &Finding) -> String {
    let seen = &finding.evidence;
    let seen = if seen.decoded.is_empty() { &seen.raw } else { &seen.decoded };
    if seen.is_empty() { finding.message.clone() } else { format!("{}: {seen}", finding.message) }
}

const fn base(root: Root) -> &'static str {
    match root {
        Root::Repository => "SRCROOT",
        Root::Home => "HOME",
        Root::System => "SYSTEM",
        Root::Tools => "TOOLS",
        Root::Process => "PROCESS",
        Root::Stream => "STREAM",
    }
}

/// The bases are named and not resolved: no path of a machine stands in a log.
fn bases(findings: &[Finding]) -> Value {
    let used: BTreeSet<&str> = findings.iter().map(|finding| base(finding.at.root)).collect();
    let named = used
        .into_iter()
        .map(|base| (base.to_owned(), json!({"description": {"text": format!("root of {base}")}})));
    Value::Object(named.collect::<Map<_, _>>())
}

fn location(at: &Location) -> Value {
    let mut physical = json!({
        "artifactLocation": {"uri": uri(&at.path), "uriBaseId": base(at.root)},
    });
    if at.line > 0 {
        let mut region = json!({"startLine": at.line});
        if at.column > 0 {
            region["startColumn"] = json!(at.column);
        }
        if at.end_line > at.line {
            region["endLine"] = json!(at.end_line);
        }
        physical["region"] = region;
    }
    let mut location = json!({"physicalLocation": physical});
    if !at.within.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": at.within}]);
    }
    location
}

/// A path as a relative URI: RFC 3986's unreserved characters and `/` stay, others are escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |n: u8| char::from(b"0123456789ABCDEF"[usize::from(n)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

fn schemes(taxa: &BTreeSet<Taxon>) -> impl Iterator<Item = &'static taxonomy::Scheme> {
    let used: Vec<_> = taxa.iter().filter_map(taxonomy::scheme).map(|scheme| scheme.id).collect();
    taxonomy::SCHEMES.iter().filter(move |scheme| used.contains(&scheme.id))
}

fn taxonomy_of(scheme: &taxonomy::Scheme, taxa: &BTreeSet<Taxon>) -> Value {
    let taxon = |taxon: &Taxon| {
        let code = taxon.0.strip_prefix(scheme.id)?.strip_prefix(':')?;
        Some(match taxonomy::title(taxon) {
            Some(title) => json!({"id": code, "name": title}),
            None => json!({"id": code}),
        })
    };
    json!({
        "name": scheme.id,
        "fullName": scheme.title,
        "informationUri": scheme.url,
        "taxa": taxa.iter().filter_map(taxon).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
