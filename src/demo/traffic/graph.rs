//! The shop's services: who calls whom, and what a request costs each of them.

/// What is known about one service, whatever version of it runs.
#[derive(Debug)]
pub(super) struct Service {
    /// Value of the label `app`, without the suffix `-service`.
    pub name: &'static str,
    /// Method and path template of its route; none for one that serves no HTTP.
    pub route: Option<(&'static str, &'static str)>,
    /// Status of a request that went well.
    pub success: u16,
    /// Share of requests that ask for what is not there.
    pub not_found: f64,
    /// Requests a second that come straight from users, on the mean of a day.
    pub users: f64,
    /// Callees with calls for each request; a callee always stands below its callers.
    pub calls: &'static [(&'static str, f64)],
    /// Median of its own work in seconds, callees not counted.
    pub median: f64,
    /// CPU seconds of a request.
    pub cpu: f64,
    /// Cores in use without any request.
    pub idle: f64,
    /// Working set in MiB once it is warm.
    pub memory: f64,
    /// Size of its database connection pool, 0 for none.
    pub pool: u32,
    /// Whether it runs on Java: warms up slowly and reports a heap.
    pub java: bool,
}

/// A plain service that the others differ from.
const JAVA: Service = Service {
    name: "",
    route: None,
    success: 200,
    not_found: 0.0,
    users: 0.0,
    calls: &[],
    median: 0.01,
    cpu: 0.002,
    idle: 0.025,
    memory: 420.0,
    pool: 0,
    java: true,
};

/// A data store or agent: no HTTP, no Java.
const STORE: Service = Service { median: 0.002, cpu: 0.0003, idle: 0.03, memory: 300.0, java: false, ..JAVA };

/// Every service, callers above callees.
pub(super) const SERVICES: &[Service] = &[
    Service {
        name: "storefront",
        route: Some(("GET", "/")),
        not_found: 0.004,
        users: 70.0,
        calls: &[("gateway", 2.0)],
        median: 0.012,
        cpu: 0.0028,
        ..JAVA
    },
    Service {
        name: "gateway",
        route: Some(("GET", "/api/**")),
        not_found: 0.006,
        users: 260.0,
        calls: &[("product", 0.4), ("search", 0.15), ("cart", 0.3), ("order", 0.25)],
        median: 0.006,
        cpu: 0.0008,
        ..JAVA
    },
    Service {
        name: "product",
        route: Some(("GET", "/api/products/{id}")),
        not_found: 0.005,
        calls: &[("postgres", 1.0), ("redis", 1.0)],
        median: 0.014,
        cpu: 0.0022,
        pool: 10,
        ..JAVA
    },
    Service {
        name: "search",
        route: Some(("GET", "/api/search")),
        calls: &[("redis", 2.0)],
        median: 0.035,
        cpu: 0.003,
        memory: 470.0,
        ..JAVA
    },
    Service {
        name: "cart",
        route: Some(("PUT", "/api/carts/{id}")),
        calls: &[("redis", 3.0), ("inventory", 0.2)],
        median: 0.009,
        cpu: 0.0024,
        ..JAVA
    },
    Service {
        name: "order",
        route: Some(("POST", "/api/orders")),
        success: 201,
        calls: &[("payment", 0.4), ("inventory", 1.0), ("postgres", 3.0), ("kafka", 1.0)],
        median: 0.02,
        cpu: 0.004,
        memory: 370.0,
        pool: 10,
        ..JAVA
    },
    Service {
        name: "payment",
        route: Some(("POST", "/api/payments")),
        success: 201,
        calls: &[("postgres", 2.0)],
        median: 0.018,
        cpu: 0.005,
        pool: 10,
        ..JAVA
    },
    Service {
        name: "inventory",
        route: Some(("POST", "/api/reservations")),
        calls: &[("postgres", 2.0)],
        median: 0.011,
        cpu: 0.0022,
        memory: 390.0,
        pool: 10,
        ..JAVA
    },
    Service { name: "config-server", memory: 310.0, idle: 0.015, ..JAVA },
    Service { name: "eureka", memory: 330.0, idle: 0.03, ..JAVA },
    Service { name: "postgres", memory: 610.0, ..STORE },
    Service { name: "redis", median: 0.0005, cpu: 0.00005, memory: 180.0, ..STORE },
    Service { name: "kafka", median: 0.004, cpu: 0.0006, memory: 640.0, ..STORE },
    Service { name: "log-shipper", memory: 60.0, idle: 0.012, ..STORE },
];

/// Position of an app's service in [`SERVICES`]; none for one that the shop does not know.
pub(super) fn position(app: &str) -> Option<usize> {
    let name = app.strip_suffix("-service").unwrap_or(app);
    SERVICES.iter().position(|service| service.name == name)
}

/// Whether the shop knows a service of this name.
pub fn is_known(app: &str) -> bool {
    position(app).is_some()
}

/// Whether an app runs on Java, and so serves Micrometer's metrics.
pub fn is_java(app: &str) -> bool {
    position(app).is_some_and(|service| SERVICES[service].java)
}
