//! Progressive deliveries in a terminal: each system is shown, promoted, aborted and rolled back.

use super::terminal::{Terminal, fast_demo};

/// Answers the question on screen with yes.
fn yes(terminal: &mut Terminal, question: &str) {
    terminal.sees(question);
    terminal.sees("y confirm");
    terminal.keys_until("y", "the question answered", |screen| !screen.contains("y confirm"));
}

/// The second line of the screen says of the workload what is wanted.
fn head(terminal: &mut Terminal, what: &'static str, words: &'static [&'static str]) {
    terminal.until(what, |screen| {
        let head: String = screen.lines().skip(1).take(2).collect();
        words.iter().all(|word| head.contains(word))
    });
}

/// Opens a workload by part of its name.
fn open(terminal: &mut Terminal, name: &str) {
    terminal.sees("WORKLOAD");
    terminal.keys(&format!("/{name}\r"));
    terminal.until("the one row, and no filter being typed", |screen| {
        screen.contains(name) && !screen.contains("log-shipper") && !screen.contains("fuzzy, state:")
    });
    terminal.keys_until("\r", "its page", |screen| screen.contains("Delivery"));
}

/// Releases a version by typing over the last digit of the image.
fn release(terminal: &mut Terminal, digit: &str) {
    terminal.keys("i");
    terminal.sees("enter confirm");
    terminal.keys(&format!("\x7f{digit}\r"));
    yes(terminal, "Set image of");
}

/// One way to deliver: what is typed and what is to be seen.
struct Journey {
    name: &'static str,
    /// Last digits of the versions released one after the other.
    releases: [&'static str; 2],
    /// In the head while it waits, and what the page shows then.
    waits: &'static [&'static str],
    shows: &'static str,
    promoted: &'static [&'static str],
    /// After the abort, and after the way back.
    aborted: &'static [&'static str],
    rolled_back: &'static [&'static str],
}

const ROLLOUTS: [Journey; 2] = [
    Journey {
        name: "gateway-service",
        releases: ["3", "4"],
        waits: &["waiting", "canary 25 %", "wants you"],
        shows: "HTTPRoute gateway-service",
        promoted: &["stable", "v1.9.3", "revision"],
        aborted: &["degraded", "aborted"],
        rolled_back: &["stable", "v1.9.3"],
    },
    Journey {
        name: "storefront",
        releases: ["2", "3"],
        waits: &["waiting", "preview 3/3", "wants you"],
        shows: "switch when promoted",
        promoted: &["stable", "v5.2.2"],
        aborted: &["degraded", "aborted"],
        rolled_back: &["stable", "v5.2.2"],
    },
];

#[test]
fn rollouts_are_promoted_aborted_and_rolled_back() {
    for journey in ROLLOUTS {
        let mut terminal = Terminal::start(&fast_demo(&["smooth-release"]), &[]);
        open(&mut terminal, journey.name);
        release(&mut terminal, journey.releases[0]);
        head(&mut terminal, "the first release waits", journey.waits);
        terminal.sees(journey.shows);
        terminal.keys("P");
        yes(&mut terminal, "Promote rollout/");
        head(&mut terminal, "the first release promoted", journey.promoted);
        release(&mut terminal, journey.releases[1]);
        head(&mut terminal, "the second release waits", journey.waits);
        terminal.keys("A");
        yes(&mut terminal, "Abort rollout/");
        head(&mut terminal, "the second release aborted", journey.aborted);
        terminal.keys("u");
        yes(&mut terminal, "Undo rollout");
        head(&mut terminal, "the version before", journey.rolled_back);
        terminal.keys("q");
        terminal.sees("WORKLOAD");
        terminal.keys("q");
        terminal.ends_with(0);
    }
}

/// Words of the head.
type Words = &'static [&'static str];

