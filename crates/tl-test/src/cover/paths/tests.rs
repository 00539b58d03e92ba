use proptest::prelude::*;

use super::*;

fn sources(files: &[&str]) -> Sources {
    Sources::new(files.iter().map(|file| (*file).to_owned()), "/build/7/app")
}

fn named(file: &str, within: &[&str]) -> Named {
    let within = within.iter().map(|group| (*group).to_owned()).collect();
    Named { file: file.to_owned(), within }
}

/// Where one file is.
fn place(sources: &Sources, file: &str, roots: &[&str]) -> String {
    let roots: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
    shown(&sources.places(&[named(file, &[])], &roots)[0])
}

fn shown(place: &Place) -> String {
    match place {
        Place::File(file) => file.clone(),
        Place::Several(files) => files.join(" or "),
        Place::Outside => "-".to_owned(),
    }
}

#[test]
fn names_of_any_machine_are_found() {
    let all = sources(&["src/acme/add.py", "src/acme/__init__.py", "web/src/App.tsx"]);
    for name in [
        "src/acme/add.py",
        "./src/acme/add.py",
        "src\\acme\\add.py",
        "/build/7/app/src/acme/add.py",
        "/other/agent/build/app/src/acme/add.py",
        "D:\\a\\app\\src\\acme\\add.py",
        "acme/add.py",
        "../app/src/acme/../acme/add.py",
    ] {
        assert_eq!(place(&all, name, &[]), "src/acme/add.py", "{name}");
    }
    assert_eq!(place(&all, "add.py", &["/else/app/src/acme"]), "src/acme/add.py");
    assert_eq!(place(&all, "add.py", &["src/acme"]), "src/acme/add.py");
    assert_eq!(place(&all, "src/App.tsx", &[]), "web/src/App.tsx");
}

#[test]
fn what_others_wrote_is_outside() {
    let all = sources(&["requests/api.py", "setup.py", "acme/add.py"]);
    assert_eq!(place(&all, "/venv/lib/python3.12/site-packages/requests/api.py", &[]), "-");
    assert_eq!(place(&all, "/usr/lib/python3/json/api.py", &[]), "-");
    assert_eq!(place(&all, "", &[]), "-");
    // A name at the top fits any directory, unless others say which one is the repository's.
    let names = ["/build/app/acme/add.py", "/build/app/setup.py", "/else/x/setup.py"];
    let places = all.places(&names.map(|name| named(name, &[])), &[]);
    assert_eq!(places.iter().map(shown).collect::<Vec<_>>(), ["acme/add.py", "setup.py", "-"]);
}

#[test]
fn two_that_fit_equally_well_are_none() {
    let all = sources(&["a/src/org/acme/A.java", "b/src/org/acme/A.java", "b/src/org/acme/B.java"]);
    let both = "a/src/org/acme/A.java or b/src/org/acme/A.java";
    assert_eq!(place(&all, "org/acme/A.java", &[]), both);
    assert_eq!(place(&all, "org/acme/A.java", &["a/src", "b/src"]), both);
    assert_eq!(place(&all, "org/acme/A.java", &["b/src"]), "b/src/org/acme/A.java");
    assert_eq!(place(&all, "org/acme/A.java", &["/x/y/b/src"]), "b/src/org/acme/A.java");
    assert_eq!(place(&all, "org/acme/B.java", &[]), "b/src/org/acme/B.java");
    let places = all.places(&[named("org/acme/A.java", &["shop", "b"])], &[]);
    assert_eq!(shown(&places[0]), both);
    let places = all.places(&[named("org/acme/A.java", &["b"])], &[]);
    assert_eq!(shown(&places[0]), "b/src/org/acme/A.java");
}

#[test]
fn kotlin_leaves_directories_of_its_packages_out() {
    let all = sources(&["app/src/main/kotlin/orders/Add.kt", "app/src/main/kotlin/Main.kt"]);
    let found = place(&all, "org/acme/orders/Add.kt", &[]);
    assert_eq!(found, "app/src/main/kotlin/orders/Add.kt");
    // One part alone is too little.
    assert_eq!(place(&all, "org/acme/Main.kt", &[]), "-");
}

#[test]
fn packages_of_go_are_below_their_module() {
    let mut all = sources(&["go.mod", "add/add.go", "tools/go.mod", "tools/add/add.go", "x.go"]);
    all.module("go.mod", "// The shop.\nmodule acme.org/shop // v2\n\ngo 1.22\n");
    all.module("tools/go.mod", "module \"acme.org/shop/tools\"\n");
    assert_eq!(place(&all, "acme.org/shop/add/add.go", &[]), "add/add.go");
    assert_eq!(place(&all, "acme.org/shop/tools/add/add.go", &[]), "tools/add/add.go");
    assert_eq!(place(&all, "acme.org/shop/x.go", &[]), "x.go");
}

proptest! {
    #[test]
    fn no_name_is_too_odd(
        name in r"[a-c./\\:éD ]{0,12}",
        root in r"[a-c./\\:é]{0,6}",
        files in proptest::collection::vec("[a-c]/[a-c]|[a-c]", 0..6),
    ) {
        let all = Sources::new(files.clone(), "/top");
        for place in all.places(&[named(&name, &["a"])], &[root]) {
            match place {
                Place::File(file) => prop_assert!(files.contains(&file)),
                Place::Several(several) => prop_assert!(several.len() > 1),
                Place::Outside => {}
            }
        }
    }
}
