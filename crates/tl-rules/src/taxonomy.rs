//! What others call the same thing: codes of taxonomies, with titles and addresses.
//!
//! A code is written as `scheme:code`. Sources: OWASP MCP Top 10 (2025 beta), OWASP Agentic
//! Top 10 (2026), OWASP Agentic Skills Top 10, MITRE ATLAS 5.6.0, CoSAI WS4 (2026-01), Snyk
//! agent-scan's codes, SAFE-MCP, CWE. Titles are theirs.

use std::borrow::Cow;

use tl_core::finding::Taxon;

use crate::doc::RuleDoc;

/// A list of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// In front of the colon.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Where it is kept.
    pub url: &'static str,
}

/// All schemes, by name.
pub const SCHEMES: &[Scheme] = &[
    Scheme {
        id: "asi",
        title: "OWASP Top 10 for Agentic Applications",
        url: "https://genai.owasp.org",
    },
    Scheme {
        id: "ast",
        title: "OWASP Agentic Skills Top 10",
        url: "https://owasp.org/www-project-agentic-skills-top-10",
    },
    Scheme { id: "atlas", title: "MITRE ATLAS", url: "https://atlas.mitre.org" },
    Scheme {
        id: "cosai",
        title: "CoSAI: MCP security",
        url: "https://github.com/cosai-oasis/ws4-secure-design-agentic-systems",
    },
    Scheme { id: "cwe", title: "Common Weakness Enumeration", url: "https://cwe.mitre.org" },
    Scheme {
        id: "owasp-mcp",
        title: "OWASP MCP Top 10",
        url: "https://owasp.org/www-project-mcp-top-10",
    },
    Scheme { id: "safe-mcp", title: "SAFE-MCP", url: "https://github.com/SAFE-MCP/safe-mcp" },
    Scheme {
        id: "snyk",
        title: "Snyk agent-scan issue codes",
        url: "https://github.com/snyk/agent-scan",
    },
];

/// Codes that a rule has when it names none itself.
const FAMILIES: &[(&str, &[&str])] = &[
    ("GI", &["owasp-mcp:MCP09", "ast:AST09"]),
    (
        "GC",
        &[
            "owasp-mcp:MCP02",
            "owasp-mcp:MCP04",
            "owasp-mcp:MCP05",
            "atlas:AML.T0081",
            "atlas:AML.T0083",
            "cosai:MCP-T8",
        ],
    ),
    ("GH", &["snyk:W021", "atlas:AML.T0068", "safe-mcp:SAFE-T1402", "cosai:MCP-T4"]),
    (
        "GP",
        &[
            "snyk:E001",
            "snyk:E004",
            "owasp-mcp:MCP03",
            "asi:ASI01",
            "atlas:AML.T0051",
            "atlas:AML.T0110",
            "cosai:MCP-T4",
        ],
    ),
    (
        "GX",
        &[
            "snyk:E002",
            "snyk:W015",
            "snyk:W016",
            "snyk:W017",
            "snyk:W018",
            "snyk:W019",
            "snyk:W020",
            "asi:ASI02",
            "cosai:MCP-T9",
        ],
    ),
    ("GD", &["atlas:AML.T0109", "ast:AST07", "cosai:MCP-T6", "safe-mcp:SAFE-T1201"]),
    ("GN", &["owasp-mcp:MCP07", "cosai:MCP-T8"]),
    ("GK", &["asi:ASI04", "atlas:AML.T0060", "cosai:MCP-T11"]),
    ("GS", &["owasp-mcp:MCP01", "snyk:W008", "cosai:MCP-T5"]),
    ("GA", &["asi:ASI02", "asi:ASI05", "asi:ASI10", "atlas:AML.T0053", "cosai:MCP-T12"]),
    ("GV", &["owasp-mcp:MCP05", "owasp-mcp:MCP07", "asi:ASI05", "snyk:E006", "cosai:MCP-T3"]),
    ("GQ", &["ast:AST08"]),
];

/// Codes of a rule: its own, or those of its family.
pub fn of(doc: &RuleDoc) -> Vec<Taxon> {
    let own = doc.taxonomy;
    let family = || {
        let found = FAMILIES.iter().find(|(family, _)| doc.id.starts_with(family));
        found.map_or(&[] as &[&str], |(_, codes)| codes)
    };
    let codes = if own.is_empty() { family() } else { own };
    codes.iter().map(|code| Taxon(Cow::Borrowed(code))).collect()
}

/// The scheme of a code; `None`: nobody's.
pub fn scheme(taxon: &Taxon) -> Option<&'static Scheme> {
    let (id, _) = taxon.0.split_once(':')?;
    SCHEMES.iter().find(|scheme| scheme.id == id)
}

/// What a code is called by those who keep it; `None` where only the code is known here.
pub fn title(taxon: &Taxon) -> Option<&'static str> {
    let at = TITLES.binary_search_by_key(&taxon.0.as_ref(), |(code, _)| code).ok()?;
    TITLES.get(at).map(|(_, title)| *title)
}

