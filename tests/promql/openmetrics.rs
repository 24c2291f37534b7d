//! Reads OpenMetrics text with timestamps into the simulated store.

use rolltop::demo::prometheus::Tsdb;

/// Appends every sample of `text`.
pub fn load(db: &mut Tsdb, text: &str) {
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (series, rest) = line.split_at(line.rfind('}').map_or(line.find(' ').unwrap(), |end| end + 1));
        let (name, labels) = self::series(series);
        let mut words = rest.split_whitespace();
        let value: f64 = words.next().unwrap().parse().unwrap();
        let at = jiff::SignedDuration::from_secs_f64(words.next().unwrap().parse().unwrap());
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        let id = db.series(name, &pairs);
        assert!(db.append(id, i64::try_from(at.as_millis()).unwrap(), value), "{line}");
    }
}

/// A metric's name and its labels: `up{job="api"}`.
pub fn series(text: &str) -> (&str, Vec<(String, String)>) {
    let (name, rest) = text.split_once('{').unwrap_or((text, "}"));
    let mut labels = Vec::new();
    let mut rest = rest.trim_end_matches('}').trim_start();
    while let Some((label, after)) = rest.split_once('=') {
        let after = after.trim_start().strip_prefix('"').unwrap();
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().unwrap() {
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    other => other,
                }),
                (index, '"') => break index,
                (_, other) => value.push(other),
            }
        };
        labels.push((label.trim().to_owned(), value));
        rest = after[end + 1..].trim_start().trim_start_matches(',').trim_start();
    }
    (name.trim(), labels)
}
