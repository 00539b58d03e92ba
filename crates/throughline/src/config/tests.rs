use super::*;

fn read(text: &str) -> Result<Loaded, ConfigError> {
    let file = ConfigFile::parse(Path::new("acme/.throughline.toml"), text.to_owned())?;
    Loaded::merge(&Variables::default(), &[file], Vec::new())
}

fn refused(text: &str) -> String {
    read(text).expect_err("the value is bad").to_string()
}

fn with_variable(name: &str, value: &str) -> Result<Loaded, ConfigError> {
    let variables = Variables::from_pairs([(name.into(), value.into())]);
    let file = ConfigFile::parse(Path::new("f.toml"), "map.seed = 7".to_owned())?;
    Loaded::merge(&variables, &[file], Vec::new())
}

fn origin(loaded: &Loaded, key: &str) -> String {
    let setting = loaded.settings.iter().find(|setting| setting.key == key).unwrap();
    format!("{} from {}", setting.value, setting.origin)
}

#[test]
fn the_defaults_are_read_and_in_range() {
    let loaded = Loaded::defaults();
    assert_eq!((loaded.config.collect.problem(), loaded.config.serve.problem()), (None, None));
    assert_eq!(loaded.config.map.window_days, 365);
    assert_eq!(loaded.config.map.releases.tag_pattern, "*");
    assert!(loaded.config.map.teams.is_empty());
    assert!(loaded.warnings.is_empty());
}

#[test]
fn every_key_with_a_fixed_name_has_its_variable() {
    let expected: Vec<String> = Loaded::defaults().settings.into_iter().map(|s| s.key).collect();
    let mut keys: Vec<&str> = VARIABLES.iter().filter_map(|variable| variable.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
    for variable in VARIABLES {
        if let Some(key) = variable.key {
            assert_eq!(variable.name, format!("TL_{}", key.to_uppercase().replace('.', "_")));
        }
    }
}

#[test]
fn a_variable_wins_over_a_file_and_a_file_over_the_default() {
    let loaded = with_variable("TL_MAP_WINDOW_DAYS", "90").unwrap();
    assert_eq!(origin(&loaded, "map.window_days"), "90 from TL_MAP_WINDOW_DAYS");
    assert_eq!(origin(&loaded, "map.seed"), "7 from f.toml");
    assert_eq!(origin(&loaded, "map.bootstrap_draws"), "2000 from default");
}

#[test]
fn a_list_can_be_given_by_a_variable() {
    let loaded = with_variable("TL_MAP_RELEASES_EXCLUDE", "[nightly-*, beta]").unwrap();
    assert_eq!(loaded.config.map.releases.exclude, ["nightly-*", "beta"]);
}

#[test]
fn a_bad_value_names_key_file_line_and_what_is_wrong() {
    insta::assert_snapshot!(refused("[map]\nseed = 2\nwindow_days = \"a year\"\n"), @r#"`map.window_days` in `acme/.throughline.toml`, line 3, is the text "a year", not a whole number of 0 or more"#);
    insta::assert_snapshot!(refused("map.window_days = -3"), @"`map.window_days` in `acme/.throughline.toml`, line 1, is `-3`, not a whole number of 0 or more");
    insta::assert_snapshot!(refused("map.window_days = 0"), @"`map.window_days` in `acme/.throughline.toml`, line 1, is `0`, not between 1 and 36500 days");
    insta::assert_snapshot!(refused("map = 3"), @"`map` in `acme/.throughline.toml`, line 1, is `3`, not a table");
    insta::assert_snapshot!(refused("[map.usage]\nfrequent_share = 0.9"), @"`map.usage.frequent_share` in `acme/.throughline.toml`, line 2, is `0.9`, not between 0 and `very_frequent_share`");
    insta::assert_snapshot!(refused("[map.privacy]\nfloor_people = 1"), @"`map.privacy.floor_people` in `acme/.throughline.toml`, line 2, is `1`, below 5, which would single people out");
    insta::assert_snapshot!(refused("[map.teams]\npay = \"services/**\""), @r#"`map.teams.pay` in `acme/.throughline.toml`, line 2, is the text "services/**", not a list such as `["a", "b"]`"#);
    insta::assert_snapshot!(refused("[map\nseed = 1"), @"configuration file `acme/.throughline.toml`, line 1: unclosed table, expected `]`");
}

#[test]
fn a_bad_variable_is_named() {
    let err = with_variable("TL_MAP_PRIVACY_NAMES", "maybe").expect_err("not a boolean");
    insta::assert_snapshot!(err, @r#"`map.privacy.names` in `TL_MAP_PRIVACY_NAMES` is the text "maybe", not `true` or `false`"#);
}

#[test]
fn an_unknown_key_warns_with_the_key_that_was_meant() {
    let text =
        "colour = 1\n[map]\nwindows_days = 3\nvery_frequent_share = 0.5\n[map.teams]\nx = []";
    let warnings: Vec<String> =
        read(text).unwrap().warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r"
    unknown key `colour` in `acme/.throughline.toml`, line 1 (ignored)
    unknown key `map.windows_days` in `acme/.throughline.toml`, line 3; did you mean `map.window_days`?
    unknown key `map.very_frequent_share` in `acme/.throughline.toml`, line 4; did you mean `map.usage.very_frequent_share`?
    ");
}

#[test]
fn an_unknown_variable_warns_with_the_one_that_was_meant() {
    let loaded = with_variable("TL_LEDGRE", "none").unwrap();
    insta::assert_snapshot!(loaded.warnings[0], @"unknown variable `TL_LEDGRE`; did you mean `TL_LEDGER`?");
}

#[test]
fn a_variable_that_holds_a_token_of_a_source_is_not_unknown() {
    let names = ["TL_FORGE_TOKEN", "TL_APPLICATION_KEY", "TL_FORGE_TOKENS"];
    let variables = Variables::from_pairs(names.map(|name| (name.into(), "s3cr3t".into())));
    let text = "[collect.sources.one]\nsystem = \"datadog\"\ntoken_env = \"TL_FORGE_TOKEN\"\n\
                application_key_env = \"TL_APPLICATION_KEY\"\n";
    let file = ConfigFile::parse(Path::new("f.toml"), text.to_owned()).unwrap();
    let loaded = Loaded::merge(&variables, &[file], Vec::new()).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["unknown variable `TL_FORGE_TOKENS` (ignored)"]);
}
