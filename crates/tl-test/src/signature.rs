//! What two failures have in common when they are one.
//!
//! In: a failure's type, message and stack. Out: a [`Signature`] and the template behind it.
//! Start at [`of`]. **Invariants:** masking twice changes nothing; numbers, addresses, paths above
//! the last two parts and instants leave no trace; a type, a function or a word does.
//! **Definition:** `docs/test.md`, "Signatures".

mod frames;
mod mask;

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use tl_core::test::Signature;

pub use mask::mask;

use crate::read::Failure;

/// Frames of the stack that count: the innermost of the project's own.
const FRAMES: usize = 5;

/// Letters that a message must have after masking, where it is all that there is.
const LETTERS: usize = 8;

/// The signature of a failure, and the masked text that it stands for.
///
/// The template is `TYPE: MESSAGE | FRAME | FRAME ...`; a frame is the file with its directory and
/// the function. Where type and frames are missing and the message says next to nothing, there is
/// [`Signature::NONE`].
pub fn of(failure: &Failure) -> (Signature, String) {
    let class = mask(&failure.class);
    let (said, frames) = frames::split(&failure.text, FRAMES);
    let message = mask(if failure.message.trim().is_empty() { &said } else { &failure.message });
    // Many writers begin the message with the type: it is told once.
    let message = message
        .strip_prefix(class.as_str())
        .map_or(message.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    let letters = message.chars().filter(|c| c.is_alphabetic()).count();
    if class.is_empty() && frames.is_empty() && letters < LETTERS {
        return (Signature::NONE, String::new());
    }
    let mut template = format!("{class}: {message}");
    for frame in frames {
        // Writing to text cannot fail.
        write!(template, " | {frame}").ok();
    }
    let digest = Sha256::digest(template.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    (Signature(bytes), template)
}

/// What a failure says, for people: its message, else the first line of its text that is no frame,
/// else its type.
pub fn headline(failure: &Failure) -> String {
    let message = failure.message.trim();
    if !message.is_empty() {
        return message.to_owned();
    }
    let (said, _) = frames::split(&failure.text, 0);
    if said.is_empty() { failure.class.trim().to_owned() } else { said }
}

#[cfg(test)]
mod tests;
