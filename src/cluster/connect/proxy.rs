//! Which proxy leads to a cluster: decided here, as client-go does, never by the HTTP library.

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, Uri};

use crate::cluster::{
    failure::{Failure, FailureKind},
    kubeconfig::Environment,
};

/// A proxy and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proxy {
    /// HTTP CONNECT; the flag tells TLS to the proxy itself.
    Connect { uri: Uri, tls: bool, auth: Option<HeaderValue> },
    /// SOCKS 5, names resolved by the proxy.
    Socks { uri: Uri, auth: Option<(String, String)> },
}

/// Decides: the cluster's own `proxy-url` always counts; the environment's only where `NO_PROXY` does not name the
/// cluster's host, and never for this machine itself.
pub(super) fn choose(cluster: &Uri, proxy_url: Option<&str>, env: &Environment) -> Result<Option<Proxy>, Failure> {
    if let Some(url) = proxy_url.filter(|url| !url.is_empty()) {
        return parse(url, "proxy-url of the cluster").map(Some);
    }
    let plain = cluster.scheme_str() == Some("http");
    let (url, name) = if plain { (&env.http_proxy, "HTTP_PROXY") } else { (&env.https_proxy, "HTTPS_PROXY") };
    let Some(url) = url.as_deref().filter(|url| !url.is_empty()) else { return Ok(None) };
    let host = cluster.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = cluster.port_u16().unwrap_or(if plain { 80 } else { 443 });
    if bypasses(host, port, env.no_proxy.as_deref().unwrap_or_default()) {
        return Ok(None);
    }
    parse(url, name).map(Some)
}

fn parse(url: &str, source: &str) -> Result<Proxy, Failure> {
    let wrong = || {
        // The URL may hold a password, so it is not quoted.
        let sentence = format!("{source} is no proxy address rolltop understands");
        Failure::new(FailureKind::BrokenKubeconfig, sentence, "write it as http://, https:// or socks5://host:port")
    };
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let full = full.replacen("socks5h://", "socks5://", 1);
    let uri: Uri = full.parse().map_err(|_| wrong())?;
    let authority = uri.authority().ok_or_else(wrong)?.as_str();
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = authority.rsplit_once('@').map(|(user, _)| user.split_once(':').unwrap_or((user, "")));
    let user = user.map(|(name, word)| (decode(name), decode(word)));
    match uri.scheme_str() {
        Some(scheme @ ("http" | "https")) => {
            let basic = |(name, word)| format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{word}")));
            let auth = user.map(basic).and_then(|value| HeaderValue::from_str(&value).ok());
            let tls = scheme == "https";
            Ok(Proxy::Connect { uri, tls, auth })
        }
        Some("socks5") => Ok(Proxy::Socks { uri, auth: user }),
        _ => Err(wrong()),
    }
}

/// Tells whether a host is reached without a proxy, by the rules of Go's httpproxy package.
fn bypasses(host: &str, port: u16, list: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, wanted) = split_port(&entry);
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        match (address, name.parse::<IpAddr>()) {
            (Some(address), Ok(named)) => return address == named,
            (Some(address), Err(_)) => return in_network(address, name),
            (None, _) => {}
        }
        let name = name.trim_start_matches('*');
        match name.strip_prefix('.') {
            Some(_) => host.ends_with(name),
            None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
        }
    })
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some(rest) = entry.strip_prefix('[') {
        let (name, port) = rest.split_once(']').unwrap_or((rest, ""));
        return (name, port.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, port.parse().ok()),
        _ => (entry, None),
    }
}

fn in_network(address: IpAddr, network: &str) -> bool {
    let Some((base, length)) = network.split_once('/') else { return false };
    let (Ok(base), Ok(length)) = (base.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    let same = |a: u128, b: u128, bits: u32| length <= bits && (length == 0 || (a ^ b) >> (bits - length) == 0);
    match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_matched_against_the_cluster() {
        for (host, list, expected) in [
            ("k8s.corp", "k8s.corp", true),
            ("api.k8s.corp", "k8s.corp", true),
            ("api.k8s.corp", ".k8s.corp", true),
            ("k8s.corp", ".k8s.corp", false),
            ("api.k8s.corp", "*.k8s.corp", true),
            ("notk8s.corp", "k8s.corp", false),
            ("k8s.corp", "other,k8s.corp:6443,", true),
            ("k8s.corp", "k8s.corp:443", false),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("fd00::1", "fd00::/8", true),
            ("anything", "*", true),
            ("127.0.0.1", "", true),
            ("localhost", "", true),
            ("k8s.corp", "proxy.corp:3128, ", false),
        ] {
            assert_eq!(bypasses(host, 6443, list), expected, "{host} in {list:?}");
        }
    }

    #[test]
    fn the_clusters_own_proxy_counts_always_and_the_environments_by_scheme() {
        let env = Environment {
            https_proxy: Some("user:p%40ss@proxy.corp:3128".into()),
            no_proxy: Some("*".into()),
            ..Environment::default()
        };
        let cluster: Uri = "https://k8s.corp:6443".parse().unwrap();
        assert_eq!(choose(&cluster, None, &env).unwrap(), None);
        let own = choose(&cluster, Some("socks5h://s:1080"), &env).unwrap();
        assert_eq!(own, Some(Proxy::Socks { uri: "socks5://s:1080".parse().unwrap(), auth: None }));
        let env = Environment { no_proxy: None, ..env };
        let Some(Proxy::Connect { auth: Some(auth), tls: false, .. }) = choose(&cluster, None, &env).unwrap() else {
            panic!("no proxy")
        };
        assert_eq!(auth, format!("Basic {}", BASE64_STANDARD.encode("user:p@ss")));
        assert_eq!(choose(&"http://k8s.corp".parse().unwrap(), None, &env).unwrap(), None);
        let failure = choose(&cluster, Some("ftp://secret@x"), &env).unwrap_err();
        assert!(!failure.to_string().contains("secret"));
    }
}
