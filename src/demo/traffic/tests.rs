//! Cause and effect between the shop's services.

use jiff::Timestamp;

use super::*;

const SHOP: [(&str, usize); 12] = [
    ("storefront-service", 3),
    ("gateway-service", 4),
    ("product-service", 5),
    ("search-service", 2),
    ("cart-service", 3),
    ("order-service", 5),
    ("payment-service", 3),
    ("inventory-service", 3),
    ("postgres", 1),
    ("redis", 1),
    ("kafka", 3),
    ("eureka", 3),
];

fn pod(app: &str, index: usize) -> PodInput {
    PodInput {
        namespace: "mambogo-production".into(),
        pod: format!("{app}-{index}"),
        container: app.into(),
        app: app.into(),
        version: "v1.0.0".into(),
        node: "node-1".into(),
        running: true,
        ready: true,
        share: None,
        container_age: 86_400.0,
        cpu_request: Some(0.25),
        cpu_limit: Some(0.5),
        memory_request: Some(512.0 * 1024.0 * 1024.0),
        memory_limit: Some(1024.0 * 1024.0 * 1024.0),
        defect: Defect::default(),
    }
}

fn shop() -> Vec<PodInput> {
    SHOP.iter().flat_map(|(app, count)| (0..*count).map(|index| pod(app, index))).collect()
}

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// Requests/s, 5xx share, CPU per pod and p99 bucket bound of one app.
fn signals(pods: &[PodInput], weather: &Weather, app: &str) -> (f64, f64, f64, f64) {
    let loads = Traffic::new(7).step(noon(), 1.0, pods, weather);
    let own: Vec<_> = pods.iter().zip(&loads).filter(|(pod, _)| pod.app == app).map(|(_, load)| load).collect();
    let requests: f64 = own.iter().map(|load| load.requests()).sum();
    let errors: f64 = own.iter().map(|load| load.errors()).sum();
    let cpu = own.iter().map(|load| load.cpu).sum::<f64>() / f64::from(u32::try_from(own.len()).unwrap());
    let statuses = || own.iter().flat_map(|load| &load.routes).flat_map(|route| &route.statuses);
    let bound = BUCKETS
        .iter()
        .enumerate()
        .find(|(index, _)| statuses().map(|status| status.buckets[*index]).sum::<f64>() >= 0.99 * requests);
    (requests, errors / requests, cpu, bound.map_or(f64::INFINITY, |(_, bound)| *bound))
}

fn changed(app: &str, change: impl Fn(&mut PodInput)) -> Vec<PodInput> {
    let mut pods = shop();
    for pod in pods.iter_mut().filter(|pod| pod.app == app) {
        change(pod);
    }
    pods
}

#[test]
fn an_ordinary_day_is_healthy_everywhere() {
    let (pods, weather) = (shop(), Weather::default());
    for (app, _) in &SHOP[..8] {
        let (requests, errors, cpu, p99) = signals(&pods, &weather, app);
        assert!(requests > 20.0, "{app}: {requests} requests/s");
        assert!(errors < 0.005, "{app}: {errors} fail");
        assert!((0.05..0.175).contains(&cpu), "{app}: {cpu} cores, half of the request or so");
        assert!(p99 <= 1.0, "{app}: p99 in the bucket up to {p99}");
    }
    let loads = Traffic::new(7).step(noon(), 1.0, &pods, &weather);
    assert!(loads.iter().all(|load| load.memory < 0.7 * 1024.0 * 1024.0 * 1024.0));
}

#[test]
fn the_same_arguments_give_the_same_load() {
    let (pods, weather) = (shop(), Weather::default());
    let of = |seed| Traffic::new(seed).step(noon(), 1.0, &pods, &weather);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}

#[test]
fn callers_see_the_errors_and_the_latency_of_their_callees() {
    let weather = Weather::default();
    let failing = changed("payment-service", |pod| pod.defect.error_share = 0.5);
    let slow = changed("payment-service", |pod| pod.defect.latency = 2.0);
    for (app, errors_of_pay) in [("payment-service", 0.5), ("order-service", 0.2), ("gateway-service", 0.05)] {
        let (_, errors, ..) = signals(&failing, &weather, app);
        assert!((errors - errors_of_pay).abs() < 0.02, "{app}: {errors}");
    }
    let p99 = |pods: &[PodInput], app| signals(pods, &weather, app).3;
    assert!(p99(&slow, "order-service") >= 1.0);
    assert!(p99(&shop(), "order-service") < 1.0);
    assert_eq!(p99(&slow, "product-service"), p99(&shop(), "product-service"));
}

