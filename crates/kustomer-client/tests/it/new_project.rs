//! A project of somebody else, outside of this workspace, with the lines of the README.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::Value;

const README: &str = include_str!("../../README.md");

const GUIDE: &str = include_str!("../../../../docs/rust-client.md");
const TESTING: &str = include_str!("../../../../docs/testing.md");

/// The blocks of a page in this language, in order.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    page.split(&begin).skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect()
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap());
    // Variables of this run are not for the other project.
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_") || name.starts_with("RUST")) {
        if !matches!(name.as_str(), "CARGO_HOME" | "RUSTUP_HOME" | "RUSTUP_TOOLCHAIN") {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(folder).args(arguments).output().unwrap()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The build products of all these projects: shared dependencies are built once.
fn products() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-projects")
}

/// A package: its name, its dependencies as they are printed, and its programs.
type Package = (&'static str, String, Vec<(String, String)>);

/// A workspace beside a checkout. It takes the versions that this one is locked to: nothing is fetched.
fn workspace_of(name: &str, packages: &[Package]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let checkout = workspace();
    let crates = checkout.join("crates");
    let (client, api) = (crates.join("kustomer-client"), crates.join("kustomer-api"));
    let names: Vec<&str> = packages.iter().map(|(name, ..)| *name).collect();
    let _nothing_there = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let manifest = format!(
        "[workspace]\nmembers = {names:?}\nresolver = \"3\"\n\n\
         [patch.crates-io]\nkustomer-client = {{ path = {client:?} }}\nkustomer-api = {{ path = {api:?} }}\n",
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(checkout.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    for (name, dependencies, programs) in packages {
        let package = folder.join(name);
        fs::create_dir_all(package.join("src/bin")).unwrap();
        // The one place where a reader's checkout may be elsewhere.
        let dependencies = dependencies.replace("../kustodian", checkout.to_str().unwrap());
        let manifest =
            format!("[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{dependencies}\n");
        fs::write(package.join("Cargo.toml"), manifest).unwrap();
        for (program, code) in programs {
            fs::write(package.join(format!("src/bin/{program}.rs")), code).unwrap();
        }
    }
    folder
}

/// Checks a package of a workspace; what the compiler says of each of its programs.
fn check(folder: &Path, package: &str, targets: &str) -> (bool, BTreeMap<String, String>) {
    let products = products();
    let arguments =
        ["check", "--offline", "--quiet", "--keep-going", targets, "--message-format", "json", "--package", package];
    let arguments = [&arguments[..], &["--target-dir", products.to_str().unwrap()]].concat();
    let checked = cargo(folder, &arguments);
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8(checked.stdout).unwrap().lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        if message["reason"] == "compiler-message" {
            let program = said.entry(message["target"]["name"].as_str().unwrap().to_owned()).or_default();
            program.push_str(message["message"]["rendered"].as_str().unwrap());
        }
    }
    let status = checked.status.success();
    // What cargo itself says, such as that it cannot resolve something.
    said.insert(String::new(), String::from_utf8(checked.stderr).unwrap());
    (status, said)
}

/// The program of a block of a page, with the lines that rustdoc hides.
fn program(block: &str) -> String {
    let lines = block.lines().map(|line| line.strip_prefix("# ").unwrap_or(if line == "#" { "" } else { line }));
    let code = lines.collect::<Vec<_>>().join("\n");
    if code.contains("fn main()") { code } else { format!("#![allow(dead_code)]\n{code}\nfn main() {{}}\n") }
}

#[test]
fn a_new_project_with_the_dependencies_of_each_page_compiles_its_programs() {
    let (of_readme, of_guide) = (blocks(README, "toml"), blocks(GUIDE, "toml"));
    let programs = |page, name: &str| -> Vec<(String, String)> {
        let blocks = blocks(page, "rust,no_run");
        blocks.iter().enumerate().map(|(number, block)| (format!("{name}{number}"), program(block))).collect()
    };
    let few = "fn main() {\n    let client = kustomer_client::Client::from_env().unwrap();\n    \
               drop(client.customers().list(&Default::default()));\n}\n";
    let folder = workspace_of(
        "new-project",
        &[
            ("hello", of_readme[0].to_owned(), programs(README, "readme")),
            ("few", of_readme[1].to_owned(), vec![("few".to_owned(), few.to_owned())]),
            ("guide", of_guide[0].to_owned(), programs(GUIDE, "guide")),
        ],
    );
    assert_eq!((of_readme.len(), of_guide.len()), (2, 1), "a block of dependencies is not compiled here");
    for package in ["hello", "few", "guide"] {
        let (passed, said) = check(&folder, package, "--bins");
        assert!(passed, "{package}: {said:#?}");
    }
    let tree =
        cargo(&folder, &["tree", "--offline", "--package", "hello", "--prefix", "none", "--edges", "normal,build"]);
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("ring v"), "{tree}");
    assert!(!tree.contains("aws-lc"), "{tree}");
}

#[test]
#[ignore = "checks a whole server, which takes minutes: the workflow of tests runs it"]
fn a_new_project_with_the_dependencies_of_the_page_on_testing_compiles_its_test() {
    let ([dependencies], [page]) = (&blocks(TESTING, "toml")[..], &blocks(TESTING, "rust")[..]) else {
        panic!("the page has one block of dependencies and one test");
    };
    // The lines that the page does not show make an example of the test, which has a main function.
    let test: String = page.lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
    assert!(test.contains("\n#[tokio::test]\n"), "{test}");
    let code = format!("#![allow(dead_code)]\n#[cfg(test)]\nmod tests {{\n{test}\n}}\n\nfn main() {{}}\n");
    let folder = workspace_of("testing", &[("testing", (*dependencies).to_owned(), vec![("signup".to_owned(), code)])]);
    let (passed, said) = check(&folder, "testing", "--tests");
    assert!(passed, "{said:#?}");
}

/// Programs that must not compile, and the words that say why.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "literals",
        r#"use kustomer_client::customer::{CustomerInput, ListCustomers};

        fn main() {
            let _ = CustomerInput { name: "Ada".into(), ..CustomerInput::default() };
            let _ = ListCustomers { deleted: Some(true), ..ListCustomers::default() };
        }"#,
        &["cannot create non-exhaustive struct using struct expression", "CustomerInput {", "ListCustomers {", "E0639"],
    ),
    (
        "matches",
        r#"use kustomer_client::webhook::NotReceived;

        pub fn is_forged(refused: NotReceived) -> bool {
            match refused {
                NotReceived::Forged | NotReceived::Unsigned => true,
                NotReceived::NoEvent { .. } | NotReceived::NoBody { .. } => false,
            }
        }

        fn main() {}"#,
        &["E0004", "non-exhaustive patterns", "marked as non-exhaustive"],
    ),
    (
        "ids",
        r#"use kustomer_client::{Client, message::Message};

        pub fn read(client: &Client, message: &Message) {
            let _ = client.customers().get(&message.id);
        }

        fn main() {}"#,
        &["E0277", "the trait bound", "CustomerAttributes", "MessageAttributes"],
    ),
    (
        "keys",
        r#"use kustomer_client::custom::{Key, Num};

        const TIER: Key<Num> = Key::new("loyaltyTierStr");

        fn main() {
            let _ = TIER;
        }"#,
        &["E0080", "the key's suffix is not that of its type"],
    ),
    (
        "values",
        r#"use kustomer_client::custom::{CustomAttributes, Key, Num};

        fn main() {
            let _ = CustomAttributes::new().put(Key::<Num>::new("loyaltyTierNum"), "gold");
        }"#,
        &["E0308", "expected `f64`, found `&str`"],
    ),
    (
        "operators",
        r#"use kustomer_client::search::attribute;

        fn main() {
            let _ = attribute::CONVERSATIONS_COUNT.contains("4");
            let _ = attribute::EMAIL.ascending();
        }"#,
        &["E0599", "no method named `contains` found", "no method named `ascending` found"],
    ),
    (
        "suffixes",
        r#"#[derive(kustomer_client::CustomAttributes)]
        pub struct Loyalty {
            #[custom(rename = "tierNum")]
            pub tier: String,
        }

        fn main() {}"#,
        &["E0080", r#"the key "tierNum" ends in Num, which the type of its field does not hold"#, "pub tier: String"],
    ),
    (
        "types",
        r#"#[derive(kustomer_client::CustomAttributes)]
        pub struct Loyalty {
            #[custom(rename = "tierStr")]
            pub tier: std::time::Duration,
        }

        fn main() {}"#,
        &[
            "E0277",
            "Duration` is no type of a custom attribute",
            "no custom attribute holds this",
            "take Str, Txt, Url, Num, Bool or At of `custom`; or String, f64,",
            "an attribute that may be missing is an Option of these",
        ],
    ),
    (
        "names",
        r#"use kustomer_client::CustomAttributes;

        #[derive(CustomAttributes)]
        pub struct Renamed {
            #[custom(rename = "loyalty tierStr")]
            pub tier: String,
        }

        #[derive(CustomAttributes)]
        pub struct Unnamed {
            #[custom(rename = "tier")]
            pub tier: String,
        }

        #[derive(CustomAttributes)]
        pub struct Untyped {
            pub tags: Vec<String>,
        }

        #[derive(CustomAttributes)]
        pub struct Twice {
            pub tier: String,
            #[custom(rename = "tierStr")]
            pub other: String,
        }

        fn main() {}"#,
        &[
            r#"the key "loyalty tierStr" must have letters, digits, _ and - alone, and has ' '"#,
            r#"the key "tier" must end in one of Num, At, Str, Txt, Bool, Url or Id, behind its name"#,
            "the suffix of this type is not known here: give the field the type Str, Txt, Url,",
            r#"the fields tier and other have the same key "tierStr""#,
        ],
    ),
];

