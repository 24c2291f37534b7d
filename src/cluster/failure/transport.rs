//! Errors below HTTP: connections, TLS, names.

use std::{error::Error as StdError, io};

use kube::client::AuthError;

use super::{Failure, FailureKind};

impl Failure {
    /// Words an error of the connection to `server`.
    pub fn from_transport(server: &str, error: &(dyn StdError + 'static)) -> Self {
        let chain = Chain::of(error);
        if let Some(failure) = chain.find::<Failure>() {
            return failure.clone();
        }
        if let Some(AuthError::AuthExec(sentence)) = chain.find::<AuthError>() {
            return Self::new(FailureKind::Credentials, sentence, "");
        }
        if let Some(tls) = chain.find_tls() {
            return tls_failure(server, &tls);
        }
        let text = chain.words();
        if text.contains("failed to lookup address") || text.contains("dns error") {
            let sentence = format!("the host of {server} is not known");
            return Self::new(FailureKind::UnknownHost, sentence, "check the server address, the VPN and the DNS");
        }
        if let Some(refused) = chain.proxy_words() {
            let sentence = format!("the proxy does not let through to {server}: {refused}");
            return Self::new(FailureKind::Unreachable, sentence, "check proxy-url, HTTPS_PROXY and NO_PROXY");
        }
        match chain.find::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::new(
                FailureKind::Unreachable,
                format!("{server} refuses the connection: nothing listens there"),
                "start the cluster, or choose another context",
            ),
            Some(io::ErrorKind::TimedOut) => Self::timeout(server, "connect"),
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
                Self::cut(server, &text)
            }
            _ if chain.is_connect() => Self::new(
                FailureKind::Unreachable,
                format!("{server} cannot be reached: {text}"),
                "check the network, the VPN and the proxy",
            ),
            _ => Self::cut(server, &text),
        }
    }

    /// Words a connection that ended early.
    pub fn cut(server: &str, why: &str) -> Self {
        let sentence = format!("the connection to {server} broke: {why}");
        Self::new(FailureKind::Cut, sentence, "it is tried again by itself")
    }

    /// Words an answer that did not come in time.
    pub fn timeout(server: &str, what: &str) -> Self {
        let sentence = format!("{server} did not answer in time ({what})");
        Self::new(FailureKind::Timeout, sentence, "check the network and the VPN; it is tried again by itself")
    }
}

fn tls_failure(server: &str, tls: &rustls::Error) -> Failure {
    use rustls::{AlertDescription, CertificateError as Bad};
    match tls {
        // A CA of the same name with another key: a cluster made anew under its old address.
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => Failure::new(
            FailureKind::UntrustedServer,
            format!("the certificate of {server} is signed by an unknown authority, not by the CA of the kubeconfig"),
            "put the cluster's CA into certificate-authority-data of the kubeconfig",
        ),
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => Failure::new(
            FailureKind::ExpiredCertificate,
            format!("the certificate of {server} has expired"),
            "renew the server's certificate; check this machine's clock",
        ),
        rustls::Error::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => Failure::new(
            FailureKind::ExpiredCertificate,
            format!("the certificate of {server} is not valid yet"),
            "check this machine's clock",
        ),
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => Failure::new(
            FailureKind::UntrustedServer,
            format!("the certificate of {server} is made for another name"),
            "set tls-server-name of the cluster, or use the address the certificate names",
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => Failure::new(
            FailureKind::ExpiredCertificate,
            format!("{server} says that the client certificate has expired"),
            "renew the client certificate of this user",
        ),
        rustls::Error::AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateRequired
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            // An authority of the same name with another key.
            | AlertDescription::DecryptError,
        ) => Failure::new(
            FailureKind::Unauthorized,
            format!("{server} does not accept the client certificate: {tls}"),
            "renew the client certificate of this user",
        ),
        other => Failure::new(
            FailureKind::UntrustedServer,
            format!("no TLS with {server}: {other}"),
            "check that the address and port are the API server's",
        ),
    }
}

/// An error and its causes.
struct Chain<'a>(Vec<&'a (dyn StdError + 'static)>);

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn StdError + 'static)) -> Self {
        let (mut chain, mut next) = (Vec::new(), Some(error));
        while let Some(error) = next {
            chain.push(error);
            next = error.source();
        }
        Self(chain)
    }

    fn find<T: StdError + 'static>(&self) -> Option<&'a T> {
        self.0.iter().find_map(|error| error.downcast_ref())
    }

    /// Finds a TLS error; it hides inside an I/O error, whose `source` skips over it.
    fn find_tls(&self) -> Option<rustls::Error> {
        let inside = |error: &&'a (dyn StdError + 'static)| {
            let mut io: &io::Error = error.downcast_ref()?;
            loop {
                let inner = io.get_ref()?;
                if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                    return Some(tls.clone());
                }
                io = inner.downcast_ref()?;
            }
        };
        self.find::<rustls::Error>().cloned().or_else(|| self.0.iter().find_map(inside))
    }

    fn is_connect(&self) -> bool {
        self.find::<hyper_util::client::legacy::Error>().is_some_and(hyper_util::client::legacy::Error::is_connect)
    }

    /// Returns what a proxy said against it; its error type is private.
    fn proxy_words(&self) -> Option<String> {
        let text = self.words();
        ["tunnel error", "SOCKS error"].iter().any(|mark| text.contains(mark)).then_some(text)
    }

    /// Returns the causes, outermost first, without repetition.
    fn words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for text in self.0.iter().map(ToString::to_string) {
            let known = words.iter().any(|word| word.contains(&text));
            if !known {
                words.push(text);
            }
        }
        words.join(": ")
    }
}