#[test]
fn a_tail_defect_moves_p99_and_leaves_the_median() {
    let slow = changed("product-service", |pod| pod.defect.tail_latency = 1.5);
    let weather = Weather::default();
    assert!(signals(&slow, &weather, "product-service").3 >= 1.0);
    let loads = Traffic::new(7).step(noon(), 1.0, &slow, &weather);
    let load = &loads[slow.iter().position(|pod| pod.app == "product-service").unwrap()];
    let ok = &load.routes[0].statuses[0];
    assert!(ok.buckets[4] / ok.count > 0.9, "nine in ten stay below 100 ms");
}

#[test]
fn load_is_shared_among_ready_pods_only() {
    let pods = changed("order-service", |pod| pod.ready = pod.pod == "order-service-0");
    let loads = Traffic::new(7).step(noon(), 1.0, &pods, &Weather::default());
    let of = |name| &loads[pods.iter().position(|pod| pod.pod == name).unwrap()];
    assert_eq!(of("order-service-1").requests(), 0.0);
    assert!(of("order-service-0").requests() > 80.0);
    assert!(of("order-service-0").cpu >= 0.35, "one pod does the work of five");
}

#[test]
fn an_app_without_ready_pods_fails_its_callers() {
    let pods = changed("inventory-service", |pod| pod.running = false);
    let (_, errors, ..) = signals(&pods, &Weather::default(), "order-service");
    assert!(errors > 0.95, "{errors}");
}

#[test]
fn leaks_grow_with_the_age_of_the_container() {
    let leaking = |age| {
        changed("payment-service", |pod| {
            pod.container_age = age;
            pod.defect.memory_leak = 1024.0 * 1024.0;
            pod.defect.connection_leak = 0.02;
        })
    };
    let of = |age| {
        let pods = leaking(age);
        let index = pods.iter().position(|pod| pod.app == "payment-service").unwrap();
        Traffic::new(7).step(noon(), 1.0, &pods, &Weather::default()).swap_remove(index)
    };
    let (young, old) = (of(60.0), of(700.0));
    assert!(old.memory > 1024.0 * 1024.0 * 1024.0 && young.memory < 0.6 * old.memory);
    assert!(young.pool.unwrap().active < 5.0);
    assert_eq!(old.pool.unwrap().active, 10.0);
    assert!(old.errors() > 0.5 * old.requests() && young.errors() < 0.01 * young.requests());
}

#[test]
fn weather_reaches_those_it_concerns() {
    let pods = shop();
    let calm = Weather::default();
    let peak = Weather { traffic: 3.0, ..Weather::default() };
    assert!(signals(&pods, &peak, "order-service").2 > 0.175, "above the autoscaler's 70 %");
    let provider = Weather { payment_provider_latency: 3.0, ..Weather::default() };
    assert!(signals(&pods, &provider, "payment-service").3 >= 2.5);
    assert_eq!(signals(&pods, &provider, "product-service").3, signals(&pods, &calm, "product-service").3);
    let noisy = Weather { node_contention: [("node-1".to_owned(), 0.85)].into(), ..Weather::default() };
    assert!(signals(&pods, &noisy, "order-service").3 > signals(&pods, &calm, "order-service").3);
}

#[test]
fn only_production_has_real_users() {
    let of = |namespace: &str| {
        let mut pods = shop();
        for pod in &mut pods {
            pod.namespace = namespace.into();
        }
        let loads = Traffic::new(7).step(noon(), 1.0, &pods, &Weather::default());
        loads.iter().map(PodLoad::requests).sum::<f64>()
    };
    assert!(of("mambogo-staging") < 0.02 * of("mambogo-production"));
    assert!(of("mambogo-staging") > 0.0);
    assert_eq!(of("golden"), 0.0);
}
