//! Subresources: scale, log, eviction, binding, and the refusal of what needs a real container.

use bytes::Bytes;
use futures::StreamExt;
use http::Method;
use serde_json::{Value, json};

use super::backends::LogQuery;
use super::handle::Call;
use super::patch::{self, PatchKind};
use super::request::Target;
use super::resources::not_allowed;
use super::respond::{self, Answer};
use super::{decode, write};
use crate::demo::store::resource::{POD_DISRUPTION_BUDGETS, PODS};
use crate::demo::store::{ApiError, Cause, LabelSelector, Meta, Object, Part, Store};

/// Answers a request to a subresource.
pub(super) fn answer(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    match target.subresource.as_str() {
        "scale" => scale(call, target),
        "log" => log(call, target),
        "eviction" => eviction(call, target),
        "binding" => binding(call, target),
        other => {
            let message =
                format!("{other} is not available: the containers of the simulated company have no processes");
            Err(ApiError::new(501, "NotImplemented", message))
        }
    }
}

fn name(target: &Target) -> &str {
    target.name.as_deref().unwrap_or_default()
}

fn scale(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let resource = target.served.resource;
    let manager = call.manager();
    let writer = write::writer(call, &manager)?;
    let sent = if call.method == Method::PUT { Some(decode::body(call)?) } else { None };
    let shown = call.with(|store| {
        let current = store.find(resource, &target.namespace, name(target))?;
        let before = scale_of(current);
        let wanted = match call.method {
            Method::GET => return Ok(before),
            Method::PUT => sent.unwrap_or_default(),
            Method::PATCH => patch::patched(PatchKind::of(call.header(http::header::CONTENT_TYPE), resource)?, before, &call.body, resource)?,
            _ => return Err(not_allowed(&call.method)),
        };
        let replicas = &wanted["spec"]["replicas"];
        let number = if replicas.is_null() { Some(0) } else { replicas.as_i64().filter(|number| i32::try_from(*number).is_ok()) };
        let Some(number) = number else {
            let message = format!("Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {replicas} into Go struct field ScaleSpec.spec.replicas of type int32");
            return Err(ApiError::bad_request(message));
        };
        if number < 0 {
            let cause = Cause::invalid("spec.replicas", &number.to_string(), "must be greater than or equal to 0");
            return Err(ApiError::invalid(&SCALE, name(target), &[cause]));
        }
        let mut value = current.value().clone();
        value["spec"]["replicas"] = json!(number);
        let version = wanted.meta("resourceVersion");
        if !version.is_empty() {
            value["metadata"]["resourceVersion"] = json!(version);
        }
        store.write(resource, value, Part::Scale, &writer).map(|object| scale_of(&object))
    })?;
    Ok(respond::json(200, &shown))
}

/// The kind a refused scale names.
static SCALE: crate::demo::store::Resource = crate::demo::store::Resource {
    group: "autoscaling",
    version: "v1",
    plural: "scale",
    singular: "scale",
    kind: "Scale",
    qualified: "scale.autoscaling",
    short: &[],
    namespaced: true,
    subresources: &[],
    categories: &[],
    counts_generations: false,
};

fn scale_of(object: &Object) -> Value {
    // A custom kind's definition says where its scale is; of the ones here only rollouts have one.
    let custom = object["apiVersion"].as_str().is_some_and(|version| version.starts_with("argoproj.io/"));
    let (replicas, selector) = if custom {
        (&object["status"]["HPAReplicas"], object["status"]["selector"].as_str().map(str::to_owned))
    } else {
        let selector = LabelSelector::from_object(&object["spec"]["selector"]).map(|selector| selector.to_string());
        (&object["status"]["replicas"], selector)
    };
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": object.name(), "namespace": object.namespace(), "uid": object.uid(),
            "resourceVersion": object.meta("resourceVersion"), "creationTimestamp": object.meta("creationTimestamp"),
        },
        "spec": {"replicas": object["spec"]["replicas"].as_i64().unwrap_or(0)},
        "status": {"replicas": replicas.as_i64().unwrap_or(0), "selector": selector},
    })
}

