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
/// Nesting of a tool's schema that is followed: deeper than any that the parsers let through, which refuse
/// the whole list as `GQ002`.
pub const SCHEMA_DEPTH: usize = 256;
/// Findings of one rule in one file; the next one counts the rest.
pub const FINDINGS_A_RULE_AND_FILE: usize = 100;
/// Packages that manifests and instructions of one scan ask for; a workspace of a thousand manifests
/// has fewer.
pub const WANTED: usize = 20_000;
/// Findings of one scan.
pub const FINDINGS: usize = 20_000;
/// Encoded text is decoded this deep: base64 of base64.
pub const DECODE_DEPTH: u8 = 2;
/// Bytes decoded of one unit.
pub const DECODED_A_UNIT: usize = 64 << 10;
/// Bytes decoded of one file.
pub const DECODED_A_FILE: usize = 1 << 20;
/// Instruction files of a lock that a hook compares; the others are compared when they are read.
pub const LOCKED_FILES: usize = 64;
/// A text file is scanned to here, in windows of [`WINDOW`] behind the first [`WHOLE_FILE`].
pub const WINDOWED_FILE: u64 = 256 << 20;
/// Bytes of a window ...
pub const WINDOW: usize = 1 << 20;
/// ... and of its end that the next one repeats: longer than any sentence that a rule joins.
pub const WINDOW_OVERLAP: usize = 4 << 10;
/// So much of an archive is read.
pub const ARCHIVE_FILE: u64 = 32 << 20;
/// Members of an archive that are read.
pub const ARCHIVE_MEMBERS: usize = 200;
/// Bytes of one member.
pub const ARCHIVE_MEMBER: usize = 8 << 20;
/// Bytes of all members of an archive.
pub const ARCHIVE: usize = 32 << 20;
/// Bytes that one packed byte may become: text is packed to a fiftieth at most.
pub const ARCHIVE_RATIO: usize = 200;
/// Archives in archives that are opened.
pub const ARCHIVE_DEPTH: usize = 2;
/// Characters of an evidence.
pub const EVIDENCE: usize = 200;
