//! The queries of the built-in panels, with their variables filled in.

use std::path::Path;

/// Values of the variables.
const VARIABLES: [(&str, &str); 5] = [
    ("$namespace", "mambogo-production"),
    ("$workload", "order"),
    ("$pods", "order-.*"),
    ("$container", ".+"),
    ("$interval", "5m"),
];

/// Every query of every file, fallbacks too.
pub fn queries() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("panels");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut queries = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "toml")) {
        let table: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
        collect(&toml::Value::Table(table), &mut queries);
    }
    queries
}

/// Finds `promql` anywhere in a file.
fn collect(value: &toml::Value, queries: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                match value {
                    toml::Value::String(query) if name == "promql" => queries.push(filled(query)),
                    other => collect(other, queries),
                }
            }
        }
        toml::Value::Array(values) => values.iter().for_each(|value| collect(value, queries)),
        _ => {}
    }
}

fn filled(query: &str) -> String {
    VARIABLES.iter().fold(query.to_owned(), |query, (name, value)| query.replace(name, value))
}
