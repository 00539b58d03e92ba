//! SARIF 2.1.0 of other scanners as findings.
//!
//! In: bytes of a log that any tool wrote. Out: [`Log`]. Start at [`read`]. Producers differ in what
//! they leave out, so everything but `runs` may be missing. **Invariant:** bounded: at most
//! [`BYTES`], [`super::RESULTS`] results, and texts are cut; nothing in a log can name one of our
//! own rules, because a rule's id is behind the tool's name.

use std::borrow::Cow;

use serde_json::Value;
use tl_core::finding::{
    Confidence, Evidence, Finding, Fix, Level, Location, Root, RuleId, State, Taxon,
};

use super::RESULTS;

/// Largest log, in bytes.
pub const BYTES: usize = 32 << 20;
/// Longest name of a tool or rule, in characters.
const NAME: usize = 100;
/// Longest message, mend or path, in characters.
const TEXT: usize = 1_000;

/// What a log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// With ids such as `some-tool/its-rule`; without fingerprints.
    pub findings: Vec<Finding>,
    /// Results over the limit of [`RESULTS`].
    pub left_out: usize,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Larger than [`BYTES`].
    #[error("the log is larger than 32 MiB")]
    TooLarge,
    /// No JSON.
    #[error("failed to read the log")]
    Json(#[source] serde_json::Error),
    /// JSON of something else.
    #[error("there is no `runs` in it: is it SARIF 2.1.0?")]
    NoRuns,
}

