//! The addresses of services, from the cluster's own range.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::object::Meta;
use super::resource::SERVICES;
use super::state::Store;

/// First of the 65 536 addresses services get.
const RANGE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 0);

/// Gives a service its address, where it has none and its type wants one.
pub(super) fn allot(store: &Store, service: &mut Value) {
    if service["spec"]["type"] == "ExternalName" {
        return;
    }
    if !is_set(&service["spec"]["clusterIP"]) {
        let address = free(store, service).to_string();
        service["spec"]["clusterIP"] = json!(address);
    }
    let address = service["spec"]["clusterIP"].clone();
    for (key, value) in
        [("clusterIPs", json!([address])), ("ipFamilies", json!(["IPv4"])), ("ipFamilyPolicy", json!("SingleStack"))]
    {
        if service["spec"][key].is_null() {
            service["spec"][key] = value;
        }
    }
}

/// A service keeps its address when a writer leaves it out.
pub(super) fn keep(before: &Value, service: &mut Value) {
    if service["spec"]["type"] == "ExternalName" {
        return;
    }
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if !is_set(&service["spec"][key]) && is_set(&before["spec"][key]) {
            service["spec"][key] = before["spec"][key].clone();
        }
    }
}

fn is_set(value: &Value) -> bool {
    value.as_str().map_or(!value.is_null(), |text| !text.is_empty())
}

/// Starts from the name, so that equal companies have equal addresses, and goes on to the next free one.
fn free(store: &Store, service: &Value) -> Ipv4Addr {
    let taken: Vec<&str> =
        store.list(&SERVICES, None).filter_map(|service| service["spec"]["clusterIP"].as_str()).collect();
    let name = format!("{}/{}", service.namespace(), service.name());
    let start = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    // 0 is the network, 1 the API server itself, 10 the name service.
    let address = |turn: u32| Ipv4Addr::from(u32::from(RANGE) + 11 + start.wrapping_add(turn) % 65_000);
    (0..65_000).map(address).find(|address| !taken.contains(&address.to_string().as_str())).unwrap_or(RANGE)
}
