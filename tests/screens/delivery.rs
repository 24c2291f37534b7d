//! Progressive deliveries on screen: each system in the state in which a person meets it, and what the keys mean there.

use rolltop::{
    action::Action,
    app::{Counted, Dialog, Effect, Message},
    domain::{
        AnalysisMetric, AnalysisRun, Delivery as Delivered, Delta, Experiment, FlaggerAnalysis, FlaggerCanary,
        FlaggerGate, FlaggerMetric, Kind, Measurement, Observation, Owner, Traffic, Workload, WorkloadKey,
    },
    operation::{Consent, Operation, Preview},
    release::{
        Advice, Assessment, Delivery, Manner, Proposal, Side, State, StepLine, System, Wait, WeightSource, assess,
    },
};

use super::{
    bench::Bench,
    check, check_small, keys,
    shop::{Look, NAMESPACE, Shop, ago},
};

/// A unit of two ReplicaSets or Deployments with its judgement: what a test changes stands in `delivery` and `state`.
struct Unit {
    name: &'static str,
    kind: Kind,
    versions: [&'static str; 2],
    pods: [i32; 2],
    look: Look,
}

impl Unit {
    const GATEWAY: Self = Self {
        name: "gateway-service",
        kind: Kind::Rollout,
        versions: ["v1.9.2", "v1.9.3"],
        pods: [3, 1],
        look: Look::Ready,
    };

    fn key(&self) -> WorkloadKey {
        WorkloadKey::new(self.kind, NAMESPACE, self.name)
    }

    fn side(&self, at: usize, role: &'static str) -> Side {
        let set = format!("{}-{}", self.name, at + 8);
        let ready = if at == 1 && self.look != Look::Ready { 0 } else { self.pods[at] };
        Side {
            role,
            name: set.as_str().into(),
            deployment: None,
            owners: vec![format!("uid-{set}").into()],
            version: self.versions[at].to_owned(),
            revision: i64::try_from(at).unwrap() + 8,
            desired: self.pods[at],
            ready,
            available: ready,
            restarts: 0,
        }
    }

    /// A canary of six steps, at the second, that waits for a person.
    fn canary(&self, system: System, role: &'static str) -> Delivery {
        let words = [
            ("weight 25 %", Some(25)),
            ("pause until promoted", None),
            ("analysis success-rate", None),
            ("weight 50 %", Some(50)),
            ("pause 10m", None),
            ("weight 100 %", Some(100)),
        ];
        Delivery {
            system,
            manner: Manner::Canary,
            stable: self.side(0, role),
            canary: Some(self.side(1, "canary")),
            steps: words.map(|(words, weight)| StepLine { words: words.to_owned(), weight }).into(),
            step: Some(1),
            weight_wanted: Some(25.0),
            weight_actual: Some((25.0, WeightSource::Pods(1, 4))),
            wait: Some(Wait::Person { since: Some(ago(250)), what: "promotion".to_owned() }),
            aborted: None,
            runs: Vec::new(),
            experiments: Vec::new(),
            services: Vec::new(),
            scale_down_at: None,
            checks: None,
            alarms: Vec::new(),
        }
    }

    fn switch(&self, system: System) -> Delivery {
        let words = ["start the preview", "check it", "switch", "take the old one down"];
        Delivery {
            manner: Manner::BlueGreen,
            stable: self.side(0, "active"),
            canary: Some(self.side(1, "preview")),
            steps: words.map(|words| StepLine { words: words.to_owned(), weight: None }).into(),
            step: Some(2),
            weight_wanted: None,
            weight_actual: Some((0.0, WeightSource::Selector(format!("{}-active", self.name).as_str().into()))),
            services: ["active", "preview"]
                .map(|role| format!("{}-{role}", self.name).as_str().into())
                .into_iter()
                .zip([0, 1].map(|side| format!("{} (rev {})", self.versions[side], 8 + side)))
                .collect(),
            ..self.canary(system, "active")
        }
    }

