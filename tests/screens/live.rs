//! Rollouts of other people on screen, with all that belongs to them; skipped where their folder is absent.

use rolltop::cluster::wire::{self, Interner, Object};

use super::{bench::Bench, examples, shop::Shop};

/// The page of the one Rollout in a folder of live objects, without some files.
fn page(folder: &str, without: &[&str]) -> Option<String> {
    let mut paths = Vec::new();
    examples::files(&examples::examples()?.join("argo-rollouts/live-objects").join(folder), &mut paths);
    paths.retain(|path| !without.iter().any(|name| path.ends_with(name)));
    let (mut shop, mut intern) = (Shop::empty(), Interner::default());
    for value in paths.iter().flat_map(|path| examples::objects(path)) {
        let Some(family) = examples::family(&value) else { continue };
        let object = wire::decode_value(family, &value, &mut intern).unwrap();
        if let Some(observation) = Object::applied(object) {
            shop.see(observation);
        }
    }
    let mut bench = Bench::new(shop);
    bench.press("enter");
    Some(bench.frame((120, 35)))
}

#[test]
fn live_rollouts_are_drawn_with_their_steps_sides_and_weight() {
    let others: Vec<String> = (2..=6).map(|number| format!("canary-rollout{number}.yaml")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let expected: [(&str, &[&str], &[&str]); 4] = [
        (
            "canary",
            &others,
            &[
                "canary-demo Rollout ✖ stuck",
                "weight 20 % wanted, 0 % now (0 of 5 available pods)",
                "▸ 1 weight 20 % stable canary",
                "· 8 pause 10s",
                "pods 5/5 ready 0/1 ready",
                "next A abort (",
            ],
        ),
        (
            "blue-green",
            &[],
            &[
                "bluegreen-demo Rollout ⏸ waiting preview 3/3, wants you",
                "✔ 1 preview pods active preview",
                "▸ 2 switch when promoted wants you version blue (rev 10) green (rev 11)",
                "pods 3/3 ready 3/3 ready",
                "next P promote (",
            ],
        ),
        (
            "rollout-aborted",
            &[],
            &[
                "rollout-background-analysis Rollout ▼ degraded 1/1 aborted",
                "weight 0 % wanted, 0 % now (0 of 1 available pods)",
                "version blue (rev 1) yellow (rev 2)",
                "pods 1/1 ready 0/0 ready",
                "✖ web false wants result == \"true\" 1 failed",
                "next u undo to blue (",
            ],
        ),
        (
            "experiment-analysis",
            &[],
            &[
                "waiting canary 25 %, step 2 of 2, an inconclusive analysis, wants you",
                "weight 25 % wanted, 25 % now (1 of 4 available pods)",
                "✔ 1 weight 25 % stable canary",
                "pods 3/3 ready 1/1 ready",
                "• Running baseline 1/1, canary 1/1",
            ],
        ),
    ];
    for (folder, without, lines) in expected {
        let Some(page) = page(folder, without) else { return };
        let words: Vec<&str> = page.split_whitespace().collect();
        let words = words.join(" ");
        for line in lines {
            assert!(words.contains(line), "{folder}: no {line:?} in\n{page}");
        }
    }
}
