//! One step: rates run down the call graph, errors and latency run back up.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::graph::{self, SERVICES, Service};
use super::input::{PodInput, Weather};
use super::latency::Latency;
use super::load::PodLoad;
use super::pod::PodStep;
use super::shape;

const MIB: f64 = 1024.0 * 1024.0;
/// Share of the production users that other namespaces of the shop see.
const TRICKLE: f64 = 0.01;
/// Seconds a call to the external payment provider takes as a rule.
const PROVIDER_LATENCY: f64 = 0.09;
/// Narrowness of every body of latencies, see [`Latency::shape`].
pub(super) const SHAPE: f64 = 4.2;
/// A pod this many times slower than the quickest one counts as the tail of its service.
const SLOW_POD: f64 = 1.5;

/// The traffic model of the shop.
#[derive(Debug, Clone)]
pub struct Traffic {
    seed: u64,
    speed: f64,
}

/// What callers see of a service: how often it fails and how long it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub errors: f64,
    pub latency: Latency,
}

/// The state of one namespace during a step.
pub(super) struct Step<'a> {
    pub now: Timestamp,
    pub dt: f64,
    pub weather: &'a Weather,
    /// Requests a second of each service.
    rates: [f64; SERVICES.len()],
    /// What callers see of each service; filled from the last one up.
    answers: [Option<Answer>; SERVICES.len()],
}

/// What a pod's callees do to one of its requests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Below {
    pub seconds: f64,
    pub tail_share: f64,
    pub tail_extra: f64,
    pub errors: f64,
    /// Seconds a connection to the database is held.
    pub database: f64,
}

impl Traffic {
    /// A model whose noise follows `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, speed: 1.0 }
    }

    /// Makes containers warm up `speed` times as fast, for a demonstration in a hurry.
    #[must_use]
    pub fn at_speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// What each of `pods` did in the `dt` seconds before `now`, in their order.
    pub fn step(&self, now: Timestamp, dt: f64, pods: &[PodInput], weather: &Weather) -> Vec<PodLoad> {
        let mut loads = vec![PodLoad::default(); pods.len()];
        let mut namespaces: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, pod) in pods.iter().enumerate() {
            namespaces.entry(&pod.namespace).or_default().push(index);
        }
        for (namespace, members) in namespaces {
            self.step_namespace(namespace, &members, now, dt, pods, weather, &mut loads);
        }
        loads
    }

    /// Fills in the loads of the pods of one namespace.
    #[expect(clippy::too_many_arguments, reason = "the arguments of `step`, split by namespace")]
    fn step_namespace(
        &self,
        namespace: &str,
        members: &[usize],
        now: Timestamp,
        dt: f64,
        pods: &[PodInput],
        weather: &Weather,
        loads: &mut [PodLoad],
    ) {
        let mut of_service: [Vec<usize>; SERVICES.len()] = Default::default();
        for &index in members {
            match graph::position(&pods[index].app) {
                Some(service) => of_service[service].push(index),
                None => loads[index] = self.stranger(&pods[index], now),
            }
        }
        let mut step =
            Step { now, dt, weather, rates: self.rates(namespace, now, weather), answers: [None; SERVICES.len()] };
        for service in (0..SERVICES.len()).rev() {
            let serving = &of_service[service];
            step.answers[service] = self.step_service(&step, service, serving, pods, loads);
        }
    }

    /// Requests a second of each service, from the users down.
    fn rates(&self, namespace: &str, now: Timestamp, weather: &Weather) -> [f64; SERVICES.len()] {
        let share = match namespace {
            name if name.ends_with("-production") => 1.0,
            name if name.starts_with("mambogo") => TRICKLE,
            _ => 0.0,
        };
        let key = shape::hash(self.seed, &[namespace]);
        let wobble = 1.0 + 0.03 * shape::noise(key, now, 300.0) + 0.03 * shape::noise(key ^ 1, now, 20.0);
        let users = share * weather.traffic * shape::daily(now) * wobble;
        let mut rates = [0.0; SERVICES.len()];
        for (index, service) in SERVICES.iter().enumerate() {
            rates[index] += service.users * users;
            for (callee, calls) in service.calls {
                if let Some(below) = graph::position(callee) {
                    rates[below] += rates[index] * calls;
                }
            }
        }
        rates
    }

    /// Fills in the loads of one service's pods; what its callers see, none without a ready pod.
    fn step_service(
        &self,
        step: &Step<'_>,
        service: usize,
        serving: &[usize],
        pods: &[PodInput],
        loads: &mut [PodLoad],
    ) -> Option<Answer> {
        let ready = serving.iter().filter(|&&index| pods[index].ready && pods[index].running);
        let count = ready.count();
        let below = step.below(&SERVICES[service]);
        let mut answers = Vec::with_capacity(count);
        #[expect(clippy::cast_precision_loss, reason = "a number of pods")]
        let even = 1.0 / count as f64;
        for &index in serving {
            let pod = &pods[index];
            if !pod.running {
                continue;
            }
            let key = shape::hash(self.seed, &[&pod.namespace, &pod.pod]);
            let uneven = 1.0 + 0.04 * shape::noise(key, step.now, 45.0);
            let share = if pod.ready { pod.share.unwrap_or(even) } else { 0.0 };
            let rate = step.rates[service] * uneven * share;
            let pod_step = PodStep { pod, service: &SERVICES[service], key, rate, below, speed: self.speed };
            let (load, answer) = pod_step.run(step);
            loads[index] = load;
            if share > 0.0 {
                answers.push((answer, share));
            }
        }
        merge(&answers)
    }

    /// Load of a pod that is not part of the shop: idle, with a life of its own.
    fn stranger(&self, pod: &PodInput, now: Timestamp) -> PodLoad {
        if !pod.running {
            return PodLoad::default();
        }
        let key = shape::hash(self.seed, &[&pod.namespace, &pod.pod]);
        let use_of =
            |request: Option<f64>, otherwise: f64| request.unwrap_or(otherwise) * (0.15 + 0.25 * shape::fraction(key));
        let cpu = use_of(pod.cpu_request, 0.05) * (1.0 + 0.3 * shape::noise(key, now, 30.0));
        let cpu_demand = cpu * pod.defect.cpu_factor;
        let leaked = pod.defect.memory_leak * pod.container_age;
        PodLoad {
            cpu: cpu_demand.min(pod.cpu_limit.unwrap_or(f64::MAX)),
            cpu_demand,
            memory: use_of(pod.memory_request, 64.0 * MIB) * 1.6 + leaked,
            ..PodLoad::default()
        }
    }
}

