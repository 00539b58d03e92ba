//! How much is read at most, and why. Whoever reaches one of these says so in a `GQ` finding:
//! nothing is cut silently.

/// So much of a file is read and parsed: ten times the largest configuration seen. `GQ001` tells
/// what was left.
pub const WHOLE_FILE: u64 = 8 << 20;
/// A NUL in this many first bytes makes a file binary.
pub const BINARY_PROBE: usize = 8 << 10;
/// A section of a document that is longer is several units, in characters ...
pub const UNIT: usize = 8_000;
/// ... which overlap by this.
pub const UNIT_OVERLAP: usize = 400;
/// Nesting of a tool's schema that is followed.
pub const SCHEMA_DEPTH: usize = 32;
/// Findings of one rule in one file; the next one counts the rest.
pub const FINDINGS_A_RULE_AND_FILE: usize = 100;
/// Findings of one scan.
pub const FINDINGS: usize = 20_000;
/// Encoded text is decoded this deep: base64 of base64.
pub const DECODE_DEPTH: u8 = 2;
/// Bytes decoded of one unit.
pub const DECODED_A_UNIT: usize = 64 << 10;
/// Bytes decoded of one file.
pub const DECODED_A_FILE: usize = 1 << 20;
/// Characters of an evidence.
pub const EVIDENCE: usize = 200;