fn log(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    if call.method != Method::GET {
        return Err(not_allowed(&call.method));
    }
    let pod = call.with(|store| store.find(&PODS, &target.namespace, name(target)).cloned())?;
    let container = container(&pod, call.query.get("container"))?;
    let previous = call.query.flag("previous");
    readable(&pod, &container, previous)?;
    let whole = |key: &str| {
        let number = call.query.number(key)?;
        number.map(|number| usize::try_from(number).map_err(|_| negative(key, number))).transpose()
    };
    let now = call.server.clock.now();
    let since = match (call.query.number("sinceSeconds")?, call.query.get("sinceTime")) {
        (Some(seconds), _) if seconds < 1 => return Err(negative("sinceSeconds", seconds)),
        (Some(seconds), _) => now.checked_sub(jiff::SignedDuration::from_secs(seconds)).ok(),
        (None, Some(text)) => {
            Some(text.parse().map_err(|_| ApiError::bad_request(format!("invalid sinceTime {text:?}: not RFC 3339")))?)
        }
        (None, None) => None,
    };
    let lines = call.server.backends.logs(LogQuery {
        namespace: target.namespace.clone(),
        pod: name(target).to_owned(),
        container,
        previous,
        follow: call.query.flag("follow"),
        since,
        tail: whole("tailLines")?,
        timestamps: call.query.flag("timestamps"),
        limit_bytes: whole("limitBytes")?,
    })?;
    let chaos = call.server.chaos.clone();
    let lines = lines.then(move |line: Bytes| {
        let chaos = chaos.clone();
        async move {
            chaos.flowing().await;
            Ok(line)
        }
    });
    Ok(respond::stream("text/plain", lines))
}

fn negative(key: &str, number: i64) -> ApiError {
    ApiError::new(
        422,
        "Invalid",
        format!("PodLogOptions \"\" is invalid: {key}: Invalid value: {number}: must be greater than or equal to 0"),
    )
}

fn container(pod: &Object, asked: Option<&str>) -> Result<String, ApiError> {
    let names = |list: &str| -> Vec<String> {
        let items = pod["spec"][list].as_array().into_iter().flatten();
        items.filter_map(|container| container["name"].as_str()).map(str::to_owned).collect()
    };
    let (main, init) = (names("containers"), names("initContainers"));
    match asked {
        Some(asked) if main.iter().chain(&init).any(|name| name == asked) => Ok(asked.to_owned()),
        Some(asked) => Err(ApiError::bad_request(format!("container {asked} is not valid for pod {}", pod.name()))),
        None => match main.as_slice() {
            [only] if init.is_empty() => Ok(only.clone()),
            _ => {
                let choices = format!(
                    "a container name must be specified for pod {}, choose one of: [{}]",
                    pod.name(),
                    main.join(" ")
                );
                let more = if init.is_empty() {
                    String::new()
                } else {
                    format!(" or one of the init containers: [{}]", init.join(" "))
                };
                Err(ApiError::bad_request(choices + &more))
            }
        },
    }
}

/// Refuses logs of a container that has not run yet.
fn readable(pod: &Object, container: &str, previous: bool) -> Result<(), ApiError> {
    let all = ["containerStatuses", "initContainerStatuses"]
        .iter()
        .filter_map(|list| pod["status"][*list].as_array())
        .flatten();
    let status = all.into_iter().find(|status| status["name"] == container);
    let unknown = Value::Null;
    let status = status.unwrap_or(&unknown);
    if previous && status["lastState"]["terminated"].is_null() {
        return Err(ApiError::bad_request(format!(
            "previous terminated container {container:?} in pod {:?} not found",
            pod.name()
        )));
    }
    let ran = !status["lastState"]["terminated"].is_null();
    if !previous
        && !ran
        && let Some(reason) = status["state"]["waiting"]["reason"].as_str()
    {
        let doing = if matches!(reason, "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName") {
            format!("trying and failing to pull image: {reason}").replace(&format!(": {reason}"), "")
        } else {
            reason.to_owned()
        };
        return Err(ApiError::bad_request(format!(
            "container {container:?} in pod {:?} is waiting to start: {doing}",
            pod.name()
        )));
    }
    if status.is_null() && pod["spec"]["nodeName"].is_null() {
        return Err(ApiError::bad_request(format!("pod {} does not have a host assigned", pod.name())));
    }
    Ok(())
}

