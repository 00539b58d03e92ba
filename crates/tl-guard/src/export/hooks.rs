//! Hooks that start this program, in each client's form: the same that are installed for a person.

use serde_json::{Value, json};

use crate::hook::install;
use crate::inventory::Client;

/// The whole file of a client whose hooks have one of their own.
pub(super) fn file(client: Client, program: &str) -> String {
    // Without a text there is nothing that could not be read.
    install::install(client, program, None).unwrap_or_default()
}

/// What stands below `hooks` in a client's settings.
pub(super) fn entries(client: Client, program: &str) -> Value {
    let file: Value = serde_json::from_str(&file(client, program)).unwrap_or_default();
    file.get("hooks").cloned().unwrap_or_default()
}

/// The same as TOML, each event a list of tables.
pub(super) fn tables(client: Client, program: &str) -> String {
    let hooks = json!({"hooks": entries(client, program)});
    let tables = toml::Value::try_from(hooks).ok();
    tables.and_then(|tables| toml::to_string(&tables).ok()).unwrap_or_default()
}

/// A JSON document that ends in a line feed.
pub(super) fn document(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
