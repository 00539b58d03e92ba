//! Many commits by one process: a script for `git fast-import`.
//!
//! In: commits, branch by branch. Out: the same commits in a [`TestRepo`]. Start at
//! [`Import::new`], end with [`Import::into`]. The work tree is not touched.
//! **Invariant:** as in [`crate::repo`]: the same steps give the same object ids everywhere.

use std::fmt::Write as _;

use tl_core::time::Timestamp;

use crate::repo::TestRepo;

/// A script that grows commit by commit.
#[derive(Debug, Default)]
pub struct Import {
    script: String,
    commits: usize,
}

/// A commit of the same script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

impl Import {
    /// An empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Commits to the branch `reference` (a full name), behind its last commit in this script.
    /// `who` is as in [`TestRepo`]; `when` is an RFC 3339 instant.
    pub fn commit(
        &mut self,
        reference: &str,
        who: &str,
        when: &str,
        files: &[(&str, &str)],
        message: &str,
    ) -> Mark {
        self.add(reference, who, [when, when], None, files, message)
    }

    /// The same with a committer date of its own, as a rebase leaves it.
    pub fn rebased(
        &mut self,
        reference: &str,
        who: &str,
        [authored, committed]: [&str; 2],
        files: &[(&str, &str)],
        message: &str,
    ) -> Mark {
        self.add(reference, who, [authored, committed], None, files, message)
    }

    /// The same with a second parent. The files that it brings have to be given.
    pub fn merge(
        &mut self,
        reference: &str,
        who: &str,
        when: &str,
        other: Mark,
        files: &[(&str, &str)],
        message: &str,
    ) -> Mark {
        self.add(reference, who, [when, when], Some(other), files, message)
    }

    /// Points a branch, tag or any other reference (a full name) at a commit of this script.
    pub fn point(&mut self, reference: &str, at: Mark) {
        self.line(format_args!("reset {reference}\nfrom :{}\n", at.0));
    }

    /// Goes on behind a commit that the repository has already, such as `refs/heads/main`.
    pub fn resume(&mut self, reference: &str) {
        self.line(format_args!("reset {reference}\nfrom {reference}^0\n"));
    }

    /// Runs the script.
    pub fn into(self, repo: &TestRepo) {
        repo.git_with_input(&["fast-import", "--quiet", "--force"], self.script.as_bytes());
    }

    fn add(
        &mut self,
        reference: &str,
        who: &str,
        when: [&str; 2],
        other: Option<Mark>,
        files: &[(&str, &str)],
        message: &str,
    ) -> Mark {
        self.commits += 1;
        let mark = self.commits;
        let [authored, committed] = when.map(|when| {
            Timestamp::parse(when).expect("a test knows its dates").as_millis() / 1_000
        });
        let who = match who.split_once('<') {
            Some(_) => who.to_owned(),
            None => format!("{who} <{who}@example.com>"),
        };
        self.line(format_args!("commit {reference}\nmark :{mark}"));
        self.line(format_args!("author {who} {authored} +0000"));
        self.line(format_args!("committer {who} {committed} +0000"));
        self.line(format_args!("data {}\n{message}", message.len()));
        if let Some(other) = other {
            self.line(format_args!("merge :{}", other.0));
        }
        for (path, content) in files {
            self.line(format_args!("M 100644 inline {path}\ndata {}\n{content}", content.len()));
        }
        Mark(mark)
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.script, "{text}").expect("text takes any text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_merges_and_references_are_as_scripted() {
        let repo = TestRepo::new();
        let mut import = Import::new();
        let base =
            import.commit("refs/heads/main", "ana", "2026-01-01T00:00:00Z", &[("a", "1\n")], "one");
        import.point("refs/heads/side", base);
        let side =
            import.commit("refs/heads/side", "bo", "2026-01-02T00:00:00Z", &[("b", "2\n")], "two");
        let merged = import.merge(
            "refs/heads/main",
            "Cy <cy@example.com>",
            "2026-01-03T00:00:00Z",
            side,
            &[("b", "2\n")],
            "both",
        );
        import.point("refs/tags/v1", merged);
        import.into(&repo);
        let mut more = Import::new();
        more.resume("refs/heads/main");
        more.commit("refs/heads/main", "ana", "2026-01-04T00:00:00Z", &[], "last");
        more.into(&repo);
        let log = repo.git(&["log", "--format=%an %ad %s %D", "--date=short", "--topo-order"]);
        let expected = "ana 2026-01-04 last HEAD -> main\n\
            Cy 2026-01-03 both tag: v1\n\
            bo 2026-01-02 two side\n\
            ana 2026-01-01 one ";
        assert_eq!(log, expected);
        assert_eq!(repo.git(&["diff", "--stat", "side", "main"]), "");
    }
}
