//! Answers, windows and guesses, as tables of cases.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{answer, discover::Service, *};

fn answer_of(status: u16, content_type: &str, body: &str) -> Answer {
    Answer { status, content_type: content_type.to_owned(), body: Bytes::from(body.to_owned()) }
}

fn range(status: u16, body: &str) -> Result<Vec<crate::domain::Series>, Error> {
    answer::data("http://prom", &answer_of(status, "application/json", body)).and_then(|data| answer::matrix(&data))
}

#[test]
fn a_range_answer_becomes_series_with_every_kind_of_number() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"code":"200","evil":"\u001b[31mred"},"values":[[1.5,"1"],[2,"NaN"],[3,"+Inf"],[4,"-Inf"],[5,"1e-3"],[6,7],["x","1"]]}]}}"#;
    let series = range(200, body).unwrap();
    assert_eq!(series[0].labels["code"], "200".into());
    assert_eq!(series[0].labels["evil"], "red".into());
    let values: Vec<String> = series[0].samples.iter().map(|sample| sample.value.to_string()).collect();
    assert_eq!(values, ["1", "NaN", "inf", "-inf", "0.001"], "what is no pair of time and text is left out");
    assert!((series[0].samples[0].at - 1.5).abs() < f64::EPSILON);
    assert_eq!(range(200, r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#), Ok(Vec::new()));
}

#[test]
fn every_failure_has_its_own_words() {
    let status =
        |message: &str| format!(r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{message}"}}"#);
    for (code, kind, body, expected) in [
        (
            400,
            "json",
            r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected <by>"}"#.to_owned(),
            "bad_data: 1:5: parse error: unexpected <by>",
        ),
        (
            200,
            "json",
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.to_owned(),
            "the query answers a vector, not a matrix",
        ),
        (
            200,
            "json",
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{}}]}}"#.to_owned(),
            "the query answers a matrix without values, not a matrix",
        ),
        (200, "json", r#"{"status":"success"}"#.to_owned(), "the query answers a nothing, not a matrix"),
        (
            200,
            "text/html",
            "<html>login".to_owned(),
            "http://prom answered 200 with something that is no Prometheus answer: a web page (HTML); a login page or a proxy is likely in the way",
        ),
        (
            200,
            "json",
            r#"{"status":"succ"#.to_owned(),
            "http://prom answered 200 with something that is no Prometheus answer: {\"status\":\"succ",
        ),
        (
            502,
            "text/plain",
            String::new(),
            "http://prom answered 502 with something that is no Prometheus answer: an empty body",
        ),
        (
            401,
            "text/plain",
            "Unauthorized".to_owned(),
            "http://prom refused the request (401): Unauthorized; give a token or basic auth under [prometheus]",
        ),
        (
            403,
            "json",
            status("services is forbidden"),
            "http://prom refused the request (403): services is forbidden; the rule needed is get services/proxy",
        ),
        (503, "json", status("no endpoints available"), "http://prom has no ready endpoint: no endpoints available"),
        (500, "json", status("boom"), "http://prom cannot be reached: 500 boom"),
    ] {
        let data = answer::data("http://prom", &answer_of(code, kind, &body));
        assert_eq!(data.and_then(|data| answer::matrix(&data)).unwrap_err().to_string(), expected, "{body}");
    }
}

