//! Tokens, and texts without them.
//!
//! In: what the program read from its environment or a command. Out: [`Secret`], which shows
//! itself as `***` only. **Invariant:** only [`client`](crate::client) sees what is in one, and
//! only to put it into a header.

use std::fmt;

/// A token or password. `Debug` and `Display` are `***`; there is no way to serialise it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret; the white space around it, such as the line end of a command's output, is
    /// dropped.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in it: for the header of a request, and for nothing else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// A text without this secret.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_as_stars_and_leaves_texts() {
        let secret = Secret::new("s3cr3t-t0ken\n");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "*** *** ***");
        assert_eq!(secret.redact("token s3cr3t-t0ken is wrong"), "token *** is wrong");
        assert_eq!(Secret::new("").redact("nothing"), "nothing");
    }
}
