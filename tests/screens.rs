//! Every screen at three sizes, from hand-made worlds; and what keys lead to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where its ground gives way, and says why it skips"
)]

#[path = "screens/bench.rs"]
mod bench;
#[path = "screens/delivery.rs"]
mod delivery;
#[path = "support/examples.rs"]
mod examples;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/live.rs"]
mod live;
#[path = "screens/shop.rs"]
mod shop;

use bench::Bench;
use rolltop::{
    app::{Level, LogUpdate, Message, Page},
    domain::{Absence, Family, LinkState, LogLine, Series, SourceState},
    theme::Depth,
};
use shop::{Look, Shop, ago};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 35), (200, 50)];

/// Compares a screen at all sizes with what was reviewed.
fn check(name: &str, bench: &mut Bench) {
    for size in SIZES {
        insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), bench.frame(size));
    }
}

/// Compares a screen at the smallest usual size.
fn check_small(name: &str, bench: &mut Bench) {
    insta::assert_snapshot!(name, bench.frame((80, 24)));
}

#[test]
fn fleet() {
    check("fleet-busy", &mut Bench::new(Shop::busy()));
    check_small("fleet-healthy", &mut Bench::new(Shop::healthy()));
    check_small("fleet-empty", &mut Bench::new(Shop::empty()));
}

#[test]
fn fleet_filtered() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("/");
    bench.letters("serv state:st");
    check_small("fleet-filter", &mut bench);
    bench.letters("nothing");
    check_small("fleet-filter-nothing", &mut bench);
}

#[test]
fn fleet_without_metrics() {
    let mut shop = Shop::busy();
    shop.source(Family::PodUsage, SourceState::Absent(Absence::Forbidden("list pods.metrics.k8s.io in shop".into())));
    check("fleet-metrics-denied", &mut Bench::new(shop));
}

#[test]
fn fleet_disconnected() {
    let mut shop = Shop::busy();
    shop.link(LinkState::Down {
        sentence: "https://127.0.0.1:6443 does not answer: connection refused".into(),
        hint: "is the cluster up? rolltop tries again by itself".into(),
        since: ago(95),
        retry_at: Some(ago(-4)),
    });
    check_small("fleet-down", &mut Bench::new(shop));
    let mut never = Shop::empty();
    never.link(LinkState::Down {
        sentence: "the token of user oncall has expired".into(),
        hint: "log in again, then press ctrl-r".into(),
        since: ago(5),
        retry_at: None,
    });
    check_small("fleet-never-connected", &mut Bench::new(never));
}

#[test]
fn rollout() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("enter");
    check("rollout-crash", &mut bench);
    bench.press("tab tab");
    check_small("rollout-facts", &mut bench);
    bench.press("q j enter tab tab");
    check("rollout-progressing", &mut bench);
}

#[test]
fn logs() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("l");
    let Page::Logs(page) = bench.app.page() else { panic!() };
    let id = page.id;
    let texts = [
        "INFO starting",
        "WARN pool is nearly full",
        "ERROR FATAL: password authentication failed for user \"payment\" on host postgres.mambogo-production.svc.cluster.local port 5432",
        "\u{1b}[31mred\u{1b}[0m 日本語",
    ];
    let lines = texts.iter().map(|text| LogLine { at: None, text: (*text).into() }).collect();
    bench.send(Message::Log { id, update: LogUpdate::Lines(lines) });
    bench.send(Message::Log { id, update: LogUpdate::Ended });
    check_small("logs", &mut bench);
    bench.press("w /");
    bench.letters("failed");
    check_small("logs-search-wrapped", &mut bench);
}

#[test]
fn yaml() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("w");
    let Page::Text(page) = bench.app.page() else { panic!() };
    let id = page.id;
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  managedFields:\n  - manager: kubectl\n    operation: Update\n  name: payment-service\nspec:\n  replicas: 3\n";
    bench.send(Message::Yaml { id, answer: Ok(text.into()) });
    check_small("yaml", &mut bench);
    bench.press("tab");
    check_small("yaml-unfolded", &mut bench);
}

#[test]
fn events_and_history() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("e");
    check("events", &mut bench);
    bench.press("q h");
    let Page::History(page) = bench.app.page() else { panic!() };
    let (key, between) = (page.key.clone(), page.asked.expect("a comparison was asked for"));
    let rolltop::operation::Preview::DryRun(changes) = keys::planned("payment-service", false).preview else {
        panic!()
    };
    bench.send(Message::Difference { key, between, answer: Ok(changes) });
    check("history", &mut bench);
}