#[test]
fn an_instant_answer_may_be_a_scalar() {
    for (body, values) in [
        (
            r#"{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]},{"metric":{},"value":[1,"3"]}]}"#,
            vec![2.0, 3.0],
        ),
        (r#"{"resultType":"scalar","result":[1,"4"]}"#, vec![4.0]),
    ] {
        let series = answer::vector(&serde_json::from_str(body).unwrap()).unwrap();
        let found: Vec<f64> = series.iter().flat_map(|series| &series.samples).map(|sample| sample.value).collect();
        assert_eq!(found, values);
    }
}

#[test]
fn windows_end_on_their_step_and_have_no_more_points_than_asked() {
    let now = Timestamp::from_second(1_795_168_807).unwrap();
    for (range, points, step) in
        [(900, 120, 10), (3600, 120, 60), (21_600, 120, 300), (86_400, 120, 900), (86_400, 4, 86_400), (900, 2000, 5)]
    {
        let window = Window::back_from(now, Duration::from_secs(range), points);
        assert_eq!(window.step, step, "{range} s in {points} points");
        assert_eq!((window.end % step, window.start % step), (0, 0));
        assert!((now.as_second() - window.end) < step);
        assert!((window.end - window.start) / step <= i64::from(points) + 1);
    }
    let window = Window::back_from(now, Duration::from_secs(3600), 120);
    assert_eq!(window.interval(), Duration::from_secs(75), "more than a step, as Grafana's rate interval");
}

fn service(namespace: &str, name: &str, labels: &[(&str, &str)], ports: &[(&str, u16)]) -> Service {
    Service {
        namespace: namespace.into(),
        name: name.into(),
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ports: ports.iter().map(|(name, number)| ((*name).into(), *number)).collect(),
    }
}

#[test]
fn prometheus_is_found_among_the_services_that_bear_its_name() {
    let services = [
        service("monitoring", "prometheus-operated", &[("operated-prometheus", "true")], &[("web", 9090)]),
        service(
            "monitoring",
            "kps-kube-prometheus-stack-prometheus",
            &[],
            &[("reloader-web", 8080), ("http-web", 9090)],
        ),
        service("monitoring", "kps-kube-prometheus-stack-alertmanager", &[], &[("http-web", 9093)]),
        service(
            "monitoring",
            "kps-prometheus-node-exporter",
            &[("app.kubernetes.io/name", "prometheus-node-exporter")],
            &[("http-metrics", 9100)],
        ),
        service("monitoring", "kube-prometheus-stack-operator", &[], &[("https", 443)]),
        service(
            "obs",
            "prometheus-server",
            &[("app.kubernetes.io/name", "prometheus"), ("app.kubernetes.io/component", "server")],
            &[("", 80)],
        ),
        service("obs", "thanos-query", &[], &[("http", 9090), ("grpc", 10901)]),
        service("obs", "prometheus-alertmanager", &[("app.kubernetes.io/name", "alertmanager")], &[("http", 9093)]),
        service("shop", "product-service", &[], &[("http", 8080)]),
    ];
    let found: Vec<String> = rank(&services).iter().map(Candidate::proxy_path).collect();
    assert_eq!(
        found,
        [
            "/api/v1/namespaces/monitoring/services/kps-kube-prometheus-stack-prometheus:http-web/proxy",
            "/api/v1/namespaces/monitoring/services/prometheus-operated:web/proxy",
            "/api/v1/namespaces/obs/services/prometheus-server:80/proxy",
            "/api/v1/namespaces/obs/services/thanos-query:http/proxy",
        ]
    );
}

/// Answers by what a query asks for.
struct Scripted(&'static [(&'static str, &'static str)]);

impl Transport for Scripted {
    fn get(&self, path: String) -> futures::future::BoxFuture<'_, Result<Answer, Error>> {
        let found = self.0.iter().find(|(part, _)| path.contains(part)).map_or("", |(_, result)| *result);
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{found}]}}}}"#);
        Box::pin(async move { Ok(answer_of(200, "application/json", &body)) })
    }

    fn place(&self) -> &'static str {
        "script"
    }
}

#[tokio::test]
async fn traffic_is_read_from_three_answers_and_absent_is_not_zero() {
    use crate::domain::{Kind, Traffic, WorkloadKey};
    let key = WorkloadKey::new(Kind::Rollout, "shop", "cart");
    let variables = crate::panel::Variables::of_pods(&key, "cart-1-.*", Duration::from_secs(300));
    let questions = crate::panel::evidence(&[]);
    let asked = |script| {
        let (client, questions, variables) = (Client::new(Scripted(script)), questions.clone(), variables.clone());
        async move { super::traffic(&client, &questions, &variables, Timestamp::UNIX_EPOCH).await.unwrap() }
    };
    let found = asked(&[
        ("_bucket", r#"{"metric":{"le":"+Inf"},"value":[1,"90"]},{"metric":{"le":"0.5"},"value":[1,"80"]}"#),
        ("status%3D~", r#"{"metric":{},"value":[1,"3"]}"#),
        ("_count", r#"{"metric":{},"value":[1,"90.4"]}"#),
    ])
    .await;
    let expected = Traffic {
        seconds: 300.0,
        requests: Some(90.4),
        errors: Some(3.0),
        buckets: vec![(0.5, 80.0), (f64::INFINITY, 90.0)],
    };
    assert_eq!(found, expected);
    assert_eq!(asked(&[]).await, Traffic { seconds: 300.0, ..Traffic::default() });
    let not_a_number = asked(&[("_count", r#"{"metric":{},"value":[1,"NaN"]}"#)]).await;
    assert_eq!(not_a_number.requests, None);
}
