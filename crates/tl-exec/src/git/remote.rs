//! Where a repository came from: the addresses of its remotes, and what forges call it.
//!
//! In: an opened repository's configuration. Out: [`Repository::forge_names`].

use super::Repository;

impl Repository {
    /// What forges may call it, by the addresses of its remotes, `origin` first: `acme/api` of
    /// `https://git.example.com/acme/api.git` and of `git@git.example.com:acme/api.git`. Empty
    /// without remotes, or where they are paths.
    pub fn forge_names(&self) -> Vec<String> {
        let repository = self.shared.to_thread_local();
        let config = repository.config_snapshot();
        let mut found: Vec<(bool, String)> = Vec::new();
        for remote in config.plumbing().sections_by_name("remote").into_iter().flatten() {
            let origin = remote.header().subsection_name().is_some_and(|name| name == "origin");
            let url = remote.value("url").map(|url| url.to_string());
            if let Some(name) = url.as_deref().and_then(forge_name) {
                found.push((!origin, name));
            }
        }
        found.sort();
        found.dedup();
        found.into_iter().map(|(_, name)| name).collect()
    }
}

/// `acme/api` of an address; `None` for a path.
fn forge_name(url: &str) -> Option<String> {
    let path = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        // `user@host:path`; what has a slash before the colon is a path.
        None => url.split_once(':').filter(|(host, _)| !host.contains('/') && host.len() > 1)?.1,
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.contains('/').then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::forge_name;

    #[test]
    fn addresses_name_a_repository_and_paths_do_not() {
        let name = |url| forge_name(url).unwrap_or_default();
        assert_eq!(name("https://git.example.com/acme/api.git"), "acme/api");
        assert_eq!(name("https://ana:secret@git.example.com/acme/group/api/"), "acme/group/api");
        assert_eq!(name("git@git.example.com:acme/api.git"), "acme/api");
        assert_eq!(name("ssh://git@git.example.com:22/acme/api"), "acme/api");
        for path in ["/srv/git/api.git", "../api", "C:/git/api", "file:///srv/acme/api", ""] {
            assert_eq!(name(path), "", "{path}");
        }
    }
}
