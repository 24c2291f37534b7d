//! What keys lead to: tables of keys, state and effects.

use rolltop::{
    action::Action,
    app::{Area, Confirming, Dialog, Effect, Message, Page, Spot},
    domain::{Kind, LogLine, Observation, Permission, Scope, Verdict, WorkloadKey},
    operation::{
        Change, Consent, Operation, Outcome, Patch, PatchKind, Plan, Planned, Preview, Refusal, ScaleTo, Send, Write,
    },
};
use serde_json::json;

use super::{
    bench::Bench,
    shop::{NAMESPACE, Shop, ago},
};

fn key(name: &str) -> WorkloadKey {
    WorkloadKey::new(Kind::Deployment, NAMESPACE, name)
}

pub fn planned(name: &str, typed_name: bool) -> Planned {
    let change = Change {
        pointer: "/spec/template/spec/containers/0/image".into(),
        label: "spec.template.spec.containers[app].image".into(),
        before: Some(json!("mambogo/payment-service:v2.4.0")),
        after: Some(json!("mambogo/payment-service:v2.3.0")),
    };
    let write = Write {
        object: (&key(name)).into(),
        uid: "uid-payment-service".into(),
        version: "1".into(),
        words: format!("roll deployment/{name} back"),
        send: Send::Patch(Patch { subresource: None, kind: PatchKind::Merge, body: json!({}), unified: None }),
        fields: vec![change.clone()],
    };
    Planned {
        plan: Plan {
            connection: 1,
            context: "prod-eu".into(),
            user: "oncall".into(),
            target: key(name),
            uid: "uid-payment-service".into(),
            operation: Operation::Undo { to: Some(7) },
            at: ago(0),
            summary: format!("roll deployment/{name} back to revision 7"),
            against: None,
            writes: vec![write],
            then: None,
            warnings: Vec::new(),
            undo: "rolltop undo".into(),
            kubectl: format!("kubectl rollout undo deployment/{name} --to-revision=7"),
            permissions: Vec::new(),
            typed_name,
        },
        preview: Preview::DryRun(vec![change]),
    }
}

/// The plan's answer to the last question asked.
pub fn prepared(bench: &mut Bench, typed_name: bool) {
    let Some(Dialog::Waiting { ticket, .. }) = &bench.app.dialog else { panic!("nothing is awaited") };
    let answer = Ok(Box::new(planned("payment-service", typed_name)));
    let ticket = *ticket;
    bench.send(Message::Prepared { ticket, answer });
}

#[test]
fn keys_ask_for_what_they_say() {
    let undo = Operation::Undo { to: Some(7) };
    for (keys, name, operation) in [
        ("u", "payment-service", undo),
        ("p", "payment-service", Operation::Pause),
        ("j R", "order-service", Operation::Restart),
        ("s + 2 enter", "payment-service", Operation::Scale(ScaleTo::By(2))),
        ("s - 1 enter", "payment-service", Operation::Scale(ScaleTo::By(-1))),
        ("s 7 enter", "payment-service", Operation::Scale(ScaleTo::Exactly(7))),
        ("enter u", "payment-service", Operation::Undo { to: Some(7) }),
        ("h j u", "payment-service", Operation::Undo { to: Some(7) }),
        ("j u enter", "order-service", Operation::Undo { to: Some(2) }),
        (
            "i backspace 9 enter",
            "payment-service",
            Operation::SetImage(vec![("app".into(), "mambogo/payment-service:v2.4.9".into())]),
        ),
    ] {
        let mut bench = Bench::new(Shop::busy());
        let effects = bench.press(keys);
        let asked: Vec<_> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Prepare { request, .. } => Some((request.target.clone(), request.operation.clone())),
                _ => None,
            })
            .collect();
        assert_eq!(asked, [(key(name), operation)], "{keys}");
    }
}

