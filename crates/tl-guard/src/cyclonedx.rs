//! What the agents have as a bill of materials: CycloneDX 1.6.
//!
//! In: a scan and its judged findings. Out: one document. Start at [`document`]. Local servers are
//! applications, remote ones services, packages libraries, instruction files and skills files with
//! hashes; findings are vulnerabilities that affect them. **Invariant:** the same scan gives the
//! same bytes, serial number included, so there is no time in it; no value of a variable or header
//! gets here. Source: ECMA-424 (1st edition), which is CycloneDX 1.6.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tl_core::finding::{Finding, Level, Location, Root, State};
use tl_rules::sort::Sorted;

use crate::inventory::package::is_exact;
use crate::inventory::{Ecosystem, Launch, Package, RuleFile, Server, Skill, SkillKind};
use crate::lock::digest::hex;
use crate::lock::launch::address;
use crate::scan::Scanned;

const SCHEMA: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";

/// One document for a scan; `version` is the program's.
pub fn document(scanned: &Scanned, sorted: &Sorted, version: &str) -> Value {
    let mut bill = Bill::default();
    for server in &scanned.inventory.servers {
        bill.server(server);
    }
    for package in &scanned.inventory.packages {
        bill.package(package);
    }
    for file in &scanned.inventory.rule_files {
        bill.rule_file(file);
    }
    for skill in &scanned.inventory.skills {
        bill.skill(skill);
    }
    let vulnerabilities: Vec<Value> =
        sorted.findings.iter().map(|one| bill.vulnerability(one)).collect();
    let mut document = json!({
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"tools": {"components": [
            {"type": "application", "name": "throughline", "version": version},
        ]}},
        "components": bill.components.into_values().collect::<Vec<_>>(),
        "services": bill.services.into_values().collect::<Vec<_>>(),
        "vulnerabilities": vulnerabilities,
    });
    document["serialNumber"] = json!(serial(&document.to_string()));
    document
}

