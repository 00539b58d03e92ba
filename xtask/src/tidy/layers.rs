//! Layers: a crate links only crates of lower layers, so that each capability is read, tested and
//! rewritten alone (`docs/design/0001-workspace-and-layers.md`).
//!
//! In: the crates and their manifests. Out: complaints. Start at [`LAYERS`].

use crate::tidy::workspace::Crate;

/// Layers from the bottom up. A crate may link any crate of a lower layer, and none of its own.
const LAYERS: &[&[&str]] = &[
    &["tl-core"],
    &["tl-ledger", "tl-lake", "tl-rules", "tl-policy", "tl-forge", "tl-exec"],
    &[
        "tl-collect",
        "tl-map",
        "tl-guard",
        "tl-review",
        "tl-test",
        "tl-release",
        "tl-incident",
        "tl-run",
    ],
    &["tl-server", "tl-query"],
    &["throughline"],
];

/// Crates for development: they link whatever they need, and nothing that is shipped links them.
const DEVELOPMENT: &[&str] = &["tl-testkit", "tl-bench", "xtask"];

/// Complains of crates without a layer, and of links that do not go down.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    crates.iter().flat_map(check_crate).collect()
}

fn check_crate(a_crate: &Crate) -> Vec<String> {
    let name = &a_crate.name;
    if DEVELOPMENT.contains(&name.as_str()) {
        return Vec::new();
    }
    let Some(layer) = layer_of(name) else {
        return vec![format!("crate `{name}` has no layer: add it to LAYERS in tidy/layers.rs")];
    };
    let linked = a_crate.dependencies.iter().filter(|dependency| dependency.normal);
    linked
        .filter_map(|dependency| {
            let below = &dependency.package;
            if DEVELOPMENT.contains(&below.as_str()) {
                return Some(format!("`{name}` links `{below}`, which is for development only"));
            }
            let their_layer = layer_of(below)?;
            (their_layer >= layer).then(|| {
                format!(
                    "`{name}` (layer {layer}) links `{below}` (layer {their_layer}): \
                     links only go down; let the driver hand the data on"
                )
            })
        })
        .collect()
}

fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::workspace::examples::crate_with;

    #[test]
    fn a_capability_may_link_mechanisms_and_words() {
        let good = crate_with("tl-collect", &["tl-core", "tl-exec", "serde"], &["tl-testkit"]);
        assert_eq!(check(&[good]), Vec::<String>::new());
    }

    #[test]
    fn a_capability_may_not_link_another_one() {
        let complaints = check(&[crate_with("tl-map", &["tl-collect"], &[])]);
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].starts_with("`tl-map` (layer 2) links `tl-collect` (layer 2)"));
    }

    #[test]
    fn a_mechanism_may_not_link_upwards_or_sideways() {
        let sideways = crate_with("tl-ledger", &["tl-exec"], &[]);
        let upwards = crate_with("tl-core", &["tl-ledger"], &[]);
        assert_eq!(check(&[sideways, upwards]).len(), 2);
    }

    #[test]
    fn what_is_shipped_may_not_link_what_is_for_tests() {
        let complaints = check(&[crate_with("throughline", &["tl-testkit"], &[])]);
        assert_eq!(complaints, ["`throughline` links `tl-testkit`, which is for development only"]);
    }

    #[test]
    fn a_new_crate_must_be_given_a_layer() {
        assert_eq!(check(&[crate_with("tl-utils", &[], &[])]).len(), 1);
    }
}
