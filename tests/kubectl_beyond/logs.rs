//! `kubectl logs` with the flags people use.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};

use crate::kubectl::Kubectl;
use crate::{holds, ok, refused};

pub fn of_running_and_crashed_containers(kubectl: &Kubectl) {
    let pods = ok(kubectl, &["get", "pods", "-l", "app=product-service", "-o", "name"]);
    let pod = pods.lines().next().unwrap();
    follow(kubectl, pod);
    let lines = ok(kubectl, &["logs", pod, "--tail=3"]);
    assert_eq!(lines.lines().count(), 3);
    assert!(lines.lines().all(|line| line.starts_with("{\"@timestamp\":")), "{lines}");
    assert_eq!(ok(kubectl, &["logs", pod, "-c", "product-service", "--tail=1"]).lines().count(), 1);

    // It has been running for days, and says so at once.
    for service in ["order-service", "product-service"] {
        let lines = ok(kubectl, &["logs", &format!("deploy/{service}"), "--since=10m", "--timestamps"]);
        let first: Timestamp = lines.split(' ').next().unwrap().parse().unwrap();
        let age = Timestamp::now().duration_since(first);
        assert!(age > SignedDuration::from_mins(9), "{service} has {age} of logs");
        assert!(lines.lines().count() > 200, "{}", lines.lines().count());
        assert!(lines.lines().is_sorted_by_key(|line| line.split(' ').next()), "{service} is out of order");
    }
    holds(&ok(kubectl, &["logs", "deploy/eureka", "--tail=20"]), &["Starting EurekaApplication"]);

    let since = Timestamp::now() - SignedDuration::from_secs(2);
    for which in ["--since=2s", &format!("--since-time={since}")] {
        for line in ok(kubectl, &["logs", pod, which, "--timestamps"]).lines() {
            let at: Timestamp = line.split(' ').next().unwrap().parse().unwrap();
            assert!(at.as_second() >= since.as_second(), "{line}");
        }
    }
    let ahead = format!("--since-time={}", Timestamp::now() + SignedDuration::from_hours(1));
    assert_eq!(ok(kubectl, &["logs", pod, &ahead]), "");
    assert_eq!(ok(kubectl, &["logs", pod, "--limit-bytes=100"]).len(), 100);

    let of_all = ok(kubectl, &["logs", "-l", "app=product-service", "--tail=1", "--prefix"]);
    assert_eq!(of_all.lines().count(), pods.lines().count());
    assert!(of_all.lines().all(|line| line.starts_with("[pod/product-service-")), "{of_all}");

    holds(&refused(kubectl, &["logs", pod, "-c", "nope"]), &["container nope is not valid for pod"]);
    holds(&refused(kubectl, &["logs", pod, "-p"]), &["(BadRequest)", "previous terminated container"]);
    holds(&refused(kubectl, &["logs", "nope"]), &["(NotFound)", "pods \"nope\" not found"]);
    crashed(kubectl);
}

fn follow(kubectl: &Kubectl, pod: &str) {
    let mut child =
        kubectl.command(&["logs", "-f", pod, "--tail=1"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // One line that was there, and two that came.
    assert_eq!(lines.take(3).flatten().count(), 3);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn crashed(kubectl: &Kubectl) {
    ok(kubectl, &["create", "deployment", "crasher", "--image=shop/crasher:v1-crash"]);
    let ended = "jsonpath={.status.containerStatuses[0].lastState.terminated.reason}=Error";
    let created = "jsonpath={.status.replicas}=1";
    ok(kubectl, &["wait", "--for", created, "deploy/crasher", "--timeout=20s"]);
    ok(kubectl, &["wait", "--for", ended, "pod", "-l", "app=crasher", "--timeout=20s"]);
    ok(kubectl, &["logs", "-p", "-l", "app=crasher"]);
    let waits = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff";
    ok(kubectl, &["wait", "--for", waits, "pod", "-l", "app=crasher", "--timeout=20s"]);
    let backed_off = "reason=BackOff,involvedObject.kind=Pod";
    holds(&ok(kubectl, &["get", "events", "--field-selector", backed_off]), &["Warning", "BackOff", "pod/crasher-"]);
    ok(kubectl, &["delete", "deployment", "crasher"]);
}