    /// Puts the unit into a shop.
    fn into(self, shop: &mut Shop, state: State, proposal: Option<Proposal>, delivery: Delivery) {
        let [old, new] = self.pods;
        shop.deployment(
            self.name,
            old + new,
            &[(8, self.versions[0], old, Look::Ready), (9, self.versions[1], new, self.look)],
        );
        let plain = WorkloadKey::new(Kind::Deployment, NAMESPACE, self.name);
        let mut assessment = assess(&shop.world, &plain, ago(0));
        if self.kind != Kind::Deployment {
            let workload = shop.world.workload(&plain).unwrap().clone();
            let (namespace, name, uid) =
                (workload.meta.namespace.clone(), workload.meta.name.clone(), workload.meta.uid.clone());
            shop.see(Observation::Workloads(Kind::Deployment, Delta::Deleted { namespace, name, uid }));
            let delivery = (self.kind == Kind::Canary).then(|| std::sync::Arc::new(Delivered::Flagger(flagger())));
            let workload = Workload { kind: self.kind, delivery, ..workload };
            shop.see(Observation::Workloads(self.kind, Delta::Applied(workload)));
        }
        assessment.key = self.key();
        assessment.state = state;
        assessment.message = "waits at step 2 of 6".into();
        assessment.advice = Advice {
            sentence: if proposal.is_some() { "the canary is no worse than stable".to_owned() } else { String::new() },
            proposal,
            ..Advice::default()
        };
        // As the judgement words it; where pods fail, their evidence stands.
        if state != State::Degraded {
            assessment.reason = match (delivery.manner, &delivery.wait) {
                (Manner::BlueGreen, None) => "preview 2/2".into(),
                (Manner::BlueGreen, Some(_)) => "preview 2/2, wants you 66m".into(),
                (_, Some(Wait::Timer { .. })) => "canary 25 %, step 2 of 6, pause, ~42s left".into(),
                _ => "canary 25 %, step 2 of 6, wants you 4m".into(),
            };
        }
        assessment.delivery = Some(Box::new(delivery));
        shop.assessments.put(assessment);
    }
}

fn flagger() -> FlaggerCanary {
    let metric = |name: &str, min, max| FlaggerMetric { name: name.into(), min, max };
    FlaggerCanary {
        analysis: FlaggerAnalysis {
            metrics: vec![
                metric("request-success-rate", Some(99.0), None),
                metric("request-duration", None, Some(500.0)),
            ],
            gates: vec![FlaggerGate {
                kind: "confirm-promotion".into(),
                name: "ask".into(),
                url: "http://flagger-loadtester.test/gate/check".into(),
            }],
            ..FlaggerAnalysis::default()
        },
        ..FlaggerCanary::default()
    }
}

fn paused_canary(shop: &mut Shop) {
    let unit = Unit::GATEWAY;
    let mut delivery = unit.canary(System::Argo, "stable");
    delivery.runs = vec!["gateway-service-9-2".into()];
    delivery.experiments = vec!["gateway-service-9-try".into()];
    let owner = Owner { kind: "Rollout".into(), name: "gateway-service".into(), uid: "uid-gateway-service".into() };
    let meta = |name: &str| rolltop::domain::Meta {
        name: name.into(),
        namespace: NAMESPACE.into(),
        uid: format!("uid-{name}").into(),
        owner: Some(owner.clone()),
        ..rolltop::domain::Meta::default()
    };
    let measured = |value: &str, phase: &str| Measurement {
        value: value.into(),
        phase: phase.into(),
        at: Some(ago(60)),
        ..Measurement::default()
    };
    shop.see(Observation::AnalysisRuns(Delta::Applied(AnalysisRun {
        meta: meta("gateway-service-9-2"),
        phase: "Running".into(),
        metrics: vec![AnalysisMetric {
            name: "success-rate".into(),
            phase: "Running".into(),
            success: "result[0] >= 0.95".into(),
            query: "sum(rate(http_server_requests_seconds_count{pod=~\"gateway-.*\",status!~\"5..\"}[1m]))\n  / sum(rate(http_server_requests_seconds_count{pod=~\"gateway-.*\"}[1m]))".into(),
            counts: [3, 1, 0, 0],
            measurements: vec![
                measured("[0.99]", "Successful"),
                measured("[0.71]", "Failed"),
                measured("[0.98]", "Successful"),
                measured("[0.97]", "Successful"),
            ],
            ..AnalysisMetric::default()
        }],
        ..AnalysisRun::default()
    })));
    shop.see(Observation::Experiments(Delta::Applied(Experiment {
        meta: meta("gateway-service-9-try"),
        phase: "Running".into(),
        templates: vec![("baseline".into(), "Running".into(), 1, 1), ("canary".into(), "Running".into(), 0, 1)],
        ..Experiment::default()
    })));
    unit.into(shop, State::Waiting, Some(Proposal::Promote), delivery);
}

/// What Prometheus would say of two sides: requests, share of errors, requests above 250 ms.
fn traffic(requests: f64, errors: f64, slow: f64) -> Traffic {
    Traffic {
        seconds: 300.0,
        requests: Some(requests),
        errors: Some((requests * errors).round()),
        buckets: vec![
            (0.05, requests * 0.6),
            (0.25, requests * (1.0 - slow)),
            (1.0, requests),
            (f64::INFINITY, requests),
        ],
    }
}

/// Answers what the app asked to be counted.
fn count(bench: &mut Bench, old: Traffic, new: Traffic) {
    let sides = bench.app.counted.as_ref().expect("nothing is being counted").sides.clone();
    bench.send(Message::Counted(Box::new(Counted { sides, answer: Ok((old, new)) })));
}

/// A page opened on the topmost workload.
fn opened(shop: Shop) -> Bench {
    let mut bench = Bench::new(shop);
    let effects = bench.press("enter");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Count(_))), "{effects:?}");
    bench
}

