//! A recording, read from its file.

use serde_json::Value;

#[derive(Default)]
pub struct Recording {
    pub objects: Vec<Value>,
    pub script: Vec<(f64, Entry)>,
    pub conditions: Vec<[String; 4]>,
    pub sets: Vec<(String, String, String, i64)>,
}

#[derive(Debug, Clone)]
pub enum Entry {
    Run(String),
    Line(String),
    Exit,
}

pub fn recording(name: &str) -> Recording {
    let path = format!("{}/tests/recorded/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut recording = Recording::default();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        let at = value["t"].as_f64().unwrap_or(0.0);
        if let Some(object) = value.get("object") {
            recording.objects.push(object.clone());
        } else if let Some(run) = value["run"].as_str() {
            recording.script.push((at, Entry::Run(run.to_owned())));
        } else if let Some(line) = value["line"].as_str() {
            recording.script.push((at, Entry::Line(line.to_owned())));
        } else if value.get("exit").is_some() {
            recording.script.push((at, Entry::Exit));
        } else if let Some(parts) = value["condition"].as_array() {
            let part = |index: usize| parts[index].as_str().expect("text").to_owned();
            recording.conditions.push([part(0), part(1), part(2), part(3)]);
        } else if let Some(set) = value["set"].as_array() {
            let part = |index: usize| set[index].as_str().expect("text").to_owned();
            recording.sets.push((part(0), part(1), part(2), set[3].as_i64().expect("a number")));
        }
    }
    recording.sets.sort();
    recording
}
