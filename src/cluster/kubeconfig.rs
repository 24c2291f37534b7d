//! Kubeconfig files by kubectl's rules: which files, how they merge, which context.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};

use super::failure::{Failure, FailureKind};

/// The variables that decide where a cluster is found and how it is reached.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `$KUBECONFIG`: files, separated as in `$PATH`.
    pub kubeconfig: Option<OsString>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `$HTTPS_PROXY`.
    pub https_proxy: Option<String>,
    /// `$HTTP_PROXY`.
    pub http_proxy: Option<String>,
    /// `$NO_PROXY`.
    pub no_proxy: Option<String>,
    /// The process runs inside a cluster.
    pub in_cluster: bool,
}

impl Environment {
    /// Reads the process's own.
    pub fn read() -> Self {
        let either = |upper: &str, lower: &str| {
            [upper, lower].into_iter().filter_map(|name| env::var(name).ok()).find(|value| !value.is_empty())
        };
        Self {
            kubeconfig: env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: env::home_dir(),
            https_proxy: either("HTTPS_PROXY", "https_proxy"),
            http_proxy: either("HTTP_PROXY", "http_proxy"),
            no_proxy: either("NO_PROXY", "no_proxy"),
            in_cluster: env::var_os("KUBERNETES_SERVICE_HOST").is_some_and(|host| !host.is_empty()),
        }
    }
}

/// The contexts of the kubeconfig, as a person chooses among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contexts {
    /// The one kubectl would use; `None` when none is chosen.
    pub current: Option<String>,
    /// All, in the order of the files.
    pub all: Vec<ContextEntry>,
}

/// One context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextEntry {
    /// Name.
    pub name: String,
    /// Cluster it names.
    pub cluster: String,
    /// User it names; may be empty.
    pub user: String,
    /// Its namespace; `default` when it names none.
    pub namespace: String,
}

/// Everything a context names.
#[derive(Clone, Debug)]
pub struct Target {
    /// Context.
    pub context: String,
    /// Namespace of the context.
    pub namespace: String,
    /// Name of the user entry; may be empty.
    pub user: String,
    /// Where and how.
    pub cluster: Cluster,
    /// As whom.
    pub auth: AuthInfo,
}

/// What the files say.
#[derive(Clone, Debug)]
pub enum Found {
    /// A kubeconfig.
    Files(Box<Kubeconfig>),
    /// Nothing, but the process runs inside a cluster.
    InCluster,
}

/// Reads and merges the files: `--kubeconfig` alone, else `$KUBECONFIG`'s list (missing ones are skipped), else
/// `~/.kube/config`; without any, the cluster the process runs in.
///
/// # Errors
/// A file that cannot be read, or no file at all.
pub fn read(explicit: Option<&Path>, env: &Environment) -> Result<Found, Failure> {
    if let Some(path) = explicit {
        return Ok(Found::Files(Box::new(read_file(path)?)));
    }
    let paths: Vec<PathBuf> = match &env.kubeconfig {
        Some(list) => env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => env.home.iter().map(|home| home.join(".kube").join("config")).collect(),
    };
    let mut merged = Kubeconfig::default();
    let mut found = false;
    for path in paths.iter().filter(|path| path.exists()) {
        merged = merged.merge(read_file(path)?).map_err(|error| broken(path, &error))?;
        found = true;
    }
    if found && !(merged.contexts.is_empty() && env.in_cluster) {
        return Ok(Found::Files(Box::new(merged)));
    }
    if env.in_cluster { Ok(Found::InCluster) } else { Err(none(&paths, env)) }
}

fn read_file(path: &Path) -> Result<Kubeconfig, Failure> {
    let mut read = Kubeconfig::read_from(path).map_err(|error| broken(path, &error))?;
    // An empty name is no choice: the next file may make one.
    read.current_context = read.current_context.filter(|name| !name.is_empty());
    Ok(read)
}

fn none(paths: &[PathBuf], env: &Environment) -> Failure {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    let sentence = if env.kubeconfig.is_some() {
        format!("none of the files in $KUBECONFIG exists: {}", names.join(", "))
    } else {
        format!("there is no kubeconfig: {} does not exist", names.join(", "))
    };
    Failure::new(FailureKind::NoKubeconfig, sentence, "name one with --kubeconfig, or try `rolltop demo`")
}

/// Words a broken file by its place alone: the line itself may hold a secret.
fn broken(path: &Path, error: &KubeconfigError) -> Failure {
    let shown = path.display();
    let (sentence, hint) = match error {
        KubeconfigError::ReadConfig(why, _) => (
            format!("kubeconfig {shown} cannot be read: {why}"),
            "check the path given with --kubeconfig or $KUBECONFIG",
        ),
        KubeconfigError::Parse(parse) => {
            let place = parse.location().map(|at| format!(" at line {}, column {}", at.line(), at.column()));
            let sentence = format!("kubeconfig {shown} is not valid{}", place.unwrap_or_default());
            (sentence, "compare it with `kubectl config view`")
        }
        other => (format!("kubeconfig {shown} is not valid: {other}"), "compare it with `kubectl config view`"),
    };
    Failure::new(FailureKind::BrokenKubeconfig, sentence, hint)
}

/// Lists the contexts.
pub fn contexts(config: &Kubeconfig) -> Contexts {
    let entry = |named: &kube::config::NamedContext| {
        let context = named.context.clone().unwrap_or_default();
        ContextEntry {
            name: named.name.clone(),
            cluster: context.cluster,
            user: context.user.unwrap_or_default(),
            namespace: context.namespace.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned()),
        }
    };
    Contexts { current: config.current_context.clone(), all: config.contexts.iter().map(entry).collect() }
}

