//! WORKLOAD as people write it, and which object it means.

use std::{fmt, str::FromStr};

use crate::domain::{Kind, WorkloadKey};

/// A workload as typed: `kind/name`, or a bare name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kind, when it was given.
    pub kind: Option<Kind>,
    /// The name.
    pub name: String,
}

/// Why a target means no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// There is none; holds names that come near.
    Missing(Vec<String>),
    /// Several have that name.
    Ambiguous(Vec<WorkloadKey>),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let (kind, name) = match word.split_once('/') {
            None => (None, word),
            Some((kind, name)) => {
                let parsed = Kind::parse(kind).ok_or_else(|| {
                    format!("{kind:?} is not a kind of workload; use deploy/NAME, sts/NAME, ds/NAME, rollout/NAME or canary/NAME")
                })?;
                (Some(parsed), name)
            }
        };
        // The API's rule for names of workloads (RFC 1123 subdomain).
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if name.is_empty() || name.len() > 253 || !name.chars().all(fits) || name.starts_with('-') {
            return Err(format!("{name:?} is not a name; names are of lower-case letters, digits, '-' and '.'"));
        }
        Ok(Self { kind, name: name.to_owned() })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "{}/{}", kind.name().to_ascii_lowercase(), self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Target {
    /// Finds the one workload meant among those there are.
    pub fn resolve<'a>(&self, keys: impl IntoIterator<Item = &'a WorkloadKey>) -> Result<WorkloadKey, Lost> {
        let keys: Vec<&WorkloadKey> = keys.into_iter().collect();
        let found: Vec<WorkloadKey> = keys
            .iter()
            .filter(|key| *key.name == *self.name && self.kind.is_none_or(|kind| kind == key.kind))
            .map(|key| (*key).clone())
            .collect();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                let names: Vec<&str> = keys.iter().map(|key| &*key.name).collect();
                let near = similar::get_close_matches(self.name.as_str(), &names, 3, 0.6);
                Err(Lost::Missing(near.into_iter().map(str::to_owned).collect()))
            }
            _ => Err(Lost::Ambiguous(found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(word: &str) -> Target {
        word.parse().unwrap()
    }

    #[test]
    fn targets_parse_as_kubectl_writes_them() {
        for (word, kind, name) in [
            ("payment", None, "payment"),
            ("deploy/payment", Some(Kind::Deployment), "payment"),
            ("deployments.apps/payment", Some(Kind::Deployment), "payment"),
            ("sts/kafka.v2", Some(Kind::StatefulSet), "kafka.v2"),
            ("DaemonSet/x", Some(Kind::DaemonSet), "x"),
            ("rollout/gateway", Some(Kind::Rollout), "gateway"),
            ("canaries.flagger.app/cart", Some(Kind::Canary), "cart"),
        ] {
            assert_eq!(target(word), Target { kind, name: name.to_owned() }, "{word}");
        }
        for (word, expected) in [
            ("pod/x", "not a kind"),
            ("deploy/", "not a name"),
            ("", "not a name"),
            ("a/b/c", "not a kind"),
            ("Ä", "not a name"),
            ("a b", "not a name"),
        ] {
            assert!(word.parse::<Target>().unwrap_err().contains(expected), "{word}");
        }
    }

    #[test]
    fn a_bare_name_means_the_only_one() {
        let keys = [
            WorkloadKey::new(Kind::Deployment, "shop", "redis"),
            WorkloadKey::new(Kind::StatefulSet, "shop", "redis"),
            WorkloadKey::new(Kind::Deployment, "shop", "payment"),
            WorkloadKey::new(Kind::Deployment, "dev", "payment"),
            WorkloadKey::new(Kind::DaemonSet, "shop", "shipper"),
        ];
        assert_eq!(target("shipper").resolve(&keys), Ok(keys[4].clone()));
        assert_eq!(target("sts/redis").resolve(&keys), Ok(keys[1].clone()));
        assert_eq!(target("redis").resolve(&keys), Err(Lost::Ambiguous(keys[..2].to_vec())));
        assert_eq!(target("payment").resolve(&keys), Err(Lost::Ambiguous(keys[2..4].to_vec())));
        assert_eq!(target("paymnet").resolve(&keys[2..3]), Err(Lost::Missing(vec!["payment".to_owned()])));
        assert_eq!(target("ds/redis").resolve(&keys[..1]), Err(Lost::Missing(vec!["redis".to_owned()])));
    }
}
