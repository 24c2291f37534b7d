//! What the query API answers, byte for byte.

use jiff::Timestamp;

use super::super::rules::{Group, Rule};
use super::super::{Metadata, Prometheus, Target};
use super::*;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_168_800).unwrap()
}

fn server() -> Prometheus {
    let mut server = Prometheus::default();
    let start = now().as_millisecond();
    for (pod, value) in [("a", 1.5), ("b", f64::NAN), ("c", f64::INFINITY)] {
        let id = server.db.series("x", &[("pod", pod)]);
        for step in 0..4 {
            server.db.append(id, start - step * 15_000 - 40_000 + 30_000 * step, value);
        }
    }
    server.metadata = &[Metadata { name: "x", kind: "gauge", help: "An \"x\"." }];
    server.targets = vec![Target {
        pool: "shop".into(),
        address: "10.0.0.1:8080".into(),
        path: "/actuator/prometheus".into(),
        labels: vec![("pod".into(), "a".into())],
        scraped: Some(now()),
        error: String::new(),
    }];
    let rule = Rule::alert("Big", "x > 1".into(), 0.0, "warning", &[("summary", "{{ $labels.pod }}")]);
    server.rules.groups =
        vec![Group { name: "g".into(), file: "f.yaml".into(), interval: 15.0, rules: vec![rule], evaluated: None }];
    server.evaluate_rules(now());
    server
}

fn get(path: &str) -> Reply {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    server().handle(now(), "GET", path, query, "")
}