/// What a question wants.
enum Answer {
    Yes,
    /// The name of the workload, because the canary is no good.
    Name,
    /// The revision under the cursor, then a yes to the question with these words.
    Choice(&'static str),
    /// An image, then a yes to the question with these words.
    Image(&'static str, &'static str),
}

/// What is done to a release: the key, the question it leads to, the answer, the heads that follow.
struct Deed {
    key: &'static str,
    question: &'static str,
    answer: Answer,
    follow: &'static [Words],
    /// What the page shows in the end.
    ends: Words,
}

/// A release that a story makes by itself, and what is done to it.
struct Told {
    story: &'static str,
    name: &'static str,
    /// In the head when it has begun; before that the page still shows the steps of the release before.
    begins: Words,
    /// What the page shows one after the other, and in its head then.
    shows: Words,
    waits: Words,
    deeds: &'static [Deed],
}

const TOLD: [Told; 5] = [
    Told {
        story: "gate-waits",
        name: "cart-service",
        begins: &["progressing", "v2.0.7 → v2.1.0", "of 7"],
        shows: &[
            "✔  1 weight",
            "✔  2 weight",
            "✔  3 weight",
            "✔  4 weight",
            "✔  5 weight",
            "50 % now (HTTPRoute cart-service)",
        ],
        waits: &["waiting", "canary 50 %", "gate confirm-promotion", "wants you"],
        deeds: &[
            Deed {
                key: "P",
                question: "Promote canary/cart-service: open its gate confirm-promotion?",
                answer: Answer::Yes,
                follow: &[
                    &["progressing", "step 7 of 7, promotion"],
                    &["progressing", "v2.1.0", "canary 0 %"],
                    &["stable", "v2.1.0", "3/3"],
                ],
                ends: &["no release is under way"],
            },
            // Back is a release of its own, which may be hurried.
            Deed {
                key: "u",
                question: "Roll canary/cart-service back to",
                answer: Answer::Choice("Undo deployment/cart-service to revision"),
                follow: &[&["progressing", "v2.1.0 → v2.0.7"]],
                ends: &["✔  1 weight"],
            },
            Deed {
                key: "F",
                question: "Promote canary/cart-service in full: its analysis is skipped",
                answer: Answer::Yes,
                follow: &[&["stable", "v2.0.7", "3/3"]],
                ends: &["no release is under way"],
            },
        ],
    },
    Told {
        story: "gate-waits",
        name: "cart-service",
        begins: &["progressing", "v2.0.7 → v2.1.0", "of 7"],
        shows: &["gate rollback at http://flagger-loadtester"],
        waits: &["progressing", "%, step"],
        deeds: &[Deed {
            key: "A",
            question: "Abort canary/cart-service: open its gate rollback",
            answer: Answer::Yes,
            follow: &[&["degraded", "Canary analysis failed"]],
            ends: &["v2.0.7 serves", "no release is under way"],
        }],
    },
    Told {
        story: "smooth-release",
        name: "search-service",
        begins: &["search-service-blue", "stable", "v0.14.2"],
        shows: &["service search-service sends users to search-service-blue (v0.14.2)"],
        waits: &["search-service-blue", "stable"],
        deeds: &[
            Deed {
                key: "i",
                question: "search-service-green",
                answer: Answer::Image("mambogo/search-service:v0.14.3", "Set image of deployment/search-service-green"),
                follow: &[&["waiting", "v0.14.2 → v0.14.3", "preview 3/3", "wants you"]],
                ends: &["service search-service sends users to search-service-blue (v0.14.2)"],
            },
            Deed {
                key: "P",
                question: "Promote deployment/search-service-blue: switch service/search-service to",
                answer: Answer::Yes,
                follow: &[&["search-service-green", "stable", "v0.14.3"]],
                ends: &["service search-service sends users to search-service-green (v0.14.3)"],
            },
            Deed {
                key: "A",
                question: "Abort deployment/search-service-green: switch service/search-service back to",
                answer: Answer::Yes,
                follow: &[&["search-service-blue", "stable", "v0.14.2"]],
                ends: &["service search-service sends users to search-service-blue (v0.14.2)"],
            },
            Deed {
                key: "i",
                question: "search-service-green",
                answer: Answer::Image("mambogo/search-service:v0.14.4", "Set image of deployment/search-service-green"),
                follow: &[&["waiting", "v0.14.2 → v0.14.4", "preview 3/3", "wants you"]],
                ends: &["service search-service sends users to search-service-blue (v0.14.2)"],
            },
            Deed {
                key: "A",
                question: "Abort the preview of deployment/search-service-blue",
                answer: Answer::Yes,
                follow: &[&["search-service-blue", "stable", "v0.14.2"]],
                ends: &["no release is under way"],
            },
        ],
    },
    Told {
        story: "canary-by-labels",
        name: "inventory-service",
        begins: &["v1.6.0 → v1.7.1"],
        shows: &["1 of 4 available pods", "✖ bad"],
        waits: &["waiting", "canary 25 %", "wants you"],
        deeds: &[
            Deed {
                key: "P",
                question: "Promote deployment/inventory-service: it gets the images of",
                answer: Answer::Name,
                follow: &[&["stable", "v1.7.1", "3/3"]],
                ends: &["no release is under way"],
            },
            Deed {
                key: "u",
                question: "Roll deployment/inventory-service back to",
                answer: Answer::Choice("Undo deployment/inventory-service to revision 1"),
                follow: &[&["stable", "v1.6.0", "3/3"]],
                ends: &["no release is under way"],
            },
        ],
    },
    Told {
        story: "canary-by-labels",
        name: "inventory-service",
        begins: &["v1.6.0 → v1.7.1"],
        shows: &["1 of 4 available pods"],
        waits: &["waiting", "canary 25 %", "wants you"],
        deeds: &[
            Deed {
                key: "A",
                question: "Abort the canary of deployment/inventory-service?",
                answer: Answer::Yes,
                follow: &[&["stable", "v1.6.0", "3/3"]],
                ends: &["no release is under way"],
            },
            Deed {
                key: "i",
                question: "inventory-service-canary",
                answer: Answer::Image(
                    "mambogo/inventory-service:v1.7.2",
                    "Set image of deployment/inventory-service-canary",
                ),
                follow: &[&["waiting", "v1.6.0 → v1.7.2", "canary 25 %", "wants you"]],
                ends: &["1 of 4 available pods"],
            },
        ],
    },
];

/// Types the name that a question wants.
fn name_it(terminal: &mut Terminal, name: &str) {
    terminal.sees(&format!("type {name} to confirm"));
    // Keys that come together with the question are dropped, and a test is faster than a frame.
    let (first, rest) = name.split_at(1);
    terminal.keys_until(first, "a letter", |screen| screen.contains(&format!("name {first}")));
    terminal.keys(rest);
    terminal.sees("enter does it");
    terminal.keys("\r");
    terminal.until("the question answered", |screen| !screen.contains("enter does it"));
}

impl Told {
    fn play(&self) {
        let mut terminal = Terminal::start(&fast_demo(&[self.story]), &[]);
        open(&mut terminal, self.name);
        head(&mut terminal, "the release begun", self.begins);
        for text in self.shows {
            terminal.sees(text);
        }
        head(&mut terminal, "the release", self.waits);
        for deed in self.deeds {
            terminal.keys(deed.key);
            match deed.answer {
                Answer::Yes => yes(&mut terminal, deed.question),
                Answer::Name => {
                    terminal.sees(deed.question);
                    name_it(&mut terminal, self.name);
                }
                Answer::Choice(question) => {
                    terminal.sees(deed.question);
                    terminal.keys_until("\r", "the choice made", |screen| screen.contains(question));
                    yes(&mut terminal, question);
                }
                Answer::Image(image, question) => {
                    terminal.sees(deed.question);
                    terminal.keys(&format!("\x15{image}\r"));
                    yes(&mut terminal, question);
                }
            }
            for words in deed.follow {
                head(&mut terminal, deed.question, words);
            }
            for text in deed.ends {
                terminal.sees(text);
            }
        }
        terminal.keys("q");
        terminal.sees("WORKLOAD");
        terminal.keys("q");
        terminal.ends_with(0);
    }
}

/// Flagger looks at a canary every ten seconds however fast the company lives, so the journeys go side by side.
#[test]
fn gates_canaries_by_labels_and_switches_are_promoted_aborted_and_rolled_back() {
    std::thread::scope(|scope| {
        for told in &TOLD {
            scope.spawn(|| told.play());
        }
    });
}
