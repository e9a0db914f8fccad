//! Prints the name of each operation and the method that calls it, a line each. `cargo xtask operations` reads them.
#![expect(clippy::print_stdout, reason = "the lines go to standard output")]

use kustomer_client::resources::methods;

fn main() {
    println!("{}", lines().join("\n"));
}

/// The lines.
pub(crate) fn lines() -> Vec<String> {
    let mut lines: Vec<String> = methods()
        .map(|method| format!("{} client.{}.{}(…)", method.operation.name, accessor(method.group), method.verb))
        .collect();
    // `get` before `at_rev` and `as_of`, which read the past.
    lines.sort_by_key(|line| line.contains(".at_rev(") || line.contains(".as_of("));
    lines
}

/// How the client gives the group with this type.
pub(crate) fn accessor(group: &str) -> String {
    match group {
        "KObjects" => return "kobjects(klass)".to_owned(),
        "BulkJobs" => return "bulk()".to_owned(),
        _ => {}
    }
    let mut name = String::new();
    for letter in group.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name + "()"
}