#[test]
fn answers_look_as_those_of_prometheus() {
    let cases = [
        (
            "query?query=x{pod='a'}",
            r#"{"resultType":"vector","result":[{"metric":{"__name__":"x","pod":"a"},"value":[1795168800,"1.5"]}]}"#,
        ),
        ("query?query=1/3&time=1.5", r#"{"resultType":"scalar","result":[1.500,"0.3333333333333333"]}"#),
        (
            "query?query=1e-7*vector(1)&time=1970-01-01T00:00:02Z",
            r#"{"resultType":"vector","result":[{"metric":{},"value":[2,"1e-07"]}]}"#,
        ),
        ("query?query=%22text%22&time=3", r#"{"resultType":"string","result":[3,"text"]}"#),
        (
            "query?query=x{pod=~\"b|c\"}%2B0&time=1795168800",
            r#"{"resultType":"vector","result":[{"metric":{"pod":"b"},"value":[1795168800,"NaN"]},{"metric":{"pod":"c"},"value":[1795168800,"+Inf"]}]}"#,
        ),
        (
            "query_range?query=x{pod='a'}&start=1795168790&end=1795168800.5&step=10",
            r#"{"resultType":"matrix","result":[{"metric":{"__name__":"x","pod":"a"},"values":[[1795168790,"1.5"],[1795168800,"1.5"]]}]}"#,
        ),
        ("query_range?query=nothing&start=1&end=2&step=1m", r#"{"resultType":"matrix","result":[]}"#),
        ("series?match[]=x{pod=\"a\"}", r#"[{"__name__":"x","pod":"a"}]"#),
        ("labels?match[]=x", r#"["__name__","pod"]"#),
        ("label/pod/values?match[]=x{pod!=\"b\"}", r#"["a","c"]"#),
        ("label/nothing/values", "[]"),
        ("metadata?metric=x", r#"{"x":[{"type":"gauge","help":"An \"x\".","unit":""}]}"#),
        ("query_exemplars?query=x", "[]"),
    ];
    for (path, data) in cases {
        let reply = get(&format!("/api/v1/{path}"));
        assert_eq!(reply.body, format!(r#"{{"status":"success","data":{data}}}"#), "{path}");
        assert_eq!((reply.status, reply.content_type), (200, "application/json"));
    }
}

#[test]
fn refusals_look_as_those_of_prometheus() {
    let cases = [
        (
            "query?query=x%7B",
            400,
            "bad_data",
            r#"invalid parameter "query": 1:3: parse error: unexpected end of input inside braces"#,
        ),
        (
            "query?query=x&time=never",
            400,
            "bad_data",
            r#"invalid parameter "time": cannot parse "never" to a valid timestamp"#,
        ),
        (
            "query_range?query=x&start=2&end=1&step=1",
            400,
            "bad_data",
            r#"invalid parameter "end": end timestamp must not be before start time"#,
        ),
        (
            "query_range?query=x&start=1&end=2&step=0",
            400,
            "bad_data",
            r#"invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer"#,
        ),
        (
            "query_range?query=x&start=1&end=2&step=x",
            400,
            "bad_data",
            r#"invalid parameter "step": cannot parse "x" to a valid duration"#,
        ),
        (
            "query_range?query=x&start=0&end=11001&step=1",
            400,
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ),
        (
            "query_range?query=x[5m]&start=1&end=2&step=1",
            400,
            "bad_data",
            r#"invalid expression type "range vector" for range query, must be Scalar or instant Vector"#,
        ),
        ("query?query=sum(x)*on(pod)x", 200, "", ""),
        (
            "query?query=x*on()x",
            422,
            "execution",
            r#"found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="x", pod="b"}, {__name__="x", pod="a"}];many-to-many matching not allowed: matching labels must be unique on one side"#,
        ),
        (
            "query?query=label_replace(x,\"pod\",\"s\",\"pod\",\".*\")",
            422,
            "execution",
            "vector cannot contain metrics with the same labelset",
        ),
        ("series", 400, "bad_data", "no match[] parameter provided"),
        ("series?match[]=x%7B", 400, "bad_data", "1:3: parse error: unexpected end of input inside braces"),
        ("label/a-b/values", 400, "bad_data", r#"invalid label name: "a-b""#),
    ];
    for (path, status, kind, text) in cases {
        let reply = get(&format!("/api/v1/{path}"));
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
        if status != 200 {
            let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
            assert_eq!(body["errorType"], kind, "{path}");
            assert_eq!(body["error"], text, "{path}");
        }
    }
    assert_eq!(get("/api/v1/nothing").status, 404);
    assert_eq!(server().handle(now(), "DELETE", "/api/v1/query", "", "").status, 405);
}

#[test]
fn a_form_counts_as_well_as_the_address() {
    let reply = server().handle(now(), "POST", "/api/v1/query", "query=2", "query=1+%2B+2");
    assert!(reply.body.contains(r#""result":[1795168800,"3"]"#), "{}", reply.body);
}

#[test]
fn the_server_tells_its_state_in_valid_json() {
    let data = |path: &str| -> serde_json::Value {
        let mut body: serde_json::Value = serde_json::from_str(&get(path).body).unwrap();
        body["data"].take()
    };
    let rule = &data("/api/v1/rules")["groups"][0]["rules"][0];
    assert_eq!((&rule["state"], &rule["type"], &rule["health"]), (&"firing".into(), &"alerting".into(), &"ok".into()));
    assert_eq!(rule["alerts"][0]["annotations"]["summary"], "a");
    assert_eq!(data("/api/v1/rules?type=record")["groups"][0]["rules"], serde_json::json!([]));
    let alerts = data("/api/v1/alerts");
    assert_eq!(alerts["alerts"][0]["value"], "1.5e+00");
    let target = &data("/api/v1/targets")["activeTargets"][0];
    assert_eq!(
        (&target["health"], &target["scrapeUrl"]),
        (&"up".into(), &"http://10.0.0.1:8080/actuator/prometheus".into())
    );
    assert_eq!(data("/api/v1/status/buildinfo")["version"], "2.42.0");
    for path in ["config", "flags", "runtimeinfo"] {
        assert!(data(&format!("/api/v1/status/{path}")).is_object());
    }
    assert_eq!(get("/-/healthy").body, "Prometheus Server is Healthy.\n");
    assert_eq!(get("/-/ready").status, 200);
}
