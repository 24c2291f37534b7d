//! Looking: descriptions, explanations, usage, watches, services.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::kubectl::Kubectl;
use crate::{holds, ok};

pub fn descriptions_and_explanations(kubectl: &Kubectl) {
    let cases: &[(&[&str], &[&str])] = &[
        (&["deployment", "payment-service"], &["StrategyType:", "Pod Template:", "Conditions:", "NewReplicaSet:"]),
        (&["replicaset", "-l", "app=payment-service"], &["Controlled By:  Deployment/payment-service", "Pods Status:"]),
        (&["pod", "-l", "app=payment-service"], &["Status:", "Running", "Readiness:", "QoS Class:", "Events:"]),
        (&["statefulset", "kafka"], &["Update Strategy:    RollingUpdate", "Pods Status:", "3 Running"]),
        (&["daemonset", "log-shipper"], &["Desired Number of Nodes Scheduled: 5", "Pods Status:"]),
        (&["hpa", "order-service"], &["Reference:", "resource cpu on pods", "Min replicas:", "AbleToScale"]),
        (&["pdb", "payment-service"], &["Max unavailable:  1", "Allowed disruptions:"]),
        (
            &["service", "payment-service"],
            &["Type:", "ClusterIP", "IP Families:", "IPv4", "IP:", "10.96.", "Endpoints:", "10.244."],
        ),
        (&["endpoints", "payment-service"], &["Subsets:", "Addresses:", "10.244."]),
        (
            &["endpointslices", "-l", "kubernetes.io/service-name=payment-service"],
            &["AddressType:", "IPv4", "Endpoints:"],
        ),
        (&["configmap", "payment-service-config"], &["Data", "===="]),
        (&["namespace", "mambogo-production"], &["Status:", "Active"]),
        (&["serviceaccount", "payment-service"], &["Name:", "payment-service"]),
    ];
    for (of, pieces) in cases {
        holds(&ok(kubectl, &[&["describe"], *of].concat()), pieces);
    }
    let explained = ok(kubectl, &["explain", "deployment.spec.strategy.rollingUpdate"]);
    holds(
        &explained,
        &["GROUP:      apps", "KIND:       Deployment", "FIELD: rollingUpdate", "maxSurge", "maxUnavailable"],
    );
    holds(
        &ok(kubectl, &["explain", "pod", "--recursive"]),
        &["KIND:       Pod", "containers", "readinessProbe", "httpGet"],
    );
    holds(&ok(kubectl, &["api-versions"]), &["apps/v1\n", "autoscaling/v2\n"]);
    let kinds = ok(kubectl, &["api-resources"]);
    holds(&kinds, &["pods ", "po ", "v1 ", "true ", "Pod", "deployments", "deploy", "apps/v1"]);

    holds(
        &ok(kubectl, &["top", "pods", "--containers", "-l", "app=payment-service"]),
        &["POD", "CPU(cores)", "payment-service", "Mi"],
    );
    holds(&ok(kubectl, &["top", "nodes"]), &["NAME", "CPU(%)", "worker-1", "%"]);
    holds(&ok(kubectl, &["get", "hpa"]), &["Deployment/order-service", "cpu: ", "%/70%"]);
}

pub fn watches_waits_and_services(kubectl: &Kubectl) {
    ok(kubectl, &["create", "deployment", "watched", "--image=shop/watched:v1", "--port=8080"]);
    let mut child = kubectl
        .command(&["get", "deployment", "watched", "-w"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    holds(&lines.next().unwrap(), &["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    ok(kubectl, &["wait", "--for=condition=Available", "deployment/watched", "--timeout=20s"]);
    ok(kubectl, &["scale", "deployment/watched", "--replicas=3"]);
    assert!(lines.any(|line| line.contains("3/3")), "the watch ended early");
    child.kill().unwrap();
    child.wait().unwrap();

    ok(kubectl, &["expose", "deployment", "watched", "--port=80", "--target-port=8080"]);
    ok(kubectl, &["wait", "--for=jsonpath={.subsets[0].addresses[2].ip}", "endpoints/watched", "--timeout=20s"]);
    let wide = ok(kubectl, &["get", "service,endpoints", "watched", "-o", "wide"]);
    holds(&wide, &["service/watched", "ClusterIP", "10.96.", "80/TCP", "app=watched", "endpoints/watched", ":8080"]);
    let slices = ok(kubectl, &["get", "endpointslices", "-l", "kubernetes.io/service-name=watched"]);
    holds(&slices, &["ADDRESSTYPE", "PORTS", "ENDPOINTS", "IPv4", "8080", "10.244."]);
    let events = ok(kubectl, &["events", "--for", "deployment/watched"]);
    holds(&events, &["ScalingReplicaSet", "Deployment/watched", "Scaled up replica set watched-"]);
    let chosen = "involvedObject.kind=Pod,reason=Started";
    holds(&ok(kubectl, &["get", "events", "--field-selector", chosen]), &["Started", "pod/"]);
    ok(kubectl, &["delete", "deployment,service", "watched"]);
    ok(kubectl, &["wait", "--for=delete", "endpoints/watched", "--timeout=20s"]);
}
