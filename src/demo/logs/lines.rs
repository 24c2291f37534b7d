//! The words of the logs: JSON lines as Spring's structured logging writes them.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::buffer::Line;
use crate::demo::traffic::{PodInput, PodLoad};

/// Requests of one pod that a step writes down at most; the rest is not worth a line.
const WRITTEN: usize = 4;

/// What happens in a container's life.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It started.
    Started {
        /// Label `app`.
        app: String,
        /// Its image.
        image: String,
        /// Seconds until it serves.
        startup: f64,
    },
    /// It ended.
    Ended {
        /// Label `app`.
        app: String,
        /// Exit code.
        code: i64,
        /// Reason, such as `OOMKilled`.
        reason: String,
    },
}

pub(super) fn of_event(event: &Event, seed: u64, now: Timestamp) -> Vec<Line> {
    match event {
        Event::Started { app, image, startup } => started(app, image, *startup, now),
        Event::Ended { app, code: 143, .. } => {
            let thread = "SpringApplicationShutdownHook";
            vec![
                line(now, "INFO", app, thread, "Commencing graceful shutdown. Waiting for active requests to complete"),
                line(now, "INFO", app, thread, "Graceful shutdown complete"),
            ]
        }
        Event::Ended { app, code: 0, .. } => vec![Line { at: now, text: format!("{app}: done") }],
        // The kernel gives no time for last words.
        Event::Ended { code: 137, .. } => Vec::new(),
        Event::Ended { app, .. } => crashed(app, seed, now),
    }
}

pub(super) fn started(app: &str, image: &str, startup: f64, now: Timestamp) -> Vec<Line> {
    let version = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    let title: String = app.split('-').map(capital).collect();
    let at = |share: f64| now + SignedDuration::try_from_secs_f64(startup * share).unwrap_or_default();
    if !image.starts_with("mambogo/") {
        return vec![Line { at: now, text: format!("{app} {version}: starting") }];
    }
    let messages = [
        (0.0, format!("Starting {title}Application {version} using Java 21.0.5 with PID 1")),
        (0.02, "The following 1 profile is active: \"production\"".to_owned()),
        (0.1, "Fetching config from server at : http://config-server:8080".to_owned()),
        (0.4, "Tomcat initialized with port 8080 (http)".to_owned()),
    ];
    messages
        .into_iter()
        .map(|(share, message)| {
            line(at(share).min(now + SignedDuration::from_millis(900)), "INFO", app, "main", &message)
        })
        .collect()
}

fn crashed(app: &str, seed: u64, now: Timestamp) -> Vec<Line> {
    let title: String = app.split('-').map(capital).collect();
    let package = app.replace('-', "");
    let mut lines = vec![line(now, "ERROR", app, "main", "Application run failed")];
    let bean = format!("{}Client", title.trim_end_matches("Service"));
    let trace = [
        format!(
            "org.springframework.beans.factory.BeanCreationException: Error creating bean with name '{bean}': \
             Failed to instantiate [com.mambogo.{package}.{bean}]: Constructor threw exception"
        ),
        "\tat org.springframework.beans.factory.support.ConstructorResolver.instantiate(ConstructorResolver.java:321)"
            .to_owned(),
        "\tat org.springframework.boot.SpringApplication.run(SpringApplication.java:1350)".to_owned(),
        format!("\tat com.mambogo.{package}.{title}Application.main({title}Application.java:14)"),
        "Caused by: java.lang.IllegalStateException: Required property 'provider.api-version' is not set".to_owned(),
        format!("\tat com.mambogo.{package}.{bean}.<init>({bean}.java:{})", 30 + seed % 40),
        "\t... 23 common frames omitted".to_owned(),
    ];
    lines.extend(trace.into_iter().map(|text| Line { at: now, text }));
    lines
}

/// Writes a sample of a `share` of a step's requests; every kind of answer is heard of, errors first.
pub(super) fn of_requests(input: &PodInput, load: &PodLoad, share: f64, seed: u64, now: Timestamp) -> Vec<Line> {
    let mut written: Vec<Line> = Vec::new();
    for route in &load.routes {
        let mut statuses: Vec<_> = route.statuses.iter().collect();
        statuses.sort_by_key(|each| std::cmp::Reverse(each.status));
        for status in statuses {
            let mut rng = fastrand::Rng::with_seed(seed ^ mix(&input.pod, now, status.status));
            // A fraction of a request is a request now and then.
            let chance = (status.count * share).min(if status.status >= 500 { 2.0 } else { 1.0 });
            if written.len() >= WRITTEN || rng.f64() >= chance {
                continue;
            }
            let mean = status.sum / status.count.max(1e-9);
            let millis = (mean * 1000.0 * (0.5 + rng.f64())).max(0.4);
            written.push(request(input, (route.method, route.uri), status.status, millis, &mut rng, now));
        }
    }
    if let Some(pool) = load.pool.filter(|pool| pool.active >= pool.max) {
        let message = format!(
            "HikariPool-1 - Connection is not available, request timed out after 30000ms (total={0:.0}, active={0:.0}, idle=0, waiting={1:.0})",
            pool.max, load.queue_depth
        );
        written.push(line(now, "WARN", &input.app, "http-nio-8080-exec-3", &message));
    }
    written.sort_by_key(|line| line.at);
    written
}

fn request(
    input: &PodInput,
    (method, uri): (&str, &str),
    status: u16,
    millis: f64,
    rng: &mut fastrand::Rng,
    now: Timestamp,
) -> Line {
    let at = now - SignedDuration::from_micros(rng.i64(0..900_000));
    let (level, what) = match status {
        500.. => ("ERROR", "request failed"),
        400.. => ("WARN", "request refused"),
        _ => ("INFO", "request served"),
    };
    let path = uri.replace("{id}", &rng.u32(1000..99_999).to_string());
    let text = json!({
        "@timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(), "level": level, "app": input.app, "version": input.version,
        "logger": "com.mambogo.web.AccessLog", "thread": format!("http-nio-8080-exec-{}", rng.u8(1..=12)),
        "message": format!("{what}: {method} {path} {status}"), "method": method, "uri": path, "status": status,
        "durationMs": (millis * 10.0).round() / 10.0, "requestId": format!("{:08x}", rng.u32(..)),
        "traceId": format!("{:016x}{:016x}", rng.u64(..), rng.u64(..)), "spanId": format!("{:016x}", rng.u64(..)),
    });
    Line { at, text: text.to_string() }
}

fn line(at: Timestamp, level: &str, app: &str, thread: &str, message: &str) -> Line {
    let text = json!({
        "@timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(), "level": level, "app": app,
        "logger": "com.mambogo.Application", "thread": thread, "message": message,
    });
    Line { at, text: text.to_string() }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn mix(pod: &str, now: Timestamp, status: u16) -> u64 {
    let start = now.as_millisecond().unsigned_abs() ^ (u64::from(status) << 40);
    pod.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