#[test]
fn the_inbox_is_on_top_and_says_how_long() {
    let mut shop = Shop::busy();
    paused_canary(&mut shop);
    let storefront = Unit { name: "storefront", versions: ["v4.0.0", "v4.1.0"], pods: [2, 2], ..Unit::GATEWAY };
    let mut switch = storefront.switch(System::Argo);
    switch.wait = Some(Wait::Person { since: Some(ago(4000)), what: "promotion".to_owned() });
    storefront.into(&mut shop, State::Waiting, Some(Proposal::Promote), switch);
    let cart = Unit { name: "cart-service", kind: Kind::Canary, ..Unit::GATEWAY };
    let mut timed = cart.canary(System::Flagger, "primary");
    timed.wait = Some(Wait::Timer { since: Some(ago(30)), until: Some(ago(-42)) });
    cart.into(&mut shop, State::Progressing, None, timed);
    let mut bench = Bench::new(shop);
    check("fleet-waiting", &mut bench);
    let frame = bench.frame((120, 35));
    let row = |name: &str| frame.lines().position(|line| line.contains(name)).unwrap();
    assert!(row("storefront") < row("gateway-service"), "whoever waits longest is first");
    assert!(row("gateway-service") < row("payment-service"), "a decision comes before a fault");
    bench.press("/");
    bench.letters("state:waiting");
    let frame = bench.frame((120, 35));
    assert!(frame.contains("storefront") && frame.contains("gateway") && !frame.contains("payment"), "{frame}");
}

#[test]
fn an_argo_canary_that_waits() {
    let mut shop = Shop::healthy();
    paused_canary(&mut shop);
    let mut bench = opened(shop);
    count(&mut bench, traffic(63_600.0, 0.0021, 0.004), traffic(21_050.0, 0.0023, 0.0041));
    check("delivery-canary", &mut bench);
    (bench.theme, bench.depth) = ("monochrome", rolltop::theme::Depth::None);
    check_small("delivery-canary-monochrome", &mut bench);
}

#[test]
fn a_bad_canary_says_by_how_much() {
    let mut shop = Shop::healthy();
    paused_canary(&mut shop);
    let mut bench = opened(shop);
    count(&mut bench, traffic(63_600.0, 0.0021, 0.004), traffic(21_050.0, 0.061, 0.05));
    check("delivery-canary-bad", &mut bench);
}

#[test]
fn an_argo_blue_green_with_a_preview() {
    let mut shop = Shop::healthy();
    let unit = Unit { name: "storefront", versions: ["v4.0.0", "v4.1.0"], pods: [2, 2], ..Unit::GATEWAY };
    let delivery = unit.switch(System::Argo);
    unit.into(&mut shop, State::Waiting, Some(Proposal::Promote), delivery);
    let mut bench = opened(shop);
    count(&mut bench, traffic(12_000.0, 0.001, 0.004), traffic(0.0, 0.0, 0.0));
    check("delivery-blue-green", &mut bench);
}

#[test]
fn a_switched_blue_green_counts_down() {
    let mut shop = Shop::healthy();
    let unit = Unit { name: "search", kind: Kind::Deployment, versions: ["v2.0.0", "v2.1.0"], ..Unit::GATEWAY };
    let mut delivery = unit.switch(System::Switch);
    (delivery.wait, delivery.step, delivery.scale_down_at) = (None, Some(3), Some(ago(-27)));
    unit.into(&mut shop, State::Progressing, None, delivery);
    check_small("delivery-switch", &mut opened(shop));
}