#[test]
fn nonsense_replicas_are_never_sent() {
    for text in ["1e9", "abc", "-", "+", "", "99999999999", "1 2", "--1"] {
        let mut bench = Bench::new(Shop::busy());
        bench.press("s");
        bench.letters(text);
        assert_eq!(bench.press("enter"), [], "{text:?}");
        assert!(matches!(bench.app.dialog, Some(Dialog::Scale { .. })), "{text:?}");
    }
}

#[test]
fn a_yes_is_taken_only_for_what_is_on_screen() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("u");
    prepared(&mut bench, false);
    // Typed ahead: the question was not yet drawn.
    assert_eq!(bench.send(Message::Key("y".parse().unwrap())), []);
    assert_eq!(bench.send(Message::Key("enter".parse().unwrap())), []);
    assert!(matches!(bench.app.dialog, Some(Dialog::Confirm(_))));
    let effects = bench.press("y");
    let [Effect::Execute { plan, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(plan.consent(), &Consent::Answered);
    // Once: the dialog is gone, the same key does nothing more.
    assert!(!bench.press("y y enter").iter().any(|effect| matches!(effect, Effect::Execute { .. })));
}

#[test]
fn no_means_nothing_is_sent() {
    for keys in ["n", "esc", "q"] {
        let mut bench = Bench::new(Shop::busy());
        bench.press("u");
        prepared(&mut bench, false);
        assert_eq!(bench.press(keys), [], "{keys}");
        assert!(bench.app.dialog.is_none(), "{keys}");
    }
}

#[test]
fn a_protected_context_wants_the_name_typed() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("u");
    prepared(&mut bench, true);
    assert_eq!(bench.press("y enter"), []);
    assert!(matches!(bench.app.dialog, Some(Dialog::Confirm(_))));
    bench.press("backspace");
    bench.letters("payment-service");
    let effects = bench.press("enter");
    let [Effect::Execute { plan, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(plan.consent(), &Consent::Typed("payment-service".into()));
}

#[test]
fn an_answer_to_a_question_left_behind_opens_nothing() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("u esc");
    let answer = Ok(Box::new(planned("payment-service", false)));
    bench.send(Message::Prepared { ticket: 1, answer });
    assert!(bench.app.dialog.is_none());
}

#[test]
fn ends_of_operations_are_told() {
    let applied = Outcome::Applied {
        sentence: "rolled back".into(),
        undo: "x".into(),
        generation: 2,
        remark: Some("audit".into()),
        then: None,
    };
    let unknown = Outcome::Unknown { sentence: "no answer".into(), seen: Some(true) };
    for (outcome, dialog, said) in [
        (applied, false, "rolled back"),
        (Outcome::Refused(Refusal::new("no")), true, "no"),
        (unknown, true, "a second look shows the change"),
        (Outcome::Partly { sentence: "half of it".into(), hint: "go on".into() }, true, "half of it"),
    ] {
        let mut bench = Bench::new(Shop::busy());
        bench.send(Message::Finished { ticket: 9, outcome: Box::new(outcome) });
        assert_eq!(matches!(bench.app.dialog, Some(Dialog::Remark { .. })), dialog, "{said}");
        assert!(bench.app.notices.all().any(|notice| notice.text.contains(said)), "{said}");
    }
    let mut bench = Bench::new(Shop::busy());
    let changed = Outcome::Changed(Box::new(planned("payment-service", false)));
    bench.send(Message::Finished { ticket: 9, outcome: Box::new(changed) });
    let Some(Dialog::Confirm(confirming)) = &bench.app.dialog else { panic!("not asked again") };
    let Confirming { again, shown, .. } = **confirming;
    assert!(again && !shown);
}

#[test]
fn the_cursor_follows_the_workload_not_the_row() {
    let mut bench = Bench::new(Shop::busy());
    let selected = |bench: &Bench| bench.app.selected(bench.shop.sight()).unwrap().name.to_string();
    assert_eq!(selected(&bench), "payment-service", "what needs a person is on top");
    bench.press("j");
    assert_eq!(selected(&bench), "order-service");
    bench.shop.deployment(
        "aaa-service",
        1,
        &[(1, "v1", 0, super::shop::Look::Ready), (2, "v2", 1, super::shop::Look::Crash)],
    );
    assert_eq!(selected(&bench), "order-service");
    bench.press("g");
    assert_eq!(selected(&bench), "aaa-service");
    bench.press("G k j");
    assert_eq!(selected(&bench), "product-service");
}

#[test]
fn filters_apply_as_they_are_typed() {
    let mut bench = Bench::new(Shop::busy());
    bench.press("/");
    bench.letters("state:stuck");
    assert!(bench.frame((120, 35)).contains("payment-service"));
    assert!(!bench.frame((120, 35)).contains("order-service"));
    bench.press("enter");
    assert_eq!(bench.app.fleet.filter.text(), "state:stuck");
    bench.press("esc");
    assert!(bench.frame((120, 35)).contains("order-service"));
}

#[test]
fn pages_open_and_close() {
    for (keys, page) in [
        ("enter", "Rollout"),
        ("l", "Logs"),
        ("e", "Events"),
        ("m", "Metrics"),
        ("h", "History"),
        ("w", "Text"),
        ("enter enter", "Logs"),
        ("enter tab enter", "Events"),
    ] {
        let mut bench = Bench::new(Shop::busy());
        bench.press(keys);
        assert!(format!("{:?}", bench.app.page()).starts_with(page), "{keys}: {:?}", bench.app.page());
        for _ in 0..bench.app.pages.len() {
            bench.press("q");
        }
        assert!(matches!(bench.app.page(), Page::Fleet), "{keys}");
    }
    assert_eq!(Bench::new(Shop::busy()).press("q"), [Effect::Quit]);
    assert_eq!(Bench::new(Shop::busy()).press("u ctrl-c").last(), Some(&Effect::Quit));
}

#[test]
fn a_crashing_pod_opens_with_its_run_before() {
    let mut bench = Bench::new(Shop::busy());
    let effects = bench.press("l");
    let [Effect::OpenLogs { id, request }] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(request.previous && !request.follow, "{request:?}");
    assert_eq!(&*request.pod, "payment-service-8-0");
    let lines = (0..6000).map(|number| LogLine { at: None, text: format!("line {number}").into() }).collect();
    bench.send(Message::Log { id: *id, update: rolltop::app::LogUpdate::Lines(lines) });
    let Page::Logs(page) = bench.app.page() else { panic!() };
    assert_eq!((page.lines.len(), page.dropped), (5000, 1000), "memory is bounded");
    assert!(bench.frame((80, 24)).contains("line 5999"), "the newest line is in sight");
    let effects = bench.press("p");
    assert!(
        matches!(effects.as_slice(), [Effect::CloseLogs(_), Effect::OpenLogs { request, .. }] if !request.previous)
    );
    assert!(matches!(bench.press("q").as_slice(), [Effect::CloseLogs(_)]));
}

#[test]
fn a_key_without_permission_says_which_rule_is_missing() {
    let mut bench = Bench::new(Shop::busy());
    let asked = bench.send(Message::Tick);
    let Some(Effect::AskAccess(rules)) = asked.first() else { panic!("{asked:?}") };
    let rule = Permission {
        verb: "patch".into(),
        group: "apps".into(),
        resource: "deployments".into(),
        namespace: NAMESPACE.into(),
    };
    assert!(rules.contains(&rule), "{rules:?}");
    bench.shop.see(Observation::Access(rule, Verdict::Denied("".into())));
    assert_eq!(bench.press("R"), []);
    assert!(bench.app.notices.all().any(|notice| notice.text.contains("patch deployments.apps in mambogo-production")));
    bench.app.read_only = true;
    assert_eq!(bench.press("s"), []);
    assert!(bench.app.dialog.is_none());
}

#[test]
fn places_are_chosen_from_lists_or_typed() {
    let mut bench = Bench::new(Shop::busy());
    assert_eq!(bench.press("n"), [Effect::ListNamespaces]);
    bench.send(Message::Namespaces(Ok(vec!["dev".into(), "shop".into()])));
    bench.letters("sho");
    assert_eq!(bench.press("enter"), [Effect::SwitchScope(Scope::one("shop"))]);
    bench.press("n");
    bench.send(Message::Namespaces(Err("list namespaces is not allowed".into())));
    bench.letters("hidden");
    assert_eq!(bench.press("enter"), [Effect::SwitchScope(Scope::one("hidden"))]);
    assert_eq!(bench.press("c"), [Effect::ListContexts]);
    bench.send(Message::Contexts(Ok(vec!["prod-eu".into(), "staging".into()])));
    assert_eq!(bench.press("down enter"), [Effect::SwitchContext("staging".into())]);
}

#[test]
fn the_palette_finds_actions_by_their_words() {
    for (words, expected) in
        [("roll back", Action::Undo), ("replicas", Action::Scale), ("yaml", Action::Yaml), ("colours", Action::Theme)]
    {
        let found = rolltop::app::found(words, rolltop::action::Context::Fleet);
        assert_eq!(found.first(), Some(&expected), "{words}: {found:?}");
    }
    let mut bench = Bench::new(Shop::busy());
    bench.press(":");
    bench.letters("restart");
    assert!(matches!(bench.press("enter").as_slice(), [Effect::Prepare { .. }]));
}

/// What the simulated company's words are to the app: forms, and somebody who knows them.
const FAULTS: rolltop::app::Faults = rolltop::app::Faults {
    forms: &[("crash", "SERVICE", "releases an image that crashes"), ("latency", "SERVICE DURATION", "slows requests")],
    check: |words| if words.contains("soon") { Err("\"soon\" is no duration".to_owned()) } else { Ok(()) },
};

#[test]
fn the_palette_injects_faults_into_a_simulated_company_only() {
    for (line, words) in [
        ("crashes", "crash payment-service"),
        ("inject crash", "crash payment-service"),
        ("inject crash order-service", "crash order-service"),
        ("inject latency order-service 2s", "latency order-service 2s"),
    ] {
        let mut real = Bench::new(Shop::busy());
        real.press(":");
        real.letters(line);
        assert!(!real.frame((120, 35)).contains("releases an image"), "{line}: a real cluster is offered none");
        assert_eq!(real.press("enter"), [], "{line}");
        let mut bench = Bench::new(Shop::busy());
        bench.app.faults = Some(FAULTS);
        bench.press(":");
        bench.letters(line);
        assert_eq!(bench.press("enter"), [Effect::Inject(words.to_owned())], "{line}");
        assert!(bench.app.dialog.is_none(), "{line}");
    }
    let mut bench = Bench::new(Shop::busy());
    (bench.app.faults, bench.app.read_only) = (Some(FAULTS), true);
    bench.press(":");
    bench.letters("inject crash");
    assert_eq!(bench.press("enter"), [], "a session that only reads changes nothing");
}

#[test]
fn words_that_lack_something_are_completed_and_wrong_ones_are_told_so() {
    let mut bench = Bench::new(Shop::busy());
    bench.app.faults = Some(FAULTS);
    bench.press(":");
    bench.letters("slows");
    assert_eq!(bench.press("enter"), []);
    let Some(Dialog::Palette { line, .. }) = &bench.app.dialog else { panic!() };
    assert_eq!(line.text(), "inject latency payment-service ");
    bench.letters("soon");
    assert!(bench.frame((120, 35)).contains("\"soon\" is no duration"), "{}", bench.frame((120, 35)));
    assert_eq!(bench.press("enter"), []);
    bench.press("ctrl-w");
    bench.letters("2s");
    assert_eq!(bench.press("enter"), [Effect::Inject("latency payment-service 2s".to_owned())]);
}

#[test]
fn clicks_select_then_open() {
    let mut bench = Bench::new(Shop::busy());
    bench.send(Message::Click(Spot::Row(Area::Main, 1)));
    assert_eq!(&*bench.app.selected(bench.shop.sight()).unwrap().name, "order-service");
    bench.send(Message::Click(Spot::Row(Area::Main, 1)));
    assert!(matches!(bench.app.page(), Page::Rollout(_)));
}