/// A UUID of the content: version 8 of RFC 9562, whose bits are free.
fn serial(content: &str) -> String {
    let mut bytes: [u8; 16] = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(content)[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("urn:uuid:{}", parts.join("-"))
}

/// By reference, so that each is there once and the order does not depend on how it was found.
#[derive(Default)]
struct Bill {
    components: BTreeMap<String, Value>,
    services: BTreeMap<String, Value>,
    /// how often a reference was wanted again
    again: BTreeMap<String, u32>,
    /// references of what is at a path and within it
    places: BTreeMap<(Root, String), Vec<(String, String)>>,
}

impl Bill {
    /// A reference that is free, known for its place.
    fn reference(&mut self, kind: &str, at: &Location, name: &str) -> String {
        let place = place(at);
        let bare = format!("{kind}:{place}#{name}");
        let mut reference = bare.clone();
        let again = self.again.entry(bare.clone()).or_default();
        while self.components.contains_key(&reference) || self.services.contains_key(&reference) {
            *again += 1;
            reference = format!("{bare}'{again}");
        }
        let places = self.places.entry((at.root, at.path.clone())).or_default();
        places.push((at.within.clone(), reference.clone()));
        reference
    }

    fn server(&mut self, server: &Server) {
        let reference = self.reference("server", &server.at, &server.name);
        let mut about = vec![
            ("client", word(&server.client)),
            ("scope", word(&server.scope)),
            ("place", place(&server.at)),
            ("tools", server.tools.len().to_string()),
        ];
        about.extend(server.env.keys().map(|name| ("variable", name.clone())));
        if server.disabled {
            about.push(("disabled", "true".to_owned()));
        }
        if let Launch::Http { url, headers, .. } = &server.launch {
            about.extend(headers.keys().map(|name| ("header", name.clone())));
            let service = json!({
                "bom-ref": reference,
                "name": named(&server.name),
                "endpoints": [address(url)],
                "x-trust-boundary": true,
                "properties": properties(&about),
            });
            self.services.insert(reference, service);
            return;
        }
        let mut component = json!({
            "type": "application",
            "bom-ref": reference,
            "name": named(&server.name),
            "properties": properties(&about),
        });
        if let Some(package) = &server.package {
            set_package(&mut component, package);
        }
        self.components.insert(reference, component);
    }

    /// Packages that start a server are told with it as well: here each is there once.
    fn package(&mut self, package: &Package) {
        let purl = purl(package);
        let reference = format!("package:{purl}");
        let places = self.places.entry((package.at.root, package.at.path.clone())).or_default();
        places.push((package.at.within.clone(), reference.clone()));
        let mut component = json!({
            "type": "library",
            "bom-ref": reference,
            "name": named(&package.name),
            "properties": properties(&[
                ("pinned", package.pinned.to_string()),
                ("requested-version", package.version.clone().unwrap_or_default()),
            ]),
        });
        set_package(&mut component, package);
        self.components.entry(reference).or_insert(component);
    }

    fn rule_file(&mut self, file: &RuleFile) {
        let reference = self.reference("file", &file.at, "");
        let about = [
            ("kind", "rule".to_owned()),
            ("client", word(&file.client)),
            ("scope", word(&file.scope)),
            ("bytes", file.bytes.to_string()),
        ];
        let component = json!({
            "type": "file",
            "bom-ref": reference,
            "name": place(&file.at),
            "hashes": hashes(&file.sha256),
            "properties": properties(&about),
        });
        self.components.insert(reference, component);
    }

    fn skill(&mut self, skill: &Skill) {
        let reference = self.reference("file", &skill.at, &skill.name);
        let kind = match skill.kind {
            SkillKind::Skill => "skill",
            SkillKind::Agent => "agent",
            SkillKind::Command => "command",
            SkillKind::Plugin => "plugin",
        };
        let mut about = vec![
            ("kind", kind.to_owned()),
            ("scope", word(&skill.scope)),
            ("place", place(&skill.at)),
            // Over all files and their names: no SHA-256 of any one of them.
            ("root-hash", skill.root_hash.clone()),
        ];
        about.extend(skill.clients.iter().map(|client| ("client", word(client))));
        about.extend(skill.allowed_tools.iter().map(|tool| ("allowed-tool", tool.clone())));
        let files: Vec<Value> = skill.files.iter().map(|file| {
            json!({"type": "file", "name": named(&file.path), "hashes": hashes(&file.sha256)})
        }).collect();
        let component = json!({
            "type": "file",
            "bom-ref": reference,
            "name": if skill.name.is_empty() { place(&skill.at) } else { skill.name.clone() },
            "components": files,
            "properties": properties(&about),
        });
        self.components.insert(reference, component);
    }

    /// What a finding is about; a place that is nothing else in the bill is a file.
    fn affected(&mut self, at: &Location) -> Vec<String> {
        let known = self.places.get(&(at.root, at.path.clone()));
        let known = known.map(Vec::as_slice).unwrap_or_default();
        let about = |within: &str| {
            let same = known
                .iter()
                .filter(|(known, _)| known == within || within.starts_with(&format!("{known}.")));
            same.map(|(_, reference)| reference.clone()).collect::<BTreeSet<_>>()
        };
        let exact = if at.within.is_empty() { BTreeSet::new() } else { about(&at.within) };
        let found = if exact.is_empty() { about("") } else { exact };
        if !found.is_empty() {
            return found.into_iter().collect();
        }
        let file = Location { within: String::new(), ..at.clone() };
        let reference = self.reference("file", &file, "");
        let component = json!({"type": "file", "bom-ref": reference, "name": place(&file)});
        self.components.insert(reference.clone(), component);
        vec![reference]
    }

    /// A reference that stays when other findings come and go.
    fn finding_reference(&mut self, finding: &Finding) -> String {
        let bare = format!("finding:{}", finding.fingerprint);
        let again = self.again.entry(bare.clone()).or_default();
        let reference = if *again == 0 { bare } else { format!("{bare}'{again}") };
        *again += 1;
        reference
    }

    fn vulnerability(&mut self, finding: &Finding) -> Value {
        let affects: Vec<Value> = self
            .affected(&finding.at)
            .into_iter()
            .map(|reference| json!({"ref": reference}))
            .collect();
        let severity = match finding.level {
            Level::Info => "info",
            Level::Warn => "medium",
            Level::High => "high",
            Level::Block => "critical",
        };
        let state = match finding.state {
            State::New => "new",
            State::Baseline => "baseline",
            State::Suppressed => "suppressed",
        };
        let line = finding.at.line.to_string();
        let cwes: Vec<u32> = finding
            .taxonomy
            .iter()
            .filter_map(|taxon| taxon.0.strip_prefix("cwe:CWE-")?.parse().ok())
            .collect();
        let mut vulnerability = json!({
            "bom-ref": self.finding_reference(finding),
            "id": finding.rule.0,
            "source": {"name": "Throughline"},
            "ratings": [{"severity": severity, "method": "other"}],
            "description": finding.message,
            "affects": affects,
            "properties": properties(&[
                ("state", state.to_owned()),
                ("line", line),
                ("within", finding.at.within.clone()),
                ("fingerprint", finding.fingerprint.clone()),
            ]),
        });
        if !cwes.is_empty() {
            vulnerability["cwes"] = json!(cwes);
        }
        if !finding.fix.text.is_empty() {
            vulnerability["recommendation"] = json!(finding.fix.text);
        }
        vulnerability
    }
}

fn place(at: &Location) -> String {
    let front = match at.root {
        Root::Repository => "",
        Root::Home => "~/",
        Root::System => "/",
        Root::Tools => "tools:",
        Root::Process => "process:",
        Root::Stream => "stream:",
    };
    format!("{front}{}", at.path)
}

/// A name has to be there.
fn named(name: &str) -> &str {
    if name.is_empty() { "unnamed" } else { name }
}

/// The word by which a value is known in our own JSON.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn properties(about: &[(&str, String)]) -> Value {
    let property = |(name, value): &(&str, String)| json!({"name": format!("throughline:{name}"), "value": value});
    about.iter().filter(|(_, value)| !value.is_empty()).map(property).collect()
}