#[test]
fn an_aborted_canary_offers_a_retry() {
    let mut shop = Shop::healthy();
    let unit = Unit { look: Look::Crash, ..Unit::GATEWAY };
    let mut delivery = unit.canary(System::Argo, "stable");
    (delivery.wait, delivery.step) = (None, Some(0));
    (delivery.weight_wanted, delivery.weight_actual) = (Some(0.0), Some((0.0, WeightSource::Status(Some(true)))));
    delivery.aborted = Some("Metric \"success-rate\" assessed Failed due to failed (2) > failureLimit (1)".to_owned());
    unit.into(&mut shop, State::Degraded, Some(Proposal::Retry), delivery);
    check("delivery-aborted", &mut opened(shop));
}

#[test]
fn a_flagger_canary_at_its_gate() {
    let mut shop = Shop::healthy();
    let unit = Unit { name: "cart-service", kind: Kind::Canary, ..Unit::GATEWAY };
    let mut delivery = unit.canary(System::Flagger, "primary");
    delivery.wait = Some(Wait::Person { since: Some(ago(250)), what: "gate confirm-promotion".to_owned() });
    delivery.checks = Some((1, 5));
    delivery.weight_actual = Some((50.0, WeightSource::Route("HTTPRoute cart-service".to_owned())));
    delivery.alarms = vec!["skipAnalysis is set: new versions are promoted untested".to_owned()];
    unit.into(&mut shop, State::Waiting, Some(Proposal::Promote), delivery);
    check("delivery-flagger", &mut opened(shop));
}

#[test]
fn a_label_canary() {
    let mut shop = Shop::healthy();
    let unit = Unit { name: "inventory", kind: Kind::Deployment, pods: [9, 1], ..Unit::GATEWAY };
    let mut delivery = unit.canary(System::Labels, "stable");
    (delivery.steps, delivery.step, delivery.weight_wanted) = (Vec::new(), None, None);
    delivery.weight_actual = Some((10.0, WeightSource::Pods(1, 10)));
    unit.into(&mut shop, State::Waiting, None, delivery);
    let mut bench = opened(shop);
    let sides = bench.app.counted.as_ref().unwrap().sides.clone();
    let answer = Err("no Prometheus among the cluster's services; name one with --prometheus".to_owned());
    bench.send(Message::Counted(Box::new(Counted { sides, answer })));
    check("delivery-labels", &mut bench);
}

fn asked(effects: &[Effect]) -> Vec<Operation> {
    let asked = effects.iter().filter_map(|effect| match effect {
        Effect::Prepare { request, .. } => Some(request.operation.clone()),
        _ => None,
    });
    asked.collect()
}

#[test]
fn keys_ask_for_what_they_say_on_a_delivery() {
    for (keys, operation) in [
        ("P", Operation::Promote { full: false }),
        ("F", Operation::Promote { full: true }),
        ("A", Operation::Abort),
        ("p", Operation::Pause),
        ("enter P", Operation::Promote { full: false }),
        ("D s", Operation::SkipStep),
        (": s k i p enter", Operation::SkipStep),
        (
            ": e n d space a n a l enter",
            Operation::Terminate { kind: "AnalysisRun".into(), name: "gateway-service-9-2".into() },
        ),
    ] {
        let mut shop = Shop::busy();
        paused_canary(&mut shop);
        let effects = Bench::new(shop).press(keys);
        assert_eq!(asked(&effects), [operation], "{keys}");
    }
}

#[test]
fn keys_that_mean_nothing_say_why() {
    let plain = "nothing here is delivered progressively";
    for (keys, why) in [("P", plain), ("F", plain), ("A", plain), ("Y", plain)] {
        let mut bench = Bench::new(Shop::busy());
        assert_eq!(bench.press(keys), [], "{keys}");
        assert!(bench.app.notices.all().any(|notice| notice.text.contains(why)), "{keys}");
    }
    let mut shop = Shop::busy();
    paused_canary(&mut shop);
    let bench = Bench::new(shop);
    for (action, why) in [
        (Action::Retry, Some("only what was aborted or has failed can be retried")),
        (Action::SetWeight, Some("only a label canary's weight is set by hand")),
        (Action::OpenGate, Some("it has no gate")),
        (Action::Promote, None),
        (Action::TerminateRun, None),
        (Action::PauseResume, None),
    ] {
        let blocked = bench.app.blocked(bench.shop.sight(), action, &Unit::GATEWAY.key());
        assert_eq!(blocked.map(|blocked| blocked.to_string()).as_deref(), why, "{action:?}");
    }
}

