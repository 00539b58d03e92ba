use proptest::prelude::*;

use super::*;

fn imports(files: &[(&str, &str)]) -> Imports {
    let mut scan = Scan::default();
    files.iter().for_each(|(path, text)| scan.add(path, text));
    scan.finish()
}

/// Steps from the file of a test to a changed file.
fn steps(files: &[(&str, &str)], test: &str, changed: &str) -> Option<u32> {
    let reached = imports(files).reached(&[changed]);
    reached.of(&TestName::default(), Some(test)).map(|found| found.0)
}

#[track_caller]
fn assert_steps(files: &[(&str, &str)], test: &str, changed: &str, steps: Option<u32>) {
    assert_eq!(self::steps(files, test, changed), steps, "{test} -> {changed}");
}

#[test]
fn python_imports_by_dots() {
    let files = [
        ("shop/cart.py", "import os\nfrom .bill import total, tax\n"),
        ("shop/bill.py", ""),
        ("shop/__init__.py", ""),
        ("tests/test_cart.py", "from shop.cart import Cart\nfrom shop import (bill)\n"),
        ("tests/test_other.py", "import shop.cart as cart, sys\n"),
    ];
    assert_steps(&files, "tests/test_cart.py", "shop/cart.py", Some(1));
    assert_steps(&files, "tests/test_cart.py", "shop/bill.py", Some(1));
    assert_steps(&files, "tests/test_other.py", "shop/bill.py", Some(2));
    assert_steps(&files, "shop/bill.py", "shop/cart.py", None);
}

#[test]
fn scripts_import_by_paths() {
    let files = [
        ("web/src/cart.ts", "import { tax } from './bill.js';\nexport * from \"../lib/money\""),
        ("web/src/bill.ts", ""),
        ("web/lib/money/index.ts", ""),
        ("web/src/cart.test.tsx", "const { cart } = require('./cart')\n"),
        ("web/test/all.spec.ts", "import cart from '@/cart'\nimport React from 'react'\n"),
    ];
    assert_steps(&files, "web/src/cart.test.tsx", "web/src/bill.ts", Some(2));
    assert_steps(&files, "web/src/cart.test.tsx", "web/lib/money/index.ts", Some(2));
    assert_steps(&files, "web/test/all.spec.ts", "web/src/cart.ts", Some(1));
}

#[test]
fn rust_imports_modules_and_crates() {
    let files = [
        ("crates/shop-core/src/cart.rs", "use crate::bill::{self, Total};\nuse std::fmt;"),
        ("crates/shop-core/src/bill.rs", ""),
        ("crates/shop-core/src/lib.rs", "mod cart;"),
        ("crates/shop/tests/it.rs", "use shop_core::{cart::Cart, bill};\n"),
    ];
    assert_steps(&files, "crates/shop/tests/it.rs", "crates/shop-core/src/cart.rs", Some(1));
    assert_steps(&files, "crates/shop-core/src/cart.rs", "crates/shop-core/src/bill.rs", Some(1));
}

#[test]
fn go_imports_folders() {
    let files = [
        ("cart/cart.go", "package cart\nimport (\n\t\"fmt\"\n\tb \"example.com/shop/bill\"\n)\n"),
        ("bill/bill.go", "package bill\n"),
        ("cmd/shop/main_test.go", "package main\n\nimport \"example.com/shop/cart\"\n"),
    ];
    assert_steps(&files, "cmd/shop/main_test.go", "bill/bill.go", Some(2));
    assert_steps(&files, "cmd/shop/main_test.go", "cart/cart.go", Some(1));
}

#[test]
fn java_imports_classes() {
    let files = [
        ("app/src/main/java/com/acme/Cart.java", "package com.acme;\nimport com.acme.bill.*;\n"),
        ("app/src/main/java/com/acme/bill/Bill.java", "package com.acme.bill;\n"),
        (
            "app/src/test/java/com/acme/it/CartTest.java",
            "import static com.acme.Cart.total;\nimport java.util.List;\n",
        ),
    ];
    let changed = "app/src/main/java/com/acme/bill/Bill.java";
    assert_steps(&files, "com/acme/it/CartTest.java", changed, Some(2));
    let reached = imports(&files).reached(&[changed]);
    let class = TestName { class: "com.acme.it.CartTest$Empty".to_owned(), ..TestName::default() };
    assert_eq!(reached.of(&class, None), Some((2, 0)));
}

#[test]
fn namespaces_headers_and_requires_are_followed() {
    let sharp = [
        ("Shop/Cart.cs", "namespace Acme.Shop;\n"),
        ("Shop.Tests/CartTests.cs", "using System;\nusing Acme.Shop;\nnamespace Acme.Tests;\n"),
    ];
    assert_steps(&sharp, "Shop.Tests/CartTests.cs", "Shop/Cart.cs", Some(1));
    let c = [
        ("include/shop/cart.h", ""),
        ("src/cart.cc", "#include \"shop/cart.h\"\n"),
        ("tests/cart_test.cc", "#include <vector>\n#include \"shop/cart.h\"\n"),
    ];
    assert_steps(&c, "tests/cart_test.cc", "include/shop/cart.h", Some(1));
    assert_steps(&c, "tests/cart_test.cc", "src/cart.cc", Some(2));
    let ruby = [
        ("lib/shop/cart.rb", "require 'shop/bill'\n"),
        ("lib/shop/bill.rb", ""),
        ("spec/cart_spec.rb", "require_relative '../lib/shop/cart'\n"),
    ];
    assert_steps(&ruby, "spec/cart_spec.rb", "lib/shop/bill.rb", Some(2));
    let php = [
        ("src/Shop/Cart.php", "<?php\nnamespace Acme\\Shop;\n"),
        ("tests/CartTest.php", "<?php\nuse Acme\\Shop\\Cart;\n"),
    ];
    assert_steps(&php, "tests/CartTest.php", "src/Shop/Cart.php", Some(1));
}

#[test]
fn a_circle_of_imports_ends() {
    let files = [("a/a.py", "from a import b\n"), ("a/b.py", "from a import a\n")];
    assert_steps(&files, "a/a.py", "a/b.py", Some(1));
    assert_steps(&files, "a/a.py", "a/none.py", None);
}

#[test]
fn a_path_that_leaves_the_repository_means_nothing() {
    assert_eq!(joined("a/b", "../c"), Some("a/c".to_owned()));
    assert_eq!(joined("a", "../../c"), None);
}

proptest! {
    #[test]
    fn texts_of_others_do_no_harm(
        end in prop::sample::select(vec!["rs", "py", "ts", "go", "java", "cs", "c", "rb", "php"]),
        text in "(use |import |from |[.]|[{}()'\";:/*]|a|\n|\\PC){0,80}",
    ) {
        let path = format!("a/b.{end}");
        let imports = imports(&[(&path, &text), ("a/a.py", "")]);
        prop_assert_eq!(imports.len(), 2);
        prop_assert!(imports.reached(&[&path]).by_stem.len() <= 1);
    }
}