/// Sorted by code.
const TITLES: &[(&str, &str)] = &[
    ("asi:ASI01", "Agent Goal Hijack"),
    ("asi:ASI02", "Tool Misuse & Exploitation"),
    ("asi:ASI03", "Identity & Privilege Abuse"),
    ("asi:ASI04", "Agentic Supply Chain Vulnerabilities"),
    ("asi:ASI05", "Unexpected Code Execution"),
    ("asi:ASI06", "Memory & Context Poisoning"),
    ("asi:ASI07", "Insecure Inter-Agent Communication"),
    ("asi:ASI08", "Cascading Failures"),
    ("asi:ASI09", "Human-Agent Trust Exploitation"),
    ("asi:ASI10", "Rogue Agents"),
    ("ast:AST01", "Malicious Skills"),
    ("ast:AST02", "Supply Chain Compromise"),
    ("ast:AST03", "Over-Privileged Skills"),
    ("ast:AST04", "Insecure Metadata"),
    ("ast:AST05", "Unsafe Deserialization"),
    ("ast:AST06", "Weak Isolation"),
    ("ast:AST07", "Update Drift"),
    ("ast:AST08", "Poor Scanning"),
    ("ast:AST09", "No Governance"),
    ("ast:AST10", "Cross-Platform Reuse"),
    ("atlas:AML.T0051", "LLM Prompt Injection"),
    ("atlas:AML.T0053", "AI Agent Tool Invocation"),
    ("atlas:AML.T0060", "Publish Hallucinated Entities"),
    ("atlas:AML.T0068", "LLM Prompt Obfuscation"),
    ("atlas:AML.T0081", "Modify AI Agent Configuration"),
    ("atlas:AML.T0083", "Credentials from AI Agent Configuration"),
    ("atlas:AML.T0086", "Exfiltration via AI Agent Tool Invocation"),
    ("atlas:AML.T0098", "AI Agent Tool Credential Harvesting"),
    ("atlas:AML.T0109", "AI Supply Chain Rug Pull"),
    ("atlas:AML.T0110", "AI Agent Tool Poisoning"),
    ("cosai:MCP-T1", "Improper Authentication and Identity Management"),
    ("cosai:MCP-T10", "Resource Management and Rate Limiting"),
    ("cosai:MCP-T11", "Supply Chain and Lifecycle Security"),
    ("cosai:MCP-T12", "Logging and Audit"),
    ("cosai:MCP-T2", "Missing or Improper Access Control"),
    ("cosai:MCP-T3", "Input Validation"),
    ("cosai:MCP-T4", "Input and Instruction Boundary"),
    ("cosai:MCP-T5", "Data Protection"),
    ("cosai:MCP-T6", "Missing Integrity and Verification"),
    ("cosai:MCP-T7", "Session and Transport Security"),
    ("cosai:MCP-T8", "Network Binding and Isolation"),
    ("cosai:MCP-T9", "Trust Boundary and Privilege Design"),
    ("owasp-mcp:MCP01", "Token Mismanagement & Secret Exposure"),
    ("owasp-mcp:MCP02", "Privilege Escalation via Scope Creep"),
    ("owasp-mcp:MCP03", "Tool Poisoning"),
    ("owasp-mcp:MCP04", "Software Supply Chain & Dependency Tampering"),
    ("owasp-mcp:MCP05", "Command Injection & Execution"),
    ("owasp-mcp:MCP06", "Intent Flow Subversion"),
    ("owasp-mcp:MCP07", "Insufficient Authentication & Authorization"),
    ("owasp-mcp:MCP08", "Lack of Audit & Telemetry"),
    ("owasp-mcp:MCP09", "Shadow MCP Servers"),
    ("owasp-mcp:MCP10", "Context Injection & Over-Sharing"),
    ("safe-mcp:SAFE-T1001", "Tool Poisoning Attack"),
    ("safe-mcp:SAFE-T1201", "MCP Rug Pull Attack"),
    ("safe-mcp:SAFE-T1402", "Instruction Steganography"),
    ("snyk:E001", "Prompt injection in tool description"),
    ("snyk:E002", "Tool shadowing"),
    ("snyk:E004", "Prompt injection in skill"),
    ("snyk:E006", "Malicious code"),
    ("snyk:W008", "Hardcoded secret"),
    ("snyk:W021", "Hidden Unicode"),
];

#[cfg(test)]
mod tests {
    use super::{FAMILIES, SCHEMES, TITLES, scheme};
    use tl_core::finding::Taxon;

    #[test]
    fn titles_and_schemes_are_sorted_and_every_family_code_has_a_scheme() {
        assert!(TITLES.is_sorted_by_key(|(code, _)| *code));
        assert!(SCHEMES.is_sorted_by_key(|scheme| scheme.id));
        for code in FAMILIES.iter().flat_map(|(_, codes)| *codes) {
            assert!(scheme(&Taxon((*code).into())).is_some(), "{code}");
        }
    }
}