#[test]
fn a_weight_is_typed_and_checked() {
    let mut shop = Shop::busy();
    let unit = Unit { name: "inventory", kind: Kind::Deployment, pods: [9, 1], ..Unit::GATEWAY };
    let delivery = unit.canary(System::Labels, "stable");
    unit.into(&mut shop, State::Waiting, None, delivery);
    let mut bench = Bench::new(shop);
    bench.press(": s e t space w e i g h t enter");
    assert!(matches!(bench.app.dialog, Some(Dialog::Weight { .. })), "{:?}", bench.app.dialog);
    assert_eq!(asked(&bench.press("1 0 1 enter")), []);
    check_small("dialog-weight", &mut bench);
    assert_eq!(asked(&bench.press("backspace backspace backspace 3 0 enter")), [Operation::SetWeight(30)]);
}

/// The answer to a promotion asked for.
fn promotion(bench: &mut Bench) {
    let Some(Dialog::Waiting { ticket, .. }) = &bench.app.dialog else { panic!("nothing is awaited") };
    let ticket = *ticket;
    let mut planned = keys::planned("gateway-service", false);
    planned.plan.target = Unit::GATEWAY.key();
    planned.plan.operation = Operation::Promote { full: false };
    planned.plan.summary = "promote rollout/gateway-service past step 2 of 6".into();
    planned.plan.kubectl = "kubectl argo rollouts promote gateway-service".into();
    planned.preview = Preview::Described("the pause ends; next is analysis success-rate, then weight 50 %".to_owned());
    bench.send(Message::Prepared { ticket, answer: Ok(Box::new(planned)) });
}

#[test]
fn a_promotion_shows_its_evidence() {
    let mut shop = Shop::busy();
    paused_canary(&mut shop);
    let mut bench = Bench::new(shop);
    let effects = bench.press("P");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Count(_))), "{effects:?}");
    count(&mut bench, traffic(63_600.0, 0.0021, 0.004), traffic(21_050.0, 0.0023, 0.0041));
    promotion(&mut bench);
    check("dialog-promote", &mut bench);
    let effects = bench.press("y");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Execute { .. })), "{effects:?}");
    assert!(effects.contains(&Effect::StopCounting), "nobody looks any more: {effects:?}");
}

#[test]
fn promoting_against_bad_evidence_wants_the_name_typed_whenever_it_comes_to_light() {
    for known_before in [true, false] {
        let mut shop = Shop::busy();
        paused_canary(&mut shop);
        let mut bench = Bench::new(shop);
        bench.press("P");
        let bad = |bench: &mut Bench| {
            count(bench, traffic(63_600.0, 0.0021, 0.004), traffic(21_050.0, 0.061, 0.05));
        };
        if known_before {
            bad(&mut bench);
        }
        promotion(&mut bench);
        if !known_before {
            bad(&mut bench);
            check("dialog-promote-bad", &mut bench);
        }
        let effects = bench.press("y enter");
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Execute { .. })), "{effects:?}");
        bench.press("backspace");
        bench.letters("gateway-service");
        let effects = bench.press("enter");
        let execute = effects.iter().find_map(|effect| match effect {
            Effect::Execute { plan, .. } => Some(plan.consent().clone()),
            _ => None,
        });
        assert_eq!(execute, Some(Consent::Typed("gateway-service".into())));
    }
}

#[test]
fn counting_follows_what_is_looked_at() {
    let mut shop = Shop::busy();
    paused_canary(&mut shop);
    let mut bench = opened(shop);
    assert_eq!(bench.press("tab"), [], "the same page: nothing is asked anew");
    let effects = bench.press("q");
    assert_eq!(effects, [Effect::StopCounting]);
    assert_eq!(bench.press("j enter"), [], "a plain Deployment has no sides");
    let stale = Assessment { delivery: None, ..bench.shop.assessments.get(&Unit::GATEWAY.key()).unwrap().clone() };
    bench.shop.assessments.put(stale);
    bench.press("q g enter");
    assert!(bench.app.counted.is_none());
}