#[test]
fn charts() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("m");
    let Page::Metrics(page) = bench.app.page() else { panic!() };
    let (key, range) = (page.key.clone(), page.range);
    let end = ago(0).as_duration().as_secs_f64();
    let span = (end - 3600.0, end);
    for number in 0..4 {
        let samples = (0..120u32)
            .filter(|step| !(60..70).contains(step))
            .map(|step| rolltop::domain::Sample {
                at: span.0 + f64::from(step) * 30.0,
                value: 0.3 + 0.2 * f64::from(step % 20) / 20.0,
            })
            .collect();
        let lines = match number {
            0..=1 => Ok(vec![("payment".into(), Series { samples, ..Series::default() })]),
            2 => Err("bad_data: parse error: unexpected character: '!'".to_owned()),
            _ => Ok(Vec::new()),
        };
        let answer = rolltop::app::PanelAnswer { key: key.clone(), range, number, lines, note: String::new(), span };
        bench.send(Message::Panel(Box::new(answer)));
    }
    check("charts", &mut bench);
}

#[test]
fn dialogs() {
    for (name, keys) in [
        ("dialog-scale", "j s + x"),
        ("dialog-revisions", "j u"),
        ("dialog-image", "i"),
        ("dialog-waiting", "R"),
        ("dialog-palette", ": u n d o"),
        ("dialog-help", "?"),
        ("dialog-messages", "!"),
    ] {
        let mut bench = Bench::new(Shop::busy());
        bench.press(keys);
        check_small(name, &mut bench);
    }
}

#[test]
fn dialog_confirm() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("u");
    keys::prepared(&mut bench, false);
    check("dialog-confirm", &mut bench);
    let mut bench = Bench::new(Shop::busy());
    bench.app.protected = true;
    bench.press("u");
    keys::prepared(&mut bench, true);
    bench.letters("pay");
    check_small("dialog-confirm-protected", &mut bench);
}

#[test]
fn dialog_pickers() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("n");
    bench.send(Message::Namespaces(Ok(vec!["default".into(), shop::NAMESPACE.into(), "staging".into()])));
    check_small("dialog-namespaces", &mut bench);
    let mut bench = Bench::new(Shop::busy());
    bench.app.themes = vec!["dark".into(), "light".into()];
    bench.app.theme = "dark".into();
    bench.press("ctrl-t");
    check_small("dialog-themes", &mut bench);
}

#[test]
fn notices_and_monochrome() {
    let mut bench = Bench::new(Shop::busy());
    bench.send(Message::Notice(Level::Error, "keymaps/mine.toml:3:1: the chord g is bound twice".into()));
    (bench.theme, bench.depth) = ("monochrome", Depth::None);
    check_small("monochrome", &mut bench);
    let buffer = bench.buffer((80, 24));
    let coloured = buffer
        .content
        .iter()
        .any(|cell| cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset);
    assert!(!coloured, "no colour means none");
}

#[test]
fn hostile_names_stay_text() {
    let mut shop = Shop::healthy();
    shop.deployment(
        "\u{1b}]0;owned\u{7}evil\u{202e}service-日本語-with-a-name-longer-than-any-column",
        1,
        &[(1, "\u{1b}[2Jv1", 1, Look::Crash)],
    );
    shop.event("x", "\u{1b}[31mBad", "\u{9b}2J\u{7}", 1);
    let mut bench = Bench::new(shop);
    for keys in ["g", "enter", "tab", "tab", "tab", "h", "e"] {
        bench.press(keys);
        for size in SIZES {
            let frame = bench.frame(size);
            assert!(!frame.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{keys} {frame}");
        }
    }
    bench.press("q q q q");
    check_small("hostile", &mut bench);
}

#[test]
fn every_size_draws_without_panic() {
    for keys in ["", "enter", "h", "m", "l", "?", ":", "s", "u"] {
        let mut bench = Bench::new(Shop::busy());
        bench.press(keys);
        for width in [0, 1, 2, 7, 59, 60, 80, 121, 150, 211] {
            for height in [0, 1, 2, 5, 14, 15, 17, 24, 60] {
                bench.frame((width, height));
            }
        }
    }
    check_tiny();
}

fn check_tiny() {
    let mut bench = Bench::new(Shop::busy());
    assert!(bench.frame((59, 20)).contains("rolltop needs 60 columns"));
    assert_eq!(bench.frame((1, 1)).chars().count(), 1);
}
