//! Who may come in: random tokens made at the start, and the kubeconfig that hands them out.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::SecureRandom;

/// Somebody the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
}

/// The group every user with a token is in.
pub(super) const AUTHENTICATED: &str = "system:authenticated";

/// The bearer tokens of this run.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// May do everything, the control endpoint included.
    pub admin: String,
    /// May look at everything but secrets.
    pub viewer: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials { .. }")
    }
}

impl Credentials {
    /// Makes new random tokens; none where the system gives no randomness.
    pub fn random() -> Option<Self> {
        Some(Self { admin: token()?, viewer: token()? })
    }

    /// Returns whom a token belongs to.
    pub(super) fn user(&self, token: &str) -> Option<User> {
        let (name, group) = if token == self.admin {
            ("rolltop-admin", "system:masters")
        } else if token == self.viewer {
            ("rolltop-viewer", "rolltop:viewers")
        } else {
            return None;
        };
        Some(User { name: name.to_owned(), groups: vec![group.to_owned(), AUTHENTICATED.to_owned()] })
    }
}

fn token() -> Option<String> {
    let mut bytes = [0_u8; 24];
    let random: &dyn SecureRandom = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).ok()?;
    Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// The first line of a kubeconfig this program wrote; without it a file is somebody else's.
const MARKER: &str = "# Written by rolltop for its simulated company. It is overwritten without asking.";

/// Why a kubeconfig could not be written.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// The file is not ours.
    #[error("{0} was not written by rolltop and is left alone: name another file, or move it away")]
    Foreign(PathBuf),
    /// The file system refused.
    #[error("cannot write the kubeconfig {0}: {1}")]
    Io(PathBuf, std::io::Error),
}

/// Renders a kubeconfig for the server at `address`.
pub fn kubeconfig(address: SocketAddr, ca_pem: &str, token: &str) -> String {
    let ca = STANDARD.encode(ca_pem);
    format!(
        "{MARKER}
apiVersion: v1
kind: Config
clusters:
- name: rolltop-demo
  cluster:
    server: https://{address}
    certificate-authority-data: {ca}
users:
- name: rolltop-demo
  user:
    token: {token}
contexts:
- name: rolltop-demo
  context:
    cluster: rolltop-demo
    user: rolltop-demo
    namespace: mambogo-production
current-context: rolltop-demo
"
    )
}

/// Writes a kubeconfig with mode 0600; refuses to overwrite a file this program did not write.
pub fn write_kubeconfig(path: &Path, text: &str) -> Result<(), KubeconfigError> {
    let failed = |error| KubeconfigError::Io(path.to_owned(), error);
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.is_file() || !is_ours(path).map_err(failed)? => {
            return Err(KubeconfigError::Foreign(path.to_owned()));
        }
        Ok(_) => std::fs::remove_file(path).map_err(failed)?,
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

fn is_ours(path: &Path) -> std::io::Result<bool> {
    let mut head = vec![0; MARKER.len()];
    let mut file = std::fs::File::open(path)?;
    match file.read_exact(&mut head) {
        Ok(()) => Ok(head == MARKER.as_bytes()),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_is_private_and_never_replaces_a_foreign_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        let text = kubeconfig("127.0.0.1:6443".parse().unwrap(), "PEM", "t");
        write_kubeconfig(&path, &text).unwrap();
        write_kubeconfig(&path, &text).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("server: https://127.0.0.1:6443"));
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&path.metadata().unwrap()) & 0o777, 0o600);
        std::fs::write(&path, "apiVersion: v1\n").unwrap();
        assert!(matches!(write_kubeconfig(&path, &text), Err(KubeconfigError::Foreign(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "apiVersion: v1\n", "it is as it was");
        std::fs::write(&path, "").unwrap();
        assert!(
            matches!(write_kubeconfig(&path, &text), Err(KubeconfigError::Foreign(_))),
            "an empty one is foreign too"
        );
        assert!(matches!(write_kubeconfig(folder.path(), &text), Err(KubeconfigError::Foreign(_))), "a folder");
        assert!(matches!(write_kubeconfig(&folder.path().join("no/config"), &text), Err(KubeconfigError::Io(..))));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed_and_an_older_file_of_ours_becomes_private() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (own, link, dangling) =
            (folder.path().join("own"), folder.path().join("link"), folder.path().join("dangling"));
        let text = |token| kubeconfig("127.0.0.1:6443".parse().unwrap(), "PEM", token);
        write_kubeconfig(&own, &text("first")).unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&own, &link).unwrap();
        symlink(folder.path().join("not-yet"), &dangling).unwrap();
        for place in [&link, &dangling] {
            assert!(matches!(write_kubeconfig(place, &text("second")), Err(KubeconfigError::Foreign(_))), "{place:?}");
        }
        assert!(std::fs::read_to_string(&own).unwrap().contains("token: first"));
        assert!(!folder.path().join("not-yet").exists());
        write_kubeconfig(&own, &text("second")).unwrap();
        assert!(std::fs::read_to_string(&own).unwrap().contains("token: second"), "an earlier run's file is replaced");
        assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn tokens_are_random_and_belong_to_somebody() {
        let (one, two) = (Credentials::random().unwrap(), Credentials::random().unwrap());
        assert_ne!(one.admin, two.admin);
        assert_eq!(one.user(&one.viewer).unwrap().name, "rolltop-viewer");
        assert_eq!(one.user(&two.admin), None);
    }
}