fn eviction(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    if call.method != Method::POST {
        return Err(not_allowed(&call.method));
    }
    let body = decode::body(call)?;
    if let Some(named) = body["metadata"]["name"].as_str().filter(|named| *named != name(target)) {
        return Err(ApiError::bad_request(format!("name in URL does not match name in Eviction object: {named}")));
    }
    let (options, dry_run) = write::options(call, &body["deleteOptions"])?;
    let manager = call.manager();
    let writer = crate::demo::store::Writer { dry_run, ..write::writer(call, &manager)? };
    call.with(|store| {
        let pod = store.find(&PODS, &target.namespace, name(target))?.clone();
        spend_disruption(store, &pod, &writer)?;
        store.delete(&PODS, (&target.namespace, name(target)), &options, &writer)
    })?;
    Ok(respond::json(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}

/// Takes one disruption from the pod's budget, or refuses where none is left.
fn spend_disruption(store: &mut Store, pod: &Object, writer: &crate::demo::store::Writer<'_>) -> Result<(), ApiError> {
    if matches!(pod["status"]["phase"].as_str(), Some("Pending" | "Succeeded" | "Failed")) || pod.is_terminating() {
        return Ok(());
    }
    let covers = |budget: &Object| {
        LabelSelector::from_object(&budget["spec"]["selector"])
            .is_some_and(|selector| selector.matches(&pod["metadata"]["labels"]))
    };
    let budgets: Vec<_> =
        store.list(&POD_DISRUPTION_BUDGETS, Some(pod.namespace())).filter(|budget| covers(budget)).cloned().collect();
    let budget = match budgets.as_slice() {
        [] => return Ok(()),
        [one] => one,
        _ => {
            return Err(ApiError::internal(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
    };
    let status = &budget["status"];
    if status["disruptionsAllowed"].as_i64().unwrap_or(0) <= 0 {
        let mut error = ApiError::too_many("Cannot evict pod as it would violate the pod's disruption budget.", None);
        let (wanted, healthy) =
            (status["desiredHealthy"].as_i64().unwrap_or(0), status["currentHealthy"].as_i64().unwrap_or(0));
        let message =
            format!("The disruption budget {} needs {wanted} healthy pods and has {healthy} currently", budget.name());
        error.details = Some(Box::new(json!({"causes": [{"reason": "DisruptionBudget", "message": message}]})));
        return Err(error);
    }
    store.modify(&POD_DISRUPTION_BUDGETS, (budget.namespace(), budget.name()), Part::Status, writer, |budget| {
        let left = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or(1) - 1;
        budget["status"]["disruptionsAllowed"] = json!(left);
        budget["status"]["disruptedPods"][pod.name()] = json!(crate::demo::store::timestamp(writer.now));
    })?;
    Ok(())
}

fn binding(call: &Call, target: &Target) -> Result<Answer, ApiError> {
    let body = decode::body(call)?;
    let node = body["target"]["name"].as_str().filter(|node| !node.is_empty());
    let node = node.ok_or_else(|| ApiError::bad_request("Binding \"\" is invalid: target.name: Required value"))?;
    let manager = call.manager();
    let writer = write::writer(call, &manager)?;
    call.with(|store| store.bind(&target.namespace, name(target), node, &writer))?;
    Ok(respond::json(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}),
    ))
}