/// Reads a log.
///
/// # Errors
/// It is too large, not JSON, or JSON without `runs`.
pub fn read(bytes: &[u8]) -> Result<Log, ReadError> {
    if bytes.len() > BYTES {
        return Err(ReadError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let log: Value = serde_json::from_slice(bytes).map_err(ReadError::Json)?;
    let runs = log.get("runs").and_then(Value::as_array).ok_or(ReadError::NoRuns)?;
    let mut read = Log::default();
    for run in runs {
        let rules = Rules::of(run);
        for result in array(run, "/results") {
            if read.findings.len() == RESULTS {
                read.left_out += 1;
            } else {
                read.findings.extend(finding(run, &rules, result));
            }
        }
    }
    Ok(read)
}

/// The rules of a run, and the tool that has them.
struct Rules<'a> {
    tool: String,
    driver: &'a [Value],
    all: Vec<&'a Value>,
}

impl<'a> Rules<'a> {
    fn of(run: &'a Value) -> Self {
        let name = text(run, "/tool/driver/name").unwrap_or("unknown-tool");
        let driver = array(run, "/tool/driver/rules");
        let extensions = array(run, "/tool/extensions");
        let all = driver.iter().chain(extensions.iter().flat_map(|one| array(one, "/rules")));
        Self { tool: slug(name), driver, all: all.collect() }
    }

    /// The rule of a result, and its id.
    fn find(&self, result: &'a Value) -> (Option<&'a Value>, &'a str) {
        let named = text(result, "/ruleId").or_else(|| text(result, "/rule/id"));
        let index = result.pointer("/ruleIndex").or_else(|| result.pointer("/rule/index"));
        let own = result.pointer("/rule/toolComponent").is_none();
        let by_index = index
            .and_then(Value::as_u64)
            .filter(|_| own)
            .and_then(|index| self.driver.get(usize::try_from(index).ok()?));
        // `CA1000/1` is a part of the rule `CA1000`.
        let is = |rule: &&&Value, id: &str| text(rule, "/id") == Some(id);
        let by_id = |id: &str| self.all.iter().find(|rule| is(rule, id)).copied();
        let rule = by_index.or_else(|| {
            let named = named?;
            by_id(named).or_else(|| by_id(named.rsplit_once('/')?.0))
        });
        let id = named.or_else(|| text(rule?, "/id")).unwrap_or("unnamed");
        (rule, id)
    }
}

/// `None`: it says that nothing is wrong.
fn finding(run: &Value, rules: &Rules<'_>, result: &Value) -> Option<Finding> {
    let fine = matches!(text(result, "/kind"), Some("pass" | "notApplicable"));
    if fine || text(result, "/baselineState") == Some("absent") || !result.is_object() {
        return None;
    }
    let (rule, id) = rules.find(result);
    let none = Value::Null;
    let rule = rule.unwrap_or(&none);
    let seen =
        text(result, "/locations/0/physicalLocation/region/snippet/text").unwrap_or_default();
    let message = message(result, rule);
    let help = text(result, "/fixes/0/description/text").or_else(|| text(rule, "/help/text"));
    Some(Finding {
        rule: RuleId(Cow::Owned(format!("{}/{}", rules.tool, cut(id, NAME)))),
        level: level(result, rule),
        confidence: match text(rule, "/properties/precision") {
            Some("very-high" | "high") => Confidence::High,
            Some("low") => Confidence::Low,
            _ => Confidence::Medium,
        },
        at: location(run, result),
        // Without a snippet the message tells two results of a rule in a file apart.
        evidence: Evidence::of(
            if seen.trim().is_empty() { &message } else { seen },
            "",
            Vec::new(),
        ),
        message,
        fix: Fix { text: cut(help.unwrap_or_default(), TEXT), edits: Vec::new() },
        taxonomy: weaknesses(rule),
        fingerprint: String::new(),
        state: if is_suppressed(result) { State::Suppressed } else { State::New },
    })
}

/// Our own word where the log has it, else the score of `security-severity` (from 9, 7 and 4, as
/// CVSS names them), else SARIF's three words.
fn level(result: &Value, rule: &Value) -> Level {
    let score = |of: &Value| {
        let score = of.pointer("/properties/security-severity")?;
        score.as_f64().or_else(|| score.as_str()?.trim().parse().ok())
    };
    let ours = match text(result, "/properties/level") {
        Some("block") => Some(Level::Block),
        Some("high") => Some(Level::High),
        _ => None,
    };
    let scored = || {
        Some(match score(result).or_else(|| score(rule))? {
            score if score >= 9.0 => Level::Block,
            score if score >= 7.0 => Level::High,
            score if score >= 4.0 => Level::Warn,
            _ => Level::Info,
        })
    };
    ours.or_else(scored).unwrap_or_else(|| {
        let word = text(result, "/level").or_else(|| text(rule, "/defaultConfiguration/level"));
        match word {
            Some("error") => Level::High,
            Some("note" | "none") => Level::Info,
            _ => Level::Warn,
        }
    })
}

fn is_suppressed(result: &Value) -> bool {
    let accepted = |one: &Value| matches!(text(one, "/status"), None | Some("accepted"));
    let all = array(result, "/suppressions");
    !all.is_empty() && all.iter().all(accepted)
}

/// The text, or that of the rule with the arguments put in.
fn message(result: &Value, rule: &Value) -> String {
    let direct = text(result, "/message/text").or_else(|| text(result, "/message/markdown"));
    if let Some(direct) = direct.filter(|text| !text.trim().is_empty()) {
        return cut(direct, TEXT);
    }
    let by_id = text(result, "/message/id")
        .and_then(|id| rule.get("messageStrings")?.get(id)?.get("text")?.as_str());
    let template = by_id
        .or_else(|| text(rule, "/shortDescription/text"))
        .or_else(|| text(rule, "/name"))
        .unwrap_or("no message");
    let mut message = cut(template, TEXT);
    for (index, argument) in array(result, "/message/arguments").iter().take(10).enumerate() {
        if let Some(argument) = argument.as_str() {
            message = message.replace(&format!("{{{index}}}"), &cut(argument, 100));
        }
    }
    cut(&message, TEXT)
}

fn location(run: &Value, result: &Value) -> Location {
    let physical = result.pointer("/locations/0/physicalLocation").unwrap_or(&Value::Null);
    let artifact = physical.get("artifactLocation");
    let by_index = || {
        let index = usize::try_from(artifact?.get("index")?.as_u64()?).ok()?;
        text(array(run, "/artifacts").get(index)?, "/location/uri")
    };
    let uri = artifact.and_then(|artifact| text(artifact, "/uri")).or_else(by_index);
    let number = |name: &str| {
        let number = physical.pointer(&format!("/region/{name}")).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
    };
    let line = number("startLine");
    let within = text(result, "/locations/0/logicalLocations/0/fullyQualifiedName")
        .or_else(|| text(result, "/locations/0/logicalLocations/0/name"));
    let path = uri.map(path).unwrap_or_default();
    Location {
        root: if path.starts_with('/') { Root::System } else { Root::Repository },
        path: path.trim_start_matches('/').to_owned(),
        line,
        column: number("startColumn"),
        end_line: number("endLine").max(line),
        within: cut(within.unwrap_or_default(), 200),
    }
}

/// A URI as a path: below `/` where it is absolute, with `..` taken away.
fn path(uri: &str) -> String {
    let plain = decoded(&cut(uri, TEXT)).replace('\\', "/");
    let (rest, absolute) = match plain.strip_prefix("file://") {
        Some(rest) => (rest.split_once('/').map_or("", |(_host, path)| path), true),
        None => (plain.as_str(), plain.starts_with('/')),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

fn decoded(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = (*first == b'%').then(|| behind.get(..2)).flatten();
        let byte = hex
            .filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// CWE numbers, of relations to a taxonomy or of tags such as `external/cwe/cwe-079`.
fn weaknesses(rule: &Value) -> Vec<Taxon> {
    let relations = array(rule, "/relationships").iter();
    let related = relations.filter_map(|one| text(one, "/target/id"));
    let tags = array(rule, "/properties/tags").iter().filter_map(Value::as_str);
    let mut found: Vec<Taxon> = related.chain(tags).take(50).filter_map(weakness).collect();
    found.sort();
    found.dedup();
    found
}

fn weakness(name: &str) -> Option<Taxon> {
    let upper = name.to_ascii_uppercase();
    let (_, number) = upper.rsplit_once("CWE-")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    let number: u32 = digits.parse().ok()?;
    Some(Taxon(Cow::Owned(format!("cwe:CWE-{number}"))))
}

/// `Cisco MCP Scanner` is `cisco-mcp-scanner`.
fn slug(name: &str) -> String {
    let lower = cut(name, NAME).to_lowercase();
    let parts: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "unknown-tool".to_owned() } else { parts.join("-") }
}

/// On one line, at most so many characters.
fn cut(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(count > 0);
        for c in std::iter::repeat_n(' ', gap).chain(word.chars()) {
            if count == most {
                out.push('…');
                return out;
            }
            count += 1;
            out.push(c);
        }
    }
    out
}

fn text<'a>(of: &'a Value, pointer: &str) -> Option<&'a str> {
    of.pointer(pointer).and_then(Value::as_str)
}

fn array<'a>(of: &'a Value, pointer: &str) -> &'a [Value] {
    of.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests;