/// Resolves a context, the current one by default, to its cluster and user.
///
/// # Errors
/// No context chosen, or a context, cluster or user that does not exist.
pub fn resolve(config: &Kubeconfig, context: Option<&str>) -> Result<Target, Failure> {
    let all = contexts(config);
    let names = || all.all.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(name) = context.map(str::to_owned).or_else(|| all.current.clone()) else {
        let hint = format!("choose one with --context (there are: {})", names());
        return Err(Failure::new(FailureKind::NoKubeconfig, "the kubeconfig has no current context", hint));
    };
    let unknown = |sentence: String, hint: String| Failure::new(FailureKind::UnknownContext, sentence, hint);
    let entry = all.all.iter().find(|entry| entry.name == name).ok_or_else(|| {
        unknown(format!("there is no context `{name}` in the kubeconfig"), format!("there are: {}", names()))
    })?;
    let lacks = |what: &str, named: &str| {
        let sentence = format!("context `{name}` names the {what} `{named}`, which the kubeconfig does not have");
        unknown(sentence, format!("add it with `kubectl config set-{what}`, or choose another context"))
    };
    let cluster = config.clusters.iter().find(|cluster| cluster.name == entry.cluster);
    let cluster = cluster.and_then(|named| named.cluster.clone()).ok_or_else(|| lacks("cluster", &entry.cluster))?;
    let auth = if entry.user.is_empty() {
        AuthInfo::default()
    } else {
        let user = config.auth_infos.iter().find(|user| user.name == entry.user);
        user.ok_or_else(|| lacks("user", &entry.user))?.auth_info.clone().unwrap_or_default()
    };
    Ok(Target { context: name, namespace: entry.namespace.clone(), user: entry.user.clone(), cluster, auth })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn file(context: &str, server: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {context}\n\
             clusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
             contexts: [{{name: {context}, context: {{cluster: c, user: u, namespace: shop}}}}]\n\
             users: [{{name: u, user: {{token: secret-word}}}}]\n"
        )
    }

    fn found(result: Result<Found, Failure>) -> Kubeconfig {
        match result.unwrap() {
            Found::Files(config) => *config,
            Found::InCluster => panic!("in cluster"),
        }
    }

    #[test]
    fn a_list_is_merged_and_missing_files_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (
            write(folder.path(), "a", &file("one", "https://a")),
            write(folder.path(), "b", &file("two", "https://b")),
        );
        let list = env::join_paths([PathBuf::new(), folder.path().join("missing"), a.clone(), b]).unwrap();
        let env = Environment { kubeconfig: Some(list), ..Environment::default() };
        let config = found(read(None, &env));
        let names = contexts(&config);
        assert_eq!(names.current.as_deref(), Some("one"));
        assert_eq!(names.all.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        let target = resolve(&config, Some("two")).unwrap();
        assert_eq!(target.cluster.server.as_deref(), Some("https://a"), "the first of a name wins");
        assert_eq!((target.namespace.as_str(), target.user.as_str()), ("shop", "u"));
        assert_eq!(contexts(&found(read(Some(&a), &env))).all.len(), 1, "--kubeconfig stands alone");
    }

    #[test]
    fn an_empty_current_context_leaves_the_choice_to_the_next_file() {
        let folder = tempfile::tempdir().unwrap();
        let a = write(folder.path(), "a", "current-context: ''\n");
        let b = write(folder.path(), "b", &file("two", "https://b"));
        let list = env::join_paths([a, b]).unwrap();
        let config = found(read(None, &Environment { kubeconfig: Some(list), ..Environment::default() }));
        assert_eq!(resolve(&config, None).unwrap().context, "two");
    }

    #[test]
    fn without_files_the_cluster_around_is_used_or_a_sentence_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut env = Environment { home: Some(folder.path().into()), ..Environment::default() };
        let failure = read(None, &env).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NoKubeconfig);
        assert!(failure.sentence.contains(".kube/config"), "{failure}");
        env.in_cluster = true;
        assert!(matches!(read(None, &env), Ok(Found::InCluster)));
        let failure = read(Some(&folder.path().join("nope")), &env).unwrap_err();
        assert!(failure.is_permanent() && failure.sentence.contains("nope"), "{failure}");
    }

    #[test]
    fn a_broken_file_is_named_by_its_place_and_leaks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "k", "users:\n- name: u\n  user: {token: [secret-word]}\n");
        let failure = read(Some(&path), &Environment::default()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::BrokenKubeconfig);
        assert!(failure.sentence.contains("line 3"), "{failure}");
        assert!(!format!("{failure:?}").contains("secret-word"));
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_does() {
        let config = Kubeconfig::from_yaml(&file("one", "https://a")).unwrap();
        let failure = resolve(&config, Some("prod")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::UnknownContext);
        assert!(failure.sentence.contains("`prod`") && failure.hint.contains("one"), "{failure:?}");
        let mut lame = config.clone();
        lame.auth_infos.clear();
        assert!(resolve(&lame, None).unwrap_err().sentence.contains("user `u`"));
        lame.clusters.clear();
        assert!(resolve(&lame, None).unwrap_err().sentence.contains("cluster `c`"));
        lame.current_context = None;
        assert_eq!(resolve(&lame, None).unwrap_err().kind, FailureKind::NoKubeconfig);
    }
}
