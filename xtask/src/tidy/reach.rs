//! Reach: heavy or dangerous libraries stay where they belong, however they would come in.
//!
//! In: the graph of normal dependencies as cargo resolved it, default features. Out: complaints
//! that show the way from our crate to the library. Start at [`KEPT_OUT`] and [`CONFINED`].

use std::collections::BTreeMap;

use crate::tidy::workspace::{Crate, Graph};

/// Crates that compute and never wait: no async runtime, however indirectly.
pub(crate) const PURE: &[&str] =
    &["tl-core", "tl-rules", "tl-policy", "tl-map", "tl-review", "tl-incident"];

/// Libraries that the pure crates never link.
const KEPT_OUT: &[&str] = &["tokio", "async-std", "smol"];

/// A library, and the crates of ours through which alone others may come to it.
struct Confined {
    library: &'static str,
    to: &'static [&'static str],
}

const CONFINED: &[Confined] = &[
    // Longer to compile than all the rest together.
    Confined { library: "datafusion", to: &["tl-query"] },
    Confined { library: "ballista", to: &["tl-query"] },
    // A format on disk: one crate knows its details, and the engine reads it too.
    Confined { library: "parquet", to: &["tl-lake", "tl-query"] },
    Confined { library: "object_store", to: &["tl-lake", "tl-query"] },
    // One place for limits, redaction and `--offline`.
    Confined { library: "reqwest", to: &["tl-forge"] },
    Confined { library: "octocrab", to: &["tl-forge"] },
    Confined { library: "ureq", to: &["tl-forge"] },
    Confined { library: "curl", to: &["tl-forge"] },
    // A server is made of it too, and the load on one.
    Confined { library: "hyper", to: &["tl-forge", "tl-server", "tl-bench"] },
];

/// Complains of each of our crates that comes to a library by a way that is not allowed.
pub(crate) fn check(crates: &[Crate], graph: &Graph) -> Vec<String> {
    let mut complaints = Vec::new();
    for a_crate in crates {
        let name = a_crate.name.as_str();
        if PURE.contains(&name) {
            for library in KEPT_OUT {
                if let Some(way) = way(graph, name, library, &[]) {
                    complaints.push(format!("`{name}` is pure, but links `{library}`: {way}"));
                }
            }
        }
        for Confined { library, to } in CONFINED {
            if let Some(way) = way(graph, name, library, to) {
                let to = to.join("` or `");
                complaints.push(format!("`{library}` is reached other than through `{to}`: {way}"));
            }
        }
    }
    complaints
}

/// The shortest way from one package to another that avoids `barred`, such as `a -> b -> c`.
fn way(graph: &Graph, from: &str, to: &str, barred: &[&str]) -> Option<String> {
    if barred.contains(&from) {
        return None;
    }
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut front = vec![from];
    while !front.is_empty() && !came_from.contains_key(to) {
        let mut next = Vec::new();
        for package in front {
            for below in graph.get(package).into_iter().flatten() {
                let seen = below == from || came_from.contains_key(below.as_str());
                if !seen && !barred.contains(&below.as_str()) {
                    came_from.insert(below, package);
                    next.push(below.as_str());
                }
            }
        }
        front = next;
    }
    came_from.get(to)?;
    let back = std::iter::successors(Some(to), |package| came_from.get(package).copied());
    let mut steps: Vec<&str> = back.collect();
    steps.reverse();
    Some(steps.join(" -> "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::crate_with;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges.iter().map(|(from, to)| ((*from).to_owned(), names(to))).collect()
    }

    #[test]
    fn a_runtime_behind_a_library_is_found_in_a_pure_crate() {
        let graph = graph(&[("tl-map", &["harmless"]), ("harmless", &["tokio"])]);
        assert_eq!(
            check(&[crate_with("tl-map", &["harmless"], &[])], &graph),
            ["`tl-map` is pure, but links `tokio`: tl-map -> harmless -> tokio"]
        );
    }

    #[test]
    fn an_http_client_may_come_in_through_the_forge_only() {
        let graph = graph(&[
            ("throughline", &["tl-forge", "chatty"]),
            ("tl-forge", &["reqwest"]),
            ("chatty", &["reqwest"]),
            ("reqwest", &["hyper"]),
        ]);
        let crates = [crate_with("tl-forge", &[], &[]), crate_with("throughline", &[], &[])];
        let complaints = check(&crates, &graph);
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].ends_with("`tl-forge`: throughline -> chatty -> reqwest"));
        assert!(complaints[1].ends_with("throughline -> chatty -> reqwest -> hyper"));
    }

    #[test]
    fn a_runtime_in_the_ledger_is_allowed() {
        let graph = graph(&[("tl-ledger", &["tokio"]), ("tl-map", &["tl-core"])]);
        let crates = [crate_with("tl-ledger", &[], &[]), crate_with("tl-map", &[], &[])];
        assert_eq!(check(&crates, &graph), Vec::<String>::new());
    }
}