impl Step<'_> {
    /// What the callees of a service add to one of its requests.
    fn below(&self, service: &Service) -> Below {
        let mut below = Below::default();
        let mut tail_seconds = 0.0;
        for (callee, calls) in service.calls {
            let Some(index) = graph::position(callee) else {
                continue;
            };
            let Some(answer) = self.answers[index] else {
                below.errors = either(below.errors, calls.min(1.0));
                continue;
            };
            below.seconds += calls * answer.latency.median;
            below.errors = either(below.errors, at_least_once(answer.errors, *calls));
            let share = at_least_once(answer.latency.tail_share, *calls);
            below.tail_share = either(below.tail_share, share);
            tail_seconds += share * answer.latency.tail_extra;
            if *callee == "postgres" {
                below.database += calls * answer.latency.mean();
            }
        }
        if service.name == "payment" {
            below.seconds += PROVIDER_LATENCY + self.weather.payment_provider_latency;
            below.errors = either(below.errors, self.weather.payment_provider_errors);
        }
        if below.tail_share > 0.0 {
            below.tail_extra = tail_seconds / below.tail_share;
        }
        below
    }
}

/// Chance of one event or another, both independent.
pub(super) fn either(one: f64, other: f64) -> f64 {
    1.0 - (1.0 - one) * (1.0 - other)
}

/// Chance that an event of chance `once` happens in `times` tries; below one try, its share.
fn at_least_once(once: f64, times: f64) -> f64 {
    if times <= 1.0 { once * times } else { 1.0 - (1.0 - once).powf(times) }
}

/// What callers see of a service with these pods and their shares: pods much slower than the quickest count as its
/// tail, and a share that reaches no pod fails.
fn merge(answers: &[(Answer, f64)]) -> Option<Answer> {
    let quickest = answers.iter().map(|(answer, _)| answer.latency.median).reduce(f64::min)?;
    let reached: f64 = answers.iter().map(|(_, share)| share).sum();
    let (mut body, mut body_share) = (0.0, 0.0);
    let (mut tail, mut tail_share, mut errors) = (0.0, 0.0, 0.0);
    for (answer, share) in answers {
        let (latency, each) = (answer.latency, share / reached);
        errors += each * answer.errors;
        tail_share += each * latency.tail_share;
        tail += each * latency.tail_share * latency.tail_extra;
        if latency.median <= quickest * SLOW_POD {
            body += each * latency.median;
            body_share += each;
        } else {
            tail_share += each * (1.0 - latency.tail_share);
            tail += each * (latency.median - quickest);
        }
    }
    let tail_extra = if tail_share > 0.0 { tail / tail_share } else { 0.0 };
    let latency = Latency { median: body / body_share, shape: SHAPE, tail_share, tail_extra };
    let lost = (1.0 - reached).max(0.0);
    Some(Answer { errors: if lost > 1e-6 { either(errors, lost) } else { errors }, latency })
}