#[test]
fn a_mistake_stops_the_build_with_words_that_help() {
    let programs = MISTAKES.iter().map(|(name, code, _)| ((*name).to_owned(), (*code).to_owned())).collect();
    let folder = workspace_of("mistakes", &[("mistakes", blocks(README, "toml")[0].to_owned(), programs)]);
    let (passed, said) = check(&folder, "mistakes", "--bins");
    assert!(!passed);
    for (name, _, words) in MISTAKES {
        let said = said.get(*name).unwrap_or_else(|| panic!("{name} compiles: {said:#?}"));
        let missing: Vec<_> = words.iter().filter(|words| !said.contains(**words)).collect();
        assert!(missing.is_empty(), "{name}: nobody says {missing:?}: {said}");
    }
}

#[test]
fn the_readme_names_every_feature() {
    let (_, features) = include_str!("../../Cargo.toml").split_once("[features]\n").unwrap();
    let (features, _) = features.split_once("\n[").unwrap();
    let all = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let names: Vec<&str> = all.filter(|name| *name != "default" && !name.starts_with("__")).collect();
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !README.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))))
        .collect();
    assert!(names.len() > 20 && missing.is_empty(), "the README lacks {missing:?} of {names:?}");
}

#[test]
fn every_dependency_builds_with_the_rust_version_that_is_stated() {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--offline", "--filter-platform", host];
    let output = cargo(&workspace(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let (client, stated) = packages
        .iter()
        .find(|(_, package)| package["name"] == "kustomer-client")
        .map(|(id, package)| (id.clone(), version(&package["rust_version"])))
        .unwrap();
    let (major, minor) = stated;
    assert!(README.contains(&format!("Rust {major}.{minor} or newer is needed")), "the README names another version");
    let mut waiting = vec![client];
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        assert!(version(&package["rust_version"]) <= stated, "{id} needs {}", package["rust_version"]);
        for dependency in list(&nodes[&id]["deps"]) {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev") {
                waiting.push(text(&dependency["pkg"]));
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

/// Major and minor; nothing stated is any.
fn version(stated: &Value) -> (u32, u32) {
    let mut parts = stated.as_str().unwrap_or("0.0").split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}