fn hashes(sha256: &str) -> Value {
    json!([{"alg": "SHA-256", "content": sha256}])
}

fn set_package(component: &mut Value, package: &Package) {
    component["purl"] = json!(purl(package));
    if let Some(version) = exact_version(package) {
        component["version"] = json!(version);
    }
}

/// The version, where it names one alone; of images also a tag, which is usual there.
fn exact_version(package: &Package) -> Option<&String> {
    let exact = |version: &&String| {
        package.pinned || package.ecosystem == Ecosystem::Docker || is_exact(version)
    };
    package.version.as_ref().filter(exact)
}

/// A package URL; a range or tag that is not exact is left out.
fn purl(package: &Package) -> String {
    let version = exact_version(package);
    let mut qualifiers = Map::new();
    let (kind, name) = match package.ecosystem {
        Ecosystem::Npm => ("npm", package.name.to_lowercase()),
        Ecosystem::Pypi => ("pypi", package.name.to_lowercase().replace('_', "-")),
        Ecosystem::Crates => ("cargo", package.name.clone()),
        Ecosystem::Go => ("golang", package.name.clone()),
        Ecosystem::Docker => {
            // A first part with a dot or port is the registry.
            let (host, rest) = package.name.split_once('/').unwrap_or(("", &package.name));
            if host.contains(['.', ':']) {
                qualifiers.insert("repository_url".to_owned(), json!(package.name));
                ("docker", rest.to_owned())
            } else {
                ("docker", package.name.clone())
            }
        }
        Ecosystem::Git | Ecosystem::Other => {
            qualifiers.insert("vcs_url".to_owned(), json!(package.name));
            let last = package.name.trim_end_matches('/').rsplit(['/', ':']).next();
            ("generic", last.unwrap_or_default().trim_end_matches(".git").to_owned())
        }
    };
    let parts: Vec<String> = named(&name).split('/').map(escaped).collect();
    let mut text = format!("pkg:{kind}/{}", parts.join("/"));
    if let Some(version) = version {
        let _infallible = write!(text, "@{}", escaped(version));
    }
    for (name, value) in qualifiers {
        let _infallible = write!(text, "?{name}={}", escaped(value.as_str().unwrap_or_default()));
    }
    text
}

/// Percent encoding as package URLs have it: a colon stays.
fn escaped(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
